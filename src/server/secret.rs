//! Secrets at rest: a hash to find a token by, and the token sealed under the server's key to show it again.

use std::{
    fs::Metadata,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};

use crate::private;

/// SHA-256 of a token, or of what else is compared.
pub(crate) type Hash = [u8; 32];

/// The hash under which a token is looked up. A token has 256 random bits, so one plain SHA-256 is enough. A request's
/// body is told from another by the same.
pub(crate) fn hash(bytes: impl AsRef<[u8]>) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes.as_ref()).as_ref());
    hash
}

/// The server's key for sealing tokens (ChaCha20-Poly1305, RFC 8439), and those before it, which still open what they sealed.
///
/// One that is in a file is read again once the file has changed, so that a new key takes over in a server that runs.
pub struct Key {
    ring: RwLock<Arc<Ring>>,
    file: Option<Watched>,
}

/// The keys of one text.
struct Ring {
    /// The one that seals.
    newest: LessSafeKey,
    older: Vec<LessSafeKey>,
    /// The newest one's own for hashes that nobody else can make.
    hash: hmac::Key,
    /// Which keys these are, the newest first.
    marks: Vec<Hash>,
    /// Which ones were before them, and were taken away.
    dropped: Vec<Hash>,
}

/// The file of keys, and what it looked like when it was read.
struct Watched {
    path: PathBuf,
    seen: Mutex<Seen>,
}

/// What was there when the file was last read.
struct Seen {
    /// `None` where there was no file.
    look: Option<Look>,
    /// When reading it failed though it is there, and why. It is read again then though it looks the same: what was in the
    /// way may be gone.
    failed: Option<(Instant, String)>,
    /// Whether the key that seals is not in it: what that sealed now would open no more after the next start.
    is_lost: bool,
}

/// How long to wait before a file that could not be read is read again.
const PAUSE: Duration = Duration::from_secs(1);

/// What changes with a file's content, or with who may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    modified: Option<SystemTime>,
    length: u64,
    /// Its number, its mode, and when anything about it was changed, in seconds and nanoseconds.
    #[cfg(unix)]
    about: (u64, u32, i64, i64),
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("the key file {0} cannot be used: {1}")]
    File(PathBuf, std::io::Error),
    /// Others can read it.
    #[error("the key file {0} can be read by others: run `chmod 600 {0}`")]
    Loose(PathBuf),
    /// Others can put another key in its place.
    #[error("the folder {0} of the key file can be written by others: run `chmod go-w {0}`")]
    LooseFolder(PathBuf),
    /// Its keys are not those after the one that has sealed.
    #[error("the key file {0} neither holds the key that sealed what is there nor says that it was dropped")]
    Foreign(PathBuf),
    /// It does not hold a key.
    #[error("{0} does not hold a key: 43 characters of base64url are expected, and after them those of older keys")]
    Malformed(String),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// The key of these bytes.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        Ok(Self::of(Ring::new(&[*bytes], Vec::new(), "the key")?))
    }

    fn of(ring: Ring) -> Self {
        Self { ring: RwLock::new(Arc::new(ring)), file: None }
    }

    /// The keys in a text, each 32 bytes in base64url, with white space between: the first seals, all open. `source` names
    /// where the text is from.
    pub fn parse(text: &str, source: &str) -> Result<Self, KeyError> {
        Ring::parse(text, source).map(Self::of)
    }

    /// Whether the newest of the keys sealed this.
    pub(crate) fn is_newest(&self, owner: &[u8; 16], sealed: &[u8]) -> bool {
        opened(&self.ring().newest, owner, sealed).is_some()
    }

    /// The key in a file, made from `random` if there is none. The file is 0600 whatever the umask; one that others
    /// can read is refused.
    ///
    /// It is read again when it has changed. What cannot be used then, or does not come after the key that seals, is told in
    /// the log as an error: the keys so far stay, and seal nothing where the file does not hold the one that would.
    pub fn from_file(path: &Path, random: &[u8; 32]) -> Result<Self, KeyError> {
        let trouble = |error| KeyError::File(path.to_owned(), error);
        if !path.try_exists().map_err(trouble)? {
            // One that is made meanwhile stays.
            private::write(path, key_text(random).as_bytes(), false).map_err(trouble)?;
        }
        let (ring, look) = Ring::from_file(path)?;
        let file = Some(Watched {
            path: path.to_owned(),
            seen: Mutex::new(Seen { look: Some(look), failed: None, is_lost: false }),
        });
        Ok(Self { file, ..Self::of(ring) })
    }

    /// The keys as they are now. A look at the file costs a microsecond, so it is taken each time: what is sealed after a
    /// key was taken away is never sealed by that one.
    fn ring(&self) -> Arc<Ring> {
        self.looked().0
    }

    /// The keys as they are now, where the newest may seal.
    fn sealing(&self) -> Option<Arc<Ring>> {
        let (ring, is_lost) = self.looked();
        (!is_lost).then_some(ring)
    }

    /// The keys as they are now, and whether the file does not hold the newest.
    fn looked(&self) -> (Arc<Ring>, bool) {
        let now = || self.ring.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(Watched { path, seen }) = &self.file else { return (now(), false) };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let look = std::fs::metadata(path).ok().map(|metadata| look(&metadata));
        if seen.is_due(look, Instant::now())
            && let Some(ring) = seen.read(path, look, &now())
        {
            *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        }
        (now(), seen.is_lost)
    }
}

