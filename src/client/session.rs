//! The sessions of a person on this machine: `sessions.json` in the data folder, readable by its owner alone.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::Origin;
use crate::{
    domain::{SessionToken, Timestamp},
    private,
};

/// Why the sessions cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// Others can read or change the file.
    #[error("{path} can be read or changed by others; close it with: chmod {mode} '{path}'")]
    Loose {
        /// The file or folder.
        path: String,
        /// The mode it should have.
        mode: &'static str,
    },
    /// The file holds something else.
    #[error("{path} cannot be understood ({reason}); remove it and sign in again")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system said no.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: String,
        /// The system's words.
        source: io::Error,
    },
    /// There is no place for data.
    #[error("there is no home folder to keep sessions in; set HOME, or give the session in GUESTLIST_TOKEN")]
    NoHome,
}

/// One kept session.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// The secret.
    token: String,
    /// Who signed in.
    pub username: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("username", &self.username).finish_non_exhaustive()
    }
}

impl Kept {
    /// A session as it is kept.
    pub fn new(token: &SessionToken, username: &str, expires_at: Timestamp) -> Self {
        Self { token: token.reveal().to_owned(), username: username.to_owned(), expires_at }
    }

    /// The secret, `None` where the file was changed by hand.
    pub fn token(&self) -> Option<SessionToken> {
        SessionToken::parse(&self.token)
    }
}

/// All kept sessions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Content {
    /// The server signed in to last.
    #[serde(default)]
    current: Option<String>,
    /// Sessions by origin.
    #[serde(default)]
    sessions: BTreeMap<String, Kept>,
    /// Sessions of other accounts, by origin: those that were used before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    others: BTreeMap<String, Vec<Kept>>,
}

impl Content {
    /// Makes a session the one in use for its server. That of another account stays beside it.
    fn put(&mut self, origin: &str, kept: Kept) {
        let others = self.others.entry(origin.to_owned()).or_default();
        others.retain(|other| other.username != kept.username);
        if let Some(before) = self.sessions.get(origin).filter(|before| before.username != kept.username) {
            others.push(before.clone());
        }
        if others.is_empty() {
            self.others.remove(origin);
        }
        self.current = Some(origin.to_owned());
        self.sessions.insert(origin.to_owned(), kept);
    }
}

/// The file of sessions.
#[derive(Debug, Clone)]
pub struct SessionFile {
    path: PathBuf,
}

impl SessionFile {
    /// The file at this path. Nothing is read yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The file in the folder for data; a profile has one of its own, so that it can be signed in to a server as
    /// somebody else.
    pub fn in_folder(folder: Option<&Path>, profile: Option<&str>) -> Result<Self, SessionError> {
        Ok(Self::at(folder.ok_or(SessionError::NoHome)?.join(Self::name(profile))))
    }

