//! Instants, in microseconds since 1970.

use jiff::fmt::temporal::Pieces;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Invalid;

/// An instant in microseconds since 1970-01-01T00:00Z. On the wire it is RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(value_type = String, format = DateTime))]
pub struct Timestamp(i64);

impl Timestamp {
    /// 9999-12-30T22:00:00Z, the last instant that every calendar in use can name.
    pub const MAX: Self = Self(253_402_207_200_000_000);

    /// What is said of a time that is none of these.
    pub(crate) fn outside() -> Invalid {
        Invalid::new(format!("must lie between {} and {}", Self(0), Self::MAX))
    }

    /// The instant this many microseconds after 1970.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// What the machine's clock says.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// Microseconds since 1970.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970, zero before it.
    #[must_use]
    pub fn unix_ms(self) -> u64 {
        u64::try_from(self.0 / 1_000).unwrap_or(0)
    }

    /// This many seconds later (earlier if negative); stops at the ends of time.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// This many hours later; stops at [`Timestamp::MAX`].
    #[must_use]
    pub fn plus_hours(self, hours: u32) -> Self {
        self.plus_seconds(i64::from(hours) * 3_600).min(Self::MAX)
    }

    /// Whole seconds from `earlier` to this instant; negative if it is later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(1_000_000)
    }

    /// The instant as people read it in their time zone, to the minute: `2026-01-03 14:02`.
    #[must_use]
    pub fn minute(self, zone: &jiff::tz::TimeZone) -> String {
        self.to_jiff().to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// An end as its reader counts at `now`: how long it is to it, and when it is.
    #[must_use]
    pub fn in_words(self, now: Self) -> String {
        let seconds = u64::try_from(self.seconds_since(now)).unwrap_or(0).max(60);
        format!("{}, until {}", span_in_words(seconds), self.day_and_time())
    }

    /// The instant as people write it, in UTC: `5 March 2026, 19:30 UTC`.
    #[must_use]
    pub fn day_and_time(self) -> String {
        self.to_jiff().strftime("%-d %B %Y, %H:%M UTC").to_string()
    }

    /// The day that it lies in, counted in UTC from 1970.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(86_400_000_000)
    }

    /// The beginning of a day as [`Timestamp::day`] counts them.
    #[must_use]
    pub const fn of_day(day: i64) -> Self {
        Self(day.saturating_mul(86_400_000_000))
    }

    /// The calendar's view of the instant.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// A time as people say it, in whole units: the largest that it has about two of, so that it is not far off. Of three days
/// three are left after a moment, too.
#[must_use]
pub fn span_in_words(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    // Two units less the half of a smaller one: what is rounded to two of them is said in them.
    let (size, unit) = match seconds {
        0..120 => (1, "second"),
        120..7_170 => (MINUTE, "minute"),
        7_170..171_000 => (HOUR, "hour"),
        _ => (DAY, "day"),
    };
    let count = (seconds + size / 2) / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_jiff().fmt(f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let pieces = time_pieces(text)?;
            Some((pieces.date().to_datetime(pieces.time()?), pieces.to_numeric_offset()?))
        };
        let wrong = || Invalid::new("must be a time such as 2026-01-31T18:00:00Z (RFC 3339)");
        let (local, offset) = read().ok_or_else(wrong)?;
        let at = offset.to_timestamp(local).map(|at| Self(at.as_microsecond())).ok();
        at.filter(|at| (0..=Self::MAX.0).contains(&at.0)).ok_or_else(Self::outside)
    }
}

/// The parts of a time by RFC 3339, or of one that clocks show: every time that is given as text is read by this.
pub(crate) fn time_pieces(text: &str) -> Option<Pieces<'static>> {
    if !has_such_an_offset(text) {
        return None;
    }
    Pieces::parse(&*to_nanoseconds(text)).ok().map(Pieces::into_owned)
}

/// Whether the offset, where there is one, is less than a day: RFC 3339 knows no other, and the calendar takes 25 hours.
fn has_such_an_offset(text: &str) -> bool {
    // Before it stands a day, which has dashes of its own.
    let (_, time) = text.split_once(['T', 't', ' ']).unwrap_or_default();
    let time = time.split('[').next().unwrap_or_default();
    let hours = time.rsplit_once(['+', '-']).and_then(|(_, offset)| offset.get(..2));
    hours.and_then(|hours| hours.parse::<u8>().ok()).is_none_or(|hours| hours < 24)
}

