//! A list as a window on the server's pages: what is held is a few pages around what is on screen, whatever the size
//! of the whole.

use std::collections::{BTreeSet, VecDeque};

/// Something with an identity that survives being fetched again.
pub trait Row {
    /// What tells rows apart.
    type Id: Copy + Ord + std::fmt::Debug;
    /// The row's identity.
    fn id(&self) -> Self::Id;
}

/// How many pages are held at most, where they have rows enough.
pub(super) const MOST_PAGES: usize = 4;

/// Rows of a page, where nothing else is asked for.
#[cfg(test)]
pub(super) const PAGE: usize = 50;

/// Rows that are kept when a page is let go: short pages of a sparse list are held until it can be seen.
const KEPT_ROWS: usize = 150;

/// A page as it was fetched.
#[derive(Debug, Clone, PartialEq)]
pub struct PageOf<T> {
    /// The cursor it was asked with; `None` is the beginning.
    pub cursor: Option<String>,
    /// Its rows.
    pub rows: Vec<T>,
    /// Where the page before begins.
    pub prev: Option<String>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl<T> PageOf<T> {
    /// The only page of a list of one row.
    pub fn alone(row: T) -> Self {
        Self { cursor: None, rows: vec![row], prev: None, next: None }
    }

    /// A page of an answer, between these cursors, each of its rows made of what was found. The cursor is the caller's to
    /// fill in.
    pub fn between<F>(prev: Option<String>, next: Option<String>, found: Vec<F>, row: impl FnMut(F) -> T) -> Self {
        Self { cursor: None, rows: found.into_iter().map(row).collect(), prev, next }
    }
}

/// Which page is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// The list anew, from a cursor (`None`: the beginning, `last`: the end).
    Anew(Option<String>),
    /// The page before the window, by its cursor.
    Before(String),
    /// The page behind the window, by its cursor.
    Behind(String),
    /// A page of the window again, by the cursor it was fetched with.
    Again(Option<String>),
}

impl Want {
    /// The cursor to ask with.
    pub fn cursor(&self) -> Option<String> {
        match self {
            Self::Anew(cursor) | Self::Again(cursor) => cursor.clone(),
            Self::Before(cursor) | Self::Behind(cursor) => Some(cursor.clone()),
        }
    }
}

/// A window on a list of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T: Row> {
    pages: VecDeque<PageOf<T>>,
    selected: usize,
    /// The first row on screen.
    top: usize,
    /// Marked rows, on screen or not.
    pub marked: BTreeSet<T::Id>,
    /// Grows when the question changes (person, band, filter, search): answers to older questions are dropped.
    pub question: u64,
    /// Whether anything was ever answered to this question.
    pub loaded: bool,
    /// Whether the last fetch failed, so that no other is tried until the server is heard again.
    pub stuck: bool,
}

impl<T: Row> Default for List<T> {
    fn default() -> Self {
        Self {
            pages: VecDeque::new(),
            selected: 0,
            top: 0,
            marked: BTreeSet::new(),
            question: 0,
            loaded: false,
            stuck: false,
        }
    }
}

impl<T: Row> List<T> {
    /// Rows held.
    pub fn len(&self) -> usize {
        self.pages.iter().map(|page| page.rows.len()).sum()
    }

    /// Whether no row is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows held, in order.
    pub fn rows(&self) -> impl Iterator<Item = &T> {
        self.pages.iter().flat_map(|page| &page.rows)
    }

    /// The row with the cursor on it.
    pub fn selected(&self) -> Option<&T> {
        self.rows().nth(self.selected)
    }

    /// Index of the selected row among those held.
    pub const fn selected_index(&self) -> usize {
        self.selected
    }

    /// Index of the first row on screen among those held.
    pub const fn top(&self) -> usize {
        self.top
    }

    /// The cursor of the page before the rows held.
    pub fn before(&self) -> Option<&str> {
        self.pages.front().and_then(|page| page.prev.as_deref())
    }

    /// The cursor of the page behind the rows held.
    pub fn behind(&self) -> Option<&str> {
        self.pages.back().and_then(|page| page.next.as_deref())
    }

    /// The pages held that have one of these rows, to be fetched again.
    pub fn pages_with(&self, ids: &[T::Id]) -> Vec<Want> {
        let has = |page: &&PageOf<T>| page.rows.iter().any(|row| ids.contains(&row.id()));
        self.pages.iter().filter(has).map(|page| Want::Again(page.cursor.clone())).collect()
    }

    /// Whether there is more before the rows held.
    pub fn has_before(&self) -> bool {
        self.pages.front().is_some_and(|page| page.prev.is_some())
    }

    /// Whether there is more behind the rows held.
    pub fn has_behind(&self) -> bool {
        self.pages.back().is_some_and(|page| page.next.is_some())
    }

    /// Whether there is more in the direction of the end, or else of the beginning.
    pub fn has_more(&self, end: bool) -> bool {
        if end { self.has_behind() } else { self.has_before() }
    }

    /// Puts the cursor on the row of this identity, if it is held.
    pub fn select(&mut self, id: T::Id) -> bool {
        let found = self.rows().position(|row| row.id() == id);
        if let Some(at) = found {
            self.selected = at;
        }
        found.is_some()
    }

