//! The batches of codes that are to no band: they let people make an account. For who runs the site.

use super::{About, Cell, Column, Entry, Listed, Start, campaigns, one};
use crate::{
    client::Page,
    tui::{
        forms,
        keymap::{Action, Scope},
        model::{Confirm, Deed, Listing, Model, PageOf},
        request::{Answer, Request},
        theme::Theme,
    },
};

pub(super) struct SiteCodes;

impl Listed for SiteCodes {
    fn about(&self) -> About {
        About { opened_by: Action::SiteCodes, scope: Scope::SiteCodes, title: "Codes for accounts, to no band" }
    }

    fn is_of_band(&self) -> bool {
        false
    }

    fn barred(&self, model: &Model) -> Option<String> {
        (!model.runs_site()).then(|| "Only who runs the site can see its codes.".to_owned())
    }

    fn request(&self, _: &Listing, page: Page) -> Option<Request> {
        Some(Request::SiteCodes(page))
    }

    fn page(&self, answer: Answer) -> Option<PageOf<Entry>> {
        campaigns::Campaigns.page(answer)
    }

    fn columns(&self) -> &'static [Column] {
        &[
            Column { name: "BATCH", least: 22, most: 44, goes: 0 },
            Column { name: "STANDS", least: 8, most: 8, goes: 0 },
            Column { name: "ENDS", least: 10, most: 10, goes: 3 },
            Column { name: "PENDING", least: 7, most: 7, goes: 1 },
            Column { name: "USED UP", least: 8, most: 8, goes: 2 },
            Column { name: "CANCELLED", least: 9, most: 9, goes: 4 },
        ]
    }

    fn cells(&self, entry: &Entry, model: &Model, theme: &Theme) -> Vec<Cell> {
        let Some(batch) = campaigns::campaign(entry) else { return Vec::new() };
        // Nobody rejects a code, and it is to nothing with a date.
        let campaigns::Cells { name, stands, ends, pending, accepted, cancelled, .. } =
            campaigns::cells(batch, model, theme);
        vec![name, stands, ends, pending, accepted, cancelled]
    }

    fn name(&self, entry: &Entry) -> String {
        campaigns::Campaigns.name(entry)
    }

    fn facts(&self, entry: &Entry, model: &Model) -> Vec<(&'static str, String)> {
        campaigns::Campaigns.facts(entry, model)
    }

    fn empty(&self, _: &Model, _: &Listing) -> String {
        "No codes. One lets somebody make an account here, and tells who brought whom.".to_owned()
    }

    fn refusal(&self, action: Action, entry: &Entry) -> Option<String> {
        let ended = campaigns::campaign(entry)?.ended_at.is_some();
        (ended && action == Action::EndSiteCodes).then(|| "This batch has ended already.".to_owned())
    }

    fn start(&self, action: Action, entries: &[Entry], listing: &Listing, _: &Model) -> Option<Start> {
        if action == Action::NewSiteCodes {
            return Some(Start::Form(forms::new_codes(None)));
        }
        let batch = campaigns::campaign(one(entries, listing)?)?;
        match action {
            Action::ShowSiteCodes => Some(Start::Cards(batch.id, batch.name.clone())),
            Action::SaveSiteCodes => Some(Start::Form(forms::save_codes(batch.id, &batch.name, false))),
            Action::PrintSiteCodes => Some(Start::Form(forms::save_codes(batch.id, &batch.name, true))),
            _ => None,
        }
    }

    fn question(&self, action: Action, entries: &[Entry], _: &Listing) -> Option<Confirm> {
        let batches: Vec<_> = entries.iter().filter_map(campaigns::campaign).collect();
        let (who, pending) = (campaigns::names(&batches), campaigns::pending(&batches));
        let send = |request| Deed::Send(Box::new(request));
        let stays = "Accounts that were made by them stay. There is no way back.";
        let (verb, deeds, said): (_, Vec<_>, _) = match action {
            _ if batches.is_empty() => return None,
            Action::EndSiteCodes => {
                ("end", batches.iter().map(|batch| send(Request::ExpireCampaign(batch.id))).collect(), "Ended")
            }
            Action::DeleteSiteCodes => {
                ("delete", batches.iter().map(|batch| send(Request::DeleteCampaign(batch.id))).collect(), "Deleted")
            }
            _ => return None,
        };
        let asks = if verb == "end" { format!("End {who}?") } else { format!("Delete {who}?") };
        Some(Confirm::new(asks, format!("{pending} {stays}"), verb, deeds).saying(said))
    }
}
