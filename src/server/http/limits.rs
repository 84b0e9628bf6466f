//! How often one network may try passwords and tokens: a guesser is slowed down, a person is not.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use super::problem::problem_response;
use crate::{
    api::{Code, Problem},
    server::run::Peer,
};

/// Log-ins and registrations that a network may try at once; one more every six seconds.
const SIGN_INS: NonZeroU32 = NonZeroU32::new(20).unwrap();
const SIGN_INS_A_MINUTE: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Look-ups of a token that a network may make at once, and those it gains a minute.
const LOOK_UPS: NonZeroU32 = NonZeroU32::new(60).unwrap();
const LOOK_UPS_A_MINUTE: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// Networks that are remembered before those that are whole again are let go.
const REMEMBERED: usize = 10_000;

/// What each network has used up. A node counts for itself.
pub(crate) struct Limits {
    sign_ins: DefaultKeyedRateLimiter<IpAddr>,
    look_ups: DefaultKeyedRateLimiter<IpAddr>,
}

impl Limits {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            sign_ins: RateLimiter::keyed(Quota::per_minute(SIGN_INS_A_MINUTE).allow_burst(SIGN_INS)),
            look_ups: RateLimiter::keyed(Quota::per_minute(LOOK_UPS_A_MINUTE).allow_burst(LOOK_UPS)),
        })
    }

    fn of(&self, route: &str) -> Option<&DefaultKeyedRateLimiter<IpAddr>> {
        match route {
            "/api/v1/auth/login" | "/api/v1/auth/register" => Some(&self.sign_ins),
            route if route.contains("{token}") => Some(&self.look_ups),
            _ => None,
        }
    }
}

/// One address of IPv4; of IPv6 the /64, which one subscriber holds.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

/// Answers 429 `rate_limited` with `Retry-After` to a network that has used up what a route allows.
pub(crate) async fn limit(State(limits): State<Arc<Limits>>, request: Request, next: Next) -> Response {
    let limiter = request.extensions().get::<MatchedPath>().and_then(|route| limits.of(route.as_str()));
    if let (Some(limiter), Some(Peer(peer))) = (limiter, request.extensions().get::<Peer>()) {
        if limiter.len() > REMEMBERED {
            limiter.retain_recent();
        }
        if let Err(until) = limiter.check_key(&network(peer.ip())) {
            let seconds = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            let detail = format!("That was too often from your network. Try again in {seconds} s.");
            let mut response = problem_response(&Problem::new(Code::RateLimited, detail));
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            return response;
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscriber_is_one_network() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
    }
}
