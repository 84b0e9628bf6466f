//! Many people and many invites, straight into the database: no password is hashed, no request is made.

use guestlist::{
    domain::{AccountId, BandId, CampaignId, InviteId, Kind, SessionId, SessionToken, Timestamp, search_tokens},
    server::{
        Entropy as _, SystemEntropy,
        store::{Dimension, Error, Store, Tally, Tx, dialect::intern, row},
    },
};
use serde_json::json;

use crate::world::{Person, World};

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemEntropy::new().fill(&mut bytes);
    bytes
}

/// The hash under which the server looks a token up.
pub fn hash(token: &str) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, token.as_bytes()).as_ref().to_vec()
}

/// The names under which people are made and the tokens of their sessions.
#[derive(Clone)]
struct Made {
    id: AccountId,
    name: String,
    session: SessionId,
    token: SessionToken,
}

async fn make(store: &Store, now: Timestamp, count: usize) -> Vec<Made> {
    let made: Vec<Made> = (0..count)
        .map(|_| Made {
            id: AccountId::new(now.unix_ms(), &random()),
            name: format!("p{:x}", u64::from_le_bytes(random())),
            session: SessionId::new(now.unix_ms(), &random()),
            token: SessionToken::from_random(&random()),
        })
        .collect();
    let all = made.clone();
    let write = move |tx: &mut Tx<'_>| {
        for one in &all {
            let _ = tx.execute(
                "INSERT INTO account (id, username, username_key, display_name, email, email_verified, email_claim,
                    password_hash, site_admin, created_at) VALUES ($1, $2, $2, $2, $5, $3, $5, 'none', $3, $4)",
                &[&one.id, &one.name, &false, &now, &format!("{}@example.org", one.name)],
            )?;
            let _ = tx.execute(
                "INSERT INTO session (id, account, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
                &[&one.session, &one.id, &hash(one.token.reveal()), &now, &now.plus_seconds(100 * 24 * 3_600)],
            )?;
        }
        Ok::<_, Error>(())
    };
    store.write(write).await.unwrap();
    made
}

/// The sessions of this many new people; nobody can log in as them.
pub async fn sessions(store: &Store, now: Timestamp, count: usize) -> Vec<String> {
    make(store, now, count).await.into_iter().map(|one| one.token.reveal().to_owned()).collect()
}

impl World {
    /// This many people, signed in; nobody can log in as them.
    pub async fn people(&self, count: usize) -> Vec<Person> {
        let made = make(self.app.store(), self.clock.now(), count).await;
        let person = |one: Made| {
            let account = json!({ "id": one.id, "username": one.name, "display_name": one.name });
            self.person(account, one.token.reveal())
        };
        made.into_iter().map(person).collect()
    }

