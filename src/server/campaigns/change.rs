//! Changing campaigns, and ending them.

use crate::{
    api::{CampaignEvent, Code, Patch, UpdateCampaign},
    domain::{AccountId, BandId, CampaignId, CampaignName, CancelReason, Message, Policy, Role, Timestamp},
    server::{
        Fields, Refused, bands,
        invites::{Begun, Change, Decision, Rest, ending},
        store::{Error, Tx},
        templates,
    },
};

use super::{
    CampaignRow, by_id,
    event::{check, kept, read},
    hold,
    make::told,
};

/// What a campaign is to be like: what is wished, and what stays beside it. The event is the wished one alone.
struct Wished {
    name: CampaignName,
    role: Option<Role>,
    message: Option<Message>,
    event: Option<CampaignEvent>,
    expires_at: Option<Timestamp>,
    has_end: bool,
}

impl Wished {
    fn read(wish: &UpdateCampaign, row: &CampaignRow, policy: &Policy, now: Timestamp) -> Result<Self, Refused> {
        let mut fields = Fields::default();
        let name = wish.name.as_deref().and_then(|name| fields.check("name", CampaignName::parse(name)));
        let role = wish.role.or(row.role);
        if let Some(role) = wish.role {
            fields.check_granted(role);
        }
        if row.band == BandId::SITE {
            if wish.role == Some(Role::Admin) {
                fields.refuse("role", "must be member: these codes are to no band");
            }
            if matches!(wish.event, Patch::Value(_)) {
                fields.refuse("event", "must be left out: these codes are to no band");
            }
        }
        let message = fields.text("message", &wish.message, row.message.as_ref(), Message::parse);
        let event = match &wish.event {
            Patch::Value(event) => check(&mut fields, event),
            _ => None,
        };
        let has_end = !(wish.ttl_hours.is_omitted() && wish.expires_at.is_omitted());
        let expires_at = if has_end {
            ending(&mut fields, policy, wish.ttl_hours.clone(), wish.expires_at.clone(), now)
        } else {
            row.expires_at
        };
        if row.is_default() {
            let given = [
                ("role", wish.role.is_some()),
                ("message", !wish.message.is_omitted()),
                ("event", !wish.event.is_omitted()),
                ("expires_at", !wish.expires_at.is_omitted()),
                ("ttl_hours", !wish.ttl_hours.is_omitted()),
            ];
            for (field, _) in given.iter().filter(|(_, given)| *given) {
                fields
                    .refuse(field, "must be left out: the invites of this campaign share nothing, it has only a name");
            }
        }
        fields.finish()?;
        let name = name.unwrap_or_else(|| row.name.clone());
        Ok(Self { name, role, message, event, expires_at, has_end })
    }
}

/// Changes a campaign: what is left out stays, null is none. Role, message and end go to its pending invites, to the first
/// `batch` of them at once. For the band's admins; what is as it was is no change.
pub(crate) fn edit(
    tx: &mut Tx<'_>,
    id: CampaignId,
    caller: AccountId,
    wish: &UpdateCampaign,
    (site, batch): (&Policy, u32),
    now: Timestamp,
) -> Result<(CampaignRow, Option<Rest>), Refused> {
    let row = hold(tx, id, caller)?;
    let policy = if row.band == BandId::SITE { site.clone() } else { bands::in_force(tx, row.band, site)? };
    let Wished { name, role, message, event, expires_at, has_end } = Wished::read(wish, &row, &policy, now)?;
    let differs = (role, &message, expires_at) != (row.role, &row.message, row.expires_at);
    let shared = wish.role.is_some() || !wish.message.is_omitted() || has_end;
    if shared {
        row.check_going_on(now)?;
    }
    if !wish.event.is_omitted() && event != read(row.event.as_deref()) {
        set_event(tx, &row, event.as_ref(), caller, now)?;
    }
    if !shared && name == row.name {
        return Ok((by_id(tx, id)?, None));
    }
    if differs || name != row.name {
        let _ = tx.execute(
            "UPDATE campaign SET name = $2, role = $3, message = $4, expires_at = $5 WHERE id = $1",
            &[&id, &name, &role, &message, &expires_at],
        )?;
    }
    // Also what one of them was given by itself meanwhile.
    let mut rest = None;
    if shared {
        let message = if wish.message.is_omitted() { Patch::Omitted } else { message.into() };
        let expires_at = if has_end { expires_at.into() } else { Patch::Omitted };
        let change = Change { role: wish.role, message, expires_at };
        rest = Decision::change(row.band, change, caller, now).of_campaign(id).begin(tx, batch)?.rest;
    }
    told(tx, row.band, Some(caller), "campaign.edited", &name, now)?;
    Ok((by_id(tx, id)?, rest))
}

