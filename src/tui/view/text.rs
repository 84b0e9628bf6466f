//! Text in columns: measured, cut and broken between graphemes, so that nothing that anyone types moves a border.

use std::ops::Range;

use ratatui::buffer::{Buffer, CellWidth as _};
use unicode_segmentation::UnicodeSegmentation as _;

/// What a text is cut with.
const CUT: &str = "…";

/// Columns of one grapheme; none for what a terminal would not show in a cell of its own.
pub(super) fn grapheme_columns(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) { 0 } else { usize::from(grapheme.cell_width()) }
}

/// Columns of a text.
pub(super) fn columns(text: &str) -> usize {
    text.graphemes(true).map(grapheme_columns).sum()
}

/// The text in at most `most` columns, `…` at its end where something is missing.
pub(super) fn clip(text: &str, most: usize) -> String {
    let (mut used, mut safe) = (0, 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme_columns(grapheme);
        if used < most {
            // As much as leaves a column for the mark.
            safe = at + grapheme.len();
        }
        if used > most {
            return if most == 0 { String::new() } else { format!("{}{CUT}", &text[..safe]) };
        }
    }
    text.to_owned()
}

/// The text in exactly `wide` columns, blanks behind it.
pub(super) fn fit(text: &str, wide: usize) -> String {
    let text = clip(text, wide);
    let blanks = wide.saturating_sub(columns(&text));
    text + &" ".repeat(blanks)
}

/// The text in exactly `wide` columns, blanks before it.
pub(super) fn fit_right(text: &str, wide: usize) -> String {
    let text = clip(text, wide);
    " ".repeat(wide.saturating_sub(columns(&text))) + &text
}

/// The end of a text in at most `most` columns, `…` before it where something is missing.
pub(super) fn tail(text: &str, most: usize) -> String {
    let (mut used, mut safe) = (0, text.len());
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme_columns(grapheme);
        if used < most {
            // As much as leaves a column for the mark.
            safe = at;
        }
        if used > most {
            return if most == 0 { String::new() } else { format!("{CUT}{}", &text[safe..]) };
        }
    }
    text.to_owned()
}

/// Puts something of the same width in the place of what terminals disagree on how wide it is: a flag is its two letters, a
/// picture goes without the colour of its skin and without what asks for it in colours. Else what follows in the line is
/// shifted, and parts of it stay when it is gone.
pub(super) fn steady(buf: &mut Buffer) {
    for at in 0..buf.content.len() {
        // No sequence of these is shorter.
        if buf.content[at].symbol().len() < 4 {
            continue;
        }
        let Some(text) = agreed(buf.content[at].symbol()) else { continue };
        let (wide, style) = (usize::from(buf.content[at].cell_width()), buf.content[at].style());
        // Each letter gets a cell of its own: who draws over one of them has to know of it.
        let mut free = wide;
        for grapheme in text.graphemes(true) {
            let taken = grapheme_columns(grapheme);
            if let Some(cell) = buf.content.get_mut(at + wide - free).filter(|_| taken <= free) {
                cell.set_symbol(grapheme).set_style(style);
                free -= taken;
            }
        }
        for cell in buf.content.iter_mut().skip(at + wide - free).take(free) {
            cell.set_symbol(" ").set_style(style);
        }
    }
}

/// What stands for a grapheme on whose width terminals disagree.
fn agreed(grapheme: &str) -> Option<String> {
    const FIRST_FLAG: u32 = 0x1f1e6;
    let letter = |c: char| (c as u32).checked_sub(FIRST_FLAG).filter(|n| *n < 26).and_then(|n| u8::try_from(n).ok());
    if let Some(letters) = grapheme.chars().map(letter).collect::<Option<Vec<_>>>() {
        return Some(letters.into_iter().map(|n| char::from(b'A' + n)).collect());
    }
    let (joined, skin, coloured) = ('\u{200d}', '\u{1f3fb}'..='\u{1f3ff}', '\u{fe0f}');
    let mut chars = grapheme.chars();
    let first = chars.next()?;
    let kept = chars.take_while(|c| *c != joined).filter(|c| !skin.contains(c) && *c != coloured);
    let text: String = std::iter::once(first).chain(kept).collect();
    (text != grapheme).then_some(text)
}

