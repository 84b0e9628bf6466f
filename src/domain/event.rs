//! When something takes place, as the clocks there show it.

use jiff::{
    Timestamp as Instant, Zoned,
    civil::DateTime,
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Invalid, time_pieces};

/// An instant with the offset from UTC of the place where it is looked at, in whole minutes. On the wire it is RFC 3339
/// with that offset: `2026-12-12T19:30:00+01:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
pub struct WallTime((Instant, Offset));

impl WallTime {
    /// The instant, to its whole second, where clocks are `offset` ahead of UTC.
    #[must_use]
    pub fn new(at: Instant, offset: Offset) -> Self {
        Self((Instant::from_second(at.as_second()).unwrap_or(at), offset))
    }

    /// The instant.
    #[must_use]
    pub const fn instant(self) -> Instant {
        self.0.0
    }

    fn local(self) -> DateTime {
        let (at, offset) = self.0;
        offset.to_datetime(at)
    }

    /// The day and the time that a person reads there: `Saturday 12 December 2026, 19:30`.
    #[must_use]
    pub fn words(self) -> String {
        self.show("%A %-d %B %Y, %H:%M")
    }

    /// From here to `end` in words; of an end on the same day only the time.
    #[must_use]
    pub fn words_until(self, end: Self) -> String {
        let end = if self.local().date() == end.local().date() { end.show("%H:%M") } else { end.words() };
        format!("{} to {end}", self.words())
    }

    fn show(self, format: &str) -> String {
        self.local().strftime(format).to_string()
    }
}

/// The instant of a time with an offset, or as clocks in the zone of this name show it; `None` where either cannot be read.
#[must_use]
pub fn event_instant(text: &str, zone: &str) -> Option<Zoned> {
    let zone = TimeZone::get(zone.trim()).ok()?;
    let pieces = time_pieces(text.trim())?;
    let local = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    match pieces.to_numeric_offset() {
        Some(offset) => offset.to_timestamp(local).ok().map(|at| at.to_zoned(zone)),
        None => local.to_zoned(zone).ok(),
    }
}

impl std::fmt::Display for WallTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (at, offset) = self.0;
        at.display_with_offset(offset).fmt(f)
    }
}

impl std::str::FromStr for WallTime {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let pieces = time_pieces(text)?;
            // An offset in seconds cannot be written again.
            let offset = pieces.to_numeric_offset().filter(|offset| offset.seconds() % 60 == 0)?;
            let at = offset.to_timestamp(pieces.date().to_datetime(pieces.time()?)).ok()?;
            Some(Self::new(at, offset))
        };
        read().ok_or_else(|| Invalid::new("must be a time such as 2026-12-12T19:30:00+01:00 (RFC 3339)"))
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_read_is_written_so_that_it_is_read_again(
            text in prop_oneof![any::<String>(), "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-5][0-9](:[0-6][0-9](\\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2}(:[0-9]{2})?)?)?(\\[[A-Z]{0,4}\\])?"],
        ) {
            let Ok(at) = text.parse::<WallTime>() else { return Ok(()) };
            prop_assert_eq!(at.to_string().parse::<WallTime>(), Ok(at));
            let words = at.words_until(at);
            prop_assert!(words.starts_with(&at.words()) && !words.contains(char::is_control));
        }
    }

    fn at(text: &str) -> WallTime {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_read_and_written_with_its_offset() {
        for text in ["2026-12-12T19:30:00+01:00", "2026-07-01T00:00:00-03:30", "2026-07-01T12:00:59+00:00"] {
            assert_eq!(at(text).to_string(), text);
        }
        for text in [
            "",
            "soon",
            "2026-12-12",
            "2026-12-12T19:30:00",
            "2026-12-12T19:30:00[Europe/Berlin]",
            "2026-12-12T19:30:00+01:00:30",
            "2026-12-12T19:30:00+25:00",
        ] {
            assert!(text.parse::<WallTime>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_instant_is_that_of_its_offset_or_else_of_the_clocks_in_the_zone() {
        let read = |text, zone| event_instant(text, zone).map(|at| at.timestamp().to_string());
        let at = |instant: &str| Some(instant.to_owned());
        assert_eq!(read("2026-12-12T19:30", "Europe/Berlin"), at("2026-12-12T18:30:00Z"));
        assert_eq!(read(" 2026-07-01 19:30:10", " America/New_York "), at("2026-07-01T23:30:10Z"));
        assert_eq!(read("2026-07-01T19:30:00+05:00", "Europe/Berlin"), at("2026-07-01T14:30:00Z"));
        assert_eq!(read("2026-07-01", "Europe/Berlin"), at("2026-06-30T22:00:00Z"));
        assert_eq!(read("soon", "Europe/Berlin"), None);
        assert_eq!(read("2026-12-12T19:30", "Europe/Atlantis"), None);
    }

    #[test]
    fn words_say_what_clocks_there_show() {
        let start = at("2026-12-12T19:30:00+01:00");
        assert_eq!(start.words(), "Saturday 12 December 2026, 19:30");
        assert_eq!(start.words_until(at("2026-12-12T22:00:00+01:00")), "Saturday 12 December 2026, 19:30 to 22:00");
        assert_eq!(
            start.words_until(at("2026-12-13T01:00:00+01:00")),
            "Saturday 12 December 2026, 19:30 to Sunday 13 December 2026, 01:00"
        );
    }
}
