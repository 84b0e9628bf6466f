//! Dates and times as they are read.

use jiff::tz::TimeZone;

use crate::domain::Timestamp;

/// `2026-01-03`.
pub(in crate::tui) fn date(at: Timestamp, zone: &TimeZone) -> String {
    format(at, zone, "%Y-%m-%d")
}

/// `2026-01-03 14:02`.
pub(in crate::tui) fn date_and_time(at: Timestamp, zone: &TimeZone) -> String {
    at.minute(zone)
}

/// `14:02` if that is today, else with its date.
pub(in crate::tui) fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    if date(at, zone) == date(now, zone) { format(at, zone, "%H:%M") } else { date_and_time(at, zone) }
}

fn format(at: Timestamp, zone: &TimeZone, how: &str) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime(how).to_string()
}
