//! Coming in by an invite.

use crate::{
    api::{Accepted, BandRef, Code, Inviter, Outcome, Preview, PreviewBand, Problem},
    domain::{
        AccountId, Address, BandId, BandName, CancelReason, InviteId, Kind, MaxUses, Membership, Policy, Registration,
        Role, Standing, Status, Timestamp,
    },
    server::{
        Hash, Refused,
        audit::{self, Event},
        store::{Dialect, Error, Tx, dialect::intern},
    },
};

use super::supersede::supersede;

crate::row! {
    /// An invite as the holder of its token meets it.
    #[derive(Debug, Clone)]
    pub(crate) struct Found {
        pub(crate) id: InviteId,
        pub(crate) band: BandId,
        band_name: BandName,
        description: Option<String>,
        contact: Option<String>,
        members: i64,
        band_deleted: Option<Timestamp>,
        kind: Kind,
        role: Role,
        status: Status,
        cancel_reason: Option<CancelReason>,
        expires_at: Option<Timestamp>,
        pub(super) max_uses: MaxUses,
        uses: u32,
        message: Option<String>,
        email: Option<Address>,
        requires_approval: bool,
        created_at: Timestamp,
        pub(super) created_by: AccountId,
        inviter: String,
        policy: String,
    }
}

const FOUND: &str = "SELECT i.id AS id, i.band AS band, b.name AS band_name, b.description AS description,
        b.contact AS contact, b.members AS members, b.deleted_at AS band_deleted, i.kind AS kind, i.role AS role,
        i.status AS status, i.cancel_reason AS cancel_reason, i.expires_at AS expires_at, i.max_uses AS max_uses,
        i.uses AS uses, i.message AS message, i.email AS email, i.requires_approval AS requires_approval,
        i.created_at AS created_at, i.created_by AS created_by, c.display_name AS inviter, i.policy AS policy
     FROM invite i JOIN band b ON b.id = i.band JOIN account c ON c.id = i.created_by
     WHERE i.token_hash = $1";

/// The invite of a token, in whatever state; every unknown token is refused alike.
pub(crate) fn find_by_token(tx: &mut Tx<'_>, token_hash: &Hash) -> Result<Found, Refused> {
    tx.query_one(FOUND, &[token_hash])?.ok_or_else(Refused::invalid_token)
}

/// As [`find_by_token`], and nobody else changes or uses the invite until the transaction ends.
pub(crate) fn hold_by_token(tx: &mut Tx<'_>, token_hash: &Hash) -> Result<Found, Refused> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => FOUND, // it has one writer
        Dialect::Postgres => intern(format!("{FOUND} FOR UPDATE OF i")),
    };
    tx.query_one(sql, &[token_hash])?.ok_or_else(Refused::invalid_token)
}

