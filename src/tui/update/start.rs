//! From the first question to the three panes: choosing a server, signing up or in.

use super::super::{
    keymap::Key,
    launch::Launched,
    message::{Effect, Start},
    model::{FormKind, Model, Purpose, Screen, Server, Tone},
    request::Request,
};
use crate::{
    api::{Account, SessionSecret},
    client::{Origin, session::Kept},
    domain::SessionToken,
};

impl Model {
    /// The first effects.
    pub fn start(&mut self, start: Start) -> Vec<Effect> {
        self.dirty = true;
        match start {
            Start::Ask => Vec::new(),
            Start::Local => self.launch(),
            Start::Server { origin, session } => self.use_server(origin.clone(), origin, None, session),
        }
    }

    /// The keys of the first question.
    pub(super) fn welcome_key(&mut self, key: Key) -> Vec<Effect> {
        let Screen::Welcome { choice, .. } = &mut self.screen else { return Vec::new() };
        if key.is("up") || key.is("down") || key.is("tab") || key.is("j") || key.is("k") {
            *choice = 1 - *choice;
            return Vec::new();
        }
        let chosen = match key.as_char() {
            Some('1') => 0,
            Some('2') => 1,
            Some('q') => return vec![Effect::Quit],
            _ if key.is("enter") => *choice,
            _ => return Vec::new(),
        };
        if chosen == 1 || !self.settings.can_launch {
            self.screen = Screen::Entry(self.connect_form());
            return Vec::new();
        }
        self.launch()
    }

    /// While something is awaited that everything else depends on: Esc goes back, to the panes that were left or to the
    /// first question, and what comes late is awaited no longer.
    pub(super) fn starting_key(&mut self, key: Key) -> Vec<Effect> {
        if key.is("esc") {
            self.screen = if self.me.is_some() {
                self.pasted = None;
                Screen::Panes
            } else {
                Screen::Welcome { choice: usize::from(!self.settings.can_launch), problem: None }
            };
            return Vec::new();
        }
        if key.as_char() == Some('q') { vec![Effect::Quit] } else { Vec::new() }
    }

    /// Whether nobody waits for the server on this machine any more: Esc went back from where it was awaited.
    fn expects_no_server(&self) -> bool {
        match &self.screen {
            _ if self.me.is_some() => false,
            Screen::Welcome { .. } => true,
            Screen::Entry(form) => form.kind == FormKind::Connect,
            Screen::Starting(_) | Screen::Panes => false,
        }
    }

    fn launch(&mut self) -> Vec<Effect> {
        self.screen = Screen::Starting("Starting the server on this machine…".to_owned());
        vec![Effect::Launch]
    }

    /// The embedded server runs, or cannot.
    pub(super) fn launched(&mut self, launched: Result<Launched, String>) -> Vec<Effect> {
        self.line.relaunching = false;
        if self.expects_no_server() {
            // It runs on; who chooses it later finds it.
            return Vec::new();
        }
        let parsed = launched.and_then(|launched| {
            let parse = |text: &str| Origin::parse(text, self.settings.plain).map_err(|e| e.to_string());
            Ok((parse(&launched.origin)?, parse(&launched.keep_as)?, launched))
        });
        match parsed {
            // A take-over: the session holds on, the address may be another.
            Ok((origin, keep_as, launched)) if self.me.is_some() => {
                let Some(server) = &mut self.server else { return Vec::new() };
                if server.origin == origin {
                    server.launched = Some(launched);
                    return self.poll_now();
                }
                self.server = Some(Server { origin, keep_as: keep_as.clone(), launched: Some(launched), site: None });
                vec![Effect::Find(keep_as)]
            }
            Ok((origin, keep_as, launched)) => {
                self.screen = Screen::Starting("Looking for your session…".to_owned());
                self.server = Some(Server { origin, keep_as: keep_as.clone(), launched: Some(launched), site: None });
                vec![Effect::Find(keep_as)]
            }
            Err(why) if self.me.is_some() => {
                self.line.why = why;
                self.dirty = true;
                Vec::new()
            }
            Err(why) => {
                self.screen = Screen::Welcome { choice: 0, problem: Some(why) };
                Vec::new()
            }
        }
    }

