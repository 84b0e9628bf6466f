//! When an invite ends.
//!
//! | where the end comes from | may it be later than the policy's longest life? | later than its campaign's end? |
//! |---|---|---|
//! | the request, also "never" | refused | refused |
//! | a template | refused | as late as the campaign's |
//! | the campaign | as late as the policy allows | it is that |
//! | the policy's default | it is not | as late as the campaign's |
//! | a revoke undone: as it was | it was not | as late as the campaign's is by now |
//!
//! So a campaign's invites end with it at the latest. The campaign of what names none never ends.

use super::{Invalid, Timestamp};

/// Whether an invite that asks for the end `end`, never where it is `None`, ends with its campaign at the latest.
///
/// # Errors
/// Says until when it may live.
pub fn check_shared_end(end: Option<Timestamp>, campaign: Option<Timestamp>) -> Result<(), Invalid> {
    match campaign {
        Some(latest) if end.is_none_or(|end| end > latest) => {
            Err(Invalid::new(format!("must not be later than the end of its campaign, {latest}")))
        }
        _ => Ok(()),
    }
}

/// The end of an invite that did not ask for `end` by itself: that one, or its campaign's where that comes first.
#[must_use]
pub fn shared_end(end: Option<Timestamp>, campaign: Option<Timestamp>) -> Option<Timestamp> {
    end.into_iter().chain(campaign).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn end() -> impl Strategy<Value = Option<Timestamp>> {
        prop::option::of((0_i64..4).prop_map(Timestamp::from_micros))
    }

    proptest! {
        #[test]
        fn no_invite_outlives_its_campaign(end in end(), campaign in end()) {
            let shared = shared_end(end, campaign);
            prop_assert_eq!(check_shared_end(shared, campaign), Ok(()));
            // What may be asked for is what it gets.
            prop_assert_eq!(check_shared_end(end, campaign).is_ok(), shared == end);
        }
    }
}
