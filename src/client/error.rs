//! What can go wrong between the client and a server.

use crate::api::{Code, Problem};

use super::Origin;

/// Why there is no answer. Texts of others in it are cleaned already.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server understood and said no.
    #[error("{}", describe(.0))]
    Problem(Box<Problem>),
    /// There is no connection. `sent` tells whether the request may have reached the server.
    #[error("cannot reach {origin}: {reason}")]
    Connection {
        /// The server.
        origin: String,
        /// What the system said.
        reason: String,
        /// Whether the request may have gone out before the connection broke.
        sent: bool,
    },
    /// The server took too long.
    #[error("{origin} did not answer in time")]
    Timeout {
        /// The server.
        origin: String,
    },
    /// A proxy answers in the place of a server that it cannot reach.
    #[error("the server behind {origin} does not answer (HTTP {status})")]
    Gateway {
        /// The address that was asked.
        origin: String,
        /// The HTTP status: 502, 503 or 504.
        status: u16,
        /// Seconds after which it wishes to be asked again.
        retry_after: Option<u32>,
    },
    /// The answer is longer than any answer of the API.
    #[error("the answer of {origin} is larger than {limit} bytes")]
    TooLarge {
        /// The server.
        origin: String,
        /// The most bytes that are read.
        limit: usize,
    },
    /// Something answers there, but not a guestlist server.
    #[error("{origin} does not answer like a guestlist server (HTTP {status}, {found})")]
    NotTheApi {
        /// The server.
        origin: String,
        /// The HTTP status.
        status: u16,
        /// What came instead.
        found: String,
    },
    /// The server sends elsewhere; the session never goes along.
    #[error("{origin} redirects to {location}")]
    Redirected {
        /// The server.
        origin: String,
        /// Where it points.
        location: String,
    },
    /// JSON that this version cannot read.
    #[error("the answer cannot be read: {reason}")]
    Shape {
        /// What is wrong with it.
        reason: String,
    },
    /// Plain `http` to another machine.
    #[error("{origin} is not encrypted")]
    Insecure {
        /// The server.
        origin: String,
    },
    /// Not the address of a server.
    #[error("\"{text}\" is not the address of a server")]
    BadOrigin {
        /// What was given.
        text: String,
    },
    /// What came cannot be kept.
    #[error("{file} cannot be written: {reason}")]
    File {
        /// The file.
        file: String,
        /// What the system said.
        reason: String,
    },
    /// The machine cannot make requests at all.
    #[error("requests cannot be made on this machine: {reason}")]
    Setup {
        /// What is missing.
        reason: String,
    },
}

/// The detail of a problem, or its title, or what its code means where there is neither.
fn describe(problem: &Problem) -> &str {
    [problem.detail.as_str(), &problem.title].into_iter().find(|text| !text.is_empty()).unwrap_or(problem.code.title())
}

/// An error and its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    crate::domain::clean_line(&text)
}

impl Error {
    /// The transport's error; its address is dropped, since a path may hold a token.
    pub(super) fn from_transport(origin: &Origin, error: &reqwest::Error) -> Self {
        let origin = origin.to_string();
        if error.is_timeout() && !error.is_connect() {
            return Self::Timeout { origin };
        }
        // The innermost cause says it in the system's words; the outer ones repeat the address.
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let reason = if error.is_timeout() {
            "no connection within 5 seconds".to_owned()
        } else if cause.source().is_none() && std::ptr::addr_eq(cause, error) {
            "the request failed".to_owned()
        } else {
            in_words(&crate::domain::clean_line(&cause.to_string()))
        };
        Self::Connection { origin, reason, sent: !error.is_connect() }
    }

