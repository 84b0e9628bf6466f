//! Who asks to come in, and what the band's admins say.

use crate::{
    api::{BandRef, Code, JoinRequest, JoinRequests, Member, OwnRequest, OwnRequests, Person},
    domain::{
        AccountId, BandId, InviteId, JoinRequestId, JoinStatus, Membership, Policy, Refusal, Role, Status, Timestamp,
        check_departure, check_membership,
    },
    server::{
        App, Refused,
        audit::{self, Event},
        invites::{Found, Rest, admit, came_without_invite, end_used_up, foretold, hold_by_id, is_decided},
        page::Page,
        store::{
            Dialect, Error, ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
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
            a.display_name AS display_name, r.invite AS invite, r.status AS status, r.created_at AS created_at,
            CASE WHEN r.status = 'pending' THEN COALESCE(i.role, r.role) ELSE r.role END AS role
         FROM join_request r JOIN account a ON a.id = r.account LEFT JOIN invite i ON i.id = r.invite
         WHERE r.band = $1 AND r.status = $2 AND r.seq {than} $3 ORDER BY r.seq {order} LIMIT $4"
    ));
    let rows: Vec<Row> = tx.query(sql, &[&band, &status, &from.seq, &page.fetch()])?;
    let (mut rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    if status == JoinStatus::Pending {
        // With an invite that ends by what was decided these close, written or not.
        let told = foretold(tx, band, &rows.iter().filter_map(|row| row.invite).collect::<Vec<_>>())?;
        let by = |row: &Row| row.invite.and_then(|invite| told.get(&invite));
        rows.retain(|row| by(row).is_none_or(|one| one.status == Status::Pending));
        for row in &mut rows {
            row.role = by(row).map_or(row.role, |one| one.role);
        }
    }
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

crate::row! {
    struct Own {
        seq: i64, id: JoinRequestId, band: BandId, band_name: String, band_is_gone: bool, invite: Option<InviteId>,
        role: Role, status: JoinStatus, created_at: Timestamp, status_at: Timestamp, is_decided: bool,
    }
}

/// A page of what the account has asked, newest first, of this band alone where one is named. A band that is gone, or that
/// one may not look into, is named all the same: one has asked there.
pub(crate) fn own(
    tx: &mut Tx<'_>,
    account: AccountId,
    band: Option<BandId>,
    page: Page,
) -> Result<OwnRequests, Refused> {
    let (than, order, from) = page.reading(true);
    let of = if band.is_some() { "AND r.band = $4" } else { "" };
    let sql = intern(format!(
        "SELECT r.seq AS seq, r.id AS id, r.band AS band, b.name AS band_name,
            CASE WHEN b.deleted_at IS NULL THEN FALSE ELSE TRUE END AS band_is_gone, r.invite AS invite, r.status AS status,
            r.created_at AS created_at, r.status_at AS status_at,
            CASE WHEN r.status = 'pending' THEN COALESCE(i.role, r.role) ELSE r.role END AS role, {} AS is_decided
         FROM join_request r JOIN band b ON b.id = r.band LEFT JOIN invite i ON i.id = r.invite
         WHERE r.account = $1 AND r.seq {than} $2 {of} ORDER BY r.seq {order} LIMIT $3",
        is_decided!("i")
    ));
    let fetch = page.fetch();
    let mut params: Vec<&dyn ToValue> = vec![&account, &from.seq, &fetch];
    params.extend(band.as_ref().map(|band| band as &dyn ToValue));
    let rows: Vec<Own> = tx.query(sql, &params)?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    let mut join_requests = Vec::with_capacity(rows.len());
    for mut row in rows {
        if row.status == JoinStatus::Pending {
            foretell_own(tx, &mut row)?;
        }
        join_requests.push(OwnRequest {
            id: row.id,
            band: BandRef { id: row.band, name: row.band_name },
            invite_id: row.invite,
            role: row.role,
            status: row.status,
            created_at: row.created_at,
            status_at: row.status_at,
        });
    }
    Ok(OwnRequests { join_requests, next_cursor, prev_cursor })
}

/// Makes of a request that waits what it will be, where something was decided that its row does not say yet.
fn foretell_own(tx: &mut Tx<'_>, row: &mut Own) -> Result<(), Error> {
    if row.band_is_gone {
        row.status = JoinStatus::Closed;
    } else if let Some(invite) = row.invite.filter(|_| row.is_decided)
        && let Some(one) = foretold(tx, row.band, &[invite])?.remove(&invite)
    {
        row.role = one.role;
        if one.status != Status::Pending {
            row.status = JoinStatus::Closed;
        }
    }
    Ok(())
}

/// Who wants to come in, and by what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    /// Where to.
    pub(crate) band: BandId,
    /// Who.
    pub(crate) account: AccountId,
    /// The invite that needs an admin's word, `None` for who found the band by themselves.
    pub(crate) invite: Option<InviteId>,
    /// What they are to be; by an invite it is what the invite grants when an admin agrees.
    pub(crate) role: Role,
}

/// The most who wait for a word from one band. What ends an invite, or a band, closes what was asked by it, and is to take
/// as long as that at the most.
const MOST_WAITING: i64 = 10_000;

crate::row! { struct Asked { role: Role, invite: Option<InviteId> } }

/// Asks for the account to come in; the role that waits. Who has asked already waits on as before, and by an invite
/// that is newer than the wish. Refused where [`MOST_WAITING`] wait already.
///
/// The account is held, so that of two at once the second finds the first.
pub(crate) fn ask(tx: &mut Tx<'_>, fresh: JoinRequestId, wish: Wish, now: Timestamp) -> Result<Role, Refused> {
    let Wish { band, account, invite, role } = wish;
    let pending = "SELECT role, invite FROM join_request WHERE account = $1 AND band = $2 AND status = 'pending'";
    let asked: Option<Asked> = tx.query_one(pending, &[&account, &band])?;
    if let Some(asked) = &asked
        && (invite.is_none() || asked.invite == invite)
    {
        return Ok(asked.role);
    }
    if asked.is_none() {
        let waiting = "SELECT COUNT(*) AS n FROM (
            SELECT 1 AS one FROM join_request WHERE band = $1 AND status = 'pending' LIMIT 10000) AS found";
        if tx.count(waiting, &[&band])? >= MOST_WAITING {
            return Err(Refused::Crowded);
        }
    }
    let done = match asked {
        Some(_) => tx.execute(
            "UPDATE join_request SET invite = $3, role = $4 WHERE account = $1 AND band = $2 AND status = 'pending'",
            &[&account, &band, &invite, &role],
        )?,
        None => tx.execute(
            "INSERT INTO join_request (id, band, account, invite, role, status, created_at, status_at)
             SELECT $1, $2, id, $4, $5, 'pending', $6, $6 FROM account WHERE id = $3 AND deleted_at IS NULL",
            &[&fresh, &band, &account, &invite, &role, &now],
        )?,
    };
    if done == 0 {
        return Err(Refused::account_gone());
    }
    told(tx, (band, account, account), invite, "join.requested", now)?;
    Ok(role)
}

