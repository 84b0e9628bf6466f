//! Invites by campaign: the campaigns with their counts, and under the open one its invites.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    super::{
        outline::{put, put_lines},
        text::{columns, fit},
    },
    cell_style, empty, invites, notice, stale,
};
use crate::{
    api::{Campaign, Invite},
    domain::Status,
    tui::{
        model::{GroupLine, Groups, Model, Pane},
        theme::Theme,
    },
};

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, groups: &Groups, theme: &Theme) {
    if groups.list.is_empty() {
        return notice(buf, area, &empty(model, &groups.list, false, "No campaigns."), theme.dim);
    }
    let held: Vec<&Invite> = model.invites.list.rows().collect();
    let campaigns: Vec<&Campaign> = groups.list.rows().collect();
    let all = groups.lines(held.len());
    let cursor = groups.cursor(model.invites.list.selected_index());
    let high = usize::from(area.height);
    let top = groups.top.min(all.len().saturating_sub(1));
    let shown = &all[top..(top + high).min(all.len())];
    let on_screen = shown.iter().filter_map(|line| match line {
        GroupLine::Invite(at) => held.get(*at).copied(),
        _ => None,
    });
    let table = invites::table(area, on_screen);
    invites::heading(buf, area, table, theme);
    let lines: Vec<_> = shown
        .iter()
        .filter_map(|line| {
            let selected = *line == cursor;
            Some(match line {
                GroupLine::Campaign(at) => {
                    let campaign = campaigns.get(*at)?;
                    let open = groups.open == Some(campaign.id);
                    header(model, campaign, open, selected, usize::from(area.width), theme)
                }
                GroupLine::Invite(at) => invites::row(model, held.get(*at)?, selected, table, theme),
                GroupLine::Nothing => {
                    let words =
                        empty(model, &model.invites.list, invites::is_narrowed(&model.invites), "No invites yet.");
                    Line::styled(format!("    {words}"), theme.dim)
                }
            })
        })
        .collect();
    put_lines(buf, area, &lines);
    let edge = area.right();
    if (top > 0 || groups.list.has_before()) && area.height > 0 {
        put(buf, edge, area.y, "↑", theme.dim, 1);
    }
    if (top + high < all.len() || groups.list.has_behind()) && area.height > 0 {
        put(buf, edge, area.bottom() - 1, "↓", theme.dim, 1);
    }
}

/// "▾ Summer party          12 ●  3 ✓  1 ✗  2 ○".
fn header(model: &Model, campaign: &Campaign, open: bool, selected: bool, wide: usize, theme: &Theme) -> Line<'static> {
    let style = cell_style(model, Pane::Invites, selected, theme);
    let counts = campaign.counts;
    let numbers = [
        (Status::Pending, counts.pending),
        (Status::Accepted, counts.accepted),
        (Status::Rejected, counts.rejected),
        (Status::Cancelled, counts.cancelled),
    ];
    // A narrow pane tells what can still be used and what came of it.
    let numbers = &numbers[..if wide < 50 { 2 } else { 4 }];
    let counted: Vec<_> = numbers
        .iter()
        .map(|&(status, count)| {
            let old = stale(model, theme).unwrap_or(if count == 0 { theme.dim } else { theme.status(status) });
            Span::styled(format!("{count:>6} {}", invites::glyph(status)), old)
        })
        .collect();
    let taken: usize = counted.iter().map(|span| columns(&span.content)).sum();
    let ended = if campaign.ended_at.is_some() { "  ended" } else { "" };
    let room = wide.saturating_sub(taken + 4 + ended.len() + 1);
    let mut spans = vec![
        Span::styled(if selected { "▸" } else { " " }, style),
        Span::styled(if open { "▾ " } else { "▹ " }, if selected { style } else { theme.key }),
        Span::styled(fit(&campaign.name, room), if selected { style } else { style.patch(theme.title) }),
        Span::styled(ended, theme.dim),
    ];
    spans.extend(counted);
    Line::from(spans)
}
