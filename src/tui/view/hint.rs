//! What is done by a click on a key that a line of hints names: read from what is drawn, so that it is what is seen. A click is
//! judged by those of the last frame, too: `Model::drawn` keeps them.

use ratatui::{Terminal, backend::TestBackend, buffer::Buffer, layout::Rect, style::Modifier};

use super::{entry, footer, overlay};
use crate::tui::{
    keymap::Key,
    model::{Model, Overlay, Screen, areas},
    theme::Theme,
};

/// What the keys of hints are drawn with, and nothing else.
const MARK: Modifier = Modifier::RAPID_BLINK;

/// The lines of hints that hold now, as they are drawn.
#[derive(Debug)]
pub(in crate::tui) struct Hints {
    screen: Terminal<TestBackend>,
    /// The only row of them; none where each row can have one.
    row: Option<u16>,
    /// Whether Enter joins a band: that takes more than a click.
    joins: bool,
}

impl Hints {
    /// Those of what lies on top.
    pub(in crate::tui) fn of(model: &Model) -> Option<Self> {
        let plain = Theme::new(crate::config::Theme::None, true);
        let theme = Theme { hint: plain.hint.add_modifier(MARK), ..plain };
        // It keeps what is drawn, and shows it to nobody.
        let mut screen = Terminal::new(TestBackend::new(model.size.0, model.size.1)).ok()?;
        let areas = areas(model.size, model.focus);
        let body = areas.body();
        let below = Rect { height: body.height + 1, ..body };
        let mut keys = None;
        let drawn = screen.draw(|frame| {
            match (model.overlays.last(), &model.screen) {
                // What lies below takes no keys.
                (Some(top), _) => keys = overlay::draw(frame, body, model, top, true, &theme),
                (None, Screen::Welcome { choice, problem }) => {
                    entry::welcome(frame, below, model, *choice, problem.as_deref(), &theme);
                }
                (None, Screen::Starting(what)) => entry::starting(frame, below, what, &theme),
                (None, Screen::Entry(form)) => entry::entry(frame, below, model, form, &theme),
                (None, Screen::Panes) => {}
            }
            footer::draw(frame.buffer_mut(), areas.footer, model, &theme);
        });
        drawn.ok()?;
        // The answers to a question stand inside of its box.
        let is_question = matches!(model.overlays.last(), Some(Overlay::Confirm(_)));
        let row = (!is_question).then(|| keys.unwrap_or(areas.footer.y));
        let joins = match model.overlays.last() {
            Some(Overlay::Finder(finder)) => finder.chosen().is_some_and(|band| band.role.is_none()),
            _ => false,
        };
        Some(Self { screen, row, joins })
    }

    /// The key that is named at this place of the screen: by itself, or by the words behind it. Of several keys in one hint
    /// only each itself counts.
    pub(in crate::tui) fn at(&self, (column, row): (u16, u16)) -> Option<Key> {
        if self.row.is_some_and(|only| only != row) {
            return None;
        }
        let name = name_at(self.screen.backend().buffer(), column, row)?;
        let name = match name.as_str() {
            "↓" => "down",
            "↑" => "up",
            "←" => "left",
            "→" => "right",
            other => other,
        };
        name.parse().ok().filter(|key: &Key| !(self.joins && key.is("enter")))
    }
}

/// The name of the key of the hint that stands at this place.
fn name_at(buf: &Buffer, column: u16, row: u16) -> Option<String> {
    let cells: Vec<(&str, bool)> = (buf.area.left()..buf.area.right())
        .map(|x| buf.cell((x, row)).map_or((" ", false), |cell| (cell.symbol(), cell.modifier.contains(MARK))))
        .collect();
    let at = usize::from(column);
    let is_key = |x: &usize| cells.get(*x).is_some_and(|(_, marked)| *marked);
    let (here, _) = cells.get(at)?;
    let last = (0..=at).rev().find(is_key)?;
    let start = (0..last).rev().take_while(is_key).last().unwrap_or(last);
    let end = (last..cells.len()).take_while(is_key).last().unwrap_or(last) + 1;
    let names = names(&cells[start..end]);
    if at < end {
        let on = |(first, name): &&(usize, String)| (start + first..start + first + name.chars().count()).contains(&at);
        return names.iter().find(on).map(|(_, name)| name.clone());
    }
    // Two blanks, or the line of a box, end the words of a hint.
    let words: Vec<&str> = cells[end..=at].iter().map(|(symbol, _)| *symbol).collect();
    let is_over = *here == " " || words.contains(&"─") || words.windows(2).any(|pair| pair == [" ", " "]);
    match names.as_slice() {
        [(_, only)] if !is_over => Some(only.clone()),
        _ => None,
    }
}

/// The names of keys in these cells, apart by blanks, and where each begins.
fn names(cells: &[(&str, bool)]) -> Vec<(usize, String)> {
    let mut names: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (x, (symbol, _)) in cells.iter().enumerate() {
        match names.last_mut().filter(|_| inside) {
            _ if *symbol == " " => inside = false,
            Some((_, name)) => name.push_str(symbol),
            None => {
                names.push((x, (*symbol).to_owned()));
                inside = true;
            }
        }
    }
    names
}
