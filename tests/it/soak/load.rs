//! People who make bands, invite, come in, and are refused, whatever becomes of the server under them: what is not
//! answered is asked again under the same key, and whatever is answered has to be what the rules say.

use std::{
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use guestlist::domain::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{any_below, store};
use crate::seed::sessions;

/// Who invites, and those who race for three places.
const TROOP: usize = 5;
/// The longest that one wish may take to be answered, with all that happens to the server.
const PATIENCE: Duration = Duration::from_mins(3);

/// What was answered.
#[derive(Debug, Default, Clone)]
pub struct Ledger {
    /// Invite and account of each accept that was answered with `joined`.
    pub joined: Vec<(String, String)>,
    /// Whole stories of a band.
    pub stories: usize,
    /// Answers of 503.
    pub unavailable: usize,
    /// Requests that got no answer.
    pub unanswered: usize,
    /// Requests that were answered otherwise.
    pub answered: usize,
    /// The longest that a request waited for an answer, or for its end.
    pub longest: Duration,
}

/// Load on one server, or several.
pub struct Load {
    shared: Arc<Shared>,
    tasks: JoinSet<()>,
}

struct Shared {
    origins: RwLock<Vec<String>>,
    ends: AtomicBool,
    answered: AtomicUsize,
    ledger: Mutex<Ledger>,
}

impl Load {
    /// Makes `troops` groups of people in the database, and lets them begin. The schema is made where it is missing.
    pub async fn start(database: &str, origins: &[&str], troops: usize) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = store(database).await;
        let people = sessions(&store, Timestamp::now(), troops * TROOP).await;
        store.close().await;
        let shared = Arc::new(Shared {
            origins: RwLock::new(origins.iter().map(|&origin| origin.to_owned()).collect()),
            ends: AtomicBool::new(false),
            answered: AtomicUsize::new(0),
            ledger: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        for troop in people.chunks(TROOP) {
            let (troop, shared) = (troop.to_vec(), Arc::clone(&shared));
            tasks.spawn(async move { live(&troop, &shared).await });
        }
        Self { shared, tasks }
    }

    /// Where the servers listen from now on.
    pub fn moved(&self, origins: &[&str]) {
        *self.shared.origins.write().unwrap() = origins.iter().map(|&origin| origin.to_owned()).collect();
    }

    /// What was answered so far.
    pub fn ledger(&self) -> Ledger {
        self.shared.ledger.lock().unwrap().clone()
    }

    /// Waits until so many more requests were answered well; how long that took.
    pub async fn answers(&mut self, count: usize) -> Duration {
        let (begun, before) = (Instant::now(), self.shared.answered.load(Ordering::SeqCst));
        while self.shared.answered.load(Ordering::SeqCst) < before + count {
            if let Some(ended) = self.tasks.try_join_next() {
                ended.expect("a story went as the rules say"); // a panic in there is this test's
            }
            assert!(begun.elapsed() < PATIENCE, "nothing goes on: {:?}", self.ledger());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        begun.elapsed()
    }

    /// Waits until something is seen in the ledger.
    pub async fn until(&mut self, what: &str, seen: impl Fn(&Ledger) -> bool) {
        let begun = Instant::now();
        while !seen(&self.ledger()) {
            if let Some(ended) = self.tasks.try_join_next() {
                ended.expect("a story went as the rules say");
            }
            assert!(begun.elapsed() < PATIENCE, "never {what}: {:?}", self.ledger());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Lets every story come to its end; what was answered.
    pub async fn end(mut self) -> Ledger {
        self.shared.ends.store(true, Ordering::SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("a story went as the rules say");
        }
        self.ledger()
    }
}

/// A wish: the same under the same key until it is answered.
struct Asking<'a> {
    shared: &'a Shared,
    http: reqwest::Client,
}

impl Asking<'_> {
    async fn ask(&self, session: &str, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let key = format!("{:x}-{:x}", any_below(u64::MAX), any_below(u64::MAX));
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "{method} {path} is never answered");
            let origin = {
                let origins = self.shared.origins.read().unwrap();
                origins[any_below(origins.len() as u64) as usize].clone()
            };
            let request = self.http.request(method.parse().unwrap(), format!("{origin}/api/v1{path}"));
            let request = request.bearer_auth(session).header("idempotency-key", &key);
            let request = if let Some(body) = &body { request.json(body) } else { request };
            let at = Instant::now();
            let answer = async {
                let answer = request.send().await.ok()?;
                let (status, wait) = (answer.status().as_u16(), answer.headers().contains_key("retry-after"));
                Some((status, wait, answer.text().await.ok()?))
            };
            let answer = answer.await;
            if let Some(told) = self.note(answer, at.elapsed(), path) {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(20 + any_below(80))).await;
        }
    }

    /// Writes down what came, held to what may come; the answer, where it is one to go on with.
    fn note(&self, answer: Option<(u16, bool, String)>, waited: Duration, path: &str) -> Option<(u16, Value)> {
        let mut ledger = self.shared.ledger.lock().unwrap();
        ledger.longest = ledger.longest.max(waited);
        match answer {
            None => ledger.unanswered += 1,
            Some((503, says_when, text)) => {
                assert!(says_when, "503 says when to come back: {text}");
                ledger.unavailable += 1;
            }
            Some((status, _, text)) => {
                assert!(status < 500, "{path}: {status} {text}");
                ledger.answered += 1;
                self.shared.answered.fetch_add(1, Ordering::SeqCst);
                return Some((status, serde_json::from_str(&text).unwrap_or_default()));
            }
        }
        None
    }

    async fn made(&self, session: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(session, "POST", path, Some(body)).await;
        assert_eq!(status, 201, "{path}: {answer}");
        answer
    }

    async fn accept(&self, session: &str, token: &Value) -> String {
        let path = format!("/invites/{}/accept", token.as_str().unwrap());
        let (_, answer) = self.ask(session, "POST", &path, Some(json!({}))).await;
        answer["outcome"].as_str().or(answer["code"].as_str()).unwrap().to_owned()
    }
}

/// One band after the other, until it is enough.
async fn live(troop: &[String], shared: &Shared) {
    let builder = reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(20));
    let asking = Asking { shared, http: builder.timeout(Duration::from_secs(45)).build().unwrap() };
    let mut accounts = Vec::new();
    for session in troop {
        let (status, me) = asking.ask(session, "GET", "/me", None).await;
        assert_eq!(status, 200, "{me}");
        accounts.push(me["id"].as_str().unwrap().to_owned());
    }
    while !shared.ends.load(Ordering::SeqCst) {
        story(&asking, troop, &accounts).await;
        shared.ledger.lock().unwrap().stories += 1;
    }
}

