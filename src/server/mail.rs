//! Mail: what was queued goes out, and what became of it is written down.
//!
//! ```text
//! a use case ──▶ outbox, in its transaction ──▶ worker: take, look once more whether it is due, read what it says
//!                                                  │
//!                 invite's delivery ◀── settle ◀── transport: a mail server, or files
//! ```
//!
//! Each node has a few lanes that work alike: one transaction writes down how the last mail went and takes the next, then
//! the mail is sent, outside of any transaction. So a mail is sent at least once, and twice only where a node dies
//! between the mail server's word and the commit; its Message-ID is the same then.

mod check;
mod compose;
mod letter;
mod smtp;
mod transport;
mod worker;

pub use check::{Checked, Stopped, check};
pub use smtp::Step;
pub use transport::{Smtp, Transport};
pub(crate) use worker::run;
pub use worker::send_due;
