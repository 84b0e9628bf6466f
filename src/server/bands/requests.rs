//! Who asks to come in, and what the band's admins say.

use crate::{
    api::{Code, JoinRequest, JoinRequests, Member, Person},
    domain::{AccountId, BandId, InviteId, JoinRequestId, JoinStatus, Membership, Policy, Role, Timestamp},
    server::{
        Refused,
        audit::{self, Event},
        invites::in_any_band,
        page::Page,
        store::{Error, ToValue, Tx, dialect::intern},
    },
};

use super::{Access, in_force, join, manage, members};

crate::row! {
    struct Row {
        seq: i64, id: JoinRequestId, account: AccountId, username: String, display_name: String,
        invite: Option<InviteId>, role: Role, status: JoinStatus, created_at: Timestamp,
    }
}

/// A page of a band's requests that stand thus, oldest first; for its admins.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    status: JoinStatus,
    page: Page,
) -> Result<JoinRequests, Refused> {
    Access::of(tx, band, caller)?.require_admin()?;
    let (than, order, from) = page.reading(false);
    let sql = intern(format!(
        "SELECT r.seq AS seq, r.id AS id, r.account AS account, a.username AS username,
            a.display_name AS display_name, r.invite AS invite, r.role AS role, r.status AS status,
            r.created_at AS created_at
         FROM join_request r JOIN account a ON a.id = r.account
         WHERE r.band = $1 AND r.status = $2 AND r.seq {than} $3 ORDER BY r.seq {order} LIMIT $4"
    ));
    let rows: Vec<Row> = tx.query(sql, &[&band, &status, &from.seq, &page.fetch()])?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    let show = |row: Row| JoinRequest {
        id: row.id,
        account: Person { id: row.account, username: row.username, display_name: row.display_name },
        invite_id: row.invite,
        role: row.role,
        status: row.status,
        created_at: row.created_at,
    };
    Ok(JoinRequests { join_requests: rows.into_iter().map(show).collect(), next_cursor, prev_cursor })
}

crate::row! { struct Asked { role: Role } }

/// Asks for the account to come in as a member; the role that waits. Who has asked already waits on as before.
///
/// The account is held, so that of two at once the second finds the first.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    fresh: JoinRequestId,
    band: BandId,
    account: AccountId,
    now: Timestamp,
) -> Result<Role, Refused> {
    let pending = "SELECT role FROM join_request WHERE account = $1 AND band = $2 AND status = 'pending'";
    if let Some(asked) = tx.query_one::<Asked>(pending, &[&account, &band])? {
        return Ok(asked.role);
    }
    let role = Role::Member;
    let asked = tx.execute(
        "INSERT INTO join_request (id, band, account, role, status, created_at, status_at)
         SELECT $1, $2, id, $4, 'pending', $5, $5 FROM account WHERE id = $3 AND deleted_at IS NULL",
        &[&fresh, &band, &account, &role, &now],
    )?;
    if asked == 0 {
        return Err(Refused::account_gone());
    }
    told(tx, (band, account, account), None, "join.requested", now)?;
    Ok(role)
}

crate::row! {
    /// A request as the one who decides about it meets it.
    #[derive(Debug, Clone, Copy)]
    struct Wish { account: AccountId, role: Role, status: JoinStatus }
}

/// The request, with its person held until the transaction ends, and the caller's right to decide about it: whoever
/// asks, comes in or goes at this moment comes before or after.
fn hold(tx: &mut Tx<'_>, band: BandId, id: JoinRequestId, caller: AccountId) -> Result<(Wish, bool), Refused> {
    // Whether there is such a request is told to admins alone.
    Access::of(tx, band, caller)?.require_admin()?;
    let read = "SELECT account, role, status FROM join_request WHERE id = $1 AND band = $2";
    let missing = || Refused::not_found("join request");
    let wish: Wish = tx.query_one(read, &[&id, &band])?.ok_or_else(missing)?;
    let (access, member) = manage::hold(tx, band, caller, wish.account)?;
    access.require_admin()?;
    let wish: Wish = tx.query_one(read, &[&id, &band])?.ok_or_else(missing)?;
    if access.grants().is_none_or(|up_to| wish.role > up_to) {
        return Err(Refused::new(Code::Forbidden, "You may not take anyone in with a role above your own."));
    }
    Ok((wish, member.is_some()))
}

/// Ends a pending request as an admin decided; refused if it is not pending any more.
fn decide(
    tx: &mut Tx<'_>,
    id: JoinRequestId,
    status: JoinStatus,
    caller: AccountId,
    now: Timestamp,
) -> Result<(), Refused> {
    let done = tx.execute(
        "UPDATE join_request SET status = $2, status_at = $3, acted_by = $4 WHERE id = $1 AND status = 'pending'",
        &[&id, &status, &now, &caller],
    )?;
    if done == 0 { Err(not_pending()) } else { Ok(()) }
}

