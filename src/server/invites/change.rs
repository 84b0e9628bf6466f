//! Changing an invite, ending it, and showing its link.

use std::collections::HashMap;

use crate::{
    api::{Code, Person, Redemption, Redemptions, UpdateInvite},
    domain::{
        AccountId, BandId, Delivery, InviteId, Kind, Label, MaxUses, Message, Policy, Role, Timestamp, last_reminder,
    },
    server::{
        App, Fields, Refused,
        audit::{self, Event},
        page::Page,
        store::{
            Error, ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
    },
};

use super::{
    Frames, InviteRow, acting,
    acting::Refusals,
    allowance, band_of, by_id,
    cancel::NAMED_AT_ONCE,
    create::{Fresh, opened},
    hold_campaign, not_pending,
    people::hold_concerned,
    read,
    search::index,
    wish::ending_within,
};

pub(super) fn note(
    tx: &mut Tx<'_>,
    row: &InviteRow,
    actor: AccountId,
    action: &'static str,
    now: Timestamp,
) -> Result<(), Refused> {
    let (band, actor, invite) = (Some(row.band), Some(actor), Some(row.id));
    Ok(audit::record(tx, now, Event { band, actor, action, invite, account: None, detail: None })?)
}

pub(super) fn again(tx: &mut Tx<'_>, id: InviteId) -> Result<InviteRow, Refused> {
    by_id(tx, id)?.ok_or_else(|| Refused::not_found("invite"))
}

/// What was done to one invite alone: what it was refused with, if it was.
fn done(mut refused: Refusals, id: InviteId) -> Result<(), Refused> {
    refused.remove(&id).map_or(Ok(()), Err)
}

/// Takes an invite back. Members take back their own; doing it twice is no error.
pub(crate) fn revoke(tx: &mut Tx<'_>, id: InviteId, caller: AccountId, now: Timestamp) -> Result<(), Refused> {
    let (rows, acting) = acting(tx, id, caller, now)?;
    done(acting.revoke(tx, &rows)?, id)
}

/// Undoes a revoke within ten minutes. An end that came meanwhile stays, be it the invite's own or its campaign's.
pub(crate) fn restore(tx: &mut Tx<'_>, id: InviteId, caller: AccountId, now: Timestamp) -> Result<InviteRow, Refused> {
    let band = band_of(tx, id)?;
    hold_concerned(tx, band, &[id], caller)?;
    let frames = hold_campaign(tx, id, caller, now)?;
    let (rows, acting) = acting(tx, id, caller, now)?;
    done(acting.restore(tx, &rows, &frames)?, id)?;
    again(tx, id)
}

/// Sends an invite again, for those who may change it. With `rotate` under a new token, which is told; the old one is
/// unknown at once.
pub(crate) fn resend(
    tx: &mut Tx<'_>,
    app: &App,
    id: InviteId,
    caller: AccountId,
    rotate: Option<&Fresh>,
    now: Timestamp,
) -> Result<(InviteRow, Option<String>), Refused> {
    allowance::hold(tx, app, caller)?;
    let token = rotate.map(|fresh| self::rotate(tx, app, fresh, caller, now)).transpose()?;
    let (rows, acting) = acting(tx, id, caller, now)?;
    done(acting.resend(tx, app, &rows)?, id)?;
    again(tx, id).map(|row| (row, token))
}

/// What a restore comes to that met the schema's rule of one pending invite for a person and band: somebody made another
/// one in the same instant.
pub(crate) fn or_pending(refused: Refused) -> Refused {
    match refused {
        Refused::Store(Error::Constraint(rule)) if rule.contains("invite_one_") => newer(),
        other => other,
    }
}

pub(super) fn newer() -> Refused {
    Refused::new(Code::AlreadyPending, "A newer invite for this person is pending: revoke that one first.")
}

/// The token once more, for those who may change the invite; the audit trail says so.
pub(crate) fn link(
    tx: &mut Tx<'_>,
    app: &App,
    id: InviteId,
    caller: AccountId,
    now: Timestamp,
) -> Result<String, Refused> {
    let ([row], acting) = acting(tx, id, caller, now)?;
    row.check_edit(&acting)?;
    let token = opened(app, &row)?;
    note(tx, &row, caller, "invite.link_shown", now)?;
    Ok(token)
}

/// Gives the invite a new token; the old one is unknown at once.
pub(crate) fn rotate(
    tx: &mut Tx<'_>,
    app: &App,
    fresh: &Fresh,
    caller: AccountId,
    now: Timestamp,
) -> Result<String, Refused> {
    let ([row], acting) = acting(tx, fresh.id, caller, now)?;
    row.check_edit(&acting)?;
    let secret = fresh.secret(app.key(), row.kind)?;
    let done = tx.execute(
        "UPDATE invite SET token_hash = $2, token_sealed = $3, hint = $4 WHERE id = $1 AND status = 'pending'",
        &[&fresh.id, &secret.token_hash, &secret.sealed, &secret.token.hint()],
    )?;
    if done == 0 {
        return Err(not_pending());
    }
    note(tx, &row, caller, "invite.rotated", now)?;
    Ok(secret.token.reveal().to_owned())
}

crate::row! { struct Rules { id: InviteId, policy: String } }

/// The rules that each of the invites was made under; without those whose rules cannot be read, which is logged.
pub(super) fn rules(tx: &mut Tx<'_>, ids: &[InviteId]) -> Result<HashMap<InviteId, Policy>, Error> {
    let mut all = HashMap::with_capacity(ids.len());
    for some in ids.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!("SELECT id, policy FROM invite WHERE id IN ({})", numbers(1, some.len())));
        let params: Vec<&dyn ToValue> = filled(some).map(|id| id as &dyn ToValue).collect();
        let found: Vec<Rules> = tx.query(sql, &params)?;
        for one in found {
            match serde_json::from_str(&one.policy) {
                Ok(policy) => drop(all.insert(one.id, policy)),
                Err(error) => tracing::error!(invite = %one.id, %error, "the rules of this invite cannot be read"),
            }
        }
    }
    Ok(all)
}

