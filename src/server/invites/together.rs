//! What is done to all pending invites of a campaign at once.

use crate::{
    api::Patch,
    domain::{AccountId, BandId, CampaignId, Message, Role, Timestamp},
    server::store::{Dialect, Error, Tx, dialect::intern},
};

use super::delivery;

/// Which invites these are: `$1` is the campaign, `$2` the instant.
const PENDING: &str = "campaign = $1 AND status = 'pending' AND (expires_at IS NULL OR expires_at > $2)";

/// The end `new`, at `$2`, as far as the rules allow that the invite was made under.
fn end(tx: &Tx<'_>, new: &str) -> String {
    match tx.dialect() {
        Dialect::Sqlite => {
            let latest = "$2 + json_extract(policy, '$.max_ttl_hours') * 3600000000";
            format!("MIN(COALESCE({new}, {latest}), COALESCE({latest}, {new}))")
        }
        // It passes over what is null.
        Dialect::Postgres => {
            format!("LEAST({new}, $2 + CAST(CAST(policy AS json) ->> 'max_ttl_hours' AS bigint) * 3600000000)")
        }
    }
}

/// The pending invites of a campaign, and who changes them. The campaign is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Together {
    /// The campaign.
    pub(crate) campaign: CampaignId,
    /// Who changes them.
    pub(crate) actor: AccountId,
    /// When.
    pub(crate) now: Timestamp,
}

impl Together {
    /// Gives them a role, a message and an end: each as a request names it, what is left out stays. No end is later than
    /// the rules allow that an invite was made under. The trail of each says which role it had, and that its end is
    /// another.
    pub(crate) fn edit(
        self,
        tx: &mut Tx<'_>,
        role: Option<Role>,
        message: Patch<Message>,
        expires_at: Patch<Timestamp>,
    ) -> Result<(), Error> {
        let (has_message, has_end) = (!message.is_omitted(), !expires_at.is_omitted());
        let (message, expires_at) = (message.into_change().flatten(), expires_at.into_change().flatten());
        if role.is_some() || has_end {
            self.tell(tx, role, (has_end, expires_at))?;
        }
        let end = end(tx, "$7");
        let last = delivery::reminding(tx.dialect(), &end, "$2");
        let sql = intern(format!(
            "UPDATE invite SET role = COALESCE($3, role), message = CASE WHEN $4 THEN $5 ELSE message END,
                expires_at = CASE WHEN $6 THEN {end} ELSE expires_at END,
                last_reminder_at = CASE WHEN $6 THEN {last} ELSE last_reminder_at END WHERE {PENDING}"
        ));
        let _ = tx.execute(sql, &[&self.campaign, &self.now, &role, &has_message, &message, &has_end, &expires_at])?;
        Ok(())
    }

    /// Writes down, before it is done, what an edit changes of each.
    fn tell(self, tx: &mut Tx<'_>, role: Option<Role>, (has_end, end): (bool, Option<Timestamp>)) -> Result<(), Error> {
        // Held in one order, so that each is told as it was when it was changed.
        if tx.dialect() == Dialect::Postgres {
            let sql = intern(format!("SELECT 1 AS n FROM invite WHERE {PENDING} ORDER BY id FOR UPDATE"));
            let _ = tx.exists(sql, &[&self.campaign, &self.now])?;
        }
        let (role_differs, end_differs) =
            ("role <> COALESCE($4, role)", format!("($5 AND expires_at IS DISTINCT FROM {})", self::end(tx, "$6")));
        let sql = intern(format!(
            "INSERT INTO audit (band, at, actor, action, invite, detail)
             SELECT NULLIF(band, $7), $2, $3, 'invite.edited', id,
                CASE WHEN {role_differs} THEN 'role ' || role || ' to ' || $4::text
                    || CASE WHEN {end_differs} THEN ', end' ELSE '' END
                ELSE 'end' END
             FROM invite WHERE {PENDING} AND ({role_differs} OR {end_differs})"
        ));
        let site = BandId::SITE;
        let _ = tx.execute(sql, &[&self.campaign, &self.now, &self.actor, &role, &has_end, &end, &site])?;
        Ok(())
    }
}