fn not_pending() -> Refused {
    Refused::new(Code::NotPending, "This request has been answered already, or is no longer open.")
}

/// Takes the person in who asked; for the band's admins. What an accept asks is asked again: who was removed or banned
/// meanwhile stays outside, and so does who is in a band where one is the most. Who came in meanwhile is a member, and
/// that is what was wanted.
pub(crate) fn approve(
    tx: &mut Tx<'_>,
    band: BandId,
    id: JoinRequestId,
    caller: AccountId,
    site: &Policy,
    now: Timestamp,
) -> Result<Member, Refused> {
    let (wish, is_member) = hold(tx, band, id, caller)?;
    if wish.status != JoinStatus::Pending {
        return Err(not_pending());
    }
    if !is_member {
        let policy = in_force(tx, band, site)?;
        check_outside(tx, band, wish.account, &policy)?;
    }
    decide(tx, id, JoinStatus::Approved, caller, now)?;
    told(tx, (band, caller, wish.account), None, "join.approved", now)?;
    if !is_member && !members::add(tx, band, wish.account, wish.role, None, now)? {
        return Err(not_pending()); // the account is gone
    }
    members::one(tx, band, wish.account)
}

/// The member that an earlier request of the caller took in, if they may still see the answer.
pub(crate) fn approved(tx: &mut Tx<'_>, band: BandId, id: JoinRequestId, caller: AccountId) -> Result<Member, Refused> {
    Access::of(tx, band, caller)?.require_admin()?;
    let read = "SELECT account, role, status FROM join_request WHERE id = $1 AND band = $2";
    let wish: Option<Wish> = tx.query_one(read, &[&id, &band])?;
    members::one(tx, band, wish.ok_or_else(|| Refused::not_found("join request"))?.account)
}

/// Refuses, in words for an admin, who may not come into the band as things are now.
fn check_outside(tx: &mut Tx<'_>, band: BandId, account: AccountId, policy: &Policy) -> Result<(), Refused> {
    match join::departure(tx, band, account)? {
        Some(gone) if gone.banned => Err(Refused::new(Code::Banned, "This person is banned: lift the ban first.")),
        Some(_) => Err(Refused::new(
            Code::Removed,
            "This person was removed from the band, and comes back by an invite alone.",
        )),
        None if policy.membership == Membership::One && in_any_band(tx, account)? => {
            Err(Refused::new(Code::OneBandOnly, "This person is in another band, and has to leave that one first."))
        }
        None => Ok(()),
    }
}

/// Says no to the person who asked, for now; for the band's admins.
pub(crate) fn deny(
    tx: &mut Tx<'_>,
    band: BandId,
    id: JoinRequestId,
    caller: AccountId,
    now: Timestamp,
) -> Result<(), Refused> {
    let (wish, _) = hold(tx, band, id, caller)?;
    decide(tx, id, JoinStatus::Denied, caller, now)?;
    Ok(told(tx, (band, caller, wish.account), None, "join.denied", now)?)
}

crate::row! { struct Closed { band: BandId, account: AccountId, invite: Option<InviteId> } }

/// Closes the pending requests that fit `which`, a fixed condition with its values from `$3` on: nobody waits for an
/// answer to them any more. `actor` brought it about.
pub(crate) fn close(
    tx: &mut Tx<'_>,
    which: &str,
    values: &[&dyn ToValue],
    actor: Option<AccountId>,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = intern(format!(
        "UPDATE join_request SET status = 'closed', status_at = $1, acted_by = $2
         WHERE status = 'pending' AND {which} RETURNING band, account, invite"
    ));
    let mut params: Vec<&dyn ToValue> = vec![&now, &actor];
    params.extend(values);
    for one in tx.query::<Closed>(sql, &params)? {
        tx.touch(one.band);
        let (band, account) = (Some(one.band), Some(one.account));
        let event = Event { band, actor, action: "join.closed", invite: one.invite, account, detail: None };
        audit::record(tx, now, event)?;
    }
    Ok(())
}

/// Writes down what `actor` did about the wish of `account` to come into `band`.
fn told(
    tx: &mut Tx<'_>,
    (band, actor, account): (BandId, AccountId, AccountId),
    invite: Option<InviteId>,
    action: &'static str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.touch(band);
    let event = Event { band: Some(band), actor: Some(actor), action, invite, account: Some(account), detail: None };
    audit::record(tx, now, event)
}
