//! The invites: whom for, as what, where they stand, uses, end.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    super::{
        outline::put_lines,
        text::{columns, fit, fit_right},
        when,
    },
    cell_style, empty, key, more, notice, stale, visible,
};
use crate::{
    api::Invite,
    domain::{CancelReason, Standing, Status},
    tui::{
        keymap::Action,
        label,
        model::{Model, Pane},
        theme::Theme,
    },
};

/// "Invites · The Night Owls".
pub(super) fn title(model: &Model) -> String {
    model.chosen_band().map_or_else(|| "Invites".to_owned(), |band| format!("Invites · {}", band.name))
}

/// A count as the server gives it: to 1,000 exactly.
pub(super) fn count(matched: u64) -> String {
    if matched >= 1_000 { "1000+".to_owned() } else { matched.to_string() }
}

/// "12 pending of 48"; what is marked, filtered and ordered otherwise is said too.
pub(super) fn counts(model: &Model) -> String {
    let invites = &model.invites;
    if invites.list.is_empty() && !invites.list.loaded {
        return String::new();
    }
    let narrowed = invites.status.is_some() || !invites.search.query.is_empty();
    let mut parts = Vec::new();
    if !invites.list.marked.is_empty() {
        parts.push(format!("{} marked", invites.list.marked.len()));
    }
    parts.push(match (narrowed, invites.matched, invites.status) {
        (true, Some(matched), Some(status)) => format!("{} {status} of {}", count(matched), invites.total),
        (true, None, Some(status)) => format!("{status} of {}", invites.total),
        (true, Some(matched), None) => format!("{} of {}", count(matched), invites.total),
        _ => format!("{} pending of {}", invites.pending, invites.total),
    });
    if invites.sort.is_some() {
        parts.push(label::order(invites.sort).to_owned());
    }
    parts.join(" · ")
}

/// The glyph of a status: it is told apart without colour and without reading.
pub(in crate::tui::view) const fn glyph(status: Status) -> &'static str {
    match status {
        Status::Pending => "●",
        Status::Accepted => "✓",
        Status::Rejected => "✗",
        Status::Cancelled => "○",
    }
}

/// "3/10", "3/∞".
pub(in crate::tui::view) fn uses(invite: &Invite) -> String {
    invite.max_uses.0.map_or_else(|| format!("{}/∞", invite.uses), |most| format!("{}/{most}", invite.uses))
}

/// What ended an invite, as people say it.
pub(in crate::tui::view) const fn reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Revoked => "revoked",
        CancelReason::Expired => "expired",
        CancelReason::CampaignDeleted => "campaign deleted",
        CancelReason::CampaignExpired => "campaign ended",
        CancelReason::Superseded => "superseded",
        CancelReason::OptedOut => "opted out",
        CancelReason::InviterRemoved => "inviter removed",
        CancelReason::MemberRemoved => "member removed",
        CancelReason::BandDeleted => "band deleted",
        CancelReason::Replaced => "replaced",
    }
}

/// Columns of the table; none where a column is not shown.
#[derive(Debug, Clone, Copy)]
struct Table {
    recipient: usize,
    role: usize,
    status: usize,
    uses: usize,
    expires: usize,
    by: usize,
    made: usize,
}

/// Less than this of the recipient says too little: other columns go first.
const RECIPIENT: usize = 16;
/// More than this is rarely filled, and leads the eye too far from a name to its status.
const MOST_RECIPIENT: usize = 44;

impl Table {
    fn new(wide: usize, uses: usize) -> Self {
        let mut table = Self { recipient: 0, role: 6, status: 11, uses, expires: 8, by: 14, made: 10 };
        let drops: [fn(&mut Self); 4] =
            [|table| table.made = 0, |table| table.by = 0, |table| table.role = 0, |table| table.uses = 0];
        let mut drops = drops.into_iter();
        if wide >= 64 {
            // The longer reasons of an end fit too.
            table.expires = 10;
        }
        loop {
            let others = [table.role, table.status, table.uses, table.expires, table.by, table.made];
            let taken: usize = others.into_iter().filter(|&column| column > 0).map(|column| column + 2).sum();
            table.recipient = wide.saturating_sub(2 + taken).min(MOST_RECIPIENT);
            let enough = if table.by > 0 || table.made > 0 { RECIPIENT + 8 } else { RECIPIENT };
            if table.recipient >= enough {
                return table;
            }
            let Some(drop) = drops.next() else { return table };
            drop(&mut table);
        }
    }

