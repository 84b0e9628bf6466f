//! Does what the model asks for, and tells it how it ended.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::mpsc::UnboundedSender, task::AbortHandle};
use uuid::Uuid;

use super::{
    files,
    launch::Launcher,
    message::{Effect, Link, Msg},
    model::{Place, RequestId, Where},
    places::Profiles,
    request::Request,
};
use crate::{
    client::{
        Client, Error, Origin, Patience,
        session::{Kept, SessionError, SessionFile},
    },
    clipboard::Clipboard,
    domain::{SessionToken, Timestamp},
};

/// What is said where there is no server to start.
const NO_SERVER: &str = "This build has no server of its own: connect to one.";

/// Something that ended.
#[derive(Debug)]
pub(super) enum Arrival {
    /// For the model.
    Msg(Msg),
    /// For the terminal first, then for the model.
    Bytes(Vec<u8>, Msg),
}

/// What the loop has to do itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Nothing.
    None,
    /// Give the terminal to the editor for this text.
    Edit(String),
    /// Give the terminal back until the program is continued.
    Suspend,
    /// End.
    Quit,
}

/// The world outside the model.
pub(super) struct Effects {
    arrivals: UnboundedSender<Arrival>,
    client: Option<Client>,
    /// The session of the environment, for the one server that was named with it.
    given: Option<(Origin, SessionToken)>,
    profiles: Arc<Profiles>,
    clipboard: Arc<Mutex<Clipboard>>,
    launcher: Option<Arc<dyn Launcher>>,
    running: HashMap<RequestId, AbortHandle>,
    /// Makes attempts of this run different from those of every other.
    nonce: u64,
}

impl Effects {
    pub(super) fn new(
        arrivals: UnboundedSender<Arrival>,
        profiles: Profiles,
        clipboard: Clipboard,
        launcher: Option<Arc<dyn Launcher>>,
        given: Option<(Origin, SessionToken)>,
    ) -> Self {
        Self {
            arrivals,
            client: None,
            given,
            profiles: Arc::new(profiles),
            clipboard: Arc::new(Mutex::new(clipboard)),
            launcher,
            running: HashMap::new(),
            // The second half of a version 7 id is random.
            nonce: Uuid::now_v7().as_u64_pair().1,
        }
    }

    /// Begins an effect.
    pub(super) fn run(&mut self, effect: Effect) -> Order {
        match effect {
            Effect::Ask { id, attempt, request } => self.ask(id, attempt, request),
            Effect::Abandon(id) => {
                if let Some(task) = self.running.remove(&id) {
                    task.abort();
                }
            }
            Effect::Use { origin, session } => self.client = self.connect(origin, session),
            Effect::Find { serial, origin, profile } => self.find(serial, origin, profile),
            Effect::Places => self.places(),
            Effect::Go { serial, place } => self.go(serial, place),
            Effect::Launch(serial) => self.launch(serial),
            Effect::Keep { profile, origin, kept } => {
                self.sessions(profile.as_deref(), move |file| file.put(&origin, kept));
            }
            Effect::Forget { profile, origin } => {
                self.sessions(profile.as_deref(), move |file| file.forget(&origin));
            }
            Effect::Copy(link) => self.copy(link),
            Effect::Read(path) => self.outside(move || Msg::Read(files::read(&path))),
            Effect::Save { path, table } => self.outside(move || Msg::Saved(files::save(&path, &table.0))),
            Effect::Edit(text) => return Order::Edit(text),
            Effect::Suspend => return Order::Suspend,
            Effect::Quit => return Order::Quit,
        }
        Order::None
    }

    /// An answer has arrived: its task is over.
    pub(super) fn ended(&mut self, id: RequestId) {
        self.running.remove(&id);
    }

    fn connect(&self, origin: Origin, session: Option<SessionToken>) -> Option<Client> {
        match Client::new(origin, session) {
            // The model asks again by itself, and says so meanwhile.
            Ok(client) => Some(client.with_patience(Patience::NONE)),
            Err(error) => {
                self.tell(Msg::Trouble(format!("{error}. {}", error.hint())));
                None
            }
        }
    }

    fn ask(&mut self, id: RequestId, attempt: u64, request: Request) {
        let Some(client) = &self.client else {
            let error = Error::Setup { reason: "no server is chosen".to_owned() };
            return self.tell(Msg::Done { id, result: Err(error) });
        };
        let client = client.with_attempt(Uuid::from_u64_pair(self.nonce, attempt));
        let arrivals = self.arrivals.clone();
        let task = tokio::spawn(async move {
            let result = request.send(&client).await;
            // The loop is gone only when the program ends.
            let _ = arrivals.send(Arrival::Msg(Msg::Done { id, result }));
        });
        self.running.insert(id, task.abort_handle());
    }

    /// The session of the environment, if this server was named with it.
    fn given_for(&self, origin: &Origin, profile: Option<&str>) -> Option<SessionToken> {
        let given = self.given.as_ref().filter(|(named, _)| named == origin && self.profiles.is_first(profile));
        given.map(|(_, token)| token.clone())
    }

