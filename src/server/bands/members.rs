//! The members of a band.

use crate::{
    api::{Member, Person},
    domain::{AccountId, BandId, InviteId, Role, Timestamp},
    server::{
        Refused,
        accounts::person,
        store::{Dialect, Dimension, Error, Tally, Tx, dialect::intern},
    },
};

use super::{mention, search::words};

crate::row! {
    struct Added { seq: i64 }
}
crate::row! {
    struct Gone { seq: i64, invited_by: Option<AccountId> }
}
crate::row! {
    struct Names { username: String, display_name: String }
}

/// Makes the account a member that nobody brought, with the band's total and the search index. `false` if it was one
/// already, or is gone.
pub(crate) fn add(
    tx: &mut Tx<'_>,
    band: BandId,
    account: AccountId,
    role: Role,
    now: Timestamp,
) -> Result<bool, Error> {
    // Held: an account that is deleted at this moment becomes no member.
    let names: Option<Names> = tx.query_one(
        tx.dialect().pick(
            "SELECT username, display_name FROM account WHERE id = $1 AND deleted_at IS NULL",
            "SELECT username, display_name FROM account WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE",
        ),
        &[&account],
    )?;
    let Some(names) = names else { return Ok(false) };
    if !insert(tx, band, account, [&names.username, &names.display_name], role, None, now)? {
        return Ok(false);
    }
    tx.touch(band);
    Ok(true)
}

/// Writes the membership of an account with these names, and what it is found by. `brought_by` is the invite by which it
/// came in, and who made that. `false` if it was a member already.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    band: BandId,
    account: AccountId,
    names: [&str; 2],
    role: Role,
    brought_by: Option<(InviteId, AccountId)>,
    now: Timestamp,
) -> Result<bool, Error> {
    let (tokens, text) = words(band, &names);
    let (invite, invited_by) = brought_by.unzip();
    let is_new = match tx.dialect() {
        Dialect::Sqlite => {
            let added: Option<Added> = tx.query_one(
                "INSERT INTO member (band, account, role, can_invite, joined_at, invited_by, invite, search_text)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (band, account) DO NOTHING RETURNING seq",
                &[&band, &account, &role, &false, &now, &invited_by, &invite, &text],
            )?;
            if let Some(added) = &added {
                let sql = "INSERT INTO member_search (rowid, tokens) VALUES ($1, $2)";
                let _ = tx.execute(sql, &[&added.seq, &tokens])?;
            }
            added.is_some()
        }
        Dialect::Postgres => {
            let added = tx.execute(
                "INSERT INTO member (band, account, role, can_invite, joined_at, invited_by, invite, search_text,
                    search)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
                    array_to_tsvector(array_remove(string_to_array($9::text, ' '), '')))
                 ON CONFLICT (band, account) DO NOTHING",
                &[&band, &account, &role, &false, &now, &invited_by, &invite, &text, &tokens],
            )?;
            added == 1
        }
    };
    if is_new {
        tx.count_members(band, 1);
        tx.tally(band, Dimension::Joined(now.day()), Tally::BROUGHT);
    }
    if let Some(inviter) = invited_by.filter(|_| is_new) {
        tx.tally(band, Dimension::Brought(inviter), Tally::BROUGHT);
    }
    Ok(is_new)
}

crate::row! {
    pub(super) struct MemberRow {
        pub(super) seq: i64, account: AccountId, username: String, display_name: String, role: Role, can_invite: bool,
        joined_at: Timestamp, by_id: Option<AccountId>, by_username: Option<String>, by_display_name: Option<String>,
    }
}

/// What a [`MemberRow`] is read from.
pub(super) const COLUMNS: &str =
    "m.seq AS seq, a.id AS account, a.username AS username, a.display_name AS display_name,
    m.role AS role, m.can_invite AS can_invite, m.joined_at AS joined_at, i.id AS by_id, i.username AS by_username,
    i.display_name AS by_display_name";

/// The people around a member `m`.
pub(super) const PEOPLE: &str = "JOIN account a ON a.id = m.account LEFT JOIN account i ON i.id = m.invited_by";

/// One member of the band.
pub(crate) fn one(tx: &mut Tx<'_>, band: BandId, account: AccountId) -> Result<Member, Refused> {
    let sql = intern(format!("SELECT {COLUMNS} FROM member m {PEOPLE} WHERE m.band = $1 AND m.account = $2"));
    let row: Option<MemberRow> = tx.query_one(sql, &[&band, &account])?;
    Ok(row.ok_or_else(|| Refused::not_found("member"))?.into_member())
}

/// Whether the account is in a band: where one is the most, it is in no other. The account is held
/// ([`crate::server::accounts::hold`]).
pub(crate) fn is_in_any(tx: &mut Tx<'_>, account: AccountId) -> Result<bool, Error> {
    tx.exists(
        "SELECT 1 AS n FROM member m JOIN band b ON b.id = m.band
         WHERE m.account = $1 AND b.deleted_at IS NULL LIMIT 1",
        &[&account],
    )
}

/// Takes the account out of the band's members and of their search.
pub(super) fn delete(tx: &mut Tx<'_>, band: BandId, account: AccountId) -> Result<(), Error> {
    let gone: Option<Gone> = tx.query_one(
        "DELETE FROM member WHERE band = $1 AND account = $2 RETURNING seq, invited_by",
        &[&band, &account],
    )?;
    let Some(gone) = gone else { return Ok(()) };
    tx.count_members(band, -1);
    // What the account did here stays, and who came by it.
    mention(tx, band, account)?;
    if tx.dialect() == Dialect::Sqlite {
        let _ = tx.execute("DELETE FROM member_search WHERE rowid = $1", &[&gone.seq])?;
    }
    if let Some(inviter) = gone.invited_by {
        tx.tally(band, Dimension::Brought(inviter), Tally::LOST);
    }
    Ok(())
}

impl MemberRow {
    pub(super) fn into_member(self) -> Member {
        Member {
            account: Person { id: self.account, username: self.username, display_name: self.display_name },
            role: self.role,
            can_invite: self.can_invite,
            joined_at: self.joined_at,
            invited_by: person(self.by_id, self.by_username, self.by_display_name),
        }
    }
}