/// Gives a campaign another event, or none. Calendars take it in place of the one before.
fn set_event(
    tx: &mut Tx<'_>,
    row: &CampaignRow,
    event: Option<&CampaignEvent>,
    caller: AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    let event = event.and_then(kept);
    let _ = tx.execute(
        "UPDATE campaign SET event = $2, event_sequence = event_sequence + 1, event_changed_at = $3 WHERE id = $1",
        &[&row.id, &event, &now],
    )?;
    told(tx, row.band, Some(caller), "campaign.event_changed", &row.name, now)
}

crate::row! { struct Named { name: CampaignName } }

/// Ends a campaign that has no use left, with what is pending in it and of which nobody holds a use: by itself, and not
/// because its time ran out. Also what is not held any more since it ended. It is held.
pub(crate) fn use_up(tx: &mut Tx<'_>, id: CampaignId, band: BandId, now: Timestamp) -> Result<Option<Rest>, Error> {
    let ended: Option<Named> = tx.query_one(
        "UPDATE campaign SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL AND deleted_at IS NULL RETURNING name",
        &[&id, &now],
    )?;
    let rest = Decision::end(band, CancelReason::CampaignUsed, None, now).of_campaign(id).announce(tx)?;
    if let Some(Named { name }) = ended {
        told(tx, band, None, "campaign.used_up", &name, now)?;
    }
    Ok(rest)
}

/// Deletes a campaign, and ends its pending invites, the first `batch` of them at once. For the band's admins.
pub(crate) fn delete(
    tx: &mut Tx<'_>,
    id: CampaignId,
    caller: AccountId,
    batch: u32,
    now: Timestamp,
) -> Result<Begun, Refused> {
    let row = hold(tx, id, caller)?;
    if row.is_default() {
        let text = format!(
            "{} is the band's own campaign, which has what names no other, and cannot be deleted. To end its pending \
             invites, expire it.",
            row.name
        );
        return Err(Refused::new(Code::Forbidden, text));
    }
    let _ = tx.execute("UPDATE campaign SET deleted_at = $2 WHERE id = $1", &[&id, &now])?;
    let begun = end(&row, caller, CancelReason::CampaignDeleted, now).begin(tx, batch)?;
    templates::forget(tx, row.band, id)?;
    told(tx, row.band, Some(caller), "campaign.deleted", &row.name, now)?;
    Ok(begun)
}

/// Ends a campaign's pending invites, the first `batch` of them at once, and the campaign where it is not the default one. For the
/// band's admins.
pub(crate) fn expire(
    tx: &mut Tx<'_>,
    id: CampaignId,
    caller: AccountId,
    batch: u32,
    now: Timestamp,
) -> Result<Begun, Refused> {
    let row = hold(tx, id, caller)?;
    if !row.is_default() && row.ended_at.is_none() {
        let ended_at = row.ended(now).unwrap_or(now);
        let _ = tx.execute("UPDATE campaign SET ended_at = $2 WHERE id = $1", &[&id, &ended_at])?;
    }
    let begun = end(&row, caller, CancelReason::CampaignExpired, now).begin(tx, batch)?;
    // Of one that has ended with its last use that is pending of which uses are held.
    if row.ended_at.is_some() && begun.cancelled == 0 {
        return Ok(begun);
    }
    told(tx, row.band, Some(caller), "campaign.expired", &row.name, now)?;
    Ok(begun)
}

fn end(row: &CampaignRow, actor: AccountId, reason: CancelReason, at: Timestamp) -> Decision {
    Decision::end(row.band, reason, Some(actor), at).of_campaign(row.id)
}
