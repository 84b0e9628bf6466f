//! From the configuration to what the client is started with.

use std::{path::Path, sync::Arc};

use jiff::tz::TimeZone;

use super::{
    keymap::{Action, Key, Keymap},
    launch::Launcher,
    message::Start,
    model::Settings,
    places::{Profile, Profiles},
    run::Options,
    theme::Theme,
};
use crate::{
    client::{
        Error as ClientError, Origin, PlainHttp,
        session::{SessionError, SessionFile},
    },
    clipboard::{Clipboard, Surroundings},
    config::{Config, Fault, KeyBinding, Source, nearest},
    domain::{SessionToken, Timestamp},
};

/// Why the client cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// A key of the configuration that cannot be.
    #[error("{0}")]
    Key(Fault),
    /// The server of the configuration.
    #[error("{0}")]
    Server(#[from] ClientError),
    /// The session file.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A session of the environment whose server nobody named.
    #[error(
        "no server is given: GUESTLIST_TOKEN is a session of one. Name it with --server https://host or in GUESTLIST_SERVER"
    )]
    NoServer,
    /// A session of the environment that is none.
    #[error("GUESTLIST_TOKEN must be a session token, gls_…")]
    Token,
}

/// What the environment says, beside the configuration.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `GUESTLIST_TOKEN`.
    pub token: Option<String>,
    /// Whether `NO_COLOR` is set to something.
    pub no_color: bool,
    /// Where the terminal is.
    pub around: Surroundings,
}

impl Environment {
    /// Reads the variables.
    pub fn read() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            token: variable("GUESTLIST_TOKEN"),
            no_color: variable("NO_COLOR").is_some(),
            around: Surroundings::read(|name| std::env::var(name).ok()),
        }
    }
}

impl Options {
    /// What the configuration comes to. A server that it names goes before the one signed in to last; without any, bands
    /// kept on this machine are opened, and where there are none the first question is asked. A session of the
    /// environment is for the server that is named, else for the one signed in to last.
    ///
    /// # Errors
    /// A key that is taken or does not exist, with its line; a server that is none, or none for the session of the
    /// environment; a session file that is open to others.
    pub fn new(
        config: &Config,
        environment: &Environment,
        launcher: Option<Arc<dyn Launcher>>,
    ) -> Result<Self, OptionsError> {
        let plain = if config.client.insecure_http { PlainHttp::Anywhere } else { PlainHttp::LoopbackOnly };
        let sessions = SessionFile::in_folder(config.data_folder().as_deref(), config.client.profile.as_deref())?;
        let named = config.client.server.as_deref().map(|text| Origin::parse(text, plain)).transpose()?;
        let given = match &environment.token {
            Some(token) => {
                let token = SessionToken::parse(token.trim()).ok_or(OptionsError::Token)?;
                let origin = match &named {
                    Some(named) => named.clone(),
                    None => last_hosted(&sessions, plain, launcher.as_deref())?.ok_or(OptionsError::NoServer)?,
                };
                Some((origin, token))
            }
            None => None,
        };
        let start = match &given {
            Some((origin, token)) => Start::Server { origin: origin.clone(), session: Some(token.clone()) },
            None => start(named, &sessions, plain, launcher.as_deref())?,
        };
        let all = config.profiles.iter().map(|(name, profile)| {
            let plain = if profile.insecure_http { PlainHttp::Anywhere } else { PlainHttp::LoopbackOnly };
            let origin = profile.server.as_deref().and_then(|server| Origin::parse(server, plain).ok());
            Profile { name: name.clone(), origin, plain }
        });
        let local = launcher.as_ref().map(|launcher| launcher.keep_as());
        let profiles = Profiles::new(sessions, config.client.profile.clone(), all.collect(), local, plain);
        Ok(Self {
            settings: Settings {
                poll_seconds: config.client.poll_seconds,
                keymap: keymap(&config.keys).map_err(OptionsError::Key)?,
                zone: zone(),
                plain,
                profile: config.client.profile.clone(),
                can_launch: launcher.is_some(),
                demo: None,
            },
            theme: Theme::new(config.ui.theme, environment.no_color),
            mouse: config.ui.mouse,
            clipboard: Clipboard::new(config.ui.clipboard, environment.around),
            profiles,
            given,
            start,
            launcher,
        })
    }

    /// The same on a throw-away server with sample bands, which is called so in the place of its address.
    #[must_use]
    pub fn on_demo(mut self) -> Self {
        if let Start::Server { origin, .. } = &self.start {
            self.settings.demo = Some(origin.clone());
        }
        self
    }
}

