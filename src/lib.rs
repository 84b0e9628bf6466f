//! Invitations for bands, run from a terminal.
#[cfg(feature = "server")]
pub mod server;
