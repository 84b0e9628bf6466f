//! Keyset pages: `limit` and an opaque `cursor`, never an offset.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    api::{BandScope, DEFAULT_LIMIT, InviteSort, MAX_LIMIT},
    server::Refused,
};

/// How far the rows that fit a filter are counted.
pub(crate) const MOST_COUNTED: i64 = 1_000;

/// The lists that have pages, those that have several orders in each of them: a cursor leads to a place in one of them,
/// and in every other it would lead anywhere.
#[repr(u8)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    /// The caller's bands.
    Bands,
    /// Bands that anyone may join or ask to join.
    OpenBands,
    /// The members of a band.
    Members,
    /// Who is banned from a band.
    Bans,
    /// Who asks to join a band.
    JoinRequests,
    /// What the caller has asked of bands.
    OwnRequests,
    /// The invites of a band, the newest first.
    NewestInvites,
    /// The invites of a band, the oldest first.
    OldestInvites,
    /// The invites of a band, first those that end next.
    SoonestInvites,
    /// The invites of a band, first those that end last.
    LatestInvites,
    /// The uses of an invite.
    Redemptions,
    /// The caller's inbox.
    Inbox,
    /// The campaigns of a band.
    Campaigns,
    /// The batches of codes of the site.
    SiteCodes,
    /// The codes of a campaign.
    Codes,
    /// The templates of a band.
    Templates,
    /// Who brought whom into a band.
    Tree,
    /// The audit trail of a band.
    Audit,
    /// What the caller wants no more of.
    Blocks,
    /// What anybody wants no more of.
    SiteBlocks,
}

impl From<BandScope> for Listed {
    fn from(scope: BandScope) -> Self {
        match scope {
            BandScope::Mine => Self::Bands,
            BandScope::Open => Self::OpenBands,
        }
    }
}

impl From<InviteSort> for Listed {
    fn from(sort: InviteSort) -> Self {
        match sort {
            InviteSort::Newest => Self::NewestInvites,
            InviteSort::Oldest => Self::OldestInvites,
            InviteSort::Soonest => Self::SoonestInvites,
            InviteSort::Latest => Self::LatestInvites,
        }
    }
}

/// Where a page begins: behind (or, going back, before) the row with this key. `key` is the value that the list is
/// sorted by, `seq` tells rows with one value apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Whether the page lies before the row.
    pub(crate) back: bool,
    /// The sort value.
    pub(crate) key: i64,
    /// The row's number.
    pub(crate) seq: i64,
}

