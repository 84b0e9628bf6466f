//! The way in: a pasted invite is looked at first, then accepted or declined.

use super::super::{
    keymap::{Action, Key, Keymap},
    message::Effect,
    model::{Confirm, Deed, FormKind, Model, Offer, Overlay, Purpose, RequestId, Screen, Tone},
    request::{Answer, Request},
};
use super::answer::words;
use crate::{
    api::{Accepted, Account, Code, Outcome},
    client::{Error, Origin},
    domain::{Kind, Pasted},
};

/// Why who has an account can do nothing with a code of no band.
pub(in crate::tui) const ACCOUNT_ALONE: &str = "This code lets people make an account, and you have one: pass it on.";

impl Model {
    /// Looks at what was pasted. A link to another server is asked about first: nothing of this one goes there.
    pub(super) fn look_at(&mut self, pasted: Pasted) -> Vec<Effect> {
        let elsewhere = pasted.origin.as_deref().map(|origin| Origin::parse(origin, self.settings.plain));
        let here = self.server.as_ref().map(|server| &server.origin);
        match elsewhere {
            Some(Err(error)) => {
                self.toast(Tone::Bad, words(&error));
                return Vec::new();
            }
            Some(Ok(origin)) if Some(&origin) != here => {
                if self.me.is_none() {
                    return self.switch_to(pasted);
                }
                let question = format!("The invite is from {origin}. Go there?");
                let consequence = "You leave the server you are on; its session is kept. Nothing of it is sent there.";
                self.open(Overlay::Confirm(Confirm::new(question, consequence, "go", vec![Deed::Switch(pasted)])));
                return Vec::new();
            }
            None if here.is_none() => {
                self.pasted = Some(pasted);
                self.toast(Tone::Plain, "The invite is kept: now say which server it is from.");
                self.screen = Screen::Entry(self.connect_form());
                self.going = None;
                return Vec::new();
            }
            _ => {}
        }
        self.overlays.retain(|overlay| !matches!(overlay, Overlay::Offer(_)));
        let (id, effect) = self.ask(Purpose::Offer, Request::Preview(pasted.clone()));
        let offer =
            Offer { pasted, preview: None, sending: Some(id), attempt: 0, refused: None, accepted: None, scroll: 0 };
        self.open(Overlay::Offer(Box::new(offer)));
        vec![effect]
    }

    /// The invite that waited for someone to sign in.
    pub(super) fn look_at_kept(&mut self) -> Vec<Effect> {
        self.invited_to = None;
        match self.pasted.take() {
            Some(pasted) => self.look_at(pasted),
            None => Vec::new(),
        }
    }

    /// Goes to the server that a link names, with the session kept for that one.
    pub(super) fn switch_to(&mut self, pasted: Pasted) -> Vec<Effect> {
        let origin = pasted.origin.as_deref().map(|origin| Origin::parse(origin, self.settings.plain));
        let Some(Ok(origin)) = origin else { return Vec::new() };
        self.pasted = Some(pasted);
        self.screen = Screen::Starting(format!("Going to {origin}…"));
        vec![self.go_and_find(origin)]
    }

