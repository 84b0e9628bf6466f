//! The inbox: invites that wait for the person, without a link.

use clap::{Args, Subcommand};

use super::{Context, Error, invited::came_in, output};
use crate::{
    api::{Block, DeclineInvite},
    client::Page,
    domain::InviteId,
};

#[derive(Debug, Args)]
pub(super) struct InboxArgs {
    #[command(subcommand)]
    command: Option<InboxCommand>,
}

#[derive(Debug, Subcommand)]
enum InboxCommand {
    /// List the invites that wait for me.
    List {
        /// Entries of a page, at most 200.
        #[arg(long)]
        limit: Option<u32>,
        /// Where the page begins, from the page before.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Accept one.
    Accept {
        /// The invite's id.
        invite: InviteId,
    },
    /// Decline one.
    Decline {
        /// The invite's id.
        invite: InviteId,
        /// Why.
        #[arg(long)]
        reason: Option<String>,
        /// Whose further invites are unwelcome: inviter, band or server.
        #[arg(long, value_name = "WHOSE")]
        block: Option<Block>,
    },
}

pub(super) async fn run(context: &Context, args: &InboxArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    match &args.command {
        None => list(context, &Page::default()).await,
        Some(InboxCommand::List { limit, cursor }) => {
            list(context, &Page { limit: *limit, cursor: cursor.clone() }).await
        }
        Some(InboxCommand::Accept { invite }) => came_in(context, &client.accept_waiting(*invite).await?),
        Some(InboxCommand::Decline { invite, reason, block }) => {
            client.decline_waiting(*invite, &DeclineInvite { reason: reason.clone(), block: *block }).await?;
            context.say("Declined.")
        }
    }
}

async fn list(context: &Context, page: &Page) -> Result<(), Error> {
    let inbox = context.signed_in()?.inbox(page).await?;
    if context.json {
        return output::json(&inbox);
    }
    let rows: Vec<_> = inbox
        .invites
        .iter()
        .map(|waiting| {
            let end = waiting.expires_at.map_or("never".to_owned(), output::minute);
            let by = waiting.inviter.display_name.clone();
            [waiting.id.to_string(), waiting.band.name.clone(), waiting.role.to_string(), by, end]
        })
        .collect();
    output::table(["ID", "BAND", "ROLE", "BY", "EXPIRES"], &rows)?;
    output::more(inbox.next_cursor.as_ref());
    Ok(())
}
