//! A new campaign, and one that is changed.

use jiff::tz::TimeZone;

use super::{ROLES, default_expiry, policy_default};
use crate::{
    api::{Band, Campaign},
    domain::{Role, WallTime},
    tui::{
        expiry,
        model::{Form, FormField, FormKind},
    },
};

/// A new campaign of a band.
pub(in crate::tui) fn new_campaign(band: &Band, zone: &TimeZone) -> Form {
    let mut fields = shared("", Role::Member, &default_expiry(policy_default(band)), None);
    fields.extend([
        FormField::line("max_invites", "Invites", "The most invites that can be made in it; empty is any number.", ""),
        FormField::line("max_accepts", "Accepts", "It ends when so many have come in by it; empty is any number.", ""),
        FormField::line(
            "reminders",
            "Reminders",
            "Hours after sending, of those that the band reminds at: 24, 72; none; empty is all of those.",
            "",
        ),
    ]);
    fields.extend(event(None, zone));
    Form::new(FormKind::NewCampaign(band.id), format!("New campaign · {}", band.name), "create", fields)
}

/// What can be changed of a campaign: of one that has ended name and event, of the one that shares nothing its name.
pub(in crate::tui) fn edit_campaign(campaign: &Campaign, zone: &TimeZone) -> Form {
    let end = expiry::typed(campaign.expires_at, zone);
    let mut fields = shared(&campaign.name, campaign.role.unwrap_or(Role::Member), &end, campaign.message.as_deref());
    if campaign.is_default || campaign.ended_at.is_some() {
        fields.truncate(1);
    }
    if !campaign.is_default {
        fields.extend(event(Some(campaign), zone));
    }
    let pending = campaign.counts.pending;
    Form::new(FormKind::EditCampaign(campaign.id, pending), format!("Edit {}", campaign.name), "save", fields)
}

fn shared(name: &str, role: Role, end: &str, message: Option<&str>) -> Vec<FormField> {
    let ends = "Its invites end with it: 48 (hours), 3d, 2w, 2026-12-31, 2026-12-31 18:00 or never.";
    vec![
        FormField::line("name", "Name", "1 to 64 characters; for the band.", name),
        FormField::choice("role", "Role", "What those who accept become.", ROLES, role.as_str()),
        FormField::line("expires_at", "Ends", ends, end),
        FormField::lines(
            "message",
            "Message",
            "A few words that the invited read; may be left empty.",
            message.unwrap_or_default(),
        ),
    ]
}

fn event(campaign: Option<&Campaign>, zone: &TimeZone) -> Vec<FormField> {
    let event = campaign.and_then(|campaign| campaign.event.as_ref());
    let here = zone.iana_name().unwrap_or_default().to_owned();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    vec![
        FormField::line(
            "event.title",
            "Event",
            "What the invites are to, if that has a date: its mails carry it for calendars. Empty is none.",
            &text(event.map(|event| &event.title)),
        ),
        FormField::line(
            "event.starts_at",
            "Begins",
            "As clocks there show it: 2026-12-12 19:30.",
            &event.map(|event| local(event.starts_at)).unwrap_or_default(),
        ),
        FormField::line(
            "event.ends_at",
            "Until",
            "2026-12-12 22:00; empty where that is open.",
            &event.and_then(|event| event.ends_at).map(local).unwrap_or_default(),
        ),
        FormField::line(
            "event.place",
            "Place",
            "Where it is; may be left empty.",
            &text(event.and_then(|event| event.place.as_ref())),
        ),
        FormField::line(
            "event.time_zone",
            "Time zone",
            "That of its times, by its name: Europe/Berlin.",
            &event.map_or(here, |event| event.time_zone.clone()),
        ),
    ]
}

/// A time as clocks there show it, as it is typed.
fn local(at: WallTime) -> String {
    at.to_string().chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}
