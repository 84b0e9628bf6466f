//! Who brought whom: the members of a band with those by whose invites they came in.

use std::str::FromStr;

use crate::{
    api::{Person, Tree, TreeNode},
    domain::{AccountId, BandId, InviteId, Role, Timestamp},
    server::{
        Refused,
        page::{MOST_COUNTED, Page},
        store::{ToValue, Tx, dialect::intern},
    },
};

use super::Access;

/// Whose branch is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Under {
    /// Those whom nobody brought: the roots.
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
        role: Role, brought: Option<i64>,
    }
}

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
        Some(Under::Nobody) => " AND n.invited_by IS NULL",
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
        "SELECT n.seq AS seq, a.id AS account, a.username AS username, a.display_name AS display_name, i.id AS by_id,
            i.username AS by_username, i.display_name AS by_name, n.invite AS invite, n.joined_at AS joined_at,
            n.role AS role, t.made AS brought
         FROM member n JOIN account a ON a.id = n.account LEFT JOIN account i ON i.id = n.invited_by
            LEFT JOIN tally t ON t.band = n.band AND t.dimension = 'brought' AND t.subject = n.account
         WHERE n.band = $1{branch} AND n.seq {than} ${} ORDER BY n.seq {order} LIMIT ${}",
        n + 1,
        n + 2
    ));
    let rows: Vec<Node> = tx.query(sql, &params)?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    let nodes = rows.into_iter().map(Node::show).collect();
    Ok(Tree { nodes, total: access.members.unsigned_abs(), matched, next_cursor, prev_cursor })
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
        }
    }
}