    fn find(&self, serial: u64, origin: Origin, profile: Option<String>) {
        let session = self.given_for(&origin, profile.as_deref());
        if session.is_some() {
            return self.tell(Msg::Found { serial, origin, session, profile });
        }
        let (profiles, arrivals) = (Arc::clone(&self.profiles), self.arrivals.clone());
        tokio::task::spawn_blocking(move || {
            // The server says which profile it is of.
            let profile = profiles.holding(&origin, profile.as_deref());
            let file = profiles.file(profile.as_deref());
            found(&arrivals, serial, origin, &file, profile, SessionFile::get);
        });
    }

    fn places(&self) {
        let profiles = Arc::clone(&self.profiles);
        self.outside(move || Msg::Places(profiles.places().map_err(|error| error.to_string())));
    }

    /// Goes to a place: its account is the one in use there from now on.
    fn go(&self, serial: u64, place: Place) {
        let file = self.profiles.file(place.profile.as_deref());
        let Place { profile, at, username, .. } = place;
        let origin = match at {
            Where::Server(origin) => origin,
            Where::Here => return self.launch_as(serial, file, username),
        };
        let session = self.given_for(&origin, profile.as_deref()).filter(|_| username.is_none());
        if session.is_some() {
            return self.tell(Msg::Found { serial, origin, session, profile });
        }
        let arrivals = self.arrivals.clone();
        tokio::task::spawn_blocking(move || {
            found(&arrivals, serial, origin, &file, profile, |file, origin| {
                username.map_or(Ok(None), |username| file.pick(origin.as_str(), &username))
            });
        });
    }

    /// Starts the server on this machine after this account was made the one in use there.
    fn launch_as(&self, serial: u64, file: SessionFile, username: Option<String>) {
        let (launcher, arrivals) = (self.launcher.clone(), self.arrivals.clone());
        tokio::task::spawn_blocking(move || {
            let running = launcher.ok_or_else(|| NO_SERVER.to_owned()).and_then(|launcher| {
                if let Some(username) = username {
                    file.pick(&launcher.keep_as(), &username).map_err(|error| error.to_string())?;
                }
                launcher.launch()
            });
            let _ = arrivals.send(Arrival::Msg(Msg::Launched { serial, result: running }));
        });
    }

    fn launch(&self, serial: u64) {
        let Some(launcher) = self.launcher.clone() else {
            return self.tell(Msg::Launched { serial, result: Err(NO_SERVER.to_owned()) });
        };
        let arrivals = self.arrivals.clone();
        tokio::task::spawn_blocking(move || {
            let _ = arrivals.send(Arrival::Msg(Msg::Launched { serial, result: launcher.launch() }));
        });
    }

    /// Changes the session file of a profile, off the loop: it waits for the disk.
    fn sessions(
        &self,
        profile: Option<&str>,
        change: impl FnOnce(&SessionFile) -> Result<(), SessionError> + Send + 'static,
    ) {
        let file = self.profiles.file(profile);
        let arrivals = self.arrivals.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = change(&file) {
                let _ = arrivals.send(Arrival::Msg(Msg::Trouble(error.to_string())));
            }
        });
    }

    /// Copies off the loop, since the system's clipboard may take its time; the bytes for the terminal come back here,
    /// so that they never stand in the middle of a frame.
    fn copy(&self, link: Link) {
        let (clipboard, arrivals) = (Arc::clone(&self.clipboard), self.arrivals.clone());
        tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            let copied = clipboard.lock().unwrap_or_else(PoisonError::into_inner).copy(&link.text, &mut bytes);
            let _ = arrivals.send(Arrival::Bytes(bytes, Msg::Copied { copied, link }));
        });
    }

    /// Does something that waits for the disk, off the loop.
    fn outside(&self, work: impl FnOnce() -> Msg + Send + 'static) {
        let arrivals = self.arrivals.clone();
        tokio::task::spawn_blocking(move || {
            let _ = arrivals.send(Arrival::Msg(work()));
        });
    }

    fn tell(&self, msg: Msg) {
        let _ = self.arrivals.send(Arrival::Msg(msg));
    }
}

/// Tells of the session that `find` gives for a server, as far as it can still be used.
fn found(
    arrivals: &UnboundedSender<Arrival>,
    serial: u64,
    origin: Origin,
    file: &SessionFile,
    profile: Option<String>,
    find: impl FnOnce(&SessionFile, &Origin) -> Result<Option<Kept>, SessionError>,
) {
    let (session, problem) = match find(file, &origin) {
        Ok(kept) => (kept.filter(|kept| kept.expires_at > Timestamp::now()).and_then(|kept| kept.token()), None),
        Err(error) => (None, Some(error.to_string())),
    };
    let _ = arrivals.send(Arrival::Msg(Msg::Found { serial, origin, session, profile }));
    if let Some(problem) = problem {
        let _ = arrivals.send(Arrival::Msg(Msg::Trouble(problem)));
    }
}
