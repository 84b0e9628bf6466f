//! Lists over the panes: opening, moving, marking, narrowing, their rows in full, and what is asked before anything is
//! done to them.

use super::{
    super::{
        keymap::{Action, Key},
        listing::{Entry, EntryId, Start, Topic},
        message::Effect,
        model::{Listing, Model, Overlay, Pane, Purpose, Row as _, Shown, Tone, Want},
        request::{Answer, Request},
        view,
    },
    answer::words,
};
use crate::{
    api::{Code, MAX_LIMIT},
    client::{Error, Page},
};

impl Model {
    /// Opens the list of this action over the panes.
    pub(super) fn open_listing(&mut self, action: Action) -> Vec<Effect> {
        let Some(topic) = Topic::opened_by(action) else { return Vec::new() };
        let mut effects = self.close_listings();
        let serial = self.fresh();
        let band = self.band.filter(|_| topic.listed().is_of_band());
        self.open(Overlay::Listing(Box::new(Listing::new(topic, serial, band))));
        if let Some(band) = band.filter(|_| topic == Topic::Codes) {
            let page = Page { limit: Some(MAX_LIMIT), cursor: None };
            effects.push(self.ask(Purpose::Batches(serial), Request::Campaigns(band, page)).1);
        }
        effects
    }

    /// What the batches of codes are called; without that the list goes without.
    pub(super) fn batches_known(&mut self, serial: u64, result: Result<Answer, Error>) -> Vec<Effect> {
        if let (Some(listing), Ok(Answer::Campaigns(found))) = (self.listing_mut(), result)
            && listing.serial == serial
        {
            listing.batches = found.campaigns.into_iter().map(|batch| (batch.id, batch.name)).collect();
        }
        Vec::new()
    }

    /// Closes what lies over the panes down to the lowest list, and that with it.
    pub(super) fn close_listings(&mut self) -> Vec<Effect> {
        if let Some(at) = self.overlays.iter().position(|overlay| matches!(overlay, Overlay::Listing(_))) {
            self.overlays.truncate(at);
        }
        self.abandon(|purpose| matches!(purpose, Purpose::Listing { .. }))
    }

    pub(super) fn listing_key(&mut self, key: Key) -> Vec<Effect> {
        match self.settings.keymap.action(self.scope(), key) {
            Some(action) => self.listing_act(action),
            None => Vec::new(),
        }
    }

    /// What an action does while a list lies on top.
    pub(super) fn listing_act(&mut self, action: Action) -> Vec<Effect> {
        let page = isize::try_from(self.areas().listing_height()).unwrap_or(1).max(1);
        let Some(listing) = self.listing() else { return Vec::new() };
        let opener = listing.topic.listed().about().opened_by;
        if Topic::of(action.binding().scope) == Some(listing.topic) {
            let entries: Vec<_> = if listing.marked.is_empty() {
                listing.chosen().cloned().into_iter().collect()
            } else {
                listing.marked.values().cloned().collect()
            };
            return self.own_act(action, &entries);
        }
        let (is_page, is_outline) = (listing.topic.listed().is_page(), listing.is_outline());
        if is_page && self.scroll_page(action) || is_outline && self.fold_by(action) {
            return Vec::new();
        }
        match action {
            Action::Down => self.listing_step(1),
            Action::Up => self.listing_step(-1),
            Action::PageDown => self.listing_step(page),
            Action::PageUp => self.listing_step(-page),
            Action::First => self.listing_jump(false),
            Action::Last => self.listing_jump(true),
            Action::Mark => self.mark_entry(),
            Action::Filter => self.narrow(),
            Action::Open => self.show_entry(),
            Action::Back => self.listing_back(),
            Action::Quit => self.close_listings(),
            Action::Refresh => self.refresh(),
            Action::Suspend => vec![Effect::Suspend],
            _ if action == opener => self.close_listings(),
            Action::Search => {
                self.toast(Tone::Plain, "There is nothing to search here.");
                Vec::new()
            }
            Action::NextPane
            | Action::PreviousPane
            | Action::Left
            | Action::Right
            | Action::BandsPane
            | Action::InvitesPane
            | Action::MembersPane => {
                let mut effects = self.close_listings();
                effects.extend(self.act(action));
                effects
            }
            other => self.act_on(other),
        }
    }