impl Seen {
    /// Whether the file is to be read, where it looks like this now.
    fn is_due(&self, look: Option<Look>, now: Instant) -> bool {
        self.look != look || self.failed.as_ref().is_some_and(|(at, _)| now.saturating_duration_since(*at) >= PAUSE)
    }

    /// Reads the file, which looks like this now; the keys in it, if they come after those so far. Why they do not is told.
    fn read(&mut self, path: &Path, look: Option<Look>, so_far: &Ring) -> Option<Ring> {
        let is_again = self.look == look;
        let failed = self.failed.take();
        self.look = look;
        let newest = so_far.marks.first()?;
        let error = match Ring::from_file(path) {
            Ok((ring, look)) if ring.comes_after(newest) => {
                tracing::info!(keys = ring.marks.len(), "the key file has changed, and is in use");
                (self.look, self.is_lost) = (Some(look), false);
                return Some(ring);
            }
            Ok(_) => KeyError::Foreign(path.to_owned()),
            Err(error) => error,
        };
        self.is_lost = !holds(path, newest);
        let goes_on = if self.is_lost {
            "what is sealed opens still, but nothing new is sealed, so no invite can be made: put the file back as it was"
        } else {
            "the server goes on with the keys that it had: put the file right before the next start"
        };
        let why = error.to_string();
        // Each trouble is told once.
        if !(is_again && failed.is_some_and(|(_, before)| before == why)) {
            tracing::error!("{why}; {goes_on}");
        }
        // What the file holds stays wrong until it is written, and one that is gone is seen to come.
        if look.is_some() && !matches!(error, KeyError::Malformed(_) | KeyError::Foreign(_)) {
            self.failed = Some((Instant::now(), why));
        }
        None
    }
}

/// Whether a key is in a file, whatever else is wrong with that.
fn holds(path: &Path, mark: &Hash) -> bool {
    let text = private::open(path).and_then(std::io::read_to_string).unwrap_or_default();
    text.split_whitespace().any(|word| key_of(word).is_some_and(|key| hash(key) == *mark))
}

impl Ring {
    fn new(keys: &[[u8; 32]], dropped: Vec<Hash>, source: &str) -> Result<Self, KeyError> {
        let (first, older) = keys.split_first().ok_or_else(|| KeyError::Malformed(source.to_owned()))?;
        let older = older.iter().map(bare).collect::<Result<_, _>>()?;
        Ok(Self { newest: bare(first)?, older, hash: hashing(first), marks: keys.iter().map(hash).collect(), dropped })
    }

    fn parse(text: &str, source: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed(source.to_owned());
        let (mut keys, mut dropped) = (Vec::new(), Vec::new());
        for word in text.split_whitespace() {
            match word.strip_prefix(DROPPED_KEY) {
                Some(mark) => dropped.push(bytes_of(mark).ok_or_else(malformed)?),
                None => keys.push(key_of(word).ok_or_else(malformed)?),
            }
        }
        Self::new(&keys, dropped, source)
    }

