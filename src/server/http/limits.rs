//! How often passwords and tokens may be tried: a guesser is slowed down, a person is not.
//!
//! A node counts for itself, in memory. What was used up comes back with time.

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use super::network::{Peer, client, network};
use crate::{
    domain::Token,
    server::{Hash as Digest, Refused, Settings, hash},
};

/// Keys that are remembered before those that are whole again are let go.
const REMEMBERED: usize = 10_000;
/// How often that is looked at.
const TIDY: Duration = Duration::from_secs(5);

/// What each network, and each account, has used up. A clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Limits(Arc<Inner>);

struct Inner {
    trusted: Vec<ipnet::IpNet>,
    sign_ins: Limit<IpAddr>,
    look_ups: Limit<IpAddr>,
    searches: Limit<IpAddr>,
    codes: Limit<IpAddr>,
    log_ins: Limit<Digest>,
}

/// One limit for each key.
struct Limit<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    tidied: Mutex<Instant>,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    /// So many a minute, and `burst` minutes' worth at once.
    fn new(per_minute: u32, burst: u32) -> Self {
        let rate = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(rate).allow_burst(rate.saturating_mul(NonZeroU32::new(burst).unwrap_or(rate)));
        Self { limiter: RateLimiter::keyed(quota), tidied: Mutex::new(Instant::now()) }
    }

    /// Refuses a key that has used up what it had, with the seconds after which it can try again.
    fn take(&self, key: &K) -> Result<(), Refused> {
        if self.limiter.len() > REMEMBERED {
            let mut tidied = self.tidied.lock().unwrap_or_else(PoisonError::into_inner);
            if tidied.elapsed() > TIDY {
                *tidied = Instant::now();
                self.limiter.retain_recent();
            }
        }
        self.limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            Refused::Limited { seconds: wait.as_secs() + 1 }
        })
    }
}

impl Limits {
    /// The limits that an operator set; `None` where they are off.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let limits = settings.limits.enabled.then_some(&settings.limits)?;
        Some(Self(Arc::new(Inner {
            trusted: settings.trusted_proxies.clone(),
            sign_ins: Limit::new(limits.sign_ins_per_minute, 2),
            look_ups: Limit::new(limits.look_ups_per_minute, 1),
            searches: Limit::new(limits.look_ups_per_minute, 1),
            codes: Limit::new(limits.codes_per_minute, 1),
            log_ins: Limit::new(limits.sign_ins_per_minute, 2),
        })))
    }

    /// A password is about to be tried for a name or an address, whoever tries. Each has its own count, be there an
    /// account or not: a count that both shared would tell whose address it is.
    pub(crate) fn log_in(&self, login: &str) -> Result<(), Refused> {
        self.0.log_ins.take(&hash(login))
    }

    fn of(&self, route: &str, path: &str) -> Option<&Limit<IpAddr>> {
        match route {
            "/api/v1/auth/login" | "/api/v1/auth/register" => Some(&self.0.sign_ins),
            "/api/v1/accounts" => Some(&self.0.searches),
            route if route.contains("{token}") => {
                // A token cannot be guessed, a code might be.
                let token = path.split('/').any(|part| part.starts_with(Token::PREFIX));
                Some(if token { &self.0.look_ups } else { &self.0.codes })
            }
            _ => None,
        }
    }
}

/// Answers 429 `rate_limited` with `Retry-After` to a network that has used up what a route allows.
pub(crate) async fn limit(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    if let (Some(route), Some(Peer(peer))) = (extensions.get::<MatchedPath>(), extensions.get::<Peer>())
        && let Some(limit) = limits.of(route.as_str(), request.uri().path())
    {
        let from = network(client(peer.ip(), request.headers(), &limits.0.trusted));
        if let Err(refused) = limit.take(&from) {
            return refused.into_response();
        }
    }
    next.run(request).await
}