    fn name(profile: Option<&str>) -> String {
        profile.map_or_else(|| "sessions.json".to_owned(), |profile| format!("sessions-{profile}.json"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The session kept for a server.
    pub fn get(&self, origin: &Origin) -> Result<Option<Kept>, SessionError> {
        Ok(self.read()?.sessions.remove(origin.as_str()))
    }

    /// The origin that was signed in to last.
    pub fn current(&self) -> Result<Option<String>, SessionError> {
        Ok(self.read()?.current)
    }

    /// Keeps a session, and makes its server the current one.
    pub fn put(&self, origin: &Origin, kept: Kept) -> Result<(), SessionError> {
        self.change(|content| content.put(origin.as_str(), kept))
    }

    /// The servers with the accounts that a session is kept for, of each server the one in use first.
    pub fn list(&self) -> Result<Vec<(String, String)>, SessionError> {
        let Content { sessions, others, .. } = self.read()?;
        let mut found = Vec::new();
        for (origin, kept) in sessions {
            let further =
                others.get(&origin).into_iter().flatten().map(|other| (origin.clone(), other.username.clone()));
            found.push((origin.clone(), kept.username));
            found.extend(further);
        }
        let alone = others.iter().filter(|(origin, _)| found.iter().all(|(known, _)| known != *origin));
        let alone: Vec<_> =
            alone.flat_map(|(origin, kept)| kept.iter().map(|kept| (origin.clone(), kept.username.clone()))).collect();
        found.extend(alone);
        Ok(found)
    }

    /// Makes the session of this account the one in use for the server, and gives it; `None` where none is kept.
    pub fn pick(&self, origin: &str, username: &str) -> Result<Option<Kept>, SessionError> {
        let Content { sessions, others, current } = self.read()?;
        if let Some(kept) = sessions.get(origin).filter(|kept| kept.username == username) {
            let kept = kept.clone();
            if current.as_deref() != Some(origin) {
                self.change(|content| content.current = Some(origin.to_owned()))?;
            }
            return Ok(Some(kept));
        }
        let Some(kept) = others.get(origin).and_then(|others| others.iter().find(|kept| kept.username == username))
        else {
            return Ok(None);
        };
        let kept = kept.clone();
        self.change(|content| content.put(origin, kept.clone()))?;
        Ok(Some(kept))
    }

    /// The file of another profile beside this one; of none, the file without one.
    #[must_use]
    pub fn of_profile(&self, profile: Option<&str>) -> Self {
        Self::at(self.path.with_file_name(Self::name(profile)))
    }

    /// Forgets the session of a server; the server stays the current one.
    pub fn forget(&self, origin: &Origin) -> Result<(), SessionError> {
        if !self.path.exists() {
            return Ok(());
        }
        self.change(|content| {
            content.sessions.remove(origin.as_str());
        })
    }

    fn read(&self) -> Result<Content, SessionError> {
        let file = match private::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Content::default()),
            Err(e) => return Err(self.io("open", e)),
        };
        self.check_folder()?;
        // The open file is looked at, so it cannot be exchanged in between.
        closed(&self.path, &file.metadata().map_err(|e| self.io("look at", e))?, 0o077, "600")?;
        let text = io::read_to_string(file).map_err(|e| self.io("read", e))?;
        // serde's words quote no content, only places and names of fields.
        serde_json::from_str(&text)
            .map_err(|e| SessionError::Damaged { path: self.shown(), reason: format!("line {}", e.line()) })
    }

    fn change(&self, change: impl FnOnce(&mut Content)) -> Result<(), SessionError> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        private::folder(folder).map_err(|source| SessionError::Io {
            what: "make",
            path: folder.display().to_string(),
            source,
        })?;
        self.check_folder()?;
        // Two programs that sign in at once do not lose each other's session.
        let lock = private::create(&self.path.with_extension("lock"), false).map_err(|e| self.io("lock", e))?;
        lock.lock().map_err(|e| self.io("lock", e))?;
        let mut content = self.read()?;
        change(&mut content);
        let text = serde_json::to_vec_pretty(&content).map_err(|e| self.io("write", e.into()))?;
        private::write(&self.path, &text, true).map_err(|e| self.io("write", e))
    }

    /// Whoever can write in the folder can put a file of their own in the place of this one.
    fn check_folder(&self) -> Result<(), SessionError> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let metadata = fs::metadata(folder).map_err(|e| self.io("look at the folder of", e))?;
        closed(folder, &metadata, 0o022, "700")
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }

    fn io(&self, what: &'static str, source: io::Error) -> SessionError {
        SessionError::Io { what, path: self.shown(), source }
    }
}

