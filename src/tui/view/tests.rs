//! Every screen at the sizes that people have, as text; and what holds at every size, whatever stands in the texts.

mod qr;
mod scenes;

pub(in crate::tui) use scenes::Scene;

use std::fmt::Write as _;

use proptest::prelude::*;
use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::{Cell, CellWidth as _},
    style::{Color, Modifier},
};

use super::view;
use crate::{
    config::Theme as Choice,
    tui::{
        model::{Model, Pane},
        theme::Theme,
    },
};

const SIZES: [(u16, u16); 4] = [(120, 40), (80, 24), (50, 15), (40, 12)];

/// Every scene, for other tests of the views.
pub(in crate::tui) fn all_scenes() -> impl Iterator<Item = Scene> {
    scenes::ALL.iter().copied()
}

/// What stands on the screen, row by row.
pub(in crate::tui) fn text_of(model: &Model) -> Vec<String> {
    rows(&drawn(model, &coloured(), model.size))
}

/// The cells of the screen, row by row, and of each whether it is of a key in a line of hints.
pub(in crate::tui) fn hint_cells(model: &Model) -> Vec<Vec<(String, bool)>> {
    let mark = Modifier::SLOW_BLINK;
    let theme = Theme { hint: coloured().hint.add_modifier(mark), ..coloured() };
    let terminal = drawn(model, &theme, model.size);
    let buffer = terminal.backend().buffer();
    let cell = |cell: &Cell| (cell.symbol().to_owned(), cell.modifier.contains(mark) && cell.symbol() != " ");
    buffer.content.chunks(usize::from(buffer.area.width)).map(|row| row.iter().map(cell).collect()).collect()
}

fn drawn(model: &Model, theme: &Theme, (width, height): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| view(model, theme, frame)).unwrap();
    terminal
}

fn coloured() -> Theme {
    Theme::new(Choice::Auto, false)
}

/// The rows as a terminal shows them: a wide character hides the cell behind it.
fn rows(terminal: &Terminal<TestBackend>) -> Vec<String> {
    let buffer = terminal.backend().buffer();
    buffer
        .content
        .chunks(usize::from(buffer.area.width))
        .map(|row| {
            let mut text = String::new();
            let mut x = 0;
            while let Some(cell) = row.get(x) {
                text.push_str(cell.symbol());
                x += usize::from(cell.cell_width()).max(1);
            }
            assert_eq!(x, row.len(), "a row is as wide as the screen: {text}");
            text
        })
        .collect()
}

#[test]
fn every_screen_looks_as_it_was_last_looked_at() {
    for (name, scene) in scenes::ALL.iter() {
        let mut text = String::new();
        for size in SIZES {
            let terminal = drawn(&scene(size), &coloured(), size);
            let cursor = if terminal.backend().cursor_visible() {
                format!(", cursor at {}", terminal.backend().cursor_position())
            } else {
                String::new()
            };
            writeln!(text, "{}×{}{cursor}", size.0, size.1).unwrap();
            for row in rows(&terminal) {
                text.push_str(row.trim_end());
                text.push('\n');
            }
            text.push('\n');
        }
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(*name, text));
    }
}

#[test]
fn without_colour_nothing_is_coloured_and_every_word_is_the_same() {
    let plain = Theme::new(Choice::Auto, true);
    for (name, scene) in scenes::ALL.iter() {
        for size in SIZES {
            let model = scene(size);
            let terminal = drawn(&model, &plain, size);
            for cell in &terminal.backend().buffer().content {
                assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{name}");
            }
            assert_eq!(rows(&terminal), rows(&drawn(&model, &coloured(), size)), "{name}");
        }
    }
}

