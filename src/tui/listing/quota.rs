//! How many invites one may make: a page, and for who runs the site the way to set it for anybody.

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

pub(super) struct OwnQuota;

impl Listed for OwnQuota {
    fn about(&self) -> About {
        About { opened_by: Action::Quota, scope: Scope::Quota, title: "Your quota" }
    }

    fn is_of_band(&self) -> bool {
        false
    }

    fn is_page(&self) -> bool {
        true
    }

    fn barred(&self, _: &Model) -> Option<String> {
        None
    }

    fn own_barred(&self, _: Action, model: &Model) -> Option<String> {
        (!model.runs_site()).then(|| "Only who runs the site can set quotas.".to_owned())
    }

    fn request(&self, _: &Listing, _: Page) -> Option<Request> {
        Some(Request::Quota)
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::Quota(quota) = answer else { return None };
        Some(PageOf::alone(Entry::Quota(*quota)))
    }

    fn lines(&self, entry: &Entry, _: &Model, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
        let Entry::Quota(quota) = entry else { return Vec::new() };
        figures::quota(quota, wide, theme)
    }

    fn said(&self, entry: &Entry, _: &Model) -> Vec<String> {
        let Entry::Quota(quota) = entry else { return Vec::new() };
        vec![figures::quota_in_words(quota)]
    }
}