    /// The keys of an offer.
    pub(super) fn offer_key(&mut self, key: Key) -> Vec<Effect> {
        let signed_in = self.screen == Screen::Panes;
        let must_verify = signed_in && self.must_verify();
        let Some(Overlay::Offer(offer)) = self.overlays.last_mut() else { return Vec::new() };
        if key.is("esc") || key.as_char() == Some('q') {
            let sending = offer.sending;
            self.overlays.pop();
            return sending
                .map(|id| {
                    self.waiting.remove(&id);
                    Effect::Abandon(id)
                })
                .into_iter()
                .collect();
        }
        if offer.sending.is_some() {
            return Vec::new();
        }
        if signed_in && self.settings.keymap.keys(Action::SwitchAccount).contains(&key) {
            return self.open_places();
        }
        if offer.accepted.is_some() {
            self.overlays.pop();
            return Vec::new();
        }
        let Some(preview) = &offer.preview else { return Vec::new() };
        let decides = key.is("enter") || key.as_char() == Some('d');
        if preview.band.is_none() && decides {
            if signed_in {
                self.toast(Tone::Plain, ACCOUNT_ALONE);
            } else if preview.registers() && key.is("enter") {
                return self.make_account_for_offer();
            }
            return Vec::new();
        }
        match key.as_char() {
            Some('n') if !signed_in && preview.registers() => self.make_account_for_offer(),
            _ if key.is("enter") && !signed_in => {
                self.keep_offer();
                Vec::new()
            }
            _ if key.is("enter") => self.accept(),
            Some('v') if must_verify => self.verify_address(),
            Some('d') if signed_in => {
                let Some(band) = &preview.band else { return Vec::new() };
                if !preview.declinable {
                    self.toast(Tone::Plain, "This invite is not for you alone: just leave it.");
                    return Vec::new();
                }
                let (pasted, band) = (offer.pasted.clone(), band.name.clone());
                self.open_decline(FormKind::Decline(pasted), &band);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn make_account_for_offer(&mut self) -> Vec<Effect> {
        self.keep_offer();
        self.screen = Screen::Entry(self.sign_up_form());
        Vec::new()
    }

    /// The invite of the topmost offer waits until someone is signed in.
    fn keep_offer(&mut self) {
        if let Some(Overlay::Offer(offer)) = self.overlays.pop() {
            // One for an account that is there, or of which every use is taken, is not for a new one.
            let seen = offer.preview.filter(|preview| preview.kind != Kind::User && preview.held().is_none());
            self.invited_to = seen.and_then(|preview| preview.band).map(|band| band.name);
            self.pasted = Some(offer.pasted);
        }
    }

    /// The account that was made for an invite has come in with it, or has to wait: it is not looked at again.
    /// `typed` is the invite of the form, if it has one.
    pub(super) fn enrolled(&mut self, outcome: Outcome, typed: &str) -> String {
        let pasted = self.pasted.take().filter(|pasted| typed.is_empty() || typed == pasted.token);
        let name = self.invited_to.take().filter(|_| pasted.is_some()).unwrap_or_else(|| "the band".to_owned());
        match outcome {
            Outcome::Joined | Outcome::AlreadyMember => format!("You are in {name} now."),
            Outcome::PendingApproval => self.has_to_agree(&name),
            Outcome::EmailUnverified => format!("Verify your address to come into {name}; the invite waits."),
        }
    }

    /// The invite that an account was to be made with has ended meanwhile: the account can be made without.
    pub(super) fn invite_ended(&mut self, error: &Error) -> bool {
        let ended = matches!(
            error.code(),
            Some(
                Code::InvalidToken
                    | Code::InviteExpired
                    | Code::InviteRevoked
                    | Code::InviteUsed
                    | Code::InviteDeclined
                    | Code::InviteCancelled
            )
        );
        let gone = ended && self.invited_to.take().is_some();
        if gone {
            self.pasted = None;
        }
        gone
    }

    fn accept(&mut self) -> Vec<Effect> {
        let Some(Overlay::Offer(offer)) = self.overlays.last() else { return Vec::new() };
        let (pasted, mut attempt) = (offer.pasted.clone(), offer.attempt);
        if attempt == 0 {
            attempt = self.fresh();
        }
        let (id, effect) = self.ask_again(attempt, Purpose::Offer, Request::Accept(pasted));
        if let Some(Overlay::Offer(offer)) = self.overlays.last_mut() {
            offer.sending = Some(id);
            offer.attempt = attempt;
            offer.refused = None;
        }
        vec![effect]
    }

    /// A preview or an accept was answered.
    pub(super) fn offer_answer(&mut self, id: RequestId, result: Result<Answer, Error>) -> Vec<Effect> {
        let offer = self.overlays.iter_mut().find_map(|overlay| match overlay {
            Overlay::Offer(offer) if offer.sending == Some(id) => Some(offer),
            _ => None,
        });
        let Some(offer) = offer else { return Vec::new() };
        offer.sending = None;
        match result {
            Ok(Answer::Preview(preview)) => {
                offer.preview = Some(*preview);
                Vec::new()
            }
            Ok(Answer::Accepted(accepted)) => {
                offer.accepted = Some((*accepted).clone());
                self.came_in(&accepted)
            }
            Ok(_) => Vec::new(),
            Err(error) if error.is_offline() && matches!(self.screen, Screen::Entry(_)) => {
                self.keep_offer();
                self.entry_refused(&error);
                self.unreachable(&error)
            }
            Err(error) => {
                let then = match error.code() {
                    Some(Code::EmailUnverified) => " Press v to do so.".to_owned(),
                    Some(Code::WrongRecipient) => other_account(self.me.as_ref(), &self.settings.keymap),
                    _ => String::new(),
                };
                offer.refused = Some(format!("{}{then}", words(&error)));
                if error.is_offline() {
                    return self.unreachable(&error);
                }
                if error.is_unauthenticated() { self.signed_out() } else { Vec::new() }
            }
        }
    }

    /// That an admin has to agree, and where it stands what they said: of a no nobody is told unasked.
    fn has_to_agree(&self, name: &str) -> String {
        let key = self.settings.keymap.keys(Action::OwnRequests).first();
        let key = key.map_or_else(String::new, |key| format!(" {key} shows what they say."));
        format!("An admin of {name} has to agree; you will see the band when they did.{key}")
    }

    /// A member now: the band is chosen, and the offer goes.
    pub(super) fn came_in(&mut self, accepted: &Accepted) -> Vec<Effect> {
        let name = &accepted.band.name;
        let text = match accepted.outcome {
            Outcome::Joined => format!("Welcome to {name}: you are {} now.", article(accepted.role.as_str())),
            Outcome::AlreadyMember => format!("You are a member of {name} already; nothing was used."),
            Outcome::PendingApproval => self.has_to_agree(name),
            Outcome::EmailUnverified => "Verify your address first; the invite waits.".to_owned(),
        };
        self.overlays.retain(|overlay| !matches!(overlay, Overlay::Offer(_) | Overlay::Inbox(_) | Overlay::Finder(_)));
        self.toast(Tone::Good, text);
        let mut effects = Vec::new();
        if matches!(accepted.outcome, Outcome::Joined | Outcome::AlreadyMember) {
            effects.extend(self.choose_band(accepted.band.id));
        }
        effects
    }
}

/// Who one is, and how to be somebody else.
fn other_account(me: Option<&Account>, keymap: &Keymap) -> String {
    let you = me.map_or_else(String::new, |me| format!(" You are {} here.", me.username));
    let key = keymap.keys(Action::SwitchAccount).first().map(|key| format!(" {key} switches to another account."));
    you + &key.unwrap_or_default()
}

fn article(role: &str) -> String {
    if role.starts_with(['a', 'o']) { format!("an {role}") } else { format!("a {role}") }
}