/// Refuses what others have one of these rights to; `mode` is what it should have.
fn closed(path: &Path, metadata: &fs::Metadata, rights: u32, mode: &'static str) -> Result<(), SessionError> {
    if private::is_loose(metadata, rights) {
        return Err(SessionError::Loose { path: path.display().to_string(), mode });
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::client::PlainHttp;

    fn origin(text: &str) -> Origin {
        Origin::parse(text, PlainHttp::LoopbackOnly).unwrap()
    }

    fn kept(byte: u8) -> Kept {
        Kept::new(&SessionToken::from_random(&[byte; 32]), "ada", Timestamp::MAX)
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn sessions_are_kept_apart_by_server_and_closed_to_others() {
        let home = tempfile::tempdir().unwrap();
        let file = SessionFile::at(home.path().join("guestlist/sessions.json"));
        let (one, two) = (origin("https://one.example"), origin("https://two.example"));
        assert!(file.get(&one).unwrap().is_none());
        file.put(&one, kept(1)).unwrap();
        file.put(&two, kept(2)).unwrap();
        assert_eq!(file.get(&one).unwrap().unwrap().token(), kept(1).token());
        assert_eq!(file.current().unwrap().as_deref(), Some("https://two.example"));
        assert_eq!((mode(file.path()), mode(file.path().parent().unwrap())), (0o600, 0o700));
        file.forget(&one).unwrap();
        assert!(file.get(&one).unwrap().is_none());
        assert!(file.get(&two).unwrap().is_some());
    }

    #[test]
    fn a_second_account_on_a_server_takes_no_session_away_and_the_first_is_picked_again() {
        let home = tempfile::tempdir().unwrap();
        let file = SessionFile::at(home.path().join("guestlist/sessions.json"));
        let (one, two) = (origin("https://one.example"), origin("https://two.example"));
        let of = |byte: u8, name: &str| Kept::new(&SessionToken::from_random(&[byte; 32]), name, Timestamp::MAX);
        file.put(&one, of(1, "ada")).unwrap();
        file.put(&one, of(2, "kim")).unwrap();
        file.put(&two, of(3, "ada")).unwrap();
        assert_eq!(file.get(&one).unwrap().unwrap().username, "kim");
        let listed: Vec<_> = file.list().unwrap();
        let said: Vec<_> = listed.iter().map(|(server, name)| (server.as_str(), name.as_str())).collect();
        assert_eq!(
            said,
            [("https://one.example", "kim"), ("https://one.example", "ada"), ("https://two.example", "ada")]
        );
        assert_eq!(file.pick(one.as_str(), "ada").unwrap().unwrap().token(), of(1, "ada").token());
        assert_eq!(file.get(&one).unwrap().unwrap().username, "ada");
        assert_eq!(file.current().unwrap().as_deref(), Some("https://one.example"));
        assert_eq!(file.list().unwrap().len(), 3);
        // Who signs in again has one session, the newest.
        file.put(&one, of(4, "kim")).unwrap();
        assert_eq!(file.pick(one.as_str(), "kim").unwrap().unwrap().token(), of(4, "kim").token());
        assert!(file.pick(one.as_str(), "joe").unwrap().is_none());
        file.forget(&one).unwrap();
        assert_eq!(file.list().unwrap()[1].1, "ada", "signing out ends one session, not the other's");
    }

    #[test]
    fn a_loose_file_is_refused_with_the_command_that_mends_it() {
        let home = tempfile::tempdir().unwrap();
        let file = SessionFile::at(home.path().join("guestlist/sessions.json"));
        file.put(&origin("https://one.example"), kept(1)).unwrap();
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o640)).unwrap();
        let refusal = file.get(&origin("https://one.example")).unwrap_err().to_string();
        assert!(refusal.contains(&format!("chmod 600 '{}'", file.path().display())), "{refusal}");
        fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
        let folder = file.path().parent().unwrap();
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).unwrap();
        let refusal = file.get(&origin("https://one.example")).unwrap_err().to_string();
        assert!(refusal.contains(&format!("chmod 700 '{}'", folder.display())), "{refusal}");
    }

    #[test]
    fn a_pipe_in_its_place_is_refused_and_not_waited_for() {
        let home = tempfile::tempdir().unwrap();
        let file = SessionFile::at(home.path().join("sessions.json"));
        let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(file.path()).status().unwrap();
        assert!(made.success());
        let one = origin("https://one.example");
        for refusal in [file.get(&one).unwrap_err(), file.put(&one, kept(1)).unwrap_err()] {
            assert!(refusal.to_string().contains("no regular file"), "{refusal}");
        }
    }

    #[test]
    fn a_damaged_file_is_named_and_its_content_is_not() {
        let home = tempfile::tempdir().unwrap();
        let file = SessionFile::at(home.path().join("guestlist/sessions.json"));
        file.put(&origin("https://one.example"), kept(1)).unwrap();
        fs::write(file.path(), r#"{"sessions": {"x": "gls_secret"#).unwrap();
        let refusal = file.current().unwrap_err().to_string();
        assert!(refusal.contains("sessions.json") && !refusal.contains("gls_"), "{refusal}");
    }
}
