//! People, bands and invites, straight into the database.

use guestlist::{
    domain::{
        AccountId, BandId, InviteId, Policy, Preset, SessionId, SessionToken, Timestamp, Token, search_text,
        search_tokens,
    },
    server::{
        Entropy as _, SystemEntropy,
        store::{Error, Store, Tx},
    },
};

/// Rows that one transaction takes on.
const BATCH: usize = 10_000;

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

/// This many people.
pub async fn people(store: &Store, now: Timestamp, count: usize) -> Vec<Person> {
    let mut people = Vec::new();
    for n in 0..count {
        people.push(person(store, now, &format!("person{n}")).await);
    }
    people
}

/// One of this name.
pub async fn person(store: &Store, now: Timestamp, name: &str) -> Person {
    let (id, session) = (AccountId::new(now.unix_ms(), &random()), SessionToken::from_random(&random()));
    let (own, name) = (SessionId::new(now.unix_ms(), &random()), name.to_owned());
    let token = hash(session.reveal());
    let write = move |tx: &mut Tx<'_>| {
        let _ = tx.execute(
            "INSERT INTO account (id, username, username_key, display_name, email, email_verified, email_claim,
                password_hash, site_admin, created_at) VALUES ($1, $2, $2, $2, $2, $3, $2, 'none', $3, $4)",
            &[&id, &name, &false, &now],
        )?;
        tx.execute(
            "INSERT INTO session (id, account, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
            &[&own, &id, &token, &now, &now.plus_hours(100)],
        )
    };
    store.write::<_, Error, _>(write).await.unwrap();
    Person { id, session: session.reveal().to_owned() }
}

async fn empty_band(store: &Store, now: Timestamp, owner: AccountId, invites: usize) -> BandId {
    let id = BandId::new(now.unix_ms(), &random());
    let invites = i64::try_from(invites).unwrap();
    let write = move |tx: &mut Tx<'_>| {
        let _ = tx.execute(
            "INSERT INTO band (id, name, join_mode, invite_permission, members, invites, pending, created_at)
             VALUES ($1, 'Choir', 'invite', 'admins', 1, $2, $2, $3)",
            &[&id, &invites, &now],
        )?;
        tx.execute(
            "INSERT INTO member (band, account, role, can_invite, joined_at) VALUES ($1, $2, 'owner', $3, $4)",
            &[&id, &owner, &false, &now],
        )
    };
    store.write::<_, Error, _>(write).await.unwrap();
    id
}

/// A band with this many pending invites for one use.
pub async fn band(store: &Store, now: Timestamp, owner: &Person, invites: usize) -> BandId {
    let id = empty_band(store, now, owner.id, invites).await;
    for first in (0..invites).step_by(BATCH) {
        add(store, now, id, owner.id, first..(first + BATCH).min(invites), Some(1)).await;
    }
    id
}

/// A band's link without limit.
pub async fn link(store: &Store, now: Timestamp, owner: &Person) -> Token {
    let id = empty_band(store, now, owner.id, 1).await;
    add(store, now, id, owner.id, 0..1, None).await;
    token(id, 0)
}

async fn add(
    store: &Store,
    now: Timestamp,
    band: BandId,
    owner: AccountId,
    numbers: std::ops::Range<usize>,
    uses: Option<i64>,
) {
    let policy = serde_json::to_string(&Policy::preset(Preset::Band)).unwrap();
    let scope = band.to_string().replace('-', "");
    let write = move |tx: &mut Tx<'_>| {
        for number in numbers.clone() {
            let token = token(band, number);
            // As many rows as a search for a few finds, in a band of any size; the oldest.
            let label = format!("drummer {number:x}{}", if number < FEW { " and soprano" } else { "" });
            // Half an hour beyond a full one, so that none of the first ones reads differently while it is looked at.
            let end = now.plus_seconds(2 * 86_400 + 1_800 + number as i64);
            let id = InviteId::new(now.unix_ms(), &random());
            let sql = tx.dialect().pick(
                "INSERT INTO invite (id, band, kind, role, status, label, token_hash, token_sealed, hint, max_uses,
                    created_at, created_by, expires_at, status_at, requires_approval, policy, search_text)
                 VALUES ($1, $2, 'link', 'member', 'pending', $3, $4, $4, $5, $6, $7, $8, $9, $7, $10, $11, $12)",
                "INSERT INTO invite (id, band, kind, role, status, label, token_hash, token_sealed, hint, max_uses,
                    created_at, created_by, expires_at, status_at, requires_approval, policy, search_text, search)
                 VALUES ($1, $2, 'link', 'member', 'pending', $3, $4, $4, $5, $6, $7, $8, $9, $7, $10, $11, $12,
                    array_to_tsvector(array_remove(string_to_array($13::text, ' '), '')))",
            );
            let (hash, text, tokens) = (hash(token.reveal()), search_text(&[&label]), search_tokens(&scope, &[&label]));
            let mut values: Vec<&dyn guestlist::server::store::ToValue> = vec![&id, &band, &label, &hash];
            let hint = token.hint();
            values.extend::<[&dyn guestlist::server::store::ToValue; 8]>([
                &hint, &uses, &now, &owner, &end, &false, &policy, &text,
            ]);
            if tx.dialect().pick(false, true) {
                values.push(&tokens);
            }
            let _ = tx.execute(sql, &values)?;
            if tx.dialect().pick(true, false) {
                let _ = tx.execute(
                    "INSERT INTO invite_search (rowid, tokens) SELECT seq, $2 FROM invite WHERE id = $1",
                    &[&id, &tokens],
                )?;
            }
        }
        Ok::<_, Error>(())
    };
    store.write(write).await.unwrap();
}

/// What PostgreSQL does by itself after a while: look at how its tables are filled.
pub async fn analyze(store: &Store) {
    if store.dialect().pick(false, true) {
        store.write::<_, Error, _>(|tx: &mut Tx<'_>| tx.execute("ANALYZE", &[])).await.unwrap();
    }
}
