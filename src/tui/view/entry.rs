//! What comes before the panes: the first question, waiting, and the forms that have to be filled in first.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    footer::hints,
    form,
    outline::put_lines,
    text::{columns, wrap},
};
use crate::tui::{
    model::{Form, FormKind, Model},
    theme::Theme,
};

/// The widest that text gets: longer lines are hard to read.
const WIDEST: u16 = 64;

/// The first question.
pub(super) fn welcome(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &Model,
    choice: usize,
    problem: Option<&str>,
    theme: &Theme,
) {
    let wide = usize::from(area.width.min(WIDEST).saturating_sub(4));
    let local = if model.settings.can_launch {
        "A server inside this program keeps them, for you alone."
    } else {
        "This build has no server of its own."
    };
    let answers = [
        ("Keep them on this machine", local),
        ("Connect to a server", "One that you or somebody else runs; a link names it."),
    ];
    let problem: Vec<_> = problem
        .map(|problem| wrap(&format!("✗ {problem}"), wide))
        .unwrap_or_default()
        .into_iter()
        .map(|line| Line::styled(line, theme.error))
        .collect();
    let invited = Line::styled("Invited? Paste the link here.", theme.dim);
    let after = if problem.is_empty() { vec![invited] } else { problem };
    let rows = usize::from(area.height).saturating_sub(1);
    // A low screen goes without what explains, then without what greets, never without what went wrong.
    let full = [(true, true), (true, false), (false, false)].into_iter().map(|(greet, explain)| {
        let mut lines = Vec::new();
        if greet {
            lines.push(Line::styled("guestlist", theme.title));
            lines.extend(
                wrap("Invitations for bands, run from a terminal.", wide)
                    .into_iter()
                    .map(|line| Line::styled(line, theme.dim)),
            );
            lines.push(Line::default());
        }
        lines.extend([Line::raw("Where are your bands?"), Line::default()]);
        for (at, (name, what)) in answers.into_iter().enumerate() {
            let style = match at {
                _ if at == choice => theme.selected,
                0 if !model.settings.can_launch => theme.dim,
                _ => Style::new(),
            };
            let mark = if at == choice { "▸" } else { " " };
            lines.push(Line::styled(format!("{mark} {} {name} ", at + 1), style));
            if explain {
                let what = wrap(what, wide.saturating_sub(4));
                lines.extend(what.into_iter().map(|line| Line::styled(format!("    {line}"), theme.dim)));
            }
        }
        lines.push(Line::default());
        lines.extend(after.iter().cloned());
        lines
    });
    let drawn: Vec<_> = full.collect();
    let lines = drawn.iter().find(|lines| lines.len() <= rows).or(drawn.last()).cloned().unwrap_or_default();
    centred(frame, area, &lines);
    foot(frame, area, &[("enter", "go on"), ("1 2", "choose"), ("q", "quit")], theme);
}

/// Waiting for what everything depends on.
pub(super) fn starting(frame: &mut Frame<'_>, area: Rect, what: &str, theme: &Theme) {
    let lines: Vec<_> = wrap(what, usize::from(area.width.min(WIDEST).saturating_sub(4)))
        .into_iter()
        .map(|line| Line::styled(line, theme.title))
        .collect();
    centred(frame, area, &lines);
    foot(frame, area, &[("esc", "back"), ("q", "quit")], theme);
}

/// A form that fills the screen.
pub(super) fn entry(frame: &mut Frame<'_>, area: Rect, model: &Model, form: &Form, theme: &Theme) {
    let (head, drawn, [block, fields]) = parts(area, model, form, theme);
    put_lines(frame.buffer_mut(), block, &head);
    drawn.put(frame, fields, fields.right(), model.overlays.is_empty());
    if model.overlays.is_empty() {
        foot(frame, area, &form::keys(form), theme);
    }
}

/// The field in this row of the screen.
pub(super) fn pointed_at(area: Rect, model: &Model, form: &Form, row: u16, theme: &Theme) -> Option<usize> {
    let (_, drawn, [_, fields]) = parts(area, model, form, theme);
    drawn.field_at(fields, row)
}

/// What stands above the fields, the fields, and where the whole and the fields go.
fn parts(area: Rect, model: &Model, form: &Form, theme: &Theme) -> (Vec<Line<'static>>, form::Drawn, [Rect; 2]) {
    let wide = area.width.min(WIDEST).saturating_sub(2);
    let mut head = vec![Line::styled(form.title.clone(), theme.title)];
    if let Some(why) = about(model, form) {
        head.extend(wrap(&why, usize::from(wide)).into_iter().map(|line| Line::styled(line, theme.dim)));
    }
    // A low screen keeps its lines for the fields.
    if area.height < 14 {
        head.truncate(1);
    }
    head.push(Line::default());
    // The last line is for the keys.
    let room = usize::from(area.height).saturating_sub(head.len() + 1);
    let drawn = form::draw(form, usize::from(wide), room, theme);
    let block = middle(area, wide, (head.len() + drawn.height()) as u16);
    let above = (head.len() as u16).min(block.height);
    let fields = Rect { y: block.y + above, height: block.height - above, ..block };
    (head, drawn, [block, fields])
}

/// Where one signs in or up, and whether an invite waits for that.
fn about(model: &Model, form: &Form) -> Option<String> {
    let server = model.server.as_ref()?;
    let place = match form.kind {
        FormKind::Connect => return None,
        _ if server.launched.is_some() => "Your bands are kept on this machine.".to_owned(),
        _ => match &server.site {
            Some(site) => format!("{} at {}.", site.name, server.origin),
            None => format!("At {}.", server.origin),
        },
    };
    let waits = match (&model.pasted, &model.invited_to) {
        (None, _) => String::new(),
        (Some(_), Some(band)) if form.kind == FormKind::SignUp => format!(" You come into {band} with it."),
        (Some(_), _) => " The invite waits for you.".to_owned(),
    };
    Some(place + &waits)
}

/// Lines in the middle of an area, flush left among themselves.
fn centred(frame: &mut Frame<'_>, area: Rect, lines: &[Line<'_>]) {
    let wide = lines.iter().map(|line| line.iter().map(|span: &Span<'_>| columns(&span.content)).sum()).max();
    put_lines(frame.buffer_mut(), middle(area, wide.unwrap_or(0) as u16, lines.len() as u16), lines);
}

/// A part of an area, in its middle, a little above rather than below; the last line stays free for the keys.
fn middle(area: Rect, wide: u16, high: u16) -> Rect {
    let room = area.height.saturating_sub(1);
    let (width, height) = (wide.min(area.width), high.min(room));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (room - height) * 2 / 5, width, height }
}

fn foot(frame: &mut Frame<'_>, area: Rect, keys: &[(&str, &str)], theme: &Theme) {
    let line = hints(keys, usize::from(area.width), theme);
    let last = Rect { y: area.bottom().saturating_sub(1), height: 1.min(area.height), ..area };
    put_lines(frame.buffer_mut(), last, [&line]);
}
