//! The invites: whom for, as what, where they stand, uses, end.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    super::{
        outline::{most_right, put_lines},
        text::{clip, columns, fit, fit_right},
        when,
    },
    cell_style, empty, found, key, more, notice, stale, visible,
};
use crate::{
    api::{Invite, quoted},
    domain::{CancelReason, Delivery, Standing, Status},
    tui::{
        keymap::Action,
        label,
        model::{InvitesPane, Model, Pane},
        theme::Theme,
    },
};

/// "Invites · The Night Owls"; with its name, where one campaign is shown alone.
pub(super) fn title(model: &Model) -> String {
    let campaign = model.invites.campaign.as_ref().map(|(_, name)| format!(" · {name}")).unwrap_or_default();
    model.chosen_band().map_or_else(|| "Invites".to_owned(), |band| format!("Invites · {}{campaign}", band.name))
}

/// A count as the server gives it: to 1,000 exactly.
pub(super) fn count(matched: u64) -> String {
    if matched >= 1_000 { "1000+".to_owned() } else { matched.to_string() }
}

/// "12 pending of 48"; what is marked, filtered and ordered otherwise is said too.
pub(super) fn counts(model: &Model, wide: u16) -> String {
    let invites = &model.invites;
    if invites.list.is_empty() && !invites.list.loaded && invites.groups.is_none() {
        return String::new();
    }
    let mut parts = Vec::new();
    if invites.all {
        parts.push("all marked".to_owned());
    } else if !invites.list.marked.is_empty() {
        parts.push(format!("{} marked", invites.list.marked.len()));
    }
    let number = invites.matched.map(count);
    let status_alone = invites.status == Some(Status::Pending) && invites.kind.is_none();
    let status = invites.status.map(|status| status.to_string());
    let kind = invites.kind.map(|kind| label::kinds(kind).to_owned());
    let words: Vec<_> = [number, status, kind].into_iter().flatten().collect();
    parts.push(if is_narrowed(invites) && !words.is_empty() {
        // "12 pending of 48" is what is said of all of them, too.
        let ambiguous = status_alone && invites.search.query.is_empty();
        format!("{}{} of {}", if ambiguous { "only " } else { "" }, words.join(" "), invites.total)
    } else {
        let (pending, total) = model.invites_counted();
        format!("{pending} pending of {total}")
    });
    if invites.sort.is_some() {
        parts.push(label::order(invites.sort).to_owned());
    }
    // The order goes before what is shown, where there is no room for both.
    while parts.len() > 1 && columns(&parts.join(" · ")) + 2 > most_right(wide) {
        parts.pop();
    }
    parts.join(" · ")
}

/// Whether not all invites are asked for.
pub(super) fn is_narrowed(invites: &InvitesPane) -> bool {
    invites.status.is_some() || invites.kind.is_some() || invites.campaign.is_some() || !invites.search.query.is_empty()
}

/// The glyph of a status: it is told apart without colour and without reading.
pub(in crate::tui) const fn glyph(status: Status) -> &'static str {
    match status {
        Status::Pending => "●",
        Status::Accepted => "✓",
        Status::Rejected => "✗",
        Status::Cancelled => "○",
    }
}

/// "3/10", "3/∞".
pub(in crate::tui::view) fn uses(invite: &Invite) -> String {
    invite.max_uses.with_taken(invite.uses)
}

/// What ended an invite, as people say it.
pub(in crate::tui::view) const fn reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Revoked => "revoked",
        CancelReason::Expired => "expired",
        CancelReason::CampaignDeleted => "campaign deleted",
        CancelReason::CampaignExpired => "campaign ended",
        CancelReason::CampaignUsed => "campaign used up",
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
pub(super) struct Table {
    recipient: usize,
    role: usize,
    status: usize,
    uses: usize,
    expires: usize,
    mail: usize,
    by: usize,
    kind: usize,
    made: usize,
}

/// Less than this of the recipient says too little: other columns go first.
const RECIPIENT: usize = 16;
/// More than this is rarely filled, and leads the eye too far from a name to its status.
const MOST_RECIPIENT: usize = 44;

