//! Many invites in one request, and one sent again.

use super::{Ask, Client, Error, LONG_WORK};
use crate::{
    api::{ActOnInvites, ActedOnInvites, CreateInvites, CreatedInvites, ResendInvite, ResentInvite},
    domain::{BandId, InviteId},
};

impl Client {
    /// Makes an invite for each row, 1,000 at most; each has its result, also where none came to an invite. `key` names the
    /// request: sent again under the same one, it is answered as the first time and makes nothing twice.
    pub async fn create_invites(&self, band: BandId, body: &CreateInvites) -> Result<CreatedInvites, Error> {
        let ask = Ask::post(&["bands", &band.to_string(), "invites", "bulk"]).json(body)?.once_only().told_by_row();
        self.call(ask.longest(LONG_WORK)).await
    }

    /// Does one thing to many invites.
    pub async fn act_on_invites(&self, band: BandId, body: &ActOnInvites) -> Result<ActedOnInvites, Error> {
        let ask = Ask::post(&["bands", &band.to_string(), "invites", "actions"]).json(body)?.once_only();
        self.call(ask.longest(LONG_WORK)).await
    }

    /// Sends a pending invite again.
    pub async fn resend_invite(&self, id: InviteId, body: &ResendInvite) -> Result<ResentInvite, Error> {
        self.call(Ask::post(&["invites", &id.to_string(), "resend"]).json(body)?.once_only()).await
    }
}
