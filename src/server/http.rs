//! HTTP: one file a resource. Transactions begin here.

pub(crate) mod body;
pub(crate) mod caller;
mod health;
mod limits;
pub(crate) mod page;
pub(crate) mod problem;
mod router;

pub use router::router;
