//! Coming in without an invite.

use crate::{
    api::{Accepted, BandRef, Code, Outcome},
    domain::{
        AccountId, BandId, Departure, JoinMode, JoinRequestId, Membership, Policy, Refusal, Role, Timestamp,
        check_departure, check_membership,
    },
    server::{
        App, Refused, accounts,
        audit::{self, Event},
        invites,
        store::{Error, Tx, dialect::intern},
    },
};

use super::{
    in_force, members,
    requests::{self, Wish},
};

crate::row! { struct Door { name: String, contact: Option<String>, join_mode: JoinMode } }
crate::row! { struct Held { role: Role } }
crate::row! { struct Gone { at: Timestamp, banned: bool } }

/// Makes the account a member of a band that is open to all, or finds that it is one. In a band that takes requests it
/// asks, under the id `fresh`, and waits for an admin.
///
/// Who was removed comes back by a new invite alone. Bands by invite are not found by those outside. Who comes in ends
/// what else waits for them, as by an accept.
pub(crate) fn join(
    tx: &mut Tx<'_>,
    fresh: JoinRequestId,
    band: BandId,
    account: AccountId,
    app: &App,
    now: Timestamp,
) -> Result<Accepted, Refused> {
    accounts::hold(tx, account)?;
    // What ends by the membership, in the order of everywhere.
    invites::hold_all_for(tx, account, None)?;
    let mut door = look(tx, band, "")?;
    if door.join_mode == JoinMode::Request {
        // Held to the end, so that it is neither closed nor deleted meanwhile; a member who comes is counted in it.
        requests::hold_own(tx, account, band)?;
        door = look(tx, band, tx.dialect().pick("", " FOR NO KEY UPDATE"))?;
    }
    let told =
        |outcome, role| Accepted { outcome, band: BandRef { id: band, name: door.name.clone() }, role, calendar: None };
    let held: Option<Held> =
        tx.query_one("SELECT role FROM member WHERE band = $1 AND account = $2", &[&band, &account])?;
    if let Some(held) = held {
        return Ok(told(Outcome::AlreadyMember, held.role));
    }
    if door.join_mode == JoinMode::Invite {
        return Err(Refused::not_found("band"));
    }
    check_departure(departure(tx, band, account)?, None).map_err(|no| match no {
        Refusal::Banned => Refused::new(Code::Banned, "You were banned from this band."),
        other => {
            let ask = door.contact.as_deref().unwrap_or("one of its admins");
            Refused::new(other.into(), format!("You were removed from this band. Ask {ask} for a new invite."))
        }
    })?;
    let policy = in_force(tx, band, &app.settings().policy)?;
    check_room(tx, account, &policy)?;
    if door.join_mode == JoinMode::Request {
        let wish = Wish { band, account, invite: None, role: Role::Member };
        return Ok(told(Outcome::PendingApproval, requests::ask(tx, fresh, wish, now)?));
    }
    let _ = requests::close(tx, "account = $3 AND band = $4", &[&account, &band], Some(account), now)?;
    let _ = members::add(tx, band, account, Role::Member, now)?;
    let actor = Some(account);
    let event = Event { band: Some(band), actor, action: "member.joined", invite: None, account: actor, detail: None };
    audit::record(tx, now, event)?;
    invites::came_without_invite(tx, band, account, policy.on_accept_cancel, app.settings().mail.is_on(), now)?;
    Ok(told(Outcome::Joined, Role::Member))
}

fn look(tx: &mut Tx<'_>, band: BandId, lock: &str) -> Result<Door, Refused> {
    let sql = intern(format!("SELECT name, contact, join_mode FROM band WHERE id = $1 AND deleted_at IS NULL{lock}"));
    tx.query_one(sql, &[&band])?.ok_or_else(|| Refused::not_found("band"))
}

/// Whether the account was put out of the band, and has not come back since.
pub(super) fn departure(tx: &mut Tx<'_>, band: BandId, account: AccountId) -> Result<Option<Departure>, Error> {
    let sql = "SELECT at, banned FROM departure WHERE band = $1 AND account = $2";
    let gone: Option<Gone> = tx.query_one(sql, &[&band, &account])?;
    Ok(gone.map(|Gone { at, banned }| Departure { at, banned }))
}

/// Refuses an account that is in a band already, where one is the most. Nobody else brings the account into a band
/// until the transaction ends.
pub(crate) fn check_room(tx: &mut Tx<'_>, account: AccountId, policy: &Policy) -> Result<(), Refused> {
    if policy.membership == Membership::Many {
        return Ok(());
    }
    accounts::hold(tx, account)?;
    check_membership(policy.membership, members::is_in_any(tx, account)?).map_err(|no| {
        let text = "Only those who are in no other band may be in this one. Leave the one you are in first.";
        Refused::new(no.into(), text)
    })
}
