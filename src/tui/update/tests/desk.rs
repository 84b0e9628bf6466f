//! A model at a desk: keys go in, effects come out, answers are written by hand.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::{
    api::{
        Account, Band, BandCounts, Bands, Code, Invite, Invites, Member, Members, PasswordRules, Person, Problem,
        SessionSecret, SignedIn, Site, Sync, SyncBand, SyncInbox,
    },
    client::{Error, Origin, PlainHttp, Synced},
    domain::{AccountId, BandId, InviteId, InvitePermission, JoinMode, Registration, Role, SessionToken, Timestamp},
    tui::{
        keymap::Keymap,
        launch::Launched,
        message::{Effect, Msg, Start},
        model::{Form, Model, Overlay, RequestId, Settings},
        request::{Answer, Request},
        sample,
    },
};

/// 2026-11-21T08:53:20Z.
const NOW: Timestamp = Timestamp::from_micros(1_795_251_200_000_000);

pub(super) struct Desk {
    pub(super) model: Model,
    pub(super) now: Timestamp,
    /// Requests that were sent and not yet answered: id, attempt, request.
    pub(super) sent: Vec<(RequestId, u64, Request)>,
    /// Every other effect, in order.
    pub(super) effects: Vec<Effect>,
    /// The serial of the last way to a server that was asked for.
    pub(super) going: u64,
}

impl Desk {
    /// Before the first question.
    pub(super) fn new() -> Self {
        let settings = Settings {
            poll_seconds: 5,
            keymap: Keymap::default(),
            zone: jiff::tz::TimeZone::UTC,
            plain: PlainHttp::LoopbackOnly,
            profile: None,
            can_launch: true,
            demo: None,
        };
        Self { model: Model::new(settings, (80, 24), NOW), now: NOW, sent: Vec::new(), effects: Vec::new(), going: 0 }
    }

    /// Signed in to a server with one band of five invites and two members, everything fetched.
    pub(super) fn with_a_band() -> Self {
        let mut desk = Self::new();
        desk.start(Start::Server { origin: origin("https://one.example"), session: Some(session(1)) });
        let site = Site {
            name: "one".to_owned(),
            version: "0".to_owned(),
            registration: Registration::Open,
            mail: false,
            password: PasswordRules { min: 8, max: 128 },
        };
        desk.answer(|r| matches!(r, Request::Site), Ok(Answer::Site(Box::new(site))));
        desk.answer(|r| matches!(r, Request::Me), Ok(Answer::Me(Box::new(account(1, "ada")))));
        desk.sync(&[(1, 1)], 0);
        desk.answer(|r| matches!(r, Request::Bands(_)), Ok(bands(vec![band(1, Role::Owner)])));
        desk.answer(|r| matches!(r, Request::Invites(..)), Ok(invites((1..=5).map(invite).collect())));
        desk.answer(
            |r| matches!(r, Request::Members(..)),
            Ok(members(vec![member(1, Role::Owner), member(2, Role::Member)])),
        );
        desk.press("2");
        desk.effects.clear();
        desk
    }

    pub(super) fn start(&mut self, start: Start) {
        let effects = self.model.start(start);
        self.keep(effects);
    }

    pub(super) fn send(&mut self, msg: Msg) {
        // Who clicks has seen what is there.
        if let Msg::Click { .. } = msg {
            self.model.drawn();
        }
        let effects = self.model.update(msg, self.now);
        self.keep(effects);
    }

