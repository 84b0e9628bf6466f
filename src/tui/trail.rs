//! What the audit trail can be narrowed to: as it is typed, as it is asked for, and as it is said.

use jiff::{ToSpan as _, civil, tz::TimeZone};

use super::{
    model::{Form, FormField, FormKind},
    view::when,
};
use crate::{
    api::{AUDIT_ACTIONS, Person},
    client::AuditQuery,
    domain::{AccountId, InviteId, Timestamp},
};

/// Which events are shown; all that is given has to fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrailFilter {
    /// Those of this action.
    pub action: Option<String>,
    /// Those that this person caused.
    pub actor: Option<Person>,
    /// Those of this invite, and whom it is for as far as that is known.
    pub invite: Option<InviteId>,
    /// Those at this instant or later.
    pub from: Option<Timestamp>,
    /// Those before this instant.
    pub to: Option<Timestamp>,
}

/// What the form of the filter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    /// Everything but a person who is not known yet.
    pub(super) filter: TrailFilter,
    /// The user name of that person.
    pub(super) actor: Option<String>,
}

/// An action as people read it: "invite link shown".
pub(super) fn spoken(action: &str) -> String {
    action.replace(['.', '_'], " ")
}

/// The one action that was meant: its name in either form, or a part of it that no other has.
fn action(text: &str) -> Result<String, String> {
    let wanted = spoken(&text.trim().to_lowercase());
    let holds: Vec<_> = AUDIT_ACTIONS.iter().filter(|action| spoken(action).contains(&wanted)).collect();
    if let Some(exact) = AUDIT_ACTIONS.iter().find(|action| spoken(action) == wanted) {
        return Ok((*exact).to_owned());
    }
    match holds.as_slice() {
        [one] => Ok((**one).to_owned()),
        // An action of a newer server.
        [] if text.contains('.') => Ok(text.trim().to_owned()),
        [] => Err("must be what was done, such as invite created, link shown, member joined or band edited".to_owned()),
        several => {
            let names: Vec<_> = several.iter().map(|action| spoken(action)).collect();
            Err(format!("must be one: {}", names.join(", ")))
        }
    }
}

/// An instant of the past: a day, a day with a time, or how long ago. `ends` takes the end of a day.
fn instant(text: &str, now: Timestamp, zone: &TimeZone, ends: bool) -> Option<Timestamp> {
    let text = text.trim().to_lowercase();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim() {
        "h" => Some(3_600),
        "d" => Some(86_400),
        "w" => Some(7 * 86_400),
        _ => None,
    };
    if let (Some(unit), Ok(count @ 1..=10_000)) = (unit, digits.parse::<i64>()) {
        return Some(now.plus_seconds(-count * unit));
    }
    let civil = match text.parse::<civil::DateTime>() {
        Ok(at) if text.contains([' ', 't']) => at,
        _ => {
            let day = text.parse::<civil::Date>().ok()?;
            let day = if ends { day.checked_add(1.day()).ok()? } else { day };
            day.at(0, 0, 0, 0)
        }
    };
    let at = civil.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Timestamp::from_micros(at.as_microsecond()))
}

impl TrailFilter {
    /// As the server is asked.
    pub(super) fn query(&self) -> AuditQuery {
        AuditQuery {
            invite: self.invite,
            actor: self.actor.as_ref().map(|actor| actor.id),
            action: self.action.clone(),
            from: self.from,
            to: self.to,
        }
    }

    /// Whether everything is shown.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// In words, a piece for each: "invite revoked", "by Joe", "since 2026-03-01".
    pub(super) fn words(&self, zone: &TimeZone) -> Vec<String> {
        let minute = |at: Timestamp| when::date_and_time(at, zone).trim_end_matches(" 00:00").to_owned();
        let pieces = [
            self.action.as_deref().map(spoken),
            self.actor.as_ref().map(|actor| format!("by {}", actor.display_name)),
            self.invite.map(|_| "one invite".to_owned()),
            self.from.map(|at| format!("since {}", minute(at))),
            self.to.map(|at| format!("before {}", minute(at))),
        ];
        pieces.into_iter().flatten().collect()
    }

    /// The form that narrows the trail, filled with what holds now.
    pub(super) fn form(&self, zone: &TimeZone) -> Form {
        let minute = |at: Option<Timestamp>| at.map(|at| when::date_and_time(at, zone)).unwrap_or_default();
        let actor = self.actor.as_ref().map_or("", |actor| &actor.username);
        let action = self.action.as_deref().map(spoken).unwrap_or_default();
        let mut fields = vec![
            FormField::line("action", "What", "invite created, link shown, member joined …; empty is all.", &action),
            FormField::line("actor", "By", "The user name of who did it; empty is everybody.", actor),
            FormField::line("from", "From", "2026-12-31, 2026-12-31 18:00, or how long ago: 12h, 3d, 2w.", ""),
            FormField::line("to", "To", "The same; a day counts to its end. Empty is now.", ""),
        ];
        if self.invite.is_some() {
            const WHICH: &[(&str, &str)] = &[("", "of one invite alone"), ("all", "of all")];
            fields.insert(2, FormField::choice("invite", "Invites", "The one that was chosen, or all.", WHICH, ""));
        }
        let mut form = Form::new(FormKind::NarrowTrail, "What happened: show only", "show", fields);
        form.fill("from", &minute(self.from));
        form.fill("to", &minute(self.to));
        form
    }

