//! What an accept comes to, and in which order it looks.
//!
//! | | what is looked at | answer |
//! |---|---|---|
//! | | whether there is such a token | `invalid_token` |
//! | | whether somebody is signed in | `unauthenticated` |
//! | 1 | a code that is to no band | `kind_not_allowed` |
//! | 2 | the band is gone | `invite_cancelled` |
//! | 3 | banned; removed since the invite was made | `banned`, `removed` |
//! | 4 | a member, whatever the invite came to | `already_member`: role and uses stay |
//! | 5 | waits by this invite for an admin's word, whatever it came to | `pending_approval`, the same once more |
//! | 6 | the invite has ended | `invite_used`, `invite_declined`, `invite_revoked`, `invite_expired`, `invite_cancelled` |
//! | 7 | no use is left that nobody holds: of its own, or of its campaign's | `invite_used` |
//! | 8 | whom it is for ([`For`](super::For)) | `wrong_recipient`, `email_unverified` |
//! | 9 | in a band already, where one is the most | `one_band_only` |
//! | 10 | an admin has to agree | `pending_approval`: a wish, and no use yet |
//! | | nothing of that | `joined`: the membership, and a use |
//!
//! Whoever made their account by the invite where that takes a use holds one, and is not asked 7. Until they come in the
//! invite is pending, with its last use taken, too: what ends a pending one ends theirs. The first two are the door's own.
//!
//! A decline looks at 3, 6, 7 and 8, and then whether it can be declined.

use super::{CancelReason, Membership, NotFor, Standing, Timestamp};

/// How an account was put out of a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Departure {
    /// When.
    pub at: Timestamp,
    /// Whether for good.
    pub banned: bool,
}

/// Why nobody is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The code is for making an account, and to no band.
    NoBand,
    /// Banned from the band.
    Banned,
    /// Removed from it since the invite was made.
    Removed,
    /// The invite has ended thus.
    Ended(Standing),
    /// It has no use left that nobody holds, or its campaign has none.
    UsedUp,
    /// It is not for them.
    NotFor(NotFor),
    /// They are in a band, and may be in one alone.
    OneBandOnly,
}

/// What an accept comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// They are in already.
    Member,
    /// They have asked already, and wait on.
    Waiting,
    /// They ask now, and wait.
    Asks,
    /// They come in.
    Enters,
}

/// Everything that an accept looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and no two exclude each other")]
pub struct Visit {
    /// Whether the invite is a code that is to no band.
    pub to_no_band: bool,
    /// Whether the band is gone.
    pub band_is_gone: bool,
    /// How they were put out of the band, if they were and have not come back.
    pub departure: Option<Departure>,
    /// When the invite was made.
    pub made_at: Timestamp,
    /// Whether they are a member.
    pub is_member: bool,
    /// Whether they wait for an admin's word by this invite.
    pub waits: bool,
    /// How the invite stands.
    pub standing: Standing,
    /// Whether all uses are taken that it has, or that its campaign has.
    pub is_used_up: bool,
    /// Whether they hold a use of it.
    pub holds_use: bool,
    /// Whether it is for them.
    pub proof: Result<(), NotFor>,
    /// How many bands one may be in.
    pub membership: Membership,
    /// Whether they are in any.
    pub is_in_a_band: bool,
    /// Whether an admin has to agree.
    pub needs_word: bool,
}

/// Whether somebody who was put out may come back by what was made then; by nothing, where it is `None`.
///
/// # Errors
/// Says why not.
pub fn check_departure(departure: Option<Departure>, made_at: Option<Timestamp>) -> Result<(), Refusal> {
    match departure {
        Some(Departure { banned: true, .. }) => Err(Refusal::Banned),
        Some(Departure { at, .. }) if made_at.is_none_or(|made| made <= at) => Err(Refusal::Removed),
        _ => Ok(()),
    }
}

/// Whether one more band is allowed.
///
/// # Errors
/// Says that one is the most.
pub fn check_membership(rule: Membership, is_in_a_band: bool) -> Result<(), Refusal> {
    match rule {
        Membership::One if is_in_a_band => Err(Refusal::OneBandOnly),
        Membership::One | Membership::Many => Ok(()),
    }
}

impl Visit {
    /// What the accept comes to.
    ///
    /// # Errors
    /// The first refusal in the order of the table.
    pub fn accept(&self) -> Result<Admission, Refusal> {
        if self.to_no_band {
            return Err(Refusal::NoBand);
        }
        if self.band_is_gone {
            return Err(Refusal::Ended(Standing::cancelled(CancelReason::BandDeleted)));
        }
        check_departure(self.departure, Some(self.made_at))?;
        if self.is_member {
            return Ok(Admission::Member);
        }
        if self.waits {
            return Ok(Admission::Waiting);
        }
        if !self.standing.is_pending() {
            return Err(Refusal::Ended(self.standing));
        }
        if self.is_used_up && !self.holds_use {
            return Err(Refusal::UsedUp);
        }
        self.proof.map_err(Refusal::NotFor)?;
        check_membership(self.membership, self.is_in_a_band)?;
        Ok(if self.needs_word { Admission::Asks } else { Admission::Enters })
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Status, *};
    use proptest::prelude::*;

