//! The inbox: invites that wait for the person, without a link.

use clap::{Args, Subcommand};

use super::{
    Context, Error,
    invited::{CalendarArg, came_in, sure_to_decline},
    list::Paging,
    named::WaitingArg,
    output::{self, Columns},
    texts::text,
    waiting::WaitArg,
};
use crate::{
    api::{Block, CampaignEvent, DeclineInvite, Waiting},
    domain::Reason,
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
        #[command(flatten)]
        paging: Paging,
    },
    /// Accept one.
    Accept {
        /// The invite's id, or its end as a list showed it, or the band's name.
        invite: WaitingArg,
        #[command(flatten)]
        wait: WaitArg,
        #[command(flatten)]
        calendar: CalendarArg,
    },
    /// Decline one.
    Decline {
        /// The invite's id, or its end as a list showed it, or the band's name.
        invite: WaitingArg,
        /// Why.
        #[arg(long, value_parser = text::<Reason>)]
        reason: Option<String>,
        /// Whose further invites are unwelcome: inviter, band or server.
        #[arg(long, value_name = "WHOSE")]
        block: Option<Block>,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(context: &Context, args: &InboxArgs) -> Result<(), Error> {
    let client = context.signed_in()?;
    match &args.command {
        None => list(context, &Paging::FIRST).await,
        Some(InboxCommand::List { paging }) => list(context, paging).await,
        Some(InboxCommand::Accept { invite, wait, calendar }) => {
            let accepted = client.accept_waiting(invite.find(client).await?).await?;
            came_in(context, &wait.through(context, accepted, None).await?, calendar)
        }
        Some(InboxCommand::Decline { invite, reason, block, yes }) => {
            let id = invite.find(client).await?;
            sure_to_decline(*yes, "The invite")?;
            client.decline_waiting(id, &DeclineInvite { reason: reason.clone(), block: *block }).await?;
            context.say("Declined.")
        }
    }
}

const HEADINGS: Columns<6> = Columns::new(["ID", "BAND", "ROLE", "BY", "EXPIRES", "EVENT"], &["ROLE", "EVENT"]);

async fn list(context: &Context, paging: &Paging) -> Result<(), Error> {
    let client = context.signed_in()?;
    let row = |waiting: &Waiting| {
        let end = output::end(waiting.expires_at);
        let by = waiting.inviter.display_name.clone();
        let event = waiting.event.as_ref().map(CampaignEvent::line).unwrap_or_default();
        [waiting.id.to_string(), waiting.band.name.clone(), waiting.role.to_string(), by, end, event]
    };
    let ask = async |page| client.inbox(&page).await;
    paging.show(context, ask, HEADINGS, row).await
}