/// Holds the account until the transaction ends: what one person does at once in two places is done one after the
/// other. Before [`hold_by_token`], so that two transactions never wait for each other in a circle.
pub(crate) fn hold_account(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Error> {
    if tx.dialect() == Dialect::Postgres {
        let _: Option<Count> =
            tx.query_one("SELECT 1 AS n FROM account WHERE id = $1 FOR NO KEY UPDATE", &[&account])?;
    }
    Ok(())
}

impl Found {
    fn refusal(&self, code: Code) -> Refused {
        let (band, inviter) = (self.band_name.as_str(), &self.inviter);
        let detail = match code {
            Code::InviteExpired => format!("This invite has expired. Ask {inviter} for a new one."),
            Code::InviteRevoked => format!("This invite was taken back. Ask {inviter} for a new one."),
            Code::InviteUsed => format!("Every use of this invite is taken. Ask {inviter} for a new one."),
            Code::InviteDeclined => {
                format!("This invite was declined. If that was not meant, ask {inviter} for a new one.")
            }
            Code::Removed => format!("You were removed from {band} since this invite was made. Ask for a new one."),
            Code::Banned => format!("You are banned from {band}. Its admins alone can lift that."),
            Code::OneBandOnly => "You are in a band, and this server allows one at a time: leave it first.".to_owned(),
            code => format!("{}. Ask {inviter} for a new one.", code.title()),
        };
        let mut problem = Problem::new(code, detail);
        problem.band = Some(self.band_name.as_str().to_owned());
        problem.inviter = Some(self.inviter.clone());
        problem.contact.clone_from(&self.contact);
        problem.into()
    }

    /// The invite and who made it.
    pub(crate) fn brought_by(&self) -> (InviteId, AccountId) {
        (self.id, self.created_by)
    }

    pub(super) fn event(&self, action: &'static str, actor: AccountId) -> Event<'static> {
        Event { band: Some(self.band), actor: Some(actor), action, invite: Some(self.id), account: None, detail: None }
    }
}

/// Refuses an invite that is no longer pending at `now`.
pub(crate) fn ended(found: &Found, now: Timestamp) -> Result<(), Refused> {
    in_a_band(found)?;
    let standing = Standing::at(now, found.status, found.cancel_reason, found.expires_at);
    Code::of_ended(standing).map_or(Ok(()), |code| Err(found.refusal(code)))
}

/// Refuses an invite to a band that is gone, whatever its row says.
fn in_a_band(found: &Found) -> Result<(), Refused> {
    if found.band_deleted.is_some() { Err(found.refusal(Code::InviteCancelled)) } else { Ok(()) }
}

/// What an invite that was there a moment ago came to meanwhile.
pub(super) fn ended_meanwhile(tx: &mut Tx<'_>, found: &Found, now: Timestamp) -> Result<Refused, Refused> {
    let row =
        tx.query_one::<Ended>("SELECT status, cancel_reason, expires_at FROM invite WHERE id = $1", &[&found.id])?;
    let code = row.and_then(|row| Code::of_ended(Standing::at(now, row.status, row.cancel_reason, row.expires_at)));
    Ok(found.refusal(code.unwrap_or(Code::InviteUsed)))
}

/// What may be told before anyone has signed in.
pub(crate) fn preview(found: Found, registration: Registration, now: Timestamp) -> Result<Preview, Refused> {
    ended(&found, now)?;
    Ok(Preview {
        band: PreviewBand {
            name: found.band_name.as_str().to_owned(),
            description: found.description,
            contact: found.contact,
            members: found.members.unsigned_abs(),
        },
        role: found.role,
        inviter: Inviter { display_name: found.inviter },
        kind: found.kind,
        status: found.status,
        expires_at: found.expires_at,
        uses_left: found.max_uses.left(found.uses),
        message: found.message,
        recipient: found.email.map(|address| address.masked()),
        registration,
        requires_approval: found.requires_approval,
    })
}

crate::row! { struct Held { role: Role } }
crate::row! { struct Departure { at: Timestamp, banned: bool } }
crate::row! { struct Count { n: i64 } }
crate::row! { struct Joined { seq: i64, username: String, display_name: String } }
crate::row! { struct Taken { status: Status } }

pub(super) fn check_departure(tx: &mut Tx<'_>, found: &Found, account: AccountId) -> Result<(), Refused> {
    let gone: Option<Departure> =
        tx.query_one("SELECT at, banned FROM departure WHERE band = $1 AND account = $2", &[&found.band, &account])?;
    match gone {
        Some(gone) if gone.banned => Err(found.refusal(Code::Banned)),
        Some(gone) if found.created_at <= gone.at => Err(found.refusal(Code::Removed)),
        _ => Ok(()),
    }
}

/// Takes a use and makes the account a member, or finds that it is one. In one transaction with all that follows.
///
/// `found` is held ([`hold_by_token`]), and so is the account ([`hold_account`]).
pub(crate) fn accept(tx: &mut Tx<'_>, found: &Found, account: AccountId, now: Timestamp) -> Result<Accepted, Refused> {
    in_a_band(found)?;
    check_departure(tx, found, account)?;
    let band = BandRef { id: found.band, name: found.band_name.as_str().to_owned() };
    let held = |tx: &mut Tx<'_>| {
        tx.query_one::<Held>("SELECT role FROM member WHERE band = $1 AND account = $2", &[&found.band, &account])
    };
    if let Some(held) = held(tx)? {
        return Ok(Accepted { outcome: Outcome::AlreadyMember, band, role: held.role });
    }
    let holds = holds_use(tx, found, account)?;
    if holds {
        ended_for_holder(found, now)?;
    } else {
        ended(found, now)?;
    }
    let rules: Policy = serde_json::from_str(&found.policy)
        .map_err(|_| Refused::new(Code::Internal, "The invite's rules cannot be read."))?;
    if rules.membership == Membership::One && in_any_band(tx, account)? {
        return Err(found.refusal(Code::OneBandOnly));
    }
    // The membership first: whoever became a member meanwhile takes no use. A lost race undoes it with the rest.
    let joined = tx.execute(
        "INSERT INTO member (band, account, role, can_invite, joined_at, invited_by)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (band, account) DO NOTHING",
        &[&found.band, &account, &found.role, &false, &now, &found.created_by],
    )?;
    if joined == 0 {
        let role = held(tx)?.map_or(found.role, |held| held.role);
        return Ok(Accepted { outcome: Outcome::AlreadyMember, band, role });
    }
    let last = if holds { redeem(tx, found, account)? } else { take_use(tx, found, account, false, now)? };
    let _ = tx.execute(
        "DELETE FROM departure WHERE band = $1 AND account = $2 AND banned = $3",
        &[&found.band, &account, &false],
    )?;
    index_member(tx, found.band, account)?;
    audit::record(tx, now, Event { account: Some(account), ..found.event("invite.accepted", account) })?;
    let mut ended = supersede(tx, rules.on_accept_cancel, found, account, now)?;
    *ended.entry(found.band).or_default() += i64::from(last);
    // In the order of their ids, as everywhere: two transactions never wait for each other in a circle.
    for (band, pending) in ended {
        let joined = i64::from(band == found.band);
        let there = tx.execute(
            "UPDATE band SET members = members + $2::bigint, pending = pending - $3::bigint
             WHERE id = $1 AND deleted_at IS NULL",
            &[&band, &joined, &pending],
        )?;
        if there == 0 && band == found.band {
            return Err(found.refusal(Code::InviteCancelled)); // deleted meanwhile
        }
        tx.touch(band);
    }
    Ok(Accepted { outcome: Outcome::Joined, band, role: found.role })
}

fn in_any_band(tx: &mut Tx<'_>, account: AccountId) -> Result<bool, Error> {
    let one: Option<Count> = tx.query_one(
        "SELECT 1 AS n FROM member m JOIN band b ON b.id = m.band
         WHERE m.account = $1 AND b.deleted_at IS NULL LIMIT 1",
        &[&account],
    )?;
    Ok(one.is_some())
}

/// Takes a use for an account that was just made with this invite, and leaves the membership for later: its accept
/// takes none. Where registration is by invite, this is what an account costs.
pub(crate) fn hold_use(tx: &mut Tx<'_>, found: &Found, account: AccountId, now: Timestamp) -> Result<(), Refused> {
    let last = take_use(tx, found, account, true, now)?;
    audit::record(tx, now, Event { account: Some(account), ..found.event("invite.registered", account) })?;
    if last {
        let _ = tx.execute("UPDATE band SET pending = pending - 1 WHERE id = $1", &[&found.band])?;
    }
    tx.touch(found.band);
    Ok(())
}

/// Whether the account was made with this invite and has not come in by it yet.
fn holds_use(tx: &mut Tx<'_>, found: &Found, account: AccountId) -> Result<bool, Error> {
    let held: Option<Count> = tx.query_one(
        "SELECT 1 AS n FROM redemption WHERE account = $1 AND invite = $2 AND held LIMIT 1",
        &[&account, &found.id],
    )?;
    Ok(held.is_some())
}

/// Who holds a use need not fear that the others are taken; revoke and expiry are for all.
fn ended_for_holder(found: &Found, now: Timestamp) -> Result<(), Refused> {
    if found.status != Status::Accepted {
        return ended(found, now);
    }
    in_a_band(found)?;
    if found.expires_at.is_some_and(|end| now >= end) { Err(found.refusal(Code::InviteExpired)) } else { Ok(()) }
}

/// The use that was taken at registration becomes a membership's; nothing is left to end by it.
fn redeem(tx: &mut Tx<'_>, found: &Found, account: AccountId) -> Result<bool, Error> {
    let _ = tx.execute(
        "UPDATE redemption SET held = $3 WHERE account = $1 AND invite = $2 AND held",
        &[&account, &found.id, &false],
    )?;
    Ok(false)
}

/// Takes a use if it is still there: the one guarded statement that decides every race. Whether it was the last one.
fn take_use(tx: &mut Tx<'_>, found: &Found, account: AccountId, held: bool, now: Timestamp) -> Result<bool, Refused> {
    let taken: Option<Taken> = tx.query_one(
        "UPDATE invite SET uses = uses + 1, used_at = $2, used_by = $3,
            status = CASE WHEN uses + 1 >= max_uses THEN 'accepted' ELSE status END,
            status_at = CASE WHEN uses + 1 >= max_uses THEN $2 ELSE status_at END,
            acted_by = CASE WHEN uses + 1 >= max_uses THEN $3 ELSE acted_by END
         WHERE id = $1 AND status = 'pending' AND (max_uses IS NULL OR uses < max_uses)
            AND (expires_at IS NULL OR expires_at > $2)
         RETURNING status",
        &[&found.id, &now, &account],
    )?;
    let Some(taken) = taken else { return Err(ended_meanwhile(tx, found, now)?) };
    let _ = tx.execute(
        "INSERT INTO redemption (invite, band, account, at, held) VALUES ($1, $2, $3, $4, $5)",
        &[&found.id, &found.band, &account, &now, &held],
    )?;
    Ok(taken.status == Status::Accepted)
}

crate::row! { struct Ended { status: Status, cancel_reason: Option<CancelReason>, expires_at: Option<Timestamp> } }

fn index_member(tx: &mut Tx<'_>, band: BandId, account: AccountId) -> Result<(), Refused> {
    let row: Option<Joined> = tx.query_one(
        "SELECT m.seq AS seq, a.username AS username, a.display_name AS display_name
         FROM member m JOIN account a ON a.id = m.account WHERE m.band = $1 AND m.account = $2",
        &[&band, &account],
    )?;
    if let Some(row) = row {
        let tokens = crate::domain::search_tokens(&super::scope(band), &[&row.username, &row.display_name]);
        let _ = tx.execute(
            tx.dialect().pick(
                "INSERT OR REPLACE INTO member_search (rowid, tokens) VALUES ($1, $2)",
                "UPDATE member SET search = array_to_tsvector(array_remove(string_to_array($2::text, ' '), '')) WHERE seq = $1",
            ),
            &[&row.seq, &tokens],
        )?;
    }
    Ok(())
}
