//! People, bands and invites, straight into the database.

use std::ops::Range;

use guestlist::{
    domain::{
        AccountId, BandId, InviteId, Policy, Preset, SessionId, SessionToken, Timestamp, Token, search_text,
        search_tokens,
    },
    server::{
        Entropy as _, SystemEntropy,
        store::{Error, Store, ToValue, Tx, dialect::intern},
    },
};

/// Rows that one transaction takes on: few enough that a busy disk takes them within what a caller waits for.
const BATCH: usize = 2_000;

/// Rows that one statement takes.
const ROWS: usize = 50;

/// Invites of each band that a search for a rare word finds.
const FEW: usize = 20;

/// Someone signed in.
pub struct Person {
    id: AccountId,
    /// The session's token.
    pub session: String,
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemEntropy::new().fill(&mut bytes);
    bytes
}

fn hash(text: &str) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref().to_vec()
}

/// The token of a band's invite with this number.
pub fn token(band: BandId, number: usize) -> Token {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&hash(&format!("{band} {number}")));
    Token::from_random(&bytes)
}

/// This many people, called by a word and their number.
pub async fn people(store: &Store, now: Timestamp, called: &str, count: usize) -> Vec<Person> {
    named(store, now, (0..count).map(|n| format!("{called}{n}")).collect()).await
}

/// One of this name.
pub async fn person(store: &Store, now: Timestamp, name: &str) -> Person {
    named(store, now, vec![name.to_owned()]).await.remove(0)
}

/// People of these names, all in one transaction.
async fn named(store: &Store, now: Timestamp, names: Vec<String>) -> Vec<Person> {
    let made = |_: &String| Person {
        id: AccountId::new(now.unix_ms(), &random()),
        session: SessionToken::from_random(&random()).reveal().to_owned(),
    };
    let people: Vec<Person> = names.iter().map(made).collect();
    let rows: Vec<_> = people.iter().map(|person| (person.id, hash(&person.session))).zip(names).collect();
    let write = move |tx: &mut Tx<'_>| {
        for ((id, token), name) in &rows {
            let _ = tx.execute(
                "INSERT INTO account (id, username, username_key, display_name, email, email_verified, email_claim,
                    password_hash, site_admin, created_at) VALUES ($1, $2, $2, $2, $2, $3, $2, 'none', $3, $4)",
                &[id, name, &false, &now],
            )?;
            let own = SessionId::new(now.unix_ms(), &random());
            let _ = tx.execute(
                "INSERT INTO session (id, account, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
                &[&own, id, token, &now, &now.plus_hours(100)],
            )?;
        }
        Ok::<_, Error>(())
    };
    store.write(write).await.unwrap();
    people
}

/// A band with nobody in it but its owner, and with room in its counts for what will be put there.
fn empty_band(tx: &mut Tx<'_>, now: Timestamp, id: BandId, owner: AccountId, invites: i64) -> Result<(), Error> {
    let _ = tx.execute(
        "INSERT INTO band (id, name, join_mode, invite_permission, members, invites, pending, created_at)
         VALUES ($1, 'Choir', 'invite', 'admins', 1, $2, $2, $3)",
        &[&id, &invites, &now],
    )?;
    let _ = tx.execute(
        "INSERT INTO member (band, account, role, can_invite, joined_at) VALUES ($1, $2, 'owner', $3, $4)",
        &[&id, &owner, &false, &now],
    )?;
    Ok(())
}

/// A band with this many pending invites for one use.
pub async fn band(store: &Store, now: Timestamp, owner: &Person, invites: usize) -> BandId {
    let (id, by) = (BandId::new(now.unix_ms(), &random()), owner.id);
    store.write(move |tx: &mut Tx<'_>| empty_band(tx, now, id, by, 0)).await.unwrap();
    grow(store, now, id, owner, 0..invites).await;
    id
}

/// This many new bands, each with a link without limit: the links.
pub async fn links(store: &Store, now: Timestamp, owner: &Person, count: usize) -> Vec<Token> {
    let ids: Vec<BandId> = (0..count).map(|_| BandId::new(now.unix_ms(), &random())).collect();
    let (policy, by) = (serde_json::to_string(&Policy::preset(Preset::Band)).unwrap(), owner.id);
    let links = ids.iter().map(|id| token(*id, 0)).collect();
    let write = move |tx: &mut Tx<'_>| {
        for id in &ids {
            empty_band(tx, now, *id, by, 1)?;
            insert(tx, now, *id, by, 0..1, None, &policy)?;
        }
        Ok::<_, Error>(())
    };
    store.write(write).await.unwrap();
    links
}

/// More pending invites for a band that has `numbers.start` of them.
pub async fn grow(store: &Store, now: Timestamp, band: BandId, owner: &Person, numbers: Range<usize>) {
    let more = i64::try_from(numbers.len()).unwrap();
    for first in numbers.clone().step_by(BATCH) {
        add(store, now, band, owner.id, first..(first + BATCH).min(numbers.end)).await;
    }
    let write = move |tx: &mut Tx<'_>| {
        let sql = "UPDATE band SET invites = invites + $2::bigint, pending = pending + $2::bigint WHERE id = $1";
        tx.execute(sql, &[&band, &more])
    };
    store.write::<_, Error, _>(write).await.unwrap();
}

