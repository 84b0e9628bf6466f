//! `invites bulk`: an invite for everybody in a CSV file, up to 1,000 in a request.
//!
//! The name of each request is made from what it asks for, so that the same file sent again makes nothing twice.

mod report;

use std::{io::Read as _, iter::Peekable, pin::pin};

use clap::Args;
use futures_util::FutureExt as _;
use serde::Serialize;

use self::report::{Files, Report};
use super::{
    Context, Error, ask,
    named::BandArg,
    output::{self, Progress},
    system_words,
    terms::Wish,
    texts,
};
use crate::{
    api::{CreateCampaign, CreateInvite, CreateInvites, CreatedInvites, OnExisting, Patch, SentRow},
    client::{
        Client, MadeCampaign,
        people::{KNOWN, People, Row, next_rows},
    },
    domain::{BandId, clean_line},
};

/// The largest file that is read: a million rows are far below.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

#[derive(Debug, Args)]
pub(super) struct BulkArgs {
    /// The band's id, or its name.
    band: BandArg,
    /// The CSV file; `-` is standard input. Its columns may be called email, username, name and role; without headings
    /// the first says who. A row without address and user name is a link.
    file: String,
    #[command(flatten)]
    wish: Wish,
    /// Say what each row would come to, and make nothing.
    #[arg(long)]
    dry_run: bool,
    /// Begin at this row, by its line in the file: to go on after a stop.
    #[arg(long, value_name = "ROW", value_parser = texts::number::<1, { u32::MAX }>, default_value_t = 1, hide_default_value = true)]
    from: u32,
    /// Make new invites though the same file was sent within 24 hours; otherwise it is answered as the first time.
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    files: Files,
}

/// Whom a new campaign invites at once.
#[derive(Debug, Args)]
pub(super) struct Rows {
    /// Invite everybody in this CSV file, as `invites bulk` reads it; `-` is standard input.
    #[arg(long = "rows", value_name = "FILE")]
    file: Option<String>,
    /// Where an invite to the band is pending for the same person: `replace` it, or `resend` it; such a row is refused
    /// where this is missing.
    #[arg(long, value_name = "WHAT", requires = "file")]
    pub(super) on_existing: Option<OnExisting>,
    /// Make another campaign though the same was made within 24 hours.
    #[arg(long, requires = "file")]
    again: bool,
    #[command(flatten)]
    files: Files,
}

pub(super) async fn run(context: &Context, args: &BulkArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    let people = read(&args.file)?;
    let band = args.band.find(client).await?;
    let shared = args.wish.read(client, band).await?;
    let mut sending = Sending {
        client,
        band,
        shared,
        dry_run: args.dry_run,
        again: args.again,
        total: people.rows().count(),
        sent: people.rows().filter(|row| row.line < args.from as usize).count(),
        next_line: None,
        can_begin_later: true,
        progress: Progress::new("row"),
        report: Report::new(&people, context.json, &args.files, args.from > 1)?,
    };
    if sending.sent == sending.total {
        let from = args.from;
        return Err(Error::Usage(format!("--from {from} is behind the last row: nothing is left to begin at")));
    }
    let rest = people.rows().skip(sending.sent);
    let done = sending.all(rest.peekable()).await;
    sending.end(done)
}

/// Makes a campaign and its invites. Those that do not fit into the request that makes it follow at once.
pub(super) async fn campaign(
    context: &Context,
    band: BandId,
    mut body: CreateCampaign,
    rows: &Rows,
) -> Result<(), Error> {
    let client = context.signed_in()?;
    let Some(file) = &rows.file else {
        return match client.create_campaign(band, &body).await? {
            MadeCampaign::Made(made) if context.json => output::json(&made),
            MadeCampaign::Made(made) => super::campaigns::show(&made.campaign),
            MadeCampaign::Nobody(_) => Err(Error::Unreadable("the new campaign")),
        };
    };
    let people = read(file)?;
    let mut report = Report::new(&people, context.json, &rows.files, false)?;
    let mut all = people.rows().peekable();
    let first = next_rows(&mut all, |row| row.wish.to_string().len());
    body.rows = Some(sent(&first)?);
    let key = key(band, &body, rows.again)?;
    let (made, is_told_again) = client.with_attempt(key).create_campaign_once(band, &body).await?;
    let campaign = match made {
        MadeCampaign::Made(made) => {
            let answer = CreatedInvites { results: made.results, created: made.created, failed: made.failed };
            report.head("campaign", &made.campaign)?;
            report.add(&first, (answer, is_told_again), 0)?;
            made.campaign
        }
        MadeCampaign::Nobody(answer) => {
            report.add(&first, (answer, is_told_again), 0)?;
            report.end(false)?;
            return Err(Error::Ended("there is no campaign: no row came to a new invite".to_owned()));
        }
    };
    let mut sending = Sending {
        client,
        band,
        shared: CreateInvite {
            campaign_id: Patch::Value(campaign.id),
            on_existing: rows.on_existing,
            ..CreateInvite::default()
        },
        dry_run: false,
        again: rows.again,
        total: people.rows().count(),
        sent: first.len(),
        next_line: None,
        can_begin_later: false,
        progress: Progress::new("row"),
        report,
    };
    let done = sending.all(all).await;
    sending.end(done)?;
    output::note(&format!("The campaign is {}.", campaign.id));
    Ok(())
}