/// A band: four race for three places, a revoked invite lets nobody in, and a list of people is invited once.
async fn story(asking: &Asking<'_>, troop: &[String], accounts: &[String]) {
    let (owner, guests) = troop.split_first().unwrap();
    let band = asking.made(owner, "/bands", json!({ "name": "The Night Owls" })).await;
    let band = format!("/bands/{}", band["id"].as_str().unwrap());
    let invites = format!("{band}/invites");
    let made = asking.made(owner, &invites, json!({ "max_uses": 3 })).await;
    let race = futures_util::future::join_all(guests.iter().map(|guest| asking.accept(guest, &made["token"])));
    let outcomes = race.await;
    let invite = made["invite"]["id"].as_str().unwrap();
    for (outcome, account) in outcomes.iter().zip(&accounts[1..]) {
        if outcome == "joined" {
            asking.shared.ledger.lock().unwrap().joined.push((invite.to_owned(), account.clone()));
        }
    }
    let mut sorted = outcomes.clone();
    sorted.sort();
    assert_eq!(sorted, ["invite_used", "joined", "joined", "joined"]);
    let last = &guests[outcomes.iter().position(|outcome| outcome == "invite_used").unwrap()];
    let revoked = asking.made(owner, &invites, json!({})).await;
    let (status, _) =
        asking.ask(owner, "DELETE", &format!("/invites/{}", revoked["invite"]["id"].as_str().unwrap()), None).await;
    assert_eq!(status, 204);
    assert_eq!(asking.accept(last, &revoked["token"]).await, "invite_revoked");
    let rows: Vec<Value> = (0..5).map(|n| json!({ "email": format!("n{n}@example.org") })).collect();
    asking.made(owner, &format!("{invites}/bulk"), json!({ "rows": rows })).await;
    let (status, shown) = asking.ask(owner, "GET", &band, None).await;
    assert_eq!((status, &shown["counts"]), (200, &json!({ "members": 4, "invites": 7, "pending": 5 })));
}
