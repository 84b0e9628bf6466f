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

/// As much of date and time as fits: `03-14 14:02`, else `14:02` if that is today, else `03-14`; of another year the date
/// alone, else the year.
pub(in crate::tui) fn short(at: Timestamp, now: Timestamp, zone: &TimeZone, wide: usize) -> String {
    let this_year = format(at, zone, "%Y") == format(now, zone, "%Y");
    let today = date(at, zone) == date(now, zone);
    let how = match wide {
        16.. => "%Y-%m-%d %H:%M",
        11.. if this_year => "%m-%d %H:%M",
        10.. if !this_year => "%Y-%m-%d",
        _ if today => "%H:%M",
        _ if this_year => "%m-%d",
        _ => "%Y",
    };
    format(at, zone, how)
}

fn format(at: Timestamp, zone: &TimeZone, how: &str) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime(how).to_string()
}
