//! Accounts, sessions, the site, and the poll.

use serde::{Deserialize, Serialize};

use crate::domain::{AccountId, BandId, Registration, SessionId, Timestamp};

use super::{Outcome, account_name};

/// `GET /site`: what anyone may know about a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Site {
    /// The server's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Who may make an account.
    pub registration: Registration,
    /// Whether it sends mail.
    pub mail: bool,
    /// What a password must be.
    pub password: PasswordRules,
}

/// What a password must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PasswordRules {
    /// The fewest characters.
    pub min: u32,
    /// The most characters.
    pub max: u32,
}

/// An account as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Person {
    /// The account's id.
    pub id: AccountId,
    /// The name to sign in with.
    pub username: String,
    /// The name to be called by.
    pub display_name: String,
}

impl Person {
    /// The name to be called by and the one to sign in with; a deleted account has neither.
    #[must_use]
    pub fn in_words(&self) -> String {
        match account_name(&self.username) {
            name if name.starts_with('@') => format!("{} ({name})", self.display_name),
            deleted => deleted,
        }
    }

    /// The name to sign in with, as [`account_name`] writes it.
    #[must_use]
    pub fn handle(&self) -> String {
        account_name(&self.username)
    }
}

/// An account as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Account {
    /// The account's id.
    pub id: AccountId,
    /// The name to sign in with.
    pub username: String,
    /// The name to be called by.
    pub display_name: String,
    /// The address, in its normal form.
    pub email: String,
    /// Whether the address was shown to be the holder's.
    pub email_verified: bool,
    /// Whether the holder runs the site.
    pub site_admin: bool,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// `POST /auth/register`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// The name to sign in with.
    pub username: String,
    /// The name to be called by; the user name where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The address.
    pub email: String,
    /// The password, 8 to 128 characters.
    pub password: String,
    /// The token or code of an invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invite: Option<String>,
    /// Whether to accept the invite too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<bool>,
}

/// `POST /auth/login`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// User name or address.
    pub login: String,
    /// The password.
    pub password: String,
}

/// `POST /auth/password/forgot`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ForgotPassword {
    /// User name or address.
    pub login: String,
}

/// `POST /auth/password/reset`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    /// The token of the mail, `rst_…`.
    pub token: String,
    /// The new password, 8 to 128 characters.
    pub password: String,
}

/// `POST /me/email/verify`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyEmail {
    /// The code of the mail, in any letter case.
    pub code: String,
}

/// A new session and its secret, shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SessionSecret {
    /// The bearer token, `gls_…`.
    pub token: String,
    /// When the session ends.
    pub expires_at: Timestamp,
}

/// The answer to a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Registered {
    /// The new account.
    pub account: Account,
    /// Its first session.
    pub session: SessionSecret,
    /// What became of the invite, where it was to be accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The event of the invite's campaign as an iCalendar file, where it was to be accepted and has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
}

/// The answer to a log-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// Who signed in.
    pub account: Account,
    /// The new session.
    pub session: SessionSecret,
}

/// `PATCH /me`. A new address or password asks for the current password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateAccount {
    /// The name to be called by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// A new address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A new password; ends every other session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The password in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_password: Option<String>,
}

/// One signed-in device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// `GET /me/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Sessions {
    /// The sessions, newest first.
    pub sessions: Vec<Session>,
}

/// `GET /me/sync`: what a poll needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Sync {
    /// The inbox.
    pub inbox: SyncInbox,
    /// My bands with their revisions.
    pub bands: Vec<SyncBand>,
}

/// The inbox in a poll.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SyncInbox {
    /// Invites that wait for me, counted to 1,000.
    pub pending: u32,
    /// Another text whenever `GET /me/invites` shows something else: which invites wait, and what is told of each. It
    /// means nothing but that.
    #[serde(default)]
    pub revision: String,
}

/// A band in a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct SyncBand {
    /// The band.
    pub id: BandId,
    /// Grows with every change in it.
    pub revision: i64,
}

macro_rules! secret_debug {
    ($($name:ident),+) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
secret_debug!(Register, Login, ForgotPassword, ResetPassword, VerifyEmail, SessionSecret, UpdateAccount);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_account_has_no_name_to_be_called_by() {
        let id = AccountId::from_bytes([7; 16]);
        let person = |username: String| Person { id, username, display_name: "Ada".to_owned() };
        let (ada, gone) = (person("ada".to_owned()), person(format!("-{id}")));
        assert_eq!([ada.in_words(), ada.handle()], ["Ada (@ada)", "@ada"]);
        assert_eq!([gone.in_words(), gone.handle()], ["deleted account"; 2]);
    }
}
