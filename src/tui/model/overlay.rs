//! What lies over the screen. The topmost takes the keys.

use super::{Bulk, Form, Listing, Many, Places, RequestId, Shown, TextField};
use crate::{
    api::{Accepted, ActOnInvites, AuditTrail, Bands, CampaignEvent, Inbox, Invite, OwnRequest, Preview, Redemptions},
    clipboard::Copied,
    domain::{AccountId, BandId, InviteId, Pasted},
    tui::{message::Link, request::Request},
};

/// Something over the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    /// The keys.
    Help {
        /// Lines scrolled off the top.
        scroll: u16,
    },
    /// Every action by name.
    Palette {
        /// What is searched for.
        query: TextField,
        /// Which of the found ones the cursor is on.
        selected: usize,
    },
    /// A form.
    Form(Form),
    /// A question before something is done.
    Confirm(Confirm),
    /// An invite in full.
    Details(Box<Details>),
    /// A link on the screen.
    Link(Box<ShownLink>),
    /// What a pasted invite offers.
    Offer(Box<Offer>),
    /// The invites that wait for the person.
    Inbox(Box<WaitingList>),
    /// Bands that anyone may join or ask to join.
    Finder(Box<Finder>),
    /// A list of the server over the whole screen.
    Listing(Box<Listing>),
    /// Servers and accounts to go to.
    Places(Box<Places>),
    /// People to invite at once.
    Bulk(Box<Bulk>),
    /// A row of such a list in full.
    Shown(Box<Shown>),
}

/// Something that is done only when asked twice.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Revoke an invite.
    Revoke(InviteId),
    /// Mail an invite again; under a new token where that is chosen.
    Resend(InviteId),
    /// Do one thing to many invites.
    Many(BandId, Box<ActOnInvites>),
    /// Make a new link for an invite.
    Rotate(InviteId),
    /// Remove a member, with what is chosen to go with them.
    RemoveMember(BandId, AccountId),
    /// Hand the band over.
    Transfer(BandId, AccountId),
    /// Leave the band.
    Leave(BandId),
    /// Delete the band.
    DeleteBand(BandId),
    /// Send a request of the list below; its answer says nothing but that it is done.
    Send(Box<Request>),
    /// Sign out.
    SignOut,
    /// Accept an invite that waits.
    AcceptWaiting(InviteId),
    /// Go to another server and look at what was pasted.
    Switch(Pasted),
    /// Make the invites of the list of people below.
    Bulk,
    /// Close the form below and lose what was typed.
    Discard,
}

/// The question before a deed. The key that asked is not the key that answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Confirm {
    /// The question, one line.
    pub question: String,
    /// What will happen, and whether it can be undone.
    pub consequence: String,
    /// What the answer does, as a verb.
    pub verb: &'static str,
    /// What can be done as well.
    pub choices: Vec<Choice>,
    /// What is done, one after the other.
    pub deeds: Vec<Deed>,
    /// What is said when everything is done; empty where the deed says it itself.
    pub said: String,
    /// What came of it so far, where it is done to many invites.
    pub many: Option<Many>,
    /// How many are done.
    pub done: usize,
    /// How many pending invites ended with it, as far as answers say so.
    pub ended: u64,
    /// Names the attempt at the next deed, 0 before the first: a deed tried again has one effect.
    pub attempt: u64,
    /// The request on its way.
    pub sending: Option<RequestId>,
    /// Why it did not work.
    pub refused: Option<String>,
}

impl Confirm {
    /// A question that has not been answered.
    pub fn new(
        question: impl Into<String>,
        consequence: impl Into<String>,
        verb: &'static str,
        deeds: Vec<Deed>,
    ) -> Self {
        let (question, consequence) = (question.into(), consequence.into());
        Self {
            question,
            consequence,
            verb,
            choices: Vec::new(),
            deeds,
            said: String::new(),
            many: None,
            done: 0,
            ended: 0,
            attempt: 0,
            sending: None,
            refused: None,
        }
    }

    /// The same question, with what is said when everything is done.
    #[must_use]
    pub fn saying(self, said: impl Into<String>) -> Self {
        Self { said: said.into(), ..self }
    }

    /// The same question with more that can be done, none of it chosen.
    #[must_use]
    pub fn with_choices(self, choices: impl IntoIterator<Item = Choice>) -> Self {
        Self { choices: choices.into_iter().collect(), ..self }
    }

    /// Whether this is to be done as well.
    pub fn is_chosen(&self, key: char) -> bool {
        self.choices.iter().any(|choice| choice.key == key && choice.chosen)
    }
}

/// What can be done beside what is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The key that takes it and leaves it.
    pub key: char,
    /// What it does.
    pub label: &'static str,
    /// Whether it is to be done.
    pub chosen: bool,
}

impl Choice {
    /// One that is not taken yet.
    pub const fn new(key: char, label: &'static str) -> Self {
        Self { key, label, chosen: false }
    }
}

/// Bands that anyone may join or ask to join, as they are looked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Finder {
    /// What is looked for in their names.
    pub query: TextField,
    /// The first page of those that fit, once known.
    pub found: Option<Bands>,
    /// What the person has asked of bands, newest first, as far as it is known.
    pub asked: Vec<OwnRequest>,
    /// Which one the cursor is on.
    pub selected: usize,
    /// The wish to join that is on its way.
    pub sending: Option<RequestId>,
    /// Why they are not known, or cannot be joined.
    pub problem: Option<String>,
}

/// Uses, and events of the history, that an invite's details hold at most.
pub const MOST_TOLD: usize = 1_000;

/// An invite in full.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// The invite.
    pub invite: Invite,
    /// Who used it, the latest first, once known; more of them as they are scrolled to.
    pub redemptions: Option<Redemptions>,
    /// What happened to it, the latest first, once known; more of it as it is scrolled to.
    pub audit: Option<AuditTrail>,
    /// What its campaign invites to, once known, where that has a date.
    pub event: Option<CampaignEvent>,
    /// Why something is missing.
    pub problem: Option<String>,
    /// Lines scrolled off the top.
    pub scroll: u16,
}

/// A link on the screen, because it is new or was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownLink {
    /// The link.
    pub link: Link,
    /// Whether it works on this machine only.
    pub loopback: bool,
    /// How it was copied, if it was.
    pub copied: Option<Copied>,
    /// Whether it is shown as a QR code.
    pub qr: bool,
    /// Whether blocks are the dark squares of the code: where the terminal shows dark letters on a light ground.
    pub inverted: bool,
}

/// A link on its way to the clipboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copying {
    /// The link.
    pub link: Link,
    /// Whether it was not on the screen: then it is shown where nobody can be sure that it arrived.
    pub unseen: bool,
}

/// What a pasted invite offers, and what was made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// What was pasted.
    pub pasted: Pasted,
    /// What it offers, once known.
    pub preview: Option<Preview>,
    /// The request on its way.
    pub sending: Option<RequestId>,
    /// Names the attempt to accept.
    pub attempt: u64,
    /// Why it cannot be had.
    pub refused: Option<String>,
    /// What became of it.
    pub accepted: Option<Accepted>,
    /// Lines scrolled off the top.
    pub scroll: u16,
}

/// The invites that wait for the person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WaitingList {
    /// The first page of them, once known.
    pub page: Option<Inbox>,
    /// Which one the cursor is on.
    pub selected: usize,
    /// Why they are not known.
    pub problem: Option<String>,
}
