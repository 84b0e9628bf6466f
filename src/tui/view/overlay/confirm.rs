//! The question before a deed.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{open, put_lines, say};
use crate::tui::{
    model::{Confirm, Deed, Many},
    theme::Theme,
};

/// A question is short; a narrow box keeps it together.
const WIDEST: u16 = 56;

pub(super) fn draw(buf: &mut Buffer, area: Rect, confirm: &Confirm, theme: &Theme) -> Rect {
    let wide = super::box_width(area).min(WIDEST);
    let room = usize::from(wide).saturating_sub(4);
    let mut lines = say(&confirm.question, room, theme.title);
    if !confirm.consequence.is_empty() {
        lines.push(Line::default());
        lines.extend(say(&confirm.consequence, room, theme.dim));
    }
    if let Some(refused) = &confirm.refused {
        lines.push(Line::default());
        lines.extend(say(&format!("✗ {refused}"), room, theme.error));
    }
    lines.push(Line::default());
    let mut answers = 1;
    if confirm.sending.is_none() && !confirm.choices.is_empty() {
        for choice in &confirm.choices {
            let mark = if choice.chosen { "[x]" } else { "[ ]" };
            lines.push(Line::from(vec![
                Span::styled(choice.key.to_string(), theme.key),
                Span::raw(format!(" {mark} {}", choice.label)),
            ]));
        }
        lines.push(Line::default());
        answers += confirm.choices.len() + 1;
    }
    let count = confirm.deeds.len();
    if confirm.sending.is_some() {
        let progress = match &confirm.many {
            Some(many) => far(many),
            None if count > 1 => format!("{} of {count} done…", confirm.done),
            None => "on its way…".to_owned(),
        };
        lines.push(Line::styled(progress, theme.pending));
    } else {
        let rest = count.saturating_sub(confirm.done);
        let verb = match confirm.done {
            0 => confirm.verb.to_owned(),
            // Some are done, one was refused.
            _ => format!("{} the other {rest}", confirm.verb),
        };
        lines.push(Line::from(vec![
            Span::styled("y", theme.key),
            Span::raw(format!(" {verb}   ")),
            Span::styled("esc", theme.key),
            Span::raw(format!(" {}", other_way(confirm))),
        ]));
    }
    let keys: &[(&str, &str)] = if confirm.sending.is_some() { &[("esc", "stop")] } else { &[] };
    let inner = open(buf, area, wide, lines.len(), "Sure?", keys, theme);
    // On a low screen the answers stay in sight and the consequence is cut.
    let high = usize::from(inner.height);
    if lines.len() > high && high > 0 {
        let kept = high.saturating_sub(answers);
        lines.drain(kept..lines.len() - answers.min(lines.len()));
        if let Some(last) = kept.checked_sub(1).and_then(|last| lines.get_mut(last)) {
            let style = last.style;
            *last = Line::styled(super::super::text::clip(&format!("{last} …"), room), style);
        }
    }
    put_lines(buf, inner, &lines);
    inner
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
