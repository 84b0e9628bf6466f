//! Invites by campaign: a campaign unfolds into its invites and folds again.

use super::super::{
    message::Effect,
    model::{GroupLine, Groups, Model, PageOf, Pane, Purpose, Search, Tone, Want},
    request::{Answer, Request},
};
use crate::{
    api::{Code, Invite},
    client::{Error, Page},
    domain::CampaignId,
};

impl Model {
    /// The invite under the cursor; none where that is on a campaign.
    pub fn chosen_invite(&self) -> Option<&Invite> {
        let on_campaign = self.invites.groups.as_ref().is_some_and(|groups| !groups.inside);
        self.invites.list.selected().filter(|_| !on_campaign)
    }

    /// How many of the band's invites are pending, and how many there are.
    pub fn invites_counted(&self) -> (u64, u64) {
        match (&self.invites.groups, self.chosen_band()) {
            // Nothing was asked for of what is folded; the band knows.
            (Some(_), Some(band)) => (band.counts.pending, band.counts.invites),
            _ => (self.invites.pending, self.invites.total),
        }
    }

    /// Invites by campaign, or all in one list again.
    pub(super) fn group_invites(&mut self) -> Vec<Effect> {
        let grouped = self.invites.groups.is_some();
        let is_admin = self.chosen_band().and_then(|band| band.role).is_some_and(crate::domain::Role::is_admin);
        if !grouped && !is_admin {
            self.toast(Tone::Plain, "Only the band's admins can see its campaigns.");
            return Vec::new();
        }
        self.invites.groups = (!grouped).then(Groups::default);
        self.invites.campaign = None;
        self.forget_invites()
    }

    /// Shows the invites of one campaign alone, whatever they were narrowed to before.
    pub(super) fn show_campaign(&mut self, id: CampaignId, name: String) -> Vec<Effect> {
        let mut effects = self.close_listings();
        self.move_focus(Pane::Invites);
        self.invites.groups = None;
        (self.invites.status, self.invites.kind) = (None, None);
        self.invites.search = Search::default();
        self.invites.campaign = Some((id, name));
        effects.extend(self.forget_invites());
        effects
    }

    /// Other invites are shown: nothing held has to do with them.
    fn forget_invites(&mut self) -> Vec<Effect> {
        self.clear_marks();
        self.invites.list.clear();
        self.abandon_pages(Pane::Invites)
    }

    /// Unfolds the campaign under the cursor, or folds it.
    pub(super) fn fold(&mut self) -> Vec<Effect> {
        let Some(groups) = &mut self.invites.groups else { return Vec::new() };
        let Some(id) = groups.list.selected().map(|campaign| campaign.id) else { return Vec::new() };
        groups.open = if groups.open == Some(id) { None } else { Some(id) };
        groups.inside = false;
        self.forget_invites()
    }

    /// Folds what is open; the cursor goes back to it.
    pub(super) fn fold_open(&mut self) -> Vec<Effect> {
        let Some(groups) = &mut self.invites.groups else { return Vec::new() };
        if let Some(open) = groups.open.take() {
            groups.list.select(open);
        }
        groups.inside = false;
        self.forget_invites()
    }

    /// Moves the cursor over campaigns and invites.
    pub(super) fn group_step(&mut self, by: isize) {
        for _ in 0..by.unsigned_abs() {
            self.group_step_one(by > 0);
        }
    }

    fn group_step_one(&mut self, down: bool) {
        let list = &mut self.invites.list;
        let Some(groups) = &mut self.invites.groups else { return };
        let (first, end) = (list.selected_index() == 0, list.selected_index() + 1 >= list.len());
        if groups.inside {
            match (down, first, end) {
                (true, _, false) => list.step(1),
                (false, false, _) => list.step(-1),
                (false, true, _) if !list.has_before() => groups.inside = false,
                (true, _, true) if !list.has_behind() => {
                    let at = groups.list.selected_index();
                    groups.list.step(1);
                    // Below the last campaign there is nothing.
                    groups.inside = groups.list.selected_index() == at;
                }
                _ => {}
            }
            return;
        }
        let is_open = |groups: &Groups| groups.open.is_some() && groups.open == groups.list.selected().map(|c| c.id);
        if down && is_open(groups) && !list.is_empty() {
            list.select_index(0);
            groups.inside = true;
            return;
        }
        let at = groups.list.selected_index();
        groups.list.step(if down { 1 } else { -1 });
        if !down && groups.list.selected_index() != at && is_open(groups) && !list.is_empty() {
            list.select_index(list.len() - 1);
            groups.inside = true;
        }
    }

