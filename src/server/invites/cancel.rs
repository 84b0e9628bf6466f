//! The one way by which pending invites end without being used or declined.
//!
//! | reason | when |
//! |---|---|
//! | `revoked` | someone of the band takes it back |
//! | `expired` | its time is over, and the sweeper writes it down |
//! | `campaign_deleted`, `campaign_expired` | its campaign is deleted, or ended |
//! | `campaign_used` | every use is taken that its campaign has |
//! | `superseded` | the person came in by another invite |
//! | `opted_out` | the person wants no more invites |
//! | `inviter_removed` | who made it was removed, went, or was demoted |
//! | `member_removed` | who it was for was removed |
//! | `band_deleted` | its band is deleted |
//! | `replaced` | a newer invite to the same person took its place |

use crate::{
    domain::{AccountId, BandId, CampaignId, CancelReason, InviteId, Kind, Timestamp},
    server::{
        audit::{self, Event},
        bands::requests,
        store::{
            Dimension, Error, Tally, ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
    },
};

/// How many invites, accounts or addresses one statement names.
pub(super) const NAMED_AT_ONCE: usize = 200;

crate::row! {
    /// What an invite is counted under.
    #[derive(Debug, Clone, Copy)]
    pub(super) struct Counted {
        pub(super) id: InviteId,
        pub(super) band: BandId,
        pub(super) kind: Kind,
        pub(super) campaign: Option<CampaignId>,
        pub(super) created_by: AccountId,
    }
}

impl Counted {
    /// Counts a change of the invite wherever it is counted.
    pub(super) fn tally(&self, tx: &mut Tx<'_>, change: Tally) {
        tx.tally(self.band, Dimension::Kind(self.kind), change);
        tx.tally(self.band, Dimension::Inviter(self.created_by), change);
        if let Some(campaign) = self.campaign {
            tx.tally(self.band, Dimension::Campaign(campaign), change);
        }
    }
}

crate::row! {
    struct Ended {
        id: InviteId, band: BandId, kind: Kind, campaign: Option<CampaignId>, created_by: AccountId,
        requires_approval: bool,
    }
}

impl Ended {
    fn counted(self) -> Counted {
        let Self { id, band, kind, campaign, created_by, .. } = self;
        Counted { id, band, kind, campaign, created_by }
    }
}

/// What ends invites.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cancel {
    /// The reason that they carry from then on.
    pub(super) reason: CancelReason,
    /// Who brought it about; `None` for the server itself.
    pub(super) actor: Option<AccountId>,
    /// Whom it was about, where that says more than the actor does.
    pub(super) account: Option<AccountId>,
    /// When.
    pub(super) now: Timestamp,
}

impl Cancel {
    /// As [`Cancel::each`]; how many ended.
    pub(super) fn pending(self, tx: &mut Tx<'_>, which: &str, values: &[&dyn ToValue]) -> Result<i64, Error> {
        Ok(i64::try_from(self.each(tx, which, values)?.len()).unwrap_or(i64::MAX))
    }

    /// Ends what is pending ([`crate::domain::Standing::at`], said over the rows) and fits `which`, a fixed condition with
    /// its values from `$4` on; what has ended. Nobody waits for an admin's word any more who asked by one of them.
    pub(super) fn each(self, tx: &mut Tx<'_>, which: &str, values: &[&dyn ToValue]) -> Result<Vec<Counted>, Error> {
        let sql = intern(format!(
            "UPDATE invite SET status = 'cancelled', cancel_reason = $1, status_at = $2, acted_by = $3
             WHERE status = 'pending' AND (expires_at IS NULL OR expires_at > $2) AND ({which})
             RETURNING id, band, kind, campaign, created_by, requires_approval"
        ));
        let mut params: Vec<&dyn ToValue> = vec![&self.reason, &self.now, &self.actor];
        params.extend(values);
        let ended: Vec<Ended> = tx.query(sql, &params)?;
        let asked: Vec<InviteId> = ended.iter().filter(|one| one.requires_approval).map(|one| one.id).collect();
        let ended: Vec<Counted> = ended.into_iter().map(Ended::counted).collect();
        self.tell(tx, &ended)?;
        requests::close_asked_by(tx, &asked, self.actor, self.now)?;
        Ok(ended)
    }

    /// Ends those of the invites that are pending, in a few statements; how many ended.
    pub(super) fn all(self, tx: &mut Tx<'_>, ids: &[InviteId]) -> Result<i64, Error> {
        let mut ended = 0;
        for some in ids.chunks(NAMED_AT_ONCE) {
            let params: Vec<&dyn ToValue> = filled(some).map(|id| id as &dyn ToValue).collect();
            ended += self.pending(tx, &format!("id IN ({})", numbers(4, some.len())), &params)?;
        }
        Ok(ended)
    }

    /// Counts and writes down that these ended.
    fn tell(self, tx: &mut Tx<'_>, ended: &[Counted]) -> Result<(), Error> {
        for invite in ended {
            invite.tally(tx, Tally::cancelled(self.reason));
        }
        let (action, detail) = match self.reason {
            CancelReason::Revoked => ("invite.revoked", None),
            CancelReason::Expired => ("invite.expired", None),
            CancelReason::Superseded => ("invite.superseded", None),
            reason => ("invite.cancelled", Some(reason.as_str())),
        };
        let event = |invite: &Counted| Event {
            band: Some(invite.band),
            actor: self.actor,
            action,
            invite: Some(invite.id),
            account: self.account,
            detail,
        };
        let events: Vec<_> = ended.iter().map(|invite| (self.now, event(invite))).collect();
        audit::record_all(tx, &events)
    }
}
