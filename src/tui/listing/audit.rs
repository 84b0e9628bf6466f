//! What happened in the band, newest first.

use super::{About, Cell, Column, Entry, Listed};
use crate::{
    api::{AuditEvent, Person},
    client::Page,
    tui::{
        keymap::{Action, Scope},
        model::{Form, Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
        trail::spoken,
        view::when,
    },
};

pub(super) struct Audit;

fn event(entry: &Entry) -> Option<&AuditEvent> {
    if let Entry::Event(event) = entry { Some(event) } else { None }
}

fn who(person: Option<&Person>) -> String {
    person.map_or_else(|| "the server".to_owned(), |person| person.display_name.clone())
}

/// To whom: the person it was done to, or else whom the invite is for.
fn to(event: &AuditEvent) -> String {
    let person = event.account.as_ref().map(|to| to.display_name.clone());
    person.or_else(|| event.recipient.clone()).unwrap_or_default()
}

impl Listed for Audit {
    fn about(&self) -> About {
        About { opened_by: Action::Audit, scope: Scope::Audit, title: "What happened" }
    }

    fn filter_form(&self, listing: &Listing, model: &Model) -> Option<Form> {
        Some(listing.trail.form(&model.settings.zone))
    }

    fn is_narrowing(&self, _: &Model) -> bool {
        true
    }

    fn is_marking(&self) -> bool {
        false
    }

    fn narrowed_to(&self, listing: &Listing, model: &Model) -> Vec<String> {
        listing.trail.words(&model.settings.zone)
    }

    fn request(&self, listing: &Listing, page: Page) -> Option<Request> {
        Some(Request::Trail(listing.band?, listing.trail.query(), page))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::Audit(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.events, Entry::Event))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "WHAT", least: 17, most: 26, goes: 0 },
            Column { name: "WHEN", least: 11, most: 11, goes: 1 },
            Column { name: "BY", least: 12, most: 18, goes: 0 },
            Column { name: "TO", least: 14, most: 24, goes: 2 },
            Column { name: "DETAIL", least: 12, most: 80, goes: 3 },
        ]
    }

    fn narrow_columns(&self) -> &'static [Column] {
        &[
            Column { name: "WHAT", least: 14, most: 26, goes: 0 },
            Column { name: "WHEN", least: 5, most: 5, goes: 1 },
            Column { name: "BY", least: 9, most: 18, goes: 0 },
            Column { name: "TO", least: 8, most: 18, goes: 0 },
        ]
    }

    fn shorter(&self, entry: &Entry, column: usize, wide: usize, model: &Model) -> Option<String> {
        let at = event(entry).filter(|_| column == 1)?.at;
        Some(when::short(at, model.now, &model.settings.zone, wide))
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(event) = event(entry) else { return Vec::new() };
        vec![
            (spoken(&event.action), theme.plain),
            (when::date_and_time(event.at, &model.settings.zone), theme.dim),
            (who(event.actor.as_ref()), theme.plain),
            (to(event), theme.plain),
            (event.detail.clone().unwrap_or_default(), theme.dim),
        ]
    }

    fn name(&self, entry: &Entry) -> String {
        event(entry).map_or_else(String::new, |event| spoken(&event.action))
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        let Some(event) = event(entry) else { return Vec::new() };
        let mut facts = vec![
            ("What", spoken(&event.action)),
            ("When", when::date_and_time(event.at, &model.settings.zone)),
            ("By", event.actor.as_ref().map_or_else(|| "the server itself".to_owned(), Person::in_words)),
        ];
        facts.extend(event.account.as_ref().map(|to| ("To", to.in_words())));
        facts.extend(event.detail.clone().filter(|detail| !detail.is_empty()).map(|detail| ("Detail", detail)));
        facts.extend(event.recipient.clone().map(|recipient| ("Invite for", recipient)));
        facts.extend(event.invite.map(|invite| ("Invite", invite.to_string())));
        facts.push(("Number", event.id.to_string()));
        facts
    }

    fn empty(&self, model: &Model, listing: &Listing) -> String {
        if listing.trail.is_empty() {
            return "Nothing has happened yet.".to_owned();
        }
        let key = model.settings.keymap.keys(Action::Back).first().map(ToString::to_string).unwrap_or_default();
        format!("Nothing fits. {key} shows everything again.")
    }
}