    /// Puts this many copies of every invite beside it; their tokens are nobody's.
    pub async fn copy_invites(&self, count: usize) {
        let now = self.clock.now();
        let write = move |tx: &mut Tx<'_>| {
            row! {
                struct Original {
                    id: InviteId, band: BandId, label: Option<String>, kind: Kind, campaign: CampaignId,
                    created_by: AccountId,
                }
            }
            let all = "SELECT id, band, label, kind, campaign, created_by FROM invite";
            for original in tx.query::<Original>(all, &[])? {
                let tokens = search_tokens(
                    &original.band.to_string().replace('-', ""),
                    &original.label.iter().map(String::as_str).collect::<Vec<_>>(),
                );
                for _ in 0..count {
                    for dimension in [
                        Dimension::Kind(original.kind),
                        Dimension::Campaign(original.campaign),
                        Dimension::Inviter(original.created_by),
                    ] {
                        tx.tally(original.band, dimension, Tally::MADE);
                    }
                    let id = InviteId::new(now.unix_ms(), &random());
                    let _ = tx.execute(
                        "INSERT INTO invite (id, band, campaign, kind, role, status, label, token_hash, token_sealed, hint,
                            max_uses, created_at, created_by, expires_at, status_at, requires_approval, policy, search_text)
                         SELECT $1, band, campaign, kind, role, status, label, $2, token_sealed, hint, max_uses, created_at,
                            created_by, expires_at, status_at, requires_approval, policy, search_text
                         FROM invite WHERE id = $3",
                        &[&id, &random::<32>(), &original.id],
                    )?;
                    let _ = tx.execute(
                        tx.dialect().pick(
                            "INSERT INTO invite_search (rowid, tokens) SELECT seq, $2 FROM invite WHERE id = $1",
                            "UPDATE invite SET search =
                                array_to_tsvector(array_remove(string_to_array($2::text, ' '), '')) WHERE id = $1",
                        ),
                        &[&id, &tokens],
                    )?;
                }
            }
            Ok::<_, Error>(())
        };
        self.app.store().write(write).await.unwrap();
    }

    /// Makes an invite one for an account.
    pub async fn address(&self, invite: &str, person: &Person) {
        let invite: InviteId = invite.parse().unwrap();
        let account: AccountId = person.account["id"].as_str().unwrap().parse().unwrap();
        let write = move |tx: &mut Tx<'_>| {
            row! { struct Of { band: BandId } }
            let band = tx.query_one::<Of>("SELECT band FROM invite WHERE id = $1", &[&invite])?.unwrap().band;
            tx.tally(band, Dimension::Kind(Kind::Link), Tally { made: -1, pending: -1, ..Tally::NOTHING });
            tx.tally(band, Dimension::Kind(Kind::User), Tally::MADE);
            tx.execute("UPDATE invite SET kind = 'user', account = $2 WHERE id = $1", &[&invite, &account])
        };
        assert_eq!(self.app.store().write(write).await.unwrap(), 1);
    }

    /// The number that a statement gives as `n`.
    pub async fn number(&self, sql: &str) -> i64 {
        row! { struct Number { n: i64 } }
        let sql = intern(sql.to_owned());
        self.app.store().read(move |tx| tx.query_one::<Number>(sql, &[])).await.unwrap().unwrap().n
    }

    /// Runs a statement that the server itself would not.
    pub async fn run(&self, sql: &str) -> u64 {
        self.try_run(sql).await.unwrap()
    }

    /// As [`World::run`], where it may fail.
    pub async fn try_run(&self, sql: &str) -> Result<u64, Error> {
        let sql = intern(sql.to_owned());
        self.app.store().write(move |tx| tx.execute(sql, &[])).await
    }

    /// Lets a member invite.
    pub async fn set_can_invite(&self, band: &str, person: &Person) {
        let (band, account) = ids(band, person);
        let write = move |tx: &mut Tx<'_>| {
            tx.execute("UPDATE member SET can_invite = $3 WHERE band = $1 AND account = $2", &[&band, &account, &true])
        };
        assert_eq!(self.app.store().write(write).await.unwrap(), 1);
    }

    /// Writes down that a person did something in a band, `n` times in the seconds after now. By a store of its own: the
    /// server's keeps no record of this statement.
    pub async fn events(&self, band: &str, person: &Person, action: &'static str, n: i64) {
        let ((band, actor), now, node) = (ids(band, person), self.clock.now().micros(), self.second_node().await);
        let write = move |tx: &mut Tx<'_>| {
            tx.execute(
                "WITH RECURSIVE n(i) AS (SELECT $5::bigint UNION ALL SELECT i - 1 FROM n WHERE i > 1)
                 INSERT INTO audit (band, at, actor, action)
                 SELECT $1::uuid, $2::bigint + i * 1000000, $3::uuid, $4::text FROM n",
                &[&band, &now, &actor, &action, &n],
            )
        };
        assert_eq!(node.store().write::<_, Error, _>(write).await.unwrap(), n.unsigned_abs());
    }

    /// Puts this many people into a band, all brought by one.
    pub async fn fill_with_members(&self, band: &str, inviter: &Person, n: usize) {
        let ((band, by), now, n) = (ids(band, inviter), self.clock.now(), n as i64);
        let write = move |tx: &mut Tx<'_>| {
            let numbers = "WITH RECURSIVE n(i) AS (SELECT $1::bigint UNION ALL SELECT i - 1 FROM n WHERE i > 1)";
            let id = tx.dialect().pick("randomblob(16)", "gen_random_uuid()");
            let sql = format!(
                "{numbers} INSERT INTO account (id, username, username_key, display_name, email, email_verified,
                    password_hash, site_admin, created_at)
                 SELECT {id}, 'crowd' || i, 'crowd' || i, 'crowd', 'crowd' || i || '@example.org', $2, 'none', $2, $3::bigint
                 FROM n"
            );
            let _ = tx.execute(intern(sql), &[&n, &false, &now])?;
            let _ = tx.execute(
                "INSERT INTO member (band, account, role, can_invite, joined_at, invited_by)
                 SELECT $1, id, 'member', $2, $3, $4 FROM account WHERE display_name = 'crowd'",
                &[&band, &false, &now, &by],
            )?;
            tx.count_members(band, n);
            tx.tally(band, Dimension::Brought(by), Tally { made: n, ..Tally::NOTHING });
            Ok::<_, Error>(())
        };
        self.app.store().write(write).await.unwrap();
    }

    /// Takes a person out of a band, for good where they are banned.
    pub async fn remove(&self, band: &str, person: &Person, banned: bool) {
        let (band, account) = ids(band, person);
        let now = self.clock.now();
        let write = move |tx: &mut Tx<'_>| {
            row! { struct Gone { invited_by: Option<AccountId> } }
            let sql = "DELETE FROM member WHERE band = $1 AND account = $2 RETURNING invited_by";
            let gone: Option<Gone> = tx.query_one(sql, &[&band, &account])?;
            if let Some(inviter) = gone.as_ref().and_then(|gone| gone.invited_by) {
                tx.tally(band, Dimension::Brought(inviter), Tally::LOST);
            }
            let gone = i64::from(gone.is_some());
            let _ = tx.execute("UPDATE band SET members = members - $2::bigint WHERE id = $1", &[&band, &gone])?;
            tx.execute(
                "INSERT INTO departure (band, account, at, banned, acted_by) VALUES ($1, $2, $3, $4, $2)",
                &[&band, &account, &now, &banned],
            )
        };
        assert_eq!(self.app.store().write(write).await.unwrap(), 1);
    }
}

fn ids(band: &str, person: &Person) -> (BandId, AccountId) {
    (band.parse().unwrap(), person.account["id"].as_str().unwrap().parse().unwrap())
}