crate::row! {
    /// A request as the one who decides about it meets it.
    #[derive(Debug, Clone, Copy)]
    struct Asking { account: AccountId, invite: Option<InviteId>, role: Role, status: JoinStatus }
}

fn find(tx: &mut Tx<'_>, band: BandId, id: JoinRequestId) -> Result<Asking, Refused> {
    let sql = "SELECT account, invite, role, status FROM join_request WHERE id = $1 AND band = $2";
    tx.query_one(sql, &[&id, &band])?.ok_or_else(|| Refused::not_found("join request"))
}

/// A request with all that a decision about it stands on, held until the transaction ends.
struct Held {
    asking: Asking,
    /// The invite by which it was asked.
    by: Option<Found>,
    /// Whether the person is a member by now.
    is_member: bool,
}

/// The request, for an admin of the band, with its person, both memberships and its invite held, in this order, as
/// everywhere: whoever asks, comes in, goes or takes the invite back at this moment comes before or after.
fn hold(tx: &mut Tx<'_>, band: BandId, id: JoinRequestId, caller: AccountId) -> Result<Held, Refused> {
    // Whether there is such a request is told to admins alone.
    Access::of(tx, band, caller)?.require_admin()?;
    let person = find(tx, band, id)?.account;
    let (access, member) = manage::hold(tx, band, caller, person)?;
    access.require_admin()?;
    // Its person alone could name another invite in it.
    let by = find(tx, band, id)?.invite.map(|invite| hold_by_id(tx, invite, person)).transpose()?;
    let mut asking = find(tx, band, id)?;
    if let Some(found) = &by {
        asking.role = found.role;
    }
    Ok(Held { asking, by, is_member: member.is_some() })
}

