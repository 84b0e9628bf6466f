//! A link on the screen. No lines stand beside it, so that it can be taken by mouse as it is.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{
    super::{
        outline::{Shape, clear, in_line, outline, put_lines},
        text::wrap,
    },
    keys_below, say,
};
use crate::{
    clipboard::Copied,
    tui::{
        keymap::Action,
        model::{Model, ShownLink},
        theme::Theme,
    },
};

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, shown: &ShownLink, theme: &Theme) -> Rect {
    let room = usize::from(area.width);
    let mut lines = vec![Line::default()];
    lines.extend(say(&shown.link.text, room, theme.title));
    lines.push(Line::default());
    let (text, style) = match &shown.copied {
        None if model.copying.as_ref().is_some_and(|copying| copying.link == shown.link) => ("copying…".to_owned(), theme.dim),
        None => ("Not copied.".to_owned(), theme.dim),
        Some(Copied::Native) => ("✓ Copied to the clipboard.".to_owned(), theme.accepted),
        Some(Copied::Osc52) => (
            "● Sent to your terminal's clipboard. Not every terminal takes it: if yours did not, take the link from here.".to_owned(),
            theme.pending,
        ),
        Some(Copied::Failed { why }) => (format!("✗ Not copied: {why}"), theme.error),
    };
    let mut note = |text: &str, style| {
        lines
            .extend(wrap(text, room.saturating_sub(2)).into_iter().map(|line| Line::styled(format!(" {line}"), style)));
    };
    note(&text, style);
    if shown.loopback {
        note("! It works on this machine only: the server listens to nobody else.", theme.error);
    } else {
        note("Whoever holds it can use it: give it to the invited only.", theme.dim);
    }
    let high = (lines.len() as u16 + 2).min(area.height);
    let frame = Rect { y: area.y + (area.height - high) * 2 / 5, height: high, ..area };
    clear(buf, frame);
    outline(buf, frame, Shape::Rules, theme.focus);
    let what = if shown.link.is_code() { "Code" } else { "Link" };
    let title = format!("{what} · {}", shown.link.title);
    in_line(buf, frame, frame.y, (&title, theme.title), ("", theme.dim));
    let copy = super::super::panes::key(model, Action::CopyLink);
    let qr = super::super::panes::key(model, Action::ShowQr);
    keys_below(buf, frame, &[(&copy, "copy"), (&qr, "QR"), ("esc", "close")], theme);
    let inner = Rect { y: frame.y + 1, height: high.saturating_sub(2), ..frame };
    // What is known of the link must not push it away.
    if lines.len() > usize::from(inner.height) {
        lines.remove(0);
    }
    put_lines(buf, inner, &lines);
    inner
}
