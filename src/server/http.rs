//! HTTP: one file a resource. Transactions begin here.

mod actions;
mod audit;
mod auth;
pub(crate) mod bands;
mod bans;
mod blocks;
pub(crate) mod body;
mod bulk;
mod calendar;
pub(crate) mod caller;
mod campaigns;
mod cards;
mod codes;
mod described;
mod etag;
mod export;
mod guests;
mod health;
mod invites;
mod limits;
mod me;
mod members;
pub(crate) mod network;
pub(crate) mod once;
mod people;
pub(crate) mod problem;
pub(crate) mod query;
mod quota;
mod requests;
mod router;
mod routes;
mod site;
mod stats;
mod templates;
mod tree;

pub use router::router;
