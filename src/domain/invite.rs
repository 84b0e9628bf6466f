//! What an invite is, and where it stands; what can be done to it there is in [`Act`](super::Act).

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use super::Timestamp;

words! {
    /// How an invite finds the person it is for.
    pub enum Kind {
        /// Whoever holds the link.
        Link = "link",
        /// An address.
        Email = "email",
        /// An account.
        User = "user",
        /// A short code for paper and telephone.
        Code = "code",
    }
}

words! {
    /// Where an invite stands.
    pub enum Status {
        /// Can be accepted.
        Pending = "pending",
        /// Its last use was taken.
        Accepted = "accepted",
        /// Declined by the person it was for.
        Rejected = "rejected",
        /// Ended otherwise; the reason says how.
        Cancelled = "cancelled",
    }
}

words! {
    /// What ended a cancelled invite.
    pub enum CancelReason {
        /// Someone of the band took it back.
        Revoked = "revoked",
        /// Its time was over.
        Expired = "expired",
        /// Its campaign was deleted.
        CampaignDeleted = "campaign_deleted",
        /// Its campaign was ended.
        CampaignExpired = "campaign_expired",
        /// Every use was taken that its campaign had.
        CampaignUsed = "campaign_used",
        /// The person came in by another invite.
        Superseded = "superseded",
        /// The address wants no more mail.
        OptedOut = "opted_out",
        /// The person who made it was removed.
        InviterRemoved = "inviter_removed",
        /// The person it was for was removed.
        MemberRemoved = "member_removed",
        /// The band is gone.
        BandDeleted = "band_deleted",
        /// A newer invite took its place.
        Replaced = "replaced",
    }
}

words! {
    /// What became of an invite's mail.
    pub enum Delivery {
        /// No mail is sent.
        None = "none",
        /// Waiting for its turn.
        Queued = "queued",
        /// Handed to the mail server.
        Sent = "sent",
        /// The mail server asked for patience.
        Deferred = "deferred",
        /// The mail server refused the address.
        Bounced = "bounced",
        /// The address wants no mail.
        Suppressed = "suppressed",
    }
}

impl Delivery {
    /// What it comes to once the invite has ended: what waits goes no more, so the mail `was_sent` before or never.
    #[must_use]
    pub fn after_end(self, was_sent: bool) -> Self {
        match self {
            Self::Queued | Self::Deferred if was_sent => Self::Sent,
            Self::Queued | Self::Deferred => Self::None,
            ended => ended,
        }
    }
}

/// Seconds within which a revoke can be undone.
pub(crate) const RESTORE_SECONDS: i64 = 600;

/// The most uses that a limited invite can have.
pub(crate) const MOST_USES: u32 = 1_000_000;

/// How often an invite can be used: a number from 1, or without limit. On the wire a number or null; `-1` is read as
/// null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(value_type = Option<i32>))]
#[serde(transparent)]
pub struct MaxUses(pub Option<NonZeroU32>);

impl MaxUses {
    /// One use, the default.
    pub const ONE: Self = Self(Some(NonZeroU32::MIN));
    /// No limit.
    pub const UNLIMITED: Self = Self(None);

    /// How many of them are taken, as people read it: "3/10", "3/∞".
    #[must_use]
    pub fn with_taken(self, uses: u32) -> String {
        self.0.map_or_else(|| format!("{uses}/∞"), |most| format!("{uses}/{most}"))
    }

    /// The limit as the database keeps it, `None` for no limit.
    #[must_use]
    pub fn stored(self) -> Option<i64> {
        self.0.map(|n| i64::from(n.get()))
    }

    /// The limit from a number: `-1` is no limit, 1 to 1,000,000 a limit, everything else is refused.
    pub fn from_number(n: i64) -> Result<Self, super::Invalid> {
        match u32::try_from(n).ok().and_then(NonZeroU32::new) {
            Some(limit) if limit.get() <= MOST_USES => Ok(Self(Some(limit))),
            _ if n == -1 => Ok(Self::UNLIMITED),
            _ => Err(super::Invalid::new(format!("must be a number from 1 to {MOST_USES}, or null for no limit"))),
        }
    }

    /// Uses left after `uses`, `None` without limit.
    #[must_use]
    pub fn left(self, uses: u32) -> Option<u32> {
        self.0.map(|limit| limit.get().saturating_sub(uses))
    }
}

impl<'de> Deserialize<'de> for MaxUses {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<i64>::deserialize(deserializer)? {
            None => Ok(Self::UNLIMITED),
            Some(n) => Self::from_number(n).map_err(serde::de::Error::custom),
        }
    }
}

