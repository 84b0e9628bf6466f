//! `invites export`: all invites of a band as a file, however many there are.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;

use super::{Context, Error, file, list::Paging, output};
use crate::{
    api::{Invite, Invites, Person, Sheet},
    client::InviteQuery,
    domain::{BandId, Timestamp},
};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Part of a label or an address, or of a name of the account that it is for.
    #[arg(short, long)]
    pub(super) query: Option<String>,
    /// csv (where this is missing), or ndjson: JSON, an invite a line. With --json it is ndjson.
    #[arg(long, value_name = "FORMAT", value_parser = ["csv", "ndjson"])]
    format: Option<String>,
    /// Where the file goes; standard output where this is missing.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const COLUMNS: [&str; 24] = [
    "id",
    "kind",
    "role",
    "status",
    "cancel_reason",
    "email",
    "username",
    "label",
    "message",
    "hint",
    "max_uses",
    "uses",
    "created_at",
    "created_by",
    "expires_at",
    "status_at",
    "acted_by",
    "used_at",
    "used_by",
    "campaign_id",
    "delivery",
    "sent_at",
    "reminders_sent",
    "requires_approval",
];

fn cells(invite: &Invite) -> [String; 24] {
    let name = |person: Option<&Person>| person.map(|person| person.username.clone()).unwrap_or_default();
    let instant = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    [
        invite.id.to_string(),
        invite.kind.to_string(),
        invite.role.to_string(),
        invite.status.to_string(),
        invite.cancel_reason.map(|reason| reason.to_string()).unwrap_or_default(),
        text(invite.email.as_ref()),
        name(invite.account.as_ref()),
        text(invite.label.as_ref()),
        text(invite.message.as_ref()),
        invite.hint.clone(),
        invite.max_uses.0.map(|n| n.to_string()).unwrap_or_default(),
        invite.uses.to_string(),
        invite.created_at.to_string(),
        invite.created_by.username.clone(),
        instant(invite.expires_at),
        invite.status_at.to_string(),
        name(invite.acted_by.as_ref()),
        instant(invite.used_at),
        name(invite.used_by.as_ref()),
        invite.campaign_id.map(|id| id.to_string()).unwrap_or_default(),
        invite.delivery.to_string(),
        instant(invite.sent_at),
        invite.reminders_sent.to_string(),
        invite.requires_approval.to_string(),
    ]
}

/// Writes page after page; cells that a spreadsheet would run are texts.
pub(super) async fn run(context: &Context, band: BandId, query: &InviteQuery, args: &ExportArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    let is_json = match args.format.as_deref() {
        Some("csv") => context.no_json("--format csv").map(|()| false)?,
        Some(_) => true,
        None => context.json,
    };
    let path = args.output.as_deref().filter(|path| *path != std::path::Path::new("-"));
    let pages = async |out: &mut dyn Write, mut progress: output::Progress| {
        if !is_json {
            out.write_all(&Sheet::new(&COLUMNS).into_bytes())?;
        }
        let mut done = 0;
        let each = |page: &Invites, _| {
            let mut sheet = Sheet::go_on();
            for invite in &page.invites {
                if is_json {
                    writeln!(out, "{}", serde_json::to_string(invite)?)?;
                } else {
                    sheet.row(&cells(invite));
                }
            }
            out.write_all(&sheet.into_bytes())?;
            done += page.invites.len() as u64;
            if path.is_some() {
                progress.at(done);
            }
            Ok(())
        };
        let ask = async |page| client.invites(band, &InviteQuery { page, ..query.clone() }).await;
        let walked = Paging::ALL.walk(ask, each).await;
        progress.end();
        walked?;
        out.flush()?;
        Ok(done)
    };
    let progress = output::Progress::new("invite");
    let Some(path) = path else { return pages(&mut io::stdout(), progress).await.map(drop) };
    let done = file::Whole::begin(path)?.filled(async |file| pages(file, progress).await).await?;
    output::note(&format!("{} written to {}.", output::counted(done, "invite"), path.display()));
    Ok(())
}
