//! A band's members, a page at a time, and what they are found by.

use crate::{
    api::Members,
    domain::{AccountId, BandId, search_pattern, search_terms, search_text, search_tokens},
    server::{
        Refused,
        filtered::{Condition, Filtered, Lead},
        page::Page,
        store::{Dialect, Error, Tx},
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

crate::row! {
    struct Leader { account: AccountId }
}

/// The owner of a band that has no admin beside them.
fn leads_alone(tx: &mut Tx<'_>, band: BandId) -> Result<Option<AccountId>, Error> {
    let leader: Option<Leader> = tx.query_one(
        "SELECT m.account AS account FROM member m WHERE m.band = $1 AND m.role = 'owner'
            AND NOT EXISTS (SELECT 1 FROM member a WHERE a.band = $1 AND a.role = 'admin')",
        &[&band],
    )?;
    Ok(leader.map(|leader| leader.account))
}

/// A page of the band's members, newest first; with `q` those with that part in a name.
pub(crate) fn list(
    tx: &mut Tx<'_>,
    band: BandId,
    access: &Access,
    q: Option<&str>,
    page: Page,
) -> Result<Members, Refused> {
    let terms = q.map(|q| search_terms(&scope(band), q)).unwrap_or_default();
    let words = terms.join(tx.dialect().pick(" AND ", " & "));
    let mut conditions = Vec::new();
    let pattern = q.and_then(search_pattern);
    if let Some(pattern) = &pattern {
        conditions.push(Condition { text: "", value: &words, lead: Lead::Words });
        conditions.push(Condition { text: "m.search_text LIKE ? ESCAPE '\\'", value: pattern, lead: Lead::None });
    }
    let filtered = Filtered { table: ("member", "m"), key: None, down: true, band: &band, conditions };
    let way = filtered.way(tx)?;
    let matched = filtered.matched(tx, way)?;
    let cut = filtered.page(tx, way, (COLUMNS, PEOPLE), page, |row: &MemberRow| (0, row.seq))?;
    let last_admin = if access.members > 1 { leads_alone(tx, band)? } else { None };
    Ok(Members {
        last_admin,
        members: cut.rows.into_iter().map(MemberRow::into_member).collect(),
        total: access.members.unsigned_abs(),
        matched,
        next_cursor: cut.next.map(|cursor| cursor.encode(page.of)),
        prev_cursor: cut.prev.map(|cursor| cursor.encode(page.of)),
    })
}
