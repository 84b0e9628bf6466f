//! Errors on the wire: RFC 9457 problem details with a stable `code`.

use serde::{Deserialize, Serialize};

use crate::domain::{CancelReason, Illegal, NotFor, Refusal, Standing, Status};

macro_rules! codes {
    ($($variant:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// The stable name of a problem. Each has one HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $variant,)+
            /// A code of a newer server.
            Unknown,
        }

        impl Code {
            /// Every code that this version knows.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as it stands on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ Self::Unknown => "unknown" }
            }

            /// The HTTP status that goes with it.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)+ Self::Unknown => 500 }
            }

            /// What the problem is, in a few words that never change.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ Self::Unknown => "Unknown problem" }
            }

            fn from_wire(code: &str) -> Self {
                match code { $($code => Self::$variant,)+ _ => Self::Unknown }
            }
        }
    };
}

codes! {
    BadRequest = "bad_request", 400, "The request cannot be read";
    Unauthenticated = "unauthenticated", 401, "Sign in first";
    InvalidCredentials = "invalid_credentials", 401, "Name or password is wrong";
    Forbidden = "forbidden", 403, "Not allowed";
    WrongRecipient = "wrong_recipient", 403, "The invite is for someone else";
    EmailUnverified = "email_unverified", 403, "The address is not verified yet";
    Banned = "banned", 403, "Banned from this band";
    Removed = "removed", 403, "Removed from this band";
    InviteRequired = "invite_required", 403, "An invite is needed to register";
    RegistrationClosed = "registration_closed", 403, "Registration is closed";
    QuotaExceeded = "quota_exceeded", 403, "No invites left for now";
    KindNotAllowed = "kind_not_allowed", 403, "This kind of invite is switched off";
    NotFound = "not_found", 404, "Not found";
    InvalidToken = "invalid_token", 404, "No such invite";
    MethodNotAllowed = "method_not_allowed", 405, "Method not allowed";
    RequestTimeout = "request_timeout", 408, "The request took too long";
    AlreadyPending = "already_pending", 409, "An invite is already pending";
    AlreadyMember = "already_member", 409, "Already a member";
    NotPending = "not_pending", 409, "The invite is no longer pending";
    NotDeclinable = "not_declinable", 409, "A shared invite cannot be declined";
    LastOwner = "last_owner", 409, "Somebody has to stay in charge";
    OneBandOnly = "one_band_only", 409, "One band at a time";
    UsernameTaken = "username_taken", 409, "The user name is taken";
    EmailTaken = "email_taken", 409, "The address is taken";
    RecipientOptedOut = "recipient_opted_out", 409, "The recipient wants no invites";
    NotRestorable = "not_restorable", 409, "The invite cannot be restored";
    InviteExpired = "invite_expired", 410, "The invite has expired";
    InviteRevoked = "invite_revoked", 410, "The invite was revoked";
    InviteUsed = "invite_used", 410, "The invite is used up";
    InviteDeclined = "invite_declined", 410, "The invite was declined";
    InviteCancelled = "invite_cancelled", 410, "The invite was cancelled";
    PayloadTooLarge = "payload_too_large", 413, "The request is too large";
    UnsupportedMediaType = "unsupported_media_type", 415, "Send JSON";
    Validation = "validation", 422, "A field is not as it should be";
    IdempotencyMismatch = "idempotency_mismatch", 422, "The idempotency key was used for another request";
    RateLimited = "rate_limited", 429, "Too many requests";
    Internal = "internal", 500, "The server made a mistake";
    Unavailable = "unavailable", 503, "The server cannot do this right now";
}

impl Code {
    /// What an invite that stands thus answers to preview and accept, `None` while it is pending.
    #[must_use]
    pub fn of_ended(standing: Standing) -> Option<Self> {
        Some(match (standing.status, standing.reason) {
            (Status::Pending, _) => return None,
            (Status::Accepted, _) | (Status::Cancelled, Some(CancelReason::CampaignUsed)) => Self::InviteUsed,
            (Status::Rejected, _) => Self::InviteDeclined,
            (Status::Cancelled, Some(CancelReason::Revoked)) => Self::InviteRevoked,
            (Status::Cancelled, Some(CancelReason::Expired | CancelReason::CampaignExpired)) => Self::InviteExpired,
            (Status::Cancelled, _) => Self::InviteCancelled,
        })
    }
}

impl From<Illegal> for Code {
    /// What an act answers that cannot be done.
    fn from(illegal: Illegal) -> Self {
        match illegal {
            Illegal::Ended(standing) => Self::of_ended(standing).unwrap_or(Self::InviteCancelled),
            Illegal::NotPending => Self::NotPending,
            Illegal::NotDeclinable => Self::NotDeclinable,
            Illegal::NotRestorable => Self::NotRestorable,
        }
    }
}

impl From<Refusal> for Code {
    /// What the door answers to who is not let in.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoBand => Self::KindNotAllowed,
            Refusal::Banned => Self::Banned,
            Refusal::Removed => Self::Removed,
            Refusal::Ended(standing) => Illegal::Ended(standing).into(),
            Refusal::UsedUp => Self::InviteUsed,
            Refusal::NotFor(NotFor::WrongRecipient) => Self::WrongRecipient,
            Refusal::NotFor(NotFor::Unverified) => Self::EmailUnverified,
            Refusal::OneBandOnly => Self::OneBandOnly,
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer).map(|code| Self::from_wire(&code))
    }
}

/// One refused field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field, as it is called in the request.
    pub field: String,
    /// What is allowed.
    pub message: String,
}

/// A problem (RFC 9457). `errors` names refused fields; an ended invite says which band and inviter it was from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI for the kind of problem; `about:blank`, since `code` says it.
    #[serde(rename = "type", default = "about_blank")]
    pub kind: String,
    /// What the problem is.
    #[serde(default)]
    pub title: String,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// What happened this time, and what to do.
    #[serde(default)]
    pub detail: String,
    /// The stable name.
    #[cfg_attr(feature = "server", schema(value_type = String))]
    pub code: Code,
    /// The refused fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The name of the ended invite's band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub band: Option<String>,
    /// The display name of the ended invite's inviter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inviter: Option<String>,
    /// Whom to ask for another invite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// Seconds after which the server wishes to be asked again: out of the head of the answer, no part of its body.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

fn about_blank() -> String {
    "about:blank".to_owned()
}

impl Problem {
    /// A problem of this code; `detail` is a sentence for a person.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: about_blank(),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            band: None,
            inviter: None,
            contact: None,
            retry_after: None,
        }
    }

    /// A `validation` problem that names one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// A `validation` problem that names every refused field.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail: Vec<String> = errors.iter().map(|e| format!("{} {}", e.field, e.message)).collect();
        Self { errors, ..Self::new(Code::Validation, detail.join("; ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_and_an_unknown_one_is_no_error() {
        for &code in Code::ALL {
            let wire = serde_json::to_string(&code).unwrap();
            assert_eq!(serde_json::from_str::<Code>(&wire).unwrap(), code);
        }
        assert_eq!(serde_json::from_str::<Code>("\"from_the_future\"").unwrap(), Code::Unknown);
    }

    #[test]
    fn a_problem_names_its_fields_in_the_detail() {
        let problem = Problem::field("role", "must be one of: member admin");
        assert_eq!(problem.detail, "role must be one of: member admin");
        assert_eq!(problem.status, 422);
    }
}
