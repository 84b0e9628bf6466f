//! Links: asked for, copied, shown, and shown as QR codes.

use super::super::{
    keymap::{Action, Key},
    listing::Entry,
    message::{Effect, Link},
    model::{Copying, Model, Overlay, Purpose, ShownLink, Tone},
    request::{Answer, Request},
};
use crate::{
    api::{Invite, InviteLink},
    client::{Error, Origin, PlainHttp},
    clipboard::Copied,
    domain::{InviteId, Pasted},
};

impl Model {
    pub(super) fn ask_for_link(&mut self, purpose: impl Fn(InviteId) -> Purpose) -> Vec<Effect> {
        let Some(id) = self.chosen_invite().map(|invite| invite.id) else { return Vec::new() };
        vec![self.ask(purpose(id), Request::ShowLink(id)).1]
    }

    pub(super) fn link_to_copy(&mut self, invite: InviteId, result: Result<Answer, Error>) -> Vec<Effect> {
        match result {
            Ok(Answer::Link(link)) => {
                let link = self.link_of(invite, *link);
                self.copy_unseen(link)
            }
            Ok(_) => Vec::new(),
            Err(error) => self.act_failed(&error),
        }
    }

    /// A code to copy has come: the code itself, as it is read out.
    pub(super) fn code_to_copy(&mut self, invite: InviteId, result: Result<Answer, Error>) -> Vec<Effect> {
        match result {
            Ok(Answer::Link(link)) => {
                let code = link.token.clone();
                let link = Link { text: code, ..self.link_of(invite, *link) };
                self.copy_unseen(link)
            }
            Ok(_) => Vec::new(),
            Err(error) => self.act_failed(&error),
        }
    }

    /// Copies what is not on the screen.
    pub(super) fn copy_unseen(&mut self, link: Link) -> Vec<Effect> {
        self.copying = Some(Copying { link: link.clone(), unseen: true });
        vec![Effect::Copy(link)]
    }

    /// Copies what is on the screen.
    fn copy_seen(&mut self, link: Link) -> Effect {
        self.copying = Some(Copying { link: link.clone(), unseen: false });
        Effect::Copy(link)
    }

    /// A link to show has come, as itself or as a QR code.
    pub(super) fn link_to_show(&mut self, invite: InviteId, qr: bool, result: Result<Answer, Error>) -> Vec<Effect> {
        match result {
            Ok(Answer::Link(link)) => {
                let link = self.link_of(invite, *link);
                self.show_held(link, qr);
                Vec::new()
            }
            Ok(_) => Vec::new(),
            Err(error) => self.act_failed(&error),
        }
    }

    /// A link that was just made is shown, and copied too.
    pub(super) fn new_link(&mut self, link: Link) -> Vec<Effect> {
        self.show_link(link.clone(), None);
        let mut effects = vec![self.copy_seen(link)];
        effects.extend(self.poll_now());
        effects
    }

    /// A link of an invite, with whom that is for.
    pub(super) fn link_of(&self, invite: InviteId, link: InviteLink) -> Link {
        let row = self.invites.list.rows().find(|row| row.id == invite);
        let listed = || {
            self.listing()?.list.rows().find_map(|entry| match entry {
                Entry::Code(code) if code.id == invite => Some(&**code),
                _ => None,
            })
        };
        let row = row.or_else(listed);
        Link { title: row.map_or_else(|| "invite".to_owned(), Invite::recipient), text: link.link }
    }

    /// What a list holds of a link is shown, as a QR code or as it is.
    pub(super) fn show_held(&mut self, link: Link, qr: bool) {
        self.show_link(link, None);
        if let Some(Overlay::Link(shown)) = self.overlays.last_mut() {
            shown.qr = qr;
        }
    }

    fn show_link(&mut self, link: Link, copied: Option<Copied>) {
        let loopback = is_loopback(&link.text);
        self.open(Overlay::Link(Box::new(ShownLink { link, loopback, copied, qr: false, inverted: false })));
    }

    /// A link was copied, or not: the notice says which way, and the link is shown where nobody can be sure. One that was
    /// on the screen and was closed meanwhile stays closed.
    pub(super) fn copied(&mut self, copied: Copied, link: Link) {
        let copying = self.copying.take_if(|copying| copying.link == link);
        let shown = self.overlays.iter_mut().find_map(|overlay| match overlay {
            Overlay::Link(shown) if shown.link == link => Some(shown),
            _ => None,
        });
        if let Some(shown) = shown {
            shown.copied = Some(copied);
            return;
        }
        let unseen = copying.is_some_and(|copying| copying.unseen);
        if copied == Copied::Native {
            let here = if is_loopback(&link.text) { " It works on this machine only." } else { "" };
            let what = if link.is_code() { "Code" } else { "Link" };
            self.toast(Tone::Good, format!("{what} copied to the clipboard.{here}"));
            return;
        }
        if unseen {
            return self.show_link(link, Some(copied));
        }
        let what = match copied {
            Copied::Failed { why } => format!("It was not copied: {why}"),
            _ => "It was sent to your terminal's clipboard, which not every terminal takes.".to_owned(),
        };
        let key = self.settings.keymap.keys(Action::ShowLink).first().map(|key| format!(" {key} shows it again."));
        self.toast(Tone::Plain, what + &key.unwrap_or_default());
    }

    /// The keys of a link on the screen: it is copied, turned into a QR code and back, and the code is inverted for a reader
    /// that does not take it as it is.
    pub(super) fn link_key(&mut self, key: Key) -> Vec<Effect> {
        let pressed = |action| self.settings.keymap.keys(action).contains(&key);
        let (copies, turns, to_link) = (pressed(Action::CopyLink), pressed(Action::ShowQr), pressed(Action::ShowLink));
        let Some(Overlay::Link(shown)) = self.overlays.last_mut() else { return Vec::new() };
        if copies {
            shown.copied = None;
            let link = shown.link.clone();
            return vec![self.copy_seen(link)];
        }
        if turns || to_link && shown.qr {
            shown.qr = !shown.qr;
            return Vec::new();
        }
        if shown.qr && key.as_char() == Some('i') {
            shown.inverted = !shown.inverted;
            return Vec::new();
        }
        self.close_on(key, Action::ShowLink)
    }
}

/// Whether a link works on this machine only.
fn is_loopback(link: &str) -> bool {
    let origin = Pasted::parse(link).ok().and_then(|pasted| pasted.origin);
    origin
        .and_then(|origin| Origin::parse(&origin, PlainHttp::Anywhere).ok())
        .is_some_and(|origin| origin.is_loopback())
}