    /// Whether these are the keys of a server that has sealed by the one with this mark: it is among them still, or was
    /// taken away from them. A server that used no key while others came and went sees the last of their files only.
    fn comes_after(&self, mark: &Hash) -> bool {
        self.marks.contains(mark) || self.dropped.contains(mark)
    }

    /// The keys of a file that nobody else can read or put another one in the place of, and what it looks like.
    fn from_file(path: &Path) -> Result<(Self, Look), KeyError> {
        let trouble = |error| KeyError::File(path.to_owned(), error);
        let file = private::open(path).map_err(trouble)?;
        // The open file is looked at, so it cannot be exchanged in between.
        let metadata = file.metadata().map_err(trouble)?;
        if private::is_loose(&metadata, 0o077) {
            return Err(KeyError::Loose(path.to_owned()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder_metadata = std::fs::metadata(folder).map_err(trouble)?;
        // Under the sticky bit others can write, but put nothing in the place of this file.
        if private::is_loose(&folder_metadata, 0o022) && !private::is_loose(&folder_metadata, 0o1000) {
            return Err(KeyError::LooseFolder(folder.to_owned()));
        }
        let text = std::io::read_to_string(file).map_err(trouble)?;
        Ok((Self::parse(&text, &path.display().to_string())?, look(&metadata)))
    }
}

fn look(metadata: &Metadata) -> Look {
    #[cfg(unix)]
    use std::os::unix::fs::MetadataExt as _;
    Look {
        modified: metadata.modified().ok(),
        length: metadata.len(),
        #[cfg(unix)]
        about: (metadata.ino(), metadata.mode(), metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// What stands before a key that only opens yet, and is to seal once all servers know it.
pub(crate) const NEXT_KEY: &str = "next:";

/// What stands before the mark of a key that was taken away: its hash, which opens nothing. A server that knew no other key
/// learns by it that those in its place are right.
pub(crate) const DROPPED_KEY: &str = "dropped:";

/// What a text of keys says once the key of this word is taken out of it; `None` where the word is no key.
pub(crate) fn dropped(word: &str) -> Option<String> {
    key_of(word).map(|key| format!("{DROPPED_KEY}{}", URL_SAFE_NO_PAD.encode(hash(key))))
}

/// The key that a word of a text is.
fn key_of(word: &str) -> Option<[u8; 32]> {
    bytes_of(word.strip_prefix(NEXT_KEY).unwrap_or(word))
}

fn bytes_of(word: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(word).ok()?.try_into().ok()
}

/// The text of a new key.
pub(crate) fn key_text(random: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

fn bare(bytes: &[u8; 32]) -> Result<LessSafeKey, KeyError> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).map_err(|_| KeyError::Malformed("the key".to_owned()))?;
    Ok(LessSafeKey::new(key))
}

/// Seals `text` under the key, bound to `owner` (the id of its row), so that a sealed token moved to another row does
/// not open. The nonce stands before the sealed bytes. `None` where the key is in its file no more, or was put out of it by
/// mistake: what it sealed then would be lost at the next start.
pub(crate) fn seal(key: &Key, nonce: [u8; NONCE_LEN], owner: &[u8; 16], text: &str) -> Option<Vec<u8>> {
    let mut sealed = text.as_bytes().to_vec();
    key.sealing()?
        .newest
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(owner), &mut sealed)
        .ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

/// What [`seal`] sealed, or `None` if keys, owner or bytes are not those of then.
pub(crate) fn open(key: &Key, owner: &[u8; 16], sealed: &[u8]) -> Option<String> {
    let ring = key.ring();
    std::iter::once(&ring.newest).chain(&ring.older).find_map(|key| opened(key, owner, sealed))
}

fn opened(key: &LessSafeKey, owner: &[u8; 16], sealed: &[u8]) -> Option<String> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut bytes = sealed.to_vec();
    let text = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(owner), &mut bytes).ok()?;
    String::from_utf8(text.to_vec()).ok()
}

/// Another key for another use, derived from this one.
fn hashing(bytes: &[u8; 32]) -> hmac::Key {
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), b"guestlist: hashes");
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

/// What stands for a text that is not kept (HMAC-SHA256, its first 16 bytes in hex): the same text has the same hash, and
/// without the key no guess can be tried.
pub(crate) fn keyed_hash(key: &Key, text: &str) -> String {
    use std::fmt::Write as _;
    let tag = hmac::sign(&key.ring().hash, text.as_bytes());
    tag.as_ref().iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_sealed_token_opens_only_with_its_key_in_its_row() {
        let (key, other) = (Key::new(&[1; 32]).unwrap(), Key::new(&[2; 32]).unwrap());
        let sealed = seal(&key, [3; 12], &[4; 16], "inv_secret").unwrap();
        assert_eq!(open(&key, &[4; 16], &sealed).as_deref(), Some("inv_secret"));
        assert_eq!(open(&other, &[4; 16], &sealed), None);
        assert_eq!(open(&key, &[5; 16], &sealed), None);
        assert_eq!(open(&key, &[4; 16], &sealed[..20]), None);
        assert!(!sealed.windows(6).any(|w| w == b"secret"));
    }

    #[test]
    fn an_older_key_opens_what_it_sealed_and_seals_nothing() {
        let (old, new) = (key_text(&[1; 32]), key_text(&[2; 32]));
        let before = Key::parse(&old, "the file").unwrap();
        let sealed = seal(&before, [3; 12], &[4; 16], "inv_secret").unwrap();
        let both = Key::parse(&format!("{new}\n{old}\n"), "the file").unwrap();
        assert_eq!(open(&both, &[4; 16], &sealed).as_deref(), Some("inv_secret"));
        assert!(!both.is_newest(&[4; 16], &sealed));
        let again = seal(&both, [5; 12], &[4; 16], "inv_secret").unwrap();
        assert!(both.is_newest(&[4; 16], &again));
        assert_eq!(open(&before, &[4; 16], &again), None);
        for text in ["", "\n", "short", &format!("{new} short")] {
            assert!(Key::parse(text, "the file").unwrap_err().to_string().contains("the file"), "{text}");
        }
    }

    #[test]
    fn a_key_file_that_changes_is_taken_up_and_a_wrong_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = Key::from_file(&path, &[1; 32]).unwrap();
        let sealed = seal(&key, [3; 12], &[4; 16], "inv_secret").unwrap();
        let put = |text: &str| private::write(&path, text.as_bytes(), true).unwrap();
        let opens = || open(&key, &[4; 16], &sealed).is_some();
        put(&format!("{}\n{}", key_text(&[2; 32]), key_text(&[1; 32])));
        assert!(opens() && !key.is_newest(&[4; 16], &sealed), "another one seals now");
        put(&key_text(&[5; 32]));
        assert!(opens(), "it is none of those that there were");
        put("no key");
        assert!(opens());
        std::fs::remove_file(&path).unwrap();
        assert!(opens());
        put(&key_text(&[2; 32]));
        assert!(!opens(), "the first one was taken away");
    }

    #[test]
    fn keys_that_came_and_went_unseen_are_known_by_what_the_file_says_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = Key::from_file(&path, &[1; 32]).unwrap();
        let put = |text: &str| private::write(&path, text.as_bytes(), true).unwrap();
        let (second, third) = (key_text(&[2; 32]), key_text(&[3; 32]));
        let gone = |bytes: [u8; 32]| dropped(&key_text(&bytes)).unwrap();
        assert!(!gone([1; 32]).contains(&key_text(&[1; 32])), "it is no key");
        let sealed = |bytes: &[u8; 32]| seal(&Key::new(bytes).unwrap(), [3; 12], &[4; 16], "inv_secret").unwrap();
        let opens = |sealed: &[u8]| open(&key, &[4; 16], sealed).is_some();
        put(&format!("{second}\n{}", gone([7; 32])));
        assert!(opens(&sealed(&[1; 32])) && !opens(&sealed(&[2; 32])), "another one was dropped for that");
        put(&format!("{third}\n{}\n{}", gone([1; 32]), gone([2; 32])));
        assert!(opens(&sealed(&[3; 32])) && !opens(&sealed(&[1; 32])), "two new ones came while nobody looked");
        assert!(seal(&key, [3; 12], &[4; 16], "inv_secret").is_some());
        assert!(Key::parse(&gone([1; 32]), "the file").is_err(), "a key that is gone is none");
        assert!(Key::parse(&format!("{third} {DROPPED_KEY}short"), "the file").is_err());
    }