    /// To the first campaign or the last.
    pub(super) fn group_jump(&mut self, end: bool) -> Vec<Effect> {
        let Some(groups) = &mut self.invites.groups else { return Vec::new() };
        groups.inside = false;
        if groups.list.has_more(end) {
            return self.groups_fetch(Want::Anew(end.then(|| "last".to_owned()))).into_iter().collect();
        }
        groups.list.select_index(if end { usize::MAX } else { 0 });
        self.scroll();
        Vec::new()
    }

    /// Puts the cursor on a line of the pane; whether it was there already.
    pub(super) fn group_click(&mut self, line: usize) -> bool {
        let (count, selected) = (self.invites.list.len(), self.invites.list.selected_index());
        let Some(groups) = &mut self.invites.groups else { return false };
        let lines = groups.lines(count);
        let wanted = lines.get(groups.top + line);
        let again = wanted == Some(&groups.cursor(selected));
        match wanted {
            Some(GroupLine::Campaign(at)) => {
                groups.list.select_index(*at);
                groups.inside = false;
            }
            Some(GroupLine::Invite(at)) => {
                if let Some(open) = groups.open {
                    groups.list.select(open);
                }
                groups.inside = true;
                self.invites.list.select_index(*at);
            }
            Some(GroupLine::Nothing) | None => return false,
        }
        again
    }

    /// Keeps the line under the cursor on the screen.
    pub(super) fn group_scroll(&mut self, height: usize) {
        let (count, selected) = (self.invites.list.len(), self.invites.list.selected_index());
        let Some(groups) = &mut self.invites.groups else { return };
        if count == 0 {
            groups.inside = false;
        }
        let lines = groups.lines(count);
        let cursor = groups.cursor(selected);
        let at = lines.iter().position(|line| *line == cursor).unwrap_or(0);
        let height = height.max(1);
        groups.top = groups.top.min(at).max((at + 1).saturating_sub(height)).min(lines.len().saturating_sub(height));
        groups.list.show(height);
    }

    /// The campaigns on the screen once more.
    pub(super) fn groups_again(&mut self) -> Vec<Effect> {
        let height = self.areas().list_height(Pane::Invites);
        let wants = self.invites.groups.as_ref().map_or_else(Vec::new, |groups| groups.list.on_screen(height));
        wants.into_iter().filter_map(|want| self.groups_fetch(want)).collect()
    }

    /// What the campaigns ask for on their own.
    pub(super) fn groups_wanted(&mut self) -> Option<Effect> {
        let height = self.areas().list_height(Pane::Invites);
        let groups = self.invites.groups.as_ref()?;
        let present = groups.list.question;
        let want = groups.list.next_want(height)?;
        let on_its_way = self.waiting.values().any(|purpose| match purpose {
            Purpose::Groups { question, want } => *question == present && !matches!(want, Want::Again(_)),
            _ => false,
        });
        if on_its_way { None } else { self.groups_fetch(want) }
    }

    fn groups_fetch(&mut self, want: Want) -> Option<Effect> {
        let question = self.invites.groups.as_ref()?.list.question;
        let request = Request::Campaigns(self.band?, Page { limit: None, cursor: want.cursor() });
        Some(self.ask(Purpose::Groups { question, want }, request).1)
    }

    /// A page of campaigns has come, or cannot be had.
    pub(super) fn groups_known(&mut self, question: u64, want: &Want, result: Result<Answer, Error>) -> Vec<Effect> {
        let Some(groups) = self.invites.groups.as_mut().filter(|groups| groups.list.question == question) else {
            return Vec::new();
        };
        match result {
            Ok(Answer::Campaigns(found)) => {
                let (prev, next) = (found.prev_cursor, found.next_cursor);
                groups.list.take(want, PageOf { cursor: want.cursor(), rows: found.campaigns, prev, next });
                self.scroll();
                Vec::new()
            }
            Ok(_) => Vec::new(),
            Err(error) => {
                groups.list.stuck = true;
                if error.code() == Some(Code::Validation) && want.cursor().is_some_and(|cursor| cursor != "last") {
                    groups.list.renew();
                    return Vec::new();
                }
                self.background_failed(&error)
            }
        }
    }
}