/// Ends a pending request as an admin decided; refused if it is not pending any more.
fn decide(
    tx: &mut Tx<'_>,
    id: JoinRequestId,
    (status, role): (JoinStatus, Role),
    caller: AccountId,
    now: Timestamp,
) -> Result<(), Refused> {
    let done = tx.execute(
        "UPDATE join_request SET status = $2, role = $3, status_at = $4, acted_by = $5
         WHERE id = $1 AND status = 'pending'",
        &[&id, &status, &role, &now, &caller],
    )?;
    if done == 0 { Err(not_pending()) } else { Ok(()) }
}

fn not_pending() -> Refused {
    Refused::new(Code::NotPending, "This request has been answered already, or is no longer open.")
}

/// Takes the person in who asked; for the band's admins. `None` where every use of the invite is taken: then the
/// request is closed.
///
/// What an accept asks is asked again: who was removed or banned meanwhile stays outside, and so does who is in a band
/// where one is the most, or whose address is not the one any more that the invite is for. Who came in meanwhile is a member, and that is what was wanted.
/// With the answer comes what is still to do where the campaign ends by it.
pub(crate) fn approve(
    tx: &mut Tx<'_>,
    band: BandId,
    id: JoinRequestId,
    caller: AccountId,
    app: &App,
    now: Timestamp,
) -> Result<(Option<Member>, Option<Rest>), Refused> {
    let Held { asking, by, is_member } = hold(tx, band, id, caller)?;
    if asking.status != JoinStatus::Pending {
        return Err(not_pending());
    }
    let account = asking.account;
    let mut took_use = None;
    if !is_member {
        let (rules, since) = match &by {
            Some(found) => (found.rules()?, Some(found.created_at)),
            None => (in_force(tx, band, &app.settings().policy)?, None),
        };
        check_outside(tx, band, account, &rules, since)?;
        let mail = app.settings().mail.is_on();
        let came_in = match &by {
            Some(found) => {
                let admitted = admit(tx, found, account, mail, now)?;
                took_use = admitted;
                admitted.is_some()
            }
            None => members::add(tx, band, account, asking.role, now)?,
        };
        if !came_in {
            let _ = close(tx, "id = $3", &[&id], Some(caller), now)?;
            return Ok((None, None));
        }
        if by.is_none() {
            came_without_invite(tx, band, account, rules.on_accept_cancel, mail, now)?;
        }
    }
    decide(tx, id, (JoinStatus::Approved, asking.role), caller, now)?;
    told(tx, (band, caller, account), asking.invite, "join.approved", now)?;
    let rest = match by.zip(took_use) {
        Some((found, took)) => end_used_up(tx, &found, took, now)?,
        None => None,
    };
    Ok((Some(members::one(tx, band, account)?), rest))
}

/// What an earlier approval by the caller came to, if they may still see it.
pub(crate) fn approved(
    tx: &mut Tx<'_>,
    band: BandId,
    id: JoinRequestId,
    caller: AccountId,
) -> Result<Option<Member>, Refused> {
    Access::of(tx, band, caller)?.require_admin()?;
    let asking = find(tx, band, id)?;
    if asking.status == JoinStatus::Closed {
        return Ok(None);
    }
    members::one(tx, band, asking.account).map(Some)
}

/// Refuses, in words for an admin, who may not come into the band as things are now. `since` is when the invite was made
/// by which they asked: who was removed before that may come back by it.
fn check_outside(
    tx: &mut Tx<'_>,
    band: BandId,
    account: AccountId,
    rules: &Policy,
    since: Option<Timestamp>,
) -> Result<(), Refused> {
    let in_words = |no: Refusal| {
        let text = match no {
            Refusal::Banned => "This person is banned: lift the ban first.",
            Refusal::OneBandOnly => "This person is in another band, and has to leave that one first.",
            _ => "This person was removed from the band, and comes back by a new invite alone.",
        };
        Refused::new(no.into(), text)
    };
    check_departure(join::departure(tx, band, account)?, since).map_err(in_words)?;
    let elsewhere = rules.membership == Membership::One && members::is_in_any(tx, account)?;
    check_membership(rules.membership, elsewhere).map_err(in_words)
}

