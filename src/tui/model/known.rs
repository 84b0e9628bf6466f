//! What a form knows beside what is typed: what can be chosen in it, and who was found.

use jiff::tz::TimeZone;

use super::{Form, FormField, Input, Word};
use crate::{
    api::{Campaign, FoundPeople, Template},
    domain::{CampaignId, Hours, MaxUses},
    tui::expiry,
};

/// What a form knows beside what is typed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// The band's templates.
    pub templates: Vec<Template>,
    /// The band's campaigns.
    pub campaigns: Vec<Campaign>,
    /// The life that the band gives to what is new, as it is typed.
    pub life: String,
    /// The campaign that the form was opened in, by its id; empty for none.
    pub campaign: String,
    /// People whose names hold what is typed.
    pub people: Option<FoundPeople>,
    /// Which of them the cursor is on.
    pub picked: Option<usize>,
    /// Lines scrolled off the top of what is read before it is sent.
    pub scroll: u16,
}

impl Form {
    /// The template that is chosen, once it is known.
    pub fn template(&self) -> Option<&Template> {
        let id = self.value("template_id");
        self.known.templates.iter().find(|template| template.id.to_string() == id)
    }

    /// The campaign that is chosen, once it is known.
    pub fn campaign(&self) -> Option<&Campaign> {
        let id = self.value("campaign_id");
        self.known.campaigns.iter().find(|campaign| campaign.id.to_string() == id)
    }

    /// What can be chosen in a field is known now, beside its first word, which is none of it. What is chosen stays, also
    /// where it is not among them.
    pub fn offer(&mut self, name: &str, words: impl IntoIterator<Item = Word>) {
        let field = self.fields.iter_mut().find(|field| field.name == name);
        let Some(FormField { input: Input::Choice { options, selected }, .. }) = field else { return };
        let held = options.get(*selected).cloned();
        let mut all: Vec<_> = options.first().cloned().into_iter().chain(words).collect();
        if let Some(held) = held {
            *selected = all.iter().position(|(word, _)| *word == held.0).unwrap_or_else(|| {
                all.push(held);
                all.len() - 1
            });
        }
        *options = all;
    }

    /// The campaigns of the band are known: those that take invites can be chosen.
    pub fn knows_campaigns(&mut self, campaigns: Vec<Campaign>) {
        let open = campaigns.iter().filter(|campaign| !campaign.is_default && campaign.ended_at.is_none());
        self.offer("campaign_id", open.map(|campaign| (campaign.id.to_string().into(), campaign.name.clone().into())));
        let default = campaigns.iter().find(|campaign| campaign.is_default);
        let field = self.fields.iter_mut().find(|field| field.name == "campaign_id");
        if let (Some(default), Some(FormField { input: Input::Choice { options, .. }, .. })) = (default, field)
            && let Some(none) = options.first_mut()
        {
            // To be in none is to be in the band's own.
            none.1 = default.name.clone().into();
        }
        self.known.campaigns = campaigns;
    }

    /// The templates of the band are known.
    pub fn knows_templates(&mut self, templates: Vec<Template>) {
        let words = templates.iter().map(|template| (template.id.to_string().into(), template.name.clone().into()));
        self.offer("template_id", words);
        self.known.templates = templates;
    }

    /// It is opened in this campaign, which is offered already.
    pub fn opens_in(&mut self, campaign: CampaignId) {
        self.known.campaign = campaign.to_string();
        self.begin_with("campaign_id", &campaign.to_string());
    }

    /// Template and campaign say what an invite has where nothing else was typed: the template before the campaign.
    pub fn follow(&mut self, zone: &TimeZone) {
        let template = self.template().cloned();
        let of_template = template.as_ref().and_then(|template| template.campaign_id);
        let begins = of_template.map_or_else(|| self.known.campaign.clone(), |id| id.to_string());
        self.begin_with("campaign_id", &begins);
        let campaign = self.campaign().cloned();
        let end = match (&template, campaign.as_ref().and_then(|campaign| campaign.expires_at)) {
            (Some(template), _) => life(template.ttl_hours),
            (None, Some(end)) => expiry::typed(Some(end), zone),
            (None, None) => self.known.life.clone(),
        };
        let role = template.as_ref().map(|template| template.role).or(campaign.as_ref().and_then(|c| c.role));
        let message = template.as_ref().and_then(|template| template.message.clone());
        let message = message.or(campaign.and_then(|campaign| campaign.message));
        let approval = template.as_ref().is_some_and(|template| template.requires_approval);
        self.begin_with("expires_at", &end);
        self.begin_with("role", role.map_or("member", |role| role.as_str()));
        self.begin_with("message", &message.unwrap_or_default());
        self.begin_with("requires_approval", if approval { "yes" } else { "no" });
        self.begin_with("kind", template.as_ref().and_then(|template| template.kind).map_or("", |kind| kind.as_str()));
        self.begin_with("max_uses", &uses(template.as_ref().map_or(MaxUses::ONE, |template| template.max_uses)));
        self.begin_with("label", &template.and_then(|template| template.label).unwrap_or_default());
    }
}

/// A life as it is typed.
pub fn life(hours: Hours) -> String {
    match hours.0 {
        None => "never".to_owned(),
        Some(hours) if hours > 24 && hours % 24 == 0 => format!("{}d", hours / 24),
        Some(hours) => format!("{hours}h"),
    }
}

/// How often something can be used, as it is typed.
pub fn uses(uses: MaxUses) -> String {
    uses.0.map_or_else(|| "unlimited".to_owned(), |uses| uses.to_string())
}
