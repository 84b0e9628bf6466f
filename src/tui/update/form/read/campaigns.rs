//! What the forms of campaigns say.

use jiff::civil::DateTime;

use super::{Said, read, read_optional, send};
use crate::{
    api::{CreateCampaign, SetEvent, UpdateCampaign},
    domain::{BandId, CampaignId, CampaignName, EventTitle, Message, Place, Timestamp, WallTime, event_instant},
    tui::{
        expiry::{ALLOWED, Expiry},
        model::{Form, Model},
        request::Request,
    },
};

const EVENT: [&str; 5] = ["event.title", "event.starts_at", "event.ends_at", "event.place", "event.time_zone"];

impl Model {
    pub(super) fn read_new_campaign(&self, form: &mut Form, band: BandId) -> Option<Said> {
        let name = read::<CampaignName>(form, "name");
        let expiry = self.read_expiry(form);
        let message = read_optional::<Message>(form, "message");
        let max_invites = read_limit(form, "max_invites");
        let max_accepts = read_limit(form, "max_accepts");
        let reminders = read_reminders(form);
        let event = read_event(form, self.now);
        let (ttl_hours, expires_at) = expiry?.fields();
        let body = CreateCampaign {
            name: name?,
            role: form.value("role").parse().ok(),
            ttl_hours,
            expires_at,
            message: message?,
            event: event?,
            reminders: reminders?,
            max_invites: max_invites?,
            max_accepts: max_accepts?,
            rows: None,
            on_existing: None,
        };
        Some(send(Request::CreateCampaign(band, Box::new(body))))
    }

    pub(super) fn read_edit_campaign(&self, form: &mut Form, id: CampaignId) -> Option<Said> {
        let mut body =
            UpdateCampaign { role: form.change("role").and_then(|role| role.parse().ok()), ..Default::default() };
        if form.change("name").is_some() {
            body.name = Some(read::<CampaignName>(form, "name")?);
        }
        if form.change("expires_at").is_some() {
            match self.read_expiry(form)? {
                Expiry::Default | Expiry::Later(_) => {
                    form.refuse("expires_at", format!("must be {ALLOWED}"));
                    return None;
                }
                expiry => (body.ttl_hours, body.expires_at) = expiry.fields(),
            }
        }
        if form.change("message").is_some() {
            body.message = read_optional::<Message>(form, "message")?.into();
        }
        if EVENT.iter().any(|name| form.change(name).is_some()) {
            body.event = read_event(form, self.now)?.into();
        }
        Some(send(Request::UpdateCampaign(id, Box::new(body))))
    }
}

/// The event, refused where something of it is said and not all that it needs, or where its beginning has passed.
#[allow(clippy::option_option)]
fn read_event(form: &mut Form, now: Timestamp) -> Option<Option<SetEvent>> {
    let Some(title) = form.optional("event.title") else {
        // The time zone stands there from the beginning.
        let said = EVENT[1..4].iter().any(|name| form.optional(name).is_some());
        if said {
            form.refuse("event.title", "must be filled in: there is a time or a place, and nothing that is there");
        }
        return (!said).then_some(None);
    };
    let title = EventTitle::parse(&title).map_err(|why| form.refuse("event.title", why.to_string())).ok();
    let starts_at = read_time(form, "event.starts_at");
    let ends_at = form.optional("event.ends_at").map(|_| read_time(form, "event.ends_at"));
    let place = read_optional::<Place>(form, "event.place");
    let time_zone = form.optional("event.time_zone");
    if time_zone.is_none() {
        form.refuse("event.time_zone", "must be filled in, such as Europe/Berlin");
    }
    // Of one that has begun the rest can still be mended.
    let moved = form.change("event.starts_at").is_some() || form.change("event.time_zone").is_some();
    if let (true, Some(starts), Some(zone)) = (moved, &starts_at, &time_zone)
        && let Some(at) = event_instant(starts, zone).filter(|at| at.timestamp() < now.to_jiff())
    {
        let there = now.to_jiff().to_zoned(at.time_zone().clone());
        form.refuse("event.starts_at", format!("must lie ahead: in {zone} it is {}", there.strftime("%Y-%m-%d %H:%M")));
        return None;
    }
    Some(Some(SetEvent {
        title: title?.into(),
        starts_at: starts_at?,
        ends_at: match ends_at {
            None => None,
            Some(end) => Some(end?),
        },
        place: place?,
        time_zone: time_zone?,
    }))
}

/// A time as clocks there show it, or an instant with an offset, as the wire has it.
fn read_time(form: &mut Form, name: &str) -> Option<String> {
    let typed = form.value(name).trim().to_owned();
    let text = typed.replacen(' ', "T", 1);
    let local = text.contains('T') && text.parse::<DateTime>().is_ok();
    if local || text.parse::<WallTime>().is_ok() {
        return Some(text);
    }
    form.refuse(name, "must be a day and a time, such as 2026-12-12 19:30");
    None
}

#[allow(clippy::option_option)]
fn read_limit(form: &mut Form, name: &str) -> Option<Option<i64>> {
    let Some(text) = form.optional(name) else { return Some(None) };
    let read = text.parse::<i64>().ok().filter(|number| (1..=1_000_000).contains(number));
    if read.is_none() {
        form.refuse(name, "must be a number from 1 to 1000000, or empty");
    }
    read.map(Some)
}

/// Hours after sending; none of them, or what the band's policy has.
#[allow(clippy::option_option)]
fn read_reminders(form: &mut Form) -> Option<Option<Vec<u32>>> {
    let Some(text) = form.optional("reminders") else { return Some(None) };
    if text.eq_ignore_ascii_case("none") {
        return Some(Some(Vec::new()));
    }
    let parts = text.split([',', ' ']).filter(|part| !part.is_empty());
    let hours: Option<Vec<u32>> = parts.map(|part| part.parse().ok()).collect();
    if hours.is_none() {
        form.refuse("reminders", "must be hours such as 24, 72, or none, or empty");
    }
    hours.map(Some)
}