    /// Puts the cursor on a row by its index, at most the last.
    pub fn select_index(&mut self, index: usize) {
        self.selected = index.min(self.len().saturating_sub(1));
    }

    /// Moves the cursor by so many rows, stopping at the ends of what is held.
    pub fn step(&mut self, by: isize) {
        self.select_index(self.selected.saturating_add_signed(by));
    }

    /// Scrolls so that the selected row is among `height` rows on screen.
    pub fn show(&mut self, height: usize) {
        let height = height.max(1);
        self.top = self.top.min(self.selected).max((self.selected + 1).saturating_sub(height));
        self.top = self.top.min(self.len().saturating_sub(height));
    }

    /// What has to be fetched so that the cursor can go on `height` rows in either direction.
    pub fn wants(&self, height: usize) -> Option<Want> {
        if self.selected + height >= self.len()
            && let Some(next) = self.pages.back().and_then(|page| page.next.clone())
        {
            return Some(Want::Behind(next));
        }
        if self.selected < height {
            return self.pages.front().and_then(|page| page.prev.clone()).map(Want::Before);
        }
        None
    }

    /// The cursors of the pages that have a row among the `height` on screen: what a change makes stale. Pages of a
    /// sparse list that nothing was found on are left alone.
    pub fn on_screen(&self, height: usize) -> Vec<Want> {
        let (first, last) = (self.top, self.top + height.max(1));
        let mut start = 0;
        let mut wants = Vec::new();
        for page in &self.pages {
            let end = start + page.rows.len();
            if start < last && end > first && start < end {
                wants.push(Want::Again(page.cursor.clone()));
            }
            start = end;
        }
        if wants.is_empty() {
            wants.push(Want::Again(None));
        }
        wants
    }

    /// Takes a page that was wanted. The cursor stays on its row if that is still there, else near it.
    pub fn take(&mut self, want: &Want, page: PageOf<T>) {
        let id = self.selected().map(Row::id);
        self.loaded = true;
        match want {
            Want::Anew(cursor) => {
                self.pages = VecDeque::from([page]);
                self.selected = if cursor.is_some() { self.len().saturating_sub(1) } else { 0 };
                self.top = 0;
                return;
            }
            Want::Behind(cursor) => {
                if self.pages.back().and_then(|last| last.next.as_ref()) != Some(cursor) {
                    return;
                }
                self.pages.push_back(page);
                while let Some(gone) = self.pages.front().map(|page| page.rows.len()).filter(|rows| self.spares(*rows))
                {
                    self.pages.pop_front();
                    self.top = self.top.saturating_sub(gone);
                    self.selected = self.selected.saturating_sub(gone);
                }
            }
            Want::Before(cursor) => {
                if self.pages.front().and_then(|first| first.prev.as_ref()) != Some(cursor) {
                    return;
                }
                self.top += page.rows.len();
                self.selected += page.rows.len();
                self.pages.push_front(page);
                while self.pages.back().is_some_and(|page| self.spares(page.rows.len())) {
                    self.pages.pop_back();
                }
            }
            Want::Again(cursor) => match self.pages.iter().position(|held| held.cursor == *cursor) {
                Some(at) => {
                    self.pages[at] = page;
                    self.close_gaps(at);
                }
                None if self.pages.is_empty() => self.pages = VecDeque::from([page]),
                None => return,
            },
        }
        if let Some(id) = id {
            self.drop_doubles();
            self.select(id);
        }
        self.select_index(self.selected);
    }

    /// What has to be fetched now: the beginning where nothing is known, else as [`List::wants`].
    pub fn next_want(&self, height: usize) -> Option<Want> {
        if self.stuck {
            return None;
        }
        if self.loaded { self.wants(height) } else { Some(Want::Anew(None)) }
    }

    /// The question has changed: what is held stays to be seen until the answer is there.
    pub fn renew(&mut self) {
        self.question += 1;
        self.loaded = false;
        self.stuck = false;
    }

    /// The list is another one: nothing held has to do with it.
    pub fn clear(&mut self) {
        self.renew();
        self.pages.clear();
        self.marked.clear();
        self.selected = 0;
        self.top = 0;
    }

    /// Puts a row that the server is known to hold before all others, and the cursor on it.
    pub fn put_first(&mut self, row: T) {
        match self.pages.front_mut().filter(|page| page.prev.is_none()) {
            Some(page) => page.rows.insert(0, row),
            None => self.pages = VecDeque::from([PageOf { cursor: None, rows: vec![row], prev: None, next: None }]),
        }
        self.selected = 0;
        self.top = 0;
    }

    /// Changes the row of this identity where it is held.
    pub fn change(&mut self, id: T::Id, change: impl FnOnce(&mut T)) {
        if let Some(row) = self.pages.iter_mut().flat_map(|page| &mut page.rows).find(|row| row.id() == id) {
            change(row);
        }
    }

    /// Whether a page with so many rows can be let go.
    fn spares(&self, rows: usize) -> bool {
        self.pages.len() > MOST_PAGES && self.len() - rows >= KEPT_ROWS
    }

