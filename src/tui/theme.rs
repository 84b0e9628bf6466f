//! Styles by what they mean. Only the 16 colours of the terminal's own palette, on its own background; whatever a
//! colour says is said by a word, a glyph or an attribute too.

use ratatui::style::{Color, Modifier, Style};

use super::model::Tone;
use crate::{
    config::Theme as Choice,
    domain::{JoinStatus, Status},
};

/// How each thing looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// What needs no look of its own.
    pub plain: Style,
    /// Titles, and the word that matters in a line.
    pub title: Style,
    /// Words beside the matter: headings, hints, dates.
    pub dim: Style,
    /// Lines around what has not the focus.
    pub border: Style,
    /// Lines around what has the focus.
    pub focus: Style,
    /// A key in the help, and what stands out beside texts: arrows, marks, the sign before what is typed.
    pub key: Style,
    /// A key in a line of hints. Nothing else looks so: it is what a click is read by.
    pub hint: Style,
    /// What was searched for, where it was found.
    pub found: Style,
    /// What is under the cursor in the list that takes the keys.
    pub selected: Style,
    /// A text being typed.
    pub input: Style,
    /// Pending, and what waits for the person.
    pub pending: Style,
    /// Accepted, and what is done.
    pub accepted: Style,
    /// Declined.
    pub rejected: Style,
    /// Cancelled.
    pub cancelled: Style,
    /// A QR code: light blocks on a dark ground, whatever the terminal's own colours are; readers need it so.
    pub paper: Style,
    /// What did not work.
    pub error: Style,
    /// The line across the screen that says the server is not reached.
    pub banner: Style,
}

impl Theme {
    /// The styles for what the configuration says; none has a colour where `no_color` says so.
    ///
    /// `auto` uses colours that both dark and light backgrounds carry, `dark` the bright ones, `light` the deep ones.
    pub fn new(choice: Choice, no_color: bool) -> Self {
        let plain = no_color || choice == Choice::None;
        let bright = choice == Choice::Dark;
        let colour = |deep: Color, light: Color| match (plain, bright) {
            (true, _) => Style::new(),
            (_, true) => Style::new().fg(light),
            _ => Style::new().fg(deep),
        };
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let dim = Style::new().add_modifier(Modifier::DIM);
        let accent = colour(Color::Cyan, Color::LightCyan);
        let red = colour(Color::Red, Color::LightRed);
        Self {
            plain: Style::new(),
            title: bold,
            dim,
            border: dim,
            focus: accent,
            key: accent.patch(bold),
            hint: accent.patch(bold),
            found: accent.patch(bold).add_modifier(Modifier::UNDERLINED),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            input: Style::new().add_modifier(Modifier::UNDERLINED),
            pending: colour(Color::Yellow, Color::LightYellow),
            accepted: colour(Color::Green, Color::LightGreen),
            rejected: red,
            // The grey of the palette is the background itself in some terminals' palettes.
            cancelled: dim,
            paper: if plain { Style::new() } else { Style::new().fg(Color::White).bg(Color::Black) },
            error: red.patch(bold),
            banner: red.add_modifier(Modifier::REVERSED),
        }
    }

    /// How an invite of this status looks.
    pub const fn status(&self, status: Status) -> Style {
        match status {
            Status::Pending => self.pending,
            Status::Accepted => self.accepted,
            Status::Rejected => self.rejected,
            Status::Cancelled => self.cancelled,
        }
    }

    /// How a wish to join of this status looks.
    pub const fn join_status(&self, status: JoinStatus) -> Style {
        match status {
            JoinStatus::Pending => self.pending,
            JoinStatus::Approved => self.accepted,
            JoinStatus::Denied => self.rejected,
            JoinStatus::Closed => self.cancelled,
        }
    }

    /// How a notice of this weight looks.
    pub const fn tone(&self, tone: Tone) -> Style {
        match tone {
            Tone::Good => self.accepted,
            Tone::Plain => self.title,
            Tone::Bad => self.error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styles(theme: &Theme) -> Vec<Style> {
        let Theme { title, dim, border, focus, key, hint, selected, input, pending, accepted, rejected, .. } = *theme;
        let Theme { cancelled, error, banner, .. } = *theme;
        vec![
            title, dim, border, focus, key, hint, selected, input, pending, accepted, rejected, cancelled, error,
            banner,
        ]
    }

    #[test]
    fn no_colour_means_no_colour_and_the_cursor_is_seen_all_the_same() {
        for theme in [Theme::new(Choice::Auto, true), Theme::new(Choice::None, false)] {
            assert!(styles(&theme).iter().all(|style| style.fg.is_none() && style.bg.is_none()));
            assert!(theme.selected.add_modifier.contains(Modifier::REVERSED));
            assert!(theme.banner.add_modifier.contains(Modifier::REVERSED));
        }
    }

    #[test]
    fn the_background_and_the_colour_of_text_stay_the_terminals_own() {
        for &choice in Choice::ALL {
            for style in styles(&Theme::new(choice, false)) {
                assert_eq!(style.bg, None, "{choice}");
                assert!(!matches!(style.fg, Some(Color::White | Color::Black | Color::Rgb(..) | Color::Indexed(_))));
            }
        }
    }
}
