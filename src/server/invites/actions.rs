//! One thing done to many invites in one transaction and few statements: to each by the rules of the request for it
//! alone, and none that is refused stops another.

use std::collections::HashSet;

use crate::{
    api::{ActOnInvites, ActedOnInvites, ActionArgs, Code, FailedInvite, InviteAction, InviteSort, MAX_ACTED_ON},
    domain::{AccountId, BandId, InviteId, Role, Standing, Timestamp, check_future},
    server::{
        App, Fields, Refused,
        page::{At, Cursor, Listed, Page},
        store::Tx,
    },
};

use super::{
    Access, Frames, InviteRow,
    acting::{Acting, Refusals},
    allowance,
    create::forbidden,
    hold_all, hold_campaigns,
    list::{Filter, newest},
    people::hold_concerned,
    wish::named_end,
};

/// What is to be done, with all it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Revoke,
    Restore,
    Resend,
    Extend(Option<Timestamp>),
    SetRole(Role),
}

/// To which invites.
#[derive(Debug, Clone)]
enum Which {
    /// To these.
    Ids(Vec<InviteId>),
    /// To the newest that fit, those before the place where an earlier request ended.
    Filter(Box<Filter>, Option<i64>),
}

/// What is to be done to which invites, every field read.
#[derive(Debug, Clone)]
pub(crate) struct ManyActs {
    action: Action,
    which: Which,
}

impl ManyActs {
    /// Reads a request; a refusal names every bad field.
    pub(crate) fn read(wish: &ActOnInvites, now: Timestamp) -> Result<Self, Refused> {
        let mut fields = Fields::default();
        let args = wish.args.clone().unwrap_or_default();
        let action = read_action(&mut fields, wish.action, &args, now);
        let which = read_which(&mut fields, wish);
        fields.finish_with(action.zip(which)).map(|(action, which)| Self { action, which })
    }

    /// Whether pending invites may end sooner than before, so that the sweeper has to look.
    pub(crate) fn brings_ends(&self) -> bool {
        matches!(self.action, Action::Restore | Action::Extend(_))
    }
}

fn read_action(fields: &mut Fields, action: InviteAction, args: &ActionArgs, now: Timestamp) -> Option<Action> {
    let given = [
        ("ttl_hours", InviteAction::Extend, !args.ttl_hours.is_omitted()),
        ("expires_at", InviteAction::Extend, !args.expires_at.is_omitted()),
        ("role", InviteAction::SetRole, args.role.is_some()),
    ];
    for (name, of, _) in given.into_iter().filter(|(_, of, given)| *given && *of != action) {
        fields.refuse(&format!("args.{name}"), format!("must be left out for {action}: it is for {of}"));
    }
    Some(match action {
        InviteAction::Revoke => Action::Revoke,
        InviteAction::Restore => Action::Restore,
        InviteAction::Resend => Action::Resend,
        InviteAction::Extend => {
            let mut inner = Fields::default();
            let end = named_end(&mut inner, args.ttl_hours.clone(), args.expires_at.clone(), now);
            if end.is_none() && inner.is_empty() {
                inner.refuse("ttl_hours", "must be the hours that they live from now on, or send args.expires_at");
            }
            if let Some((field, end)) = end {
                inner.check(field, check_future(now, end));
            }
            fields.within("args", inner);
            Action::Extend(end?.1)
        }
        InviteAction::SetRole => {
            let role = args.role.filter(|role| *role != Role::Owner);
            if role.is_none() {
                fields.refuse("args.role", "must be member or admin");
            }
            Action::SetRole(role?)
        }
    })
}

