//! The members: who, as what, since when, by whom.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    super::{
        listing::{shown, widest},
        outline::put_lines,
        text::{columns, fit},
        when,
    },
    cell_style, empty, found, more, notice, stale, visible,
};
use crate::{
    api::Member,
    domain::{Role, Timestamp},
    tui::{
        listing::Column,
        model::{Model, Pane},
        theme::Theme,
    },
};

/// Name, role, date, by whom; from the right they go where the name would be cut short.
const COLUMNS: [Column; 4] = [
    Column { name: "", least: 18, most: 44, goes: 0 },
    Column { name: "", least: 6, most: 7, goes: 0 },
    Column { name: "", least: 10, most: 10, goes: 1 },
    Column { name: "", least: 11, most: 28, goes: 2 },
];

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
    let sought = model.members.search.query.text().trim();
    let last_admin = model.last_admin();
    let rows: Vec<_> = visible(list, area.height)
        .map(|(_, member, selected)| {
            let you = if me == Some(member.account.id) { " (you)" } else { "" };
            let only = last_admin == Some(member.account.id);
            let cells = [
                format!("{}{you}", called(member, sought)),
                if only { format!("{} !", member.role) } else { member.role.to_string() },
                when::date(member.joined_at, &model.settings.zone),
                if only { format!("last admin, {}", origin(member, founded)) } else { origin(member, founded) },
            ];
            (cells, selected)
        })
        .collect();
    let needs = widest(rows.iter().map(|(cells, _)| cells.iter().map(|text| columns(text)).collect()));
    let widths = shown(&COLUMNS, &needs, usize::from(area.width), 2);
    let lines: Vec<_> = rows
        .into_iter()
        .map(|([name, role, since, by], selected)| {
            let first = cell_style(model, Pane::Members, selected, theme);
            let mut spans = vec![Span::styled(if selected { "▸ " } else { "  " }, first)];
            spans.extend(found(&fit(&name, widths[0]), sought, first, theme));
            let others = [(role, stale(model, theme).unwrap_or_default()), (since, theme.dim), (by, theme.dim)];
            for ((text, style), &wide) in others.into_iter().zip(&widths[1..]).filter(|(_, wide)| **wide > 0) {
                spans.push(Span::styled(format!("  {}", fit(&text, wide)), style));
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

/// As [`origin`], for who hears it.
pub(in crate::tui::view) fn how_they_came(member: &Member, model: &Model) -> String {
    origin(member, model.chosen_band().map(|band| band.created_at))
}

/// How they came in, and whether a plain member may invite.
fn origin(member: &Member, founded: Option<Timestamp>) -> String {
    let how = match &member.invited_by {
        Some(by) => format!("by {}", by.display_name),
        None if founded.is_some_and(|founded| member.joined_at <= founded) => "founder".to_owned(),
        None => "joined".to_owned(),
    };
    // A narrow screen cuts the end.
    if member.can_invite && member.role == Role::Member { format!("may invite, {how}") } else { how }
}