impl Table {
    /// For a line of so many columns; `uses` is the widest of them, and `mailed` whether any was mailed. Of whom they are for
    /// and who made them `needs` says how much there is to read.
    fn new(wide: usize, uses: usize, mailed: bool, needs: [usize; 2]) -> Self {
        let mail = if mailed { 8 } else { 0 };
        let mut table = Self { recipient: 0, role: 6, status: 11, uses, expires: 8, mail, by: 14, kind: 7, made: 10 };
        let drops: [fn(&mut Self); 6] = [
            |table| table.made = 0,
            |table| table.kind = 0,
            |table| table.by = 0,
            |table| table.mail = 0,
            |table| table.role = 0,
            |table| table.uses = 0,
        ];
        let mut drops = drops.into_iter();
        if wide >= 64 {
            // The longer reasons of an end fit too.
            table.expires = 10;
        }
        loop {
            let others = table.others();
            let taken: usize = others.into_iter().filter(|&column| column > 0).map(|column| column + 2).sum();
            table.recipient = wide.saturating_sub(2 + taken).min(MOST_RECIPIENT);
            let beside = table.mail + table.by + table.kind + table.made;
            let enough = if beside > 0 { RECIPIENT + 6 } else { RECIPIENT };
            let drop = if table.recipient >= enough { None } else { drops.next() };
            let Some(drop) = drop else {
                table.share(wide.saturating_sub(2 + taken + table.recipient), needs);
                return table;
            };
            drop(&mut table);
        }
    }

    /// No name is cut beside blanks: what is free, and what the recipients do not fill, goes to those who need it.
    fn share(&mut self, mut free: usize, [recipient, by]: [usize; 2]) {
        if self.by > 0 {
            let more = by.saturating_sub(self.by);
            let from_free = more.min(free);
            let from_recipient = (more - from_free).min(self.recipient.saturating_sub(recipient.max(RECIPIENT)));
            self.by += from_free + from_recipient;
            self.recipient -= from_recipient;
            free -= from_free;
        }
        self.recipient += recipient.saturating_sub(self.recipient).min(free);
    }

    /// The columns behind the recipient.
    const fn others(self) -> [usize; 8] {
        [self.role, self.status, self.uses, self.expires, self.mail, self.by, self.kind, self.made]
    }

    /// A row of these cells, each in its column.
    fn cells<'a>(self, cells: [(&str, Style); 8]) -> impl Iterator<Item = Span<'a>> {
        let wide = self.others();
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
    if let Some(groups) = &invites.groups {
        return super::groups::draw(buf, area, model, groups, theme);
    }
    if list.is_empty() {
        if model.band.is_some() {
            let todo = if model.may_invite() {
                format!("No invites yet. {} makes one.", key(model, Action::NewInvite))
            } else {
                "Members see invites of their own alone; admins make them.".to_owned()
            };
            let area = Rect { y: area.y.saturating_sub(1), height: area.height + 1, ..area };
            notice(buf, area, &empty(model, list, is_narrowed(invites), &todo), theme.dim);
        }
        return;
    }
    let table = table(area, visible(list, area.height).map(|(_, invite, _)| invite));
    heading(buf, area, table, theme);
    let lines: Vec<_> =
        visible(list, area.height).map(|(_, invite, selected)| row(model, invite, selected, table, theme)).collect();
    put_lines(buf, area, &lines);
    more(buf, area, list, theme.dim);
}

/// The columns that show these invites in an area.
pub(super) fn table<'a>(area: Rect, shown: impl Iterator<Item = &'a Invite>) -> Table {
    let (mut widest, mut mailed, mut needs) = (0, false, [0, 0]);
    for invite in shown {
        widest = columns(&uses(invite)).max(widest);
        mailed |= invite.delivery != Delivery::None;
        let whom = columns(&invite.recipient()) + beside(invite).map_or(0, |other| columns(&other) + 2);
        needs = [whom.max(needs[0]), columns(&invite.created_by.display_name).max(needs[1])];
    }
    Table::new(usize::from(area.width), widest.clamp(4, 12), mailed, needs)
}

