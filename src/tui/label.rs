//! Living labels: how long until, how long since, and when the label reads differently.

use crate::domain::Timestamp;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long until `end`, in two units at most, and the instant at which that reads differently. Without an end it is
/// "never" for good.
pub fn expiry(end: Option<Timestamp>, now: Timestamp) -> (String, Option<Timestamp>) {
    let Some(end) = end else { return ("never".to_owned(), None) };
    let left = end.seconds_since(now);
    if end <= now {
        return ("expired".to_owned(), None);
    }
    let (text, unit) = match left {
        DAY.. => (format!("{}d {}h", left / DAY, left % DAY / HOUR), HOUR),
        HOUR.. => (format!("{}h {}m", left / HOUR, left % HOUR / MINUTE), MINUTE),
        MINUTE.. => (format!("{}m", left / MINUTE), MINUTE),
        _ => ("under 1m".to_owned(), MINUTE),
    };
    // It holds until the whole units left are one fewer; in the last minute until the end itself.
    let next =
        if left < MINUTE { end } else { Timestamp::from_micros(end.plus_seconds(-(left / unit * unit)).micros() + 1) };
    (text, Some(next))
}

/// How long ago `at` was, in one coarse unit.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    match now.seconds_since(at).max(0) {
        seconds @ ..MINUTE => format!("{} s ago", seconds / 10 * 10),
        seconds @ MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        seconds @ HOUR..DAY => format!("{} h ago", seconds / HOUR),
        seconds => format!("{} d ago", seconds / DAY),
    }
}

/// Whether data heard at `heard` is as fresh as polling makes it.
pub fn is_live(heard: Timestamp, now: Timestamp, poll_seconds: u32) -> bool {
    now.seconds_since(heard) < live_seconds(poll_seconds)
}

/// When the age of data heard at `heard` next reads differently: once when it is no longer live, then as [`age`] steps.
pub fn age_change(heard: Timestamp, now: Timestamp, poll_seconds: u32) -> Timestamp {
    let age = now.seconds_since(heard).max(0);
    let live = live_seconds(poll_seconds);
    if age < live {
        return heard.plus_seconds(live);
    }
    let unit = match age {
        ..MINUTE => 10,
        MINUTE..HOUR => MINUTE,
        HOUR..DAY => HOUR,
        _ => DAY,
    };
    heard.plus_seconds((age / unit + 1) * unit)
}

/// Two polls and the time that an answer may take.
const fn live_seconds(poll_seconds: u32) -> i64 {
    2 * poll_seconds as i64 + 5
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_units_are_enough() {
        let label = |seconds| expiry(Some(Timestamp::from_micros(seconds * 1_000_000)), Timestamp::from_micros(0)).0;
        let labels = [2 * DAY + 3 * HOUR + 5, 5 * HOUR + 10 * MINUTE, 12 * MINUTE + 59, 59, 0].map(label);
        assert_eq!(labels, ["2d 3h", "5h 10m", "12m", "under 1m", "expired"]);
        assert_eq!(expiry(None, Timestamp::from_micros(0)), ("never".to_owned(), None));
    }

    proptest! {
        #[test]
        fn a_label_reads_the_same_until_the_instant_it_names(end in 1_i64..10_000_000_000_000) {
            let now = Timestamp::from_micros(0);
            let end = Timestamp::from_micros(end);
            let (text, next) = expiry(Some(end), now);
            let next = next.unwrap();
            prop_assert!(next > now);
            prop_assert_eq!(&expiry(Some(end), Timestamp::from_micros(next.micros() - 1)).0, &text);
            prop_assert_ne!(&expiry(Some(end), next).0, &text);
        }

        #[test]
        fn an_age_reads_the_same_until_it_changes(age_seconds in 0_i64..400_000, poll in 1_u32..60) {
            let heard = Timestamp::from_micros(0);
            let now = heard.plus_seconds(age_seconds);
            let next = age_change(heard, now, poll);
            prop_assert!(next > now);
            let before = Timestamp::from_micros(next.micros() - 1);
            prop_assert_eq!(is_live(heard, now, poll), is_live(heard, before, poll));
            if !is_live(heard, now, poll) {
                prop_assert_eq!(age(heard, now), age(heard, before));
            }
        }
    }
}
