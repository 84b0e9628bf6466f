//! What can be done to an invite as it stands.
//!
//! ```text
//!            last use taken
//!  pending ─────────────────▶ accepted   (final)
//!     │  declined, one use
//!     ├─────────────────────▶ rejected   (final)
//!     │  revoked, expired, …
//!     └─────────────────────▶ cancelled + reason
//!            ◀── restore: only `revoked`, within 10 minutes
//! ```
//!
//! | act | `pending` | `accepted` | `rejected` | `cancelled`, `revoked` | `cancelled` otherwise |
//! |---|---|---|---|---|---|
//! | accept | a use is taken, with the last one `accepted` | `invite_used` | `invite_declined` | `invite_revoked` | `invite_expired`, `invite_cancelled` |
//! | decline | `rejected`; `not_declinable` where others can use it, too | as accept | as accept | as accept | as accept |
//! | edit, extend, set the role, rotate, send again, show the link | stays | `not_pending` | `not_pending` | `not_pending` | `not_pending` |
//! | revoke | `cancelled`, `revoked` | `not_pending` | `not_pending` | stays: it is done | `not_pending` |
//! | restore | `not_restorable` | `not_restorable` | `not_restorable` | `pending`, for 10 minutes | `not_restorable` |
//!
//! Time is in the standing already ([`Standing::at`]): what is over is `cancelled`, `expired`, written or not.

use super::{CancelReason, Standing, Status};

/// Something that is done to an invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A use is taken.
    Accept {
        /// Whether it is the last one.
        last: bool,
    },
    /// The person whom it is for says no.
    Decline {
        /// Whether it is for one use, so that it is nobody else's.
        single: bool,
    },
    /// It is changed, sent again or shown.
    Change,
    /// It is taken back.
    Revoke,
    /// A revoke is undone.
    Restore {
        /// Whether that was less than ten minutes ago.
        recent: bool,
    },
}

/// Why something cannot be done to an invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Illegal {
    /// It has ended thus, for whoever comes with it.
    Ended(Standing),
    /// It has ended, for those who look after it.
    NotPending,
    /// It is for several people.
    NotDeclinable,
    /// It was not taken back, or too long ago.
    NotRestorable,
}

impl Standing {
    /// Pending.
    pub const PENDING: Self = Self { status: Status::Pending, reason: None };

    /// Cancelled for this reason.
    #[must_use]
    pub const fn cancelled(reason: CancelReason) -> Self {
        Self { status: Status::Cancelled, reason: Some(reason) }
    }

    /// Whether there is a use for somebody: one is `left`, and the invite is pending. For who asked in time and was told to
    /// wait for an admin's word (`asked`) time does not end it.
    #[must_use]
    pub const fn has_use(self, left: bool, asked: bool) -> bool {
        let is_expired = matches!(self.reason, Some(CancelReason::Expired));
        left && (matches!(self.status, Status::Pending) || asked && is_expired)
    }

    /// How the invite stands after the act; as before where there is nothing to do.
    ///
    /// # Errors
    /// Says why it cannot be done.
    pub const fn after(self, act: Act) -> Result<Self, Illegal> {
        let is_pending = matches!(self.status, Status::Pending);
        let is_revoked = matches!(self.reason, Some(CancelReason::Revoked));
        match act {
            Act::Accept { .. } | Act::Decline { .. } if !is_pending => Err(Illegal::Ended(self)),
            Act::Accept { last: true } => Ok(Self { status: Status::Accepted, reason: None }),
            Act::Accept { last: false } => Ok(self),
            Act::Decline { single: true } => Ok(Self { status: Status::Rejected, reason: None }),
            Act::Decline { single: false } => Err(Illegal::NotDeclinable),
            Act::Change if is_pending => Ok(self),
            Act::Revoke if is_pending => Ok(Self::cancelled(CancelReason::Revoked)),
            Act::Revoke if is_revoked => Ok(self),
            Act::Change | Act::Revoke => Err(Illegal::NotPending),
            Act::Restore { recent: true } if is_revoked => Ok(Self::PENDING),
            Act::Restore { .. } => Err(Illegal::NotRestorable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every standing that there is.
    fn every() -> Vec<Standing> {
        let ended = [Status::Accepted, Status::Rejected].map(|status| Standing { status, reason: None });
        let cancelled = CancelReason::ALL.iter().map(|reason| Standing::cancelled(*reason));
        std::iter::once(Standing::PENDING).chain(ended).chain(cancelled).collect()
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            any::<bool>().prop_map(|last| Act::Accept { last }),
            any::<bool>().prop_map(|single| Act::Decline { single }),
            Just(Act::Change),
            Just(Act::Revoke),
            any::<bool>().prop_map(|recent| Act::Restore { recent }),
        ]
    }

    proptest! {
        #[test]
        fn what_was_accepted_or_declined_stays_so_and_only_a_revoke_is_undone(acts in prop::collection::vec(act(), 0..12)) {
            let mut standing = Standing::PENDING;
            for act in acts {
                let next = standing.after(act).unwrap_or(standing);
                if matches!(standing.status, Status::Accepted | Status::Rejected) {
                    prop_assert_eq!(next, standing);
                }
                if standing != Standing::PENDING && next == Standing::PENDING {
                    prop_assert_eq!((act, standing.reason), (Act::Restore { recent: true }, Some(CancelReason::Revoked)));
                }
                standing = next;
            }
        }
    }

    #[test]
    fn who_comes_with_an_ended_invite_is_told_how_it_ended_and_who_looks_after_it_that_it_has() {
        for standing in every().into_iter().filter(|standing| !standing.is_pending()) {
            for act in [Act::Accept { last: true }, Act::Decline { single: true }, Act::Decline { single: false }] {
                assert_eq!(standing.after(act), Err(Illegal::Ended(standing)));
            }
            assert_eq!(standing.after(Act::Change), Err(Illegal::NotPending));
            let is_revoked = standing.reason == Some(CancelReason::Revoked);
            assert_eq!(standing.after(Act::Revoke).is_ok(), is_revoked, "{standing:?}");
            assert_eq!(standing.after(Act::Restore { recent: true }).is_ok(), is_revoked, "{standing:?}");
            assert_eq!(standing.after(Act::Restore { recent: false }), Err(Illegal::NotRestorable));
        }
    }

    #[test]
    fn time_alone_does_not_take_the_use_of_who_asked() {
        for standing in every() {
            let [asked, plain] = [true, false].map(|asked| standing.has_use(true, asked));
            assert_eq!(plain, standing.after(Act::Accept { last: false }).is_ok());
            assert_eq!(asked && !plain, standing == Standing::cancelled(CancelReason::Expired));
            assert!(!standing.has_use(false, true), "nobody comes in by none");
        }
    }

    #[test]
    fn a_pending_one_is_there_for_everything_but_to_be_restored() {
        let ok = |act| Standing::PENDING.after(act).unwrap();
        assert_eq!(ok(Act::Accept { last: false }), Standing::PENDING);
        assert_eq!(ok(Act::Accept { last: true }).status, Status::Accepted);
        assert_eq!(ok(Act::Decline { single: true }).status, Status::Rejected);
        assert_eq!(Standing::PENDING.after(Act::Decline { single: false }), Err(Illegal::NotDeclinable));
        assert_eq!(ok(Act::Change), Standing::PENDING);
        assert_eq!(ok(Act::Revoke).reason, Some(CancelReason::Revoked));
        assert_eq!(Standing::PENDING.after(Act::Restore { recent: true }), Err(Illegal::NotRestorable));
    }
}
