//! What the person wants no more of; for who runs the site, what anybody wants no more of.

use super::{About, Cell, Column, Entry, Listed};
use crate::{
    api::{Block, Blocked, Person},
    client::Page,
    tui::{
        keymap::{Action, Scope},
        model::{Confirm, Deed, Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
        view::when,
    },
};

pub(super) struct Blocks;

/// Whose are shown.
const FILTERS: &[&str] = &["mine", "everybody's"];

fn blocked(entry: &Entry) -> Option<&Blocked> {
    if let Entry::Blocked(blocked) = entry { Some(blocked) } else { None }
}

/// Whether those of the whole site are shown.
const fn is_site(listing: &Listing) -> bool {
    listing.narrowed > 0
}

/// How far it goes: "no invites by Joe".
fn what(blocked: &Blocked) -> String {
    match (blocked.scope, &blocked.band, &blocked.inviter) {
        (Block::Inviter, _, Some(inviter)) => format!("no invites by {}", inviter.display_name),
        (Block::Band, Some(band), _) => format!("no invites to {}", band.name),
        (Block::Inviter, ..) => "no invites by somebody".to_owned(),
        (Block::Band, ..) => "no invites to a band".to_owned(),
        (Block::Server, ..) => "no invites from this server".to_owned(),
    }
}

fn whose(blocked: &Blocked) -> String {
    let account = blocked.account.as_ref().map(Person::handle);
    let parts: Vec<_> = account.into_iter().chain(blocked.email.clone()).collect();
    if parts.is_empty() { "you".to_owned() } else { parts.join(" ") }
}

impl Listed for Blocks {
    fn about(&self) -> About {
        About { opened_by: Action::Blocks, scope: Scope::Blocks, title: "Opt-outs" }
    }

    fn is_of_band(&self) -> bool {
        false
    }

    fn barred(&self, _: &Model) -> Option<String> {
        None
    }

    fn filters(&self) -> &'static [&'static str] {
        FILTERS
    }

    fn is_narrowing(&self, model: &Model) -> bool {
        model.runs_site()
    }

    fn request(&self, listing: &Listing, page: Page) -> Option<Request> {
        Some(Request::Blocks(page, is_site(listing)))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::Blocks(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.blocks, Entry::Blocked))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "WHAT", least: 20, most: 44, goes: 0 },
            Column { name: "SINCE", least: 10, most: 10, goes: 0 },
            Column { name: "WHOSE", least: 16, most: 40, goes: 1 },
        ]
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(blocked) = blocked(entry) else { return Vec::new() };
        vec![
            (what(blocked), theme.plain),
            (when::date(blocked.created_at, &model.settings.zone), theme.plain),
            (whose(blocked), theme.dim),
        ]
    }

    fn name(&self, entry: &Entry) -> String {
        blocked(entry).map_or_else(String::new, what)
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        let Some(blocked) = blocked(entry) else { return Vec::new() };
        let how = if blocked.email.is_some() { "by the link in a mail" } else { "when an invite was declined" };
        vec![
            ("What", format!("{} and no mail about them", what(blocked))),
            ("Whose", whose(blocked)),
            ("Since", when::date_and_time(blocked.created_at, &model.settings.zone)),
            ("How", how.to_owned()),
        ]
    }

    fn empty(&self, _: &Model, listing: &Listing) -> String {
        if is_site(listing) {
            return "Nobody here has opted out of anything.".to_owned();
        }
        "You take every invite. Who declines one can say that no more are wanted, of a person, a band or this server."
            .to_owned()
    }

    fn question(&self, action: Action, entries: &[Entry], listing: &Listing) -> Option<Confirm> {
        if action != Action::LiftBlock {
            return None;
        }
        let site = is_site(listing);
        let chosen: Vec<_> = entries.iter().filter_map(blocked).collect();
        let deeds = chosen.iter().map(|blocked| Deed::Send(Box::new(Request::LiftBlock(blocked.id, site)))).collect();
        let question = match chosen.as_slice() {
            [one] => format!("Lift \"{}\"?", what(one)),
            several => format!("Lift {} opt-outs?", several.len()),
        };
        let then = if site {
            "It is their wish that goes: do it only where they asked for it. What had ended stays so."
        } else {
            "Such invites and mails can come again. What had ended stays so."
        };
        let said = if chosen.len() == 1 { "The opt-out is lifted." } else { "The opt-outs are lifted." };
        Some(Confirm::new(question, then, "lift", deeds).saying(said))
    }
}