/// Where an invite stands at an instant. What the row says is one thing, what is true now another: expiry is true
/// from its instant on, written or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The status at that instant.
    pub status: Status,
    /// The reason, for a cancelled invite.
    pub reason: Option<CancelReason>,
}

impl Standing {
    /// The truth at `now` about a row that says `status`, `reason` and `expires_at`.
    #[must_use]
    pub fn at(now: Timestamp, status: Status, reason: Option<CancelReason>, expires_at: Option<Timestamp>) -> Self {
        if status == Status::Pending && expires_at.is_some_and(|end| now >= end) {
            return Self { status: Status::Cancelled, reason: Some(CancelReason::Expired) };
        }
        Self { status, reason }
    }

    /// Whether the invite can be accepted.
    #[must_use]
    pub fn is_pending(self) -> bool {
        self.status == Status::Pending
    }

    /// Whether a revoke written at `status_at` can be undone at `now`.
    #[must_use]
    pub fn is_restorable(self, status_at: Timestamp, now: Timestamp) -> bool {
        self.reason == Some(CancelReason::Revoked) && status_at > Self::restorable_since(now)
    }

    /// What was revoked after this instant can be restored at `now`.
    #[must_use]
    pub fn restorable_since(now: Timestamp) -> Timestamp {
        now.plus_seconds(-RESTORE_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_instant_of_expiry_is_already_too_late() {
        let end = Timestamp::from_micros(1_000_000);
        let at = |now| Standing::at(Timestamp::from_micros(now), Status::Pending, None, Some(end));
        assert!(at(999_999).is_pending());
        assert_eq!(at(1_000_000).reason, Some(CancelReason::Expired));
    }

    #[test]
    fn a_revoke_can_be_undone_for_ten_minutes_and_nothing_else_at_all() {
        let (at, revoked) = (Timestamp::from_micros(5), Standing::cancelled(CancelReason::Revoked));
        assert!(revoked.is_restorable(at, at) && revoked.is_restorable(at, at.plus_seconds(599)));
        assert!(!revoked.is_restorable(at, at.plus_seconds(600)));
        for &reason in CancelReason::ALL.iter().filter(|reason| **reason != CancelReason::Revoked) {
            assert!(!Standing::cancelled(reason).is_restorable(at, at), "{reason}");
        }
        assert_eq!(Standing::restorable_since(at.plus_seconds(600)), at);
    }

    #[test]
    fn what_waited_when_the_invite_ended_was_sent_before_or_never() {
        use Delivery::{Bounced, Deferred, None, Queued, Sent, Suppressed};
        for (delivery, sent_before, not_yet) in [
            (None, None, None),
            (Queued, Sent, None),
            (Sent, Sent, Sent),
            (Deferred, Sent, None),
            (Bounced, Bounced, Bounced),
            (Suppressed, Suppressed, Suppressed),
        ] {
            assert_eq!((delivery.after_end(true), delivery.after_end(false)), (sent_before, not_yet), "{delivery}");
        }
    }

    #[test]
    fn uses_are_counted_down_to_none() {
        let three = MaxUses::from_number(3).unwrap();
        assert_eq!([0, 2, 3, 4].map(|uses| three.left(uses)), [Some(3), Some(1), Some(0), Some(0)]);
        assert_eq!((three.stored(), MaxUses::ONE.stored()), (Some(3), Some(1)));
        assert_eq!((MaxUses::UNLIMITED.stored(), MaxUses::UNLIMITED.left(9)), (None, None));
        assert!(MaxUses::from_number(MOST_USES.into()).is_ok() && MaxUses::from_number(-1).is_ok());
    }

    #[test]
    fn minus_one_and_null_mean_no_limit() {
        for wire in ["null", "-1"] {
            assert_eq!(serde_json::from_str::<MaxUses>(wire).unwrap(), MaxUses::UNLIMITED);
        }
        for wire in ["0", "-2", "1000001", "1.5", "\"1\""] {
            assert!(serde_json::from_str::<MaxUses>(wire).is_err(), "{wire}");
        }
        assert_eq!(serde_json::to_string(&MaxUses::UNLIMITED).unwrap(), "null");
    }

    proptest! {
        #[test]
        fn time_alone_never_brings_an_ended_invite_back(
            now in 0_i64..1_000, later in 0_i64..1_000, end in proptest::option::of(0_i64..1_000), status in 0_usize..4,
        ) {
            let status = Status::ALL[status];
            let at = |t| Standing::at(Timestamp::from_micros(t), status, None, end.map(Timestamp::from_micros));
            if !at(now).is_pending() {
                prop_assert!(!at(now + later).is_pending());
            }
            if status != Status::Pending {
                prop_assert_eq!(at(now).status, status);
            }
        }
    }
}
