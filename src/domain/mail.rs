//! Mail: what it can be about, what becomes of it, when it is tried again, and when a reminder is due.

use super::{Hours, Timestamp};

words! {
    /// What a mail is about.
    pub enum MailKind {
        /// An invite, to whom it is for.
        Invite = "invite",
        /// The same once more, while it waits.
        Reminder = "reminder",
        /// A code that proves an address.
        Verification = "verification",
        /// A token to set a new password with.
        Reset = "reset",
        /// To the address that an account had before: it has another now.
        Moved = "moved",
        /// To who invited: someone came in.
        Joined = "joined",
        /// To who invited: the person came in by another invite.
        Superseded = "superseded",
    }
}

words! {
    /// What became of a mail.
    pub enum MailOutcome {
        /// The mail server took it.
        Sent = "sent",
        /// It was refused for good.
        Bounced = "bounced",
        /// The address wants none.
        Suppressed = "suppressed",
        /// There was no reason for it any more.
        Dropped = "dropped",
    }
}

impl MailKind {
    /// Whether a person sits and waits for it: it goes before all others.
    #[must_use]
    pub const fn is_awaited(self) -> bool {
        matches!(self, Self::Verification | Self::Reset)
    }
}

/// How long a mail is tried, in seconds: 48 hours.
pub const MAIL_LIFE: i64 = 48 * 3_600;

/// The seconds to wait after a try that was put off by the mail server, `tries` of them so far: 1 minute, 2, 4, and so on
/// up to 4 hours, each a fifth shorter or longer by `chance`, so that what failed together does not come back together.
#[must_use]
pub fn pause_after(tries: u32, chance: u8) -> i64 {
    let whole = (60_i64 << tries.saturating_sub(1).min(8)).min(4 * 3_600);
    whole * (800 + i64::from(chance) * 400 / 255) / 1_000
}

/// When the next reminder of an invite is due that was sent at `sent_at`: the first of the hours after it that is later
/// than `now`, `None` after the last one. What was missed is not made up for: after a week of downtime a person gets one
/// reminder, and then the ones still to come.
#[must_use]
pub fn next_reminder(sent_at: Timestamp, hours: &[u32], now: Timestamp) -> Option<Timestamp> {
    hours.iter().map(|&hours| sent_at.plus_hours(hours)).find(|&due| due > now)
}

/// When the last reminder is due of an invite that ends at `end`: so many hours before; `None` where that is not later than
/// `now`.
#[must_use]
pub fn last_reminder(end: Option<Timestamp>, hours: Hours, now: Timestamp) -> Option<Timestamp> {
    let due = end?.plus_seconds(-i64::from(hours.0?) * 3_600);
    (due > now).then_some(due)
}

/// A text of somebody else's for a mail: a program that shows it finds nothing in it to make a link of. What looks like
/// an address of the web gets a space behind its dots and colons; so do four numbers that name a host, and what a header
/// would be decoded by (`=?utf-8?q?…?=`), in which such an address could hide.
#[must_use]
pub fn unlinked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for (place, &c) in chars.iter().enumerate() {
        out.push(c);
        let before = place.checked_sub(1).and_then(|place| chars.get(place)).copied().unwrap_or(' ');
        let after = |n: usize| chars.get(place + n).copied().unwrap_or(' ');
        let in_a_name = is_dot(c) && before.is_alphanumeric() && after(1).is_alphabetic() && after(2).is_alphanumeric();
        let is_encoded = c == '=' && after(1) == '?';
        if in_a_name || is_encoded || c == ':' && after(1) == '/' || is_dot(c) && is_in_four_numbers(&chars, place) {
            out.push(' ');
        }
    }
    out
}

