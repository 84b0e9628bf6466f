//! The campaigns of the band: sets of invites that share role, message and end, and end together.

use super::{About, Cell, Column, Entry, Listed, Start, one};
use crate::{
    api::{Campaign, CampaignEvent},
    client::Page,
    tui::{
        forms,
        keymap::{Action, Scope},
        model::{Confirm, Deed, Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
        view::when,
    },
};

pub(super) struct Campaigns;

pub(super) fn campaign(entry: &Entry) -> Option<&Campaign> {
    if let Entry::Campaign(campaign) = entry { Some(campaign) } else { None }
}

/// Where it stands, with its glyph.
const fn state(campaign: &Campaign) -> &'static str {
    match campaign {
        Campaign { ended_at: Some(_), .. } => "○ ended",
        Campaign { active: true, .. } => "● active",
        _ => "· idle",
    }
}

/// "its 12 pending invites end", of one campaign or of several.
pub(super) fn pending(campaigns: &[&Campaign]) -> String {
    let whose = if campaigns.len() == 1 { "Its" } else { "Their" };
    match campaigns.iter().map(|campaign| campaign.counts.pending).sum::<u64>() {
        0 => "No invite of it is pending now.".to_owned(),
        1 => format!("{whose} one pending invite ends at once: nobody comes in by it any more."),
        count => format!("{whose} {count} pending invites end at once: nobody comes in by them any more."),
    }
}

/// "Summer party" for one, "3 campaigns" for several.
pub(super) fn names(campaigns: &[&Campaign]) -> String {
    match campaigns {
        [one] => one.name.clone(),
        several => format!("{} campaigns", several.len()),
    }
}

/// What a campaign is, in full.
pub(super) fn facts(campaign: &Campaign, model: &Model) -> Vec<(&'static str, String)> {
    let zone = &model.settings.zone;
    let at = |at| when::date_and_time(at, zone);
    let counts = campaign.counts;
    let standing = match (campaign.ended_at, counts.pending) {
        (Some(end), _) => format!("{} {}", state(campaign), at(end)),
        (None, 0) => format!("{}: it goes on, and no invite of it is pending", state(campaign)),
        (None, _) => state(campaign).to_owned(),
    };
    let mut facts = vec![("Name", campaign.name.clone()), ("Stands", standing)];
    if campaign.is_default {
        facts.push(("Takes", "every invite that names no other campaign; they share nothing".to_owned()));
    }
    facts.extend(campaign.role.map(|role| ("Role", role.as_str().to_owned())));
    facts.push(("Ends", campaign.expires_at.map_or_else(|| "never by itself".to_owned(), at)));
    facts.push(("Pending", counts.pending.to_string()));
    facts.push(("Accepted", format!("{}, with {} uses", counts.accepted, counts.uses)));
    facts.push(("Rejected", counts.rejected.to_string()));
    facts.push(("Cancelled", format!("{}, of them {} expired", counts.cancelled, counts.expired)));
    let limit = |most: Option<u32>| most.map_or_else(String::new, |most| format!(" of {most} at most"));
    facts.push(("Made", format!("{}{}", counts.made, limit(campaign.max_invites))));
    if campaign.max_accepts.is_some() {
        let ends = if campaign.ended_at.is_none() { "; it ends with the last" } else { "" };
        facts.push(("Uses", format!("{}{}{ends}", counts.uses, limit(campaign.max_accepts))));
    }
    facts.push(("Mailed", campaign.sent.to_string()));
    if let Some(reminders) = &campaign.reminders {
        let hours: Vec<_> = reminders.iter().map(ToString::to_string).collect();
        let said = if hours.is_empty() { "none".to_owned() } else { format!("{} h after sending", hours.join(", ")) };
        facts.push(("Reminders", said));
    }
    if let Some(event) = &campaign.event {
        facts.push(("Event", event.title.clone()));
        facts.push(("When", CampaignEvent::when(event)));
        facts.extend(event.place.clone().map(|place| ("Where", place)));
    }
    facts.extend(campaign.message.clone().filter(|text| !text.is_empty()).map(|text| ("Message", text)));
    let by = campaign.created_by.as_ref().map_or_else(String::new, |by| format!(" by {}", by.display_name));
    facts.push(("Since", format!("{}{by}", at(campaign.created_at))));
    facts
}

/// What stands of a campaign in a table.
pub(super) struct Cells {
    pub(super) name: Cell,
    pub(super) stands: Cell,
    pub(super) ends: Cell,
    pub(super) pending: Cell,
    pub(super) accepted: Cell,
    pub(super) rejected: Cell,
    pub(super) cancelled: Cell,
    pub(super) event: Cell,
}

pub(super) fn cells(campaign: &Campaign, model: &Model, theme: &Theme) -> Cells {
    let ended = campaign.ended_at.is_some();
    let plain = if ended { theme.dim } else { theme.plain };
    let counts = campaign.counts;
    let count =
        |count: u64, wide: usize, style| (format!("{count:>wide$}"), if count == 0 { theme.dim } else { style });
    let ends = campaign.ended_at.or(campaign.expires_at);
    Cells {
        name: (campaign.name.clone(), if campaign.is_default { theme.dim } else { plain }),
        stands: (state(campaign).to_owned(), plain),
        ends: (when::end_date(ends, &model.settings.zone), plain),
        pending: count(counts.pending, 7, theme.pending),
        accepted: count(counts.accepted, 8, theme.accepted),
        rejected: count(counts.rejected, 8, theme.rejected),
        cancelled: count(counts.cancelled, 9, theme.cancelled),
        event: (campaign.event.as_ref().map_or_else(String::new, |event| event.title.clone()), plain),
    }
}

