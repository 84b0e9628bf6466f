//! Many invites in one request, and one sent again.

use super::{Ask, Client, Error, LONG_WORK, answer};
use crate::{
    api::{ActOnInvites, ActedOnInvites, CreateInvites, CreatedInvites, ResendInvite, ResentInvite},
    domain::{BandId, InviteId},
};

impl Client {
    /// Makes an invite for each row, 1,000 at most; each has its result, also where none came to an invite. `key` names the
    /// request: sent again under the same one, it is answered as the first time and makes nothing twice.
    pub async fn create_invites(&self, band: BandId, body: &CreateInvites) -> Result<CreatedInvites, Error> {
        self.create_invites_once(band, body).await.map(|(answer, _)| answer)
    }

    /// As [`Client::create_invites`]; whether an earlier request with the same name had made them.
    pub async fn create_invites_once(
        &self,
        band: BandId,
        body: &CreateInvites,
    ) -> Result<(CreatedInvites, bool), Error> {
        let ask = Ask::post(&["bands", &band.to_string(), "invites", "bulk"]).json(body)?.once_only().told_by_row();
        let answer = self.send(&ask.longest(LONG_WORK)).await?;
        let is_told_again = answer.is_told_again;
        Ok((answer::decode(self.body_of(answer)?.1)?, is_told_again))
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