/// The text without the digits of a second that are finer than a nanosecond: legal, and more than is kept.
fn to_nanoseconds(text: &str) -> std::borrow::Cow<'_, str> {
    let Some((whole, rest)) = text.split_once(['.', ',']) else { return text.into() };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits <= 9 {
        return text.into();
    }
    format!("{whole}.{}{}", &rest[..9], &rest[digits..]).into()
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_is_said_in_a_unit_that_fits() {
        let said = [0, 1, 119, 7_169, 7_170, 170_999, 171_000, 216_000].map(span_in_words);
        let expected =
            ["0 seconds", "1 second", "119 seconds", "119 minutes", "2 hours", "47 hours", "2 days", "3 days"];
        assert_eq!(said, expected);
    }

    #[test]
    fn an_instant_is_a_number_of_microseconds_and_a_minute_where_its_reader_is() {
        let at: Timestamp = "1970-01-02T00:59:59.5Z".parse().unwrap();
        assert_eq!(at.micros(), (86_400 + 3_599) * 1_000_000 + 500_000);
        assert_eq!(at.minute(&jiff::tz::TimeZone::UTC), "1970-01-02 00:59");
        assert_eq!(at.minute(&jiff::tz::TimeZone::fixed(jiff::tz::offset(-3))), "1970-01-01 21:59");
    }

    #[test]
    fn a_day_is_that_of_utc() {
        let at: Timestamp = "2026-03-14T23:59:59Z".parse().unwrap();
        assert_eq!(Timestamp::of_day(at.day()).to_string(), "2026-03-14T00:00:00Z");
    }

    proptest! {
        #[test]
        fn every_instant_survives_the_wire(micros in 0..=Timestamp::MAX.0) {
            let at = Timestamp(micros);
            let wire = serde_json::to_string(&at).unwrap();
            prop_assert!(wire.ends_with("Z\""));
            prop_assert_eq!(serde_json::from_str::<Timestamp>(&wire).unwrap(), at);
        }

        #[test]
        fn whatever_is_read_lies_in_time_and_is_written_so_that_it_is_read_again(
            text in prop_oneof![any::<String>(), "-?[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-9]{2}:[0-9]{2}(:[0-6][0-9](\\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"],
        ) {
            let Ok(at) = text.parse::<Timestamp>() else { return Ok(()) };
            prop_assert!((0..=Timestamp::MAX.0).contains(&at.0));
            prop_assert_eq!(at.to_string().parse::<Timestamp>(), Ok(at));
        }

        #[test]
        fn no_reckoning_leaves_time(one: i64, other: i64, hours: u32) {
            let (at, now) = (Timestamp(one), Timestamp(other));
            prop_assert!(at.plus_hours(hours) <= Timestamp::MAX);
            prop_assert!(at.plus_seconds(other.saturating_abs()) >= at && at.plus_seconds(-other.saturating_abs()) <= at);
            let shown = format!("{} {at} {}", at.in_words(now), at.minute(&jiff::tz::TimeZone::UTC));
            prop_assert!(!shown.contains(char::is_control));
            prop_assert!(Timestamp::of_day(at.day()) <= at);
            prop_assert!(at.0 < 0 || at.unix_ms() == at.0.unsigned_abs() / 1_000);
        }
    }

    #[test]
    fn an_end_is_said_as_its_reader_counts() {
        let now: Timestamp = "2026-11-21T15:14:43Z".parse().unwrap();
        let said = |seconds: i64| now.plus_seconds(seconds).in_words(now);
        assert_eq!(said(72 * 3_600 - 5), "3 days, until 24 November 2026, 15:14 UTC");
        assert_eq!(said(3_600), "60 minutes, until 21 November 2026, 16:14 UTC");
        assert!(said(72 * 3_600 - 7_200).starts_with("3 days, ") && said(48 * 3_600 - 300).starts_with("2 days, "));
        assert!(said(47 * 3_600).starts_with("47 hours, ") && said(-1).starts_with("60 seconds, "));
    }

    #[test]
    fn offsets_are_read_and_utc_is_written() {
        let at: Timestamp = "2026-01-31T19:00:00+01:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-01-31T18:00:00Z");
    }

    #[test]
    fn times_without_an_offset_or_out_of_range_are_refused() {
        for text in
            ["", "tomorrow", "2026-01-31", "2026-01-31T18:00:00", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"]
        {
            let why = text.parse::<Timestamp>().unwrap_err().to_string();
            let is_time = text.ends_with('Z');
            assert_eq!(
                why.ends_with("between 1970-01-01T00:00:00Z and 9999-12-30T22:00:00Z"),
                is_time,
                "{text}: {why}"
            );
        }
        assert_eq!("9999-12-30T22:00:00Z".parse(), Ok(Timestamp::MAX));
    }

    #[test]
    fn an_offset_is_less_than_a_day() {
        for text in ["2027-01-01T00:00:00+25:00", "2027-01-01T00:00:00-24:00", "2027-01-01t00:00:00.5+2400"] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
        let at = |text: &str| text.parse::<Timestamp>().unwrap().to_string();
        assert_eq!(at("2027-01-01T00:00:00+23:59"), "2026-12-31T00:01:00Z");
        assert_eq!(at("2027-01-01T00:00:00-23:59"), "2027-01-01T23:59:00Z");
    }

    #[test]
    fn a_second_can_have_more_digits_than_are_kept() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().to_string();
        assert_eq!(at("2027-01-01T00:00:00.123456789123Z"), "2027-01-01T00:00:00.123456Z");
        assert_eq!(at("2027-01-01T01:00:00.9999999999999999+01:00"), "2027-01-01T00:00:00.999999Z");
    }
}
