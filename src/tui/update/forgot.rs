//! A password that was forgotten: a mail brings the way to a new one.

use super::super::{
    keymap::Key,
    message::Effect,
    model::{FormKind, Model, Overlay, Purpose, Screen, Tone},
    request::{Answer, Request},
};
use crate::{api::ForgotPassword, client::Error};

impl Model {
    /// Ctrl-R in a form to sign in with has a mail sent to whom it names. `None` is another key, or another form.
    pub(super) fn forgot(&mut self, key: Key) -> Option<Vec<Effect>> {
        let sends_mail = self.sends_mail();
        let ((Some(Overlay::Form(form)), _) | (None, Screen::Entry(form))) =
            (self.overlays.last_mut(), &mut self.screen)
        else {
            return None;
        };
        if !key.is_ctrl('r') || form.kind != FormKind::SignIn || form.sending.is_some() {
            return None;
        }
        form.clear_errors();
        let login = form.value("login").trim().to_owned();
        if login.is_empty() {
            form.refuse("login", "must say whose password is forgotten".to_owned());
            return Some(Vec::new());
        }
        if !sends_mail {
            form.refused = Some("This server sends no mail: ask whoever runs it for a new password.".to_owned());
            return Some(Vec::new());
        }
        Some(vec![self.ask(Purpose::Forgot, Request::ForgotPassword(ForgotPassword { login })).1])
    }

    /// A mail is on its way, if there is such an account: the server does not say.
    pub(super) fn reset_mailed(&mut self, result: Result<Answer, Error>) -> Vec<Effect> {
        match result {
            Ok(_) => {
                let text = "If there is such an account, and its address is verified, a mail is on its way: open its link, \
                            set a new password there, and sign in with it.";
                self.toast(Tone::Good, text);
                Vec::new()
            }
            Err(error) => self.act_failed(&error),
        }
    }
}
