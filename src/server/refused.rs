//! How a use case says no.

use crate::{
    api::{Code, FieldError, Patch, Problem, why_unread},
    domain::{Invalid, MaxUses, Role, clean_line},
};

use super::store;

/// A use case's refusal: a problem for the caller, or trouble with the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// The caller can do something about it.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// It was tried too often.
    #[error("That was tried too often. Try again in {seconds} s.")]
    Limited {
        /// After how many seconds it can be tried again.
        seconds: u64,
    },
    /// As much mail was sent in a day as an account or a band may have sent.
    #[error(
        "As much mail was sent in 24 hours as you, or this band, may have sent. There is room again in {} h at most. With \
         send: false an invite is made without mail, and its link is yours to give.",
        .seconds.div_ceil(3_600)
    )]
    NoMail {
        /// After how many seconds there is room again.
        seconds: u64,
    },
    /// As many people wait for a word from a band as may.
    #[error(
        "As many people wait for a word from this band's admins as can. Ask again once they have answered some, or ask for \
         an invite that brings you in at once."
    )]
    Crowded,
    /// The database could not do it.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Refused {
    /// A problem with a sentence for a person: what happened and what to do.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self::Problem(Box::new(Problem::new(code, detail)))
    }

    /// What the caller has no business with is not found.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {what}, or it is not yours to see."))
    }

    /// The account of a session that was just looked at was deleted meanwhile.
    pub(crate) fn account_gone() -> Self {
        Self::new(Code::Unauthenticated, "This account is gone. Sign in with another one.")
    }

    /// The server's key seals nothing as long as it is not in its file: what it sealed would be lost.
    pub(crate) fn unsealed() -> Self {
        let text = "The server's key is not where it was, so no new secret can be kept, and nothing was changed. Who runs the \
                    server has to put its key file back as it was, and finds more in its log.";
        Self::new(Code::Unavailable, text)
    }

    /// One field of the request is not as it should be.
    pub(crate) fn field(field: &str, message: impl Into<String>) -> Self {
        Problem::field(field, message).into()
    }

    /// The one answer to every token that is not known.
    pub(crate) fn invalid_token() -> Self {
        Self::new(Code::InvalidToken, "No invite has this token. Ask whoever sent it for a new link.")
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

/// Why JSON that was sent cannot be read, without the place in the text. It quotes what was sent, fit for a terminal.
pub(crate) fn unreadable(error: &serde_json::Error) -> String {
    clean_line(&why_unread(error))
}

/// Collects every refused field of a request, so that a person hears of all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    /// The value, or `None` with the refusal kept.
    pub(crate) fn check<T>(&mut self, field: &str, parsed: Result<T, Invalid>) -> Option<T> {
        parsed.map_err(|invalid| self.refuse(field, invalid.to_string())).ok()
    }

    /// As [`Fields::check`] for a text that may be missing; a blank one counts as missing.
    pub(crate) fn optional<T>(
        &mut self,
        field: &str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        self.check(field, parse(text))
    }

    /// A text as a change leaves it: what is left out stays, null or a blank one is none.
    pub(crate) fn text<T: Clone>(
        &mut self,
        field: &str,
        wish: &Patch<String>,
        old: Option<&T>,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        match wish {
            Patch::Omitted => old.cloned(),
            Patch::Null => None,
            Patch::Value(text) => self.optional(field, Some(text), parse),
        }
    }

    /// How often an invite can be used, as a request leaves it: what is left out stays, null is without limit.
    pub(crate) fn max_uses(&mut self, wish: &Patch<i64>, old: MaxUses) -> MaxUses {
        match *wish {
            Patch::Omitted => old,
            Patch::Null => MaxUses::UNLIMITED,
            Patch::Value(n) => self.check("max_uses", MaxUses::from_number(n)).unwrap_or(old),
        }
    }

    /// Refuses the role that no invite grants.
    pub(crate) fn check_granted(&mut self, role: Role) {
        if role == Role::Owner {
            self.refuse("role", "must be member or admin");
        }
    }

    /// Whether every field was good so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes over the refusals of an object in the field `name`.
    pub(crate) fn within(&mut self, name: &str, inner: Self) {
        for FieldError { field, message } in inner.0 {
            self.refuse(&format!("{name}.{field}"), message);
        }
    }

    /// Notes a refusal.
    pub(crate) fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// Nothing if every field was good, else one problem that names them all.
    pub(crate) fn finish(self) -> Result<(), Refused> {
        self.finish_with(Some(()))
    }

    /// What the fields come to if every one was good, else one problem that names them all. There is no `value` only
    /// where a field was refused.
    pub(crate) fn finish_with<T>(self, value: Option<T>) -> Result<T, Refused> {
        value.filter(|_| self.0.is_empty()).ok_or_else(|| Problem::fields(self.0).into())
    }
}