/// Says no to the person who asked, for now; for the band's admins.
pub(crate) fn deny(
    tx: &mut Tx<'_>,
    band: BandId,
    id: JoinRequestId,
    caller: AccountId,
    now: Timestamp,
) -> Result<(), Refused> {
    let Held { asking, .. } = hold(tx, band, id, caller)?;
    decide(tx, id, (JoinStatus::Denied, asking.role), caller, now)?;
    Ok(told(tx, (band, caller, asking.account), asking.invite, "join.denied", now)?)
}

/// How many invites that have ended one statement names.
const ENDED_AT_ONCE: usize = 50;

/// Closes what was asked by these invites, which have ended; `actor` brought it about.
pub(crate) fn close_asked_by(
    tx: &mut Tx<'_>,
    invites: &[InviteId],
    actor: Option<AccountId>,
    now: Timestamp,
) -> Result<(), Error> {
    for some in invites.chunks(ENDED_AT_ONCE) {
        let values: Vec<&dyn ToValue> = filled(some).map(|id| id as _).collect();
        let _ = close(tx, &format!("invite IN ({})", numbers(3, some.len())), &values, actor, now)?;
    }
    Ok(())
}

crate::row! { struct Closed { band: BandId, account: AccountId, invite: Option<InviteId> } }

/// Holds what the account asked of a band, for who holds the band's row after it: whoever ends the invite by which it asked
/// takes them in this order, too.
pub(super) fn hold_own(tx: &mut Tx<'_>, account: AccountId, band: BandId) -> Result<(), Error> {
    if tx.dialect() == Dialect::Postgres {
        let sql = "SELECT 1 AS n FROM join_request WHERE account = $1 AND band = $2 AND status = 'pending' FOR UPDATE";
        let _ = tx.exists(sql, &[&account, &band])?;
    }
    Ok(())
}

/// Closes at most `most` of the requests to come into a band that is gone; how many there were.
pub(crate) fn close_some(
    tx: &mut Tx<'_>,
    band: BandId,
    most: i64,
    actor: Option<AccountId>,
    now: Timestamp,
) -> Result<i64, Error> {
    let some = "seq IN (SELECT seq FROM join_request WHERE band = $3 AND status = 'pending' ORDER BY seq LIMIT $4)";
    close(tx, some, &[&band, &most], actor, now)
}

/// Closes the pending requests that fit `which`, a fixed condition with its values from `$3` on: nobody waits for an
/// answer to them any more. `actor` brought it about. How many there were.
pub(crate) fn close(
    tx: &mut Tx<'_>,
    which: &str,
    values: &[&dyn ToValue],
    actor: Option<AccountId>,
    now: Timestamp,
) -> Result<i64, Error> {
    let sql = intern(format!(
        "UPDATE join_request SET status = 'closed', status_at = $1, acted_by = $2
         WHERE status = 'pending' AND {which} RETURNING band, account, invite"
    ));
    let mut params: Vec<&dyn ToValue> = vec![&now, &actor];
    params.extend(values);
    let closed: Vec<Closed> = tx.query(sql, &params)?;
    let mut events = Vec::with_capacity(closed.len());
    for one in &closed {
        let (band, account) = (Some(one.band), Some(one.account));
        let event = Event { band, actor, action: "join.closed", invite: one.invite, account, detail: None };
        events.push((now, event));
    }
    audit::record_all(tx, &events)?;
    Ok(i64::try_from(closed.len()).unwrap_or(i64::MAX))
}

/// Writes down what `actor` did about the wish of `account` to come into `band`.
fn told(
    tx: &mut Tx<'_>,
    (band, actor, account): (BandId, AccountId, AccountId),
    invite: Option<InviteId>,
    action: &'static str,
    now: Timestamp,
) -> Result<(), Error> {
    let event = Event { band: Some(band), actor: Some(actor), action, invite, account: Some(account), detail: None };
    audit::record(tx, now, event)
}
