//! Who brought whom: the members of a band with those by whose invites they came in.

use std::str::FromStr;

use crate::{
    api::{Person, Tree, TreeNode},
    domain::{AccountId, BandId, InviteId, Role, Timestamp},
    server::{
        Refused,
        filtered::{Condition, Filtered, Lead, MOST_LOOKED_AT},
        page::{MOST_COUNTED, Page},
        store::{ToValue, Tx, dialect::intern},
    },
};

use super::Access;

/// Whose branch is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Under {
    /// Those who hang on nobody there is: whom nobody brought, and whose inviter has left. They are the roots.
    Nobody,
    /// Those whom this account brought, be it in the band or not any more.
    Account(AccountId),
}

impl FromStr for Under {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "nobody" => Ok(Self::Nobody),
            id => id.parse().map(Self::Account).map_err(|_| "must be the id of an account, or nobody"),
        }
    }
}

crate::row! {
    struct Node {
        seq: i64, account: AccountId, username: String, display_name: String, by_id: Option<AccountId>,
        by_username: Option<String>, by_name: Option<String>, invite: Option<InviteId>, joined_at: Timestamp,
        role: Role, brought: Option<i64>, gone: bool,
    }
}

/// What is read of a member, and what is joined to it. Who left and came back is a member since then: whom they had brought
/// before is older than that, and hangs on nobody.
const COLUMNS: &str =
    "n.seq AS seq, a.id AS account, a.username AS username, a.display_name AS display_name, i.id AS by_id,
    i.username AS by_username, i.display_name AS by_name, n.invite AS invite, n.joined_at AS joined_at, n.role AS role,
    t.made AS brought, (n.invited_by IS NOT NULL AND p.seq IS NULL) AS gone";
const JOINED: &str = "JOIN account a ON a.id = n.account LEFT JOIN account i ON i.id = n.invited_by
    LEFT JOIN member p ON p.band = n.band AND p.account = n.invited_by AND p.seq < n.seq
    LEFT JOIN tally t ON t.band = n.band AND t.dimension = 'brought' AND t.subject = n.account";

/// What holds of a root.
const ROOT: &str = "(n.invited_by IS NULL OR NOT EXISTS
    (SELECT 1 FROM member p WHERE p.band = n.band AND p.account = n.invited_by AND p.seq < n.seq))";

/// A page of the band's members with those who brought them, oldest first; `under` one person, those whom that person
/// brought. How many each of them brought is read from a tally.
pub(crate) fn tree(
    tx: &mut Tx<'_>,
    band: BandId,
    access: &Access,
    under: Option<Under>,
    page: Page,
) -> Result<Tree, Refused> {
    let mut params: Vec<&dyn ToValue> = vec![&band];
    let branch = match &under {
        None => "",
        Some(Under::Nobody) => return roots(tx, band, access, page),
        Some(Under::Account(id)) => {
            params.push(id);
            " AND n.invited_by = $2"
        }
    };
    let matched = if branch.is_empty() {
        None
    } else {
        let sql = intern(format!(
            "SELECT COUNT(*) AS n FROM
                (SELECT n.seq FROM member n WHERE n.band = $1{branch} LIMIT {MOST_COUNTED}) AS found"
        ));
        Some(tx.count(sql, &params)?.unsigned_abs())
    };
    let (than, order, place) = page.reading(false);
    let (fetch, n) = (page.fetch(), params.len());
    params.extend([&place.seq as &dyn ToValue, &fetch]);
    let sql = intern(format!(
        "SELECT {COLUMNS} FROM member n {JOINED}
         WHERE n.band = $1{branch} AND n.seq {than} ${} ORDER BY n.seq {order} LIMIT ${}",
        n + 1,
        n + 2
    ));
    let rows: Vec<Node> = tx.query(sql, &params)?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    let nodes = rows.into_iter().map(Node::show).collect();
    Ok(Tree { nodes, total: access.members.unsigned_abs(), matched, next_cursor, prev_cursor })
}

/// A page of the roots. No index leads to those whose inviter has left, so a page walks along the members.
fn roots(tx: &mut Tx<'_>, band: BandId, access: &Access, page: Page) -> Result<Tree, Refused> {
    let root = Condition { text: ROOT, value: &band, lead: Lead::None };
    let list = Filtered { table: ("member", "n"), key: None, down: false, band: &band, conditions: vec![root] };
    let way = list.way(tx)?;
    let found = list.count(tx, way, None)?;
    let all = found >= MOST_COUNTED || access.members < MOST_LOOKED_AT;
    let cut = list.page(tx, way, (COLUMNS, JOINED), page, |row: &Node| (0, row.seq))?;
    Ok(Tree {
        nodes: cut.rows.into_iter().map(Node::show).collect(),
        total: access.members.unsigned_abs(),
        matched: all.then_some(found.unsigned_abs()),
        next_cursor: cut.next.map(|cursor| cursor.encode(page.of)),
        prev_cursor: cut.prev.map(|cursor| cursor.encode(page.of)),
    })
}

impl Node {
    fn show(self) -> TreeNode {
        let inviter = self.by_id.zip(self.by_username.zip(self.by_name));
        TreeNode {
            account: Person { id: self.account, username: self.username, display_name: self.display_name },
            invited_by: inviter.map(|(id, (username, display_name))| Person { id, username, display_name }),
            invite_id: self.invite,
            joined_at: self.joined_at,
            role: self.role,
            brought: self.brought.unwrap_or_default().unsigned_abs(),
            inviter_left: self.gone,
        }
    }
}
