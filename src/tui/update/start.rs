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
            self.going = None;
            // A link that nobody goes to now is not gone to with the next server.
            self.pasted = None;
            self.screen = if self.me.is_some() {
                Screen::Panes
            } else {
                Screen::Welcome { choice: usize::from(!self.settings.can_launch), problem: None }
            };
            return Vec::new();
        }
        if key.as_char() == Some('q') { vec![Effect::Quit] } else { Vec::new() }
    }

    fn launch(&mut self) -> Vec<Effect> {
        self.screen = Screen::Starting("Starting the server on this machine…".to_owned());
        vec![Effect::Launch(self.set_out())]
    }

    /// The serial of a new way to a server: what comes of an earlier one is dropped from now on.
    pub(super) fn set_out(&mut self) -> u64 {
        let serial = self.fresh();
        self.going = Some(serial);
        serial
    }

    /// Goes to a server with the session that is kept for it.
    pub(super) fn go_and_find(&mut self, origin: Origin) -> Effect {
        let serial = self.set_out();
        self.find(serial, origin)
    }

    fn find(&self, serial: u64, origin: Origin) -> Effect {
        Effect::Find { serial, origin, profile: self.settings.profile.clone() }
    }

    /// The embedded server runs, or cannot. Where nobody goes there any more it runs on; who chooses it later finds it.
    pub(super) fn launched(&mut self, serial: u64, launched: Result<Launched, String>) -> Vec<Effect> {
        let again = self.line.relaunching == Some(serial);
        if !again && self.going != Some(serial) {
            return Vec::new();
        }
        let parsed = launched.and_then(|launched| {
            let parse = |text: &str| Origin::parse(text, self.settings.plain).map_err(|e| e.to_string());
            Ok((parse(&launched.origin)?, parse(&launched.keep_as)?, launched))
        });
        match parsed {
            // A take-over: the session holds on, the address may be another.
            Ok((origin, keep_as, launched)) if again => {
                if let Some(server) = self.server.as_mut().filter(|server| server.origin == origin) {
                    self.line.relaunching = None;
                    server.launched = Some(launched);
                    return self.poll_now();
                }
                self.server = Some(Server { origin, keep_as: keep_as.clone(), launched: Some(launched), site: None });
                vec![self.find(serial, keep_as)]
            }
            Ok((origin, keep_as, launched)) => {
                self.screen = Screen::Starting("Looking for your session…".to_owned());
                self.server = Some(Server { origin, keep_as: keep_as.clone(), launched: Some(launched), site: None });
                vec![self.find(serial, keep_as)]
            }
            Err(why) if again => {
                self.line.relaunching = None;
                self.line.why = why;
                self.dirty = true;
                Vec::new()
            }
            Err(why) => {
                self.going = None;
                self.screen = Screen::Welcome { choice: 0, problem: Some(why) };
                Vec::new()
            }
        }
    }

    /// A server was looked up among the kept sessions. Its profile is the one in use only where somebody still goes there: what
    /// is kept or forgotten is so for the profile in use.
    pub(super) fn found(
        &mut self,
        serial: u64,
        found: Origin,
        session: Option<SessionToken>,
        profile: Option<String>,
    ) -> Vec<Effect> {
        let again = self.line.relaunching == Some(serial);
        if !again && self.going != Some(serial) {
            return Vec::new();
        }
        self.settings.profile = profile;
        let known = self.server.as_ref().filter(|server| server.keep_as == found);
        let (origin, launched) =
            known.map_or_else(|| (found.clone(), None), |server| (server.origin.clone(), server.launched.clone()));
        if !again {
            return self.use_server(origin, found, launched, session);
        }
        // A take-over: what is on the screen stays.
        self.line.relaunching = None;
        let ended = session.is_none();
        let mut effects = vec![Effect::Use { origin, session }];
        effects.extend(if ended { self.signed_out() } else { self.poll_now() });
        effects
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
            Effect::Keep { profile: self.settings.profile.clone(), origin: server.keep_as.clone(), kept },
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
        let profile = self.settings.profile.clone();
        let mut effects = vec![Effect::Forget { profile, origin: server.keep_as.clone() }];
        effects.extend(self.use_server(server.origin, server.keep_as, server.launched, None));
        effects
    }
}
