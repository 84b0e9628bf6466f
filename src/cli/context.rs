//! What a command works with: the configuration, the server, the session.

use std::time::Duration;

use crate::{
    client::{Client, Origin, PlainHttp, here, session::SessionFile},
    clipboard::Mode,
    config::Config,
    domain::{SessionToken, clean_line},
};

use super::{Error, SignIn, output, seen};

/// The session that a person gives by the environment.
pub(super) const TOKEN: &str = "GUESTLIST_TOKEN";

/// What a command works with.
pub(super) struct Context {
    pub(super) client: Client,
    /// What the session is kept under: the server's origin, but for the server on this machine, whose port can change.
    pub(super) kept_as: Origin,
    pub(super) sessions: SessionFile,
    /// How its session came, and how to get another one.
    pub(super) sign_in: SignIn,
    pub(super) json: bool,
    pub(super) clipboard: Mode,
    /// How long to wait between two looks at what somebody else does.
    pub(super) poll: Duration,
}

impl Context {
    /// `link` is the origin of a pasted link. It goes before the configured server, and picks its profile.
    pub(super) fn new(config: &Config, json: bool, link: Option<&str>) -> Result<Self, Error> {
        let plain = if config.client.insecure_http { PlainHttp::Anywhere } else { PlainHttp::LoopbackOnly };
        let parse = |text: &str| Origin::parse(text, plain);
        let linked = link.map(parse).transpose()?;
        let profile = match &linked {
            // Named in two ways, the server's profile is the one that was chosen.
            Some(origin) if config.client.server.as_deref() != Some(origin.as_str()) => {
                config.profile_of(origin.as_str())
            }
            _ => config.client.profile.as_deref(),
        };
        if let Some(folder) = config.data_folder() {
            seen::keep_in(&folder);
        }
        let sessions = SessionFile::in_folder(config.data_folder().as_deref(), profile)?;
        let named = config.client.server.as_deref().map(parse).transpose()?;
        let origin = match linked.clone().or(named.clone()) {
            Some(origin) => origin,
            None => parse(&sessions.current()?.ok_or(Error::NoServer)?)?,
        };
        let (origin, kept_as) = on_this_machine(config, origin)?;
        let mut sign_in = SignIn { origin: origin.to_string(), profile: profile.map(str::to_owned), username: None };
        let given = given_token(&origin, linked.is_some(), named.as_ref())?;
        let session = if given.is_some() {
            given
        } else {
            let kept = sessions.get(&kept_as)?;
            sign_in.username = kept.as_ref().map(|kept| clean_line(&kept.username));
            kept.and_then(|kept| kept.token())
        };
        let client = Client::new(origin, session)?;
        let poll = Duration::from_secs(config.client.poll_seconds.into());
        Ok(Self { client, kept_as, sessions, sign_in, json, clipboard: config.ui.clipboard, poll })
    }

    /// Says what was done where the API answers with nothing: under `--json` nothing is printed, either.
    pub(super) fn say(&self, text: &str) -> Result<(), Error> {
        if self.json { Ok(()) } else { output::line(text) }
    }

    /// Refuses `--json` for what is no JSON.
    pub(super) fn no_json(&self, what: &str) -> Result<(), Error> {
        if self.json { Err(Error::Usage(format!("{what} is no JSON: leave --json out"))) } else { Ok(()) }
    }

    /// The client, if it has a session.
    pub(super) fn signed_in(&self) -> Result<&Client, Error> {
        if self.client.has_session() { Ok(&self.client) } else { Err(Error::NotSignedIn(self.sign_in.clone())) }
    }
}

/// Where a server is asked, and what its session is kept under. They differ for the server that a client of this person
/// runs on this machine: only its lock tells which port it is on, and that nobody else is.
fn on_this_machine(config: &Config, origin: Origin) -> Result<(Origin, Origin), Error> {
    if !origin.is_loopback() {
        return Ok((origin.clone(), origin));
    }
    let kept_as = here::kept_as()?;
    let running = config.data_folder().map(|folder| here::running(&folder)).transpose()?.flatten();
    let running = running.map(|text| Origin::parse(&text, PlainHttp::LoopbackOnly)).transpose()?;
    match running {
        Some(running) if origin == kept_as || origin == running => Ok((running, kept_as)),
        None if origin == kept_as => Err(Error::NotRunning),
        _ => Ok((origin.clone(), origin)),
    }
}

/// The environment's token. It is for the server that the person chose, never for one that a pasted link names, and
/// where the environment names its server, too, for that one alone.
fn given_token(origin: &Origin, from_link: bool, named: Option<&Origin>) -> Result<Option<SessionToken>, Error> {
    let Some(token) = std::env::var(TOKEN).ok().filter(|text| !text.is_empty()) else { return Ok(None) };
    let its_server = std::env::var("GUESTLIST_SERVER").ok().filter(|text| !text.is_empty());
    let fits = match its_server {
        Some(server) => Origin::parse(&server, PlainHttp::Anywhere).is_ok_and(|server| server == *origin),
        None => !from_link || named.is_some_and(|named| named == origin),
    };
    if !fits {
        return Ok(None);
    }
    let token = SessionToken::parse(token.trim());
    Ok(Some(token.ok_or_else(|| Error::Usage(format!("{TOKEN} must be a session token, gls_…")))?))
}
