//! The hosted API: the store below, the use cases by subject above it, HTTP on top.
pub mod store;
