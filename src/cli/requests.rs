//! Who asks to come into a band, and what one has asked oneself.

use clap::Subcommand;

use super::{
    Context, Error,
    list::Paging,
    named::{BandArg, RequestArg},
    output::{self, Columns},
};
use crate::{
    api::{JoinRequest, OwnRequest},
    domain::JoinStatus,
};

#[derive(Debug, Subcommand)]
pub(super) enum Requests {
    /// List who asks to come in, those who have waited longest first.
    List {
        /// The band's id, or its name.
        band: BandArg,
        /// Those that stand thus: pending (where this is missing), approved, denied or closed.
        #[arg(long)]
        status: Option<JoinStatus>,
        #[command(flatten)]
        paging: Paging,
    },
    /// List what I have asked of bands, and what was said, newest first.
    Mine {
        #[command(flatten)]
        paging: Paging,
    },
    /// Take somebody in.
    Approve {
        /// The band's id, or its name.
        band: BandArg,
        /// The request's id, or the user name of who asks.
        request: RequestArg,
    },
    /// Say no to somebody; they can ask again.
    Deny {
        /// The band's id, or its name.
        band: BandArg,
        /// The request's id, or the user name of who asks.
        request: RequestArg,
    },
}

const HEADINGS: Columns<6> = Columns::new(["ID", "NAME", "ROLE", "STATUS", "ASKED", "INVITE"], &["INVITE", "ROLE"]);
const OWN_HEADINGS: Columns<6> = Columns::new(["ID", "BAND", "ROLE", "STATUS", "ASKED", "SINCE"], &["SINCE", "ROLE"]);

fn row(request: &JoinRequest) -> [String; 6] {
    let by = request.invite_id.map_or_else(|| "–".to_owned(), |id| id.to_string());
    [
        request.id.to_string(),
        request.account.username.clone(),
        request.role.to_string(),
        request.status.to_string(),
        output::minute(request.created_at),
        by,
    ]
}

fn own_row(request: &OwnRequest) -> [String; 6] {
    [
        request.id.to_string(),
        request.band.name.clone(),
        request.role.to_string(),
        request.status.to_string(),
        output::minute(request.created_at),
        output::minute(request.status_at),
    ]
}

pub(super) async fn run(context: &Context, command: &Requests) -> Result<(), Error> {
    let client = context.signed_in()?;
    match command {
        Requests::List { band, status, paging } => {
            let band = band.find(client).await?;
            let ask = async |page| client.join_requests(band, *status, &page).await;
            paging.show(context, ask, HEADINGS, row).await
        }
        Requests::Mine { paging } => {
            let ask = async |page| client.own_requests(None, &page).await;
            paging.show(context, ask, OWN_HEADINGS, own_row).await
        }
        Requests::Approve { band, request } => {
            let band = band.find(client).await?;
            let member = client.approve_request(band, request.find(client, band).await?).await?;
            if context.json {
                return output::json(&member);
            }
            output::line(&format!("{} is in as {}.", member.account.username, member.role))
        }
        Requests::Deny { band, request } => {
            let band = band.find(client).await?;
            client.deny_request(band, request.find(client, band).await?).await?;
            context.say("Denied.")
        }
    }
}
