//! A list whose rows unfold into lists of their own, as who invited whom: lines, a cursor over all of them, and what of it is
//! held.

#[cfg(test)]
use super::list::{MOST_PAGES, PAGE};
use super::{List, Listing, PageOf, Row as _, Want};
use crate::tui::listing::{Entry, EntryId};

/// How many rows are unfolded at most; the one that was unfolded first folds by itself.
const MOST_OPEN: usize = 24;

/// The rows that a list holds at most, however long it is, where all that can be is unfolded.
#[cfg(test)]
pub(crate) const MOST_HELD: usize = (MOST_OPEN + 1) * (MOST_PAGES + 1) * PAGE;

/// What is unfolded of a list, and where the cursor is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outline {
    /// What is below each unfolded row, in the order of unfolding.
    branches: Vec<(EntryId, List<Entry>)>,
    /// The line under the cursor.
    selected: usize,
    /// The first line on the screen.
    top: usize,
}

/// A line of an outline.
#[derive(Debug, Clone, PartialEq)]
pub enum OutlineLine<'a> {
    /// A row.
    Row {
        /// How many rows it is below.
        depth: usize,
        /// The row.
        entry: &'a Entry,
        /// Whether it is unfolded.
        open: bool,
    },
    /// More of a list, which is not held.
    More {
        /// How many rows it is below.
        depth: usize,
        /// Whose list; the outermost one where it is missing.
        of: Option<EntryId>,
        /// Which page comes next.
        want: Want,
    },
}

impl OutlineLine<'_> {
    fn id(&self) -> Option<EntryId> {
        match self {
            Self::Row { entry, .. } => Some(entry.id()),
            Self::More { .. } => None,
        }
    }
}

impl Listing {
    /// Whether its rows unfold.
    pub fn is_outline(&self) -> bool {
        self.topic.listed().is_outline()
    }