/// The lines of a text in `wide` columns as byte ranges: broken at line ends, else behind a blank, else anywhere. A
/// blank that no longer fits hangs over the edge. There is at least one line.
pub(super) fn breaks(text: &str, wide: usize) -> Vec<Range<usize>> {
    let wide = wide.max(1);
    let mut lines = Vec::new();
    let (mut start, mut used, mut blank) = (0, 0, None);
    for (at, grapheme) in text.grapheme_indices(true) {
        let end = at + grapheme.len();
        if grapheme == "\n" || grapheme == "\r\n" {
            lines.push(start..at);
            (start, used, blank) = (end, 0, None);
            continue;
        }
        let add = grapheme_columns(grapheme);
        if grapheme == " " {
            used += 1;
            blank = Some(end);
            continue;
        }
        if used + add > wide && at > start {
            let from = blank.filter(|&blank| blank > start).unwrap_or(at);
            lines.push(start..from);
            (start, used, blank) = (from, columns(&text[from..at]), None);
            // Blanks alone can be wider than the line.
            if used + add > wide && at > start {
                lines.push(start..at);
                (start, used) = (at, 0);
            }
        }
        used += add;
    }
    lines.push(start..text.len());
    lines
}

/// The lines of a text that is read, not typed.
pub(super) fn wrap(text: &str, wide: usize) -> Vec<String> {
    breaks(text, wide).into_iter().map(|line| clip(text[line].trim_end(), wide)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wide_letters_and_accents_fill_the_columns_they_take() {
        assert_eq!(columns("日本e\u{301}"), 5);
        assert_eq!(clip("日本語", 5), "日本…");
        assert_eq!(clip("日本語", 4), "日…");
        assert_eq!(fit("日本語", 4), "日… ");
        assert_eq!(fit_right("ab", 4), "  ab");
        assert_eq!(clip("ab", 2), "ab");
        assert_eq!(clip("abc", 0), "");
        assert_eq!((tail("日本語", 6).as_str(), tail("日本語", 5).as_str()), ("日本語", "…本語"));
        assert_eq!((tail("日本語", 4).as_str(), tail("abc", 0).as_str()), ("…語", ""));
    }

    #[test]
    fn lines_break_behind_blanks_and_only_else_inside_of_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 3), ["a", "", "b"]);
        assert_eq!(wrap("", 3), [""]);
    }

    #[test]
    fn what_terminals_disagree_on_is_drawn_as_what_they_agree_on() {
        let agreed = |text| agreed(text).unwrap_or_else(|| "as it is".to_owned());
        assert_eq!(["🇩🇪", "👍🏽", "❤\u{fe0f}", "©\u{fe0f}"].map(agreed), ["DE", "👍", "❤", "©"]);
        assert_eq!(
            ["👩\u{200d}🎤", "日", "e\u{301}\u{300}\u{302}", "🎸"].map(agreed),
            ["👩", "as it is", "as it is", "as it is"]
        );
        let mut buf = Buffer::empty(ratatui::layout::Rect::new(0, 0, 8, 1));
        buf.set_string(0, 0, "🇩🇪❤\u{fe0f}x", ratatui::style::Style::new());
        steady(&mut buf);
        let drawn: Vec<_> = buf.content.iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(drawn[..6], ["D", "E", "❤", " ", "x", " "]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_place(text in "[ -~日\u{301}👨\u{200d}👩🇩🇪\n]{0,40}", wide in 1_usize..12) {
            prop_assert_eq!(columns(&fit(&text, wide)), wide);
            prop_assert_eq!(columns(&fit_right(&text, wide)), wide);
            for line in wrap(&text, wide) {
                prop_assert!(columns(&line) <= wide, "{:?}", line);
            }
            let lines = breaks(&text, wide);
            for (one, next) in lines.iter().zip(&lines[1..]) {
                prop_assert!(one.end <= next.start && text[one.end..next.start].trim().is_empty());
            }
        }
    }
}
