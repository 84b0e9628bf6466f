//! Lists: a page, so many entries, or all of them, with no more than a page held at a time.

use std::io::{self, Write as _};

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::{Context, Error, output, texts};
use crate::{
    api::{
        AuditEvent, AuditTrail, Ban, Band, Bands, Bans, Blocked, Blocks, Campaign, Campaigns, CodeCard, CodeCards,
        Inbox, Invite, Invites, JoinRequest, JoinRequests, MAX_LIMIT, Member, Members, OwnRequest, OwnRequests,
        Redemption, Redemptions, Template, Templates, Tree, TreeNode, Waiting,
    },
    client::{Error as ClientError, Page},
};

/// Which part of a list.
#[derive(Debug, Args)]
pub(super) struct Paging {
    /// The most entries; 50 where this is missing.
    #[arg(long, value_name = "NUMBER", value_parser = texts::number::<1, { u32::MAX }>, conflicts_with = "all")]
    limit: Option<u32>,
    /// All entries, however many there are.
    #[arg(long)]
    all: bool,
    /// Where the list begins, as the one before said at its end; `last` for the last page.
    #[arg(long)]
    cursor: Option<String>,
}

/// Which part of a list that can be searched.
#[derive(Debug, Args)]
pub(super) struct Search {
    /// Part of a name to look for.
    #[arg(short, long)]
    pub(super) query: Option<String>,
    #[command(flatten)]
    pub(super) paging: Paging,
}

/// A page of a list, as the API answers.
pub(super) trait Listing: Serialize {
    /// What is listed.
    type Entry: Serialize;
    /// The field that holds the entries.
    const FIELD: &'static str;
    /// The entries of the page.
    fn entries(&self) -> &[Self::Entry];
    /// Where the next page begins.
    fn next(&self) -> Option<&String>;
}

macro_rules! listings {
    ($($list:ty: $field:ident of $entry:ty;)+) => {$(
        impl Listing for $list {
            type Entry = $entry;
            const FIELD: &'static str = stringify!($field);

            fn entries(&self) -> &[$entry] {
                &self.$field
            }

            fn next(&self) -> Option<&String> {
                self.next_cursor.as_ref()
            }
        }
    )+};
}
listings! {
    AuditTrail: events of AuditEvent;
    Bands: bands of Band;
    Bans: bans of Ban;
    Blocks: blocks of Blocked;
    Campaigns: campaigns of Campaign;
    CodeCards: codes of CodeCard;
    Inbox: invites of Waiting;
    Invites: invites of Invite;
    JoinRequests: join_requests of JoinRequest;
    Members: members of Member;
    OwnRequests: join_requests of OwnRequest;
    Redemptions: redemptions of Redemption;
    Templates: templates of Template;
    Tree: nodes of TreeNode;
}

impl Paging {
    /// The first page, of the server's own length.
    pub(super) const FIRST: Self = Self { limit: None, all: false, cursor: None };
    /// Every entry.
    pub(super) const ALL: Self = Self { limit: None, all: true, cursor: None };

    /// Whether nothing is said of which part.
    pub(super) const fn is_plain(&self) -> bool {
        self.limit.is_none() && self.cursor.is_none()
    }

    /// Prints the part of the list that is wanted: a table, or one JSON list as the API has it.
    pub(super) async fn show<L: Listing, const N: usize>(
        &self,
        context: &Context,
        ask: impl AsyncFn(Page) -> Result<L, ClientError>,
        columns: impl Into<output::Columns<N>>,
        row: impl Fn(&L::Entry) -> [String; N],
    ) -> Result<(), Error> {
        if context.json {
            let mut list = JsonList::default();
            return self.walk(ask, |page, goes_on| list.page(page, goes_on)).await;
        }
        let (mut table, mut is_empty) = (output::Table::new(columns), true);
        self.walk(ask, |page, goes_on| {
            let rows: Vec<_> = page.entries().iter().map(&row).collect();
            is_empty &= rows.is_empty();
            table.rows(&rows)?;
            if !goes_on {
                output::more(page.next());
                // Headings alone look as if something were to follow.
                if is_empty && page.next().is_none() && output::is_for_people() {
                    output::note("There is nothing to list.");
                }
            }
            Ok(())
        })
        .await
    }

    /// Goes from page to page; `each` is told whether another follows.
    ///
    /// A page that the list begins with can be empty though there is more: the server looks at so many rows for a page.
    /// It is left out.
    pub(super) async fn walk<L: Listing>(
        &self,
        ask: impl AsyncFn(Page) -> Result<L, ClientError>,
        mut each: impl FnMut(&L, bool) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let several = self.all || self.limit.is_some_and(|limit| limit > MAX_LIMIT);
        let (mut left, mut cursor) = (self.limit, self.cursor.clone());
        loop {
            let limit = if several { Some(left.unwrap_or(MAX_LIMIT).min(MAX_LIMIT)) } else { left };
            let page = ask(Page { limit, cursor: cursor.clone() }).await?;
            if page.next().is_some() && page.next() == cursor.as_ref() {
                // It would never end.
                return Err(Error::Unreadable("the list"));
            }
            let found = page.entries().len();
            let wanted = if several {
                left = left.map(|left| left.saturating_sub(u32::try_from(found).unwrap_or(u32::MAX)));
                left != Some(0)
            } else {
                found == 0 && self.cursor.is_none()
            };
            let goes_on = wanted && page.next().is_some();
            if found > 0 || !goes_on {
                each(&page, goes_on)?;
            }
            cursor = page.next().cloned();
            if !goes_on {
                return Ok(());
            }
        }
    }
}

/// One JSON list out of several pages, written as they come.
#[derive(Default)]
struct JsonList {
    begun: bool,
}

impl JsonList {
    fn page<L: Listing>(&mut self, page: &L, goes_on: bool) -> Result<(), Error> {
        if !self.begun && !goes_on {
            return output::json(page);
        }
        let mut out = io::stdout().lock();
        for entry in page.entries() {
            let before = if self.begun { "," } else { "" };
            if !self.begun {
                write!(out, "{{\n  \"{}\": [", L::FIELD)?;
            }
            self.begun = true;
            write!(out, "{before}\n    {}", indented(&serde_json::to_string_pretty(entry)?, "    "))?;
        }
        if !goes_on {
            write!(out, "\n  ]")?;
            // What is told beside the entries is the last page's, whose next page is the list's.
            if let Value::Object(fields) = serde_json::to_value(page)? {
                for (name, value) in fields.iter().filter(|(name, _)| *name != L::FIELD) {
                    let value = if name == "prev_cursor" { &Value::Null } else { value };
                    write!(out, ",\n  {}: {}", Value::from(name.as_str()), indented(&format!("{value:#}"), "  "))?;
                }
            }
            writeln!(out, "\n}}")?;
        }
        Ok(())
    }
}

/// JSON of several lines inside of other JSON. No text in it has a line end of its own: those are escaped.
fn indented(json: &str, by: &str) -> String {
    json.replace('\n', &format!("\n{by}"))
}
