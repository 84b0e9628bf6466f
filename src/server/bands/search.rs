//! What members are found by, when it changes.

use crate::{
    domain::{BandId, search_tokens},
    server::store::{Error, Tx},
};

/// Puts a member's names into the search index of its band, in place of what was there.
pub(crate) fn index(tx: &mut Tx<'_>, band: BandId, seq: i64, names: &[&str]) -> Result<(), Error> {
    let tokens = search_tokens(&band.to_string().replace('-', ""), names);
    let sql = tx.dialect().pick(
        "INSERT OR REPLACE INTO member_search (rowid, tokens) VALUES ($1, $2)",
        "UPDATE member SET search = array_to_tsvector(array_remove(string_to_array($2::text, ' '), '')) WHERE seq = $1",
    );
    let _ = tx.execute(sql, &[&seq, &tokens])?;
    Ok(())
}