    #[test]
    fn nothing_is_sealed_by_a_key_that_is_not_in_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = Key::from_file(&path, &[1; 32]).unwrap();
        let put = |text: &str| private::write(&path, text.as_bytes(), true).unwrap();
        let seals = || seal(&key, [3; 12], &[4; 16], "inv_secret").is_some();
        let (first, second) = (key_text(&[1; 32]), key_text(&[2; 32]));
        for text in [&second, "no key", ""] {
            put(text);
            assert!(!seals() && !seals(), "{text:?}");
            put(&first);
            assert!(seals(), "it is back");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(!seals());
        put(&format!("{first}\nno key"));
        assert!(seals(), "the next start will ask for a better file, and the key is there");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(seals(), "others can read it, and the key is there");
        put(&format!("{second}\n{first}"));
        assert!(seals());
        put(&first);
        assert!(!seals(), "an older file does not hold the key that sealed last");
    }

    #[test]
    fn a_key_file_in_an_open_folder_is_taken_up_once_the_folder_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = Key::from_file(&path, &[1; 32]).unwrap();
        let sealed = seal(&key, [3; 12], &[4; 16], "inv_secret").unwrap();
        let mode = |bits| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(bits)).unwrap();
        mode(0o777);
        std::fs::write(&path, format!("{}\n{}", key_text(&[2; 32]), key_text(&[1; 32]))).unwrap();
        assert!(key.is_newest(&[4; 16], &sealed), "others could have put it there");
        // Nothing about the file changes by this, so it has to be looked at again.
        mode(0o700);
        let since = Instant::now();
        while key.is_newest(&[4; 16], &sealed) {
            assert!(since.elapsed() < 20 * PAUSE, "it is not looked at again");
            std::thread::sleep(PAUSE / 10);
        }
        assert!(open(&key, &[4; 16], &sealed).is_some());
    }

    #[test]
    fn a_file_is_read_when_it_looks_different_and_after_a_pause_when_it_could_not_be() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let now = Instant::now();
        let here = Some(look(&file.as_file().metadata().unwrap()));
        let read = Seen { look: here, failed: None, is_lost: false };
        assert!(!read.is_due(here, now + 100 * PAUSE));
        assert!(read.is_due(None, now));
        let failed = Seen { failed: Some((now, "in the way".to_owned())), ..read };
        assert!(!failed.is_due(here, now + PAUSE / 2));
        assert!(failed.is_due(here, now + PAUSE));
    }

    #[test]
    fn a_key_file_that_others_could_read_is_taken_up_once_it_is_closed_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = Key::from_file(&path, &[1; 32]).unwrap();
        let sealed = seal(&key, [3; 12], &[4; 16], "inv_secret").unwrap();
        let mode = |bits| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(bits)).unwrap();
        mode(0o644);
        std::fs::write(&path, format!("{}\n{}", key_text(&[2; 32]), key_text(&[1; 32]))).unwrap();
        assert!(key.is_newest(&[4; 16], &sealed), "others can read it, so nothing is sealed by it");
        mode(0o600);
        assert!(!key.is_newest(&[4; 16], &sealed), "another one seals now");
        assert_eq!(open(&key, &[4; 16], &sealed).as_deref(), Some("inv_secret"));
    }

    #[test]
    fn a_key_file_is_private_and_a_loose_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        Key::from_file(&path, &[7; 32]).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Key::from_file(&path, &[7; 32]).unwrap_err().to_string().contains("chmod 600"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Key::from_file(&path, &[7; 32]).unwrap_err().to_string().contains("chmod go-w"));
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(Key::from_file(&path, &[7; 32]).is_ok());
    }
}
