//! The end of an invite as people type it.

use jiff::{civil, tz::TimeZone};

use crate::{api::Patch, domain::Timestamp};

/// What may be typed.
pub(super) const ALLOWED: &str = "hours (48), days (3d), weeks (2w), a date (2026-12-31 or 2026-12-31 18:00) or never";

/// When an invite is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expiry {
    /// As the band's policy says.
    Default,
    /// Not at all.
    Never,
    /// So many hours from now.
    Hours(i64),
    /// So many hours after the end that there is.
    Later(i64),
    /// At this instant.
    At(Timestamp),
}

impl Expiry {
    /// Reads what was typed; a date without a time is its end in the time zone of this machine.
    ///
    /// # Errors
    /// Says what may be typed.
    pub(super) fn parse(text: &str, zone: &TimeZone) -> Result<Self, String> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Ok(Self::Default);
        }
        if text == "never" {
            return Ok(Self::Never);
        }
        if let Some(hours) = text.strip_prefix('+').and_then(hours) {
            return Ok(Self::Later(hours));
        }
        if let Some(hours) = hours(&text) {
            return Ok(Self::Hours(hours));
        }
        date(&text, zone).map(Self::At).ok_or_else(|| format!("must be {ALLOWED}"))
    }

    /// The two fields of a request: `ttl_hours` and `expires_at`.
    pub(super) fn fields(self) -> (Patch<i64>, Patch<Timestamp>) {
        match self {
            Self::Default => (Patch::Omitted, Patch::Omitted),
            Self::Never => (Patch::Omitted, Patch::Null),
            // Where there is no end yet, it counts from now.
            Self::Hours(hours) | Self::Later(hours) => (Patch::Value(hours), Patch::Omitted),
            Self::At(at) => (Patch::Omitted, Patch::Value(at)),
        }
    }
}

/// An instant as it is typed again when an invite is edited.
pub(super) fn typed(at: Option<Timestamp>, zone: &TimeZone) -> String {
    at.map_or_else(
        || "never".to_owned(),
        |at| at.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
    )
}

fn hours(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let factor = match text[digits.len()..].trim() {
        "" | "h" | "hour" | "hours" => 1,
        "d" | "day" | "days" => 24,
        "w" | "week" | "weeks" => 24 * 7,
        _ => return None,
    };
    let number: i64 = digits.parse().ok()?;
    (number >= 1).then(|| number.saturating_mul(factor))
}

fn date(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let civil = match text.parse::<civil::DateTime>() {
        Ok(at) if text.contains([' ', 't']) => at,
        _ => text.parse::<civil::Date>().ok()?.at(23, 59, 0, 0),
    };
    let at = civil.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Timestamp::from_micros(at.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Expiry, String> {
        Expiry::parse(text, &TimeZone::fixed(jiff::tz::offset(1)))
    }

    #[test]
    fn spans_dates_and_never_are_read() {
        assert_eq!(parse("  "), Ok(Expiry::Default));
        assert_eq!(parse("Never"), Ok(Expiry::Never));
        for (text, hours) in [("48", 48), ("48h", 48), ("3 d", 72), ("2w", 336), ("1 day", 24)] {
            assert_eq!(parse(text), Ok(Expiry::Hours(hours)), "{text}");
        }
        let at = |text: &str| Ok(Expiry::At(text.parse().unwrap()));
        assert_eq!(parse("2026-12-31"), at("2026-12-31T22:59:00Z"));
        assert_eq!(parse("2026-12-31 18:00"), at("2026-12-31T17:00:00Z"));
    }

    #[test]
    fn nonsense_says_what_may_be_typed() {
        for text in ["0", "-3", "soon", "3x", "2026-13-01", "h", "99999999999999999999"] {
            assert!(parse(text).unwrap_err().contains("never"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_an_edit_shows_is_read_back_to_the_minute(minutes in 0_i64..200_000_000) {
            let zone = TimeZone::UTC;
            let at = Timestamp::from_micros(minutes * 60_000_000);
            prop_assert_eq!(Expiry::parse(&typed(Some(at), &zone), &zone), Ok(Expiry::At(at)));
        }

        #[test]
        fn whatever_is_typed_is_read_or_answered_with_what_may_be(
            text in prop_oneof![
                any::<String>(), "[+ ]?[0-9]{0,20} ?(h|d|w|hours|days?|weeks?|²|x)?", "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ][0-9]{1,2}:[0-9]{2})?",
            ],
            back in -12_i8..=12,
        ) {
            let zone = TimeZone::fixed(jiff::tz::offset(back));
            match Expiry::parse(&text, &zone) {
                Err(says) => prop_assert_eq!(says, format!("must be {ALLOWED}")),
                Ok(Expiry::Hours(hours) | Expiry::Later(hours)) => prop_assert!(hours >= 1),
                // No clock stumbles over what is read.
                Ok(Expiry::At(at)) => prop_assert!(!typed(Some(at), &zone).is_empty() && !at.to_string().is_empty()),
                Ok(Expiry::Default | Expiry::Never) => prop_assert!(text.trim().len() < 6),
            }
        }
    }
}