impl Listed for Campaigns {
    fn about(&self) -> About {
        About { opened_by: Action::Campaigns, scope: Scope::Campaigns, title: "Campaigns" }
    }

    fn request(&self, listing: &Listing, page: Page) -> Option<Request> {
        Some(Request::Campaigns(listing.band?, page))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        let Answer::Campaigns(found) = answer else { return None };
        Some(PageOf::between(found.prev_cursor, found.next_cursor, found.campaigns, |campaign| {
            Entry::Campaign(Box::new(campaign))
        }))
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "CAMPAIGN", least: 22, most: 44, goes: 0 },
            Column { name: "STANDS", least: 8, most: 8, goes: 0 },
            Column { name: "ENDS", least: 10, most: 10, goes: 3 },
            Column { name: "PENDING", least: 7, most: 7, goes: 1 },
            Column { name: "ACCEPTED", least: 8, most: 8, goes: 2 },
            Column { name: "REJECTED", least: 8, most: 8, goes: 4 },
            Column { name: "CANCELLED", least: 9, most: 9, goes: 5 },
            Column { name: "EVENT", least: 12, most: 30, goes: 6 },
        ]
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(campaign) = campaign(entry) else { return Vec::new() };
        let Cells { name, stands, ends, pending, accepted, rejected, cancelled, event } = cells(campaign, model, theme);
        vec![name, stands, ends, pending, accepted, rejected, cancelled, event]
    }

    fn name(&self, entry: &Entry) -> String {
        campaign(entry).map_or_else(String::new, |campaign| campaign.name.clone())
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        campaign(entry).map(|campaign| facts(campaign, model)).unwrap_or_default()
    }

    fn empty(&self, _: &Model, _: &Listing) -> String {
        "No campaigns. One is a set of invites that share role, message and end, and end together.".to_owned()
    }

    fn refusal(&self, action: Action, entry: &Entry) -> Option<String> {
        let campaign = campaign(entry)?;
        let said = match action {
            Action::DeleteCampaign if campaign.is_default => {
                "Every band has this campaign, for invites that name no other: only its pending ones can be ended."
            }
            Action::InviteToCampaign if campaign.ended_at.is_some() => {
                "This campaign has ended: it takes no new invites."
            }
            Action::EndCampaign if campaign.ended_at.is_some() => "This campaign has ended already.",
            Action::EndCampaign if campaign.is_default && campaign.counts.pending == 0 => "No invite of it is pending.",
            _ => return None,
        };
        Some(said.to_owned())
    }

    fn start(&self, action: Action, entries: &[Entry], listing: &Listing, model: &Model) -> Option<Start> {
        if action == Action::NewCampaign {
            return model.chosen_band().map(|band| Start::Form(forms::new_campaign(band, &model.settings.zone)));
        }
        let campaign = campaign(one(entries, listing)?)?;
        match action {
            Action::EditCampaign => Some(Start::Form(forms::edit_campaign(campaign, &model.settings.zone))),
            Action::InviteToCampaign => {
                let band = model.chosen_band()?;
                Some(Start::Invite(if campaign.is_default {
                    forms::new_invite(band, model.sends_mail())
                } else {
                    forms::invite_in(campaign, band, model.sends_mail())
                }))
            }
            Action::SaveCampaignCodes => Some(Start::Form(forms::save_codes(campaign.id, &campaign.name, false))),
            Action::PrintCampaignCodes => Some(Start::Form(forms::save_codes(campaign.id, &campaign.name, true))),
            Action::CampaignInvites => Some(Start::ToInvites(campaign.id, campaign.name.clone())),
            _ => None,
        }
    }

    fn question(&self, action: Action, entries: &[Entry], _: &Listing) -> Option<Confirm> {
        let campaigns: Vec<_> = entries.iter().filter_map(campaign).collect();
        if campaigns.is_empty() {
            return None;
        }
        let send = |request| Deed::Send(Box::new(request));
        let (who, pending) = (names(&campaigns), pending(&campaigns));
        let stays = "Who came in by them stays. There is no way back.";
        match action {
            Action::EndCampaign => {
                let deeds = campaigns.iter().map(|campaign| send(Request::ExpireCampaign(campaign.id))).collect();
                let goes_on = campaigns.iter().any(|campaign| campaign.is_default);
                let (question, new) = if goes_on && campaigns.len() == 1 {
                    (format!("End all invites of {who}?"), "New ones can be made.")
                } else {
                    (format!("End {who}?"), "No new ones can be made in it.")
                };
                Some(Confirm::new(question, format!("{pending} {new} {stays}"), "end", deeds).saying("Ended"))
            }
            Action::DeleteCampaign => {
                let deeds = campaigns.iter().map(|campaign| send(Request::DeleteCampaign(campaign.id))).collect();
                let gone = "It leaves this list; its invites stay among the others, as what they came to.";
                Some(
                    Confirm::new(format!("Delete {who}?"), format!("{pending} {gone} {stays}"), "delete", deeds)
                        .saying("Deleted"),
                )
            }
            _ => None,
        }
    }
}
