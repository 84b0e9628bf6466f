//! Which other pending invites of a person end when the person comes into a band (`on_accept_cancel`).
//!
//! | rule | for the account | for its address, verified | for its address, without mail |
//! |---|---|---|---|
//! | `none` | – | – | – |
//! | `same_band` | to that band | to that band | to that band |
//! | `everywhere` | all | all | to that band |
//!
//! The rule is that of the invite by which the person came in; who came in without one comes by the rule in force in the
//! band. A `link` and a `code` are for nobody in particular, and so is an address that anybody could have typed: such
//! invites stay.

use super::OnAcceptCancel;

/// What makes an invite one for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// It is for the person's account.
    Account,
    /// It is for an address that is verified as the account's.
    Verified,
    /// It is for an address that is the account's alone, on a server that verifies none.
    Claimed,
}

impl Tie {
    /// Every tie.
    pub const ALL: &'static [Self] = &[Self::Account, Self::Verified, Self::Claimed];
}

impl OnAcceptCancel {
    /// How far the rule reaches among the invites that are so tied to who came in. The invite by which they came is not
    /// meant.
    #[must_use]
    pub const fn reach(self, tie: Tie) -> Self {
        match (self, tie) {
            (Self::Everywhere, Tie::Claimed) => Self::SameBand,
            (rule, _) => rule,
        }
    }

    /// Whether another invite ends that is so tied to who came in, to the same band or to another.
    #[must_use]
    pub const fn ends(self, tie: Tie, same_band: bool) -> bool {
        match self.reach(tie) {
            Self::None => false,
            Self::SameBand => same_band,
            Self::Everywhere => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stricter_rule_ends_no_less_and_no_rule_reaches_by_a_mere_claim_into_another_band() {
        for &tie in Tie::ALL {
            for same_band in [false, true] {
                let [none, same, every] = [OnAcceptCancel::None, OnAcceptCancel::SameBand, OnAcceptCancel::Everywhere]
                    .map(|rule| rule.ends(tie, same_band));
                assert!(!none && none <= same && same <= every, "{tie:?}");
                assert_eq!(same, same_band);
                assert!(tie != Tie::Claimed || every == same_band);
            }
        }
    }
}