/// What stands between the parts of a host's name, in every form that programs take for it.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{2024}' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// Whether the dot at this place is one of three between four numbers.
fn is_in_four_numbers(chars: &[char], place: usize) -> bool {
    let is_part = |c: &&char| c.is_ascii_digit() || is_dot(**c);
    let (before, after) = chars.split_at(place);
    let from = place - before.iter().rev().take_while(is_part).count();
    let to = place + after.iter().take_while(is_part).count();
    chars[from..to].split(|&c| is_dot(c)).filter(|part| (1..=3).contains(&part.len())).count() >= 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_somebody_waits_for_goes_before_all_others() {
        let awaited = MailKind::ALL.iter().filter(|kind| kind.is_awaited()).collect::<Vec<_>>();
        assert_eq!(awaited, [&MailKind::Verification, &MailKind::Reset]);
    }

    #[test]
    fn pauses_grow_to_four_hours_and_differ() {
        assert_eq!((pause_after(1, 0), pause_after(1, 255)), (48, 72));
        assert_eq!(pause_after(4, 127), 479);
        assert!((11_520..=17_280).contains(&pause_after(40, 99)));
    }

    #[test]
    fn what_was_missed_is_not_made_up_for() {
        let sent = Timestamp::from_micros(0);
        let hours = [72, 144, 216];
        assert_eq!(next_reminder(sent, &hours, sent), Some(sent.plus_hours(72)));
        assert_eq!(next_reminder(sent, &hours, sent.plus_hours(72)), Some(sent.plus_hours(144)));
        assert_eq!(next_reminder(sent, &hours, sent.plus_hours(200)), Some(sent.plus_hours(216)));
        assert_eq!(next_reminder(sent, &hours, sent.plus_hours(240)), None);
        assert_eq!(next_reminder(sent, &[], sent), None);
    }

    #[test]
    fn a_last_reminder_comes_so_many_hours_before_the_end_or_not_at_all() {
        let now = Timestamp::from_micros(0);
        let (end, day) = (Some(now.plus_hours(72)), Hours(Some(24)));
        assert_eq!(last_reminder(end, day, now), Some(now.plus_hours(48)));
        assert_eq!(last_reminder(end, day, now.plus_hours(48)), None);
        assert_eq!(last_reminder(None, day, now), None);
        assert_eq!(last_reminder(end, Hours(None), now), None);
        assert_eq!(last_reminder(end, Hours(Some(100)), now), None);
    }

    #[test]
    fn nothing_is_left_to_make_a_link_of() {
        assert_eq!(unlinked("log in at https://evil.example/x now"), "log in at https: //evil. example/x now");
        assert_eq!(unlinked("www.evil.co.uk"), "www. evil. co. uk");
        assert_eq!(unlinked("kim@evil.example"), "kim@evil. example");
        assert_eq!(unlinked("192.0.2.1/x"), "192. 0. 2. 1/x");
        assert_eq!(unlinked("=?utf-8?q?https=3A=2F=2Fevil?="), "= ?utf-8?q?https=3A=2F=2Fevil?=");
        assert_eq!(unlinked("evil\u{2024}example"), "evil\u{2024} example");
        for same in [
            "31.12.2026",
            "1.5 = 1.50",
            "what = why?",
            "St. Vincent",
            "R.E.M.",
            "3.14 p.m.",
            "Brass & Bone",
            "see you at 8. Bring mutes.",
        ] {
            assert_eq!(unlinked(same), same);
        }
    }

    proptest! {
        #[test]
        fn only_spaces_are_added(text in "\\PC{0,40}") {
            let bare = |text: &str| text.replace(' ', "");
            prop_assert_eq!(bare(&unlinked(&text)), bare(&text));
        }

        #[test]
        fn what_was_made_harmless_stays_as_it_is(text in "[a-z0-9é.:/@。．｡ -]{0,30}") {
            let safe = unlinked(&text);
            prop_assert_eq!(unlinked(&safe), safe.clone());
            prop_assert!(!safe.contains(":/"), "{}", safe);
        }

        #[test]
        fn a_pause_lies_within_a_fifth_of_four_hours(tries: u32, chance: u8) {
            let pause = pause_after(tries, chance);
            prop_assert!((48..=17_280).contains(&pause));
            prop_assert!(pause_after(tries.saturating_add(1), chance) >= pause);
            prop_assert!(pause_after(tries, chance.saturating_add(1)) >= pause);
        }
    }
}
