//! Forms: labels, what is typed, what is wrong with it, and how to go on. What does not fit scrolls; the field in focus
//! and what is said of it stay in sight.

use ratatui::{
    Frame,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{
    outline::{further, put_lines},
    text::{breaks, clip, columns, fit, tail, wrap},
};
use crate::{
    api::{FoundPeople, PersonState},
    tui::{
        model::{Form, FormField, FormKind, Input, TextField},
        theme::Theme,
    },
};

/// The most lines of a long text that are shown at once.
const MOST_LINES: usize = 5;

/// The most people that are shown at once.
const MOST_PEOPLE: usize = 5;
/// What is said where no name holds what is typed.
const NOBODY: &str = "Nobody here has this in their name: type a user name or an e-mail address in full.";

/// The lines of a form, drawn for a width.
pub(super) struct Drawn {
    /// The fields with what is said of them.
    lines: Vec<Line<'static>>,
    /// The first line of each field.
    fields: Vec<usize>,
    /// Lines from and up to which the field in focus reaches.
    focus: (usize, usize),
    /// Line and column of the cursor.
    cursor: Option<(usize, usize)>,
    /// What stays below the fields however they scroll.
    foot: Vec<Line<'static>>,
    /// Lines scrolled off the top, where the person scrolls and not the focus.
    scrolled: Option<usize>,
    /// How what says that there is more looks.
    arrow: Style,
}

impl Drawn {
    /// Lines that it takes when nothing scrolls.
    pub(super) fn height(&self) -> usize {
        self.lines.len() + self.foot.len()
    }

    /// The field whose lines stand in this row of the area that it is put into.
    pub(super) fn field_at(&self, area: Rect, row: u16) -> Option<usize> {
        let (fields, top) = self.window(area);
        let line = top + usize::from(row.checked_sub(fields.y).filter(|row| *row < fields.height)?);
        (line < self.lines.len()).then(|| self.fields.iter().rposition(|&first| first <= line))?
    }

    /// Where its fields go in an area, and the line of them that comes first.
    fn window(&self, area: Rect) -> (Rect, usize) {
        let foot = (self.foot.len() as u16).min(area.height);
        let fields = Rect { height: area.height - foot, ..area };
        let high = usize::from(fields.height);
        let (start, end) = (self.focus.0, self.focus.1.max(1));
        let furthest = self.lines.len().saturating_sub(high);
        let top = self.scrolled.map_or_else(
            || {
                // The cursor goes before what is said of the field, should both not fit. What comes next is seen as well,
                // where that hides nothing of the field.
                let cursor_line = self.cursor.map_or(start, |(line, _)| line);
                let next = (end + 2).min(self.lines.len()).saturating_sub(high).min(start);
                end.saturating_sub(high).max(next).min(cursor_line)
            },
            |top| top.min(furthest),
        );
        (fields, top)
    }

    /// How much there is that is not seen, in fields, or in lines where it has no fields; 0 for less than one.
    fn unseen(&self, top: usize, high: usize) -> [Option<usize>; 2] {
        let (above, below) = (top > 0, top + high < self.lines.len());
        let fields = |hidden: &dyn Fn(usize) -> bool| self.fields.iter().filter(|&&line| hidden(line)).count();
        let (over, under) = if self.fields.is_empty() {
            (top, self.lines.len().saturating_sub(top + high))
        } else {
            (fields(&|line| line < top), fields(&|line| line >= top + high))
        };
        [above.then_some(over), below.then_some(under)]
    }

    /// Puts it into an area, and the cursor where it stands if the form takes the keys. What is not seen is told in the column
    /// `edge`.
    pub(super) fn put(mut self, frame: &mut Frame<'_>, area: Rect, edge: u16, takes_keys: bool) {
        // However much there is to say of the whole, half is left for the fields.
        let most = usize::from(area.height / 2);
        if self.foot.len() > most {
            self.foot.retain(|line| line.width() > 0);
            if self.foot.len() > most {
                self.foot.truncate(most.saturating_sub(1));
                self.foot.push(Line::raw("…"));
            }
        }
        let (fields, top) = self.window(area);
        let high = usize::from(fields.height);
        put_lines(frame.buffer_mut(), fields, self.lines.iter().skip(top));
        further(frame.buffer_mut(), fields, edge, self.unseen(top, high), self.arrow);
        let below = Rect { y: fields.bottom(), height: area.bottom() - fields.bottom(), ..area };
        put_lines(frame.buffer_mut(), below, &self.foot);
        if let Some((line, column)) = self.cursor.filter(|_| takes_keys) {
            let line = line - top;
            if line < high && column < usize::from(area.width) {
                frame.set_cursor_position(Position::new(area.x + column as u16, fields.y + line as u16));
            }
        }
    }
}

/// Draws a form for so many columns; blank lines between its fields go where they would take it beyond so many lines.
pub(super) fn draw(form: &Form, wide: usize, high: usize, theme: &Theme) -> Drawn {
    let airy = lines(form, wide, true, theme);
    if airy.height() <= high { airy } else { lines(form, wide, false, theme) }
}

fn lines(form: &Form, wide: usize, airy: bool, theme: &Theme) -> Drawn {
    let label_wide = form.fields.iter().map(|field| columns(field.label)).max().unwrap_or(0);
    let indent = (label_wide + 4).min(wide / 2);
    let room = wide.saturating_sub(indent + 1).max(1);
    let mut drawn = Drawn {
        lines: Vec::new(),
        fields: Vec::new(),
        focus: (0, 1),
        cursor: None,
        foot: Vec::new(),
        scrolled: None,
        arrow: theme.key,
    };
    let waiting = form.sending.is_some();
    if let Some(review) = &form.review {
        drawn.lines = wrap(review, wide).into_iter().map(Line::raw).collect();
        drawn.scrolled = Some(usize::from(form.known.scroll));
        foot(&mut drawn, form, wide, theme);
        return drawn;
    }
    for (at, field) in form.fields.iter().enumerate() {
        let focused = at == form.focus && !waiting;
        let start = drawn.lines.len();
        drawn.fields.push(start);
        let (inputs, cursor) = input(field, room, focused, theme);
        if focused {
            drawn.cursor = cursor.map(|(line, column)| (start + line, indent + column));
        }
        for (line, spans) in inputs.into_iter().enumerate() {
            let head = if line == 0 {
                let mark = if focused { "▸ " } else { "  " };
                fit(&format!("{mark}{}", field.label), indent)
            } else {
                " ".repeat(indent)
            };
            let style = if focused { theme.title } else { theme.dim };
            let mut line = vec![Span::styled(head, style)];
            line.extend(spans);
            drawn.lines.push(Line::from(line));
        }
        let mut say = |text: &str, style: Style| {
            for line in wrap(text, room) {
                drawn.lines.push(Line::from(vec![Span::raw(" ".repeat(indent)), Span::styled(line, style)]));
            }
        };
        if let Some(error) = &field.error {
            say(&format!("✗ {error}"), theme.error);
        }
        let people = form.known.people.as_ref().filter(|_| focused && field.name == "recipient");
        // What is wrong says what is allowed, and so does who was found.
        if focused && field.error.is_none() && people.is_none_or(|found| found.accounts.is_empty()) {
            say(if people.is_some() { NOBODY } else { field.hint }, theme.dim);
        }
        for line in people.map(|found| found_people(found, form.known.picked, room, theme)).unwrap_or_default() {
            let mut spans = vec![Span::raw(" ".repeat(indent))];
            spans.extend(line);
            drawn.lines.push(Line::from(spans));
        }
        if focused {
            drawn.focus = (start, drawn.lines.len());
        }
        if airy && at + 1 < form.fields.len() {
            drawn.lines.push(Line::default());
        }
    }
    foot(&mut drawn, form, wide, theme);
    drawn
}

/// The people who were found, around the one that the cursor is on.
fn found_people(found: &FoundPeople, picked: Option<usize>, room: usize, theme: &Theme) -> Vec<Vec<Span<'static>>> {
    let top = picked.map_or(0, |at| (at + 1).saturating_sub(MOST_PEOPLE));
    let shown = found.accounts.iter().enumerate().skip(top).take(MOST_PEOPLE);
    let mut lines: Vec<_> = shown
        .map(|(at, person)| {
            let selected = picked == Some(at);
            let state = match person.state {
                PersonState::None => "",
                PersonState::Member => "in the band",
                PersonState::Invited => "invited already",
                PersonState::Declined => "declined before",
            };
            let names = room.saturating_sub(2 + columns(state) + 1);
            let name = format!("@{}  {}", person.username, person.display_name);
            let style = match (selected, person.state) {
                (true, _) => theme.selected,
                (false, PersonState::Member) => theme.dim,
                _ => theme.plain,
            };
            vec![
                Span::styled(if selected { "▸ " } else { "  " }, style),
                Span::styled(fit(&name, names), style),
                Span::styled(format!(" {state}"), theme.dim),
            ]
        })
        .collect();
    if let Some(mark) = lines.first_mut().and_then(|line| line.first_mut()).filter(|_| top > 0) {
        mark.content = "↑ ".into();
    }
    let below = found.accounts.len().saturating_sub(top + MOST_PEOPLE);
    if below > 0 {
        lines.push(vec![Span::styled(format!("  … and {below} more"), theme.dim)]);
    }
    lines
}

