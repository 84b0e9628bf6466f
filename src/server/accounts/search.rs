//! Finding people by their names, never by their addresses.

use std::collections::BTreeSet;

use crate::{
    api::{Code, FoundPeople, FoundPerson, PersonState},
    domain::{
        AccountId, BandId, InviteId, Timestamp, Username, search_pattern, search_terms, search_text, search_tokens,
    },
    server::{
        Refused,
        bands::Access,
        filtered::MOST_LOOKED_AT,
        invites::foretold,
        store::{Dialect, Error, ToValue, Tx, dialect::intern},
    },
};

/// The most people of an answer.
const MOST: i64 = 20;
/// The fewest letters that are looked for.
const FEWEST: usize = 2;
/// What the search tokens of accounts begin with: there is one index for all.
const SCOPE: &str = "a";

crate::row! {
    struct Found {
        id: AccountId, username: String, display_name: String, is_member: bool, invite: Option<InviteId>,
        expires_at: Option<Timestamp>, has_declined: bool,
    }
}

/// Puts the account's names into the index, in place of what was there; without names nothing finds it.
pub(super) fn index(tx: &mut Tx<'_>, account: AccountId, names: &[&str]) -> Result<(), Error> {
    let (tokens, text) = (search_tokens(SCOPE, names), search_text(names));
    match tx.dialect() {
        Dialect::Sqlite => {
            let _ = tx.execute("UPDATE account SET search_text = $2 WHERE id = $1", &[&account, &text])?;
            let _ = tx.execute(
                "INSERT OR REPLACE INTO account_search (rowid, tokens) SELECT seq, $2 FROM account WHERE id = $1",
                &[&account, &tokens],
            )?;
        }
        Dialect::Postgres => {
            let _ = tx.execute(
                "UPDATE account SET search_text = $2,
                    search = array_to_tsvector(array_remove(string_to_array($3::text, ' '), '')) WHERE id = $1",
                &[&account, &text, &tokens],
            )?;
        }
    }
    Ok(())
}

/// How an account `a` stands to the band `$4`: whether it is in it, the invite that waits for it, with its end, and whether
/// it has declined one. An invite to an address says nothing about an account.
const STATE: (&str, &str) = (
    "EXISTS (SELECT 1 FROM member m WHERE m.band = $4 AND m.account = a.id) AS is_member, p.id AS invite,
        p.expires_at AS expires_at, EXISTS (SELECT 1 FROM invite i WHERE i.account = a.id AND i.status = 'rejected'
            AND i.band = $4 AND i.kind = 'user') AS has_declined",
    "LEFT JOIN invite p ON p.account = a.id AND p.status = 'pending' AND p.band = $4 AND p.kind = 'user'",
);
/// The same to no band.
const NO_STATE: (&str, &str) =
    ("1 = 0 AS is_member, CAST(NULL AS uuid) AS invite, CAST(NULL AS bigint) AS expires_at, 1 = 0 AS has_declined", "");

/// People whose user name begins with `q`, in order.
fn by_user_name(tx: &mut Tx<'_>, band: Option<BandId>, q: &str) -> Result<Vec<Found>, Error> {
    let from = Username::key_of(q);
    // Behind every name that begins so.
    let to = format!("{from}\u{10ffff}");
    let which =
        "a.username_key >= $1 AND a.username_key < $2 AND a.deleted_at IS NULL ORDER BY a.username_key LIMIT $3";
    ask(tx, band, "account", which, [&from, &to, &MOST])
}

/// People with all of `q` in a name, which `pattern` tells. Words lead to who has all of their pieces, in whatever order: so
/// many are looked at and no more.
fn by_words(tx: &mut Tx<'_>, band: Option<BandId>, q: &str, pattern: &str) -> Result<Vec<Found>, Error> {
    let words = search_terms(SCOPE, q).join(tx.dialect().pick(" AND ", " & "));
    let led = tx.dialect().pick(
        "account_search s CROSS JOIN account a ON a.seq = s.rowid WHERE s.account_search MATCH $2",
        "account a WHERE a.search @@ $2::text::tsquery",
    );
    let people = format!("(SELECT a.* FROM {led} LIMIT {MOST_LOOKED_AT})");
    let which = "a.search_text LIKE $1 ESCAPE '\\' AND a.deleted_at IS NULL LIMIT $3";
    ask(tx, band, &people, which, [&pattern, &words, &MOST])
}

/// Those of `people` that `which` tells, and how each stands to the band.
fn ask(
    tx: &mut Tx<'_>,
    band: Option<BandId>,
    people: &str,
    which: &str,
    values: [&dyn ToValue; 3],
) -> Result<Vec<Found>, Error> {
    let (state, invite) = if band.is_some() { STATE } else { NO_STATE };
    let of_band: Vec<&dyn ToValue> = band.iter().map(|band| band as &dyn ToValue).collect();
    tx.query(
        intern(format!(
            "SELECT a.id AS id, a.username AS username, a.display_name AS display_name, {state}
             FROM {people} AS a {invite} WHERE {which}"
        )),
        &[values.as_slice(), of_band.as_slice()].concat(),
    )
}

/// People with `q` in a name, two letters at least (the beginning of a name where it is two), and how each stands to
/// `band`; for that the caller has to be one who invites there.
///
/// User names that begin with `q` come first and in order, so that a name that is typed whole is always found.
pub(crate) fn search(
    tx: &mut Tx<'_>,
    caller: AccountId,
    q: &str,
    band: Option<BandId>,
    now: Timestamp,
) -> Result<FoundPeople, Refused> {
    let q = q.trim().trim_start_matches('@');
    // A line end stands before the letters that are compared.
    let Some(pattern) = search_pattern(q).filter(|_| search_text(&[q]).chars().count() > FEWEST) else {
        return Err(Refused::field("q", "must be 2 letters or more"));
    };
    if let Some(band) = band
        && Access::of(tx, band, caller)?.grants().is_none()
    {
        return Err(Refused::new(Code::Forbidden, "You may not invite to this band: ask an admin."));
    }
    let mut found = by_user_name(tx, band, q)?;
    let missing = usize::try_from(MOST).unwrap_or_default().saturating_sub(found.len());
    if missing > 0 {
        let known: BTreeSet<AccountId> = found.iter().map(|person| person.id).collect();
        let mut more = by_words(tx, band, q, &pattern)?;
        more.retain(|person| !known.contains(&person.id));
        more.truncate(missing);
        more.sort_by(|one, other| one.username.cmp(&other.username));
        found.extend(more);
    }
    let invites: Vec<InviteId> = found.iter().filter_map(|person| person.invite).collect();
    let told = band.map(|band| foretold(tx, band, &invites)).transpose()?.unwrap_or_default();
    let is_invited = |person: &Found| {
        person.invite.is_some_and(|invite| match told.get(&invite) {
            Some(one) => one.is_pending(now),
            None => person.expires_at.is_none_or(|end| end > now),
        })
    };
    let show = |person: Found| FoundPerson {
        state: match &person {
            person if person.is_member => PersonState::Member,
            person if is_invited(person) => PersonState::Invited,
            person if person.has_declined => PersonState::Declined,
            _ => PersonState::None,
        },
        id: person.id,
        username: person.username,
        display_name: person.display_name,
    };
    Ok(FoundPeople { accounts: found.into_iter().map(show).collect() })
}
