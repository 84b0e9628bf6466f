//! Ids as tables on a terminal show them: their last eight letters, which commands take again.
//!
//! An id begins with the time that it was made at, so that many begin alike; its end is random. Which ids were shown is kept
//! in the person's folder, so that a short one is found again without a question to the server.

use std::{
    fs::OpenOptions,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use uuid::Uuid;

use super::Error;
use crate::private;

/// Letters of a short id.
pub(super) const LETTERS: usize = 8;
/// The fewest letters that are taken for one.
const FEWEST: usize = 4;
/// The most bytes that are kept; then the older half is forgotten.
const MOST_BYTES: u64 = 256 * 1024;
/// An id with its line end.
const LINE: usize = 33;

/// Where ids that were shown are kept; nowhere until it is known where the person's data is.
static PLACE: OnceLock<PathBuf> = OnceLock::new();

/// Keeps ids in this folder from here on.
pub(super) fn keep_in(folder: &Path) {
    let _ = PLACE.set(folder.join("shown-ids"));
}

/// A cell as a terminal shows it: an id by its end, everything else as it is.
pub(super) fn short(cell: &str) -> Option<(Uuid, String)> {
    let id: Uuid = cell.parse().ok().filter(|_| cell.len() == 36)?;
    let text = id.simple().to_string();
    Some((id, text[text.len() - LETTERS..].to_owned()))
}

/// Remembers ids that were shown. Where that cannot be, they have to be given in full.
pub(super) fn remember(ids: &[Uuid]) {
    let (Some(path), false) = (PLACE.get(), ids.is_empty()) else { return };
    let lines = ids.iter().map(|id| id.simple().to_string()).collect::<Vec<_>>().join("\n") + "\n";
    let append = || {
        private::folder(path.parent().unwrap_or(Path::new(".")))?;
        let mut file = private::create(path, false)?;
        let length = file.seek(SeekFrom::End(0))?;
        if length < MOST_BYTES {
            // One write: what another program appends at the same time stays whole.
            return OpenOptions::new().append(true).open(path)?.write_all(lines.as_bytes());
        }
        let _ = file.seek(SeekFrom::Start(length / 2 / LINE as u64 * LINE as u64))?;
        let mut newer = String::new();
        let _ = file.read_to_string(&mut newer)?;
        private::write(path, (newer + &lines).as_bytes(), true)
    };
    let _ = append();
}

/// The id that ends so, of those that were shown; `None` for what is no short id, or was not shown.
///
/// # Errors
/// Where several end so.
pub(super) fn recall(text: &str) -> Result<Option<Uuid>, Error> {
    let Some(path) = PLACE.get() else { return Ok(None) };
    find(&std::fs::read_to_string(path).unwrap_or_default(), text)
}

/// The end of an id that was shown and is most like this text, where it may be a slip of a finger.
pub(super) fn nearest(text: &str) -> Option<String> {
    near(&std::fs::read_to_string(PLACE.get()?).ok()?, text)
}

fn near(shown: &str, text: &str) -> Option<String> {
    let end = text.trim().trim_start_matches('…').to_ascii_lowercase();
    if end.len() < FEWEST || end.len() > LINE {
        return None;
    }
    // Of equals the one that was shown last.
    let slips = shown.lines().rev().filter_map(|line| slips(line, &end));
    slips.min_by_key(|(wrong, _)| *wrong).map(|(_, id)| id.to_owned())
}

/// How many slips of a finger make this text of the end of an id, and that end, where they are few.
fn slips<'a>(id: &'a str, end: &str) -> Option<(usize, &'a str)> {
    let from = |letters: usize| id.get(id.len().checked_sub(letters)?..);
    let wrong = strsim::damerau_levenshtein(from(end.len())?, end);
    if wrong <= 2 && wrong * 3 <= end.len() { Some((wrong, from(end.len().max(LETTERS))?)) } else { None }
}

fn find(shown: &str, text: &str) -> Result<Option<Uuid>, Error> {
    let end = text.trim().trim_start_matches('…').to_ascii_lowercase();
    if end.len() < FEWEST || !end.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let mut found: Vec<Uuid> =
        shown.lines().filter(|line| line.ends_with(&end)).filter_map(|line| line.parse().ok()).collect();
    found.sort_unstable();
    found.dedup();
    match found[..] {
        [] => Ok(None),
        [id] => Ok(Some(id)),
        _ => {
            let ids: Vec<String> = found.iter().take(5).map(Uuid::to_string).collect();
            Err(Error::Usage(format!("{} ids end with \"{text}\": {}. Give more of it", found.len(), ids.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "019aa1b2-c3d4-7e5f-8a6b-0c1d2e3f4a5b";
    const OTHER: &str = "019aa1b2-c3d4-7e5f-8a6b-0c1d2e004a5b";

    #[test]
    fn an_id_is_shown_by_its_end_and_found_by_it() {
        let (id, end) = short(ONE).unwrap();
        assert_eq!(end, "2e3f4a5b");
        let shown = format!("{}\n{}\n", id.simple(), id.simple());
        for text in ["2e3f4a5b", "4A5B", " …2e3f4a5b", "1d2e3f4a5b"] {
            assert_eq!(find(&shown, text).unwrap(), Some(id), "{text}");
        }
        for text in ["", "a5b", "0000", "The Night Owls", "kim", "12345678"] {
            assert_eq!(find(&shown, text).unwrap(), None, "{text}");
        }
        for cell in ["ada", "2026-11-21 23:40", "", "019aa1b2c3d47e5f8a6b0c1d2e3f4a5b"] {
            assert!(short(cell).is_none(), "{cell}");
        }
    }

    #[test]
    fn a_slip_of_a_finger_is_near_to_what_was_shown() {
        let shown = format!("{}\n", ONE.replace('-', ""));
        for slip in ["2e3f4a5c", "23ef4a5b", "2e3f4a5"] {
            assert_eq!(near(&shown, slip).as_deref(), Some("2e3f4a5b"), "{slip}");
        }
        for other in ["", "kim@example.org", "00000000", "…", "é2e3"] {
            assert_eq!(near(&shown, other), None, "{other}");
        }
    }

    #[test]
    fn what_several_end_with_is_told_and_not_guessed() {
        let simple = |id: &str| id.replace('-', "");
        let shown = format!("{}\n{}\n", simple(ONE), simple(OTHER));
        let Err(Error::Usage(says)) = find(&shown, "4a5b") else { panic!("one was picked") };
        assert!(says.contains("2 ids end with") && says.contains(ONE) && says.contains(OTHER), "{says}");
        assert!(find(&shown, "3f4a5b").unwrap().is_some());
    }
}
