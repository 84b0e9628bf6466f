//! The way in for the invited: preview, accept, decline.

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{Context, Error, ask, output, system_words, texts::text, waiting::WaitArg};
use crate::{
    api::{Accepted, Block, DeclineInvite, Outcome},
    domain::{Pasted, Reason},
};

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// The link, token or code; `-` or nothing reads it from standard input, where no other program can see it. A code
    /// may be written in groups.
    token: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct AcceptArgs {
    #[command(flatten)]
    pub(super) token: TokenArgs,
    #[command(flatten)]
    wait: WaitArg,
    #[command(flatten)]
    calendar: CalendarArg,
}

/// Where the date of what one comes in for goes.
#[derive(Debug, Default, Args)]
pub(super) struct CalendarArg {
    /// Write the event that the invite is to into this file, for a calendar (.ics).
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct DeclineArgs {
    #[command(flatten)]
    pub(super) token: TokenArgs,
    /// Why.
    #[arg(long, value_parser = text::<Reason>)]
    reason: Option<String>,
    /// Whose further invites are unwelcome: inviter, band or server.
    #[arg(long, value_name = "WHOSE")]
    block: Option<Block>,
    /// Do not ask first.
    #[arg(long)]
    yes: bool,
}

impl TokenArgs {
    pub(super) fn read(&self) -> Result<Pasted, Error> {
        let words = (!self.token.is_empty()).then(|| self.token.join(" "));
        pasted("TOKEN", words.as_deref())
    }
}

/// The link, token or code that was given; `-` or nothing asks for it. `name` is the argument's, for the refusal.
pub(super) fn pasted(name: &str, given: Option<&str>) -> Result<Pasted, Error> {
    let typed = match given {
        Some(text) if text != "-" => text.to_owned(),
        _ => ask::line("Invite link, token or code")?,
    };
    Pasted::read(&typed).map_err(|e| Error::Usage(format!("{name} {e}")))
}

pub(super) async fn preview(context: &Context, pasted: &Pasted) -> Result<(), Error> {
    let preview = context.client.with_session(None).preview(pasted).await?;
    if context.json {
        return output::json(&preview);
    }
    let inviter = &preview.inviter.display_name;
    let expires = output::end(preview.expires_at);
    if let Some(band) = &preview.band {
        output::line(&format!("{inviter} invites you to {} as {}.", band.name, preview.role))?;
        output::line(&format!("Members: {}  Status: {}  Expires: {expires}", band.members, preview.status))?;
    } else {
        output::line(&format!("{inviter} offers you an account on {}.", context.client.origin().as_str()))?;
        output::line(&format!("Status: {}  Expires: {expires}", preview.status))?;
    }
    preview.held().map_or(Ok(()), output::line)?;
    if let Some(event) = &preview.event {
        output::line(&format!("{}\nWhen: {}", event.title, event.when()))?;
        event.place.as_ref().map_or(Ok(()), |place| output::line(&format!("Where: {place}")))?;
    }
    preview.message.as_deref().map_or(Ok(()), output::line)
}

pub(super) async fn accept(context: &Context, pasted: &Pasted, args: &AcceptArgs) -> Result<(), Error> {
    let accepted = context.signed_in()?.accept(pasted).await?;
    let accepted = args.wait.through(context, accepted, Some(pasted)).await?;
    came_in(context, &accepted, &args.calendar)
}

impl CalendarArg {
    /// Writes the calendar file of an answer to where the person wants it.
    pub(super) fn write(&self, context: &Context, file: Option<&str>) -> Result<(), Error> {
        let Some(path) = &self.calendar else { return Ok(()) };
        let Some(file) = file else {
            output::note("This invite is to nothing with a date, so no file is written.");
            return Ok(());
        };
        write(path, file)?;
        context.say(&format!("The date is in {}.", path.display()))
    }
}

/// Its lines end as calendars want it: what came over the wire was cleaned of that.
fn write(path: &Path, file: &str) -> Result<(), Error> {
    std::fs::write(path, file.replace('\n', "\r\n")).map_err(|error| {
        let says = system_words(&error);
        io::Error::new(error.kind(), format!("{} cannot be written: {says}", path.display())).into()
    })
}

/// What became of an accept.
pub(super) fn came_in(context: &Context, accepted: &Accepted, calendar: &CalendarArg) -> Result<(), Error> {
    if context.json {
        output::json(accepted)?;
        return calendar.write(context, accepted.calendar.as_deref());
    }
    let (band, role) = (&accepted.band.name, accepted.role);
    output::line(&match accepted.outcome {
        Outcome::Joined => format!("You are in {band} as {role} now."),
        Outcome::AlreadyMember => format!("You are in {band} as {role} already; the invite was not used."),
        Outcome::PendingApproval => {
            format!("An admin of {band} has to agree; `guestlist requests mine` tells what becomes of it.")
        }
        Outcome::EmailUnverified => "Verify your address first, with `guestlist verify`, then accept again.".to_owned(),
    })?;
    calendar.write(context, accepted.calendar.as_deref())
}

pub(super) async fn decline(context: &Context, pasted: &Pasted, args: &DeclineArgs) -> Result<(), Error> {
    let body = DeclineInvite { reason: args.reason.clone(), block: args.block };
    let client = context.signed_in()?;
    sure_to_decline(args.yes, "The invite")?;
    client.decline(pasted, &body).await?;
    context.say("Declined.")
}

/// Asks a person whether they mean it. A script that names the invite has said so, also where nobody is there to ask.
pub(super) fn sure_to_decline(yes: bool, which: &str) -> Result<(), Error> {
    let says = format!("{which} ends, for whoever else has its link, too; only its band can invite you again.");
    ask::agreed(yes || !io::stdin().is_terminal(), &says)
}
