//! What may stand in a name, and what may reach a terminal.

use unicode_normalization::char::is_combining_mark;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Invalid;

/// Marks that may sit on one letter; more is a flood that hides its neighbours.
const MOST_MARKS: usize = 4;

/// Whether a character shows nothing, or turns the reading direction around: control characters (C0, C1), bidi
/// controls, zero-width characters, fillers and the blank of Braille, tags, what is no character (U+FFFE), and private or
/// unassigned shapes that terminals disagree on.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e000}'..='\u{f8ff}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

/// One line of somebody else's text, safe to draw: hidden characters are dropped, line ends and tabs become spaces,
/// floods of combining marks are thinned.
#[must_use]
pub fn clean_line(text: &str) -> String {
    clean(text, |_| Some(' '))
}

/// As [`clean_line`], but line ends stay (as `\n`).
#[must_use]
pub fn clean_block(text: &str) -> String {
    clean(text, |c| match c {
        '\n' => Some('\n'),
        '\r' => None,
        _ => Some(' '),
    })
}

fn clean(text: &str, space: impl Fn(char) -> Option<char>) -> String {
    let mut marks = 0;
    let seen = text.chars().filter_map(|c| match c {
        '\n' | '\r' | '\t' => space(c),
        c if is_hidden(c) => None,
        c => Some(c),
    });
    let mut seen = seen
        .filter(|&c| {
            marks = if is_combining_mark(c) { marks + 1 } else { 0 };
            marks <= MOST_MARKS
        })
        .peekable();
    let mut cleaned = String::with_capacity(text.len());
    while let Some(c) = seen.next() {
        if c != COLOURED || colours(cleaned.chars().next_back(), seen.peek().copied()) {
            cleaned.push(c);
        }
    }
    cleaned
}

/// Has the character before it drawn as a picture.
const COLOURED: char = '\u{fe0f}';
/// Puts the character before it on a key.
const KEYCAP: char = '\u{20e3}';

/// Whether [`COLOURED`] between these two shows: behind anything but a picture it is one more zero-width character.
fn colours(before: Option<char>, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    if before.is_ascii() {
        return after == Some(KEYCAP) && matches!(before, '0'..='9' | '#' | '*');
    }
    // The width of a character that can be drawn either way is told by what follows it.
    let either = before.width() == Some(1) && format!("{before}{COLOURED}").width() == 2;
    either || before.width() == Some(2) && !before.is_alphanumeric() && !is_combining_mark(before)
}

/// Whether `text` is fit to be kept: nothing hidden, no flood of marks. `\n` is allowed where `lines` says so.
pub(crate) fn check_visible(text: &str, lines: bool) -> Result<(), Invalid> {
    let (mut marks, mut before, mut rest) = (0, None, text.chars());
    while let Some(c) = rest.next() {
        let shows = c != COLOURED || colours(before, rest.clone().next());
        before = Some(c);
        if !shows || is_hidden(c) && !(lines && c == '\n') {
            return Err(Invalid::new("must not contain control, invisible or direction-changing characters"));
        }
        marks = if is_combining_mark(c) { marks + 1 } else { 0 };
        if marks > MOST_MARKS {
            return Err(Invalid::new("must not stack more than four accents on a letter"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cleaned_text_is_visible_and_cleaning_it_again_changes_nothing(
            text in prop_oneof![any::<String>(), "[a1\u{301}\u{20dd}\u{20e3}\u{fe0f}❤ℹ\u{200b}\u{1b}\t\r\n]{0,30}"],
        ) {
            let line = clean_line(&text);
            prop_assert!(check_visible(&line, false).is_ok());
            prop_assert_eq!(clean_line(&line), line);
            let block = clean_block(&text);
            prop_assert!(check_visible(&block, true).is_ok());
            prop_assert_eq!(clean_block(&block), block);
        }
    }

    #[test]
    fn a_word_on_how_to_draw_a_picture_stands_behind_one_alone() {
        for text in ["❤\u{fe0f}", "©\u{fe0f}", "1\u{fe0f}\u{20e3}", "ℹ\u{fe0f}", "🎸\u{fe0f}", "a ☎\u{fe0f} b"]
        {
            assert!(check_visible(text, false).is_ok(), "{text:?}");
            assert_eq!(clean_line(text), text);
        }
        for (text, cleaned) in [
            ("a\u{fe0f}da", "ada"),
            ("\u{fe0f}ada", "ada"),
            ("ad1\u{fe0f}", "ad1"),
            ("日\u{fe0f}", "日"),
            ("❤\u{fe0f}\u{fe0f}", "❤\u{fe0f}"),
            ("a \u{fe0f}b.\u{fe0f}", "a b."),
            ("e\u{301}\u{fe0f}", "e\u{301}"),
        ] {
            assert!(check_visible(text, false).is_err(), "{text:?}");
            assert_eq!(clean_line(text), cleaned);
        }
    }

    #[test]
    fn blanks_in_disguise_and_what_is_no_character_are_hidden() {
        for c in "\u{2800}\u{3164}\u{115f}\u{ffa0}\u{fdd0}\u{fdef}\u{fffe}\u{ffff}\u{1fffe}\u{2ffff}".chars() {
            assert!(is_hidden(c) && check_visible(&format!("a{c}"), true).is_err(), "{c:?}");
            assert_eq!(clean_line(&format!("a{c}b")), "ab");
        }
        assert!(!is_hidden('\u{2801}') && !is_hidden('\u{fffd}') && !is_hidden('\u{fdf0}'));
    }

    #[test]
    fn escapes_bidi_and_zero_width_do_not_reach_the_terminal() {
        assert_eq!(clean_line("a\u{1b}]52;c;x\u{7}b\u{202e}c\u{200b}d\u{9b}31me"), "a]52;c;xbcd31me");
        assert_eq!(clean_line("one\r\ntwo"), "one  two");
        assert_eq!(clean_block("one\r\ntwo"), "one\ntwo");
        assert_eq!(clean_line(&format!("e{}", "\u{301}".repeat(500))).chars().count(), 1 + MOST_MARKS);
    }
}
