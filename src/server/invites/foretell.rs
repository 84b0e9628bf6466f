//! What invites are by what was decided about them, for who only looks: the rows follow step by step.

use std::collections::HashMap;

use crate::{
    domain::{
        AccountId, BandId, CampaignId, CancelReason, Delivery, InviteId, Policy, Role, Standing, Status, Timestamp,
        last_reminder,
    },
    server::store::{
        Error, ToValue, Tx,
        dialect::{filled, intern, numbers},
    },
};

use super::{
    Found, InviteRow,
    cancel::NAMED_AT_ONCE,
    decision::{Decision, IS_HELD, NEW, open},
};

crate::row! {
    /// An invite as it will be once all that was decided is written to it.
    #[derive(Debug, Clone)]
    pub(crate) struct Foretold {
        id: InviteId,
        seq: i64,
        campaign: Option<CampaignId>,
        created_by: AccountId,
        delivery: Delivery,
        decision: i64,
        policy: String,
        /// Its status.
        pub(crate) status: Status,
        /// Why it was cancelled.
        pub(crate) cancel_reason: Option<CancelReason>,
        status_at: Timestamp,
        acted_by: Option<AccountId>,
        /// The role it grants.
        pub(crate) role: Role,
        /// What the invited are told.
        pub(crate) message: Option<String>,
        /// When it ends.
        pub(crate) expires_at: Option<Timestamp>,
        last_reminder_at: Option<Timestamp>,
        is_held: bool,
    }
}

crate::row! { struct Actor { id: AccountId, username: String, display_name: String } }

/// What those of a band's invites will be that are pending by their rows; none where nothing is open about the band, as
/// nearly always. An invite whose rules cannot be read is not among them, which is logged.
pub(crate) fn foretold(tx: &mut Tx<'_>, band: BandId, ids: &[InviteId]) -> Result<HashMap<InviteId, Foretold>, Error> {
    let mut all = HashMap::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let open = open(tx, band, NEW)?;
    for some in ids.chunks(NAMED_AT_ONCE).filter(|_| !open.is_empty()) {
        let sql = intern(format!(
            "SELECT id, seq, campaign, created_by, delivery, decision, policy, status, cancel_reason, status_at, acted_by,
                role, message, expires_at, last_reminder_at, {IS_HELD} AS is_held
             FROM invite WHERE status = 'pending' AND id IN ({})",
            numbers(1, some.len())
        ));
        let params: Vec<&dyn ToValue> = filled(some).map(|id| id as &dyn ToValue).collect();
        for mut one in tx.query::<Foretold>(sql, &params)? {
            let policy: Policy = match serde_json::from_str(&one.policy) {
                Ok(policy) => policy,
                Err(error) => {
                    tracing::error!(invite = %one.id, %error, "the rules of this invite cannot be read");
                    continue;
                }
            };
            for decision in &open {
                one.follow(decision, &policy);
            }
            all.insert(one.id, one);
        }
    }
    Ok(all)
}

impl Foretold {
    /// Makes of it what the decision does, if that is about it: what [`Decision::about`] says over rows.
    fn follow(&mut self, decision: &Decision, policy: &Policy) {
        let is_about = decision.campaign.is_none_or(|campaign| self.campaign == Some(campaign))
            && decision.maker.is_none_or(|maker| self.created_by == maker)
            && self.decision < decision.seq
            && (decision.past < self.seq && self.seq <= decision.upto)
            && Standing::at(decision.at, self.status, self.cancel_reason, self.expires_at).is_pending()
            && decision.loss().ends(self.role, policy.on_inviter_removed)
            && !(decision.spares_held() && self.is_held);
        if !is_about {
            return;
        }
        if let Some(reason) = decision.reason {
            (self.status, self.cancel_reason) = (Status::Cancelled, Some(reason));
            (self.status_at, self.acted_by) = (decision.at, decision.actor);
            return;
        }
        self.role = decision.role.unwrap_or(self.role);
        if decision.sets_message {
            self.message = decision.message.clone().map(String::from);
        }
        if decision.sets_end {
            self.expires_at = policy.shorten(decision.at, decision.expires_at);
            let last = last_reminder(self.expires_at, policy.last_reminder_hours, decision.at);
            self.last_reminder_at = last.filter(|_| self.delivery == Delivery::Sent);
        }
    }

    /// Whether someone can come in by it at `now`, as far as that is its own.
    pub(crate) fn is_pending(&self, now: Timestamp) -> bool {
        Standing::at(now, self.status, self.cancel_reason, self.expires_at).is_pending()
    }
}

impl Found {
    /// Makes it what it will be.
    pub(super) fn foretell(&mut self, tx: &mut Tx<'_>) -> Result<(), Error> {
        if let Some(Foretold { status, cancel_reason, role, message, expires_at, .. }) =
            foretold(tx, self.band, &[self.id])?.remove(&self.id)
        {
            (self.status, self.cancel_reason, self.role) = (status, cancel_reason, role);
            (self.message, self.expires_at) = (message, expires_at);
        }
        Ok(())
    }
}

/// Makes these invites of a band what they will be.
pub(super) fn foretell(tx: &mut Tx<'_>, band: BandId, rows: &mut [InviteRow]) -> Result<(), Error> {
    let ids: Vec<InviteId> = rows.iter().filter(|row| row.status == Status::Pending).map(|row| row.id).collect();
    let mut told = foretold(tx, band, &ids)?;
    let mut actors: HashMap<AccountId, Actor> = HashMap::new();
    for id in told.values().filter_map(|one| one.acted_by) {
        if !actors.contains_key(&id) {
            let sql = "SELECT id, username, display_name FROM account WHERE id = $1";
            actors.extend(tx.query_one::<Actor>(sql, &[&id])?.map(|actor| (actor.id, actor)));
        }
    }
    for row in rows {
        let Some(one) = told.remove(&row.id) else { continue };
        (row.status, row.cancel_reason, row.status_at) = (one.status, one.cancel_reason, one.status_at);
        (row.role, row.message, row.expires_at) = (one.role, one.message, one.expires_at);
        (row.acted_by, row.last_reminder_at) = (one.acted_by, one.last_reminder_at);
        let actor = one.acted_by.and_then(|id| actors.get(&id));
        row.actor_username = actor.map(|actor| actor.username.clone());
        row.actor_name = actor.map(|actor| actor.display_name.clone());
    }
    Ok(())
}
