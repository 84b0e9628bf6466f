//! Invites.

use serde::{Deserialize, Serialize};

use crate::domain::{
    AccountId, BandId, CampaignId, CancelReason, Delivery, InviteId, Kind, MaxUses, Registration, Role, Status,
    TemplateId, Timestamp,
};

use super::{BandRef, CampaignEvent, Patch, Person};

/// An invite as the band sees it. Never its token: only a hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Invite {
    /// The invite's id.
    pub id: InviteId,
    /// Its band; null for a code that belongs to the site and to no band.
    pub band_id: Option<BandId>,
    /// Its campaign, if it belongs to one.
    pub campaign_id: Option<CampaignId>,
    /// How it finds the person it is for.
    pub kind: Kind,
    /// The role it grants.
    pub role: Role,
    /// Where it stands now.
    pub status: Status,
    /// What ended it, where it was cancelled.
    pub cancel_reason: Option<CancelReason>,
    /// The address it is for.
    pub email: Option<String>,
    /// The account it is for.
    pub account: Option<Person>,
    /// The inviter's note.
    pub label: Option<String>,
    /// What the invited are told.
    pub message: Option<String>,
    /// The last four characters of the token.
    pub hint: String,
    /// How often it can be used, null without limit.
    pub max_uses: MaxUses,
    /// How often it was.
    pub uses: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Person,
    /// When it ends, null for never.
    pub expires_at: Option<Timestamp>,
    /// When its status last changed.
    pub status_at: Timestamp,
    /// Who changed it; null for the server itself.
    pub acted_by: Option<Person>,
    /// Whether it was used at all.
    pub used: bool,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// Who used it last.
    pub used_by: Option<Person>,
    /// What became of its mail.
    pub delivery: Delivery,
    /// Why its mail waits, came back or was not sent: the mail server's words, or this server's.
    pub delivery_note: Option<String>,
    /// When it is tried again.
    pub delivery_next_at: Option<Timestamp>,
    /// When its mail was sent.
    pub sent_at: Option<Timestamp>,
    /// How many reminders went out.
    pub reminders_sent: u32,
    /// When the next one will.
    pub next_reminder_at: Option<Timestamp>,
    /// Whether an admin has to agree to each accept.
    pub requires_approval: bool,
}

/// `GET /bands/{id}/invites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Invites {
    /// A page of invites.
    #[serde(deserialize_with = "super::list::known")]
    pub invites: Vec<Invite>,
    /// Invites of the band, whatever the filter.
    pub total: u64,
    /// Pending invites of the band, whatever the filter.
    pub pending: u64,
    /// Invites that fit the filter, counted to 1,000: that many, or more. Only in filtered answers, and missing where
    /// fewer than that were found among the 5,000 that were looked at, and more of them may fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched: Option<u64>,
    /// Where the next page begins. A page can be short, or empty, and yet go on: after 5,000 rows looked at it is given
    /// as it is.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}

words! {
    /// What becomes of a pending invite when another one for the same person is wished for.
    pub enum OnExisting {
        /// It ends, the new one takes its place.
        Replace = "replace",
        /// It stays and is sent again; no new one is made.
        Resend = "resend",
    }
}

/// `POST /bands/{id}/invites`. What is left out comes from the template, where one is named, else from the campaign, else
/// from the band: its default life, one use, nothing noted or told. Null is none, whatever those say; in a field that
/// cannot be none it is as if left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateInvite {
    /// The kind; null where it is to follow from whom the invite is for: `email`, `user`, or `link` for nobody.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Kind>))]
    pub kind: Patch<Kind>,
    /// The role it grants; `member` where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Its life in hours; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub ttl_hours: Patch<i64>,
    /// When it ends; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Timestamp>))]
    pub expires_at: Patch<Timestamp>,
    /// How often it can be used; null or -1 without limit.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub max_uses: Patch<i64>,
    /// The address that an `email` invite is for; a link remembers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The account that a `user` invite is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The same by its user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The campaign that it is part of; null for the band's own, General.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<CampaignId>))]
    pub campaign_id: Patch<CampaignId>,
    /// The template that gives what is left out here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// Whether an admin has to agree to each accept; no where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires_approval: Option<bool>,
    /// Whether its address gets a mail; true where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<bool>,
    /// What to do where an invite for the same person is pending; refused where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_existing: Option<OnExisting>,
    /// The inviter's note, at most 80 characters; null for none.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub label: Patch<String>,
    /// What the invited are told, at most 1,000 characters; null for nothing.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub message: Patch<String>,
}

/// `PATCH /invites/{id}`: what is left out stays, null is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateInvite {
    /// The role it grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// A new end; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<Timestamp>))]
    pub expires_at: Patch<Timestamp>,
    /// A new life in hours from now; null for never.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub ttl_hours: Patch<i64>,
    /// How often it can be used, not below the uses taken.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<i64>))]
    pub max_uses: Patch<i64>,
    /// The inviter's note.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub label: Patch<String>,
    /// What the invited are told.
    #[serde(default, skip_serializing_if = "Patch::is_omitted")]
    #[cfg_attr(feature = "server", schema(value_type = Option<String>))]
    pub message: Patch<String>,
}

/// A new invite with its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CreatedInvite {
    /// The invite.
    pub invite: Invite,
    /// The link to hand out.
    pub link: String,
    /// The token in it.
    pub token: String,
}

/// `POST /invites/{id}/link` and `/rotate`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct InviteLink {
    /// The link to hand out.
    pub link: String,
    /// The token in it.
    pub token: String,
}