#[test]
fn what_is_searched_for_is_marked_in_every_list() {
    let marked = |model: &Model| {
        let terminal = drawn(model, &coloured(), (120, 40));
        let cells = terminal.backend().buffer().content.iter();
        let found = cells.filter(|cell| cell.style().add_modifier.contains(coloured().found.add_modifier));
        found.map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    let searched = |pane, text: &str| {
        let mut model = crate::tui::sample::panes((120, 40));
        model.focus = pane;
        let search = match pane {
            Pane::Bands => &mut model.bands.search,
            Pane::Invites => &mut model.invites.search,
            Pane::Members => &mut model.members.search,
        };
        search.query = crate::tui::model::TextField::new(text);
        model
    };
    assert_eq!(marked(&searched(Pane::Bands, "brass")), "Brass");
    assert_eq!(marked(&searched(Pane::Invites, "drummer")), "drummer");
    assert_eq!(marked(&searched(Pane::Members, "reed")), "Reed");
    assert_eq!(marked(&searched(Pane::Members, "bruno")), "Bruno");
    assert!(marked(&searched(Pane::Members, "mai")).contains("mai"), "a user name alone is shown");
}

#[test]
fn below_the_least_size_it_says_so() {
    let model = crate::tui::sample::panes((39, 12));
    let text = rows(&drawn(&model, &coloured(), (39, 12))).join(" ");
    assert!(text.contains("too small") && text.contains("39×12") && text.contains("40×12"), "{text}");
}

#[test]
fn a_terminal_shows_what_was_drawn_whatever_stood_there_before() {
    for size in [(80, 24), (50, 15), (120, 40)] {
        // Wide letters come and go under boxes and borders.
        let mut models: Vec<_> = scenes::ALL.iter().map(|(_, scene)| scene(size)).collect();
        for name in ["日本語の長い名前をここに書く", "e\u{301}e\u{301} 深夜ジャズ", "a深b夜cジdャeズf研g究h会"]
        {
            models.extend(scenes::over(&scenes::named(name, size), name));
        }
        let mut terminal = vt100::Parser::new(size.1, size.0, 0);
        for (model, bytes) in models.iter().zip(sent(&models, size)) {
            terminal.process(&bytes);
            let shown: Vec<_> = terminal.screen().rows(0, size.0).map(|row| row.trim_end().to_owned()).collect();
            let meant: Vec<_> =
                rows(&drawn(model, &coloured(), size)).iter().map(|row| row.trim_end().to_owned()).collect();
            assert_eq!(shown, meant, "{:?}", model.overlays);
        }
    }
}

/// What a terminal gets sent for these screens, one after the other.
fn sent(models: &[Model], (width, height): (u16, u16)) -> Vec<Vec<u8>> {
    let area = ratatui::layout::Rect::new(0, 0, width, height);
    let mut before = ratatui::buffer::Buffer::empty(area);
    models
        .iter()
        .map(|model| {
            let after = drawn(model, &coloured(), (width, height)).backend().buffer().clone();
            let mut bytes = Vec::new();
            let mut backend = ratatui::backend::CrosstermBackend::new(&mut bytes);
            ratatui::backend::Backend::draw(&mut backend, before.diff(&after).into_iter()).unwrap();
            before = after;
            bytes
        })
        .collect()
}

#[test]
fn a_step_of_the_cursor_sends_the_terminal_little_and_no_change_nothing() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        for pane in [Pane::Invites, Pane::Members] {
            let model = |step| {
                let mut model = crate::tui::sample::panes(size);
                model.focus = pane;
                match pane {
                    Pane::Members => model.members.list.step(step),
                    _ => model.invites.list.step(step),
                }
                model
            };
            let bytes = sent(&[model(0), model(0), model(1)], size).iter().map(Vec::len).collect::<Vec<_>>();
            // A draw of nothing still puts the colours back.
            assert!(bytes[1] < 30, "{size:?} {pane:?}: {bytes:?}");
            assert!(bytes[2] <= 180, "{size:?} {pane:?}: {bytes:?}");
        }
    }
}

/// A notice of so many lines on a narrow screen.
fn toast(text: &str) -> crate::tui::model::Toast {
    let until = crate::tui::sample::later(5);
    crate::tui::model::Toast { text: text.repeat(3), tone: crate::tui::model::Tone::Bad, until }
}

#[test]
fn a_notice_hides_no_keys_on_any_screen() {
    for (name, scene) in scenes::ALL.iter() {
        for (size, text) in SIZES.iter().flat_map(|size| ["Done. ", "It cannot be had now; "].map(|text| (*size, text)))
        {
            let mut model = scene(size);
            model.toast = None;
            let without = rows(&drawn(&model, &coloured(), size));
            model.toast = Some(toast(text));
            let with = rows(&drawn(&model, &coloured(), size));
            assert!(with.iter().any(|row| row.contains("✗ ")), "{name} at {size:?}: {with:#?}");
            for (before, after) in without.iter().zip(&with).filter(|(before, _)| before.contains("esc ")) {
                assert_eq!(before, after, "{name} at {size:?}");
            }
            let footer = usize::from(size.1) - 1;
            assert!(without[footer].trim().is_empty() || without[footer] == with[footer], "{name} at {size:?}");
        }
    }
}

#[test]
fn the_way_out_of_every_list_and_the_way_to_the_help_are_always_there() {
    use crate::tui::model::Overlay;
    for (name, scene) in scenes::ALL.iter() {
        for size in SIZES {
            let model = scene(size);
            let listed = match model.overlays.last() {
                Some(Overlay::Listing(_)) => true,
                Some(Overlay::Bulk(bulk)) => bulk.has_list() && bulk.editing.is_none() && bulk.run.is_none(),
                _ => false,
            };
            let last = rows(&drawn(&model, &coloured(), size)).pop().unwrap();
            assert!(!listed || last.contains("esc back") && last.contains('?'), "{name} at {size:?}: {last}");
        }
    }
    let bulk = scenes::ALL.iter().find(|(name, _)| *name == "bulk").unwrap().1;
    let last = rows(&drawn(&bulk((80, 24)), &coloured(), (80, 24))).pop().unwrap();
    assert!(last.contains("w save"), "all of its keys fit on a screen of 80 columns: {last}");
}

