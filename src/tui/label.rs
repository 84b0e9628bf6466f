//! Living labels: how long until, how long since, and when the label reads differently.

use crate::{
    api::InviteSort,
    domain::{Delivery, JoinStatus, Kind, Timestamp},
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// An order of invites, as people say it; without one it is the server's own.
pub const fn order(sort: Option<InviteSort>) -> &'static str {
    match sort {
        None | Some(InviteSort::Newest) => "newest first",
        Some(InviteSort::Oldest) => "oldest first",
        Some(InviteSort::Soonest) => "next to expire first",
        Some(InviteSort::Latest) => "last to expire first",
    }
}

/// What an invite is, and who can use it.
pub const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Link => "link, for whoever holds it",
        Kind::Email => "for one address",
        Kind::User => "for one account, waits in its inbox",
        Kind::Code => "code, for whoever knows it",
    }
}

/// Invites of a kind, in a word or two.
pub const fn kinds(kind: Kind) -> &'static str {
    match kind {
        Kind::Link => "links",
        Kind::Email => "e-mails",
        Kind::User => "accounts",
        Kind::Code => "codes",
    }
}

/// The kind in a word.
pub const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Link => "link",
        Kind::Email => "e-mail",
        Kind::User => "account",
        Kind::Code => "code",
    }
}

/// What became of the mail with an invite, in a word.
pub const fn mail(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::None => "–",
        Delivery::Queued => "queued",
        Delivery::Sent => "sent",
        Delivery::Deferred => "waits",
        Delivery::Bounced => "bounced",
        Delivery::Suppressed => "unwanted",
    }
}

/// Where a wish to join stands, with its glyph.
pub fn join_status(status: JoinStatus) -> String {
    let glyph = match status {
        JoinStatus::Pending => "●",
        JoinStatus::Approved => "✓",
        JoinStatus::Denied => "✗",
        JoinStatus::Closed => "○",
    };
    format!("{glyph} {status}")
}

/// What stops working when an invite ends, or gets a new token.
pub const fn way_in(kind: Kind) -> &'static str {
    match kind {
        Kind::Code => "code",
        _ => "link",
    }
}

/// What became of the mail with an invite.
pub const fn delivery(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::None => "nothing was mailed",
        Delivery::Queued => "about to be sent",
        Delivery::Sent => "sent",
        Delivery::Deferred => "not taken yet; it is tried again",
        Delivery::Bounced => "refused: check the address",
        Delivery::Suppressed => "not sent: this address wants no mail",
    }
}

/// How long until `end`, in two units at most, and the instant at which that reads differently. What has begun counts:
/// three days are "3d" when they begin. Without an end it is "never" for good.
pub fn expiry(end: Option<Timestamp>, now: Timestamp) -> (String, Option<Timestamp>) {
    let Some(end) = end else { return ("never".to_owned(), None) };
    if end <= now {
        return ("expired".to_owned(), None);
    }
    let left = end.micros().saturating_sub(now.micros());
    let begun = |unit: i64| (left - 1) / (unit * 1_000_000) + 1;
    let (minutes, hours) = (begun(MINUTE), begun(HOUR));
    let two = |big: i64, small: i64, names: [&str; 2]| match small {
        0 => format!("{big}{}", names[0]),
        _ => format!("{big}{} {small}{}", names[0], names[1]),
    };
    let (text, then) = match minutes {
        ..60 => (format!("{minutes}m"), (minutes - 1) * MINUTE),
        60..1_440 => (two(minutes / 60, minutes % 60, ["h", "m"]), (minutes - 1) * MINUTE),
        // Below a day it goes on in minutes.
        _ => (two(hours / 24, hours % 24, ["d", "h"]), ((hours - 1) * HOUR).max(DAY - MINUTE)),
    };
    (text, Some(end.plus_seconds(-then)))
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
        let labels = [2 * DAY + 3 * HOUR - 5, 5 * HOUR + 10 * MINUTE, 12 * MINUTE - 59, 59, 0].map(label);
        assert_eq!(labels, ["2d 3h", "5h 10m", "12m", "1m", "expired"]);
        assert_eq!([3 * DAY, DAY, DAY - MINUTE, HOUR].map(label), ["3d", "1d", "23h 59m", "1h"]);
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
