//! An invite in full: what it is, who used it, what happened to it.

use ratatui::text::{Line, Span};

use super::{
    super::{
        panes::{glyph, key, reason, uses},
        text::{fit, wrap},
        when,
    },
    fact, quote,
};
use crate::{
    api::{AuditEvent, CampaignEvent, Invite},
    domain::{Delivery, Kind, Standing, Timestamp},
    tui::{
        keymap::Action,
        label,
        model::{Details, MOST_TOLD, Model},
        theme::Theme,
    },
};

pub(super) fn keys(model: &Model) -> Vec<(String, &'static str)> {
    let mut keys: Vec<_> = [
        Action::CopyLink,
        Action::ShowLink,
        Action::ShowQr,
        Action::EditInvite,
        Action::Resend,
        Action::Revoke,
        Action::Restore,
        Action::Extend,
        Action::RotateLink,
    ]
    .into_iter()
    .filter(|&action| model.refusal(action).is_none())
    .map(|action| (key(model, action), action.binding().label))
    .collect();
    keys.push(("esc".to_owned(), "close"));
    keys
}

pub(super) fn lines(details: &Details, model: &Model, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    drawn(details, model, wide, theme).0
}

/// The lines, and which of them say that there are more uses, and more of the history.
pub(super) fn drawn(
    details: &Details,
    model: &Model,
    wide: usize,
    theme: &Theme,
) -> (Vec<Line<'static>>, [Option<usize>; 2]) {
    let mut more = [None, None];
    let invite = &details.invite;
    let mut lines = facts(invite, details.event.as_ref(), model, wide, theme);
    if let Some(message) = invite.message.as_deref().filter(|message| !message.is_empty()) {
        lines.push(Line::default());
        lines.push(Line::styled("Message", theme.title));
        lines.extend(quote(message, wide, theme));
    }
    if let Some(problem) = &details.problem {
        lines.push(Line::default());
        lines.extend(super::say(&format!("✗ {problem}"), wide, theme.error));
    }
    lines.push(Line::default());
    lines.push(Line::styled("Used by", theme.title));
    match &details.redemptions {
        None if details.problem.is_some() => lines.push(Line::styled("not known", theme.dim)),
        None => lines.push(Line::styled("loading…", theme.dim)),
        Some(used) if used.redemptions.is_empty() => {
            let standing = Standing::at(model.now, invite.status, invite.cancel_reason, invite.expires_at);
            let nobody = if standing.is_pending() { "nobody yet" } else { "nobody" };
            lines.push(Line::styled(nobody, theme.dim));
        }
        Some(used) => {
            for redemption in &used.redemptions {
                let at = when::date_and_time(redemption.at, &model.settings.zone);
                let who = redemption.account.in_words();
                lines.extend(dated(&at, &who, wide, theme));
            }
            if used.next_cursor.is_some() {
                let text = if used.redemptions.len() < MOST_TOLD {
                    "… and others before them".to_owned()
                } else {
                    format!("… and others before them: the latest {MOST_TOLD} are shown")
                };
                more[0] = Some(lines.len());
                lines.extend(super::say(&text, wide, theme.dim));
            }
        }
    }
    if let Some(audit) = &details.audit {
        lines.push(Line::default());
        lines.push(Line::styled("History", theme.title));
        for event in &audit.events {
            lines.extend(dated(&when::date_and_time(event.at, &model.settings.zone), &sentence(event), wide, theme));
        }
        if audit.next_cursor.is_some() {
            let text = if audit.events.len() < MOST_TOLD {
                "… and more before that".to_owned()
            } else {
                format!("… and more before that: all of it stands in the audit trail ({})", key(model, Action::Audit))
            };
            more[1] = Some(lines.len());
            lines.extend(super::say(&text, wide, theme.dim));
        }
    }
    (lines, more)
}

