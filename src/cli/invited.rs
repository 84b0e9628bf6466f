//! The way in for the invited: preview, accept, decline.

use std::io::{self, BufRead as _, IsTerminal as _};

use clap::Args;

use super::{Context, Error, output};
use crate::{
    api::{Accepted, Block, DeclineInvite, Outcome},
    domain::Pasted,
};

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    /// The link or token; `-` or nothing reads it from standard input, where no other program can see it.
    token: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct DeclineArgs {
    #[command(flatten)]
    pub(super) token: TokenArgs,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    /// Whose further invites are unwelcome: inviter, band or server.
    #[arg(long, value_name = "WHOSE")]
    block: Option<Block>,
}

impl TokenArgs {
    pub(super) fn read(&self) -> Result<Pasted, Error> {
        pasted("TOKEN", self.token.as_deref())
    }
}

/// The link, token or code that was given; `-` or nothing asks for it. `name` is the argument's, for the refusal.
pub(super) fn pasted(name: &str, given: Option<&str>) -> Result<Pasted, Error> {
    let text = match given {
        Some(text) if text != "-" => text.to_owned(),
        _ => {
            if io::stdin().is_terminal() {
                eprint!("Invite link, token or code: ");
            }
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line)?;
            line
        }
    };
    Pasted::read(&text).map_err(|e| Error::Usage(format!("{name} {e}")))
}

pub(super) async fn preview(context: &Context, pasted: &Pasted) -> Result<(), Error> {
    let preview = context.client.with_session(None).preview(pasted).await?;
    if context.json {
        return output::json(&preview);
    }
    let inviter = &preview.inviter.display_name;
    let expires = preview.expires_at.map_or("never".to_owned(), output::minute);
    if let Some(band) = &preview.band {
        output::line(&format!("{inviter} invites you to {} as {}.", band.name, preview.role))?;
        output::line(&format!("Members: {}  Status: {}  Expires: {expires}", band.members, preview.status))?;
    } else {
        output::line(&format!("{inviter} offers you an account on {}.", context.client.origin().as_str()))?;
        output::line(&format!("Status: {}  Expires: {expires}", preview.status))?;
    }
    preview.message.as_deref().map_or(Ok(()), output::line)
}

pub(super) async fn accept(context: &Context, pasted: &Pasted) -> Result<(), Error> {
    let accepted = context.signed_in()?.accept(pasted).await?;
    came_in(context, &accepted)
}

/// What became of an accept.
pub(super) fn came_in(context: &Context, accepted: &Accepted) -> Result<(), Error> {
    if context.json {
        return output::json(accepted);
    }
    let (band, role) = (&accepted.band.name, accepted.role);
    output::line(&match accepted.outcome {
        Outcome::Joined => format!("You are in {band} as {role} now."),
        Outcome::AlreadyMember => format!("You are in {band} as {role} already; the invite was not used."),
        Outcome::PendingApproval => format!("An admin of {band} has to agree."),
        Outcome::EmailUnverified => "Verify your address first, with `guestlist verify`, then accept again.".to_owned(),
    })
}

pub(super) async fn decline(context: &Context, pasted: &Pasted, args: &DeclineArgs) -> Result<(), Error> {
    let body = DeclineInvite { reason: args.reason.clone(), block: args.block };
    context.signed_in()?.decline(pasted, &body).await?;
    context.say("Declined.")
}
