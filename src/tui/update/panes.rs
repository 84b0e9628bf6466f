//! The three panes: moving, searching, choosing a band.

use super::super::{
    keymap::{Action, Key},
    label,
    message::Effect,
    model::{Areas, Groups, Input, Model, Overlay, Pane, Purpose, Screen, Search, TextField, Tone, Want, areas},
    request::Request,
};
use crate::{
    api::InviteSort,
    client::{BandQuery, InviteQuery, MemberQuery, Page},
    domain::{BandId, Kind, Status},
};

/// The orders of the invites that a key goes through; the first is the server's own.
const SORTS: [Option<InviteSort>; 4] =
    [None, Some(InviteSort::Oldest), Some(InviteSort::Soonest), Some(InviteSort::Latest)];

impl Model {
    pub(super) fn areas(&self) -> Areas {
        areas(self.size, self.focus)
    }

    pub(super) fn panes_key(&mut self, key: Key) -> Vec<Effect> {
        if self.search().typing {
            return self.search_key(key);
        }
        match self.settings.keymap.action(self.focus.scope(), key) {
            Some(action) => self.act(action),
            None => Vec::new(),
        }
    }

    /// Does what a key or a line of the palette stands for.
    pub(super) fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Down => self.step(1),
            Action::Up => self.step(-1),
            Action::PageDown => self.step(self.page()),
            Action::PageUp => self.step(-self.page()),
            Action::First => self.jump(false),
            Action::Last => self.jump(true),
            Action::NextPane => self.focus_on(next(self.focus)),
            Action::PreviousPane => self.focus_on(next(next(self.focus))),
            Action::Left | Action::BandsPane => self.focus_on(Pane::Bands),
            Action::MembersPane => self.focus_on(Pane::Members),
            Action::InvitesPane => self.focus_on(Pane::Invites),
            Action::Right if self.focus == Pane::Invites && self.chosen_invite().is_none() => self.fold(),
            Action::Right => self.focus_on(if self.focus == Pane::Bands { Pane::Invites } else { self.focus }),
            Action::Search => {
                self.search_mut().typing = true;
                Vec::new()
            }
            Action::Back => self.back(),
            Action::Filter => self.filter(),
            Action::FilterKind => self.filter_kind(),
            Action::GroupInvites => self.group_invites(),
            Action::SortInvites => self.sort(),
            Action::MarkAll => self.mark_all(),
            Action::Mark => self.mark(),
            Action::Refresh => self.refresh(),
            Action::Suspend => vec![Effect::Suspend],
            Action::Quit => vec![Effect::Quit],
            other => self.act_on(other),
        }
    }

    /// The focus goes to this pane; whether it was in another one. A search that was typed there is kept, as by Enter: the keys go
    /// elsewhere now.
    pub(super) fn move_focus(&mut self, pane: Pane) -> bool {
        let moved = self.focus != pane;
        if moved {
            self.search_mut().typing = false;
            self.focus = pane;
        }
        moved
    }

    fn focus_on(&mut self, pane: Pane) -> Vec<Effect> {
        self.move_focus(pane);
        self.scroll();
        Vec::new()
    }

    fn page(&self) -> isize {
        isize::try_from(self.areas().list_height(self.focus)).unwrap_or(1).max(1)
    }

    pub(super) fn step(&mut self, by: isize) -> Vec<Effect> {
        if self.focus == Pane::Invites && self.invites.groups.is_some() {
            self.group_step(by);
        } else {
            in_pane!(self, self.focus, step(by));
        }
        self.scroll();
        self.follow_band()
    }

    fn jump(&mut self, end: bool) -> Vec<Effect> {
        if self.focus == Pane::Invites && self.invites.groups.is_some() {
            return self.group_jump(end);
        }
        if in_pane!(self, self.focus, has_more(end)) {
            let want = Want::Anew(end.then(|| "last".to_owned()));
            return self.fetch(self.focus, want).into_iter().collect();
        }
        let count = isize::try_from(in_pane!(self, self.focus, len())).unwrap_or(isize::MAX);
        self.step(if end { count } else { -count })
    }

    /// Keeps the selected rows on the screen.
    pub(super) fn scroll(&mut self) {
        let areas = self.areas();
        for pane in Pane::ALL {
            in_pane!(self, pane, show(areas.list_height(pane)));
        }
        self.group_scroll(areas.list_height(Pane::Invites));
    }

    /// The invites and members shown are those of the band under the cursor.
    pub(super) fn follow_band(&mut self) -> Vec<Effect> {
        let chosen = self.bands.list.selected().map(|band| band.id);
        self.turn_to(chosen)
    }

    /// Shows the invites and members of this band from now on.
    pub(super) fn turn_to(&mut self, band: Option<BandId>) -> Vec<Effect> {
        if band == self.band {
            return Vec::new();
        }
        self.band = band;
        self.invites.search = Search::default();
        self.members.search = Search::default();
        self.clear_marks();
        self.invites.groups = self.invites.groups.take().map(|_| Groups::default());
        self.invites.campaign = None;
        self.invites.list.clear();
        self.members.list.clear();
        (self.invites.total, self.invites.pending, self.invites.matched) = (0, 0, None);
        (self.members.total, self.members.matched, self.members.last_admin) = (0, None, None);
        let mut effects = self.abandon_pages(Pane::Invites);
        effects.extend(self.abandon_pages(Pane::Members));
        effects
    }

    /// Forgets the pages of a pane's list that are on their way.
    pub(super) fn abandon_pages(&mut self, pane: Pane) -> Vec<Effect> {
        self.abandon(|purpose| matches!(purpose, Purpose::Page { pane: of, .. } if *of == pane))
    }

    /// Forgets requests that nobody waits for any more.
    pub(super) fn abandon(&mut self, which: impl Fn(&Purpose) -> bool) -> Vec<Effect> {
        let ids: Vec<_> = self.waiting.iter().filter(|(_, purpose)| which(purpose)).map(|(id, _)| *id).collect();
        ids.into_iter()
            .map(|id| {
                self.waiting.remove(&id);
                Effect::Abandon(id)
            })
            .collect()
    }

    /// Forgets all that is known of bands: somebody else has come.
    pub(super) fn forget_bands(&mut self) -> Vec<Effect> {
        self.bands.search = Search::default();
        self.bands.list.clear();
        self.revisions.clear();
        let mut effects = self.abandon_pages(Pane::Bands);
        effects.extend(self.follow_band());
        effects
    }

    fn filter(&mut self) -> Vec<Effect> {
        if self.focus != Pane::Invites {
            self.toast(Tone::Plain, "There is nothing to filter here: / searches.");
            return Vec::new();
        }
        let at = self.invites.status.and_then(|status| Status::ALL.iter().position(|&s| s == status));
        self.invites.status = Status::ALL.get(at.map_or(0, |at| at + 1)).copied();
        self.invites_renewed()
    }

    fn filter_kind(&mut self) -> Vec<Effect> {
        let at = self.invites.kind.and_then(|kind| Kind::ALL.iter().position(|&k| k == kind));
        self.invites.kind = Kind::ALL.get(at.map_or(0, |at| at + 1)).copied();
        self.invites_renewed()
    }

    /// Other invites are asked for: what is marked may not be among them.
    fn invites_renewed(&mut self) -> Vec<Effect> {
        self.clear_marks();
        self.invites.list.renew();
        self.abandon_pages(Pane::Invites)
    }

    fn sort(&mut self) -> Vec<Effect> {
        let at = SORTS.iter().position(|sort| *sort == self.invites.sort).unwrap_or(0);
        self.invites.sort = SORTS[(at + 1) % SORTS.len()];
        self.invites.list.renew();
        self.toast(Tone::Plain, format!("Invites: {}.", label::order(self.invites.sort)));
        Vec::new()
    }

    fn mark(&mut self) -> Vec<Effect> {
        if self.focus != Pane::Invites {
            self.toast(Tone::Plain, "Nothing is marked here: only invites can be.");
            return Vec::new();
        }
        if let Some(id) = self.chosen_invite().map(|invite| invite.id) {
            self.invites.all = false;
            self.invites.refused.remove(&id);
            if !self.invites.list.marked.remove(&id) {
                self.invites.list.marked.insert(id);
            }
            return self.step(1);
        }
        let grouped = self.invites.groups.is_some();
        self.toast(Tone::Plain, if grouped { super::rights::CAMPAIGN } else { "There is no invite here to mark." });
        Vec::new()
    }

    /// Esc: marks first, then the search, then the filter.
    fn back(&mut self) -> Vec<Effect> {
        if self.focus == Pane::Invites && self.several_chosen() {
            self.clear_marks();
        } else if !self.search().query.is_empty() {
            self.search_mut().query.clear();
            return self.search_changed();
        } else if self.focus == Pane::Invites && (self.invites.status.is_some() || self.invites.kind.is_some()) {
            (self.invites.status, self.invites.kind) = (None, None);
            return self.invites_renewed();
        } else if self.focus == Pane::Invites && self.invites.campaign.take().is_some() {
            return self.invites_renewed();
        } else if self.focus == Pane::Invites
            && self.invites.groups.as_ref().is_some_and(|groups| groups.open.is_some())
        {
            return self.fold_open();
        } else {
            self.toast = None;
        }
        Vec::new()
    }

    /// Whether Esc takes anything back in the pane in focus.
    pub(super) fn has_way_back(&self) -> bool {
        let invites = &self.invites;
        let narrowed = invites.status.is_some() || invites.kind.is_some() || invites.campaign.is_some();
        let unfolded = invites.groups.as_ref().is_some_and(|groups| groups.open.is_some());
        !self.search().query.is_empty()
            || self.focus == Pane::Invites && (self.several_chosen() || narrowed || unfolded)
    }

    /// The search in the pane in focus.
    pub const fn search(&self) -> &Search {
        self.search_in(self.focus)
    }

    pub(super) const fn search_in(&self, pane: Pane) -> &Search {
        match pane {
            Pane::Bands => &self.bands.search,
            Pane::Invites => &self.invites.search,
            Pane::Members => &self.members.search,
        }
    }

    fn search_mut(&mut self) -> &mut Search {
        match self.focus {
            Pane::Bands => &mut self.bands.search,
            Pane::Invites => &mut self.invites.search,
            Pane::Members => &mut self.members.search,
        }
    }

    fn search_key(&mut self, key: Key) -> Vec<Effect> {
        if key.is("enter") || key.is("down") || key.is("up") || key.is("tab") {
            self.search_mut().typing = false;
            return if key.is("down") { self.step(1) } else { Vec::new() };
        }
        if key.is("esc") {
            let search = self.search_mut();
            search.typing = false;
            if search.query.is_empty() {
                return Vec::new();
            }
            search.query.clear();
            return self.search_changed();
        }
        if self.search_mut().query.edit(key) { self.search_changed() } else { Vec::new() }
    }

    /// Asks the server for what is typed; what is shown stays until the answer is there.
    pub(super) fn search_changed(&mut self) -> Vec<Effect> {
        if matches!(self.overlays.last(), Some(Overlay::Finder(_))) {
            return self.find_again();
        }
        if matches!(self.overlays.last(), Some(Overlay::Form(_))) {
            return self.look_for_people();
        }
        if self.screen != Screen::Panes || !self.overlays.is_empty() {
            return Vec::new();
        }
        if self.focus == Pane::Invites {
            return self.invites_renewed();
        }
        in_pane!(self, self.focus, renew());
        self.abandon_pages(self.focus)
    }

    /// The text field that takes a paste now, and whether it holds several lines.
    pub(super) fn field_in_focus(&mut self) -> Option<(&mut TextField, bool)> {
        if self.overlays.is_empty() && self.screen == Screen::Panes {
            let search = self.search_mut();
            return search.typing.then_some((&mut search.query, false));
        }
        let form = match (self.overlays.last_mut(), &mut self.screen) {
            (Some(Overlay::Form(form)), _) | (None, Screen::Entry(form)) => form,
            (Some(Overlay::Palette { query, .. }), _) => return Some((query, false)),
            (Some(Overlay::Finder(finder)), _) if finder.sending.is_none() => return Some((&mut finder.query, false)),
            _ => return None,
        };
        if form.sending.is_some() || form.review.is_some() {
            return None;
        }
        let field = form.focused()?;
        let several = matches!(field.input, Input::Lines(_));
        Some((field.text_mut()?, several))
    }

    /// The topmost form was changed from outside its keys.
    pub(super) fn typed(&mut self) {
        let ((Some(Overlay::Form(form)), _) | (None, Screen::Entry(form))) =
            (self.overlays.last_mut(), &mut self.screen)
        else {
            return;
        };
        form.changed();
    }

    /// Puts the cursor on this line of a pane; whether it was there already.
    pub(super) fn pane_click(&mut self, pane: Pane, line: usize) -> bool {
        if pane == Pane::Invites && self.invites.groups.is_some() {
            return self.group_click(line);
        }
        let at = in_pane!(self, pane, top()) + line;
        let again = in_pane!(self, pane, selected_index()) == at && in_pane!(self, pane, len()) > at;
        in_pane!(self, pane, select_index(at));
        again
    }

    /// Sends for a page of a pane's list.
    pub(super) fn fetch(&mut self, pane: Pane, want: Want) -> Option<Effect> {
        let part = Page { limit: None, cursor: want.cursor() };
        let q = |search: &Search| {
            let text = search.query.text().trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let request = match pane {
            Pane::Bands => Request::Bands(BandQuery { scope: None, q: q(&self.bands.search), page: part }),
            // Folded campaigns show no invites.
            Pane::Invites if self.invites.groups.as_ref().is_some_and(|groups| groups.open.is_none()) => return None,
            Pane::Invites => {
                let query = InviteQuery {
                    status: self.invites.status,
                    kind: self.invites.kind,
                    campaign: self.invites_of(),
                    q: q(&self.invites.search),
                    sort: self.invites.sort,
                    page: part,
                    ..InviteQuery::default()
                };
                Request::Invites(self.band?, query)
            }
            Pane::Members => Request::Members(self.band?, MemberQuery { q: q(&self.members.search), page: part }),
        };
        let question = in_pane!(self, pane, question);
        Some(self.ask(Purpose::Page { pane, question, want }, request).1)
    }
}

const fn next(pane: Pane) -> Pane {
    match pane {
        Pane::Bands => Pane::Invites,
        Pane::Invites => Pane::Members,
        Pane::Members => Pane::Bands,
    }
}
