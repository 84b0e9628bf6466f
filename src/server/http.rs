//! HTTP: one file a resource. Transactions begin here.

pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod page;
pub(crate) mod problem;
