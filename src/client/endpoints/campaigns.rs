//! Campaigns, batches of codes, and templates.

use super::{Ask, Client, Error, LONG_WORK, Page, answer};
use crate::{
    api::{
        Campaign, Campaigns, CancelledInvites, CodeCards, CreateCampaign, CreateCodes, CreateTemplate, CreatedCampaign,
        CreatedCodes, CreatedInvites, Empty, Template, Templates, UpdateCampaign, UpdateTemplate,
    },
    client::{Download, Media},
    domain::{BandId, CampaignId, TemplateId},
};

/// What became of a wish for a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MadeCampaign {
    /// There is one, with what became of its rows.
    Made(Box<CreatedCampaign>),
    /// No row came to an invite, so there is none.
    Nobody(CreatedInvites),
}

/// Campaigns.
impl Client {
    /// A page of a band's campaigns.
    pub async fn campaigns(&self, band: BandId, page: &Page) -> Result<Campaigns, Error> {
        self.call(Ask::get(&["bands", &band.to_string(), "campaigns"]).page(page)).await
    }

    /// A page of the batches of codes that belong to the site; for who runs it.
    pub async fn site_codes(&self, page: &Page) -> Result<Campaigns, Error> {
        self.call(Ask::get(&["site", "codes"]).page(page)).await
    }

    /// One campaign.
    pub async fn campaign(&self, id: CampaignId) -> Result<Campaign, Error> {
        self.call(Ask::get(&["campaigns", &id.to_string()])).await
    }

    /// Makes a campaign, with invites where the wish has rows.
    pub async fn create_campaign(&self, band: BandId, body: &CreateCampaign) -> Result<MadeCampaign, Error> {
        self.create_campaign_once(band, body).await.map(|(made, _)| made)
    }

    /// As [`Client::create_campaign`]; whether an earlier request with the same name had made it.
    pub async fn create_campaign_once(
        &self,
        band: BandId,
        body: &CreateCampaign,
    ) -> Result<(MadeCampaign, bool), Error> {
        let ask = Ask::post(&["bands", &band.to_string(), "campaigns"]).json(body)?.once_only().told_by_row();
        let answer = self.send(&ask).await?;
        let is_told_again = answer.is_told_again;
        let (status, body) = self.body_of(answer)?;
        let made = match status {
            422 => MadeCampaign::Nobody(answer::decode(body)?),
            _ => MadeCampaign::Made(Box::new(answer::decode(body)?)),
        };
        Ok((made, is_told_again))
    }

    /// Changes a campaign; role, message and end go to its pending invites.
    pub async fn update_campaign(&self, id: CampaignId, body: &UpdateCampaign) -> Result<Campaign, Error> {
        self.call(Ask::patch(&["campaigns", &id.to_string()]).json(body)?.longest(LONG_WORK)).await
    }

    /// Ends a campaign and its pending invites.
    pub async fn expire_campaign(&self, id: CampaignId) -> Result<CancelledInvites, Error> {
        let ask = Ask::post(&["campaigns", &id.to_string(), "expire"]).json(&Empty {})?.once_only();
        self.call(ask.longest(LONG_WORK)).await
    }

    /// Deletes a campaign and ends its pending invites.
    pub async fn delete_campaign(&self, id: CampaignId) -> Result<CancelledInvites, Error> {
        self.call(Ask::delete(&["campaigns", &id.to_string()]).longest(LONG_WORK)).await
    }
}

/// Codes.
impl Client {
    /// Makes a batch of codes to a band.
    pub async fn create_codes(&self, band: BandId, body: &CreateCodes) -> Result<CreatedCodes, Error> {
        self.call(Ask::post(&["bands", &band.to_string(), "codes"]).json(body)?.once_only()).await
    }

    /// Makes a batch of codes that let people register and are to no band; for who runs the site.
    pub async fn create_site_codes(&self, body: &CreateCodes) -> Result<CreatedCodes, Error> {
        self.call(Ask::post(&["site", "codes"]).json(body)?.once_only()).await
    }

    /// A page of a campaign's codes with their links; leaves a trace.
    pub async fn codes(&self, id: CampaignId, page: &Page) -> Result<CodeCards, Error> {
        self.call(Ask::get(&["campaigns", &id.to_string(), "codes"]).page(page)).await
    }

    /// All codes of a campaign as a table; leaves a trace.
    pub async fn codes_as_csv(&self, id: CampaignId) -> Result<Download, Error> {
        let ask = Ask::get(&["campaigns", &id.to_string(), "codes"]).query("format", Some("csv"));
        self.download(ask.media(Media::Csv)).await
    }

    /// The usable codes of a campaign as cards to print; leaves a trace.
    pub async fn code_sheet(&self, id: CampaignId) -> Result<Download, Error> {
        self.download(Ask::get(&["campaigns", &id.to_string(), "codes", "sheet"]).media(Media::Html)).await
    }
}

/// Templates.
impl Client {
    /// A page of a band's templates.
    pub async fn templates(&self, band: BandId, page: &Page) -> Result<Templates, Error> {
        self.call(Ask::get(&["bands", &band.to_string(), "templates"]).page(page)).await
    }

    /// Saves defaults for new invites.
    pub async fn create_template(&self, band: BandId, body: &CreateTemplate) -> Result<Template, Error> {
        self.call(Ask::post(&["bands", &band.to_string(), "templates"]).json(body)?.once_only()).await
    }

    /// Changes a template.
    pub async fn update_template(&self, id: TemplateId, body: &UpdateTemplate) -> Result<Template, Error> {
        self.call(Ask::patch(&["templates", &id.to_string()]).json(body)?).await
    }

    /// Deletes a template; what was made by it stays.
    pub async fn delete_template(&self, id: TemplateId) -> Result<(), Error> {
        self.run(Ask::delete(&["templates", &id.to_string()])).await
    }
}