    /// Whether this action scrolled a page that is read.
    fn scroll_page(&mut self, action: Action) -> bool {
        let most = i32::from(view::most_scroll(self));
        let page = i32::try_from(self.areas().listing_height()).unwrap_or(1).max(1);
        let by = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::PageDown | Action::Mark => page,
            Action::PageUp => -page,
            Action::Last => most,
            Action::First => -most,
            // There is nothing more to open.
            Action::Open => 0,
            _ => return false,
        };
        if let Some(listing) = self.listing_mut() {
            listing.scroll = u16::try_from((i32::from(listing.scroll) + by).clamp(0, most)).unwrap_or(0);
        }
        true
    }

    /// Whether this action folded or unfolded a row, or led to the one that it is below.
    fn fold_by(&mut self, action: Action) -> bool {
        let Some(listing) = self.listing_mut() else { return false };
        let done = match action {
            Action::Open => listing.fold(None),
            // There is nothing more to unfold, and the panes are not to the right.
            Action::Right => {
                listing.fold(Some(true));
                true
            }
            Action::Left => {
                if !listing.fold(Some(false)) {
                    listing.to_parent();
                }
                true
            }
            _ => false,
        };
        if done {
            self.listing_scroll();
        }
        done
    }

    pub(super) fn listing_step(&mut self, by: isize) -> Vec<Effect> {
        if self.listing().is_some_and(|listing| listing.topic.listed().is_page()) {
            for _ in 0..by.unsigned_abs() {
                self.scroll_page(if by > 0 { Action::Down } else { Action::Up });
            }
            return Vec::new();
        }
        if let Some(listing) = self.listing_mut() {
            listing.step(by);
        }
        self.listing_scroll();
        Vec::new()
    }

    fn listing_jump(&mut self, end: bool) -> Vec<Effect> {
        let Some(listing) = self.listing() else { return Vec::new() };
        if listing.list.has_more(end) {
            return self.listing_fetch(None, Want::Anew(end.then(|| "last".to_owned()))).into_iter().collect();
        }
        // No list holds so many rows.
        self.listing_step(if end { 1_000_000 } else { -1_000_000 })
    }

    /// A click on this row of the screen: it chooses, and opens what is chosen already.
    pub(super) fn listing_click(&mut self, row: u16) -> Vec<Effect> {
        let areas = self.areas();
        // Below the upper line and the headings.
        let line = row.checked_sub(areas.body().y + 2).map(usize::from);
        let Some(line) = line.filter(|&line| line < areas.listing_height()) else { return Vec::new() };
        let Some(listing) = self.listing_mut().filter(|listing| !listing.topic.listed().is_page()) else {
            return Vec::new();
        };
        let at = |listing: &Listing| {
            if listing.is_outline() { listing.outline_at().0 } else { listing.list.selected_index() }
        };
        let (before, top) =
            (at(listing), if listing.is_outline() { listing.outline_at().1 } else { listing.list.top() });
        listing.select_line(top + line);
        if before == top + line && at(listing) == before && listing.chosen().is_some() {
            return self.listing_act(Action::Open);
        }
        Vec::new()
    }

    /// Keeps the row under the cursor on the screen.
    fn listing_scroll(&mut self) {
        let height = self.areas().listing_height();
        if let Some(listing) = self.listing_mut() {
            listing.show(height);
        }
    }

    fn mark_entry(&mut self) -> Vec<Effect> {
        if self.listing().is_some_and(|listing| !listing.topic.listed().is_marking()) {
            self.toast(Tone::Plain, "Nothing is marked here: there is nothing to do to several at once.");
            return Vec::new();
        }
        let Some(listing) = self.listing_mut() else { return Vec::new() };
        let Some(entry) = listing.list.selected().cloned() else {
            self.toast(Tone::Plain, "There is nothing here to mark.");
            return Vec::new();
        };
        if listing.marked.remove(&entry.id()).is_none() {
            listing.marked.insert(entry.id(), entry);
        }
        self.listing_step(1)
    }

    /// The next of the list's filters.
    fn narrow(&mut self) -> Vec<Effect> {
        let Some(listing) = self.listing() else { return Vec::new() };
        if !listing.topic.listed().is_narrowing(self) {
            self.toast(Tone::Plain, "There is nothing to filter here.");
            return Vec::new();
        }
        let form = listing.topic.listed().filter_form(listing, self);
        if let Some(form) = form {
            self.open(Overlay::Form(form));
            return Vec::new();
        }
        let Some(listing) = self.listing_mut() else { return Vec::new() };
        let count = listing.topic.listed().filters().len().max(1);
        listing.narrowed = (listing.narrowed + 1) % count;
        self.listing_anew()
    }

    /// The question has changed: marks go, since what is marked may not fit it.
    pub(super) fn listing_anew(&mut self) -> Vec<Effect> {
        if let Some(listing) = self.listing_mut() {
            listing.marked.clear();
            listing.problem = None;
            listing.renew();
        }
        self.abandon(|purpose| matches!(purpose, Purpose::Listing { .. }))
    }

    /// Esc: marks first, then the filter, then the list.
    fn listing_back(&mut self) -> Vec<Effect> {
        let Some(listing) = self.listing_mut() else { return Vec::new() };
        if !listing.marked.is_empty() {
            listing.marked.clear();
            return Vec::new();
        }
        if listing.is_narrowed() {
            listing.widen();
            return self.listing_anew();
        }
        if listing.batch.is_some() {
            // It lies over the list that it was opened from.
            let serial = listing.serial;
            self.overlays.pop();
            return self.abandon(|purpose| matches!(purpose, Purpose::Listing { serial: of, .. } if *of == serial));
        }
        self.close_listings()
    }

    fn show_entry(&mut self) -> Vec<Effect> {
        let Some(listing) = self.listing() else { return Vec::new() };
        let topic = listing.topic;
        match listing.chosen().cloned() {
            Some(entry) => self.open(Overlay::Shown(Box::new(Shown { topic, entry, scroll: 0 }))),
            None => self.toast(Tone::Plain, "There is nothing here to open."),
        }
        Vec::new()
    }

    /// In a row's details the list's own keys act on that row.
    pub(super) fn shown_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(Overlay::Shown(shown)) = self.overlays.last() else { return Vec::new() };
        let (topic, entry) = (shown.topic, shown.entry.clone());
        match self.settings.keymap.action(topic.listed().about().scope, key) {
            Some(action) if Topic::of(action.binding().scope) == Some(topic) => self.own_act(action, &[entry]),
            Some(Action::Help) => self.act(Action::Help),
            _ => self.close_on(key, Action::Open),
        }
    }

    /// An action of the list itself: done at once where it only shows something else, asked about where it changes something.
    fn own_act(&mut self, action: Action, entries: &[Entry]) -> Vec<Effect> {
        match action {
            Action::ByPerson | Action::OfInvite | Action::OfAction | Action::ExportTrail => {
                self.trail_act(action, entries)
            }
            Action::SetQuota => self.open_quota_form(action),
            Action::ShowPerson if matches!(self.overlays.last(), Some(Overlay::Shown(_))) => {
                self.overlays.pop();
                Vec::new()
            }
            Action::ShowPerson => self.show_entry(),
            Action::FoldAll => {
                if let Some(listing) = self.listing_mut() {
                    listing.fold_all();
                }
                self.listing_scroll();
                Vec::new()
            }
            _ => self.ask_about(action, entries),
        }
    }

    /// Asks before an action of the list is done to these rows, or opens what it opens; says so where it cannot be done to
    /// one of them.
    fn ask_about(&mut self, action: Action, entries: &[Entry]) -> Vec<Effect> {
        let Some(listing) = self.listing() else { return Vec::new() };
        let listed = listing.topic.listed();
        let refused = entries.iter().find_map(|entry| listed.refusal(action, entry));
        let refused = self.barred(action).or(refused);
        if refused.is_none()
            && let Some(start) = listed.start(action, entries, listing, self)
        {
            return self.begin(start);
        }
        let question = listed.question(action, entries, listing).filter(|_| !entries.is_empty());
        match (refused, question) {
            (Some(why), _) => self.toast(Tone::Plain, why),
            (None, Some(question)) => self.open(Overlay::Confirm(question)),
            (None, None) => self.toast(Tone::Plain, "There is nothing here to do that to."),
        }
        Vec::new()
    }

    /// What an action of a list does that asks nothing first.
    fn begin(&mut self, start: Start) -> Vec<Effect> {
        match start {
            Start::Form(form) => self.show_form(form),
            Start::Ask(purpose, request) => vec![self.ask(purpose, *request).1],
            Start::Invite(mut form) => {
                form.follow(&self.settings.zone);
                let mut effects = self.close_listings();
                self.move_focus(Pane::Invites);
                effects.extend(self.show_form(form));
                effects
            }
            Start::Cards(batch, name) => {
                let serial = self.fresh();
                let cards = Listing { batch: Some((batch, name)), ..Listing::new(Topic::Cards, serial, None) };
                self.open(Overlay::Listing(Box::new(cards)));
                Vec::new()
            }
            Start::Copy(link) => self.copy_unseen(link),
            Start::Show(link, qr) => {
                self.show_held(link, qr);
                Vec::new()
            }
            Start::ToInvites(campaign, name) => self.show_campaign(campaign, name),
        }
    }

    /// Everything that was asked about is done.
    pub(super) fn listing_done(&mut self, said: &str) -> Vec<Effect> {
        if matches!(self.overlays.last(), Some(Overlay::Shown(_))) {
            self.overlays.pop();
        }
        if let Some(listing) = self.listing_mut() {
            listing.marked.clear();
        }
        self.toast(Tone::Good, said);
        let mut effects = self.listing_again();
        effects.extend(self.poll_now());
        effects
    }

    /// What is on the screen of the topmost list once more.
    pub(super) fn listing_again(&mut self) -> Vec<Effect> {
        let height = self.areas().listing_height();
        let Some(listing) = self.listing_mut() else { return Vec::new() };
        listing.problem = None;
        listing.unstick();
        let wants = listing.again(height);
        wants.into_iter().filter_map(|(of, want)| self.listing_fetch(of, want)).collect()
    }

    /// What the topmost list asks for on its own.
    pub(super) fn listing_wanted(&mut self) -> Option<Effect> {
        let height = self.areas().listing_height();
        let listing = self.listing()?;
        let (serial, present) = (listing.serial, listing.list.question);
        let (of, want) = listing.next_want(height)?;
        let on_its_way = self.waiting.values().any(|purpose| match purpose {
            Purpose::Listing { serial: opened, of: below, question, want } => {
                (*opened, *below, *question) == (serial, of, present) && !matches!(want, Want::Again(_))
            }
            _ => false,
        });
        if on_its_way { None } else { self.listing_fetch(of, want) }
    }

    /// Asks for a page of the topmost list, or of what is below one of its rows.
    fn listing_fetch(&mut self, of: Option<EntryId>, want: Want) -> Option<Effect> {
        let listing = self.listing()?;
        let (serial, question) = (listing.serial, listing.list.question);
        let (listed, page) = (listing.topic.listed(), Page { limit: None, cursor: want.cursor() });
        let request = match of {
            None => listed.request(listing, page),
            Some(of) => listed.branch_request(listing, of, page),
        };
        Some(self.ask(Purpose::Listing { serial, of, question, want }, request?).1)
    }

    /// A page of a list has come, or cannot be had.
    pub(super) fn listing_known(
        &mut self,
        (serial, question): (u64, u64),
        of: Option<EntryId>,
        want: &Want,
        result: Result<Answer, Error>,
    ) -> Vec<Effect> {
        let listing =
            self.listing_mut().filter(|listing| (listing.serial, listing.list.question) == (serial, question));
        let Some(listing) = listing else { return Vec::new() };
        match result {
            Ok(answer) => {
                let Some(mut page) = listing.topic.listed().page(answer) else { return Vec::new() };
                page.cursor = want.cursor();
                listing.problem = None;
                listing.take(of, want, page);
                self.listing_scroll();
                self.show_again();
                Vec::new()
            }
            Err(error) => {
                let Some(list) = listing.list_of(of) else { return Vec::new() };
                list.stuck = true;
                if error.code() == Some(Code::Validation) && want.cursor().is_some_and(|cursor| cursor != "last") {
                    // A cursor that the server no longer takes.
                    listing.renew();
                    return Vec::new();
                }
                if error.is_unauthenticated() {
                    return self.signed_out();
                }
                if error.is_offline() {
                    return self.unreachable(&error);
                }
                listing.problem = Some(words(&error));
                Vec::new()
            }
        }
    }

    /// The row that is open in full is shown as it is now.
    fn show_again(&mut self) {
        let now = self.listing().map(|listing| listing.list.rows().cloned().collect::<Vec<_>>());
        let shown = self.overlays.iter_mut().find_map(|overlay| match overlay {
            Overlay::Shown(shown) => Some(shown),
            _ => None,
        });
        if let (Some(rows), Some(shown)) = (now, shown)
            && let Some(row) = rows.into_iter().find(|row| row.id() == shown.entry.id())
        {
            shown.entry = row;
        }
    }
}