pub(super) fn unreadable() -> Refused {
    Refused::new(Code::Internal, "The invite's rules cannot be read.")
}

/// Changes a pending invite: what is left out stays, null is none, and what is as it was is no change. The trail says what
/// changed.
pub(crate) fn edit(
    tx: &mut Tx<'_>,
    id: InviteId,
    caller: AccountId,
    wish: &UpdateInvite,
    now: Timestamp,
) -> Result<InviteRow, Refused> {
    let names_end = !(wish.ttl_hours.is_omitted() && wish.expires_at.is_omitted());
    let frames = if names_end { hold_campaign(tx, id, caller, now)? } else { Frames::new() };
    let ([row], acting) = acting(tx, id, caller, now)?;
    row.check_edit(&acting)?;
    let policy = rules(tx, &[id])?.remove(&id).ok_or_else(unreadable)?;
    let mut fields = Fields::default();
    let role = wish.role.unwrap_or(row.role);
    fields.check_granted(role);
    if row.band == BandId::SITE && role > Role::Member {
        fields.refuse("role", "must be left out: this code is to no band");
    }
    let expires_at = if names_end {
        let named = (wish.ttl_hours.clone(), wish.expires_at.clone());
        ending_within(&mut fields, &policy, row.latest_end(&frames), named, now)
    } else {
        row.expires_at
    };
    let max_uses = fields.max_uses(&wish.max_uses, row.max_uses);
    if matches!(row.kind, Kind::Email | Kind::User) && max_uses != MaxUses::ONE {
        fields.refuse("max_uses", "must be 1 for an invite to one person");
    }
    // Held, all can be taken of a pending one.
    if max_uses != row.max_uses && max_uses.left(row.uses) == Some(0) {
        fields.refuse("max_uses", format!("must be more than the {} uses already taken", row.uses));
    }
    let label = fields.text("label", &wish.label, row.label.as_ref(), |text| Label::parse(text).map(String::from));
    let message =
        fields.text("message", &wish.message, row.message.as_ref(), |text| Message::parse(text).map(String::from));
    fields.finish()?;
    acting.access.check_grant(role)?;
    let mut changed = Vec::new();
    if role != row.role {
        changed.push(format!("role {} to {role}", row.role));
    }
    if max_uses != row.max_uses {
        changed.push("uses".to_owned());
    }
    for (field, differs) in
        [("end", expires_at != row.expires_at), ("label", label != row.label), ("message", message != row.message)]
    {
        changed.extend(differs.then(|| field.to_owned()));
    }
    if changed.is_empty() {
        return Ok(row);
    }
    let last = last_reminder(expires_at, policy.last_reminder_hours, now).filter(|_| row.delivery == Delivery::Sent);
    let last = if expires_at == row.expires_at { row.last_reminder_at } else { last };
    let done = tx.execute(
        "UPDATE invite SET role = $2, expires_at = $3, max_uses = $4, label = $5, message = $6, last_reminder_at = $8
         WHERE id = $1 AND status = 'pending' AND uses = $7",
        &[&id, &role, &expires_at, &max_uses, &label, &message, &row.uses, &last],
    )?;
    if done == 0 {
        return Err(not_pending());
    }
    if label != row.label {
        index(tx, &[id])?;
    }
    let (detail, action, account) = (changed.join(", "), "invite.edited", None);
    let (band, actor, invite, detail) = (Some(row.band), Some(caller), Some(id), Some(detail.as_str()));
    audit::record(tx, now, Event { band, actor, action, invite, account, detail })?;
    again(tx, id)
}

crate::row! { struct Use { seq: i64, account: AccountId, username: String, display_name: String, at: Timestamp } }

/// A page of who used an invite, newest first.
pub(crate) fn redemptions(
    tx: &mut Tx<'_>,
    id: InviteId,
    caller: AccountId,
    page: Page,
) -> Result<Redemptions, Refused> {
    let _ = read(tx, id, caller)?;
    let (than, order, from) = page.reading(true);
    let sql = intern(format!(
        "SELECT r.seq AS seq, r.account AS account, a.username AS username, a.display_name AS display_name, r.at AS at
         FROM redemption r JOIN account a ON a.id = r.account
         WHERE r.invite = $1 AND r.seq {than} $2 ORDER BY r.seq {order} LIMIT $3"
    ));
    let uses: Vec<Use> = tx.query(sql, &[&id, &from.seq, &page.fetch()])?;
    let (uses, next_cursor, prev_cursor) = page.cut(uses, |one| (0, one.seq));
    let show = |one: Use| Redemption {
        account: Person { id: one.account, username: one.username, display_name: one.display_name },
        at: one.at,
    };
    Ok(Redemptions { redemptions: uses.into_iter().map(show).collect(), next_cursor, prev_cursor })
}
