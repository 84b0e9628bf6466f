//! Figures for whoever runs the server, in the `OpenMetrics` text format: how many requests, how long, what waits.
//!
//! Labels come from small fixed sets (route templates, status classes, words of the API), never from what was sent.

use std::{sync::atomic::AtomicI64, time::Duration};

use axum::http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use super::store::Waiting;
use crate::{
    api::{Code, Outcome as Came},
    domain::{MailKind, MailOutcome},
};

/// The media type of [`Metrics::text`].
pub(crate) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper ends of the classes in which durations are counted, in seconds.
const SECONDS: [f64; 11] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Queue {
    queue: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Mailed {
    kind: &'static str,
    outcome: &'static str,
}

/// What becomes of invites beside what accepts come to and are refused for.
const BECOME: [&str; 7] =
    ["created", "revoked", "declined", "expired", "campaign_expired", "campaign_deleted", "failed"];

/// What accepts are refused for. What else they could be is a mistake of the caller's program, or of this one.
const REFUSED: [Code; 13] = [
    Code::InvalidToken,
    Code::NotFound,
    Code::KindNotAllowed,
    Code::WrongRecipient,
    Code::EmailUnverified,
    Code::Banned,
    Code::Removed,
    Code::OneBandOnly,
    Code::InviteExpired,
    Code::InviteRevoked,
    Code::InviteUsed,
    Code::InviteDeclined,
    Code::InviteCancelled,
];

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    invites: Family<Outcome, Counter>,
    waiting: Family<Queue, Gauge<i64, AtomicI64>>,
    connections: Gauge<i64, AtomicI64>,
    mails: Family<Mailed, Counter>,
    mail_waiting: Gauge<i64, AtomicI64>,
    mail_paused: Gauge<i64, AtomicI64>,
}

impl Metrics {
    /// Nothing counted yet.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("guestlist");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let histogram: fn() -> Histogram = || Histogram::new(SECONDS);
        let seconds = Family::new_with_constructor(histogram);
        registry.register_with_unit("http_request", "From a request to its answer", Unit::Seconds, seconds.clone());
        let invites = Family::default();
        registry.register("invites", "What became of invites, and of tries to accept them", invites.clone());
        let waiting = Family::default();
        registry.register("store_waiting", "Transactions that wait for their turn", waiting.clone());
        let connections = Gauge::default();
        registry.register("connections", "Connections that are open", connections.clone());
        let mails = Family::default();
        registry.register("mails", "Mails that were tried, and how that went", mails.clone());
        let mail_waiting = Gauge::default();
        registry.register("mail_waiting", "Mails that wait to be sent, counted to 10000", mail_waiting.clone());
        let mail_paused = Gauge::default();
        registry.register("mail_paused", "Whether the mail server cannot be used", mail_paused.clone());
        registry.register("build", "What is running", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        let metrics =
            Self { registry, requests, seconds, invites, waiting, connections, mails, mail_waiting, mail_paused };
        metrics.begin();
        metrics
    }

    /// Lets what can be counted begin at zero: of a counter that is not there, nobody can tell its first rise. Requests are
    /// counted by route, method and status, which are too many: those begin with the first of each.
    fn begin(&self) {
        for status in ["2xx", "3xx", "4xx", "5xx"] {
            let _ = self.requests.get_or_create(&Answered { method: "GET", route: "none".to_owned(), status });
        }
        let _ = self.seconds.get_or_create(&Route { route: "none".to_owned() });
        let came = Came::ALL.iter().map(|outcome| outcome.as_str());
        for outcome in BECOME.into_iter().chain(came).chain(REFUSED.map(Code::as_str)) {
            let _ = self.invites.get_or_create(&Outcome { outcome });
        }
        let outcomes = MailOutcome::ALL.iter().map(|outcome| outcome.as_str());
        for outcome in outcomes.chain(["deferred"]) {
            for kind in MailKind::ALL {
                let _ = self.mails.get_or_create(&Mailed { kind: kind.as_str(), outcome });
            }
        }
    }

    /// A request was answered. `route` is its template, never its path.
    pub(crate) fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let status = match status.as_u16() / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        let labels = Answered { method: word(method), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// So many invites came to this.
    pub(crate) fn invites(&self, outcome: &'static str, count: u64) {
        if count > 0 {
            self.invites.get_or_create(&Outcome { outcome }).inc_by(count);
        }
    }

    /// A mail was tried.
    pub(crate) fn mail(&self, kind: &'static str, outcome: &'static str) {
        self.mails.get_or_create(&Mailed { kind, outcome }).inc();
    }

    /// Whether mail waits for the mail server to serve again.
    pub(crate) fn mail_paused(&self, paused: bool) {
        self.mail_paused.set(i64::from(paused));
    }

    /// So many mails wait.
    pub(crate) fn mail_waiting(&self, waiting: u64) {
        self.mail_waiting.set(waiting as i64);
    }

    /// A connection is open while what this gives lives.
    pub(crate) fn connection(&self) -> Open {
        self.connections.inc();
        Open(self.connections.clone())
    }

    /// All figures, and what waits now, as text.
    pub(crate) fn text(&self, now: Waiting) -> Result<String, std::fmt::Error> {
        for (queue, length) in [("reads", now.reads), ("writes", now.writes)] {
            self.waiting.get_or_create(&Queue { queue }).set(length as i64);
        }
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Open(Gauge<i64, AtomicI64>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A caller can invent methods; they are one here.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CancelReason, NotFor, Refusal, Standing};

    #[test]
    fn whatever_the_door_refuses_is_counted_from_zero() {
        let ended = CancelReason::ALL.iter().map(|reason| Refusal::Ended(Standing::cancelled(*reason)));
        let refusals = [
            Refusal::NoBand,
            Refusal::Banned,
            Refusal::Removed,
            Refusal::UsedUp,
            Refusal::NotFor(NotFor::WrongRecipient),
            Refusal::NotFor(NotFor::Unverified),
            Refusal::OneBandOnly,
        ];
        let text = Metrics::new().text(Waiting { writes: 0, reads: 0 }).unwrap();
        for refusal in refusals.into_iter().chain(ended) {
            let line = format!("guestlist_invites_total{{outcome=\"{}\"}} 0", Code::from(refusal));
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
    }

    #[test]
    fn labels_are_bounded_whatever_is_sent() {
        let metrics = Metrics::new();
        for n in 0..100 {
            let method = Method::from_bytes(format!("BREW{n}").as_bytes()).unwrap();
            metrics.answered(&method, "none", StatusCode::NOT_FOUND, Duration::from_millis(3));
        }
        let text = metrics.text(Waiting { writes: 2, reads: 0 }).unwrap();
        for line in [
            "guestlist_http_requests_total{method=\"other\",route=\"none\",status=\"4xx\"} 100",
            "guestlist_http_request_seconds_count{route=\"none\"} 100",
            "guestlist_store_waiting{queue=\"writes\"} 2",
            "guestlist_connections 0",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
        assert!(text.contains("guestlist_build_info{version=\""), "{text}");
        assert!(text.ends_with("# EOF\n"));
    }
}
