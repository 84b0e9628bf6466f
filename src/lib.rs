//! Invitations for bands, run from a terminal.
//!
//! The rooms, and who may enter whom:
//!
//! ```text
//! domain ◀── api ◀──┬── client ◀──┬── tui
//!                   │   clipboard ◀┴── cli
//!                   └── server ◀── local ◀── main
//! ```
//!
//! [`domain`] is pure rules, [`api`] the wire that both sides speak. `tui` and `server` never know each other: `main`
//! hands the terminal client a launcher for the embedded server. A test reads the imports and holds them to this.

#[macro_use]
mod words;

pub mod api;
pub mod cli;
pub mod client;
pub mod clipboard;
pub mod config;
pub mod domain;
#[cfg(feature = "server")]
pub mod local;
mod private;
#[cfg(feature = "server")]
pub mod server;
pub mod tui;
