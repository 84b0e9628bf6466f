//! Whom an invite is for: what is known of the person in the band.

use std::{collections::HashMap, fmt::Write as _};

use crate::{
    api::Code,
    domain::{AccountId, BandId, InviteId, Timestamp},
    server::store::{
        Error, ToValue, Tx,
        dialect::{filled, filled_length, intern},
    },
};

use super::{decision, wish::To};

/// What is known of a recipient.
#[derive(Debug, Clone, Default)]
pub(super) struct Recipient {
    /// The account, where there is one: whom a `user` invite names, or whose address it is alone.
    pub(super) account: Option<AccountId>,
    /// What that is called.
    pub(super) names: Vec<String>,
    /// What stands between them and the band: being in it, or banned.
    bar: Option<(Code, &'static str)>,
    opted_out: bool,
    /// Whether the account's address is verified, so that it is mailed.
    pub(super) reached: bool,
    /// When they were removed from the band, if they were and have not come back.
    pub(super) gone_at: Option<Timestamp>,
    /// The invite that waits for them in the band, and when it ends.
    pub(super) pending: Option<(InviteId, Option<Timestamp>)>,
}

impl Recipient {
    /// Why nobody can be invited here, if so; a pending invite is no such reason.
    pub(super) fn refusal(&self) -> Option<(Code, &'static str)> {
        self.bar.or_else(|| self.opted_out())
    }

    /// What counts of somebody whose address an invite only remembers, to be mailed there.
    pub(super) fn remembered(self) -> Self {
        Self { opted_out: self.opted_out, ..Self::default() }
    }

    /// As [`Recipient::refusal`], of what is only remembered for somebody and binds nobody.
    pub(super) fn opted_out(&self) -> Option<(Code, &'static str)> {
        let closed = "This person wants no invites from here. Only they can change that.";
        self.opted_out.then_some((Code::RecipientOptedOut, closed))
    }
}

/// How many recipients one statement looks at.
const RECIPIENTS_AT_ONCE: usize = 200;

crate::row! {
    /// What is known of one recipient; `place` is that among those who are looked for.
    struct Found {
        place: i64, account: Option<AccountId>, member: bool, banned: bool, gone_at: Option<Timestamp>, opted_out: bool,
        reached: bool, pending: Option<InviteId>, ends: Option<Timestamp>, username: Option<String>,
        display_name: Option<String>,
    }
}

impl Found {
    fn bar(&self) -> Option<(Code, &'static str)> {
        if self.member {
            return Some((Code::AlreadyMember, "This person is in the band already."));
        }
        self.banned.then_some((Code::Banned, "This person is banned from the band: lift the ban first."))
    }
}

/// The statement for `n` recipients of one sort: `$1` the band, then each one's key and who invites them, [`filled`].
fn statement(n: usize, cast: &str, account: &str, pending: &str, blocked: &str) -> &'static str {
    let mut keys = String::new();
    for place in 0..filled_length(n) {
        let comma = if place == 0 { "" } else { ", " };
        let (key, inviter) = (2 * place + 2, 2 * place + 3);
        let _ = write!(keys, "{comma}({place}, ${key}::{cast}, ${inviter}::uuid)");
    }
    intern(format!(
        "WITH wanted (place, wish, inviter) AS (VALUES {keys})
         SELECT CAST(wanted.place AS bigint) AS place, a.id AS account, m.seq IS NOT NULL AS member,
            COALESCE(d.banned, 1 = 0) AS banned, d.at AS gone_at,
            EXISTS (SELECT 1 FROM suppression s WHERE {blocked} AND (s.scope = 'server'
                OR (s.scope = 'band' AND s.subject = $1) OR (s.scope = 'inviter' AND s.subject = wanted.inviter)))
                AS opted_out,
            COALESCE(a.email_verified, 1 = 0) AS reached, p.id AS pending, p.expires_at AS ends,
            a.username AS username, a.display_name AS display_name
         FROM wanted {account} AND a.deleted_at IS NULL
            LEFT JOIN member m ON m.band = $1 AND m.account = a.id
            LEFT JOIN departure d ON d.band = $1 AND d.account = a.id
            LEFT JOIN invite p ON {pending} AND p.band = $1 AND p.status = 'pending'"
    ))
}

/// As [`look`], once what was decided about the invites that wait for them is written to these: for who makes others in
/// their places.
pub(super) fn look_settled(
    tx: &mut Tx<'_>,
    band: BandId,
    to: &[(&To, AccountId)],
) -> Result<Vec<Option<Recipient>>, Error> {
    let known = look(tx, band, to)?;
    let waiting: Vec<InviteId> = known.iter().flatten().filter_map(|one| one.pending).map(|(id, _)| id).collect();
    if decision::settle(tx, band, &waiting)? { look(tx, band, to) } else { Ok(known) }
}

/// What is known of each recipient and of how they stand to who invites them, in their order; `None` for an account that
/// there is not.
pub(super) fn look(tx: &mut Tx<'_>, band: BandId, to: &[(&To, AccountId)]) -> Result<Vec<Option<Recipient>>, Error> {
    let mut known: Vec<Option<Recipient>> = vec![None; to.len()];
    let mut sorts: HashMap<u8, Vec<(usize, &dyn ToValue, &AccountId)>> = HashMap::new();
    for (place, (to, inviter)) in to.iter().enumerate() {
        let (sort, key): (u8, &dyn ToValue) = match to {
            To::Holder => {
                known[place] = Some(Recipient::default());
                continue;
            }
            To::Address(address) => (0, address),
            To::Username(key) => (1, key),
            To::Account(id) => (2, id),
        };
        sorts.entry(sort).or_default().push((place, key, inviter));
    }
    for (sort, wanted) in sorts {
        for some in wanted.chunks(RECIPIENTS_AT_ONCE) {
            let for_account = "p.account = a.id AND p.kind = 'user'";
            let sql = match sort {
                0 => statement(
                    some.len(),
                    "text",
                    "LEFT JOIN account a ON a.email_claim = wanted.wish",
                    "p.email = wanted.wish AND p.kind = 'email'",
                    "(s.email = wanted.wish OR s.account = a.id)",
                ),
                1 => statement(
                    some.len(),
                    "text",
                    "JOIN account a ON a.username_key = wanted.wish",
                    for_account,
                    "(s.account = a.id OR s.email = a.email_claim)",
                ),
                _ => statement(
                    some.len(),
                    tx.dialect().pick("blob", "uuid"),
                    "JOIN account a ON a.id = wanted.wish",
                    for_account,
                    "(s.account = a.id OR s.email = a.email_claim)",
                ),
            };
            let mut params: Vec<&dyn ToValue> = vec![&band];
            params.extend(filled(some).flat_map(|(_, key, inviter)| [*key, *inviter as &dyn ToValue]));
            for found in tx.query::<Found>(sql, &params)? {
                let Some((place, ..)) = usize::try_from(found.place).ok().and_then(|place| some.get(place)) else {
                    continue;
                };
                let bar = found.bar();
                known[*place] = Some(Recipient {
                    bar,
                    account: found.account,
                    names: found.username.into_iter().chain(found.display_name).collect(),
                    opted_out: found.opted_out,
                    reached: found.reached,
                    gone_at: found.gone_at,
                    pending: found.pending.map(|id| (id, found.ends)),
                });
            }
        }
    }
    Ok(known)
}
