//! What is sealed: looking which key opens it, and sealing again, under the newest one, what older ones sealed.

use crate::server::{
    Key, open, seal,
    store::{Error, Tx, dialect::intern},
};

/// Where something is sealed.
struct Place {
    /// What it is, many of it.
    what: &'static str,
    table: &'static str,
    /// The column with the id that it is bound to; 16 zeros where that is null.
    owner: &'static str,
    column: &'static str,
    /// Which rows.
    which: &'static str,
}

const PLACES: [Place; 3] = [
    Place { what: "links of invites", table: "invite", owner: "id", column: "token_sealed", which: "TRUE" },
    Place {
        what: "mails that wait with a code or a token",
        table: "mail",
        owner: "account",
        column: "secret",
        which: "secret IS NOT NULL",
    },
    Place {
        what: "codes that prove an address",
        table: "challenge",
        owner: "account",
        column: "secret",
        which: "kind = 'verification'",
    },
];

crate::row! { struct Held { seq: i64, owner: Option<[u8; 16]>, sealed: Vec<u8> } }

impl Place {
    /// At most `most` rows behind `past`.
    fn rows(&self, tx: &mut Tx<'_>, past: i64, most: i64) -> Result<Vec<Held>, Error> {
        let Self { table, owner, column, which, .. } = self;
        let sql = intern(format!(
            "SELECT seq, {owner} AS owner, {column} AS sealed FROM {table} WHERE seq > $1 AND {which} ORDER BY seq LIMIT $2"
        ));
        tx.query(sql, &[&past, &most])
    }
}

/// So many invites, the newest, have to open.
const NEWEST: i64 = 20;

/// Whether the keys are those of this database: how many of its newest invites they do not open, and of how many.
pub(crate) fn fits(tx: &mut Tx<'_>, key: &Key) -> Result<(usize, usize), Error> {
    let sql = "SELECT seq, id AS owner, token_sealed AS sealed FROM invite ORDER BY seq DESC LIMIT $1";
    let newest: Vec<Held> = tx.query(sql, &[&NEWEST])?;
    let is_lost = |held: &&Held| open(key, &held.owner.unwrap_or_default(), &held.sealed).is_none();
    Ok((newest.iter().filter(is_lost).count(), newest.len()))
}

/// How far a walk along all that is sealed has come: the place, the row in it, and what it has done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    place: usize,
    past: i64,
    /// How many were sealed again.
    pub(crate) done: u64,
}

/// How what is sealed in one place opens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sealed {
    /// What it is, many of it.
    pub(crate) what: &'static str,
    /// How many open by no key that there is.
    pub(crate) lost: u64,
    /// How many open.
    pub(crate) open: u64,
    /// How many of those by an older key.
    pub(crate) older: u64,
}

/// Looks at no more than `most` rows; what they are and how they open, and how far it is then. `None` behind the last.
pub(crate) fn sealed(
    tx: &mut Tx<'_>,
    key: &Key,
    progress: Progress,
    most: i64,
) -> Result<Option<(Sealed, Progress)>, Error> {
    let Some(place) = PLACES.get(progress.place) else { return Ok(None) };
    let mut found = Sealed { what: place.what, lost: 0, open: 0, older: 0 };
    let rows = place.rows(tx, progress.past, most)?;
    let next = match rows.last() {
        Some(last) => Progress { past: last.seq, ..progress },
        None => Progress { place: progress.place + 1, past: 0, ..progress },
    };
    for Held { owner, sealed, .. } in rows {
        let owner = owner.unwrap_or_default();
        if open(key, &owner, &sealed).is_none() {
            found.lost += 1;
        } else {
            found.open += 1;
            found.older += u64::from(!key.is_newest(&owner, &sealed));
        }
    }
    Ok(Some((found, next)))
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
    let Some(here) = PLACES.get(place) else { return Ok(None) };
    let Place { table, column, .. } = here;
    let set = intern(format!("UPDATE {table} SET {column} = $2 WHERE seq = $1 AND {column} = $3"));
    let rows = here.rows(tx, past, most)?;
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