    /// A server was looked up among the kept sessions.
    pub(super) fn found(&mut self, found: &Origin, session: Option<SessionToken>) -> Vec<Effect> {
        let is_other = self.server.as_ref().is_none_or(|server| server.keep_as != *found);
        let gone_back = match self.screen {
            Screen::Welcome { .. } => true,
            Screen::Panes => is_other,
            Screen::Entry(_) | Screen::Starting(_) => false,
        };
        if gone_back {
            return Vec::new();
        }
        match &self.server {
            // A take-over: what is on the screen stays.
            Some(server) if server.keep_as == *found && self.me.is_some() => {
                if session.is_none() {
                    return self.signed_out();
                }
                let mut effects = vec![Effect::Use { origin: server.origin.clone(), session }];
                effects.extend(self.poll_now());
                effects
            }
            Some(server) if server.keep_as == *found => {
                let (origin, launched) = (server.origin.clone(), server.launched.clone());
                self.use_server(origin, found.clone(), launched, session)
            }
            _ => self.use_server(found.clone(), found.clone(), None, session),
        }
    }

    /// Turns to a server. With a session the panes open at once and fill as answers come.
    pub(super) fn use_server(
        &mut self,
        origin: Origin,
        keep_as: Origin,
        launched: Option<Launched>,
        session: Option<SessionToken>,
    ) -> Vec<Effect> {
        let fresh = Self::new(self.settings.clone(), self.size, self.now);
        let kept = (self.pasted.take(), self.next_id);
        let abandoned = std::mem::replace(self, fresh).waiting.into_keys().map(Effect::Abandon).collect::<Vec<_>>();
        (self.pasted, self.next_id) = kept;
        let signed_in = session.is_some();
        let mut effects = abandoned;
        effects.push(Effect::Use { origin: origin.clone(), session });
        self.server = Some(Server { origin, keep_as, launched, site: None });
        effects.push(self.ask(Purpose::Site, Request::Site).1);
        if signed_in {
            self.screen = Screen::Panes;
            effects.push(self.ask(Purpose::Me, Request::Me).1);
            effects.extend(self.poll_now());
            effects.extend(self.look_at_kept());
        } else {
            self.screen = Screen::Entry(self.entry_form());
            // Who was invited sees to what before they make an account for it.
            effects.extend(self.look_at_kept());
        }
        effects
    }

    /// Someone signed up or in.
    pub(super) fn signed_in(&mut self, account: Account, secret: &SessionSecret) -> Vec<Effect> {
        let Some(token) = SessionToken::parse(&secret.token) else {
            self.toast(
                Tone::Bad,
                "The server's session cannot be used: client and server may be of different versions.",
            );
            return Vec::new();
        };
        let Some(server) = &self.server else { return Vec::new() };
        let kept = Kept::new(&token, &account.username, secret.expires_at);
        let mut effects = vec![
            Effect::Use { origin: server.origin.clone(), session: Some(token) },
            Effect::Keep { origin: server.keep_as.clone(), kept },
        ];
        // After a session that ended midway the panes and what lies over them are still there, unless it is somebody
        // else who comes.
        let same = self.me.as_ref().is_none_or(|me| me.id == account.id);
        if !same {
            effects.extend(self.forget_bands());
            self.overlays.clear();
        }
        self.me = Some(account);
        self.screen = Screen::Panes;
        self.line.etag = None;
        effects.extend(self.poll_now());
        effects.extend(self.look_at_kept());
        effects
    }

    /// The session is no longer good: ask to sign in again, over what is there.
    pub(super) fn signed_out(&mut self) -> Vec<Effect> {
        self.line.next_poll = None;
        let asked = self.overlays.iter().any(|o| matches!(o, super::Overlay::Form(f) if f.kind == FormKind::SignIn));
        if self.screen == Screen::Panes && !asked {
            let mut form = super::super::forms::sign_in();
            form.refused = Some("Your session has ended. Sign in again; nothing is lost.".to_owned());
            if let Some(me) = &self.me {
                form.fill("login", &me.username);
                form.focus = 1;
            }
            self.open(super::Overlay::Form(form));
        }
        Vec::new()
    }

    /// Leaves the server for its sign-in form.
    pub(super) fn leave_server(&mut self) -> Vec<Effect> {
        let Some(server) = self.server.take() else { return Vec::new() };
        let mut effects = vec![Effect::Forget(server.keep_as.clone())];
        effects.extend(self.use_server(server.origin, server.keep_as, server.launched, None));
        effects
    }
}