/// The server signed in to last. The one on this machine, which has no address of its own while it does not run, is none.
fn last_hosted(
    sessions: &SessionFile,
    plain: PlainHttp,
    launcher: Option<&dyn Launcher>,
) -> Result<Option<Origin>, OptionsError> {
    let hosted = |last: &String| launcher.is_none_or(|launcher| launcher.keep_as() != *last);
    Ok(sessions.current()?.filter(hosted).map(|last| Origin::parse(&last, plain)).transpose()?)
}

fn start(
    named: Option<Origin>,
    sessions: &SessionFile,
    plain: PlainHttp,
    launcher: Option<&dyn Launcher>,
) -> Result<Start, OptionsError> {
    let last = match named {
        Some(_) => None,
        None => sessions.current()?,
    };
    // The embedded server has no address of its own while it does not run.
    let local = launcher.is_some_and(|launcher| match &last {
        Some(last) => launcher.keep_as() == *last,
        None => launcher.has_data(),
    });
    let origin = match (named, last) {
        (Some(named), _) => named,
        (None, _) if local => return Ok(Start::Local),
        (None, Some(last)) => Origin::parse(&last, plain)?,
        (None, None) => return Ok(Start::Ask),
    };
    let kept = sessions.get(&origin)?.filter(|kept| kept.expires_at > Timestamp::now());
    Ok(Start::Server { origin, session: kept.and_then(|kept| kept.token()) })
}

/// The keys, with those of the configuration over the first ones.
///
/// # Errors
/// The first binding whose action or key does not exist, or whose key is taken, with its line.
pub fn keymap(bindings: &[KeyBinding]) -> Result<Keymap, Fault> {
    let mut changes = Vec::new();
    for binding in bindings {
        let action: Action = binding.action.parse().map_err(|_| binding.fault(&no_action(&binding.action)))?;
        let keys = binding.keys.iter().map(|key| key.parse::<Key>()).collect::<Result<Vec<_>, _>>();
        changes.push((action, keys.map_err(|why| binding.fault(&why.to_string()))?));
    }
    Keymap::with(&changes).map_err(|(action, key, taken)| {
        let says = format!("cannot be {key}: that is the key of {taken}, give that one another");
        bindings
            .iter()
            .find(|binding| binding.action == action.as_str())
            .map_or_else(|| Fault::new(Source::Default, "ui.keys", &says), |binding| binding.fault(&says))
    })
}

fn no_action(word: &str) -> String {
    let words = || Action::ALL.iter().map(|action| action.as_str());
    match nearest(word, words()) {
        Some(meant) => format!("is no action: did you mean {meant}?"),
        None => format!("is no action: there are {}", words().collect::<Vec<_>>().join(", ")),
    }
}

/// The time zone of this machine, read from its one file, which a link names. [`TimeZone::system`] looks through all the zones
/// that there are for it first, which takes more than a tenth of the time to the first frame.
fn zone() -> TimeZone {
    named(Path::new("/etc/localtime")).filter(|_| std::env::var_os("TZ").is_none()).unwrap_or_else(TimeZone::system)
}

/// The zone that a link leads to, by its name below `zoneinfo`.
fn named(link: &Path) -> Option<TimeZone> {
    let to = std::fs::read_link(link).ok()?;
    let (_, name) = to.to_str()?.split_once("zoneinfo/")?;
    TimeZone::tzif(name, &std::fs::read(link).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_machines_zone_is_read_by_the_link_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("zoneinfo/Europe/Vienna"), folder.path().join("localtime"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(named(&link), None);
        std::fs::write(&file, "no zone").unwrap();
        assert_eq!(named(&link), None);
        // An hour ahead of UTC, always: the smallest file of version 1 (RFC 9636).
        let mut zone = b"TZif".to_vec();
        zone.extend([0; 16]);
        for count in [0_u32, 0, 0, 0, 1, 4] {
            zone.extend(count.to_be_bytes());
        }
        zone.extend(3_600_i32.to_be_bytes());
        zone.extend(b"\0\0CET\0");
        std::fs::write(&file, zone).unwrap();
        let zone = named(&link).unwrap();
        assert_eq!(zone.iana_name(), Some("Europe/Vienna"));
        assert_eq!(zone.to_offset(jiff::Timestamp::UNIX_EPOCH), jiff::tz::offset(1));
    }

    #[test]
    fn every_action_can_be_named_in_the_configuration() {
        assert_eq!("new_invite".parse::<Action>(), Ok(Action::NewInvite));
        assert!(no_action("x").contains("copy_link"));
        assert_eq!(no_action("copy-link"), "is no action: did you mean copy_link?");
    }
}
