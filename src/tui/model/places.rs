//! Where a person can go: servers and accounts, switched in place.

use crate::client::{Origin, PlainHttp};

/// A server, and who one is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The profile of the configuration; none for what was signed in to without one.
    pub profile: Option<String>,
    /// Which server.
    pub at: Where,
    /// Whose session is kept for it; nobody's where one has to sign in.
    pub username: Option<String>,
    /// Whether plain http may go to other machines there.
    pub plain: PlainHttp,
}

/// A server to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// The one on this machine, which may have to be started.
    Here,
    /// One elsewhere.
    Server(Origin),
}

/// The places to choose from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// All of them, once known.
    pub all: Option<Vec<Place>>,
    /// Which line the cursor is on: the places, then another account here, then another server.
    pub selected: usize,
    /// Why they are not known.
    pub problem: Option<String>,
}

impl Place {
    /// "ada @ invites.example.org", or what one has to do there.
    pub fn title(&self) -> String {
        let server = match &self.at {
            Where::Here => "this machine".to_owned(),
            Where::Server(origin) => {
                let origin = origin.as_str();
                origin.strip_prefix("https://").unwrap_or(origin).to_owned()
            }
        };
        match &self.username {
            Some(username) => format!("{username} @ {server}"),
            None => server,
        }
    }
}

impl Places {
    /// Lines to choose from.
    pub fn lines(&self) -> usize {
        self.all.as_ref().map_or(0, Vec::len) + 2
    }
}
