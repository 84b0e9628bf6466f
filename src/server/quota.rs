//! How many invites an account may make: so many in any 30 days, over all its bands.
//!
//! | what holds for an account | the limit |
//! |---|---|
//! | nothing of its own | the site's `quota_per_30_days` |
//! | a number, set by a site admin | that number |
//! | none, set by a site admin | no limit |
//!
//! What counts is that an invite was made, whatever became of it since; uses of codes and links do not, and
//! neither do the codes of the site, which are to no band. A place comes back 30 days after the invite that took it was
//! made.

use crate::{
    api::{Code, Quota, SetQuota},
    domain::{AccountId, BandId, Policy, Timestamp},
};

use super::{
    Fields, Refused,
    accounts::{self, require_site_admin},
    audit::{self, Event},
    store::{Error, Tx},
};

/// The length of the window that slides, in hours.
const WINDOW_HOURS: u32 = 30 * 24;
/// How far invites are counted for an account that may make any number.
const MOST_COUNTED: i64 = 1_000;
/// The highest limit that can be set.
pub(crate) const MOST_OF_A_QUOTA: i64 = 1_000_000;
/// What the account's row keeps for no limit.
const NO_LIMIT: i64 = -1;

crate::row! { struct Own { quota: Option<i64> } }
crate::row! { struct Made { n: i64, oldest: Option<Timestamp> } }

/// An account's limit, held until the transaction ends: nobody takes the place that was found free.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    account: AccountId,
    limit: Option<i64>,
}

/// Holds the account's quota, where it has one. To be called before the membership and the band are held, as an
/// account's row is everywhere: two transactions never wait for each other in a circle.
pub(crate) fn hold(tx: &mut Tx<'_>, account: AccountId, site: &Policy) -> Result<Held, Error> {
    let limit = limit(tx, account, site)?;
    if limit.is_some() {
        accounts::hold(tx, account)?;
    }
    Ok(Held { account, limit })
}

/// Whether what the account makes is counted, so that its row is held.
pub(crate) fn is_limited(tx: &mut Tx<'_>, account: AccountId, site: &Policy) -> Result<bool, Error> {
    Ok(limit(tx, account, site)?.is_some())
}

impl Held {
    /// How many more invites the account may make now; `None` is any number.
    pub(crate) fn left(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<u32>, Error> {
        let Some(limit) = self.limit else { return Ok(None) };
        let made = made(tx, self.account, limit, now)?.n;
        Ok(Some(u32::try_from(limit - made).unwrap_or(0)))
    }

    /// Refuses `n` more invites where the account may not make all of them now, and says when it may.
    pub(crate) fn charge(self, tx: &mut Tx<'_>, n: u32, now: Timestamp) -> Result<(), Refused> {
        let Some(limit) = self.limit else { return Ok(()) };
        let refused = |detail| Err(Refused::new(Code::QuotaExceeded, detail));
        // So many can have been made already. If there are more, there is room once the oldest of that many is too old.
        let others = limit - i64::from(n);
        if others < 0 {
            let most = if limit == 0 { "no invites".to_owned() } else { format!("{limit} invites in 30 days") };
            return refused(format!("You may make {most} on this server. Ask whoever runs it for more."));
        }
        let made = made(tx, self.account, others + 1, now)?;
        match made.oldest.filter(|_| made.n > others) {
            None => Ok(()),
            Some(oldest) => refused(format!(
                "You may make {limit} invites in 30 days on this server. There is room again from {}.",
                minute(oldest.plus_hours(WINDOW_HOURS))
            )),
        }
    }
}

/// The minute at which an instant is over, for a person.
fn minute(instant: Timestamp) -> String {
    let up = instant.to_jiff() + jiff::SignedDuration::from_micros(59_999_999);
    up.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What the account may make in 30 days; `None` is any number.
fn limit(tx: &mut Tx<'_>, account: AccountId, site: &Policy) -> Result<Option<i64>, Error> {
    let own: Option<Own> = tx.query_one("SELECT quota FROM account WHERE id = $1", &[&account])?;
    Ok(match own.and_then(|own| own.quota) {
        None => site.quota_per_30_days.map(i64::from),
        Some(own) => Some(own).filter(|&own| own != NO_LIMIT),
    })
}

/// The latest invites that count now, `most` of them at the most, and when the oldest of these was made.
fn made(tx: &mut Tx<'_>, account: AccountId, most: i64, now: Timestamp) -> Result<Made, Error> {
    let since = Timestamp::from_micros(now.micros() - i64::from(WINDOW_HOURS) * 3_600_000_000);
    let made = tx.query_one(
        "SELECT COUNT(*) AS n, MIN(created_at) AS oldest FROM (
            SELECT created_at FROM invite WHERE created_by = $1 AND created_at > $2 AND band <> $4
            ORDER BY created_at DESC LIMIT $3
         ) AS found",
        &[&account, &since, &most, &BandId::SITE],
    )?;
    Ok(made.unwrap_or(Made { n: 0, oldest: None }))
}

/// What the account has used of its quota, and what is left of it.
pub(crate) fn read(tx: &mut Tx<'_>, account: AccountId, site: &Policy, now: Timestamp) -> Result<Quota, Error> {
    let held = Held { account, limit: limit(tx, account, site)? };
    let used = made(tx, account, held.limit.unwrap_or_default().max(MOST_COUNTED), now)?.n;
    let number = |n: i64| u32::try_from(n).unwrap_or_default();
    Ok(Quota { used: number(used), limit: held.limit.map(number), remaining: held.left(tx, now)? })
}

/// Sets what an account may make in 30 days: a number, null for no limit, or the site's where it is left out. For site
/// admins.
pub(crate) fn set(
    tx: &mut Tx<'_>,
    admin: AccountId,
    account: AccountId,
    wish: &SetQuota,
    site: &Policy,
    now: Timestamp,
) -> Result<Quota, Refused> {
    require_site_admin(tx, admin)?;
    let mut fields = Fields::default();
    let own = match wish.limit.clone().into_change() {
        None => None,
        Some(None) => Some(NO_LIMIT),
        Some(Some(n)) => Some(n),
    };
    if wish.limit.clone().into_change().flatten().is_some_and(|n| !(0..=MOST_OF_A_QUOTA).contains(&n)) {
        fields.refuse("limit", format!("must be a number from 0 to {MOST_OF_A_QUOTA}, or null for no limit"));
    }
    fields.finish()?;
    let there = tx.execute("UPDATE account SET quota = $2 WHERE id = $1 AND deleted_at IS NULL", &[&account, &own])?;
    if there == 0 {
        return Err(Refused::not_found("account"));
    }
    let detail = match own {
        None => "the site's".to_owned(),
        Some(NO_LIMIT) => "no limit".to_owned(),
        Some(n) => n.to_string(),
    };
    let event = Event {
        band: None,
        actor: Some(admin),
        action: "account.quota_set",
        invite: None,
        account: Some(account),
        detail: Some(&detail),
    };
    audit::record(tx, now, event)?;
    Ok(read(tx, account, site, now)?)
}