    /// A page fetched again may begin or end elsewhere than before. Where its neighbour does not follow on, rows would
    /// be missing in between without anyone seeing it: the neighbours go, and are fetched when they are wanted.
    fn close_gaps(&mut self, at: usize) {
        let next = self.pages[at].next.clone();
        if self.pages.get(at + 1).is_some_and(|following| following.cursor != next) {
            self.pages.truncate(at + 1);
        }
    }

    /// A row can stand on two pages when rows above it came or went between the fetches.
    fn drop_doubles(&mut self) {
        let mut seen = BTreeSet::new();
        for page in &mut self.pages {
            page.rows.retain(|row| seen.insert(row.id()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Row for u32 {
        type Id = Self;
        fn id(&self) -> Self {
            *self
        }
    }

    /// The page of a server that holds `0..total`, three rows a page, cursors being the row they begin with.
    fn page(cursor: Option<&str>, total: u32) -> PageOf<u32> {
        let start = match cursor {
            None => 0,
            Some("last") => total.saturating_sub(3),
            Some(number) => number.parse().unwrap(),
        };
        let end = (start + 3).min(total);
        PageOf {
            cursor: cursor.map(str::to_owned),
            rows: (start..end).collect(),
            prev: (start > 0).then(|| start.saturating_sub(3).to_string()),
            next: (end < total).then(|| end.to_string()),
        }
    }

    fn fetch(list: &mut List<u32>, want: &Want, total: u32) {
        list.take(want, page(want.cursor().as_deref(), total));
    }

    #[test]
    fn walking_down_a_long_list_holds_a_few_pages_and_misses_no_row() {
        let mut list = List::default();
        fetch(&mut list, &Want::Anew(None), 400);
        let mut seen = vec![*list.selected().unwrap()];
        for _ in 0..399 {
            while let Some(want @ Want::Behind(_)) = list.wants(2) {
                fetch(&mut list, &want, 400);
            }
            list.step(1);
            list.show(2);
            seen.push(*list.selected().unwrap());
            assert!(list.len() < KEPT_ROWS + 3);
        }
        assert_eq!(seen, (0..400).collect::<Vec<_>>());
        assert!(!list.has_behind());
    }

    #[test]
    fn a_sparse_list_is_asked_for_until_it_fills_the_screen_or_ends() {
        // One row on every tenth page, from either end.
        let sparse = |at: u32| PageOf {
            cursor: (at > 0).then(|| at.to_string()),
            rows: if at % 10 == 9 { vec![at] } else { Vec::new() },
            prev: (at > 0).then(|| (at - 1).to_string()),
            next: (at < 99).then(|| (at + 1).to_string()),
        };
        for start in [None, Some("99".to_owned())] {
            let mut list = List::default();
            let first = start.as_deref().map_or(0, |at| at.parse().unwrap());
            list.take(&Want::Anew(start), sparse(first));
            let mut asked = 0;
            while let Some(want) = list.wants(20) {
                list.take(&want, sparse(want.cursor().unwrap().parse().unwrap()));
                asked += 1;
            }
            assert_eq!((list.len(), asked), (10, 99), "every page once, and then no more");
            assert!(list.on_screen(20).len() <= 11);
        }
    }

    #[test]
    fn walking_up_from_the_end_reaches_the_beginning() {
        let mut list = List::default();
        fetch(&mut list, &Want::Anew(Some("last".to_owned())), 100);
        assert_eq!(list.selected(), Some(&99));
        for _ in 0..99 {
            while let Some(want @ Want::Before(_)) = list.wants(2) {
                fetch(&mut list, &want, 100);
            }
            list.step(-1);
        }
        assert_eq!(list.selected(), Some(&0));
    }

    #[test]
    fn the_cursor_stays_on_its_row_when_rows_come_above_it() {
        let mut list = List::default();
        list.take(&Want::Anew(None), PageOf { cursor: None, rows: vec![5, 6, 7], prev: None, next: None });
        list.step(1);
        list.take(&Want::Again(None), PageOf { cursor: None, rows: vec![3, 4, 5, 6, 7], prev: None, next: None });
        assert_eq!(list.selected(), Some(&6));
        list.take(&Want::Again(None), PageOf { cursor: None, rows: vec![3, 4], prev: None, next: None });
        assert_eq!(list.selected(), Some(&4));
    }

    #[test]
    fn a_page_that_no_longer_follows_on_is_dropped() {
        let mut list = List::default();
        fetch(&mut list, &Want::Anew(None), 9);
        fetch(&mut list, &Want::Behind("3".to_owned()), 9);
        let grown = PageOf { cursor: None, rows: vec![90, 0, 1], prev: None, next: Some("2".to_owned()) };
        list.take(&Want::Again(None), grown);
        assert_eq!(list.rows().copied().collect::<Vec<_>>(), [90, 0, 1]);
        fetch(&mut list, &Want::Behind("2".to_owned()), 9);
        assert_eq!(list.rows().copied().collect::<Vec<_>>(), [90, 0, 1, 2, 3, 4]);
    }
}
