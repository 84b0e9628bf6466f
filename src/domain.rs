//! The rules of invitations, as values and functions: no network, no storage, and no rule that asks what time it is. Who
//! calls one says so, by [`Timestamp::now`] or a clock of its own; of the machine, times of day know the time zones.
//!
//! Every type here is parsed once, where it enters, and trusted afterwards.

mod address;
mod door;
mod ending;
mod event;
mod id;
mod invite;
mod life;
mod mail;
mod name;
mod password;
mod policy;
mod proof;
mod recipient;
mod request;
mod rights;
mod role;
mod search;
mod supersession;
mod text;
mod time;
mod token;
mod withdrawal;

pub use address::Address;
pub use door::{Admission, Departure, Refusal, Visit, check_departure, check_membership};
pub use ending::{check_shared_end, shared_end};
pub use event::{WallTime, event_instant};
pub use id::{AccountId, BandId, CampaignId, InviteId, JoinRequestId, SessionId, SuppressionId, TemplateId};
#[cfg(feature = "server")]
pub(crate) use invite::MOST_USES;
pub use invite::{CancelReason, Delivery, Kind, MaxUses, Standing, Status};
pub use life::{Act, Illegal};
pub use mail::{MAIL_LIFE, MailKind, MailOutcome, last_reminder, next_reminder, pause_after, unlinked};
pub use name::{
    BandName, CampaignName, Contact, Description, DisplayName, EventTitle, Label, Message, Place, Reason, TemplateName,
    Username,
};
pub use password::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, check_password};
#[cfg(feature = "server")]
pub(crate) use policy::MOST_HOURS;
pub use policy::{
    BandPolicy, EmailIdentity, Hours, Looser, Membership, OnAcceptCancel, OnInviterRemoved, Policy, Preset,
    Registration, check_future,
};
pub use proof::AddressCode;
pub use recipient::{For, Identity, NotFor};
pub use request::JoinStatus;
pub use rights::Rights;
pub use role::{InvitePermission, JoinMode, Role};
pub use search::{search_pattern, search_terms, search_text, search_tokens};
pub use supersession::Tie;
pub use text::{clean_block, clean_line};
pub(crate) use time::time_pieces;
pub use time::{Timestamp, span_in_words};
pub use token::{Pasted, ResetToken, SessionToken, Token};
pub use withdrawal::{Loss, outlives_maker};

/// Why a text was refused: a sentence that says what is allowed. The caller knows the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub std::borrow::Cow<'static, str>);

impl Invalid {
    /// With what is allowed: "must be 2 letters or more".
    pub(crate) fn new(allowed: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self(allowed.into())
    }
}