    pub(super) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::File { file: path.display().to_string(), reason: in_words(&error.to_string()) }
    }

    /// The code of a problem, `None` for everything else.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            _ => None,
        }
    }

    /// After how many seconds the server wishes to be asked again, where it says so.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Problem(problem) => problem.retry_after,
            Self::Gateway { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the server cannot be reached now, so that the same may work later.
    pub const fn is_offline(&self) -> bool {
        matches!(self, Self::Connection { .. } | Self::Timeout { .. } | Self::Gateway { .. })
    }

    /// Whether one has to sign in (again).
    pub fn is_unauthenticated(&self) -> bool {
        self.code() == Some(Code::Unauthenticated)
    }

    /// What to do about it, in a sentence.
    pub fn hint(&self) -> String {
        match self {
            Self::Problem(problem) => problem_hint(problem),
            Self::Connection { .. } => {
                "Check the address (--server) and the network, and that the server is running.".to_owned()
            }
            Self::Timeout { .. } | Self::Gateway { .. } => {
                "Try again; if it goes on, ask whoever runs the server.".to_owned()
            }
            Self::TooLarge { .. } | Self::NotTheApi { .. } => {
                "Check the address (--server); a proxy or a log-in page of the network may stand in between.".to_owned()
            }
            Self::Redirected { location, .. } => {
                format!("If {location} is the server's right address, give it with --server.")
            }
            Self::Shape { .. } => "Client and server may be of different versions: update the older one.".to_owned(),
            Self::Insecure { .. } => {
                "Use https, or allow it for a network you trust with --insecure-http (GUESTLIST_INSECURE_HTTP=1)."
                    .to_owned()
            }
            Self::BadOrigin { .. } => "Give it as https://host or https://host:port, without a path.".to_owned(),
            Self::File { .. } => "Choose another name or another folder.".to_owned(),
            Self::Setup { .. } => "Install the system's certificates (often the package ca-certificates).".to_owned(),
        }
    }
}

/// What the system said, without the number that it gives it: "Connection refused (os error 111)".
fn in_words(reason: &str) -> String {
    reason.split_once(" (os error ").map_or(reason, |(words, _)| words).to_owned()
}

fn problem_hint(problem: &Problem) -> String {
    let ask = || match (&problem.inviter, &problem.contact) {
        (_, Some(contact)) => format!("Ask for a new invite: {contact}."),
        // The detail of a server of this version says it already.
        (Some(inviter), None) if problem.detail.contains(inviter.as_str()) => String::new(),
        (Some(inviter), None) => format!("Ask {inviter} for a new invite."),
        (None, None) => "Ask whoever invited you for a new invite.".to_owned(),
    };
    match problem.code {
        Code::Unauthenticated => "Sign in with `guestlist login NAME`.".to_owned(),
        Code::InviteExpired | Code::InviteRevoked | Code::InviteUsed | Code::InviteDeclined | Code::InviteCancelled => {
            ask()
        }
        Code::InvalidToken => {
            "Check that the link was copied whole; it may also have been replaced by a newer one.".to_owned()
        }
        Code::InviteRequired => "Register with an invite: `guestlist register NAME ADDRESS --invite -`.".to_owned(),
        // The detail of a server of this version says it already.
        Code::WrongRecipient if problem.detail.contains("Sign in") => String::new(),
        Code::WrongRecipient => "Sign in as the person the invite is for.".to_owned(),
        Code::RateLimited | Code::Unavailable => "Wait a little and try again.".to_owned(),
        Code::NotFound => "Check the id; lists show what you can see.".to_owned(),
        Code::NotPending | Code::NotRestorable => "Make a new invite instead.".to_owned(),
        Code::Validation => "Change what is named above and try again.".to_owned(),
        // The server's own words say what to do.
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_the_system_is_nothing_to_read() {
        assert_eq!(in_words("Connection refused (os error 111)"), "Connection refused");
        assert_eq!(in_words("no route"), "no route");
    }

    #[test]
    fn a_problem_without_words_is_told_by_its_code() {
        let mut problem = Problem::new(Code::RateLimited, "");
        assert_eq!(describe(&problem), problem.title);
        problem.title.clear();
        assert_eq!(describe(&problem), Code::RateLimited.title());
    }

    #[test]
    fn an_ended_invite_says_whom_to_ask() {
        let mut problem = Problem::new(Code::InviteExpired, "The invite has expired.");
        problem.inviter = Some("Ada".to_owned());
        assert_eq!(Error::Problem(Box::new(problem.clone())).hint(), "Ask Ada for a new invite.");
        problem.detail = "The invite has expired. Ask Ada for a new one.".to_owned();
        assert_eq!(Error::Problem(Box::new(problem.clone())).hint(), "", "it is said already");
        problem.contact = Some("band@example.org".to_owned());
        assert_eq!(Error::Problem(Box::new(problem)).hint(), "Ask for a new invite: band@example.org.");
    }
}