/// Bands that everybody may join, each with its owner and two invites; the owners are few.
pub async fn bands(store: &Store, now: Timestamp, owners: &[Person], numbers: Range<usize>) {
    let (policy, end) = (serde_json::to_string(&Policy::preset(Preset::Band)).unwrap(), numbers.end);
    for first in numbers.step_by(BATCH / 4) {
        let (owners, policy) = (owners.iter().map(|owner| owner.id).collect::<Vec<_>>(), policy.clone());
        let write = move |tx: &mut Tx<'_>| {
            for number in first..(first + BATCH / 4).min(end) {
                let (id, owner) = (BandId::new(now.unix_ms(), &random()), owners[number % owners.len()]);
                let name = format!("Band {number}");
                let _ = tx.execute(
                    "INSERT INTO band (id, name, join_mode, invite_permission, members, invites, pending, created_at,
                        search_text) VALUES ($1, $2, 'open', 'admins', 1, 2, 2, $3, $4)",
                    &[&id, &name, &now, &search_text(&[&name])],
                )?;
                let _ = tx.execute(
                    "INSERT INTO member (band, account, role, can_invite, joined_at) VALUES ($1, $2, 'owner', $3, $4)",
                    &[&id, &owner, &false, &now],
                )?;
                insert(tx, now, id, owner, 0..2, Some(1), &policy)?;
            }
            Ok::<_, Error>(())
        };
        store.write(write).await.unwrap();
    }
}

async fn add(store: &Store, now: Timestamp, band: BandId, owner: AccountId, numbers: Range<usize>) {
    let policy = serde_json::to_string(&Policy::preset(Preset::Band)).unwrap();
    let write = move |tx: &mut Tx<'_>| {
        for first in numbers.clone().step_by(ROWS) {
            insert(tx, now, band, owner, first..(first + ROWS).min(numbers.end), Some(1), &policy)?;
        }
        Ok::<_, Error>(())
    };
    store.write(write).await.unwrap();
}

/// One invite, as far as it differs from its neighbours.
struct One {
    id: InviteId,
    label: String,
    hash: Vec<u8>,
    hint: String,
    end: Timestamp,
    text: String,
    tokens: String,
}

/// A few invites by one statement; on SQLite what finds them goes in by one more each.
fn insert(
    tx: &mut Tx<'_>,
    now: Timestamp,
    band: BandId,
    owner: AccountId,
    numbers: Range<usize>,
    uses: Option<i64>,
    policy: &str,
) -> Result<(), Error> {
    let scope = band.to_string().replace('-', "");
    let one = |number: usize| {
        let token = token(band, number);
        // As many rows as a search for a few finds, in a band of any size; the oldest.
        let label = format!("drummer {number:x}{}", if number < FEW { " and soprano" } else { "" });
        One {
            id: InviteId::new(now.unix_ms(), &random()),
            hash: hash(token.reveal()),
            hint: token.hint().to_owned(),
            // Half an hour beyond a full one, so that none of the first ones reads differently while it is looked at.
            end: now.plus_seconds(2 * 86_400 + 1_800 + number as i64),
            text: search_text(&[&label]),
            tokens: search_tokens(&scope, &[&label]),
            label,
        }
    };
    let rows: Vec<One> = numbers.map(one).collect();
    let is_far = tx.dialect().pick(false, true);
    let (columns, extra) = if is_far { (7, ", search") } else { (6, "") };
    let places: Vec<String> = (0..rows.len())
        .map(|row| {
            let at = |column: usize| 5 + row * columns + column;
            let search = format!(", array_to_tsvector(array_remove(string_to_array(${}::text, ' '), ''))", at(7));
            format!(
                "(${}, $1, 'link', 'member', 'pending', ${}, ${}, ${}, ${}, $5, $2, $3, ${}, $2, FALSE, $4, ${}{})",
                at(1),
                at(2),
                at(3),
                at(3),
                at(4),
                at(5),
                at(6),
                if is_far { search.as_str() } else { "" }
            )
        })
        .collect();
    let sql = intern(format!(
        "INSERT INTO invite (id, band, kind, role, status, label, token_hash, token_sealed, hint, max_uses,
            created_at, created_by, expires_at, status_at, requires_approval, policy, search_text{extra}) VALUES {}",
        places.join(", ")
    ));
    let mut values: Vec<&dyn ToValue> = vec![&band, &now, &owner, &policy, &uses];
    for row in &rows {
        values.extend::<[&dyn ToValue; 6]>([&row.id, &row.label, &row.hash, &row.hint, &row.end, &row.text]);
        if is_far {
            values.push(&row.tokens);
        }
    }
    let _ = tx.execute(sql, &values)?;
    for row in rows.iter().filter(|_| !is_far) {
        let sql = "INSERT INTO invite_search (rowid, tokens) SELECT seq, $2 FROM invite WHERE id = $1";
        let _ = tx.execute(sql, &[&row.id, &row.tokens])?;
    }
    Ok(())
}

/// What PostgreSQL does by itself after a while: look at how its tables are filled.
pub async fn analyze(store: &Store) {
    if store.dialect().pick(false, true) {
        store.write::<_, Error, _>(|tx: &mut Tx<'_>| tx.execute("ANALYZE", &[])).await.unwrap();
    }
}