/// The names of the columns, in the line above the rows.
pub(super) fn heading(buf: &mut Buffer, area: Rect, table: Table, theme: &Theme) {
    let mut heading = vec![Span::styled(format!("  {}", fit("FOR", table.recipient)), theme.dim)];
    heading.extend(
        table.cells(["ROLE", "STATUS", "USES", "EXPIRES", "MAIL", "BY", "KIND", "MADE"].map(|name| (name, theme.dim))),
    );
    let above = Rect { y: area.y.saturating_sub(1), height: 1, ..area };
    put_lines(buf, above, [&Line::from(heading)]);
}

pub(super) fn row(model: &Model, invite: &Invite, selected: bool, table: Table, theme: &Theme) -> Line<'static> {
    let standing = Standing::at(model.now, invite.status, invite.cancel_reason, invite.expires_at);
    let status = standing.status;
    let old = stale(model, theme);
    let refused = model.invites.refused.get(&invite.id);
    let marked = model.invites.all || model.invites.list.marked.contains(&invite.id);
    let (mark, mark_style) = match (marked, refused) {
        (_, Some(_)) => ("!", theme.error),
        (true, None) => ("◆", theme.key),
        (false, None) => (" ", theme.key),
    };
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
    let mail = label::mail(invite.delivery);
    let mail_style = match invite.delivery {
        Delivery::Bounced | Delivery::Suppressed => theme.error,
        Delivery::Queued | Delivery::Deferred => theme.pending,
        Delivery::None | Delivery::Sent => theme.dim,
    };
    let ended = if standing.is_pending() { old.unwrap_or_default() } else { theme.dim };
    let mut spans = vec![Span::styled(cursor, first), Span::styled(mark, if selected { first } else { mark_style })];
    spans.extend(whom(model, invite, refused.map(String::as_str), table.recipient, first, theme));
    spans.extend(table.cells([
        (invite.role.as_str(), old.unwrap_or_default()),
        (&format!("{} {status}", glyph(status)), old.unwrap_or(theme.status(status))),
        (&uses(invite), old.unwrap_or_default()),
        (&end, ended),
        (mail, mail_style),
        (&invite.created_by.display_name, theme.dim),
        (label::kind_word(invite.kind), theme.dim),
        (&when::date(invite.created_at, &model.settings.zone), theme.dim),
    ]));
    Line::from(spans)
}

/// What is known of whom it is for beside the address or the account: the name of that, or the label.
fn beside(invite: &Invite) -> Option<String> {
    match (&invite.account, &invite.email, &invite.label) {
        (Some(account), ..) => {
            let known = account.display_name.is_empty() || account.display_name == account.username;
            (!known).then(|| account.display_name.clone())
        }
        (None, Some(_), Some(label)) => Some(quoted(label)),
        _ => None,
    }
}

/// Whom it is for, and behind that what else is known of them, or why something was not done to it; what is searched for is
/// marked in both.
fn whom(
    model: &Model,
    invite: &Invite,
    refused: Option<&str>,
    wide: usize,
    style: Style,
    theme: &Theme,
) -> Vec<Span<'static>> {
    let name = invite.recipient();
    let (beside, beside_style) = match refused {
        Some(why) => (format!("  {why}"), theme.error),
        None => (beside(invite).map_or_else(String::new, |other| format!("  {other}")), theme.dim),
    };
    // Why it was refused is worth more than the end of a name.
    let least = if refused.is_some() { columns(&beside) } else { 0 };
    let most = wide.saturating_sub(least).max(4).min(wide);
    // A note keeps the quotes that tell it from an address.
    let name = if name.starts_with('"') && columns(&name) > most {
        clip(&name, most.saturating_sub(1)) + "\""
    } else {
        clip(&name, most)
    };
    let room = wide.saturating_sub(columns(&name));
    // A letter or two of it help nobody.
    let beside = if room < 6 { " ".repeat(room) } else { fit(&beside, room) };
    let sought = model.invites.search.query.text().trim();
    let mut spans = found(&name, sought, style, theme);
    spans.extend(found(&beside, sought, beside_style, theme));
    spans
}
