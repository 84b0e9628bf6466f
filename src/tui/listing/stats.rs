//! What the band's invites have come to: a page of figures.

use ratatui::text::Line;

use super::{About, Entry, Listed};
use crate::{
    client::Page,
    tui::{
        keymap::{Action, Scope},
        model::{Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
        view::figures,
    },
};

pub(super) struct Figures;

impl Listed for Figures {
    fn about(&self) -> About {
        About { opened_by: Action::Stats, scope: Scope::Stats, title: "Statistics" }
    }

    fn is_page(&self) -> bool {
        true
    }

    fn request(&self, listing: &Listing, _: Page) -> Option<Request> {
        Some(Request::Stats(listing.band?))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::Stats(stats) = answer else { return None };
        Some(PageOf::alone(Entry::Stats(stats)))
    }

    fn lines(&self, entry: &Entry, model: &Model, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
        let Entry::Stats(stats) = entry else { return Vec::new() };
        figures::stats(stats, model, wide, theme)
    }

    fn said(&self, entry: &Entry, model: &Model) -> Vec<String> {
        let Entry::Stats(stats) = entry else { return Vec::new() };
        figures::stats_said(stats, model)
    }
}
