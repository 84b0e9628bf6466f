//! The wire, as both sides speak it: JSON under `/api/v1`, problems after RFC 9457.
//!
//! Requests refuse unknown fields. Answers are read leniently, so that a newer server may say more.

mod accounts;
mod actions;
mod audit;
mod bands;
mod bans;
mod blocks;
mod bulk;
mod campaigns;
mod codes;
mod event;
mod inbox;
mod invites;
mod list;
mod patch;
mod people;
mod problem;
mod query;
mod quota;
mod requests;
mod sheet;
mod stats;
mod templates;
mod tree;
mod unread;

pub use accounts::{
    Account, ForgotPassword, Login, PasswordRules, Person, Register, Registered, ResetPassword, Session, SessionSecret,
    Sessions, SignedIn, Site, Sync, SyncBand, SyncInbox, UpdateAccount, VerifyEmail,
};
pub use actions::{ActOnInvites, ActedOnInvites, ActionArgs, FailedInvite, InviteAction, InviteFilter, MAX_ACTED_ON};
pub use audit::{AUDIT_ACTIONS, AuditEvent, AuditTrail};
pub use bands::{
    Band, BandCounts, BandRef, Bands, CreateBand, Member, Members, TransferBand, UpdateBand, UpdateMember,
};
pub use bans::{Ban, Bans};
pub use blocks::{Blocked, Blocks};
pub use bulk::{CreateInvites, CreatedInvites, InviteeRow, MAX_ROWS, REPLAYED_HEADER, RowResult, RowStatus, SentRow};
pub use campaigns::{Campaign, Campaigns, CancelledInvites, CreateCampaign, CreatedCampaign, UpdateCampaign};
pub use codes::{CodeCard, CodeCards, CreateCodes, CreatedCodes};
pub use event::{CampaignEvent, SetEvent};
pub use inbox::{Inbox, Waiting};
pub use invites::{
    Accepted, Block, CreateInvite, CreatedInvite, DeclineInvite, Empty, Invite, InviteLink, Inviter, Invites,
    OnExisting, Outcome, Preview, PreviewBand, Redemption, Redemptions, ResendInvite, ResentInvite, UpdateInvite,
    account_name, quoted, recipient,
};
pub use patch::Patch;
pub use people::{FoundPeople, FoundPerson, PersonState};
pub use problem::{Code, FieldError, Problem};
pub use query::{BandScope, InviteSort};
pub use quota::{Quota, SetQuota};
pub use requests::{JoinRequest, JoinRequests, OwnRequest, OwnRequests};
pub use sheet::{CSV, Sheet};
pub use stats::{CampaignStats, DayJoins, InviteCounts, InviterStats, KindCounts, Stats};
pub use templates::{CreateTemplate, Template, Templates, UpdateTemplate};
pub use tree::{Tree, TreeNode};
pub use unread::why_unread;

/// The path under which all but `/openapi.json`, `/livez`, `/readyz` and `/invite/{token}` lives.
pub const BASE: &str = "/api/v1";
/// Entries of a page where the caller names no number.
pub const DEFAULT_LIMIT: u32 = 50;
/// The most entries of a page.
pub const MAX_LIMIT: u32 = 200;
/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";
/// The media type of a stream of JSON values, one a line.
pub const NDJSON: &str = "application/x-ndjson";
/// The header with which the process that started an embedded server proves itself when it makes the first account.
pub const FOUNDER_HEADER: &str = "guestlist-founder";
