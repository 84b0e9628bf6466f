//! Who may not come back to the band.

use super::{About, Cell, Column, Entry, Listed, people};
use crate::{
    api::Ban,
    client::Page,
    tui::{
        keymap::{Action, Scope},
        model::{Confirm, Deed, Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
        view::when,
    },
};

pub(super) struct Bans;

fn ban(entry: &Entry) -> Option<&Ban> {
    if let Entry::Ban(ban) = entry { Some(ban) } else { None }
}

impl Listed for Bans {
    fn about(&self) -> About {
        About { opened_by: Action::Bans, scope: Scope::Bans, title: "Bans" }
    }

    fn request(&self, listing: &Listing, page: Page) -> Option<Request> {
        Some(Request::Bans(listing.band?, page))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::Bans(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.bans, Entry::Ban))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "WHO", least: 16, most: 40, goes: 0 },
            Column { name: "USER NAME", least: 14, most: 24, goes: 2 },
            Column { name: "SINCE", least: 10, most: 10, goes: 0 },
            Column { name: "BY", least: 14, most: 28, goes: 1 },
        ]
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(ban) = ban(entry) else { return Vec::new() };
        vec![
            (ban.account.display_name.clone(), theme.plain),
            (ban.account.handle(), theme.dim),
            (when::date(ban.at, &model.settings.zone), theme.plain),
            (ban.by.display_name.clone(), theme.dim),
        ]
    }

    fn name(&self, entry: &Entry) -> String {
        ban(entry).map_or_else(String::new, |ban| ban.account.display_name.clone())
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        let Some(ban) = ban(entry) else { return Vec::new() };
        vec![
            ("Who", ban.account.in_words()),
            ("Since", when::date_and_time(ban.at, &model.settings.zone)),
            ("By", ban.by.in_words()),
            ("So", "No invite lets them in, and they cannot ask to come in.".to_owned()),
        ]
    }

    fn empty(&self, _: &Model, _: &Listing) -> String {
        "Nobody is banned. Who is removed from the members can be kept out for good with it.".to_owned()
    }

    fn question(&self, action: Action, entries: &[Entry], listing: &Listing) -> Option<Confirm> {
        let band = listing.band.filter(|_| action == Action::LiftBan)?;
        let names: Vec<_> = entries.iter().map(|entry| self.name(entry)).collect();
        let deeds = entries.iter().filter_map(ban);
        let deeds = deeds.map(|ban| Deed::Send(Box::new(Request::LiftBan(band, ban.account.id))));
        let question = match names.len() {
            1 => format!("Lift the ban of {}?", people(&names)),
            count => format!("Lift {count} bans?"),
        };
        let then = "They can come back, by an invite that is made from now on. Nobody is told.";
        let said = if names.len() == 1 { "The ban is lifted.".to_owned() } else { "The bans are lifted.".to_owned() };
        Some(Confirm::new(question, then, "lift", deeds.collect()).saying(said))
    }
}
