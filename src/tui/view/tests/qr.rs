//! QR codes on the screen, read by a reader of QR codes.

use ratatui::{Terminal, backend::TestBackend, style::Color};

use super::{coloured, drawn, scenes};
use crate::{
    config::Theme as Choice,
    tui::{model::Overlay, model::ShownLink, theme::Theme},
};

/// How bright the upper and the lower half of a cell are, for a terminal with these colours of letters and ground.
fn halves(cell: &ratatui::buffer::Cell, letters: u8, ground: u8) -> [u8; 2] {
    let colour = |color, own| match color {
        Color::White => 255,
        Color::Black => 0,
        _ => own,
    };
    let (ink, paper) = (colour(cell.fg, letters), colour(cell.bg, ground));
    match cell.symbol() {
        "█" => [ink, ink],
        "▀" => [ink, paper],
        "▄" => [paper, ink],
        _ => [paper, paper],
    }
}

/// What a reader makes of the screen.
fn read(terminal: &Terminal<TestBackend>, letters: u8, ground: u8) -> Vec<String> {
    /// Pixels of a square.
    const SCALE: usize = 4;
    let buffer = terminal.backend().buffer();
    let (wide, high) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(wide * SCALE, high * 2 * SCALE, |x, y| {
        let (x, y) = (x / SCALE, y / SCALE);
        halves(&buffer[(x as u16, (y / 2) as u16)], letters, ground)[y % 2]
    });
    image.detect_grids().into_iter().filter_map(|grid| grid.decode().ok()).map(|(_, text)| text).collect()
}

fn scene(size: (u16, u16), inverted: bool) -> (crate::tui::model::Model, String) {
    let shown = ShownLink { qr: true, inverted, ..scenes::link(None, false) };
    let link = shown.link.text.clone();
    let mut model = crate::tui::sample::panes(size);
    model.overlays.push(Overlay::Link(Box::new(shown)));
    (model, link)
}

#[test]
fn a_reader_reads_the_link_off_every_screen_that_has_room_for_it() {
    for size in [(80, 24), (120, 40), (200, 60), (60, 30), (44, 27)] {
        let (model, link) = scene(size, false);
        // In colour it does not matter what the terminal's own colours are.
        for (letters, ground) in [(220, 10), (10, 240)] {
            assert_eq!(read(&drawn(&model, &coloured(), size), letters, ground).join(" "), link, "{size:?}");
        }
        let rows = super::rows(&drawn(&model, &coloured(), size));
        let text: String = rows.iter().map(|row| row.trim_end()).collect();
        assert!(text.contains(&link), "the link stands under it at {size:?}: {text}");
    }
}

#[test]
fn without_colour_it_is_read_on_a_dark_ground_and_inverted_on_a_light_one() {
    let plain = Theme::new(Choice::Auto, true);
    let size = (80, 24);
    for (inverted, letters, ground) in [(false, 220, 10), (true, 10, 240)] {
        let (model, link) = scene(size, inverted);
        assert_eq!(read(&drawn(&model, &plain, size), letters, ground), [link]);
    }
}

#[test]
fn where_it_does_not_fit_it_says_what_it_needs_and_the_link_is_there() {
    let (model, link) = scene((40, 12), false);
    let terminal = drawn(&model, &coloured(), (40, 12));
    assert!(read(&terminal, 220, 10).is_empty());
    let text = super::rows(&terminal).join("");
    assert!(text.contains("39 columns") && text.contains(&link[..40]), "{text}");
}
