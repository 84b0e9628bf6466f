//! Text as it is typed: one line or several, a cursor that stands between graphemes.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::tui::keymap::Key;

/// The most bytes that a field takes; the server's own limits are far below.
const MOST_BYTES: usize = 16 * 1024;

/// A text being edited.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TextField {
    text: String,
    /// Byte position of the cursor, always on a grapheme boundary.
    cursor: usize,
}

/// A field may hold a password or a token, so nothing of it is shown.
impl std::fmt::Debug for TextField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextField").finish_non_exhaustive()
    }
}

impl TextField {
    /// A field that holds `text`, the cursor behind it.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before and behind the cursor.
    pub fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.cursor)
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Inserts what was typed or pasted; returns whether all of it fitted.
    pub fn insert(&mut self, text: &str) -> bool {
        if self.text.len() + text.len() > MOST_BYTES {
            return false;
        }
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
        // A combining mark joins the letter before it, so the cursor may have to move on.
        while !self.on_boundary() {
            self.cursor += 1;
        }
        true
    }

    /// Takes a paste into one line: line ends become spaces. What must not be shown is dropped.
    pub fn paste(&mut self, text: &str) -> bool {
        let text = crate::domain::clean_line(text);
        self.insert(&text)
    }

    /// Takes a paste of several lines.
    pub fn paste_lines(&mut self, text: &str) -> bool {
        let text = crate::domain::clean_block(text);
        self.insert(&text)
    }

    /// Edits with a key as every line editor does; returns whether the text is another now.
    pub fn edit(&mut self, key: Key) -> bool {
        let before = self.text.len();
        if let Some(c) = key.as_char() {
            return self.insert(c.encode_utf8(&mut [0; 4]));
        }
        match () {
            () if key.is("backspace") || key.is_ctrl('h') => self.backspace(),
            () if key.is("delete") || key.is_ctrl('d') => self.delete(),
            () if key.is_ctrl('w') || key.is("alt-backspace") => self.delete_word(),
            () if key.is_ctrl('u') => self.delete_to_start(),
            () if key.is_ctrl('k') => self.delete_to_end(),
            () if key.is("left") || key.is_ctrl('b') => self.left(),
            () if key.is("right") || key.is_ctrl('f') => self.right(),
            () if key.is("home") || key.is_ctrl('a') => self.home(),
            () if key.is("end") || key.is_ctrl('e') => self.end(),
            () => {}
        }
        self.text.len() != before
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
    }

    /// Removes the grapheme before the cursor.
    pub fn backspace(&mut self) {
        let start = self.left_of_cursor();
        self.cut(start);
    }

    /// Removes the grapheme behind the cursor.
    pub fn delete(&mut self) {
        let end = self.right_of_cursor();
        self.text.replace_range(self.cursor..end, "");
    }

    /// Removes the word before the cursor.
    pub fn delete_word(&mut self) {
        let before = self.text[..self.cursor].trim_end();
        let start = before
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        self.cut(start);
    }

    /// Removes everything before the cursor on its line.
    pub fn delete_to_start(&mut self) {
        self.cut(self.line_start());
    }

    /// Removes everything behind the cursor on its line.
    pub fn delete_to_end(&mut self) {
        let end = self.line_end();
        self.text.replace_range(self.cursor..end, "");
    }

    /// One grapheme left.
    pub fn left(&mut self) {
        self.cursor = self.left_of_cursor();
    }

    /// One grapheme right.
    pub fn right(&mut self) {
        self.cursor = self.right_of_cursor();
    }

    /// To the beginning of the line.
    pub fn home(&mut self) {
        self.cursor = self.line_start();
    }

    /// To the end of the line.
    pub fn end(&mut self) {
        self.cursor = self.line_end();
    }

    /// A line up or down (`down`), as near to the same column as it goes; returns false on the outer lines.
    pub fn vertical(&mut self, down: bool) -> bool {
        let start = self.line_start();
        let column = self.text[start..self.cursor].graphemes(true).count();
        let target = if down {
            match self.text[self.cursor..].find('\n') {
                Some(at) => self.cursor + at + 1,
                None => return false,
            }
        } else if start == 0 {
            return false;
        } else {
            self.text[..start - 1].rfind('\n').map_or(0, |at| at + 1)
        };
        let line = self.text[target..].split('\n').next().unwrap_or_default();
        self.cursor = target + line.graphemes(true).take(column).map(str::len).sum::<usize>();
        true
    }

    fn cut(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    fn left_of_cursor(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn right_of_cursor(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |g| self.cursor + g.len())
    }

    fn on_boundary(&self) -> bool {
        self.cursor == self.text.len() || self.text.grapheme_indices(true).any(|(at, _)| at == self.cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_family_is_one_step_and_one_backspace() {
        let mut field = TextField::new("a👨‍👩‍👧e\u{301}");
        field.left();
        assert_eq!(field.parts(), ("a👨‍👩‍👧", "e\u{301}"));
        field.backspace();
        assert_eq!(field.text(), "ae\u{301}");
    }

    #[test]
    fn a_word_goes_at_once_and_lines_keep_apart() {
        let mut field = TextField::new("one two\nthree four ");
        field.delete_word();
        assert_eq!(field.text(), "one two\nthree ");
        assert!(field.vertical(false));
        assert_eq!(field.parts(), ("one tw", "o\nthree "));
        field.delete_to_start();
        assert_eq!(field.text(), "o\nthree ");
        assert!(!field.vertical(false));
    }

    proptest! {
        #[test]
        fn no_sequence_of_edits_leaves_the_boundaries(
            edits in proptest::collection::vec((0_u8..11, "\\PC{0,3}"), 0..60)
        ) {
            let mut field = TextField::default();
            for (edit, text) in edits {
                match edit {
                    0 | 1 => drop(field.insert(&text)),
                    2 => field.backspace(),
                    3 => field.delete(),
                    4 => field.left(),
                    5 => field.right(),
                    6 => field.delete_word(),
                    7 => field.home(),
                    8 => drop(field.insert("\n")),
                    9 => drop(field.vertical(true)),
                    _ => field.delete_to_start(),
                }
                let (before, after) = field.parts();
                prop_assert_eq!(format!("{before}{after}"), field.text());
            }
        }
    }
}
