//! A band's members, a page at a time, and what they are found by.

use crate::{
    api::Members,
    domain::{BandId, search_pattern, search_terms, search_text, search_tokens},
    server::{
        Refused,
        page::{MOST_COUNTED, Page},
        store::{Dialect, Error, ToValue, Tx, dialect::intern},
    },
};

use super::{
    Access,
    members::{COLUMNS, MemberRow, PEOPLE},
};

/// The band's id as the scope of its search tokens, of members and of invites.
pub(crate) fn scope(band: BandId) -> String {
    band.to_string().replace('-', "")
}

/// The tokens and the text that a member with these names is found by.
pub(super) fn words(band: BandId, names: &[&str]) -> (String, String) {
    (search_tokens(&scope(band), names), search_text(names))
}

/// Puts a member's names into the search index of its band, in place of what was there.
pub(crate) fn index(tx: &mut Tx<'_>, band: BandId, seq: i64, names: &[&str]) -> Result<(), Error> {
    let (tokens, text) = words(band, names);
    match tx.dialect() {
        Dialect::Sqlite => {
            let _ = tx.execute("UPDATE member SET search_text = $2 WHERE seq = $1", &[&seq, &text])?;
            let _ =
                tx.execute("INSERT OR REPLACE INTO member_search (rowid, tokens) VALUES ($1, $2)", &[&seq, &tokens])?;
        }
        Dialect::Postgres => {
            let _ = tx.execute(
                "UPDATE member SET search_text = $2,
                    search = array_to_tsvector(array_remove(string_to_array($3::text, ' '), '')) WHERE seq = $1",
                &[&seq, &text, &tokens],
            )?;
        }
    }
    Ok(())
}

/// A page of the band's members, newest first; with `q` those with that part in a name.
///
/// A word that few have leads to the rows; what many have is met soon on a walk along the list.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    band: BandId,
    access: &Access,
    q: Option<&str>,
    page: Page,
) -> Result<Members, Refused> {
    let terms = q.map(|q| search_terms(&scope(band), q)).unwrap_or_default();
    let words = terms.join(tx.dialect().pick(" AND ", " & "));
    let pattern = q.and_then(search_pattern);
    let (mut from, mut sql, mut params) = ("member m", "WHERE m.band = $1".to_owned(), vec![&band as &dyn ToValue]);
    let mut matched = None;
    if let Some(pattern) = &pattern {
        params.push(pattern);
        sql.push_str(" AND m.search_text LIKE $2 ESCAPE '\\'");
        let (led_from, led) = tx.dialect().pick(
            ("member_search s CROSS JOIN member m ON m.seq = s.rowid", "s.member_search MATCH $3"),
            ("member m", "m.search @@ $3::text::tsquery"),
        );
        let led = format!("{sql} AND {led}");
        let count = intern(format!(
            "SELECT COUNT(*) AS n FROM (SELECT m.seq FROM {led_from} {led} LIMIT {MOST_COUNTED}) AS found"
        ));
        let by_words = [params.as_slice(), &[&words]].concat();
        let count = tx.count(count, &by_words)?;
        if count < MOST_COUNTED {
            (from, sql, params) = (led_from, led, by_words);
        }
        matched = Some(count.unsigned_abs());
    }
    let (than, order, place) = page.reading(true);
    let (fetch, n) = (page.fetch(), params.len());
    params.extend([&place.seq as &dyn ToValue, &fetch]);
    let all = intern(format!(
        "SELECT {COLUMNS} FROM {from} {PEOPLE} {sql} AND m.seq {than} ${} ORDER BY m.seq {order} LIMIT ${}",
        n + 1,
        n + 2
    ));
    let rows: Vec<MemberRow> = tx.query(all, &params)?;
    let (rows, next_cursor, prev_cursor) = page.cut(rows, |row| (0, row.seq));
    Ok(Members {
        members: rows.into_iter().map(MemberRow::into_member).collect(),
        total: access.members.unsigned_abs(),
        matched,
        next_cursor,
        prev_cursor,
    })
}