    fn keep(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            if let Effect::Launch(serial) | Effect::Find { serial, .. } | Effect::Go { serial, .. } = &effect {
                self.going = *serial;
            }
            match effect {
                Effect::Ask { id, attempt, request } => self.sent.push((id, attempt, request)),
                Effect::Abandon(id) => self.sent.retain(|(sent, ..)| *sent != id),
                other => self.effects.push(other),
            }
        }
    }

    /// The embedded server that was asked for last runs, or cannot.
    pub(super) fn launched(&mut self, result: Result<Launched, String>) {
        self.send(Msg::Launched { serial: self.going, result });
    }

    /// The server that was asked for last was looked up.
    pub(super) fn found(&mut self, server: &str, session: Option<SessionToken>, profile: Option<&str>) {
        let profile = profile.map(str::to_owned);
        self.send(Msg::Found { serial: self.going, origin: origin(server), session, profile });
    }

    /// Presses keys, named as in the keymap, separated by spaces.
    pub(super) fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.send(Msg::Key(event(key)));
        }
    }

    /// Types a text, letter by letter.
    pub(super) fn type_text(&mut self, text: &str) {
        for c in text.chars() {
            self.send(Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
    }

    /// Lets time pass, waking the model whenever it asked for it.
    pub(super) fn wait(&mut self, seconds: i64) {
        let end = self.now.plus_seconds(seconds);
        while let Some(wake) = self.model.wake_at().filter(|&wake| wake <= end) {
            self.now = self.now.max(wake);
            self.send(Msg::Tick);
        }
        self.now = end;
        self.send(Msg::Tick);
    }

    /// The one request of this sort that waits for an answer.
    pub(super) fn request(&self, which: impl Fn(&Request) -> bool) -> &(RequestId, u64, Request) {
        let found: Vec<_> = self.sent.iter().filter(|(.., request)| which(request)).collect();
        assert_eq!(found.len(), 1, "{:?}", self.sent);
        found[0]
    }

    pub(super) fn has_request(&self, which: impl Fn(&Request) -> bool) -> bool {
        self.sent.iter().any(|(.., request)| which(request))
    }

    /// Answers the one request of this sort.
    pub(super) fn answer(&mut self, which: impl Fn(&Request) -> bool, result: Result<Answer, Error>) {
        let id = self.request(which).0;
        self.sent.retain(|(sent, ..)| *sent != id);
        self.send(Msg::Done { id, result });
    }

    /// Answers the poll: bands with their revisions, and the inbox.
    pub(super) fn sync(&mut self, revisions: &[(u128, i64)], pending: u32) {
        self.sync_inbox(revisions, pending, "");
    }

    /// Answers the poll, with a revision of what the inbox shows.
    pub(super) fn sync_inbox(&mut self, revisions: &[(u128, i64)], pending: u32, revision: &str) {
        let bands = revisions.iter().map(|&(id, revision)| SyncBand { id: band_id(id), revision }).collect();
        let sync = Sync { inbox: SyncInbox { pending, revision: revision.to_owned() }, bands };
        let synced = Synced::Changed { sync, etag: Some("\"a\"".to_owned()) };
        self.answer(is_sync, Ok(Answer::Synced(Box::new(synced))));
    }

    pub(super) fn unchanged(&mut self) {
        self.answer(is_sync, Ok(Answer::Synced(Box::new(Synced::Unchanged))));
    }

    pub(super) fn toast(&self) -> &str {
        self.model.toast.as_ref().map_or("", |toast| &toast.text)
    }

    pub(super) fn top(&self) -> Option<&Overlay> {
        self.model.overlays.last()
    }
}

pub(super) fn is_sync(request: &Request) -> bool {
    matches!(request, Request::Sync(_))
}

fn event(key: &str) -> KeyEvent {
    let (modifiers, name) = match key.split_once('-') {
        Some(("ctrl", name)) => (KeyModifiers::CONTROL, name),
        Some(("shift", name)) => (KeyModifiers::SHIFT, name),
        _ => (KeyModifiers::NONE, key),
    };
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "space" => KeyCode::Char(' '),
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "backspace" => KeyCode::Backspace,
        _ => KeyCode::Char(name.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

pub(super) fn origin(text: &str) -> Origin {
    Origin::parse(text, PlainHttp::LoopbackOnly).unwrap()
}

pub(super) fn session(byte: u8) -> SessionToken {
    SessionToken::from_random(&[byte; 32])
}

pub(super) fn band_id(n: u128) -> BandId {
    uuid::Uuid::from_u128(n).to_string().parse().unwrap()
}

pub(super) fn invite_id(n: u128) -> InviteId {
    uuid::Uuid::from_u128(100 + n).to_string().parse().unwrap()
}

pub(super) fn account_id(n: u128) -> AccountId {
    uuid::Uuid::from_u128(200 + n).to_string().parse().unwrap()
}

pub(super) fn account(n: u128, username: &str) -> Account {
    Account {
        id: account_id(n),
        username: username.to_owned(),
        display_name: username.to_owned(),
        email: format!("{username}@example.org"),
        email_verified: false,
        site_admin: false,
        created_at: NOW,
    }
}

pub(super) fn signed_in(n: u128, username: &str) -> SignedIn {
    let session = SessionSecret { token: session(2).reveal().to_owned(), expires_at: Timestamp::MAX };
    SignedIn { account: account(n, username), session }
}

pub(super) fn person(n: u128) -> Person {
    Person { id: account_id(n), username: format!("user{n}"), display_name: format!("User {n}") }
}

pub(super) fn band(n: u128, role: Role) -> Band {
    Band {
        id: band_id(n),
        name: format!("Band {n}"),
        description: None,
        contact: None,
        join: JoinMode::Invite,
        invite_permission: InvitePermission::Admins,
        role: Some(role),
        can_invite: false,
        counts: BandCounts { members: 2, invites: 5, pending: 5 },
        revision: 1,
        created_at: NOW,
        policy: None,
    }
}

pub(super) fn bands(rows: Vec<Band>) -> Answer {
    Answer::Bands(Box::new(Bands { bands: rows, next_cursor: None, prev_cursor: None }))
}

pub(super) fn invite(n: u128) -> Invite {
    Invite {
        id: invite_id(n),
        band_id: Some(band_id(1)),
        label: Some(format!("guest {n}")),
        created_at: NOW,
        created_by: person(1),
        expires_at: Some(NOW.plus_hours(72)),
        status_at: NOW,
        ..sample::invite(0)
    }
}

pub(super) fn invites(rows: Vec<Invite>) -> Answer {
    let total = rows.len() as u64;
    Answer::Invites(Box::new(Invites {
        invites: rows,
        total,
        pending: total,
        matched: None,
        next_cursor: None,
        prev_cursor: None,
    }))
}

pub(super) fn member(n: u128, role: Role) -> Member {
    Member { account: person(n), role, can_invite: false, joined_at: NOW, invited_by: None }
}

pub(super) fn members(rows: Vec<Member>) -> Answer {
    let total = rows.len() as u64;
    Answer::Members(Box::new(Members {
        members: rows,
        total,
        last_admin: None,
        matched: None,
        next_cursor: None,
        prev_cursor: None,
    }))
}

pub(super) fn problem(code: Code, detail: &str) -> Error {
    Error::Problem(Box::new(Problem::new(code, detail)))
}

pub(super) fn offline() -> Error {
    Error::Connection { origin: "https://one.example".to_owned(), reason: "connection refused".to_owned(), sent: false }
}

/// The form that lies on top.
pub(super) fn form(desk: &Desk) -> &Form {
    match desk.top() {
        Some(Overlay::Form(form)) => form,
        other => panic!("{other:?}"),
    }
}

/// Types the password into the sign-in form, and the server lets the account with this number and name in.
pub(super) fn sign_in(desk: &mut Desk, n: u128, username: &str) {
    desk.type_text("correct horse");
    desk.press("enter");
    desk.answer(|r| matches!(r, Request::SignIn(_)), Ok(Answer::SignedIn(Box::new(signed_in(n, username)))));
}

/// Puts a text into a field of the form on top.
pub(super) fn fill(desk: &mut Desk, name: &str, text: &str) {
    let Some(Overlay::Form(form)) = desk.model.overlays.last_mut() else { panic!() };
    form.fill(name, text);
}
