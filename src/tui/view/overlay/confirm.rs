//! The question before a deed.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{super::text::clip, first_lines, open, put_lines, say};
use crate::tui::{
    model::{Confirm, Deed, Many},
    theme::Theme,
};

/// A question is short; a narrow box keeps it together.
const WIDEST: u16 = 56;
/// Lines of a question on a screen that is lower than this.
const MOST_QUESTION: usize = 3;
const LOW: u16 = 14;

pub(super) fn draw(buf: &mut Buffer, area: Rect, confirm: &Confirm, theme: &Theme) -> Rect {
    let wide = super::box_width(area).min(WIDEST);
    let room = usize::from(wide).saturating_sub(4);
    let mut question = say(&confirm.question, room, theme.title);
    // On a low screen a long name leaves room for what will happen.
    if area.height < LOW && question.len() > MOST_QUESTION {
        question = say(&clip(&confirm.question, room * MOST_QUESTION - room / 4), room, theme.title);
    }
    let consequence = match confirm.consequence.as_str() {
        "" => Vec::new(),
        text => say(text, room, theme.dim),
    };
    let refused = confirm.refused.as_ref().map(|refused| say(&format!("✗ {refused}"), room, theme.error));
    let choices = confirm.choices.iter().filter(|_| confirm.sending.is_none()).map(|choice| {
        let mark = if choice.chosen { "[x]" } else { "[ ]" };
        let key = Span::styled(choice.key.to_string(), theme.hint);
        Line::from(vec![key, Span::raw(format!(" {mark} {}", choice.label))])
    });
    let mut parts = [question, consequence, refused.unwrap_or_default(), choices.collect(), vec![last(confirm, theme)]];
    let lines: Vec<_> = parts.iter().filter(|part| !part.is_empty()).map(Vec::as_slice).collect();
    let mut lines = lines.join(&Line::default());
    let keys: &[(&str, &str)] = if confirm.sending.is_some() { &[("esc", "stop")] } else { &[] };
    let inner = open(buf, area, wide, lines.len(), "Sure?", keys, theme);
    let high = usize::from(inner.height);
    if lines.len() > high {
        // On a low screen what is asked, what went wrong and the answers stay in sight, and the consequence is cut.
        let others: usize = parts.iter().map(Vec::len).sum::<usize>() - parts[1].len();
        parts[1] = first_lines(std::mem::take(&mut parts[1]), high.saturating_sub(others));
        lines = parts.concat();
        if lines.len() < high {
            // The answers are set apart where there is room for that.
            lines.insert(lines.len() - 1, Line::default());
        }
    }
    put_lines(buf, inner, &lines);
    inner
}

/// The answers, or how far it has come.
fn last(confirm: &Confirm, theme: &Theme) -> Line<'static> {
    let count = confirm.deeds.len();
    if confirm.sending.is_some() {
        let progress = match &confirm.many {
            Some(many) => far(many),
            None if count > 1 => format!("{} of {count} done…", confirm.done),
            None => "on its way…".to_owned(),
        };
        return Line::styled(progress, theme.pending);
    }
    let rest = count.saturating_sub(confirm.done);
    let verb = match confirm.done {
        0 => confirm.verb.to_owned(),
        // Some are done, one was refused.
        _ => format!("{} the other {rest}", confirm.verb),
    };
    Line::from(vec![
        Span::styled("y", theme.hint),
        Span::raw(format!(" {verb}   ")),
        Span::styled("esc", theme.hint),
        Span::raw(format!(" {}", other_way(confirm))),
    ])
}

/// How far it has come: "2000 done, 3 refused, 400 to go…".
fn far(many: &Many) -> String {
    let refused = match many.failed.len() {
        0 => String::new(),
        count => format!(", {count} refused"),
    };
    let to_go = match many.remaining {
        0 => String::new(),
        count @ 1_000.. => format!(", {count} or more to go"),
        count => format!(", {count} to go"),
    };
    format!("{} done{refused}{to_go}…", many.done)
}

/// What happens on "no", in a word.
fn other_way(confirm: &Confirm) -> &'static str {
    match confirm.deeds.first() {
        Some(Deed::Discard) => "go on typing",
        Some(Deed::AcceptWaiting(_)) => "not now",
        Some(Deed::Leave(_) | Deed::SignOut | Deed::Switch(_)) => "stay",
        _ if confirm.done > 0 => "leave it at that",
        Some(Deed::Send(_)) => "not now",
        Some(Deed::Rotate(_)) => "keep the old one",
        _ => "keep",
    }
}
