//! The keys, as the table of keys has them.

use ratatui::text::{Line, Span};

use super::super::{
    panes::glyph,
    text::{columns, fit, wrap},
};
use crate::{
    domain::Status,
    tui::{
        keymap::{KEYMAP, Scope},
        model::Model,
        theme::Theme,
    },
};

/// The keys of the pane in focus first, then those that hold everywhere, then those of the other panes and lists.
pub(super) fn lines(model: &Model, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut scopes = vec![model.scope(), Scope::Everywhere];
    scopes.extend(Scope::ALL.iter().copied().filter(|scope| *scope != model.scope() && *scope != Scope::Everywhere));
    let keymap = &model.settings.keymap;
    let keys = |action| keymap.keys(action).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let widest = KEYMAP.iter().map(|binding| columns(&keys(binding.action))).max().unwrap_or(0).min(if wide < 60 {
        10
    } else {
        16
    });
    let mut lines = Vec::new();
    for scope in scopes {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(heading(scope), theme.title));
        for binding in KEYMAP.iter().filter(|binding| binding.scope == scope) {
            let keys = keys(binding.action);
            let keys = if keys.is_empty() { ":".to_owned() + binding.label } else { keys };
            let help = wrap(binding.help, wide.saturating_sub(widest + 2));
            lines.extend(help.into_iter().enumerate().map(|(at, help)| {
                let keys = if at == 0 { keys.as_str() } else { "" };
                Line::from(vec![Span::styled(fit(keys, widest), theme.key), Span::raw(format!("  {help}"))])
            }));
        }
        if scope == Scope::Invites {
            lines.extend(legend(wide, widest, theme));
        }
    }
    lines
}

/// "In the bands".
fn heading(scope: Scope) -> String {
    let place = scope.place();
    place[..1].to_uppercase() + &place[1..]
}

/// What the words and signs of an invite's status mean.
fn legend(wide: usize, widest: usize, theme: &Theme) -> Vec<Line<'static>> {
    let meaning = |status| match status {
        Status::Pending => "It can be accepted",
        Status::Accepted => "Its last use is taken",
        Status::Rejected => "Whom it was for has declined it",
        Status::Cancelled => "It ended otherwise: under EXPIRES stands how, revoked or expired above all",
    };
    let mut lines = vec![Line::default(), Line::styled("What an invite is", theme.title)];
    for &status in Status::ALL {
        let name = format!("{} {status}", glyph(status));
        let widest = widest.max(columns(&name));
        let said = wrap(meaning(status), wide.saturating_sub(widest + 2));
        lines.extend(said.into_iter().enumerate().map(|(at, said)| {
            let name = if at == 0 { name.as_str() } else { "" };
            Line::from(vec![Span::styled(fit(name, widest), theme.status(status)), Span::raw(format!("  {said}"))])
        }));
    }
    lines
}
