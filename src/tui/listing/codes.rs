//! The codes of the band, the newest first. Which they are is seen one at a time, when it is asked for.

use super::{About, Cell, Column, Entry, Listed, Start, one};
use crate::{
    api::{ActOnInvites, Invite, InviteAction},
    client::{InviteQuery, Page},
    domain::{Kind, Standing, Status},
    tui::{
        forms,
        keymap::{Action, Scope},
        model::{Confirm, Deed, Listing, Model, PageOf, Purpose, uses},
        request::{Answer, Request},
        theme::Theme,
        view::{glyph, when},
    },
};

pub(super) struct Codes;

/// What the filter goes through: all, then one status after the other.
const FILTERS: &[&str] = &["all", "pending", "accepted", "cancelled"];

fn code(entry: &Entry) -> Option<&Invite> {
    if let Entry::Code(code) = entry { Some(code) } else { None }
}

fn standing(code: &Invite, model: &Model) -> Standing {
    Standing::at(model.now, code.status, code.cancel_reason, code.expires_at)
}

/// What the batch of a code is called, as far as it is known.
fn batch<'a>(code: &Invite, listing: Option<&'a Listing>) -> Option<&'a str> {
    let named = listing?.batches.iter().find(|(id, _)| Some(*id) == code.campaign_id);
    named.map(|(_, name)| name.as_str())
}

impl Listed for Codes {
    fn about(&self) -> About {
        About { opened_by: Action::Codes, scope: Scope::Codes, title: "Codes" }
    }

    fn filters(&self) -> &'static [&'static str] {
        FILTERS
    }

    fn request(&self, listing: &Listing, page: Page) -> Option<Request> {
        let status = listing.filter().and_then(|word| word.parse().ok());
        Some(Request::Invites(
            listing.band?,
            InviteQuery { status, kind: Some(Kind::Code), page, ..Default::default() },
        ))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::Invites(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.invites, |code| Entry::Code(Box::new(code))))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "CODE", least: 8, most: 24, goes: 0 },
            Column { name: "BATCH", least: 12, most: 30, goes: 3 },
            Column { name: "STATUS", least: 11, most: 11, goes: 0 },
            Column { name: "USES", least: 7, most: 9, goes: 1 },
            Column { name: "ROLE", least: 6, most: 6, goes: 4 },
            Column { name: "EXPIRES", least: 10, most: 10, goes: 2 },
            Column { name: "BY", least: 14, most: 28, goes: 5 },
        ]
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(code) = code(entry) else { return Vec::new() };
        let status = standing(code, model).status;
        let ends = when::end_date(code.expires_at, &model.settings.zone);
        vec![
            (self.name(entry), theme.plain),
            (batch(code, model.listing()).unwrap_or_default().to_owned(), theme.dim),
            (format!("{} {status}", glyph(status)), theme.status(status)),
            (code.max_uses.with_taken(code.uses), theme.plain),
            (code.role.as_str().to_owned(), theme.plain),
            (ends, theme.plain),
            (code.created_by.display_name.clone(), theme.dim),
        ]
    }

    fn name(&self, entry: &Entry) -> String {
        code(entry).map_or_else(String::new, |code| {
            code.label.as_ref().map_or_else(|| format!("…{}", code.hint), |label| format!("…{} {label}", code.hint))
        })
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        let Some(code) = code(entry) else { return Vec::new() };
        let zone = &model.settings.zone;
        let status = standing(code, model).status;
        let ends = when::end(code.expires_at, status == Status::Pending, model.now, zone);
        let mut facts = vec![("Code", format!("…{}; whoever knows it can use it", code.hint))];
        facts.extend(batch(code, model.listing()).map(|name| ("Batch", name.to_owned())));
        facts.extend([
            ("Status", format!("{} {status}", glyph(status))),
            ("Role", code.role.as_str().to_owned()),
            ("Uses", format!("{} of {}", code.uses, uses(code.max_uses))),
            ("Expires", ends),
            ("Made", format!("{} by {}", when::date_and_time(code.created_at, zone), code.created_by.display_name)),
        ]);
        if let Some((at, by)) = code.used_at.zip(code.used_by.as_ref()) {
            facts.push(("Last used", format!("{} by {}", when::date_and_time(at, zone), by.display_name)));
        }
        facts
    }

    fn empty(&self, _: &Model, listing: &Listing) -> String {
        if listing.narrowed > 0 {
            return "None here.".to_owned();
        }
        "No codes. They are short, for paper, the telephone and the door; a batch has up to 1,000.".to_owned()
    }

    fn refusal(&self, action: Action, entry: &Entry) -> Option<String> {
        let code = code(entry)?;
        let pending = code.status == Status::Pending;
        match action {
            Action::CopyCode | Action::ShowCode | Action::CodeQr | Action::RevokeCode if !pending => {
                Some(format!("This code is {} already.", code.status))
            }
            _ => None,
        }
    }

    fn start(&self, action: Action, entries: &[Entry], listing: &Listing, model: &Model) -> Option<Start> {
        if action == Action::NewCodes {
            return model.chosen_band().map(|band| Start::Form(forms::new_codes(Some(band))));
        }
        let code = code(one(entries, listing)?)?;
        let link = |purpose| Some(Start::Ask(purpose, Box::new(Request::ShowLink(code.id))));
        match action {
            Action::CopyCode => link(Purpose::CopyCode(code.id)),
            Action::ShowCode => link(Purpose::ShowLink(code.id)),
            Action::CodeQr => link(Purpose::ShowQr(code.id)),
            Action::ShowBatch => {
                let name = batch(code, Some(listing)).unwrap_or("codes");
                code.campaign_id.map(|id| Start::Cards(id, name.to_owned()))
            }
            Action::SaveCodes | Action::PrintCodes => {
                let name = batch(code, Some(listing)).unwrap_or("codes");
                let cards = action == Action::PrintCodes;
                code.campaign_id.map(|id| Start::Form(forms::save_codes(id, name, cards)))
            }
            _ => None,
        }
    }

    fn question(&self, action: Action, entries: &[Entry], listing: &Listing) -> Option<Confirm> {
        if action != Action::RevokeCode {
            return None;
        }
        let codes: Vec<_> = entries.iter().filter_map(code).collect();
        let then = "It stops working at once. u undoes it within ten minutes.";
        match codes.as_slice() {
            [] => None,
            [code] => Some(Confirm::new(
                format!("Revoke the code …{}?", code.hint),
                then,
                "revoke",
                vec![Deed::Revoke(code.id)],
            )),
            several => {
                let ids = Some(several.iter().map(|code| code.id).collect());
                let wish = ActOnInvites { action: InviteAction::Revoke, ids, filter: None, cursor: None, args: None };
                let deeds = vec![Deed::Many(listing.band?, Box::new(wish))];
                let then = "They stop working at once. u undoes it within ten minutes.";
                Some(Confirm::new(format!("Revoke {} codes?", several.len()), then, "revoke", deeds).saying("revoked"))
            }
        }
    }
}
