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
    model::RequestId,
    request::Request,
};
use crate::{
    client::{
        Client, Error, Origin, Patience,
        session::{SessionError, SessionFile},
    },
    clipboard::Clipboard,
    domain::{SessionToken, Timestamp},
};

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
    sessions: Arc<SessionFile>,
    clipboard: Arc<Mutex<Clipboard>>,
    launcher: Option<Arc<dyn Launcher>>,
    running: HashMap<RequestId, AbortHandle>,
    /// Makes attempts of this run different from those of every other.
    nonce: u64,
}

impl Effects {
    pub(super) fn new(
        arrivals: UnboundedSender<Arrival>,
        sessions: SessionFile,
        clipboard: Clipboard,
        launcher: Option<Arc<dyn Launcher>>,
        given: Option<(Origin, SessionToken)>,
    ) -> Self {
        Self {
            arrivals,
            client: None,
            given,
            sessions: Arc::new(sessions),
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
            Effect::Find(origin) => self.find(origin),
            Effect::Launch => self.launch(),
            Effect::Keep { origin, kept } => self.sessions(move |file| file.put(&origin, kept)),
            Effect::Forget(origin) => self.sessions(move |file| file.forget(&origin)),
            Effect::Copy(link) => self.copy(link),
            Effect::Read(path) => self.outside(move || Msg::Read(files::read(&path))),
            Effect::Save { path, table } => self.outside(move || Msg::Saved(files::save(&path, &table.0))),
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

    fn find(&self, origin: Origin) {
        if let Some((named, token)) = &self.given
            && *named == origin
        {
            return self.tell(Msg::Found { origin, session: Some(token.clone()) });
        }
        let (sessions, arrivals) = (Arc::clone(&self.sessions), self.arrivals.clone());
        tokio::task::spawn_blocking(move || {
            let (session, problem) = match sessions.get(&origin) {
                Ok(kept) => {
                    (kept.filter(|kept| kept.expires_at > Timestamp::now()).and_then(|kept| kept.token()), None)
                }
                Err(error) => (None, Some(error.to_string())),
            };
            let _ = arrivals.send(Arrival::Msg(Msg::Found { origin, session }));
            if let Some(problem) = problem {
                let _ = arrivals.send(Arrival::Msg(Msg::Trouble(problem)));
            }
        });
    }

    fn launch(&self) {
        let Some(launcher) = self.launcher.clone() else {
            return self.tell(Msg::Launched(Err("This build has no server of its own: connect to one.".to_owned())));
        };
        let arrivals = self.arrivals.clone();
        tokio::task::spawn_blocking(move || {
            let _ = arrivals.send(Arrival::Msg(Msg::Launched(launcher.launch())));
        });
    }

    /// Changes the session file, off the loop: it waits for the disk.
    fn sessions(&self, change: impl FnOnce(&SessionFile) -> Result<(), SessionError> + Send + 'static) {
        let (sessions, arrivals) = (Arc::clone(&self.sessions), self.arrivals.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = change(&sessions) {
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