    /// Reads the form; what is wrong stands at its field.
    pub(super) fn read(&self, form: &mut Form, now: Timestamp, zone: &TimeZone) -> Option<Typed> {
        let mut filter = Self { invite: self.invite.filter(|_| form.value("invite").is_empty()), ..Self::default() };
        if let Some(text) = form.optional("action") {
            filter.action = action(&text).map_err(|why| form.refuse("action", why)).ok();
        }
        for (name, ends) in [("from", false), ("to", true)] {
            let Some(text) = form.optional(name) else { continue };
            let at = instant(&text, now, zone, ends);
            if at.is_none() {
                form.refuse(name, "must be 2026-12-31, 2026-12-31 18:00, or how long ago: 12h, 3d, 2w");
            }
            *(if ends { &mut filter.to } else { &mut filter.from }) = at;
        }
        if filter.from.zip(filter.to).is_some_and(|(from, to)| from >= to) {
            form.refuse("to", "must be later than where it begins");
        }
        let name = form.optional("actor").map(|name| name.trim_start_matches('@').to_lowercase());
        let known = self.actor.clone().filter(|actor| name.as_deref() == Some(&actor.username.to_lowercase()));
        let actor = name.filter(|_| known.is_none());
        if actor.as_ref().is_some_and(|name| name.chars().count() < 2) {
            form.refuse("actor", "must be a user name");
        }
        filter.actor = known;
        form.fields.iter().all(|field| field.error.is_none()).then_some(Typed { filter, actor })
    }

    /// Whether it shows what this account did.
    pub(super) fn is_by(&self, account: AccountId) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.id == account)
    }
}

/// The form for a file of what is shown; `name` is the band's.
pub(super) fn export_form(band: &str) -> Form {
    let name: String =
        band.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).take(40).collect();
    let name = name.trim_matches('-');
    let file = if name.is_empty() { "trail.csv".to_owned() } else { format!("{name}-trail.csv") };
    let hint = "A new file here, or with its folder: .csv for a table, .ndjson for JSON, an event a line.";
    let field = FormField::line("file", "File", hint, &file);
    Form::new(FormKind::ExportTrail, "Write what is shown to a file", "write", vec![field])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-14T14:02:30Z".parse().unwrap()
    }

    #[test]
    fn what_was_done_is_found_by_its_name_or_by_a_part_that_no_other_has() {
        for text in ["invite.revoked", "Invite revoked", "revoked"] {
            assert_eq!(action(text).as_deref(), Ok("invite.revoked"), "{text}");
        }
        assert_eq!(action("poll.closed").as_deref(), Ok("poll.closed"), "a newer server's");
        assert!(action("edited").unwrap_err().contains("band edited, campaign edited, invite edited"));
        assert!(action("frobnicated").unwrap_err().contains("member joined"));
    }

    #[test]
    fn times_are_days_minutes_or_how_long_ago_and_the_last_day_counts_whole() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let read = |text, ends| instant(text, now(), &zone, ends).map(|at| at.to_string());
        assert_eq!(read("2026-03-01", false).as_deref(), Some("2026-02-28T23:00:00Z"));
        assert_eq!(read("2026-03-01", true).as_deref(), Some("2026-03-01T23:00:00Z"));
        assert_eq!(read("2026-03-01 18:00", true).as_deref(), Some("2026-03-01T17:00:00Z"));
        assert_eq!(read("3d", false).as_deref(), Some("2026-03-11T14:02:30Z"));
        for text in ["soon", "2026-13-01", "0d", "h", "99999999999999999999w"] {
            assert_eq!(read(text, false), None, "{text}");
        }
    }

    #[test]
    fn the_form_says_what_holds_and_is_read_back_as_that() {
        let actor =
            Person { id: AccountId::from_bytes([2; 16]), username: "joe".to_owned(), display_name: "Joe".to_owned() };
        let filter = TrailFilter {
            action: Some("member.role_changed".to_owned()),
            actor: Some(actor),
            invite: Some(InviteId::from_bytes([3; 16])),
            from: Some("2026-03-01T00:00:00Z".parse().unwrap()),
            to: Some("2026-03-02T12:30:00Z".parse().unwrap()),
        };
        let mut form = filter.form(&TimeZone::UTC);
        let read = filter.read(&mut form, now(), &TimeZone::UTC);
        assert_eq!(read, Some(Typed { filter: filter.clone(), actor: None }), "{form:?}");
        form.fill("actor", "@Sam");
        let read = filter.read(&mut form, now(), &TimeZone::UTC).unwrap();
        assert_eq!((read.filter.actor, read.actor.as_deref()), (None, Some("sam")));
        form.fill("to", "2026-02-01");
        assert_eq!(filter.read(&mut form, now(), &TimeZone::UTC), None);
        assert!(filter.words(&TimeZone::UTC).join(" · ").contains("by Joe · one invite · since 2026-03-01 · before"));
    }

    #[test]
    fn a_file_is_named_after_the_band_whatever_that_is_called() {
        let name = |band| export_form(band).value("file").to_owned();
        assert_eq!(name("The Night Owls"), "the-night-owls-trail.csv");
        assert_eq!(name("../../etc"), "etc-trail.csv");
        assert_eq!(name("///"), "trail.csv");
    }
}
