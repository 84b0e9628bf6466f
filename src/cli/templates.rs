//! Saved defaults for new invites.

use clap::{Args, Subcommand};

use super::{
    Context, Error, ask,
    list::Paging,
    named::{BandArg, CampaignArg, TemplateArg},
    output::{self, Columns},
    terms::{self, Message},
    texts::text,
};
use crate::{
    api::{CreateTemplate, Patch, Template, UpdateTemplate},
    client::Client,
    domain::{BandId, CampaignId, Hours, Kind, Label, Role, TemplateName},
};

/// What a template saves.
#[derive(Debug, Args)]
pub(super) struct Saved {
    /// The role: member or admin.
    #[arg(long, value_parser = terms::granted)]
    role: Option<Role>,
    /// The life in hours, or `never`.
    #[arg(long, value_name = "HOURS", value_parser = terms::hours)]
    ttl_hours: Option<Hours>,
    /// How many people can use an invite, or `unlimited`.
    #[arg(long, value_name = "USES", allow_negative_numbers = true, value_parser = terms::uses)]
    max_uses: Option<i64>,
    /// The kind: link, email, user or code.
    #[arg(long)]
    kind: Option<Kind>,
    /// A note for the band; the invited do not see it.
    #[arg(long, value_parser = text::<Label>)]
    label: Option<String>,
    #[command(flatten)]
    message: Message,
    /// The campaign: its id, or its name.
    #[arg(long)]
    campaign: Option<CampaignArg>,
    /// Whether an admin has to agree to each accept.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    requires_approval: Option<bool>,
}

impl Saved {
    async fn campaign(&self, client: &Client, band: BandId) -> Result<Option<CampaignId>, Error> {
        match &self.campaign {
            Some(campaign) => campaign.find("--campaign", client, band).await.map(Some),
            None => Ok(None),
        }
    }

    fn life(&self) -> Patch<i64> {
        self.ttl_hours.map_or(Patch::Omitted, |hours| hours.0.map(i64::from).into())
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Templates {
    /// List a band's templates.
    List {
        /// The band's id, or its name.
        band: BandArg,
        #[command(flatten)]
        paging: Paging,
    },
    /// Save defaults under a name.
    Create {
        /// The band's id, or its name.
        band: BandArg,
        /// The template's name.
        #[arg(value_parser = text::<TemplateName>)]
        name: String,
        #[command(flatten)]
        saved: Saved,
    },
    /// Change a template.
    Edit {
        /// The band's id, or its name.
        band: BandArg,
        /// The template's id, or its name.
        template: TemplateArg,
        /// A new name.
        #[arg(long, value_parser = text::<TemplateName>)]
        name: Option<String>,
        #[command(flatten)]
        saved: Saved,
    },
    /// Delete a template; what was made by it stays.
    Delete {
        /// The band's id, or its name.
        band: BandArg,
        /// The template's id, or its name.
        template: TemplateArg,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
}

const HEADINGS: Columns<6> = Columns::new(["ID", "NAME", "KIND", "ROLE", "HOURS", "USES"], &["KIND", "USES"]);

fn row(template: &Template) -> [String; 6] {
    [
        template.id.to_string(),
        template.name.clone(),
        template.kind.map_or("any", Kind::as_str).to_owned(),
        template.role.to_string(),
        template.ttl_hours.0.map_or("never".to_owned(), |hours| hours.to_string()),
        template.max_uses.0.map_or("∞".to_owned(), |uses| uses.to_string()),
    ]
}

pub(super) async fn run(context: &Context, command: &Templates) -> Result<(), Error> {
    let client = context.signed_in()?;
    let template = match command {
        Templates::List { band, paging } => {
            let band = band.find(client).await?;
            return paging.show(context, async |page| client.templates(band, &page).await, HEADINGS, row).await;
        }
        Templates::Create { band, name, saved } => {
            let band = band.find(client).await?;
            let body = CreateTemplate {
                name: name.clone(),
                kind: saved.kind,
                role: saved.role,
                ttl_hours: saved.life(),
                max_uses: saved.max_uses.map_or(Patch::Omitted, Patch::Value),
                label: saved.label.clone(),
                message: saved.message.read()?,
                campaign_id: saved.campaign(client, band).await?,
                requires_approval: saved.requires_approval,
            };
            client.create_template(band, &body).await?
        }
        Templates::Edit { band, template, name, saved } => {
            let band = band.find(client).await?;
            let body = UpdateTemplate {
                name: name.clone(),
                kind: saved.kind.map_or(Patch::Omitted, Patch::Value),
                role: saved.role,
                ttl_hours: saved.life(),
                max_uses: saved.max_uses.map_or(Patch::Omitted, Patch::Value),
                label: terms::text(saved.label.clone()),
                message: saved.message.change()?,
                campaign_id: saved.campaign(client, band).await?.map_or(Patch::Omitted, Patch::Value),
                requires_approval: saved.requires_approval,
            };
            if body == UpdateTemplate::default() {
                return Err(Error::Usage("nothing is to be changed: say --name, --role or what else".to_owned()));
            }
            client.update_template(template.find("TEMPLATE", client, band).await?, &body).await?
        }
        Templates::Delete { band, template, yes } => {
            let band = band.find(client).await?;
            let id = template.find("TEMPLATE", client, band).await?;
            ask::agreed(*yes, &format!("This deletes the template {template} for good; what was made by it stays."))?;
            client.delete_template(id).await?;
            return context.say("Deleted.");
        }
    };
    if context.json { output::json(&template) } else { output::table(HEADINGS, &[row(&template)]) }
}
