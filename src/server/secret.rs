//! Secrets at rest: a hash to find a token by, and the token sealed under the server's key to show it again.

use std::path::{Path, PathBuf};

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
pub struct Key {
    /// The one that seals.
    newest: LessSafeKey,
    older: Vec<LessSafeKey>,
    /// The newest one's own for hashes that nobody else can make.
    hash: hmac::Key,
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
        Ok(Self { newest: bare(bytes)?, older: Vec::new(), hash: hashing(bytes) })
    }

    /// The keys in a text, each 32 bytes in base64url, with white space between: the first seals, all open. `source` names
    /// where the text is from.
    pub fn parse(text: &str, source: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed(source.to_owned());
        let one = |text: &str| -> Result<[u8; 32], KeyError> {
            let text = text.strip_prefix(NEXT_KEY).unwrap_or(text);
            URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed())?.try_into().map_err(|_| malformed())
        };
        let keys = text.split_whitespace().map(one).collect::<Result<Vec<_>, _>>()?;
        let (newest, older) = keys.split_first().ok_or_else(malformed)?;
        let older = older.iter().map(bare).collect::<Result<_, _>>()?;
        Ok(Self { older, ..Self::new(newest)? })
    }

    /// Whether the newest of the keys sealed this.
    pub(crate) fn is_newest(&self, owner: &[u8; 16], sealed: &[u8]) -> bool {
        opened(&self.newest, owner, sealed).is_some()
    }

    /// The key in a file, made from `random` if there is none. The file is 0600 whatever the umask; one that others
    /// can read is refused.
    pub fn from_file(path: &Path, random: &[u8; 32]) -> Result<Self, KeyError> {
        let trouble = |error| KeyError::File(path.to_owned(), error);
        if !path.try_exists().map_err(trouble)? {
            // One that is made meanwhile stays.
            private::write(path, key_text(random).as_bytes(), false).map_err(trouble)?;
        }
        let file = private::open(path).map_err(trouble)?;
        // The open file is looked at, so it cannot be exchanged in between.
        if private::is_loose(&file.metadata().map_err(trouble)?, 0o077) {
            return Err(KeyError::Loose(path.to_owned()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder_metadata = std::fs::metadata(folder).map_err(trouble)?;
        // Under the sticky bit others can write, but put nothing in the place of this file.
        if private::is_loose(&folder_metadata, 0o022) && !private::is_loose(&folder_metadata, 0o1000) {
            return Err(KeyError::LooseFolder(folder.to_owned()));
        }
        Self::parse(&std::io::read_to_string(file).map_err(trouble)?, &path.display().to_string())
    }
}

/// What stands before a key that only opens yet, and is to seal once all servers know it.
pub(crate) const NEXT_KEY: &str = "next:";

/// The text of a new key.
pub(crate) fn key_text(random: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

fn bare(bytes: &[u8; 32]) -> Result<LessSafeKey, KeyError> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).map_err(|_| KeyError::Malformed("the key".to_owned()))?;
    Ok(LessSafeKey::new(key))
}

/// Seals `text` under the key, bound to `owner` (the id of its row), so that a sealed token moved to another row does
/// not open. The nonce stands before the sealed bytes.
pub(crate) fn seal(key: &Key, nonce: [u8; NONCE_LEN], owner: &[u8; 16], text: &str) -> Option<Vec<u8>> {
    let mut sealed = text.as_bytes().to_vec();
    key.newest.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(owner), &mut sealed).ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

/// What [`seal`] sealed, or `None` if keys, owner or bytes are not those of then.
pub(crate) fn open(key: &Key, owner: &[u8; 16], sealed: &[u8]) -> Option<String> {
    std::iter::once(&key.newest).chain(&key.older).find_map(|key| opened(key, owner, sealed))
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
    let tag = hmac::sign(&key.hash, text.as_bytes());
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
