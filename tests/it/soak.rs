//! Faults under load, against the real program. `cargo test` tries each a handful of times; the long form of each is an
//! ignored test that `.ci/soak` runs by its name, for as long as it is given.

mod backup;
mod beside;
mod database;
mod disk;
mod drain;
mod files;
mod kills;
mod line;
mod load;
mod migration;
mod moods;
mod timing;

use std::time::{Duration, Instant};

use guestlist::{
    domain::{AccountId, InviteId},
    server::{
        admin::check,
        store::{Database, Error, Options, Store},
    },
};

use self::load::Ledger;

/// How far a fault is driven: so many rounds, and no round begins once the time is over.
pub struct Extent {
    rounds: usize,
    done: usize,
    end: Instant,
    is_long: bool,
}

impl Extent {
    /// A few rounds, for every run of the tests.
    pub fn quick(rounds: usize) -> Self {
        Self { rounds, done: 0, end: Instant::now() + Duration::from_mins(10), is_long: false }
    }

    /// Many rounds, within the seconds that `GUESTLIST_SOAK_SECONDS` names, or two minutes.
    pub fn long(rounds: usize) -> Self {
        let seconds = std::env::var("GUESTLIST_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(120);
        Self { rounds, done: 0, end: Instant::now() + Duration::from_secs(seconds), is_long: true }
    }

    /// Begins the next round, if there is to be one. There is always a first.
    pub fn goes_on(&mut self) -> bool {
        let on = self.done == 0 || self.done < self.rounds && Instant::now() < self.end;
        self.done += usize::from(on);
        on
    }

    /// Holds what took longest to what is promised, in the long form alone, which has the machine to itself: it takes that, or
    /// ten times what the like took before any fault, whichever is more.
    pub fn in_time(&self, longest: Duration, promised: Duration, calm: Duration) {
        let most = promised.max(calm * 10);
        assert!(
            !self.is_long || longest <= most,
            "it took {longest:?}, {most:?} are promised; in calm it took {calm:?}"
        );
    }

    /// Rounds that were begun.
    pub fn begun(&self) -> usize {
        self.done
    }
}

/// A number below `bound`, other each time.
pub fn any_below(bound: u64) -> u64 {
    use guestlist::server::Entropy as _;
    let mut bytes = [0; 8];
    guestlist::server::SystemEntropy::new().fill(&mut bytes);
    u64::from_le_bytes(bytes) % bound
}

/// The store behind a server, beside it.
pub async fn store(database: &str) -> Store {
    let options = Options { patience: Duration::from_mins(2), ..Options::new(database.parse().unwrap()) };
    tokio::task::spawn_blocking(move || Store::open(&options).unwrap()).await.unwrap()
}

/// What has to be true of a database whatever its server went through: every accept that was answered is there, once;
/// uses are redemptions, no invite has more than it may, totals add up, and the file is whole.
pub async fn holds_together(database: &str, ledger: &Ledger) {
    let store = store(database).await;
    assert_eq!(store.read(check).await.unwrap(), []);
    let joined: Vec<(InviteId, AccountId)> =
        ledger.joined.iter().map(|(invite, account)| (invite.parse().unwrap(), account.parse().unwrap())).collect();
    let there = "SELECT 1 AS n FROM redemption r JOIN member m ON m.band = r.band AND m.account = r.account
        WHERE r.invite = $1 AND r.account = $2";
    let lost = store.read::<_, Error, _>(move |tx| {
        let mut lost = Vec::new();
        for (invite, account) in &joined {
            if tx.query::<Number>(there, &[invite, account])?.len() != 1 {
                lost.push(invite.to_string());
            }
        }
        Ok(lost)
    });
    assert_eq!(lost.await.unwrap(), [""; 0], "accepts that were answered and are not there, or there twice");
    let odd = "SELECT COUNT(*) AS n FROM (
        SELECT 1 AS one FROM invite WHERE max_uses IS NOT NULL AND uses > max_uses
        UNION ALL SELECT 1 FROM redemption GROUP BY invite, account HAVING COUNT(*) > 1
        UNION ALL SELECT 1 FROM invite WHERE status = 'cancelled' AND uses > 0 AND max_uses = 1
        UNION ALL SELECT 1 FROM invite WHERE status = 'pending' AND uses = max_uses) AS odd";
    assert_eq!(number(&store, odd).await, 0, "uses beyond what an invite has");
    store.close().await;
    if let Database::Sqlite(path) = database.parse().unwrap() {
        let said: String = rusqlite::Connection::open(path)
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(said, "ok");
    }
}

guestlist::row! { struct Number { n: i64 } }

/// What a statement counts.
pub async fn number(store: &Store, sql: &'static str) -> i64 {
    store.read::<_, Error, _>(move |tx| tx.query_one::<Number>(sql, &[])).await.unwrap().unwrap().n
}
