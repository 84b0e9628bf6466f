//! The codes of one batch as they are read out. Whoever looks at them leaves a trace, so the list is never asked for by itself.

use super::{About, Cell, Column, Entry, Listed, Start, one};
use crate::{
    api::CodeCard,
    client::Page,
    domain::{Role, Standing, Status},
    tui::{
        keymap::{Action, Scope},
        label,
        message::Link,
        model::{Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
        view::{glyph, when},
    },
};

pub(super) struct Cards;

fn card(entry: &Entry) -> Option<&CodeCard> {
    if let Entry::Card(card) = entry { Some(card) } else { None }
}

fn standing(card: &CodeCard, model: &Model) -> Standing {
    Standing::at(model.now, card.status, None, card.expires_at)
}

impl Listed for Cards {
    fn about(&self) -> About {
        About { opened_by: Action::ShowBatch, scope: Scope::Cards, title: "Codes to read out" }
    }

    fn is_of_band(&self) -> bool {
        false
    }

    fn barred(&self, model: &Model) -> Option<String> {
        let admin = model.chosen_band().and_then(|band| band.role).is_some_and(Role::is_admin);
        (!admin && !model.runs_site()).then(|| "Only the band's admins can see its codes.".to_owned())
    }

    fn is_marking(&self) -> bool {
        false
    }

    fn narrowed_to(&self, listing: &Listing, _: &Model) -> Vec<String> {
        listing.batch.iter().map(|(_, name)| name.clone()).collect()
    }

    fn request(&self, listing: &Listing, page: Page) -> Option<Request> {
        Some(Request::CodeCards(listing.batch.as_ref()?.0, page))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::CodeCards(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.codes, |card| Entry::Card(Box::new(card))))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "CODE", least: 16, most: 24, goes: 0 },
            Column { name: "STATUS", least: 11, most: 11, goes: 0 },
            Column { name: "USES", least: 7, most: 9, goes: 1 },
            Column { name: "EXPIRES", least: 10, most: 10, goes: 2 },
        ]
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(card) = card(entry) else { return Vec::new() };
        let status = standing(card, model).status;
        let ends = when::end_date(card.expires_at, &model.settings.zone);
        vec![
            (card.code.clone(), theme.plain),
            (format!("{} {status}", glyph(status)), theme.status(status)),
            (card.max_uses.with_taken(card.uses), theme.plain),
            (ends, theme.plain),
        ]
    }

    fn name(&self, entry: &Entry) -> String {
        card(entry).map_or_else(String::new, |card| card.code.clone())
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        let Some(card) = card(entry) else { return Vec::new() };
        let status = standing(card, model).status;
        let ends = match card.expires_at {
            None => "never".to_owned(),
            Some(at) => {
                let (left, _) = label::expiry(Some(at), model.now);
                format!("{} · {left}", when::date_and_time(at, &model.settings.zone))
            }
        };
        vec![
            ("Code", card.code.clone()),
            ("Link", card.link.clone()),
            ("Status", format!("{} {status}", glyph(status))),
            ("Uses", card.max_uses.with_taken(card.uses)),
            ("Expires", ends),
        ]
    }

    fn empty(&self, _: &Model, _: &Listing) -> String {
        "No code in it.".to_owned()
    }

    fn refusal(&self, action: Action, entry: &Entry) -> Option<String> {
        let card = card(entry)?;
        let wanted = matches!(action, Action::CopyCard | Action::CardLink | Action::CardQr);
        (wanted && card.status != Status::Pending).then(|| format!("This code is {} already.", card.status))
    }

    fn start(&self, action: Action, entries: &[Entry], listing: &Listing, _: &Model) -> Option<Start> {
        let card = card(one(entries, listing)?)?;
        let title = listing.batch.as_ref().map_or_else(|| "code".to_owned(), |(_, name)| name.clone());
        let link = |text: &str| Link { text: text.to_owned(), title: title.clone() };
        match action {
            Action::CopyCard => Some(Start::Copy(link(&card.code))),
            Action::CardLink => Some(Start::Show(link(&card.link), false)),
            Action::CardQr => Some(Start::Show(link(&card.link), true)),
            _ => None,
        }
    }
}
