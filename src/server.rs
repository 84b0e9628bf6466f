//! The hosted API: the store below, the use cases by subject above it, HTTP on top.
//!
//! ```text
//! store ◀── accounts, bands, campaigns, invites, quota, stats, templates, audit, idempotency ◀── http, sweep, views
//!                                                              http, sweep, views, metrics, stall ◀── run
//! ```
//!
//! A use case is a synchronous function over `&mut Tx`; transactions begin in `http`. Clock and randomness come from
//! [`App`], never from the surroundings.

pub(crate) mod accounts;
pub mod admin;
mod app;
pub(crate) mod audit;
pub(crate) mod bands;
pub(crate) mod calendar;
pub(crate) mod campaigns;
mod crowd;
pub(crate) mod filtered;
pub(crate) mod http;
pub(crate) mod idempotency;
pub(crate) mod invites;
pub mod mail;
pub(crate) mod metrics;
pub(crate) mod outbox;
pub(crate) mod page;
mod peer;
pub(crate) mod quota;
mod refused;
pub mod run;
mod secret;
mod stall;
mod stats;
pub mod store;
pub(crate) mod suppressions;
pub mod sweep;
pub(crate) mod templates;
pub mod views;
mod web;

pub(crate) use accounts::has_accounts;
pub(crate) use app::LONGEST_REST;
pub use app::{App, Clock, Entropy, Settings, Steps, SystemClock, SystemEntropy};
pub use http::router;
pub(crate) use peer::Peer;
pub(crate) use refused::{Fields, Refused};
pub(crate) use secret::{DROPPED_KEY, Hash, NEXT_KEY, dropped, hash, key_text, keyed_hash, open, seal};
pub use secret::{Key, KeyError};