impl Cursor {
    /// The text for `next_cursor` and `prev_cursor` of this list.
    pub(crate) fn encode(self, of: Listed) -> String {
        let mut bytes = [0; 18];
        bytes[0] = of as u8;
        bytes[1] = self.back.into();
        bytes[2..10].copy_from_slice(&self.key.to_be_bytes());
        bytes[10..].copy_from_slice(&self.seq.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` for what is no cursor of this list.
    fn decode(text: &str, of: Listed) -> Option<Self> {
        let bytes: [u8; 18] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let number = |from: usize| bytes.get(from..from + 8)?.try_into().ok().map(i64::from_be_bytes);
        let fits = bytes[0] == of as u8 && bytes[1] <= 1;
        fits.then_some(Self { back: bytes[1] == 1, key: number(2)?, seq: number(10)? })
    }
}

/// Which page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum At {
    /// The first one.
    First,
    /// The last one, `cursor=last`.
    Last,
    /// The one behind or before a row.
    From(Cursor),
}

/// A page as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// Of which list.
    pub(crate) of: Listed,
    /// Entries at the most.
    pub(crate) limit: u32,
    /// Where it begins.
    pub(crate) at: At,
}

impl Page {
    /// Reads `limit` (1 to 200, 50 by default) and `cursor` (as an earlier answer of the same list gave it, or `last`).
    pub(crate) fn parse(of: Listed, limit: Option<&str>, cursor: Option<&str>) -> Result<Self, Refused> {
        let limit = match limit {
            None => DEFAULT_LIMIT,
            Some(text) => match text.parse() {
                Ok(n @ 1..=MAX_LIMIT) => n,
                _ => return Err(Refused::field("limit", format!("must be a number from 1 to {MAX_LIMIT}"))),
            },
        };
        let at = match cursor {
            None => At::First,
            Some("last") => At::Last,
            Some(text) => Cursor::decode(text, of).map(At::From).ok_or_else(|| {
                Refused::field(
                    "cursor",
                    "must be a cursor out of an earlier answer of this list in this order, or last",
                )
            })?,
        };
        Ok(Self { of, limit, at })
    }

    /// Whether rows are to be read against the order, and turned round by [`Page::cut`].
    pub(crate) fn is_backward(self) -> bool {
        matches!(self.at, At::Last | At::From(Cursor { back: true, .. }))
    }

    /// How rows are read for the page: how they compare with the place where it begins, in which order, and that place.
    /// `down` is a list from high keys to low ones, newest first.
    pub(crate) fn reading(self, down: bool) -> (&'static str, &'static str, Cursor) {
        let (than, order, edge) =
            if down == self.is_backward() { (">", "ASC", i64::MIN) } else { ("<", "DESC", i64::MAX) };
        let place = match self.at {
            At::From(cursor) => cursor,
            At::First | At::Last => Cursor { back: self.is_backward(), key: edge, seq: edge },
        };
        (than, order, place)
    }

    /// How many rows to read: one more than the page holds, to see whether there are more.
    pub(crate) fn fetch(self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Cuts the rows that were read (at most [`Page::fetch`], in reading order) to the page, in the list's order, with
    /// its `next_cursor` and `prev_cursor`. `place` gives a row's sort value and number.
    pub(crate) fn cut<T>(
        self,
        rows: Vec<T>,
        place: impl Fn(&T) -> (i64, i64),
    ) -> (Vec<T>, Option<String>, Option<String>) {
        let cut = self.cut_walk(rows, None, place);
        let encode = |cursor: Cursor| cursor.encode(self.of);
        (cut.rows, cut.next.map(encode), cut.prev.map(encode))
    }

    /// As [`Page::cut`], for a walk that may have ended at its `edge` before the page was full: the last row that was
    /// looked at, behind which there are more.
    pub(crate) fn cut_walk<T>(
        self,
        mut rows: Vec<T>,
        edge: Option<(i64, i64)>,
        place: impl Fn(&T) -> (i64, i64),
    ) -> Cut<T> {
        let full = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let far = if full { rows.last().map(&place) } else { edge };
        let near = rows.first().map(&place).or(edge).filter(|_| matches!(self.at, At::From(_)));
        if self.is_backward() {
            rows.reverse();
        }
        let (next, prev) = if self.is_backward() { (near, far) } else { (far, near) };
        let cursor = |back| move |(key, seq)| Cursor { back, key, seq };
        Cut { rows, next: next.map(cursor(false)), prev: prev.map(cursor(true)) }
    }
}

/// Rows of a page in the list's order, and where its neighbours begin.
pub(crate) struct Cut<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) next: Option<Cursor>,
    pub(crate) prev: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cursors_are_read_back_and_foreign_texts_are_refused(back: bool, key: i64, seq: i64, text in "\\PC{0,30}") {
            let cursor = Cursor { back, key, seq };
            let encoded = cursor.encode(Listed::Members);
            prop_assert_eq!(Page::parse(Listed::Members, None, Some(&encoded)).unwrap().at, At::From(cursor));
            prop_assert!(Page::parse(Listed::Bands, None, Some(&encoded)).is_err());
            let _ = Page::parse(Listed::Bands, Some(&text), Some(&text));
        }
    }

    /// What a list with this page asks the database for.
    fn fetched(page: Page, rows: &[(i64, i64)], down: bool) -> Vec<(i64, i64)> {
        let (than, order, Cursor { key, seq, .. }) = page.reading(down);
        let lies = |row: &&(i64, i64)| if than == ">" { **row > (key, seq) } else { **row < (key, seq) };
        let mut found: Vec<_> = rows.iter().filter(lies).copied().collect();
        if order == "DESC" {
            found.reverse();
        }
        found.truncate(page.fetch() as usize);
        found
    }

    proptest! {
        #[test]
        fn who_follows_the_cursors_either_way_meets_every_row_once_and_in_order(
            keys in proptest::collection::vec(0_i64..4, 0..24), limit in 1_u32..6, down: bool, back: bool,
        ) {
            let mut rows: Vec<(i64, i64)> = keys.into_iter().zip(0..).collect();
            rows.sort_unstable();
            let mut page = Page { of: Listed::Audit, limit, at: if back { At::Last } else { At::First } };
            let mut pages = Vec::new();
            loop {
                let (cut, next, prev) = page.cut(fetched(page, &rows, down), |row| *row);
                prop_assert!(cut.len() <= limit as usize && pages.len() <= rows.len());
                pages.push(cut);
                let Some(cursor) = (if back { prev } else { next }) else { break };
                page = Page::parse(Listed::Audit, Some(&limit.to_string()), Some(&cursor)).unwrap();
            }
            if back {
                pages.reverse();
            }
            if down {
                rows.reverse();
            }
            prop_assert_eq!(pages.concat(), rows);
        }

        #[test]
        fn a_limit_is_a_number_in_bounds(limit in prop_oneof!["[0-9+-]{1,4}", any::<String>()]) {
            match Page::parse(Listed::Audit, Some(&limit), None) {
                Ok(page) => prop_assert!((1..=MAX_LIMIT).contains(&page.limit)),
                Err(_) => prop_assert!(limit.parse::<u32>().map_or(true, |n| n == 0 || n > MAX_LIMIT)),
            }
        }
    }

    #[test]
    fn pages_forward_and_backward_tile_the_list() {
        let read = |page: Page| {
            let all: Vec<i64> = (1..=7).collect();
            let mut rows: Vec<i64> = match page.at {
                At::First | At::Last => all,
                At::From(c) if c.back => all.into_iter().filter(|&n| n < c.seq).collect(),
                At::From(c) => all.into_iter().filter(|&n| n > c.seq).collect(),
            };
            if page.is_backward() {
                rows.reverse();
            }
            rows.truncate(page.fetch() as usize);
            page.cut(rows, |&n| (0, n))
        };
        let first = read(Page { of: Listed::Bands, limit: 3, at: At::First });
        assert_eq!((first.0, first.2), (vec![1, 2, 3], None));
        let second = read(Page::parse(Listed::Bands, Some("3"), first.1.as_deref()).unwrap());
        assert_eq!(second.0, [4, 5, 6]);
        let back = read(Page::parse(Listed::Bands, Some("3"), second.2.as_deref()).unwrap());
        assert_eq!((back.0, back.2), (vec![1, 2, 3], None));
        let last = read(Page { of: Listed::Bands, limit: 3, at: At::Last });
        assert_eq!((last.0, last.1), (vec![5, 6, 7], None));
    }
}
