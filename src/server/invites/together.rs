//! What is done to all pending invites of a campaign at once.

use crate::{
    api::Patch,
    domain::{CampaignId, Message, Role, Timestamp},
    server::store::{Error, Tx},
};

/// The pending invites of a campaign, which is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Together {
    /// The campaign.
    pub(crate) campaign: CampaignId,
    /// When.
    pub(crate) now: Timestamp,
}

impl Together {
    /// Gives them a role, a message and an end: each as a request names it, what is left out stays.
    pub(crate) fn edit(
        self,
        tx: &mut Tx<'_>,
        role: Option<Role>,
        message: Patch<Message>,
        expires_at: Patch<Timestamp>,
    ) -> Result<(), Error> {
        let (has_message, has_end) = (!message.is_omitted(), !expires_at.is_omitted());
        let (message, expires_at) = (message.into_change().flatten(), expires_at.into_change().flatten());
        let _ = tx.execute(
            "UPDATE invite SET role = COALESCE($3, role), message = CASE WHEN $4 THEN $5 ELSE message END,
                expires_at = CASE WHEN $6 THEN $7 ELSE expires_at END
             WHERE campaign = $1 AND status = 'pending' AND (expires_at IS NULL OR expires_at > $2)",
            &[&self.campaign, &self.now, &role, &has_message, &message, &has_end, &expires_at],
        )?;
        Ok(())
    }
}