#[test]
fn a_form_says_that_there_is_more_of_it() {
    for size in [(80, 24), (50, 15), (40, 12)] {
        for focus in 0..12 {
            let model = scenes::form_at(focus, size);
            let Some(crate::tui::model::Overlay::Form(form)) = model.overlays.last() else { panic!() };
            let shown = rows(&drawn(&model, &coloured(), size));
            let seen = |label: &str| shown.iter().any(|row| row.contains(&format!(" {label} ")));
            let (first, last) = (form.fields[0].label, form.fields[11].label);
            let arrow = |arrow| shown.iter().any(|row| row.ends_with(arrow) || row.contains(&format!("{arrow}  ")));
            assert_eq!(seen(first), !arrow("↑"), "{focus} at {size:?}: {shown:#?}");
            assert!(seen(last) || shown.iter().any(|row| row.contains('↓')), "{focus} at {size:?}: {shown:#?}");
        }
    }
}

#[test]
fn a_note_that_looks_like_an_address_is_not_taken_for_one() {
    let mut model = crate::tui::sample::panes((80, 24));
    model.invites.list.change(crate::tui::sample::invite_id(1), |invite| {
        (invite.label, invite.email, invite.account) = (Some("kim@example.org".to_owned()), None, None);
    });
    let shown = rows(&drawn(&model, &coloured(), (80, 24)));
    assert!(
        shown.iter().any(|row| row.contains("\"kim@example.or…\"") || row.contains("\"kim@example.o…\"")),
        "{shown:#?}"
    );
}

#[test]
fn the_only_admin_of_a_band_is_marked() {
    use crate::domain::Role;
    let shown = |admins: u8| {
        let mut model = crate::tui::sample::panes((120, 40));
        for n in 1..=9 {
            let role = if n <= admins { Role::Admin } else { Role::Member };
            model.members.list.change(crate::tui::sample::account_id(n), |member| member.role = role);
        }
        rows(&drawn(&model, &coloured(), (120, 40))).into_iter().filter(|row| row.contains("last admin")).count()
    };
    assert_eq!((shown(1), shown(2)), (1, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, ..ProptestConfig::default() })]

    #[test]
    fn no_size_panics_and_every_row_has_the_width_of_the_screen(
        width in 1_u16..200, height in 1_u16..60, scene in 0..scenes::ALL.len(),
    ) {
        let (_, scene) = scenes::ALL[scene];
        // The model may not yet know of the size that it is drawn in.
        for size in [(width, height), (80, 24)] {
            rows(&drawn(&scene(size), &coloured(), (width, height)));
        }
    }

    #[test]
    fn the_field_in_focus_and_what_is_wrong_with_it_are_always_seen(
        width in 40_u16..100, height in 12_u16..30, focus in 0_usize..5, refused in "[a-z ]{0,400}", text in "[a-z ]{0,300}",
    ) {
        let model = scenes::wrong_at(focus, &refused, &text, (width, height));
        let terminal = drawn(&model, &coloured(), (width, height));
        let shown = rows(&terminal);
        // A long text may begin above; the cursor is in sight.
        prop_assert!(terminal.backend().cursor_visible(), "{shown:#?}");
        prop_assert!(shown.iter().any(|row| row.contains("✗ wrong")), "{shown:#?}");
        prop_assert!(shown.iter().any(|row| row.contains("esc back")), "{shown:#?}");
    }

    #[test]
    fn no_name_moves_a_border(
        name in "[a-z日本e\u{301}\u{300}👨👩👧🇩🇪ﾞक्षि\u{200d}\u{fe0f}ﷺ ]{0,60}",
        width in 40_u16..130, height in 12_u16..45,
    ) {
        let model = scenes::named(&name, (width, height));
        for overlaid in scenes::over(&model, &name) {
            let terminal = drawn(&overlaid, &coloured(), (width, height));
            let rows = rows(&terminal);
            // The outer lines stand in the outer columns, however wide what is between them.
            let buffer = terminal.backend().buffer();
            for (y, row) in rows.iter().enumerate().take(rows.len() - 1).skip(1) {
                for x in [0, width - 1] {
                    let symbol = buffer[(x, y as u16)].symbol();
                    prop_assert!("┌┐└┘├┤│─↑↓".contains(symbol), "{symbol:?} at {x},{y}: {row}");
                }
            }
        }
    }
}
