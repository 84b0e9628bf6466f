//! Who invited whom: those whom nobody brought or whose inviter has left, below each of them those whom they brought.

use super::{About, Cell, Column, Entry, EntryId, Listed};
use crate::{
    api::TreeNode,
    client::{Branch, Page},
    domain::AccountId,
    tui::{
        keymap::{Action, Scope},
        model::{Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
        view::when,
    },
};

pub(super) struct Tree;

/// Whom the outermost lines are: those who hang on nobody there is, or everybody.
const FILTERS: &[&str] = &["from the first", "everybody"];

fn node(entry: &Entry) -> Option<&TreeNode> {
    if let Entry::Node(node) = entry { Some(node) } else { None }
}

/// How they came in: "by Joe", "by Joe, who left", or by nobody.
fn came(node: &TreeNode) -> String {
    let left = if node.inviter_left { ", who left" } else { "" };
    node.invited_by.as_ref().map_or_else(|| "by nobody".to_owned(), |by| format!("by {}{left}", by.display_name))
}

impl Listed for Tree {
    fn about(&self) -> About {
        About { opened_by: Action::Tree, scope: Scope::Tree, title: "Who invited whom" }
    }

    fn barred(&self, model: &Model) -> Option<String> {
        let member = model.chosen_band().is_some_and(|band| band.role.is_some());
        (!member).then(|| "Only the band's members can see this.".to_owned())
    }

    fn filters(&self) -> &'static [&'static str] {
        FILTERS
    }

    fn is_marking(&self) -> bool {
        false
    }

    fn is_outline(&self) -> bool {
        true
    }

    fn unfolds(&self, entry: &Entry) -> bool {
        node(entry).is_some_and(|node| node.brought > 0)
    }

    fn request(&self, listing: &Listing, page: Page) -> Option<Request> {
        let branch = (listing.narrowed == 0).then_some(Branch::Roots);
        Some(Request::Tree(listing.band?, branch, page))
    }

    fn branch_request(&self, listing: &Listing, of: EntryId, page: Page) -> Option<Request> {
        let account = AccountId::from_bytes(of.0.to_be_bytes());
        Some(Request::Tree(listing.band?, Some(Branch::Of(account)), page))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::Tree(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.nodes, |node| Entry::Node(Box::new(node))))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "WHO", least: 20, most: 64, goes: 0 },
            Column { name: "BROUGHT", least: 7, most: 7, goes: 0 },
            Column { name: "ROLE", least: 6, most: 6, goes: 2 },
            Column { name: "SINCE", least: 10, most: 10, goes: 1 },
            Column { name: "CAME", least: 16, most: 30, goes: 3 },
        ]
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(node) = node(entry) else { return Vec::new() };
        let you = model.me.as_ref().is_some_and(|me| me.id == node.account.id);
        let brought = if node.brought > 0 { node.brought.to_string() } else { "–".to_owned() };
        vec![
            (format!("{}{}", node.account.display_name, if you { " (you)" } else { "" }), theme.plain),
            (format!("{brought:>7}"), if node.brought > 0 { theme.plain } else { theme.dim }),
            (node.role.as_str().to_owned(), theme.plain),
            (when::date(node.joined_at, &model.settings.zone), theme.dim),
            (came(node), theme.dim),
        ]
    }

    fn name(&self, entry: &Entry) -> String {
        node(entry).map_or_else(String::new, |node| node.account.display_name.clone())
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        let Some(node) = node(entry) else { return Vec::new() };
        let brought = match node.brought {
            0 => "nobody".to_owned(),
            1 => "1 member".to_owned(),
            n => format!("{n} members"),
        };
        let left = if node.inviter_left { ", who has left the band since" } else { "" };
        let by = node.invited_by.as_ref().map_or_else(|| "nobody".to_owned(), |by| format!("{}{left}", by.in_words()));
        let mut facts = vec![
            ("Who", node.account.in_words()),
            ("Role", node.role.as_str().to_owned()),
            ("Since", when::date_and_time(node.joined_at, &model.settings.zone)),
            ("Brought by", by),
            ("Brought", brought),
        ];
        facts.extend(node.invite_id.map(|invite| ("Invite", invite.to_string())));
        facts
    }

    fn empty(&self, _: &Model, _: &Listing) -> String {
        "Nobody.".to_owned()
    }
}
