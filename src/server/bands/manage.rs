//! Who is in a band, and as what: changing a member, removing one, leaving.

use crate::{
    api::{Code, Member, UpdateMember},
    domain::{AccountId, BandId, Role, Timestamp},
    server::{
        Refused, accounts,
        audit::{self, Event},
        invites::{Rest, Withdrawal},
        store::{Dialect, Error, Tx},
    },
};

use super::{Access, members};

crate::row! {
    /// Another member, as the one who manages them meets them.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct Other { pub(super) role: Role, can_invite: bool }
}

/// Two members of a band, held until the transaction ends: nobody else changes or removes either of them, so what is
/// decided by their roles is still true when it is done.
///
/// The other account first, as an accept by it does, then both memberships in the order of their accounts: two
/// transactions never wait for each other in a circle.
pub(super) fn hold(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    other: AccountId,
) -> Result<(Access, Option<Other>), Refused> {
    accounts::hold(tx, other)?;
    if tx.dialect() == Dialect::Postgres {
        let _ = tx.exists(
            "SELECT 1 AS n FROM member WHERE band = $1 AND account IN ($2, $3) ORDER BY account FOR UPDATE",
            &[&band, &caller, &other],
        )?;
    }
    let access = Access::of(tx, band, caller)?;
    let other =
        tx.query_one("SELECT role, can_invite FROM member WHERE band = $1 AND account = $2", &[&band, &other])?;
    Ok((access, other))
}

fn last_owner(what: &str) -> Refused {
    Refused::new(Code::LastOwner, format!("The owner cannot {what}: hand the band over first, or delete it."))
}

/// Changes a member's role or right to invite. Admins change members, the owner everyone else.
///
/// A demotion ends the person's pending invites above the new role, which is still to do, and comes back. What is as it
/// was is no change.
pub(crate) fn change_member(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    account: AccountId,
    wish: &UpdateMember,
    now: Timestamp,
) -> Result<(Member, Option<Rest>), Refused> {
    let (access, other) = hold(tx, band, caller, account)?;
    let other = other.ok_or_else(|| Refused::not_found("member"))?;
    if wish.role == Some(Role::Owner) {
        return Err(Refused::field("role", "must be member or admin; a band is handed over with transfer"));
    }
    if caller == account && access.role == Role::Owner && wish.role.is_some() {
        return Err(last_owner("be demoted"));
    }
    if !access.role.may_manage(other.role) {
        return Err(Refused::new(
            Code::Forbidden,
            "You may not change this member: admins change members, the owner everyone.",
        ));
    }
    let role = wish.role.unwrap_or(other.role);
    let can_invite = wish.can_invite.unwrap_or(other.can_invite);
    if (role, can_invite) == (other.role, other.can_invite) {
        return Ok((members::one(tx, band, account)?, None));
    }
    let _ = tx.execute(
        "UPDATE member SET role = $3, can_invite = $4 WHERE band = $1 AND account = $2",
        &[&band, &account, &role, &can_invite],
    )?;
    if role != other.role {
        let detail = format!("{} to {role}", other.role);
        told(tx, (band, caller, account), "member.role_changed", Some(&detail), now)?;
    }
    if can_invite != other.can_invite {
        let detail = if can_invite { "may invite" } else { "may not invite" };
        told(tx, (band, caller, account), "member.can_invite_changed", Some(detail), now)?;
    }
    let mut rest = None;
    if role < other.role {
        rest = Withdrawal { band, account, actor: caller, now }.made_to_admin(tx)?;
    }
    Ok((members::one(tx, band, account)?, rest))
}

/// How a member goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Removal {
    /// The person never comes back by an invite.
    pub(crate) ban: bool,
    /// All pending invites that the person made end, whatever the rules say.
    pub(crate) revoke_invites: bool,
}

/// Removes a member, or lets the caller go. Admins remove members, the owner everyone else; who removes themselves
/// leaves.
///
/// The pending invites for the person end. Those the person made follow the rules they were made under, which is still to
/// do, and comes back.
pub(crate) fn remove_member(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    account: AccountId,
    removal: Removal,
    now: Timestamp,
) -> Result<Option<Rest>, Refused> {
    let (access, other) = hold(tx, band, caller, account)?;
    let other = other.ok_or_else(|| Refused::not_found("member"))?;
    let leaves = caller == account;
    if leaves && access.role == Role::Owner {
        return Err(last_owner("leave"));
    }
    if leaves && removal.ban {
        return Err(Refused::field("ban", "must be false: nobody bans themselves"));
    }
    if !leaves && !access.role.may_manage(other.role) {
        return Err(Refused::new(
            Code::Forbidden,
            "You may not remove this member: admins remove members, the owner everyone.",
        ));
    }
    members::delete(tx, band, account)?;
    let withdrawal = Withdrawal { band, account, actor: caller, now };
    if !leaves {
        withdrawal.addressed(tx)?;
    }
    let rest = withdrawal.made(tx, removal.revoke_invites)?;
    let action = if leaves {
        "member.left"
    } else {
        // What the person was inviting by just now may bear a later time than this; it lets nobody back in.
        let newest = "SELECT created_at FROM invite WHERE band = $1 ORDER BY seq DESC LIMIT 1";
        let at = tx.query_one::<Newest>(newest, &[&band])?.map_or(now, |newest| newest.created_at.max(now));
        let _ = tx.execute(
            "INSERT INTO departure (band, account, at, banned, acted_by) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (band, account) DO UPDATE SET at = excluded.at, banned = excluded.banned,
                acted_by = excluded.acted_by",
            &[&band, &account, &at, &removal.ban, &caller],
        )?;
        if removal.ban { "member.banned" } else { "member.removed" }
    };
    told(tx, (band, caller, account), action, None, now)?;
    Ok(rest)
}

crate::row! { struct Newest { created_at: Timestamp } }

/// Writes down what `actor` did to `account` in `band`.
fn told(
    tx: &mut Tx<'_>,
    (band, actor, account): (BandId, AccountId, AccountId),
    action: &'static str,
    detail: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let event = Event { band: Some(band), actor: Some(actor), action, invite: None, account: Some(account), detail };
    audit::record(tx, now, event)
}

/// Hands the band over to another member; the owner becomes an admin. There is one owner before and after.
pub(crate) fn transfer(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    to: AccountId,
    now: Timestamp,
) -> Result<(), Refused> {
    Access::of(tx, band, caller)?.require_owner()?;
    if caller == to {
        return Err(Refused::field("account_id", "must be another member: the band is yours already"));
    }
    let (access, other) = hold(tx, band, caller, to)?;
    access.require_owner()?;
    let other = other.ok_or_else(|| Refused::field("account_id", "must be a member of the band"))?;
    let change = "UPDATE member SET role = $3 WHERE band = $1 AND account = $2";
    let _ = tx.execute(change, &[&band, &caller, &Role::Admin])?;
    let _ = tx.execute(change, &[&band, &to, &Role::Owner])?;
    let detail = format!("{} to {}", other.role, Role::Owner);
    told(tx, (band, caller, to), "band.transferred", Some(&detail), now)?;
    Ok(())
}
