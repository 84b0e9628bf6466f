//! A link as a QR code, with the link under it. It is as large as the screen allows, and says so where that is too small.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    super::{outline::clear, text::wrap},
    put_lines, say,
};
use crate::tui::{model::ShownLink, qr, theme::Theme};

/// What stands beside the code where there is room, the first being what goes last: its title, the link.
const WITH: [(bool, bool); 3] = [(true, true), (false, true), (false, false)];

pub(super) fn draw(buf: &mut Buffer, area: Rect, shown: &ShownLink, theme: &Theme) {
    clear(buf, area);
    let link = wrap(&shown.link.text, usize::from(area.width));
    let fits = WITH.into_iter().find_map(|(title, with_link)| {
        let taken = 2 * u16::from(title) + if with_link { link.len() as u16 } else { 0 };
        let rows = area.height.checked_sub(taken)?;
        qr::picture(&shown.link.text, area.width, rows).map(|picture| (picture, title, with_link))
    });
    let Some((picture, title, with_link)) = fits else {
        return too_small(buf, area, shown, theme);
    };
    let mut lines = Vec::new();
    if title {
        let name = format!(" QR · {}", shown.link.title);
        let warns = if shown.loopback { "  ! works on this machine only" } else { "" };
        lines.push(Line::from(vec![Span::styled(name, theme.title), Span::styled(warns, theme.error)]));
    }
    let before = usize::from((area.width - picture.columns()) / 2);
    lines.extend(
        picture
            .lines(shown.inverted)
            .into_iter()
            .map(|line| Line::from(vec![Span::raw(" ".repeat(before)), Span::styled(line, theme.paper)])),
    );
    if with_link {
        // From the first column on and without lines beside it, so that it can be taken by mouse.
        lines.extend(link.into_iter().map(|line| Line::styled(line, theme.title)));
    }
    put_lines(buf, area, &lines);
}

fn too_small(buf: &mut Buffer, area: Rect, shown: &ShownLink, theme: &Theme) {
    let room = usize::from(area.width);
    let words = match qr::least(&shown.link.text) {
        // The first and the last line of the screen are taken.
        Some((columns, rows)) => format!(
            "The QR code needs {columns} columns and {} rows, here are {} and {}: make the window larger, or its letters \
             smaller.",
            rows + 2,
            area.width,
            area.height + 2
        ),
        None => "The link is too long for a QR code.".to_owned(),
    };
    let mut lines = say(&words, room, theme.error);
    lines.push(Line::default());
    lines.extend(say(&shown.link.text, room, theme.title));
    put_lines(buf, area, &lines);
}
