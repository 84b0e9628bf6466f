//! Codes by the batch: made, listed, and printed as cards.

use clap::{Args, Subcommand};

use super::{
    Context, Error,
    campaigns::{self, End, end},
    file,
    list::Paging,
    named::{BandArg, CampaignArg},
    output::{self, Columns},
    terms::{granted, hours, uses},
    texts::{number, text},
};
use crate::{
    api::{CodeCard, CreateCodes, Patch},
    client::{Client, InviteQuery, Page},
    domain::{CampaignId, CampaignName, Hours, Kind, Role, Status},
};

/// Whose codes.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Whose {
    /// A band's: its id, or its name.
    #[arg(long)]
    band: Option<BandArg>,
    /// The site's: they let people make an account and are to no band. For who runs the site.
    #[arg(long)]
    site: bool,
}

/// Which batch.
#[derive(Debug, Args)]
pub(super) struct Batch {
    /// The batch's id, or its name with --band or --site.
    codes: CampaignArg,
    /// The band that it is of: its id, or its name.
    #[arg(long, conflicts_with = "site")]
    band: Option<BandArg>,
    /// It is the site's.
    #[arg(long)]
    site: bool,
}

impl Batch {
    async fn find(&self, client: &Client) -> Result<CampaignId, Error> {
        if let Some(id) = self.codes.id() {
            return Ok(id);
        }
        match &self.band {
            Some(band) => self.codes.find("CODES", client, band.find(client).await?).await,
            None if self.site => self.codes.find_of_site(client).await,
            None => self.codes.shown()?.ok_or_else(|| {
                Error::Usage(format!(
                    "whose is \"{}\"? Say --band or --site with the name of a batch, or give its id",
                    self.codes
                ))
            }),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Codes {
    /// Make a batch of codes.
    Create {
        /// The name of the batch.
        #[arg(value_parser = text::<CampaignName>)]
        name: String,
        #[command(flatten)]
        whose: Whose,
        /// How many, 1 to 1000.
        #[arg(long, short = 'n', value_name = "NUMBER", value_parser = number::<1, 1_000>)]
        count: u32,
        /// The role that they grant: member or admin.
        #[arg(long, value_parser = granted)]
        role: Option<Role>,
        /// Their life in hours, or `never`.
        #[arg(long, value_name = "HOURS", value_parser = hours)]
        ttl_hours: Option<Hours>,
        /// How many people can use each, or `unlimited`.
        #[arg(long, value_name = "USES", allow_negative_numbers = true, value_parser = uses)]
        max_uses: Option<i64>,
    },
    /// List the batches of the site. Those of a band are campaigns: `campaigns list`.
    Batches {
        #[command(flatten)]
        paging: Paging,
    },
    /// List the codes of a batch; leaves a trace.
    List {
        #[command(flatten)]
        batch: Batch,
        #[command(flatten)]
        paging: Paging,
        /// All of them as a table for spreadsheets: csv.
        #[arg(long, value_name = "FORMAT", value_parser = ["csv"], conflicts_with_all = ["limit", "cursor"])]
        format: Option<String>,
        /// Where the table goes; standard output where this is missing.
        #[arg(short, long, value_name = "FILE", requires = "format")]
        output: Option<std::path::PathBuf>,
    },
    /// Save the usable codes of a batch as cards to print and cut out: a page for a browser. Leaves a trace.
    Sheet {
        #[command(flatten)]
        batch: Batch,
        /// Where the page goes; standard output where this is missing.
        #[arg(short, long, value_name = "FILE")]
        output: Option<std::path::PathBuf>,
    },
    /// End a batch and all its pending codes. There is no way back.
    Expire {
        #[command(flatten)]
        batch: Batch,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
    /// Delete a batch; all its pending codes end. There is no way back.
    Delete {
        #[command(flatten)]
        batch: Batch,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
}

const HEADINGS: Columns<4> = Columns::new(["CODE", "STATUS", "USES", "EXPIRES"], &["USES"]);

fn row(card: &CodeCard) -> [String; 4] {
    let expires = output::end(card.expires_at);
    [card.code.clone(), card.status.to_string(), card.max_uses.with_taken(card.uses), expires]
}

/// Refuses a campaign without codes that stand so: nobody wants a file of none. Where that cannot be learnt, what is asked
/// for says it itself.
async fn has_codes(client: &Client, id: CampaignId, status: Option<Status>) -> Result<(), Error> {
    let Ok(campaign) = client.campaign(id).await else { return Ok(()) };
    let counts = campaign.counts;
    // Where it is of no band all that is in it are codes.
    let found = match (campaign.band_id, status) {
        (None, Some(_)) => counts.pending > 0,
        (None, None) => counts.made > 0,
        (Some(band), status) => {
            let page = Page { limit: Some(1), cursor: None };
            let query =
                InviteQuery { kind: Some(Kind::Code), campaign: Some(id), status, page, ..InviteQuery::default() };
            client.invites(band, &query).await.map_or(true, |page| !page.invites.is_empty())
        }
    };
    if found {
        return Ok(());
    }
    let whose = campaign.band_id.map_or_else(|| "--site".to_owned(), |band| format!("--band {band}"));
    let which = if status.is_some() { "no code that can be used" } else { "no codes" };
    Err(Error::Ended(format!(
        "\"{}\" has {which}. `guestlist codes create NAME {whose} --count 20` makes a batch of new ones",
        campaign.name
    )))
}

pub(super) async fn run(context: &Context, command: &Codes) -> Result<(), Error> {
    let client = context.signed_in()?;
    match command {
        Codes::Create { name, whose, count, role, ttl_hours, max_uses } => {
            let body = CreateCodes {
                count: (*count).into(),
                name: name.clone(),
                role: *role,
                ttl_hours: ttl_hours.map_or(Patch::Omitted, |hours| hours.0.map(i64::from).into()),
                max_uses: max_uses.map_or(Patch::Omitted, Patch::Value),
            };
            let created = match &whose.band {
                Some(band) => client.create_codes(band.find(client).await?, &body).await?,
                None => client.create_site_codes(&body).await?,
            };
            if context.json {
                return output::json(&created);
            }
            output::line(&created.campaign.id.to_string())?;
            let id = created.campaign.id;
            let codes = output::counted(created.created.into(), "code");
            output::note(&format!("{codes}. To print them: guestlist codes sheet {id} -o cards.html"));
            Ok(())
        }
        Codes::Batches { paging } => {
            let ask = async |page| client.site_codes(&page).await;
            paging.show(context, ask, campaigns::HEADINGS, campaigns::row).await
        }
        Codes::List { batch, output, format: Some(_), .. } => {
            context.no_json("--format")?;
            let id = batch.find(client).await?;
            has_codes(client, id, None).await?;
            file::save(client.codes_as_csv(id).await?, output.as_deref()).await
        }
        Codes::List { batch, paging, .. } => {
            let id = batch.find(client).await?;
            let ask = async |page| client.codes(id, &page).await;
            paging.show(context, ask, HEADINGS, row).await
        }
        Codes::Sheet { batch, output } => {
            context.no_json("a sheet")?;
            let id = batch.find(client).await?;
            has_codes(client, id, Some(Status::Pending)).await?;
            file::save(client.code_sheet(id).await?, output.as_deref()).await
        }
        Codes::Expire { batch, yes } => end(context, batch.find(client).await?, End::Expire, *yes).await,
        Codes::Delete { batch, yes } => end(context, batch.find(client).await?, End::Delete, *yes).await,
    }
}
