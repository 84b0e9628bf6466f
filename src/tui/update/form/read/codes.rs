//! What the forms of codes say.

use super::{Said, invite::number, read, read_uses, send};
use crate::{
    api::CreateCodes,
    domain::{BandId, CampaignId, CampaignName, clean_line},
    tui::{
        files::settled,
        model::{Form, Model},
        request::Request,
    },
};

/// The most codes of a batch.
const MOST_CODES: i64 = 1_000;

impl Model {
    pub(super) fn read_new_codes(&self, form: &mut Form, band: Option<BandId>) -> Option<Said> {
        let name = read::<CampaignName>(form, "name");
        let count = form.value("count").trim().parse().ok().filter(|count| (1..=MOST_CODES).contains(count));
        if count.is_none() {
            form.refuse("count", format!("must be a number from 1 to {MOST_CODES}"));
        }
        let life = self.read_life(form);
        let uses = read_uses(form);
        let body = CreateCodes {
            count: count?,
            name: name?,
            role: band.and_then(|_| form.value("role").parse().ok()),
            ttl_hours: life?,
            max_uses: number(uses?),
        };
        Some(send(match band {
            Some(band) => Request::CreateCodes(band, body),
            None => Request::CreateSiteCodes(body),
        }))
    }
}

pub(super) fn read_save_codes(form: &mut Form, batch: CampaignId, cards: bool) -> Option<Said> {
    let name = form.optional("file").filter(|name| clean_line(name) == *name);
    if name.is_none() {
        form.refuse("file", "must be the name of a file");
    }
    let file = settled(&name?);
    Some(send(if cards { Request::SaveCards(batch, file) } else { Request::SaveCodes(batch, file) }))
}
