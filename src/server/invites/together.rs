//! What is done to all pending invites of a campaign at once.

use crate::{
    api::Patch,
    domain::{AccountId, CampaignId, CancelReason, Message, Role, Timestamp},
    server::store::{Error, Tx},
};

use super::cancel::{Cancel, take_off};

/// The pending invites of a campaign, and who changes them. The campaign is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Together {
    /// The campaign.
    pub(crate) campaign: CampaignId,
    /// Who changes or ends them.
    pub(crate) actor: AccountId,
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

    /// Ends them; how many there were.
    pub(crate) fn end(self, tx: &mut Tx<'_>, reason: CancelReason) -> Result<u64, Error> {
        let cancel = Cancel { reason, actor: Some(self.actor), account: None, now: self.now };
        let ended = cancel.pending(tx, "campaign = $4", &[&self.campaign])?;
        take_off(tx, &ended)?;
        Ok(ended.values().sum::<i64>().unsigned_abs())
    }
}
