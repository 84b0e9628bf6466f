//! Dates and times as they are read.

use jiff::tz::TimeZone;

use crate::{domain::Timestamp, tui::label};

/// `2026-01-03`.
pub(in crate::tui) fn date(at: Timestamp, zone: &TimeZone) -> String {
    format(at, zone, "%Y-%m-%d")
}

/// The day of an end, `never` where there is none.
pub(in crate::tui) fn end_date(end: Option<Timestamp>, zone: &TimeZone) -> String {
    end.map_or_else(|| "never".to_owned(), |at| date(at, zone))
}

/// `2026-01-03 14:02`.
pub(in crate::tui) fn date_and_time(at: Timestamp, zone: &TimeZone) -> String {
    at.minute(zone)
}

/// An end in full: how far off it is, too, where it is still to come to pass.
pub(in crate::tui) fn end(end: Option<Timestamp>, is_pending: bool, now: Timestamp, zone: &TimeZone) -> String {
    match end {
        None => "never".to_owned(),
        Some(at) if is_pending => format!("{} · in {}", date_and_time(at, zone), label::expiry(Some(at), now).0),
        Some(at) => date_and_time(at, zone),
    }
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
