//! HTTP: one file a resource. Transactions begin here.

mod auth;
pub(crate) mod bands;
pub(crate) mod body;
pub(crate) mod caller;
mod health;
pub(crate) mod invites;
mod limits;
mod me;
pub(crate) mod page;
pub(crate) mod problem;
mod router;
mod site;

pub use router::router;
