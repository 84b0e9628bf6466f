//! What happened in a band.

use std::{ffi::OsStr, path::PathBuf};

use clap::{
    Arg, Args, Command,
    builder::{PossibleValue, TypedValueParser},
};

use super::{
    Context, Error, file,
    list::Paging,
    named::{BandArg, InviteArg, PersonArg},
    output, terms,
};
use crate::{
    api::{AUDIT_ACTIONS, AuditEvent},
    client::{AuditQuery, Media},
    config::nearest,
    domain::Timestamp,
};

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    /// The band's id, or its name.
    band: BandArg,
    /// Only what was done to this invite.
    #[arg(long)]
    invite: Option<InviteArg>,
    /// Only what this person did: a user name or an account id.
    #[arg(long, value_name = "NAME")]
    actor: Option<PersonArg>,
    /// Only what was done so, such as invite.accepted.
    #[arg(long, value_parser = Action)]
    action: Option<String>,
    /// From this time on, such as 2026-01-31T18:00:00Z, or this day.
    #[arg(long, value_name = "TIME", value_parser = terms::instant)]
    from: Option<Timestamp>,
    /// Before this time, or this day.
    #[arg(long, value_name = "TIME", value_parser = terms::instant)]
    to: Option<Timestamp>,
    #[command(flatten)]
    paging: Paging,
    /// All of it as a file: csv, or ndjson (JSON, an event a line).
    #[arg(long, value_name = "FORMAT", value_parser = ["csv", "ndjson"], conflicts_with_all = ["limit", "cursor"])]
    format: Option<String>,
    /// Where the file goes; standard output where this is missing.
    #[arg(short, long, value_name = "FILE", requires = "format")]
    output: Option<PathBuf>,
}

/// What can have been done, by its name; letter case, and how its words are joined, makes no difference. All names are for
/// the help and for shells: a refusal has the nearest one.
#[derive(Debug, Clone)]
struct Action;

impl TypedValueParser for Action {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        action.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(AUDIT_ACTIONS.iter().copied().map(PossibleValue::new)))
    }
}

fn action(text: &str) -> Result<String, String> {
    let plain = |name: &str| name.to_lowercase().replace([' ', '_', '-'], ".");
    let typed = plain(text.trim());
    if let Some(action) = AUDIT_ACTIONS.iter().find(|action| plain(action) == typed) {
        return Ok((*action).to_owned());
    }
    Err(match nearest(&typed, AUDIT_ACTIONS.iter().copied()) {
        Some(action) => format!("did you mean {action}? `guestlist audit --help` names all"),
        None => "must be such as invite.accepted or member.joined; `guestlist audit --help` names all".to_owned(),
    })
}

fn row(event: &AuditEvent) -> [String; 5] {
    let name = |person: Option<&crate::api::Person>| person.map(|person| person.username.clone());
    let to = name(event.account.as_ref()).or_else(|| event.invite.map(|id| id.to_string()));
    // TO is what other commands take; whom that invite is for is said beside it.
    let recipient = event.recipient.as_ref().filter(|_| event.account.is_none()).map(|name| format!("for {name}"));
    let detail = event.detail.clone().filter(|detail| !detail.is_empty());
    [
        output::minute(event.at),
        name(event.actor.as_ref()).unwrap_or_else(|| "–".to_owned()),
        event.action.clone(),
        to.unwrap_or_else(|| "–".to_owned()),
        recipient.into_iter().chain(detail).collect::<Vec<_>>().join(" · "),
    ]
}

pub(super) async fn run(context: &Context, args: &AuditArgs) -> Result<(), Error> {
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from >= to
    {
        let (from, to) = (output::minute(from), output::minute(to));
        return Err(Error::Usage(format!("--from ({from}) must be before --to ({to}): nothing lies between them")));
    }
    let client = context.signed_in()?;
    let band = args.band.find(client).await?;
    let actor = match &args.actor {
        Some(person) => Some(person.anyone("--actor", client, band).await?),
        None => None,
    };
    let (invite, action) = (args.invite.as_ref().map(InviteArg::id).transpose()?, args.action.clone());
    let query = AuditQuery { invite, actor, action, from: args.from, to: args.to };
    if let Some(format) = &args.format {
        let media = if format == "csv" { Media::Csv } else { Media::Ndjson };
        if media == Media::Csv {
            context.no_json("--format csv")?;
        }
        return file::save(client.audit_as(band, &query, media).await?, args.output.as_deref()).await;
    }
    let ask = async |page| client.audit(band, &query, &page).await;
    args.paging.show(context, ask, ["AT", "BY", "WHAT", "TO", "DETAIL"], row).await
}
