//! What a pasted invite offers.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{box_width, fact, open, put_lines, quote, say, scrolled};
use crate::{
    api::{Outcome, Preview},
    domain::{Registration, Status},
    tui::{
        label,
        model::{Model, Offer, Screen},
        theme::Theme,
        update::ACCOUNT_ALONE,
    },
};

pub(super) fn draw(buf: &mut Buffer, area: Rect, model: &Model, offer: &Offer, theme: &Theme) -> Rect {
    let wide = box_width(area);
    let (lines, last) = parts(offer, model, usize::from(wide).saturating_sub(4), theme);
    let keys = keys(offer, model);
    let inner = open(buf, area, wide, lines.len() + last.len(), "You are invited", &keys, theme);
    // What became of it stays in sight on a low screen.
    let below = (last.len() as u16).min(inner.height);
    let above = Rect { height: inner.height - below, ..inner };
    scrolled(buf, above, &lines, offer.scroll, theme);
    put_lines(buf, Rect { y: above.bottom(), height: below, ..inner }, &last);
    inner
}

/// How many lines it has in all.
pub(super) fn height(offer: &Offer, model: &Model, wide: usize, theme: &Theme) -> usize {
    let (lines, last) = parts(offer, model, wide, theme);
    lines.len() + last.len()
}

/// What is offered, and what became of it.
pub(super) fn parts(
    offer: &Offer,
    model: &Model,
    room: usize,
    theme: &Theme,
) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
    let lines = match &offer.preview {
        Some(preview) => facts(preview, model, room, theme),
        None if offer.sending.is_some() => vec![Line::styled("looking…", theme.dim)],
        None => Vec::new(),
    };
    let mut last = Vec::new();
    if let Some(refused) = &offer.refused {
        last.extend(say(&format!("✗ {refused}"), room, theme.error));
        if let Some(contact) = offer.preview.as_ref().and_then(|preview| preview.band.as_ref()?.contact.as_ref()) {
            last.extend(say(&format!("Whom to ask: {contact}"), room, theme.dim));
        }
    } else if let Some(accepted) = &offer.accepted {
        let words = match accepted.outcome {
            Outcome::Joined => format!("✓ You are in {} now.", accepted.band.name),
            Outcome::AlreadyMember => format!("✓ You are in {} already; nothing was used.", accepted.band.name),
            Outcome::PendingApproval => "● An admin has to agree first.".to_owned(),
            Outcome::EmailUnverified => "● Verify your address first; the invite waits.".to_owned(),
        };
        last.extend(say(&words, room, theme.accepted));
    } else if offer.preview.is_some() && offer.sending.is_some() {
        last.push(Line::styled("on its way…", theme.pending));
    } else if let Some(ended) = offer.preview.as_ref().and_then(|preview| ended(preview, model)) {
        last.extend(say(&format!("✗ {ended}"), room, theme.error));
    } else if let Some(held) = offer.preview.as_ref().and_then(Preview::held) {
        last.extend(say(&format!("· {held}"), room, theme.dim));
    } else if model.screen == Screen::Panes && offer.preview.as_ref().is_some_and(|preview| preview.band.is_none()) {
        last.extend(say(&format!("· {ACCOUNT_ALONE}"), room, theme.dim));
    }
    if !last.is_empty() && !lines.is_empty() {
        last.insert(0, Line::default());
    }
    (lines, last)
}

fn keys(offer: &Offer, model: &Model) -> Vec<(&'static str, &'static str)> {
    match (&offer.preview, offer.sending, &offer.accepted) {
        (_, Some(_), _) => vec![("esc", "stop waiting")],
        (_, _, Some(_)) | (None, ..) => vec![("esc", "close")],
        (Some(preview), ..) if ended(preview, model).is_some() => vec![("esc", "close")],
        (Some(preview), ..) if preview.band.is_none() => match model.screen {
            Screen::Panes => vec![("esc", "close")],
            _ if preview.registers() => vec![("enter", "new account"), ("esc", "not now")],
            _ => vec![("esc", "close")],
        },
        (Some(preview), ..) if model.screen != Screen::Panes => {
            let mut keys = vec![("enter", "sign in to accept")];
            if preview.registers() {
                keys.push(("n", "new account"));
            }
            keys.push(("esc", "not now"));
            keys
        }
        (Some(preview), ..) if !preview.declinable => vec![("enter", "accept"), ("esc", "not now")],
        (Some(_), ..) => vec![("enter", "accept"), ("d", "decline"), ("esc", "not now")],
    }
}

fn facts(preview: &Preview, model: &Model, wide: usize, theme: &Theme) -> Vec<Line<'static>> {
    let band = preview.band.as_ref();
    let mut lines = match (band, &model.server) {
        (Some(band), _) => say(&band.name, wide, theme.title),
        (None, Some(server)) => say(&format!("An account on {}", server.origin.as_str()), wide, theme.title),
        (None, None) => say("An account", wide, theme.title),
    };
    if let Some(description) = band.and_then(|band| band.description.as_deref()).filter(|text| !text.is_empty()) {
        lines.extend(say(description, wide, theme.dim));
    }
    lines.push(Line::default());
    let mut add = |name: &str, what: &str| lines.extend(fact(name, what, wide, theme));
    add("Invited by", &preview.inviter.display_name);
    if let Some(band) = band {
        add("As", preview.role.as_str());
        add("Members", &band.members.to_string());
    }
    if let Some(whom) = &preview.recipient {
        add("For", whom);
    }
    if let Some(event) = &preview.event {
        add("Event", &event.title);
        add("When", &event.when());
        event.place.iter().for_each(|place| add("Where", place));
    }
    let (end, _) = label::expiry(preview.expires_at, model.now);
    let end = match preview.expires_at {
        Some(at) if at > model.now => format!("in {end}"),
        _ => end,
    };
    add("Expires", &end);
    match preview.uses_left {
        Some(0 | 1) | None => {}
        Some(left) => add("Uses left", &left.to_string()),
    }
    if preview.requires_approval {
        add("Then", "an admin has to agree");
    }
    if model.screen != Screen::Panes && preview.registration == Registration::Closed {
        add("Accounts", "this server makes no new ones; sign in with yours");
    }
    if let Some(message) = preview.message.as_deref().filter(|text| !text.is_empty()) {
        lines.push(Line::default());
        lines.extend(quote(message, wide, theme));
    }
    lines
}

/// Why it cannot be used any more, and what to do.
fn ended(preview: &Preview, model: &Model) -> Option<String> {
    let expired = preview.expires_at.is_some_and(|end| end <= model.now);
    let why = match preview.status {
        Status::Pending | Status::Cancelled if expired => "This invite has expired",
        Status::Pending => return None,
        Status::Accepted => "This invite is used up",
        Status::Rejected => "This invite was declined",
        Status::Cancelled => "This invite was taken back",
    };
    let ask = preview.band.as_ref().and_then(|band| band.contact.as_deref()).unwrap_or(&preview.inviter.display_name);
    Some(format!("{why}: ask {ask} for a new one."))
}
