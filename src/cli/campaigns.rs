//! Campaigns: sets of invites that share role, message and end, and end together.

use clap::{Args, Subcommand};

use super::{
    Context, Error, ask,
    bulk::{self, Rows},
    event::EventArgs,
    list::Paging,
    named::{BandArg, CampaignArg},
    output::{self, Columns},
    terms::{self, Life, Message},
    texts::{self, number, text},
};
use crate::{
    api::{Campaign, CampaignEvent, CancelledInvites, CreateCampaign, Patch, UpdateCampaign},
    client::Client,
    domain::{CampaignId, CampaignName, Role},
};

/// What the invites of a campaign share.
#[derive(Debug, Args)]
pub(super) struct Shared {
    /// The role that its invites grant: member or admin.
    #[arg(long, value_parser = terms::granted)]
    role: Option<Role>,
    #[command(flatten)]
    life: Life,
    #[command(flatten)]
    message: Message,
}

#[derive(Debug, Subcommand)]
pub(super) enum Campaigns {
    /// List a band's campaigns with what has become of their invites.
    List {
        /// The band's id, or its name.
        band: BandArg,
        #[command(flatten)]
        paging: Paging,
    },
    /// Make a campaign, with invites for everybody in a CSV file where one is named.
    Create {
        /// The band's id, or its name.
        band: BandArg,
        /// The campaign's name.
        #[arg(value_parser = text::<CampaignName>)]
        name: String,
        #[command(flatten)]
        shared: Shared,
        #[command(flatten)]
        event: EventArgs,
        /// Hours after sending at which its invites are called to mind, such as 24,72; `none` for never.
        #[arg(long, value_name = "HOURS", value_delimiter = ',', value_parser = texts::reminder)]
        reminders: Option<Vec<String>>,
        /// The most invites that can be made in it, 1 to 1000000.
        #[arg(long, value_name = "NUMBER", value_parser = number::<1, 1_000_000>)]
        max_invites: Option<u32>,
        /// The most uses that all its invites together have, 1 to 1000000.
        #[arg(long, value_name = "NUMBER", value_parser = number::<1, 1_000_000>)]
        max_accepts: Option<u32>,
        #[command(flatten)]
        rows: Rows,
    },
    /// Show a campaign.
    Show {
        /// The band's id, or its name.
        band: BandArg,
        /// The campaign's id, or its name.
        campaign: CampaignArg,
    },
    /// Change a campaign; role, message and end go to its pending invites.
    Edit {
        /// The band's id, or its name.
        band: BandArg,
        /// The campaign's id, or its name.
        campaign: CampaignArg,
        /// A new name.
        #[arg(long, value_parser = text::<CampaignName>)]
        name: Option<String>,
        #[command(flatten)]
        shared: Shared,
        #[command(flatten)]
        event: EventArgs,
        /// It has no event any longer.
        #[arg(long, conflicts_with_all = ["title", "starts", "ends", "place", "time_zone"])]
        no_event: bool,
    },
    /// End a campaign and all its pending invites. There is no way back.
    Expire {
        /// The band's id, or its name.
        band: BandArg,
        /// The campaign's id, or its name.
        campaign: CampaignArg,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
    /// Delete a campaign; all its pending invites end. There is no way back.
    Delete {
        /// The band's id, or its name.
        band: BandArg,
        /// The campaign's id, or its name.
        campaign: CampaignArg,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) const HEADINGS: Columns<7> =
    Columns::new(["ID", "NAME", "ACTIVE", "PENDING", "ACCEPTED", "MADE", "EXPIRES"], &["MADE", "ACTIVE", "ACCEPTED"]);

pub(super) fn row(campaign: &Campaign) -> [String; 7] {
    let counts = campaign.counts;
    let ends = match (campaign.ended_at, campaign.expires_at) {
        (Some(at), _) => format!("ended {}", output::minute(at)),
        (None, end) => output::end(end),
    };
    [
        campaign.id.to_string(),
        campaign.name.clone(),
        if campaign.active { "yes" } else { "no" }.to_owned(),
        counts.pending.to_string(),
        counts.accepted.to_string(),
        counts.made.to_string(),
        ends,
    ]
}

pub(super) async fn run(context: &Context, command: &Campaigns) -> Result<(), Error> {
    let client = context.signed_in()?;
    let campaign = match command {
        Campaigns::List { band, paging } => {
            let band = band.find(client).await?;
            return paging.show(context, async |page| client.campaigns(band, &page).await, HEADINGS, row).await;
        }
        Campaigns::Create { band, name, shared, event, reminders, max_invites, max_accepts, rows } => {
            let band = band.find(client).await?;
            let body = CreateCampaign {
                name: name.clone(),
                role: shared.role,
                ttl_hours: shared.life.hours(),
                expires_at: shared.life.end(),
                message: shared.message.read()?,
                event: event.read(None)?,
                reminders: reminders.as_deref().map(hours).transpose()?,
                max_invites: max_invites.map(i64::from),
                max_accepts: max_accepts.map(i64::from),
                rows: None,
                on_existing: rows.on_existing,
            };
            return bulk::campaign(context, band, body, rows).await;
        }
        Campaigns::Show { band, campaign } => client.campaign(find(client, band, campaign).await?).await?,
        Campaigns::Edit { band, campaign, name, shared, event, no_event } => {
            // What is said of the event stands in place of what there was, all of it: what is not said is taken from there.
            let id = if event.is_empty() { None } else { Some(find(client, band, campaign).await?) };
            let before = match id {
                Some(id) => client.campaign(id).await?.event,
                None => None,
            };
            let body = UpdateCampaign {
                name: name.clone(),
                role: shared.role,
                message: shared.message.change()?,
                event: if *no_event { Patch::Null } else { Patch::given(event.read(before.as_ref())?) },
                expires_at: shared.life.end(),
                ttl_hours: shared.life.hours(),
            };
            if body == UpdateCampaign::default() {
                let flags = "--name, --role, --ttl-hours, --expires-at, --message, --event or --starts";
                return Err(Error::Usage(format!("nothing is to be changed: say {flags}")));
            }
            let id = match id {
                Some(id) => id,
                None => find(client, band, campaign).await?,
            };
            client.update_campaign(id, &body).await?
        }
        Campaigns::Expire { band, campaign, yes } => {
            return end(context, find(client, band, campaign).await?, End::Expire, *yes).await;
        }
        Campaigns::Delete { band, campaign, yes } => {
            return end(context, find(client, band, campaign).await?, End::Delete, *yes).await;
        }
    };
    if context.json { output::json(&campaign) } else { show(&campaign) }
}

async fn find(client: &Client, band: &BandArg, campaign: &CampaignArg) -> Result<CampaignId, Error> {
    match campaign.id() {
        Some(id) => Ok(id),
        None => campaign.find("CAMPAIGN", client, band.find(client).await?).await,
    }
}

/// Hours as they are given, separated by commas.
fn hours(given: &[String]) -> Result<Vec<u32>, Error> {
    if given.len() == 1 && given[0] == "none" {
        return Ok(Vec::new());
    }
    let number = |text: &String| text.trim().parse().ok();
    let wrong = || Error::Usage("--reminders must be hours such as 24,72, or none".to_owned());
    given.iter().map(number).collect::<Option<_>>().ok_or_else(wrong)
}

/// How a campaign comes to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// It is kept and shows what became of it.
    Expire,
    /// It is gone.
    Delete,
}

/// Ends a campaign and all its pending invites, once the person is sure.
pub(super) async fn end(context: &Context, id: CampaignId, how: End, yes: bool) -> Result<(), Error> {
    let client = context.signed_in()?;
    if !yes {
        let campaign = client.campaign(id).await?;
        let what = if how == End::Delete { "deletes" } else { "ends" };
        let pending = output::counted(campaign.counts.pending, "pending invite");
        let says = format!("This {what} {} and its {pending}.", campaign.name);
        ask::sure(yes, &says, &campaign.name)?;
    }
    let CancelledInvites { cancelled } = match how {
        End::Expire => client.expire_campaign(id).await?,
        End::Delete => client.delete_campaign(id).await?,
    };
    if context.json {
        return output::json(&CancelledInvites { cancelled });
    }
    let what = if how == End::Delete { "Deleted" } else { "Ended" };
    output::line(&format!("{what}; pending invites that ended with it: {cancelled}."))
}

/// Prints what there is to know about a campaign.
pub(super) fn show(campaign: &Campaign) -> Result<(), Error> {
    let counts = campaign.counts;
    let number = |limit: Option<u32>| limit.map(|n| n.to_string()).unwrap_or_default();
    let instant = |at: Option<crate::domain::Timestamp>| at.map(output::minute).unwrap_or_default();
    output::fields(&[
        ("ID", campaign.id.to_string()),
        ("NAME", campaign.name.clone()),
        ("ROLE", campaign.role.map(|role| role.to_string()).unwrap_or_default()),
        ("MESSAGE", campaign.message.clone().unwrap_or_default()),
        ("EVENT", campaign.event.as_ref().map(|event| event.title.clone()).unwrap_or_default()),
        ("WHEN", campaign.event.as_ref().map(CampaignEvent::when).unwrap_or_default()),
        ("WHERE", campaign.event.as_ref().and_then(|event| event.place.clone()).unwrap_or_default()),
        ("ACTIVE", if campaign.active { "yes" } else { "no" }.to_owned()),
        ("EXPIRES", output::end(campaign.expires_at)),
        ("ENDED", instant(campaign.ended_at)),
        ("MADE", counts.made.to_string()),
        ("PENDING", counts.pending.to_string()),
        ("ACCEPTED", counts.accepted.to_string()),
        ("REJECTED", counts.rejected.to_string()),
        ("CANCELLED", counts.cancelled.to_string()),
        ("USES", counts.uses.to_string()),
        ("SENT", campaign.sent.to_string()),
        ("MAX INVITES", number(campaign.max_invites)),
        ("MAX ACCEPTS", number(campaign.max_accepts)),
    ])
}