fn read_which(fields: &mut Fields, wish: &ActOnInvites) -> Option<Which> {
    match (&wish.ids, &wish.filter) {
        (Some(_), Some(_)) => fields.refuse("filter", "must not stand beside ids: send one of them"),
        (None, None) => fields.refuse("ids", "must be 1 to 1,000 ids, or send a filter"),
        (Some(ids), None) => {
            if ids.is_empty() || ids.len() > MAX_ACTED_ON {
                fields.refuse("ids", "must be 1 to 1,000 ids");
            }
            if wish.cursor.is_some() {
                fields.refuse("cursor", "must be left out beside ids: it goes with a filter");
            }
            let mut seen = HashSet::new();
            return Some(Which::Ids(ids.iter().copied().filter(|id| seen.insert(*id)).collect()));
        }
        (None, Some(filter)) => {
            if filter.q.as_ref().is_some_and(|q| q.contains('\0')) {
                fields.refuse("filter.q", "must not contain U+0000");
            }
            let filter = Filter {
                status: filter.status,
                kind: filter.kind,
                campaign: filter.campaign,
                created_by: filter.created_by,
                q: filter.q.clone().filter(|q| !q.is_empty()),
                revoked_since: None,
                sort: InviteSort::Newest,
            };
            let before = match Page::parse(Listed::NewestInvites, None, wish.cursor.as_deref()).map(|page| page.at) {
                Ok(At::First) => None,
                Ok(At::From(Cursor { back: false, seq, .. })) => Some(seq),
                _ => {
                    fields.refuse("cursor", "must be the next_cursor of an earlier answer");
                    None
                }
            };
            return Some(Which::Filter(Box::new(filter), before));
        }
    }
    None
}

/// Does it. What no invite could pass is refused for the whole: a caller who may change none, a role above their own.
pub(crate) fn act(
    tx: &mut Tx<'_>,
    app: &App,
    band: BandId,
    caller: AccountId,
    wish: &ManyActs,
    now: Timestamp,
) -> Result<ActedOnInvites, Refused> {
    if wish.action == Action::Resend {
        allowance::hold(tx, app, caller)?;
    }
    // What is restored holds people, who come before memberships.
    let mut access = match wish.action {
        Action::Restore => Access::of(tx, band, caller)?,
        Action::Revoke | Action::Resend | Action::Extend(_) | Action::SetRole(_) => Access::hold(tx, band, caller)?,
    };
    if wish.action != Action::Revoke && access.grants().is_none() {
        return Err(forbidden("You may not change invites of this band: ask an admin."));
    }
    if let Action::SetRole(role) = wish.action {
        access.check_grant(role)?;
    }
    let (ids, left) = match &wish.which {
        Which::Ids(ids) => (ids.clone(), None),
        Which::Filter(filter, before) => {
            // Of all that have ended the others are not asked for.
            let revoked_since = (wish.action == Action::Restore).then(|| Standing::restorable_since(now));
            let filter = Filter { revoked_since, ..filter.as_ref().clone() };
            newest(tx, (band, caller, &access), &filter, *before, MAX_ACTED_ON)?
        }
    };
    if wish.action == Action::Restore {
        hold_concerned(tx, band, &ids, caller)?;
        access = Access::of(tx, band, caller)?;
    }
    let frames = match wish.action {
        Action::Restore | Action::Extend(_) => hold_campaigns(tx, band, &ids, now)?,
        Action::Revoke | Action::Resend | Action::SetRole(_) => Frames::new(),
    };
    let mut held = hold_all(tx, band, &ids)?;
    held.retain(|_, row| row.is_seen(&access, caller));
    let rows: Vec<InviteRow> = ids.iter().filter_map(|id| held.remove(id)).collect();
    let acting = Acting { band, access, caller, now };
    let mut refused: Refusals = match wish.action {
        Action::Revoke => acting.revoke(tx, &rows)?,
        Action::Restore => acting.restore(tx, &rows, &frames)?,
        Action::Resend => acting.resend(tx, app, &rows)?,
        Action::Extend(end) => acting.extend(tx, &rows, &frames, end)?,
        Action::SetRole(role) => acting.set_role(tx, &rows, role)?,
    };
    let there: HashSet<InviteId> = rows.iter().map(|row| row.id).collect();
    let mut failed = Vec::new();
    for &id in &ids {
        let code = match refused.remove(&id) {
            None if there.contains(&id) => continue,
            None => Code::NotFound,
            Some(Refused::Problem(no)) => no.code,
            Some(Refused::Limited { .. } | Refused::NoMail { .. }) => Code::RateLimited,
            Some(trouble) => return Err(trouble),
        };
        failed.push(FailedInvite { id, code });
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(ActedOnInvites {
        done: count(ids.len() - failed.len()),
        failed,
        remaining: left.map_or(0, |left| left.more),
        next_cursor: left.map(|left| Cursor { back: false, key: 0, seq: left.before }.encode(Listed::NewestInvites)),
    })
}