/// `POST /invites/{id}/resend`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResendInvite {
    /// Whether it goes out under a new token, so that the old one is unknown at once; no where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotate: Option<bool>,
}

/// The answer to [`ResendInvite`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum ResentInvite {
    /// With `rotate`: the invite with its new secret.
    Rotated(Box<CreatedInvite>),
    /// The invite.
    Same(Box<Invite>),
}

/// `GET /invites/{token}/info`: what the holder of a token may know before signing in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Preview {
    /// The band; null for a code that lets people make an account, and is to no band.
    pub band: Option<PreviewBand>,
    /// The role the invite grants.
    pub role: Role,
    /// Who invites.
    pub inviter: Inviter,
    /// The kind of the invite.
    pub kind: Kind,
    /// Where it stands.
    pub status: Status,
    /// When it ends, null for never.
    pub expires_at: Option<Timestamp>,
    /// Uses left, null without limit; 0 where those who made their account by it alone come in still.
    pub uses_left: Option<u32>,
    /// Whether whom it is for can decline it: it is for one use, and to a band.
    #[serde(default)]
    pub declinable: bool,
    /// What the invited are told.
    pub message: Option<String>,
    /// What it is to, where that has a date.
    #[serde(default)]
    pub event: Option<CampaignEvent>,
    /// Whom it is for, masked.
    #[serde(rename = "for")]
    pub recipient: Option<String>,
    /// Who may make an account.
    pub registration: Registration,
    /// Whether an admin has to agree.
    pub requires_approval: bool,
}

impl Preview {
    /// What to know before all else: that every use is taken, and who comes in all the same.
    #[must_use]
    pub fn held(&self) -> Option<&'static str> {
        let text = "Every use is taken. Whoever made their account by this invite comes in with that account.";
        (self.uses_left == Some(0)).then_some(text)
    }

    /// Whether an account can be made by it, as far as it and the server are concerned.
    #[must_use]
    pub fn registers(&self) -> bool {
        self.registration != Registration::Closed && self.uses_left != Some(0)
    }
}

/// The band in a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct PreviewBand {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// How many members it has.
    pub members: u64,
}

/// The inviter in a preview.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Inviter {
    /// The name to be called by.
    pub display_name: String,
}

words! {
    /// What an accept, or a join, came to.
    pub enum Outcome {
        /// A member now.
        Joined = "joined",
        /// A member before.
        AlreadyMember = "already_member",
        /// An admin has to agree.
        PendingApproval = "pending_approval",
        /// The address has to be verified first.
        EmailUnverified = "email_unverified",
    }
}

/// The answer to an accept or a join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Accepted {
    /// What it came to.
    pub outcome: Outcome,
    /// The band.
    pub band: BandRef,
    /// The caller's role in it.
    pub role: Role,
    /// The event of the invite's campaign as an iCalendar file, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
}

/// A request without fields: `{}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Empty {}

words! {
    /// Whose further invites a decline refuses.
    pub enum Block {
        /// This inviter's.
        Inviter = "inviter",
        /// This band's.
        Band = "band",
        /// This server's.
        Server = "server",
    }
}

/// `POST /invites/{token}/decline`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeclineInvite {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whose further invites are unwelcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
}

/// One use of an invite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Redemption {
    /// Who used it.
    pub account: Person,
    /// When.
    pub at: Timestamp,
}

/// `GET /invites/{id}/redemptions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Redemptions {
    /// A page of uses, newest first.
    pub redemptions: Vec<Redemption>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// Where the page before begins.
    #[serde(default)]
    pub prev_cursor: Option<String>,
}

impl Invite {
    /// The campaign that it shares with others; none in its band's default one, which has the band's own id and shares
    /// nothing.
    #[must_use]
    pub fn shared_campaign(&self) -> Option<CampaignId> {
        let default = self.band_id.map(|band| *band.as_bytes());
        self.campaign_id.filter(|campaign| Some(*campaign.as_bytes()) != default)
    }

    /// Whom it is for, as [`recipient`] says it.
    #[must_use]
    pub fn recipient(&self) -> String {
        let username = self.account.as_ref().map(|account| account.username.as_str());
        recipient(self.kind, username, self.email.as_deref(), self.label.as_deref(), &self.hint)
    }
}

/// Whom an invite is for, as people say it: the account, the address, or else what the inviter noted, [`quoted`] so that
/// nobody takes a note for an address. Codes without a note are told apart by their ends.
#[must_use]
pub fn recipient(kind: Kind, username: Option<&str>, email: Option<&str>, label: Option<&str>, hint: &str) -> String {
    let text = username.map(account_name).or_else(|| email.map(str::to_owned)).or_else(|| label.map(quoted));
    text.unwrap_or_else(|| match kind {
        Kind::Code => format!("code …{hint}"),
        // What has ended long ago can have lost it.
        Kind::Email => "erased address".to_owned(),
        _ => "anyone with link".to_owned(),
    })
}

/// The account whom an invite is for. One that was deleted has an id behind a `-` for a user name, and no other begins so.
#[must_use]
pub fn account_name(username: &str) -> String {
    if username.starts_with('-') { "deleted account".to_owned() } else { format!("@{username}") }
}

/// What an inviter noted, as it stands where an address or a user name could stand too: `"Kim, the drummer"`.
#[must_use]
pub fn quoted(label: &str) -> String {
    format!("\"{label}\"")
}

impl std::fmt::Debug for CreatedInvite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreatedInvite").field("invite", &self.invite).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for InviteLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InviteLink(…)")
    }
}
