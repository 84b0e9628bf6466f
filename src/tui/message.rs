//! What reaches the model, and what the model asks of the world.

use crossterm::event::KeyEvent;

use super::{
    keymap::Action,
    launch::Launched,
    model::{Place, RequestId},
    request::{Answer, Request},
};
use crate::{
    client::{Error, Origin, session::Kept},
    clipboard::Copied,
    domain::SessionToken,
};

/// Something that happened.
#[derive(Debug)]
pub enum Msg {
    /// A key.
    Key(KeyEvent),
    /// An action, asked for by its name.
    Act(Action),
    /// A paste, in one piece.
    Paste(String),
    /// The wheel, one notch, over this column and row.
    Wheel {
        /// Up, or else down.
        up: bool,
        /// Column and row, from 0.
        at: (u16, u16),
    },
    /// A click on this column and row.
    Click {
        /// Column and row, from 0.
        at: (u16, u16),
    },
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The instant that the model wanted to be woken at has come.
    Tick,
    /// A request has ended.
    Done {
        /// Which.
        id: RequestId,
        /// How.
        result: Result<Answer, Error>,
    },
    /// The embedded server runs, or cannot.
    Launched {
        /// Which start of it.
        serial: u64,
        /// How it ended.
        result: Result<Launched, String>,
    },
    /// A server was looked up among the kept sessions.
    Found {
        /// For which way to a server.
        serial: u64,
        /// The server.
        origin: Origin,
        /// The session kept for it, if there is one that can still be used.
        session: Option<SessionToken>,
        /// The profile that it was found in.
        profile: Option<String>,
    },
    /// Where the person can go, or why that is not known.
    Places(Result<Vec<Place>, String>),
    /// Something outside went wrong, such as the writing of the session; the words say what and what to do.
    Trouble(String),
    /// A link was copied, or not.
    Copied {
        /// Which way it took.
        copied: Copied,
        /// The link itself, shown where the way is not sure.
        link: Link,
    },
    /// A file of people was read, or cannot be; the words say why.
    Read(Result<Vec<u8>, String>),
    /// A table was written to the file of this name, or cannot be; the words say why.
    Saved(Result<String, String>),
    /// A text comes back from the editor, or does not; the words say why.
    Edited(Result<String, String>),
    /// The program was suspended and is back.
    Resumed,
}

/// Something to be done outside the model.
#[derive(Debug)]
pub enum Effect {
    /// Send a request to the server in use; ends in [`Msg::Done`].
    Ask {
        /// Names the request.
        id: RequestId,
        /// Names the attempt: equal for the same attempt made again, so that it has one effect.
        attempt: u64,
        /// What is asked.
        request: Request,
    },
    /// Forget a request that is on its way; no [`Msg::Done`] comes for it.
    Abandon(RequestId),
    /// From now on requests go to this server with this session.
    Use {
        /// The server.
        origin: Origin,
        /// The session.
        session: Option<SessionToken>,
    },
    /// Look up the session kept for a server; ends in [`Msg::Found`].
    Find {
        /// For which way to a server.
        serial: u64,
        /// The server.
        origin: Origin,
        /// The profile in use.
        profile: Option<String>,
    },
    /// Look up where the person can go; ends in [`Msg::Places`].
    Places,
    /// Go there with the session that is kept for it; ends in [`Msg::Found`] or, on this machine, in [`Msg::Launched`].
    Go {
        /// Which way to a server it is.
        serial: u64,
        /// Where to.
        place: Place,
    },
    /// Start or find the embedded server; ends in [`Msg::Launched`] with this serial.
    Launch(u64),
    /// Keep a session. Silence, or [`Msg::Trouble`].
    Keep {
        /// The profile that it is of.
        profile: Option<String>,
        /// What it is kept under.
        origin: Origin,
        /// The session.
        kept: Kept,
    },
    /// Forget the session of a server. Silence, or [`Msg::Trouble`].
    Forget {
        /// The profile that it is of.
        profile: Option<String>,
        /// What it is kept under.
        origin: Origin,
    },
    /// Copy a link; ends in [`Msg::Copied`].
    Copy(Link),
    /// Read a file of people; ends in [`Msg::Read`].
    Read(String),
    /// Write a table to a new file that only its owner may read; ends in [`Msg::Saved`].
    Save {
        /// The path of the file; one that is there is refused.
        path: String,
        /// What is written.
        table: Table,
    },
    /// Give the terminal to the editor for this text; ends in [`Msg::Edited`].
    Edit(String),
    /// Give the terminal back to the shell until it says `fg`; ends in [`Msg::Resumed`].
    Suspend,
    /// End.
    Quit,
}

/// A link with a token in it: shown and copied when asked for, never by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The link.
    pub text: String,
    /// Whose or what it is, for a title.
    pub title: String,
}

impl Link {
    /// Whether it is a code alone, to be read out, and no link.
    pub fn is_code(&self) -> bool {
        !self.text.contains("://")
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link(…)")
    }
}

/// A table with links in it: written where it was asked for, never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Table(pub Vec<u8>);

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Table(…)")
    }
}

/// What the client begins with.
#[derive(Debug, Clone)]
pub enum Start {
    /// Nothing is known: ask whether to keep bands here or to connect.
    Ask,
    /// The embedded server.
    Local,
    /// This server; with a session it is signed in to already.
    Server {
        /// Where it is.
        origin: Origin,
        /// The session.
        session: Option<SessionToken>,
    },
}
