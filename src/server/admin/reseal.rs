//! Sealing again, under the newest key, what older ones sealed.

use crate::server::{
    Key, open, seal,
    store::{Error, Tx, dialect::intern},
};

/// Where something is sealed: the table, whose id it is bound to (16 zeros where that is null), the column, and which rows.
const PLACES: [(&str, &str, &str, &str); 3] = [
    ("invite", "id", "token_sealed", "TRUE"),
    ("mail", "account", "secret", "secret IS NOT NULL"),
    ("challenge", "account", "secret", "kind = 'verification'"),
];

crate::row! { struct Held { seq: i64, owner: Option<[u8; 16]>, sealed: Vec<u8> } }

/// How far it has come: the place, and the row in it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    place: usize,
    past: i64,
    /// How many were sealed again.
    pub(crate) done: u64,
}

/// Goes on with at most `most` rows; `None` behind the last. What changes meanwhile is sealed by whoever changes it. Each
/// nonce is made of what `random` gives.
pub(crate) fn reseal(
    tx: &mut Tx<'_>,
    key: &Key,
    random: &mut dyn FnMut() -> [u8; 12],
    progress: Progress,
    most: i64,
) -> Result<Option<Progress>, Error> {
    let Progress { place, past, mut done } = progress;
    let Some((table, owner, column, which)) = PLACES.get(place) else { return Ok(None) };
    let some = intern(format!(
        "SELECT seq, {owner} AS owner, {column} AS sealed FROM {table} WHERE seq > $1 AND {which} ORDER BY seq LIMIT $2"
    ));
    let set = intern(format!("UPDATE {table} SET {column} = $2 WHERE seq = $1 AND {column} = $3"));
    let rows: Vec<Held> = tx.query(some, &[&past, &most])?;
    let Some(last) = rows.last().map(|row| row.seq) else {
        return Ok(Some(Progress { place: place + 1, past: 0, done }));
    };
    for Held { seq, owner, sealed } in rows {
        let owner = owner.unwrap_or_default();
        if key.is_newest(&owner, &sealed) {
            continue;
        }
        let again = open(key, &owner, &sealed).and_then(|text| seal(key, random(), &owner, &text));
        if let Some(again) = again {
            done += tx.execute(set, &[&seq, &again, &sealed])?;
        }
    }
    Ok(Some(Progress { place, past: last, done }))
}
