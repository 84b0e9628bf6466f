//! What an invite is found by: its label and its address, and the names of the account that it is for.
//!
//! An invite to an address is not found by the names of who has that address: whose it is, is not told to those who invite.

use crate::{
    domain::{AccountId, BandId, InviteId, search_text, search_tokens},
    server::{
        bands::scope,
        store::{
            Dialect, Error, ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
    },
};

use super::cancel::NAMED_AT_ONCE;

/// The texts by which an invite is found, and the words that lead to them.
pub(super) struct Texts {
    pub(super) text: String,
    pub(super) tokens: String,
}

impl Texts {
    pub(super) fn of<'t>(band: BandId, texts: impl IntoIterator<Item = &'t str>) -> Self {
        let texts: Vec<&str> = texts.into_iter().collect();
        Self { text: search_text(&texts), tokens: search_tokens(&scope(band), &texts) }
    }
}

crate::row! {
    struct Found {
        seq: i64, band: BandId, label: Option<String>, email: Option<String>, username: Option<String>,
        display_name: Option<String>,
    }
}

impl Found {
    fn texts(&self) -> Texts {
        let texts = [&self.label, &self.email, &self.username, &self.display_name];
        Texts::of(self.band, texts.into_iter().flatten().map(String::as_str))
    }
}

/// Puts what these invites are found by where a search looks, in place of what was there. They are held.
pub(super) fn index(tx: &mut Tx<'_>, ids: &[InviteId]) -> Result<(), Error> {
    for some in ids.chunks(NAMED_AT_ONCE) {
        let params: Vec<&dyn ToValue> = filled(some).map(|id| id as &dyn ToValue).collect();
        index_those(tx, &format!("i.id IN ({})", numbers(1, some.len())), &params)?;
    }
    Ok(())
}

/// From now on the invites for the account, which is held, are found by the names that it has now: by none where it is
/// deleted. It holds them all until the transaction ends, in the order of their ids as everywhere.
pub(crate) fn index_for(tx: &mut Tx<'_>, account: AccountId) -> Result<(), Error> {
    let hold = tx.dialect().pick("", " ORDER BY i.id FOR UPDATE OF i"); // SQLite has one writer
    index_those(tx, &format!("i.account = $1{hold}"), &[&account])
}

fn index_those(tx: &mut Tx<'_>, which: &str, params: &[&dyn ToValue]) -> Result<(), Error> {
    let sql = intern(format!(
        "SELECT i.seq AS seq, i.band AS band, i.label AS label, i.email AS email, t.username AS username,
            t.display_name AS display_name
         FROM invite i LEFT JOIN account t ON t.id = i.account AND t.deleted_at IS NULL WHERE {which}"
    ));
    for one in tx.query::<Found>(sql, params)? {
        let Texts { text, tokens } = one.texts();
        match tx.dialect() {
            Dialect::Sqlite => {
                tx.also("UPDATE invite SET search_text = $2 WHERE seq = $1", &[&one.seq, &text])?;
                let words = "INSERT OR REPLACE INTO invite_search (rowid, tokens) VALUES ($1, $2)";
                tx.also(words, &[&one.seq, &tokens])?;
            }
            Dialect::Postgres => tx.also(
                "UPDATE invite SET search_text = $2,
                    search = array_to_tsvector(array_remove(string_to_array($3::text, ' '), '')) WHERE seq = $1",
                &[&one.seq, &text, &tokens],
            )?,
        }
    }
    Ok(())
}
