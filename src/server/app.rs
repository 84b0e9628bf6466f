//! What every request needs: the store, the rules, the key, a clock and a source of randomness.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use crate::{
    config::{Config, Limits},
    domain::{Policy, Preset, SessionToken, Timestamp, Token},
};

use super::{Key, mail::Transport, metrics::Metrics, store::Store, views::Views};

/// Tells the time. Tests hand in one that they move.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Fills buffers with random bytes fit for secrets.
pub trait Entropy: Send + Sync {
    /// Fills all of `buffer`.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's randomness.
#[derive(Debug, Clone)]
pub struct SystemEntropy(ring::rand::SystemRandom);

impl Default for SystemEntropy {
    fn default() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl SystemEntropy {
    /// The operating system's source.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        use ring::rand::SecureRandom as _;
        // A kernel without randomness cannot make secrets: ending the request beats handing out a guessable one.
        assert!(self.0.fill(buffer).is_ok(), "the operating system gives no random bytes");
    }
}

/// How that is written to invites which was decided about many of them at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steps {
    /// Invites that one transaction takes on.
    pub invites: u32,
    /// The longest that a request goes on with it, before it leaves what is to do to the sweeper; zero leaves it at once.
    pub patience: Duration,
}

/// A thousand at a time, for twenty seconds.
impl Default for Steps {
    fn default() -> Self {
        Self { invites: 1_000, patience: Duration::from_secs(20) }
    }
}

/// What an operator decides about a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The site's name, as `GET /site` tells it.
    pub name: String,
    /// The origin that links begin with, without a slash at the end. Never taken from a request.
    pub public_url: String,
    /// Where people find the program; `None` where nobody has said it.
    pub program_url: Option<String>,
    /// The rules for invites and registration.
    pub policy: Policy,
    /// How mail leaves.
    pub mail: Transport,
    /// How many mails this node sends at once; none leaves them to other nodes.
    pub mail_lanes: usize,
    /// Days after an invite's end at which its address is erased; `None` is never.
    pub retention_days: Option<u32>,
    /// The secret that the process which started an embedded server shows to make the first account, the site admin.
    /// `None` on a hosted server.
    pub founder: Option<String>,
    /// How often networks and accounts may try things.
    pub limits: Limits,
    /// The proxies that are believed when they say for whom they ask (`X-Forwarded-For`, `Forwarded`).
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// Where the figures of `/metrics` are served; `None` is nowhere.
    pub metrics_listen: Option<std::net::SocketAddr>,
    /// How decisions about many invites are written down.
    pub steps: Steps,
    /// Whether this node writes down what time has ended and what was left to it; where not, other nodes do.
    pub sweeps: bool,
}

/// A server on this machine for a band: no mail, limits on.
impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "guestlist".to_owned(),
            public_url: "http://localhost".to_owned(),
            program_url: None,
            policy: Policy::preset(Preset::Band),
            mail: Transport::Off,
            mail_lanes: 4,
            retention_days: None,
            founder: None,
            limits: Limits::default(),
            trusted_proxies: Vec::new(),
            metrics_listen: None,
            steps: Steps::default(),
            sweeps: true,
        }
    }
}

impl Settings {
    /// What a configuration decides. `public_url` is the origin of links, `founder` the secret of an embedded server.
    #[must_use]
    pub fn new(config: &Config, public_url: &str, founder: Option<String>) -> Self {
        Self {
            name: config.server.name.clone(),
            public_url: public_url.trim_end_matches('/').to_owned(),
            program_url: config.server.program_url.clone(),
            policy: config.policy.clone(),
            mail: Transport::new(&config.mail),
            mail_lanes: config.mail.connections,
            retention_days: config.retention.days,
            founder,
            limits: config.limits.clone(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            metrics_listen: config.server.metrics_listen,
            steps: Steps::default(),
            sweeps: true,
        }
    }
}

/// The longest that whoever waits for a time rests: the machine may have been asleep itself, its clock may be set, and
/// another node may have left something to do.
pub(crate) const LONGEST_REST: Duration = Duration::from_mins(1);
/// The shortest such rest, however near the time is.
const SHORTEST_REST: Duration = Duration::from_millis(20);

/// The state behind the router; a clone is another handle to the same.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    settings: Settings,
    key: Key,
    clock: Box<dyn Clock>,
    entropy: Box<dyn Entropy>,
    alarm: Alarm,
    views: Views,
    metrics: Metrics,
}

/// What the sweeper sleeps by: it is woken when an end is written that comes before the one it waits for.
#[derive(Debug)]
pub(crate) struct Alarm {
    next: AtomicI64,
    bell: Notify,
}

impl Alarm {
    fn new() -> Self {
        Self { next: AtomicI64::new(i64::MAX), bell: Notify::new() }
    }

    /// The sweeper waits for `next`. It says `None` before it looks, so that what is written meanwhile rings too.
    pub(crate) fn set(&self, next: Option<Timestamp>) {
        self.next.store(next.map_or(i64::MAX, Timestamp::micros), Ordering::SeqCst);
    }

    /// An invite was written that ends at `end`.
    pub(crate) fn note(&self, end: Option<Timestamp>) {
        if end.is_some_and(|end| end.micros() < self.next.load(Ordering::SeqCst)) {
            self.bell.notify_one();
        }
    }

    /// Somebody was told that an invite's time is over. The sweeper may not know yet, where the clock was set on: once it is
    /// written down, a clock that is set back brings nothing back to life.
    pub(crate) fn note_over(&self) {
        self.bell.notify_one();
    }

    /// Ready once there is a nearer end.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }
}

impl App {
    /// Brings the parts together.
    #[must_use]
    pub fn new(
        store: Store,
        settings: Settings,
        key: Key,
        clock: impl Clock + 'static,
        entropy: impl Entropy + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            settings,
            key,
            clock: Box::new(clock),
            entropy: Box::new(entropy),
            alarm: Alarm::new(),
            views: Views::default(),
            metrics: Metrics::new(),
        }))
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// The operator's decisions.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// How long to rest for something at `then`, and where nothing is to come.
    pub(crate) fn rest_until(&self, then: Option<Timestamp>) -> Duration {
        let Some(then) = then else { return LONGEST_REST };
        let micros = u64::try_from(then.micros().saturating_sub(self.now().micros())).unwrap_or(0);
        Duration::from_micros(micros).clamp(SHORTEST_REST, LONGEST_REST)
    }

    /// The server's key.
    pub(crate) fn key(&self) -> &Key {
        &self.0.key
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Looks at invites that are not written yet.
    pub(crate) fn views(&self) -> &Views {
        &self.0.views
    }

    /// What wakes the sweeper.
    pub(crate) fn alarm(&self) -> &Alarm {
        &self.0.alarm
    }

    /// Fresh random bytes.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.entropy.fill(&mut bytes);
        bytes
    }

    /// A fresh id: `app.fresh(InviteId::new)`. Made outside of the transaction, which can run more than once.
    pub(crate) fn fresh<T>(&self, make: fn(u64, &[u8; 10]) -> T) -> T {
        make(self.now().unix_ms(), &self.random())
    }

    /// A fresh session token.
    pub(crate) fn fresh_session_token(&self) -> SessionToken {
        SessionToken::from_random(&self.random())
    }

    /// The link that carries a token.
    pub(crate) fn link(&self, token: &Token) -> String {
        format!("{}/invite/{}", self.0.settings.public_url, token.reveal())
    }
}
