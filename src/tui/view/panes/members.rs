//! The members: who, as what, since when, by whom.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    super::{outline::put_lines, text::fit, when},
    cell_style, empty, found, more, notice, stale, visible,
};
use crate::{
    api::Member,
    domain::{Role, Timestamp},
    tui::{
        model::{Model, Pane},
        theme::Theme,
    },
};

/// "9", or "2 of 9" while searched.
pub(super) fn counts(model: &Model) -> String {
    let members = &model.members;
    match members.matched.filter(|_| !members.search.query.is_empty()) {
        Some(matched) => format!("{} of {}", super::invites::count(matched), members.total),
        None if members.list.is_empty() => String::new(),
        None => members.total.to_string(),
    }
}

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: &Theme) {
    let list = &model.members.list;
    if model.band.is_none() {
        return;
    }
    if list.is_empty() {
        let narrowed = !model.members.search.query.is_empty();
        notice(buf, area, &empty(model, list, narrowed, "Nobody."), theme.dim);
        return;
    }
    let founded = model.chosen_band().map(|band| band.created_at);
    let me = model.me.as_ref().map(|me| me.id);
    let wide = usize::from(area.width);
    // Name, role, date, by whom; from the right they go where the name would be cut short.
    let with_date = wide >= 38;
    let by = if wide >= 52 { ((wide - 38) / 2).clamp(12, 28) } else { 0 };
    let name =
        wide.saturating_sub(2 + 8 + if with_date { 12 } else { 0 } + if by > 0 { by + 2 } else { 0 } + 1).min(44);
    let sought = model.members.search.query.text().trim();
    let lines: Vec<_> = visible(list, area.height)
        .map(|(_, member, selected)| {
            let first = cell_style(model, Pane::Members, selected, theme);
            let you = if me == Some(member.account.id) { " (you)" } else { "" };
            let mut spans = vec![Span::styled(if selected { "▸ " } else { "  " }, first)];
            spans.extend(found(&fit(&format!("{}{you}", called(member, sought)), name), sought, first, theme));
            spans.push(Span::styled(
                format!("  {}", fit(member.role.as_str(), 6)),
                stale(model, theme).unwrap_or_default(),
            ));
            if with_date {
                spans
                    .push(Span::styled(format!("  {}", when::date(member.joined_at, &model.settings.zone)), theme.dim));
            }
            if by > 0 {
                spans.push(Span::styled(format!("  {}", fit(&origin(member, founded), by)), theme.dim));
            }
            Line::from(spans)
        })
        .collect();
    put_lines(buf, area, &lines);
    more(buf, area, list, theme.dim);
}

/// How somebody is called; with the user name where that alone is what was searched for.
fn called(member: &Member, sought: &str) -> String {
    let (name, username) = (&member.account.display_name, &member.account.username);
    if sought.is_empty() || name.to_lowercase().contains(&sought.to_lowercase()) {
        return name.clone();
    }
    format!("{name} @{username}")
}

/// How they came in, and whether a plain member may invite.
fn origin(member: &Member, founded: Option<Timestamp>) -> String {
    let how = match &member.invited_by {
        Some(by) => format!("by {}", by.display_name),
        None if founded.is_some_and(|founded| member.joined_at <= founded) => "founder".to_owned(),
        None => "joined".to_owned(),
    };
    if member.can_invite && member.role == Role::Member { format!("{how}, may invite") } else { how }
}