fn facts(
    invite: &Invite,
    event: Option<&CampaignEvent>,
    model: &Model,
    wide: usize,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let zone = &model.settings.zone;
    let standing = Standing::at(model.now, invite.status, invite.cancel_reason, invite.expires_at);
    let mut status = format!("{} {}", glyph(standing.status), standing.status);
    if let Some(why) = standing.reason {
        status.push_str(" · ");
        status.push_str(reason(why));
    }
    let mut lines = vec![Line::from(vec![
        Span::styled(fit("Status", 12), theme.dim),
        Span::styled(status, theme.status(standing.status)),
    ])];
    let mut add = |name: &str, what: &str| lines.extend(fact(name, what, wide, theme));
    let whom = match (&invite.account, &invite.email, invite.kind) {
        (Some(account), ..) => account.in_words(),
        (None, None, Kind::Link) => "anyone who holds the link".to_owned(),
        (None, None, Kind::Code) => "anyone who knows the code".to_owned(),
        _ => invite.recipient(),
    };
    add("For", &whom);
    add("Kind", label::kind(invite.kind));
    if let Some(email) = invite.email.as_ref().filter(|email| **email != whom) {
        add("Address", email);
    }
    if let Some(note) = invite.label.as_ref().filter(|note| !note.is_empty()) {
        add("Label", note);
    }
    if let Some(event) = event {
        add("Event", &event.title);
        add("When", &event.when());
        event.place.iter().for_each(|place| add("Where", place));
    }
    add("Role", invite.role.as_str());
    let left = match invite.max_uses.left(invite.uses) {
        Some(0) => "none left".to_owned(),
        Some(left) => format!("{left} left"),
        None => "without limit".to_owned(),
    };
    // What is left of an invite that has ended is nothing to count on.
    let uses = if standing.is_pending() { format!("{} · {left}", uses(invite)) } else { uses(invite) };
    add("Uses", &uses);
    add("Expires", &when::end(invite.expires_at, standing.is_pending(), model.now, zone));
    add("Made", &stamp(invite.created_at, Some(&invite.created_by.display_name), model));
    if !standing.is_pending() && standing.status == invite.status {
        let by = invite.acted_by.as_ref().map(|by| by.display_name.as_str());
        add("Ended", &stamp(invite.status_at, by, model));
    }
    if invite.email.is_some() {
        add("Mail", &mailed(invite, model));
        if let Some(note) = invite.delivery_note.as_deref().filter(|note| !note.is_empty()) {
            add("They said", note);
        }
        if let Some(at) = invite.delivery_next_at {
            add("Tried again", &when::date_and_time(at, zone));
        }
        if let Some(reminders) = reminders(invite, standing.is_pending(), model) {
            add("Reminders", &reminders);
        }
    }
    if invite.requires_approval {
        add("Approval", "an admin has to agree to each accept");
    }
    if let Some(at) = invite.used_at.filter(|_| invite.used) {
        add("Last used", &stamp(at, invite.used_by.as_ref().map(|by| by.display_name.as_str()), model));
    }
    if let Some(why) = model.invites.refused.get(&invite.id) {
        add("Not done", why);
    }
    add("Token", &format!("…{}", invite.hint));
    lines
}

/// Whether the recipient has heard of it.
fn mailed(invite: &Invite, model: &Model) -> String {
    let words = label::delivery(invite.delivery);
    let sends = model.server.as_ref().and_then(|server| server.site.as_ref()).is_none_or(|site| site.mail);
    match invite.sent_at {
        Some(at) if invite.delivery == Delivery::Sent => {
            format!("{words} {}", when::date_and_time(at, &model.settings.zone))
        }
        // Sent once, and once more since.
        Some(at) => format!("{words}; sent before, {}", when::date_and_time(at, &model.settings.zone)),
        None if invite.delivery == Delivery::None && !sends => format!("{words}: this server sends no mail"),
        None => words.to_owned(),
    }
}

/// How often the recipient was reminded, and when they are next.
fn reminders(invite: &Invite, pending: bool, model: &Model) -> Option<String> {
    let sent = match invite.reminders_sent {
        0 => None,
        sent => Some(format!("{sent} sent")),
    };
    let next = invite.next_reminder_at.filter(|_| pending);
    let next = next.map(|at| format!("next {}", when::date_and_time(at, &model.settings.zone)));
    let said: Vec<_> = sent.into_iter().chain(next).collect();
    (!said.is_empty()).then(|| said.join(" · "))
}

fn stamp(at: Timestamp, by: Option<&str>, model: &Model) -> String {
    let at = when::date_and_time(at, &model.settings.zone);
    by.map_or_else(|| at.clone(), |by| format!("{at} by {by}"))
}

/// What happened, behind when it did; broken where it does not fit.
fn dated(at: &str, what: &str, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    const WHEN: usize = 18;
    let lines = wrap(what, wide.saturating_sub(WHEN)).into_iter().enumerate();
    let at = |line: usize| if line == 0 { fit(at, WHEN) } else { " ".repeat(WHEN) };
    lines.map(|(n, what)| Line::from(vec![Span::styled(at(n), theme.dim), Span::raw(what)])).collect()
}

/// "Ada created it", "the server expired it: …".
fn sentence(event: &AuditEvent) -> String {
    let who = event.actor.as_ref().map_or("the server", |actor| actor.display_name.as_str());
    let deed = event.action.rsplit('.').next().unwrap_or_default().replace('_', " ");
    match &event.detail {
        Some(detail) if !detail.is_empty() => format!("{deed} by {who}: {detail}"),
        _ => format!("{deed} by {who}"),
    }
}