    fn visit() -> impl Strategy<Value = Visit> {
        let departure = prop::option::of((0_i64..4, any::<bool>()))
            .prop_map(|found| found.map(|(at, banned)| Departure { at: Timestamp::from_micros(at), banned }));
        let standing = prop_oneof![
            4 => Just(Standing::PENDING),
            1 => Just(Standing { status: Status::Accepted, reason: None }),
            1 => Just(Standing { status: Status::Rejected, reason: None }),
            2 => (0..CancelReason::ALL.len()).prop_map(|n| Standing::cancelled(CancelReason::ALL[n])),
        ];
        let proof = prop_oneof![
            3 => Just(Ok(())), 1 => Just(Err(NotFor::WrongRecipient)), 1 => Just(Err(NotFor::Unverified)),
        ];
        let rare = || prop::bool::weighted(0.2);
        let band = (prop::bool::weighted(0.05), prop::bool::weighted(0.05), rare(), rare(), rare(), rare());
        let rest = (any::<bool>(), any::<bool>(), rare(), 0_i64..4);
        (departure, standing, proof, band, rest).prop_map(|(departure, standing, proof, band, rest)| {
            let (to_no_band, band_is_gone, is_member, waits, is_used_up, holds_use) = band;
            let (one, is_in_a_band, needs_word, made_at) = rest;
            Visit {
                to_no_band,
                band_is_gone,
                departure,
                made_at: Timestamp::from_micros(made_at),
                is_member,
                waits,
                standing,
                is_used_up,
                holds_use,
                proof,
                membership: if one { Membership::One } else { Membership::Many },
                is_in_a_band,
                needs_word,
            }
        })
    }

    proptest! {
        #[test]
        fn nobody_enters_whom_any_rule_keeps_out(visit in visit()) {
            let Ok(Admission::Enters | Admission::Asks) = visit.accept() else { return Ok(()) };
            prop_assert!(!visit.to_no_band && !visit.band_is_gone && !visit.is_member && visit.proof.is_ok());
            prop_assert!(visit.departure.is_none_or(|gone| !gone.banned && visit.made_at > gone.at));
            prop_assert!(visit.standing.is_pending() && (visit.holds_use || !visit.is_used_up));
            prop_assert!(visit.membership == Membership::Many || !visit.is_in_a_band);
            prop_assert_eq!(visit.accept() == Ok(Admission::Asks), visit.needs_word);
        }

        #[test]
        fn a_member_stays_one_whatever_the_invite_came_to(visit in visit()) {
            let visit = Visit { departure: None, to_no_band: false, band_is_gone: false, is_member: true, ..visit };
            prop_assert_eq!(visit.accept(), Ok(Admission::Member));
        }

        #[test]
        fn to_hold_a_use_is_never_worse(visit in visit()) {
            let (with, without) =
                (Visit { holds_use: true, ..visit }.accept(), Visit { holds_use: false, ..visit }.accept());
            prop_assert!(without.is_err() || with == without);
            // What ends the invite ends it for all.
            if !visit.standing.is_pending() {
                prop_assert_eq!(with, without);
            }
        }
    }

    /// A visit that comes to nothing but refusals, each of which is found once those before it are out of the way.
    #[test]
    fn the_first_refusal_of_the_table_is_the_answer() {
        let (at, revoked) = (Timestamp::from_micros(1), Standing::cancelled(CancelReason::Revoked));
        let mut visit = Visit {
            to_no_band: true,
            band_is_gone: true,
            departure: Some(Departure { at, banned: true }),
            made_at: at,
            is_member: false,
            waits: false,
            standing: revoked,
            is_used_up: true,
            holds_use: false,
            proof: Err(NotFor::WrongRecipient),
            membership: Membership::One,
            is_in_a_band: true,
            needs_word: true,
        };
        let mut met = Vec::new();
        let steps: [fn(&mut Visit); 8] = [
            |visit| visit.to_no_band = false,
            |visit| visit.band_is_gone = false,
            |visit| visit.departure = visit.departure.map(|gone| Departure { banned: false, ..gone }),
            |visit| visit.departure = None,
            |visit| visit.standing = Standing::PENDING,
            |visit| visit.is_used_up = false,
            |visit| visit.proof = Ok(()),
            |visit| visit.is_in_a_band = false,
        ];
        for step in steps {
            met.push(visit.accept());
            step(&mut visit);
        }
        let gone = Standing::cancelled(CancelReason::BandDeleted);
        let all = [
            Refusal::NoBand,
            Refusal::Ended(gone),
            Refusal::Banned,
            Refusal::Removed,
            Refusal::Ended(revoked),
            Refusal::UsedUp,
            Refusal::NotFor(NotFor::WrongRecipient),
            Refusal::OneBandOnly,
        ];
        assert_eq!(met, all.map(Err));
        assert_eq!(visit.accept(), Ok(Admission::Asks));
        visit.needs_word = false;
        assert_eq!(visit.accept(), Ok(Admission::Enters));
    }
}