    /// A row of these cells, each in its column.
    fn cells<'a>(self, cells: [(&str, Style); 6]) -> impl Iterator<Item = Span<'a>> {
        let wide = [self.role, self.status, self.uses, self.expires, self.by, self.made];
        let numbers = 2;
        cells.into_iter().zip(wide).enumerate().filter(|(_, (_, wide))| *wide > 0).map(
            move |(at, ((text, style), wide))| {
                let text = if at == numbers { fit_right(text, wide) } else { fit(text, wide) };
                Span::styled(format!("  {text}"), style)
            },
        )
    }
}

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, theme: &Theme) {
    let invites = &model.invites;
    let list = &invites.list;
    if list.is_empty() {
        if model.band.is_some() {
            let narrowed = invites.status.is_some() || !invites.search.query.is_empty();
            let todo = if model.may_invite() {
                format!("No invites yet. {} makes one.", key(model, Action::NewInvite))
            } else {
                "Members see invites of their own alone; admins make them.".to_owned()
            };
            let area = Rect { y: area.y.saturating_sub(1), height: area.height + 1, ..area };
            notice(buf, area, &empty(model, list, narrowed, &todo), theme.dim);
        }
        return;
    }
    let widest = visible(list, area.height).map(|(_, invite, _)| columns(&uses(invite))).max().unwrap_or(0);
    let table = Table::new(usize::from(area.width), widest.clamp(4, 12));
    let mut heading = vec![Span::styled(format!("  {}", fit("FOR", table.recipient)), theme.dim)];
    heading.extend(table.cells(["ROLE", "STATUS", "USES", "EXPIRES", "BY", "MADE"].map(|name| (name, theme.dim))));
    let above = Rect { y: area.y.saturating_sub(1), height: 1, ..area };
    put_lines(buf, above, [&Line::from(heading)]);
    let lines: Vec<_> =
        visible(list, area.height).map(|(_, invite, selected)| row(model, invite, selected, table, theme)).collect();
    put_lines(buf, area, &lines);
    more(buf, area, list, theme.dim);
}

fn row(model: &Model, invite: &Invite, selected: bool, table: Table, theme: &Theme) -> Line<'static> {
    let standing = Standing::at(model.now, invite.status, invite.cancel_reason, invite.expires_at);
    let status = standing.status;
    let old = stale(model, theme);
    let mark = if model.invites.list.marked.contains(&invite.id) { "◆" } else { " " };
    let cursor = if selected { "▸" } else { " " };
    let named = invite.account.is_some() || invite.label.is_some() || invite.email.is_some();
    let mut first = cell_style(model, Pane::Invites, selected, theme);
    if !named && !selected {
        first = first.patch(theme.dim);
    }
    let end = match (status, standing.reason) {
        (Status::Pending, _) => label::expiry(invite.expires_at, model.now).0,
        (Status::Cancelled, Some(why)) => reason(why).to_owned(),
        _ => "–".to_owned(),
    };
    let ended = if standing.is_pending() { old.unwrap_or_default() } else { theme.dim };
    let mut spans = vec![
        Span::styled(cursor, first),
        Span::styled(mark, if selected { first } else { theme.key }),
        Span::styled(fit(&invite.recipient(), table.recipient), first),
    ];
    spans.extend(table.cells([
        (invite.role.as_str(), old.unwrap_or_default()),
        (&format!("{} {status}", glyph(status)), old.unwrap_or(theme.status(status))),
        (&uses(invite), old.unwrap_or_default()),
        (&end, ended),
        (&invite.created_by.display_name, theme.dim),
        (&when::date(invite.created_at, &model.settings.zone), theme.dim),
    ]));
    Line::from(spans)
}
