//! Showing that one's address is one's own: a code is mailed, and typed.

use super::super::{
    forms,
    message::Effect,
    model::{FormKind, Model, Overlay, Purpose, Tone},
    request::{Answer, Request},
};
use super::answer::words;
use crate::{
    api::{Account, Code},
    client::Error,
};

impl Model {
    /// Whether the server can verify the person's address, and has not yet.
    pub(super) fn must_verify(&self) -> bool {
        self.sends_mail() && self.me.as_ref().is_some_and(|me| !me.email_verified)
    }

    /// Whether the server sends mail, as far as is known.
    pub(in crate::tui) fn sends_mail(&self) -> bool {
        self.server.as_ref().and_then(|server| server.site.as_ref()).is_none_or(|site| site.mail)
    }

    /// Has a code mailed, and asks for it.
    pub(super) fn verify_address(&mut self) -> Vec<Effect> {
        let Some(me) = &self.me else { return Vec::new() };
        if me.email_verified {
            let text = format!("{} is verified: there is nothing to do.", me.email);
            self.toast(Tone::Plain, text);
            return Vec::new();
        }
        if !self.sends_mail() {
            self.toast(Tone::Plain, "This server sends no mail: no address has to be verified.");
            return Vec::new();
        }
        let mut effects = self.type_code();
        effects.push(self.ask(Purpose::Code, Request::SendCode).1);
        effects
    }

    /// Asks for the code that is on its way.
    pub(super) fn type_code(&mut self) -> Vec<Effect> {
        let Some(me) = &self.me else { return Vec::new() };
        let form = forms::verify(&me.email);
        self.open(Overlay::Form(form));
        Vec::new()
    }

    /// A code is on its way, or none is sent.
    pub(super) fn code_sent(&mut self, result: Result<Answer, Error>) -> Vec<Effect> {
        match result {
            Ok(_) => {
                let email = self.me.as_ref().map_or("you", |me| me.email.as_str());
                let text = format!("A code is on its way to {email}.");
                self.toast(Tone::Good, text);
                Vec::new()
            }
            // One that was mailed before can still be typed.
            Err(error) if error.code() == Some(Code::RateLimited) => {
                let text = format!("No new code was mailed: {} The newest one still counts.", words(&error));
                self.toast(Tone::Plain, text);
                Vec::new()
            }
            Err(error) => {
                self.overlays
                    .retain(|overlay| !matches!(overlay, Overlay::Form(form) if form.kind == FormKind::Verify));
                self.act_failed(&error)
            }
        }
    }

    /// The code was right.
    pub(super) fn verified(&mut self, account: Account) -> Vec<Effect> {
        let text = format!("{} is verified.", account.email);
        self.toast(Tone::Good, text);
        self.me = Some(account);
        for overlay in &mut self.overlays {
            if let Overlay::Offer(offer) = overlay {
                offer.refused = None;
            }
        }
        // What was mailed to the address is in the inbox now.
        self.poll_now()
    }
}