/// What is said of the whole.
fn foot(drawn: &mut Drawn, form: &Form, wide: usize, theme: &Theme) {
    if let Some(refused) = &form.refused {
        drawn.foot.push(Line::default());
        drawn.foot.extend(wrap(&format!("✗ {refused}"), wide).into_iter().map(|line| Line::styled(line, theme.error)));
    }
    if form.sending.is_some() {
        drawn.foot.push(Line::default());
        drawn.foot.push(Line::styled("sending…", theme.pending));
    }
}

/// Lines of what is typed, and where the cursor is in them.
fn input(
    field: &FormField,
    room: usize,
    focused: bool,
    theme: &Theme,
) -> (Vec<Vec<Span<'static>>>, Option<(usize, usize)>) {
    match &field.input {
        Input::Line(text) => one_line(text.parts().0, text.parts().1, room, theme),
        Input::Secret(text) => {
            let dots =
                |part: &str| "•".repeat(unicode_segmentation::UnicodeSegmentation::graphemes(part, true).count());
            one_line(&dots(text.parts().0), &dots(text.parts().1), room, theme)
        }
        Input::Lines(text) => several(text, room, theme),
        Input::Choice { options, selected } => {
            let word = options.get(*selected).map_or("", |(_, word)| word);
            let spans = if options.len() > 1 {
                let arrow = if focused { theme.key } else { theme.dim };
                vec![
                    Span::styled("◂ ", arrow),
                    Span::raw(clip(word, room.saturating_sub(4))),
                    Span::styled(" ▸", arrow),
                ]
            } else {
                vec![Span::raw(clip(word, room))]
            };
            (vec![spans], focused.then_some((0, 0)))
        }
    }
}