    /// The lines of an outline.
    pub fn lines(&self) -> Vec<OutlineLine<'_>> {
        let mut lines = Vec::new();
        self.grow(None, &self.list, &mut Vec::new(), &mut lines);
        lines
    }

    fn grow<'a>(
        &'a self,
        of: Option<EntryId>,
        list: &'a List<Entry>,
        path: &mut Vec<EntryId>,
        lines: &mut Vec<OutlineLine<'a>>,
    ) {
        let depth = path.len();
        if !list.loaded {
            lines.push(OutlineLine::More { depth, of, want: Want::Anew(None) });
            return;
        }
        lines.extend(list.before().map(|cursor| OutlineLine::More {
            depth,
            of,
            want: Want::Before(cursor.to_owned()),
        }));
        for entry in list.rows() {
            let id = entry.id();
            // Who is found below themselves would be drawn without end.
            let branch = self.branch(id).filter(|_| !path.contains(&id));
            lines.push(OutlineLine::Row { depth, entry, open: branch.is_some() });
            if let Some(branch) = branch {
                path.push(id);
                self.grow(Some(id), branch, path, lines);
                path.pop();
            }
        }
        lines.extend(list.behind().map(|cursor| OutlineLine::More {
            depth,
            of,
            want: Want::Behind(cursor.to_owned()),
        }));
    }

    fn branch(&self, of: EntryId) -> Option<&List<Entry>> {
        self.outline.branches.iter().find(|(id, _)| *id == of).map(|(_, list)| list)
    }

    /// The list below a row, or the outermost one.
    pub fn list_of(&mut self, of: Option<EntryId>) -> Option<&mut List<Entry>> {
        match of {
            None => Some(&mut self.list),
            Some(of) => self.outline.branches.iter_mut().find(|(id, _)| *id == of).map(|(_, list)| list),
        }
    }

    /// The row under the cursor.
    pub fn chosen(&self) -> Option<&Entry> {
        if !self.is_outline() {
            return self.list.selected();
        }
        match self.lines().get(self.outline.selected) {
            Some(OutlineLine::Row { entry, .. }) => Some(entry),
            _ => None,
        }
    }

    /// The line under the cursor and the first one on the screen.
    pub const fn outline_at(&self) -> (usize, usize) {
        (self.outline.selected, self.outline.top)
    }

    /// Moves the cursor by so many rows, stopping at the ends of what is held.
    pub fn step(&mut self, by: isize) {
        if !self.is_outline() {
            return self.list.step(by);
        }
        let rows = self.row_lines();
        let at = rows.iter().rposition(|&line| line <= self.outline.selected).unwrap_or(0);
        let to = at.saturating_add_signed(by).min(rows.len().saturating_sub(1));
        self.outline.selected = rows.get(to).copied().unwrap_or(0);
    }

    /// Puts the cursor on a line that is held.
    pub fn select_line(&mut self, line: usize) {
        if !self.is_outline() {
            return self.list.select_index(line);
        }
        if self.row_lines().contains(&line) {
            self.outline.selected = line;
        }
    }

    fn row_lines(&self) -> Vec<usize> {
        let lines = self.lines();
        lines.iter().enumerate().filter(|(_, line)| line.id().is_some()).map(|(at, _)| at).collect()
    }

    /// Scrolls so that the cursor is among `height` lines on the screen.
    pub fn show(&mut self, height: usize) {
        if !self.is_outline() {
            return self.list.show(height);
        }
        let (height, count) = (height.max(1), self.lines().len());
        let Outline { selected, top, .. } = &mut self.outline;
        *top = (*top).min(*selected).max((*selected + 1).saturating_sub(height)).min(count.saturating_sub(height));
    }

    /// Unfolds the row under the cursor, or folds it. `false` where there is nothing below it.
    pub fn fold(&mut self, open: Option<bool>) -> bool {
        let Some(entry) = self.chosen() else { return false };
        let (id, unfolds) = (entry.id(), self.topic.listed().unfolds(entry));
        let is_open = self.branch(id).is_some();
        if !unfolds && !is_open || open == Some(is_open) {
            return false;
        }
        if is_open {
            self.outline.branches.retain(|(of, _)| *of != id);
            return true;
        }
        let above = self.above();
        if self.outline.branches.len() >= MOST_OPEN
            && let Some(oldest) = self.outline.branches.iter().position(|(of, _)| !above.contains(of))
        {
            self.keeping_the_cursor(|listing| {
                listing.outline.branches.remove(oldest);
            });
        }
        self.outline.branches.push((id, List::default()));
        true
    }

    /// Folds everything; the cursor goes to the outermost row that it is below.
    pub fn fold_all(&mut self) {
        let outermost = self.above().first().copied();
        self.outline.branches.clear();
        self.outline.selected = outermost
            .or_else(|| self.chosen().map(super::Row::id))
            .and_then(|id| self.lines().iter().position(|line| line.id() == Some(id)))
            .unwrap_or(0);
    }

    /// Puts the cursor on the row that the one under it is below. `false` where there is none.
    pub fn to_parent(&mut self) -> bool {
        let parent = self.above().last().copied();
        let at = parent.and_then(|id| self.lines().iter().position(|line| line.id() == Some(id)));
        self.outline.selected = at.unwrap_or(self.outline.selected);
        at.is_some()
    }

    /// The rows that the one under the cursor is below, the outermost first.
    fn above(&self) -> Vec<EntryId> {
        let mut path = Vec::new();
        for line in self.lines().iter().take(self.outline.selected + 1) {
            if let OutlineLine::Row { depth, entry, .. } = line {
                path.truncate(*depth);
                path.push(entry.id());
            }
        }
        path.pop();
        path
    }

    /// The page that is to be fetched now, and below which row: what is missing near the cursor.
    pub fn next_want(&self, height: usize) -> Option<(Option<EntryId>, Want)> {
        if !self.is_outline() {
            return self.list.next_want(height).map(|want| (None, want));
        }
        let near = self.outline.selected.saturating_sub(height)..=self.outline.selected + height;
        let lines = self.lines();
        let missing = lines.iter().enumerate().filter(|(at, _)| near.contains(at));
        missing.into_iter().find_map(|(_, line)| match line {
            OutlineLine::More { of, want, .. } => {
                let list = of.map_or(Some(&self.list), |of| self.branch(of))?;
                (!list.stuck).then(|| (*of, want.clone()))
            }
            OutlineLine::Row { .. } => None,
        })
    }

    /// The pages that have a row on the screen, and below which rows they are: what a change makes stale.
    pub fn again(&self, height: usize) -> Vec<(Option<EntryId>, Want)> {
        if !self.is_outline() {
            return self.list.on_screen(height).into_iter().map(|want| (None, want)).collect();
        }
        let lines = self.lines();
        let seen: Vec<_> =
            lines.iter().skip(self.outline.top).take(height.max(1)).filter_map(OutlineLine::id).collect();
        let branches = self.outline.branches.iter().map(|(of, list)| (Some(*of), list));
        let lists = std::iter::once((None, &self.list)).chain(branches);
        let mut wants: Vec<_> =
            lists.flat_map(|(of, list)| list.pages_with(&seen).into_iter().map(move |want| (of, want))).collect();
        if wants.is_empty() {
            wants.push((None, Want::Again(None)));
        }
        wants
    }

    /// Takes a page that was wanted; the cursor stays on its row.
    pub fn take(&mut self, of: Option<EntryId>, want: &Want, page: PageOf<Entry>) {
        if !self.is_outline() {
            return self.list.take(want, page);
        }
        let jumps = of.is_none() && matches!(want, Want::Anew(_));
        let begins = jumps && !self.list.loaded && self.narrowed == 0;
        self.keeping_the_cursor(|listing| {
            if let Some(list) = listing.list_of(of) {
                list.take(want, page);
            }
        });
        if jumps {
            let to_end = want.cursor().is_some();
            self.outline.selected = if to_end { usize::MAX } else { 0 };
            self.step(0);
        }
        if begins {
            self.unfold_first();
        }
    }

    /// What lies below the first row that has something below it is shown without a key.
    fn unfold_first(&mut self) {
        let listed = self.topic.listed();
        let first = self.list.rows().find(|entry| listed.unfolds(entry)).map(super::Row::id);
        if let Some(id) = first.filter(|id| self.branch(*id).is_none()) {
            self.outline.branches.push((id, List::default()));
        }
    }

    /// Changes what is held; the cursor stays on its row where that is still there, else near it.
    fn keeping_the_cursor(&mut self, change: impl FnOnce(&mut Self)) {
        let before = self.outline.selected;
        let id = self.lines().get(before).and_then(OutlineLine::id);
        let from_top = before.saturating_sub(self.outline.top);
        change(self);
        let lines = self.lines();
        let there = lines.iter().enumerate().filter(|(_, line)| line.id().is_some() && line.id() == id);
        let found = there.map(|(at, _)| at).min_by_key(|at| at.abs_diff(before));
        let last = lines.len().saturating_sub(1);
        self.outline.selected = found.unwrap_or(before).min(last);
        self.outline.top = self.outline.selected.saturating_sub(from_top);
        self.step(0);
    }

    /// Pages that could not be had may be asked for again.
    pub fn unstick(&mut self) {
        self.list.stuck = false;
        for (_, list) in &mut self.outline.branches {
            list.stuck = false;
        }
    }

    /// The question has changed: nothing is unfolded.
    pub fn renew(&mut self) {
        self.outline = Outline::default();
        self.list.renew();
    }
}
