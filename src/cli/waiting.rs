//! Waiting for an admin's word, where one is needed to come in.

use std::time::Duration;

use clap::Args;

use super::{Context, Error, output};
use crate::{
    api::{Accepted, Band, BandRef, Code, Outcome, OwnRequest},
    client::{Client, Error as ClientError, Page},
    domain::{JoinStatus, Pasted, Role},
};

/// Whether to wait.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct WaitArg {
    /// Where an admin has to agree, wait for the answer: 0 is a yes, 1 a no; 130 after Ctrl-C, which ends the waiting
    /// alone.
    #[arg(long)]
    wait: bool,
}

impl WaitArg {
    /// Waits where that is wished and an admin has to agree, and makes of the answer what it has become then. `by` is what
    /// it was asked by, where that has a link.
    ///
    /// # Errors
    /// Where an admin says no, or nobody will answer any more; and where the person waits no longer.
    pub(super) async fn through(
        self,
        context: &Context,
        mut accepted: Accepted,
        by: Option<&Pasted>,
    ) -> Result<Accepted, Error> {
        if !self.wait || accepted.outcome != Outcome::PendingApproval {
            return Ok(accepted);
        }
        let (client, name) = (context.signed_in()?, accepted.band.name.clone());
        output::note(&format!("Waiting until an admin of {name} agrees. Ctrl-C ends the waiting alone."));
        accepted.role = tokio::select! {
            role = agreed(client, &accepted.band, by, context.poll) => role?,
            Ok(()) = tokio::signal::ctrl_c() => {
                return Err(Error::Unawaited(format!("you wait no longer, but what you asked of {name} stands")));
            }
        };
        accepted.outcome = Outcome::Joined;
        Ok(accepted)
    }
}

/// The role that the person has once they are in; an error says why that will not be.
async fn agreed(client: &Client, band: &BandRef, by: Option<&Pasted>, poll: Duration) -> Result<Role, Error> {
    loop {
        match answer(client, band).await {
            Ok(Answer::Yes(role)) => return Ok(role),
            Ok(Answer::No(status)) => return Err(Error::Ended(no(client, band, status, by).await)),
            Ok(Answer::None) => {}
            // A server that restarts is asked again.
            Err(error) if error.is_offline() => {}
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(poll).await;
    }
}

enum Answer {
    None,
    Yes(Role),
    No(JoinStatus),
}

async fn answer(client: &Client, band: &BandRef) -> Result<Answer, ClientError> {
    if let Some(role) = role(client, band).await? {
        return Ok(Answer::Yes(role));
    }
    Ok(match asked(client, band).await? {
        None | Some(JoinStatus::Pending) => Answer::None,
        // It may have come between the two looks.
        Some(status) => role(client, band).await?.map_or(Answer::No(status), Answer::Yes),
    })
}

/// What the person is in the band; who is not in it need not see it.
async fn role(client: &Client, band: &BandRef) -> Result<Option<Role>, ClientError> {
    match client.band(band.id).await {
        Ok(Band { role, .. }) => Ok(role),
        Err(error) if error.code() == Some(Code::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How the newest request stands; nothing where a server is too old to tell.
async fn asked(client: &Client, band: &BandRef) -> Result<Option<JoinStatus>, ClientError> {
    match client.own_requests(Some(band.id), &Page { limit: Some(1), cursor: None }).await {
        Ok(found) => Ok(found.join_requests.first().map(|OwnRequest { status, .. }| *status)),
        Err(error) if error.code() == Some(Code::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why nobody comes in by what was asked, in a sentence.
async fn no(client: &Client, band: &BandRef, status: JoinStatus, by: Option<&Pasted>) -> String {
    let name = &band.name;
    let why = match (status, by) {
        (JoinStatus::Denied, _) => return format!("an admin of {name} said no. You can ask again"),
        (JoinStatus::Approved, _) => return format!("you were taken in to {name}, and are not in it any more"),
        (_, Some(by)) => client.with_session(None).preview(by).await.err(),
        (_, None) => None,
    };
    match why {
        Some(ClientError::Problem(why)) => format!("nobody answers what you asked of {name} any more. {}", why.detail),
        _ => format!("nobody answers what you asked of {name} any more: the band or the invite has ended"),
    }
}
