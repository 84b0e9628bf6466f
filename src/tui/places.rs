//! Where a person can go without leaving the client: accounts with a kept session, profiles, this machine.

use super::model::{Place, Where};
use crate::{
    client::{
        Origin, PlainHttp,
        session::{SessionError, SessionFile},
    },
    domain::Timestamp,
};

/// A profile of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its server.
    pub origin: Option<Origin>,
    /// Whether plain http may go to other machines.
    pub plain: PlainHttp,
}

/// The profiles of the configuration, and the files of sessions that belong to them.
#[derive(Debug, Clone)]
pub struct Profiles {
    /// The file of the profile that the client was started with.
    file: SessionFile,
    /// The profile that the client was started with.
    started: Option<String>,
    /// All of them.
    all: Vec<Profile>,
    /// What the session of the server on this machine is kept under, where there can be one.
    local: Option<String>,
    /// Whether plain http may go to other machines without a profile.
    plain: PlainHttp,
}

impl Profiles {
    /// These profiles beside the file of the one that the client was started with.
    pub fn new(
        file: SessionFile,
        started: Option<String>,
        all: Vec<Profile>,
        local: Option<String>,
        plain: PlainHttp,
    ) -> Self {
        Self { file, started, all, local, plain }
    }

    /// The file that a profile's sessions are in; `None` is that without a profile.
    pub(super) fn file(&self, profile: Option<&str>) -> SessionFile {
        if profile == self.started.as_deref() { self.file.clone() } else { self.file.of_profile(profile) }
    }

    /// Whether this is the profile that the client was started with, which a session of the environment is for.
    pub(super) fn is_first(&self, profile: Option<&str>) -> bool {
        profile == self.started.as_deref()
    }

    /// The profile in whose file a session for a server is looked for: the one in use where it has one or the server is
    /// none's, else the one that the server belongs to.
    pub(super) fn holding(&self, origin: &Origin, now: Option<&str>) -> Option<String> {
        let kept = |profile: Option<&str>| {
            self.file(profile).get(origin).is_ok_and(|kept| kept.is_some_and(|kept| kept.expires_at > Timestamp::now()))
        };
        let of_it = self.all.iter().filter(|profile| profile.origin.as_ref() == Some(origin));
        let mut names = of_it.map(|profile| Some(profile.name.as_str())).collect::<Vec<_>>();
        names.insert(0, now);
        names.push(None);
        let found = names.iter().find(|name| kept(**name)).or_else(|| names.get(1).filter(|name| name.is_some()));
        found.copied().unwrap_or(now).map(str::to_owned)
    }

    /// Every place, those without a profile first.
    ///
    /// # Errors
    /// A file of sessions that cannot be read.
    pub(super) fn places(&self) -> Result<Vec<Place>, SessionError> {
        let mut places = Vec::new();
        let bare = std::iter::once((None, None, self.plain));
        let named = self.all.iter().map(|one| (Some(one.name.as_str()), one.origin.as_ref(), one.plain));
        for (profile, server, plain) in bare.chain(named) {
            let mut found = Vec::new();
            for (origin, kept) in self.file(profile).list()? {
                let at = match &self.local {
                    Some(local) if *local == origin => Where::Here,
                    _ => match Origin::parse(&origin, plain) {
                        Ok(origin) => Where::Server(origin),
                        // One that plain http may not go to.
                        Err(_) => continue,
                    },
                };
                found.push(Place { profile: profile.map(str::to_owned), at, username: Some(kept), plain });
            }
            let server = server.map(|origin| Where::Server(origin.clone()));
            let here = self.local.as_ref().filter(|_| profile.is_none()).map(|_| Where::Here);
            if let Some(at) = server.or(here)
                && found.iter().all(|place| place.at != at)
            {
                found.push(Place { profile: profile.map(str::to_owned), at, username: None, plain });
            }
            places.extend(found);
        }
        Ok(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{client::session::Kept, domain::SessionToken};

    fn origin(text: &str) -> Origin {
        Origin::parse(text, PlainHttp::LoopbackOnly).unwrap()
    }

    fn kept(name: &str) -> Kept {
        Kept::new(&SessionToken::from_random(&[7; 32]), name, Timestamp::MAX)
    }

    #[test]
    fn accounts_profiles_and_this_machine_are_places_and_a_server_finds_its_profile() {
        let home = tempfile::tempdir().unwrap();
        let bare = SessionFile::in_folder(Some(home.path()), None).unwrap();
        let (one, two) = (origin("https://one.example"), origin("https://two.example"));
        bare.put(&one, kept("ada")).unwrap();
        bare.put(&one, kept("kim")).unwrap();
        let work = Profile { name: "work".to_owned(), origin: Some(two.clone()), plain: PlainHttp::LoopbackOnly };
        let here = "http://127.0.0.1:7878".to_owned();
        let profiles = Profiles::new(bare, None, vec![work], Some(here), PlainHttp::LoopbackOnly);
        let said: Vec<_> = profiles
            .places()
            .unwrap()
            .into_iter()
            .map(|place| (place.profile.unwrap_or_default(), place.username.unwrap_or_default(), place.at))
            .collect();
        let text = |text: &str| text.to_owned();
        assert_eq!(
            said,
            [
                (String::new(), text("kim"), Where::Server(one.clone())),
                (String::new(), text("ada"), Where::Server(one.clone())),
                (String::new(), String::new(), Where::Here),
                (text("work"), String::new(), Where::Server(two.clone())),
            ]
        );
        assert_eq!(profiles.holding(&two, None).as_deref(), Some("work"));
        assert_eq!(profiles.holding(&one, Some("work")), None, "its session is in no profile");
        let other = origin("https://other.example");
        assert_eq!(profiles.holding(&other, Some("work")).as_deref(), Some("work"));
    }
}
