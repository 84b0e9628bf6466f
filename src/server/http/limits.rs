//! How often passwords and tokens may be tried: a guesser is slowed down, a person is not.
//!
//! A node counts for itself, in memory. What was used up comes back with time.

use std::{
    collections::HashMap,
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

use super::network::{client, network};
use crate::{
    api::Code,
    domain::{AccountId, Token},
    server::{Hash as Digest, Peer, Refused, Settings, hash},
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
    codes: Guesses,
    log_ins: Limit<Digest>,
}

/// One limit for each key.
struct Limit<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    tidied: Mutex<Instant>,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    /// So many a minute, all of them at once if need be.
    fn new(per_minute: u32) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
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

/// Who tries codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Guesser {
    /// A network, signed in or not.
    Network(IpAddr),
    /// An account, from wherever it comes.
    Account(AccountId),
}

/// How many codes were tried that nobody has. A code that there is costs nothing: people with cards in one room are one
/// network. It is counted while it is looked up, so that no more are tried at the same time than one after the other.
struct Guesses {
    /// In what time one guess comes back.
    each: Duration,
    /// When each has all of its guesses again; and how many are remembered before those that have are let go.
    whole: Mutex<(HashMap<Guesser, Instant>, usize)>,
}

impl Guesses {
    /// The time in which all that one has comes back.
    const ALL: Duration = Duration::from_mins(1);

    fn new(per_minute: u32) -> Self {
        Self { each: Self::ALL / per_minute.max(1), whole: Mutex::new((HashMap::new(), REMEMBERED)) }
    }

    fn take(&self, who: Guesser) -> Result<(), Refused> {
        let now = Instant::now();
        let mut kept = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let (whole, most) = &mut *kept;
        if whole.len() > *most {
            whole.retain(|_, at| *at > now);
            *most = REMEMBERED.max(2 * whole.len());
        }
        let at = whole.get(&who).map_or(now, |at| now.max(*at)) + self.each;
        match at.duration_since(now).checked_sub(Self::ALL) {
            Some(wait) if !wait.is_zero() => Err(Refused::Limited { seconds: wait.as_secs() + 1 }),
            _ => {
                whole.insert(who, at);
                Ok(())
            }
        }
    }

    fn give_back(&self, who: Guesser) {
        let mut kept = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = kept.0.get_mut(&who) {
            *at = at.checked_sub(self.each).unwrap_or(*at);
        }
    }
}

/// The network that a request comes from, told by [`limit`] to whoever looks codes up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Network(pub(crate) IpAddr);

impl Limits {
    /// Looks a code up. Refused is who has tried too many that nobody has, before it is known whether this one is.
    pub(crate) async fn guess<T>(
        &self,
        who: Guesser,
        look: impl Future<Output = Result<T, Refused>>,
    ) -> Result<T, Refused> {
        self.0.codes.take(who)?;
        let found = look.await;
        if !matches!(&found, Err(Refused::Problem(problem)) if problem.code == Code::InvalidToken) {
            self.0.codes.give_back(who);
        }
        found
    }

    /// The limits that an operator set; `None` where they are off.
    pub(crate) fn new(settings: &Settings) -> Option<Self> {
        let limits = settings.limits.enabled.then_some(&settings.limits)?;
        Some(Self(Arc::new(Inner {
            trusted: settings.trusted_proxies.clone(),
            sign_ins: Limit::new(limits.sign_ins_per_minute),
            look_ups: Limit::new(limits.look_ups_per_minute),
            searches: Limit::new(limits.look_ups_per_minute),
            codes: Guesses::new(limits.codes_per_minute),
            log_ins: Limit::new(limits.sign_ins_per_minute),
        })))
    }

    /// A password is about to be tried for a name or an address, whoever tries. Each has its own count, be there an
    /// account or not: a count that both shared would tell whose address it is.
    pub(crate) fn log_in(&self, login: &str) -> Result<(), Refused> {
        self.0.log_ins.take(&hash(login))
    }

    fn of(&self, route: &str) -> Option<&Limit<IpAddr>> {
        match route {
            "/api/v1/auth/login"
            | "/api/v1/auth/register"
            | "/api/v1/auth/password/forgot"
            | "/api/v1/auth/password/reset"
            | "/api/v1/me/email/verification"
            | "/api/v1/me/email/verify" => Some(&self.0.sign_ins),
            "/api/v1/accounts" => Some(&self.0.searches),
            route if route.contains(TOKEN) => Some(&self.0.look_ups),
            _ => None,
        }
    }
}

/// The part of a route that is a token or a code.
pub(super) const TOKEN: &str = "{token}";

/// Whether the address has a code: a token cannot be guessed, a code might be.
fn is_guess(route: &str, path: &str) -> bool {
    route.contains(TOKEN) && !path.split('/').any(|part| part.starts_with(Token::PREFIX))
}

/// Answers 429 `rate_limited` with `Retry-After` to a network that has used up what a route allows. A code that there is
/// has cost nothing in the end: whatever is answered to one that nobody has is `invalid_token`, and nothing else is.
pub(crate) async fn limit(State(limits): State<Limits>, mut request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let (Some(route), Some(Peer(peer))) = (extensions.get::<MatchedPath>(), extensions.get::<Peer>()) else {
        return next.run(request).await;
    };
    let from = network(client(peer.ip(), request.headers(), &limits.0.trusted));
    let guesses = is_guess(route.as_str(), request.uri().path()).then_some(Guesser::Network(from));
    let allowed = limits.of(route.as_str()).map_or(Ok(()), |limit| limit.take(&from));
    if let Err(refused) = allowed.and_then(|()| guesses.map_or(Ok(()), |who| limits.0.codes.take(who))) {
        return refused.into_response();
    }
    request.extensions_mut().insert(Network(from));
    let response = next.run(request).await;
    let is_unknown = response.extensions().get::<Code>() == Some(&Code::InvalidToken);
    if let Some(who) = guesses.filter(|_| !is_unknown) {
        limits.0.codes.give_back(who);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_get_through_as_are_configured_and_the_next_is_told_when_to_come_back() {
        for per_minute in [1, 3, 10] {
            let limit = Limit::new(per_minute);
            let through = (0..100).take_while(|_| limit.take(&"ada").is_ok()).count();
            assert_eq!(through, per_minute as usize);
            let Err(Refused::Limited { seconds }) = limit.take(&"ada") else { panic!("it was let through") };
            assert!((1..=60 / u64::from(per_minute) + 1).contains(&seconds), "{seconds}");
            assert!(limit.take(&"kim").is_ok(), "another's count is another");
        }
    }
}