fn one_line(
    before: &str,
    behind: &str,
    room: usize,
    theme: &Theme,
) -> (Vec<Vec<Span<'static>>>, Option<(usize, usize)>) {
    // The cursor behind the last letter needs a column too.
    let before = tail(before, room.saturating_sub(1));
    let column = columns(&before);
    let behind = clip(behind, room - column);
    (vec![vec![Span::styled(fit(&(before + &behind), room), theme.input)]], Some((0, column)))
}

/// As many lines as there are, a few at most around the cursor.
fn several(text: &TextField, room: usize, theme: &Theme) -> (Vec<Vec<Span<'static>>>, Option<(usize, usize)>) {
    let cursor = text.parts().0.len();
    let lines = breaks(text.text(), room);
    // On the edge between two lines the cursor stands at the beginning of the second.
    let at = lines.iter().rposition(|line| line.start <= cursor).unwrap_or(0);
    let column = columns(&text.text()[lines[at].start..cursor]).min(room - 1);
    let top = (at + 1).saturating_sub(MOST_LINES);
    let mut shown: Vec<_> = lines[top..]
        .iter()
        .take(MOST_LINES)
        .map(|line| vec![Span::styled(fit(text.text()[line.clone()].trim_end_matches(' '), room), theme.input)])
        .collect();
    // A column is left behind the text.
    if let Some(first) = shown.first_mut().filter(|_| top > 0) {
        first.push(Span::styled("↑", theme.key));
    }
    if let Some(last) = shown.last_mut().filter(|_| top + MOST_LINES < lines.len()) {
        last.push(Span::styled("↓", theme.key));
    }
    (shown, Some((at - top, column)))
}

/// The keys of a form.
pub(super) fn keys(form: &Form) -> Vec<(&'static str, &'static str)> {
    if form.sending.is_some() {
        return vec![("esc", "stop waiting")];
    }
    if form.review.is_some() {
        return vec![("y", form.verb), ("esc", "change")];
    }
    let of_people = form.fields.get(form.focus).is_some_and(|field| field.name == "recipient")
        && form.known.people.as_ref().is_some_and(|found| !found.accounts.is_empty());
    if of_people && form.known.picked.is_some() {
        return vec![("enter", "take"), ("↓ ↑", "choose"), ("esc", "back")];
    }
    let mut keys = match form.fields.get(form.focus).map(|field| &field.input) {
        Some(Input::Lines(_)) => vec![("ctrl-s", form.verb), ("tab", "next"), ("ctrl-o", "editor")],
        _ if form.enter_leads_to().is_some() => vec![("enter", "next")],
        _ if form.fields.len() > 1 => vec![("enter", form.verb), ("tab", "next")],
        _ => vec![("enter", form.verb)],
    };
    match form.fields.get(form.focus).map(|field| &field.input) {
        Some(Input::Choice { options, .. }) if options.len() > 1 => keys.push(("← →", "change")),
        _ => {}
    }
    if of_people {
        keys.push(("↓", "choose"));
    }
    match form.kind {
        FormKind::SignIn => keys.extend([("ctrl-t", "new account"), ("ctrl-r", "forgot password")]),
        FormKind::SignUp => keys.push(("ctrl-t", "sign in instead")),
        _ => {}
    }
    keys.push(("esc", "back"));
    keys
}
