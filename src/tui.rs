//! The terminal client.
//!
//! ```text
//! terminal ──events──▶ run ──Msg──▶ Model::update ──Effect──▶ effects ──▶ client, clipboard, session file, launcher
//!     ▲                 │               │                        │
//!     └────bytes── view(&Model) ◀───────┘      Msg ◀─────────────┘
//! ```
//!
//! [`model`] is the whole state, `update` changes it and asks for effects, `view` draws it; all three are pure.
//! `run` owns the terminal and the clock, `effects` does what was asked for.

mod editor;
mod effects;
mod expiry;
mod files;
mod forms;
mod hangup;
pub mod keymap;
pub mod label;
pub mod launch;
pub mod listing;
pub mod message;
pub mod model;
pub mod options;
pub mod palette;
pub mod places;
pub mod plain;
mod qr;
pub mod request;
pub mod run;
#[cfg(test)]
pub(crate) mod sample;
pub mod terminal;
pub mod theme;
pub mod trail;
mod update;
pub mod view;
