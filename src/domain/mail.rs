//! Mail: what it can be about, what becomes of it, when it is tried again, and when a reminder is due.

use unicode_normalization::UnicodeNormalization as _;

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
        let after = |n: usize| chars.get(place + n).copied().unwrap_or(' ');
        let is_encoded = c == '=' && after(1) == '?';
        let is_in_a_host = is_dot(c) && (is_in_a_name(&chars, place) || is_in_four_numbers(&chars, place));
        if is_in_a_host || is_encoded || c == ':' && after(1) == '/' {
            out.push(' ');
        }
    }
    out
}

/// What stands between the parts of a host's name, in every form that programs take for it.
fn is_dot(c: char) -> bool {
    is_bare_dot(c) || brings_a_dot(c)
}

fn is_bare_dot(c: char) -> bool {
    matches!(c, '.' | '\u{2024}' | '\u{3002}' | '\u{fe12}' | '\u{fe52}' | '\u{ff0e}' | '\u{ff61}')
}

/// Whether programs read it as something with a dot behind it, such as `1.` in one character.
fn brings_a_dot(c: char) -> bool {
    matches!(c, '\u{2488}'..='\u{249b}' | '\u{33c2}' | '\u{33c7}' | '\u{33d8}' | '\u{1f100}')
}

/// Whether the dot at this place may stand before the last part of a host's name. What comes before it is asked for little:
/// a name can end in a mark or a picture. The last part has two letters or more, so what is written with single ones
/// (`e.g.`), with digits (`3.5`) or before a quotation mark stays as it is.
fn is_in_a_name(chars: &[char], place: usize) -> bool {
    let at = |place: Option<usize>| place.and_then(|place| chars.get(place)).copied().unwrap_or(' ');
    let (before, first, second) = (at(place.checked_sub(1)), at(Some(place + 1)), at(Some(place + 2)));
    let has_name = brings_a_dot(chars[place]) || !(before.is_whitespace() || is_bare_dot(before) || is_no_name(before));
    let is_number = first.is_numeric() && !first.is_alphabetic();
    let is_short = is_one_letter(first) && ends_a_word(second);
    has_name && !ends_a_word(first) && !is_number && !is_short
}

/// Whether no name of a host has this in it.
fn is_no_name(c: char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '-' | '_')
}

/// What the last part of a host's name neither begins with nor goes on behind.
fn ends_a_word(c: char) -> bool {
    let is_quote_or_dash = matches!(c, '\u{a1}' | '\u{ab}' | '\u{b7}' | '\u{bb}' | '\u{bf}' | '\u{2010}'..='\u{205e}');
    let is_wide = matches!(c, '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{ff01}'..='\u{ff0f}');
    c.is_whitespace() || is_bare_dot(c) || c.is_ascii_punctuation() || is_quote_or_dash || is_wide
}

/// Whether it is a letter that programs read as one, not as several, as they do `ﬁ`.
fn is_one_letter(c: char) -> bool {
    c.is_alphabetic() && c.nfkc().count() == 1 && c.to_uppercase().count() == 1
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
        assert_eq!(unlinked("உதாரணம்.com/x"), "உதாரணம். com/x");
        assert_eq!(
            unlinked("x\u{302}q\u{302}.com or paypa1\u{fe0f}.com"),
            "x\u{302}q\u{302}. com or paypa1\u{fe0f}. com"
        );
        assert_eq!(
            unlinked("a-.com ☃.net evil.\u{fb01} evil.㏄ evil.ß"),
            "a-. com ☃. net evil. \u{fb01} evil. ㏄ evil. ß"
        );
        assert_eq!(unlinked("evil.c\u{fe0f}om evil⒈com ⒈com"), "evil. c\u{fe0f}om evil⒈ com ⒈ com");
        for same in [
            "31.12.2026",
            "1.5 = 1.50",
            "what = why?",
            "St. Vincent",
            "R.E.M.",
            "3.14 p.m.",
            "Brass & Bone",
            "see you at 8. Bring mutes.",
            "e.g. this, т.е. that, and so on...",
            "wait...what",
            "(the 3.)",
            "he said “at the pub.” and «tomorrow.»",
            "٣.٥",
            "the file \".profile\"",
            "in .profile",
        ] {
            assert_eq!(unlinked(same), same);
        }
    }

    /// What the greediest program would read: compatibility forms are folded, what shows nothing is left out, and every
    /// mark, picture and dash is part of a name.
    fn host_in(text: &str) -> Option<String> {
        let read: String =
            text.nfkc().filter(|c| *c != '\u{fe0f}').map(|c| if c == '\u{3002}' { '.' } else { c }).collect();
        let read = read.replace('ß', "ss");
        let words =
            read.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation() && !matches!(c, '.' | '-' | '_'));
        words.map(str::to_owned).find(|word| {
            let parts: Vec<&str> = word.split('.').collect();
            parts.windows(2).any(|two| {
                let last: Vec<char> = two[1].chars().take_while(|c| !ends_a_word(*c)).collect();
                !two[0].is_empty() && last.len() > 1 && last[0].is_alphabetic()
            })
        })
    }

    proptest! {
        #[test]
        fn no_text_keeps_what_a_program_would_take_for_a_host(
            text in prop_oneof![
                "\\PC{0,40}",
                "[a-zé0-9உம\u{bcd}\u{302}\u{fe0f}☃㏄\u{fb01}ßⅵ⒈\u{2024}.。．｡._()'\": -]{0,16}",
                "[a\\p{M}\\p{So}\\p{No}]{1,3}[.。．｡][a-z\\p{L}\\p{M}\\p{So}]{1,3}",
            ],
        ) {
            let safe = unlinked(&text);
            prop_assert!(host_in(&safe).is_none(), "{text:?} {safe:?} {:?}", host_in(&safe));
        }

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
