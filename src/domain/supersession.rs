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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_reaches_by_a_mere_claim_into_another_band_and_each_else_as_far_as_it_says() {
        for &tie in Tie::ALL {
            for &rule in OnAcceptCancel::ALL {
                let is_less = tie == Tie::Claimed && rule == OnAcceptCancel::Everywhere;
                assert_eq!(rule.reach(tie), if is_less { OnAcceptCancel::SameBand } else { rule });
            }
        }
    }
}