/// Reads a file, or standard input where it is called `-`.
fn read(file: &str) -> Result<People, Error> {
    let shown = if file == "-" { "standard input" } else { file };
    let mut bytes = Vec::new();
    let unreadable = |error: std::io::Error| Error::Usage(format!("{shown} cannot be read: {}", system_words(&error)));
    ask::open(file)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Error::Usage(format!("{shown} is larger than 256 MiB: cut it into pieces")));
    }
    let people = People::parse(bytes).map_err(|wrong| Error::Usage(format!("{shown}: {wrong}")))?;
    if let Some(first) = people.doubtful() {
        output::note(&format!(
            "The first row ({}) has no heading that is known, so it is somebody, by user name. Known are {KNOWN}.",
            clean_line(&first)
        ));
    }
    let unread = people.unread();
    if !unread.is_empty() {
        let columns = if unread.len() == 1 { "column" } else { "columns" };
        output::note(&format!("Not read: the {columns} {}. Known are {KNOWN}.", clean_line(&unread.join(", "))));
    }
    Ok(people)
}

fn sent(rows: &[Row]) -> Result<Vec<SentRow>, Error> {
    Ok(rows.iter().map(|row| SentRow::new(&row.wish)).collect::<Result<_, _>>()?)
}

/// The name of a request: the same for the same content, so that the server does it once.
fn key(band: BandId, body: &impl Serialize, again: bool) -> Result<uuid::Uuid, Error> {
    if again {
        return Ok(uuid::Uuid::now_v7());
    }
    let mut content = band.as_bytes().to_vec();
    serde_json::to_writer(&mut content, body)?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &content);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    Ok(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Why not all rows were sent.
enum Stop {
    /// The person wants no more.
    Interrupted,
    /// Something is wrong with the request or the way to the server.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Rows on their way to the server.
struct Sending<'a> {
    client: &'a Client,
    band: BandId,
    shared: CreateInvite,
    dry_run: bool,
    again: bool,
    /// Rows of the file.
    total: usize,
    /// Rows that are answered, or were left out.
    sent: usize,
    /// The line of the first that is not.
    next_line: Option<usize>,
    /// Whether the command can begin at a row.
    can_begin_later: bool,
    progress: Progress,
    report: Report<'a>,
}

impl Sending<'_> {
    /// Sends request after request; Ctrl-C ends it behind the one that is on its way, a second one at once.
    async fn all(&mut self, mut rows: Peekable<impl Iterator<Item = Row>>) -> Result<(), Stop> {
        let mut stop = Box::pin(interrupted());
        loop {
            self.next_line = rows.peek().map(|row| row.line);
            let next = next_rows(&mut rows, |row| row.wish.to_string().len());
            if next.is_empty() {
                return Ok(());
            }
            if (&mut stop).now_or_never().is_some() {
                return Err(Stop::Interrupted);
            }
            self.progress.under_way(self.sent as u64, next.len() as u64, self.total as u64);
            let body = self.body(&next)?;
            let client = self.client.with_attempt(key(self.band, &body, self.again || self.dry_run)?);
            let mut request = pin!(client.create_invites_once(self.band, &body));
            let (answer, stopped) = tokio::select! {
                answer = &mut request => (answer, false),
                () = &mut stop => {
                    self.progress.end();
                    output::note("Waiting for the answer that is on its way. Ctrl-C again ends at once.");
                    tokio::select! {
                        answer = &mut request => (answer, true),
                        () = interrupted() => return Err(Stop::Interrupted),
                    }
                }
            };
            self.progress.end();
            let (answer, before) = (answer.map_err(Error::from)?, self.sent);
            // Done before it is told: what cannot be written has happened all the same.
            self.sent += next.len();
            self.next_line = rows.peek().map(|row| row.line);
            self.report.add(&next, answer, before)?;
            if stopped && self.next_line.is_some() {
                return Err(Stop::Interrupted);
            }
        }
    }

    fn body(&self, rows: &[Row]) -> Result<CreateInvites, Error> {
        let shared = self.shared.clone();
        Ok(CreateInvites {
            kind: shared.kind,
            role: shared.role,
            ttl_hours: shared.ttl_hours,
            expires_at: shared.expires_at,
            max_uses: shared.max_uses,
            campaign_id: shared.campaign_id,
            template_id: shared.template_id,
            requires_approval: shared.requires_approval,
            send: shared.send,
            on_existing: shared.on_existing,
            label: shared.label,
            message: shared.message,
            dry_run: self.dry_run.then_some(true),
            rows: sent(rows)?,
        })
    }

    /// Says what was done, and how to go on where that is not all.
    fn end(mut self, done: Result<(), Stop>) -> Result<(), Error> {
        self.progress.end();
        let refused = self.report.refused;
        self.report.end(self.dry_run)?;
        let Some(stop) = done.err() else {
            return if refused == 0 { Ok(()) } else { Err(Error::Rows { failed: refused as usize, what: "row" }) };
        };
        if !self.dry_run {
            let from = self.next_line.filter(|_| self.can_begin_later);
            let from = from.map(|line| format!(" Or begin where it stopped: --from {line}.")).unwrap_or_default();
            output::note(&format!(
                "Done: {} of {}. The same command goes on, and makes nothing twice.{from}",
                self.sent,
                output::counted(self.total as u64, "row")
            ));
        }
        match stop {
            Stop::Interrupted => Err(Error::Interrupted),
            Stop::Failed(error) => Err(error),
        }
    }
}

/// Waits until the person wants no more.
pub(super) async fn interrupted() {
    // Where signals cannot be had, nothing interrupts.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
