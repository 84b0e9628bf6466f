//! The event of a campaign: what is allowed, and how it is kept.

use jiff::{
    civil::DateTime,
    fmt::temporal::DateTimeParser,
    tz::{AmbiguousOffset, OffsetConflict, TimeZone, TimeZoneDatabase},
};

use crate::{
    api::{CampaignEvent, SetEvent},
    domain::{CampaignId, EventTitle, Invalid, Place, Timestamp, WallTime, time_pieces},
    server::{Fields, calendar::Dated},
};

/// The time zone of an IANA name in any letter case. Zones are those that the program was built with, so that every node
/// knows the same.
fn zone(name: &str) -> Result<TimeZone, Invalid> {
    let known = TimeZoneDatabase::bundled().get(name.trim()).ok().filter(|zone| zone.iana_name().is_some());
    known.ok_or_else(|| Invalid::new("must be the name of a time zone, such as Europe/Berlin, America/New_York or UTC"))
}

/// A time as a person says it: what clocks in the zone show, or an instant with an offset.
fn time(text: &str, zone: &TimeZone) -> Result<WallTime, Invalid> {
    let wrong =
        || Invalid::new("must be a time in its time zone such as 2026-12-12T19:30, or one with an offset (RFC 3339)");
    let pieces = time_pieces(text.trim()).ok_or_else(wrong)?;
    if pieces.time_zone_annotation().is_some() {
        return Err(wrong());
    }
    let local = pieces.date().to_datetime(pieces.time().ok_or_else(wrong)?);
    // `Z` is an instant here, as everywhere on the wire.
    let offset = match pieces.offset() {
        Some(_) => Some(pieces.to_numeric_offset().ok_or_else(wrong)?),
        None => None,
    };
    let at = match offset {
        Some(offset) => offset.to_timestamp(local).map_err(|_| Timestamp::outside())?,
        None => shown(local, zone)?,
    };
    if at < jiff::Timestamp::UNIX_EPOCH || at > Timestamp::MAX.to_jiff() {
        return Err(Timestamp::outside());
    }
    Ok(WallTime::new(at, zone.to_offset(at)))
}

/// When clocks in the zone show this. Of two times the first.
fn shown(local: DateTime, zone: &TimeZone) -> Result<jiff::Timestamp, Invalid> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    if let AmbiguousOffset::Gap { .. } = ambiguous.offset() {
        return Err(Invalid::new("must be a time that clocks there show: on that day they are put forward past it"));
    }
    ambiguous.compatible().map_err(|_| Timestamp::outside())
}

/// The event of a wish, each of its fields checked.
pub(super) fn check(fields: &mut Fields, wish: &SetEvent) -> Option<CampaignEvent> {
    let mut inner = Fields::default();
    let title = inner.check("title", EventTitle::parse(&wish.title));
    let place = inner.optional("place", wish.place.as_deref(), Place::parse);
    let zone = inner.check("time_zone", zone(&wish.time_zone));
    // Without a zone a time is still looked at for its form.
    let near = zone.clone().unwrap_or(TimeZone::UTC);
    let starts_at = inner.check("starts_at", time(&wish.starts_at, &near));
    let ends_at = inner.optional("ends_at", wish.ends_at.as_deref(), |text| time(text, &near));
    if starts_at.zip(ends_at).is_some_and(|(start, end)| end.instant() <= start.instant()) {
        inner.refuse("ends_at", "must be after starts_at");
    }
    let is_good = inner.is_empty();
    fields.within("event", inner);
    let (title, starts_at, zone) = (title?, starts_at?, zone?);
    is_good.then(|| CampaignEvent {
        title: title.into(),
        starts_at,
        ends_at,
        place: place.map(String::from),
        time_zone: zone.iana_name().unwrap_or_default().to_owned(),
    })
}

/// An event as it is kept.
pub(super) fn kept(event: &CampaignEvent) -> Option<String> {
    serde_json::to_string(event).ok()
}

/// The event that is kept so, at the times that its clocks show by the rules that are known now: a law that has changed
/// since moves the instant, not the time on the poster.
pub(crate) fn read(kept: Option<&str>) -> Option<CampaignEvent> {
    let read = serde_json::from_str::<CampaignEvent>(kept?);
    let mut event = read.inspect_err(|error| tracing::error!(%error, "the event of a campaign cannot be read")).ok()?;
    let again = |time: WallTime| {
        let text = format!("{time}[{}]", event.time_zone);
        let parser = DateTimeParser::new().offset_conflict(OffsetConflict::PreferOffset);
        let zoned = parser.parse_zoned_with(&TimeZoneDatabase::bundled(), text);
        zoned.map_or(time, |zoned| WallTime::new(zoned.timestamp(), zoned.offset()))
    };
    (event.starts_at, event.ends_at) = (again(event.starts_at), event.ends_at.map(again));
    Some(event)
}

/// The event that is kept so for a campaign, with what tells its versions apart.
pub(crate) fn dated(
    campaign: Option<CampaignId>,
    event: Option<&str>,
    sequence: Option<i64>,
    changed_at: Option<Timestamp>,
) -> Option<Dated> {
    let event = read(event)?;
    Some(Dated { campaign: campaign?, event, sequence: sequence.unwrap_or_default(), changed_at: changed_at? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(starts_at: &str, ends_at: Option<&str>, time_zone: &str) -> SetEvent {
        SetEvent {
            title: " Spring concert ".to_owned(),
            starts_at: starts_at.to_owned(),
            ends_at: ends_at.map(str::to_owned),
            place: None,
            time_zone: time_zone.to_owned(),
        }
    }

    fn read_wish(wish: &SetEvent) -> Result<CampaignEvent, String> {
        let mut fields = Fields::default();
        let event = check(&mut fields, wish);
        fields.finish_with(event).map_err(|refused| match refused {
            crate::server::Refused::Problem(problem) => {
                let named = problem.errors.iter().map(|error| format!("{} {}", error.field, error.message));
                named.collect::<Vec<_>>().join("; ")
            }
            other => panic!("{other}"),
        })
    }

    #[test]
    fn local_times_and_instants_come_to_what_clocks_there_show() {
        for (text, expected) in [
            ("2026-12-12T19:30", "2026-12-12T19:30:00+01:00"),
            ("2026-12-12 19:30", "2026-12-12T19:30:00+01:00"),
            ("2026-07-12T19:30:15", "2026-07-12T19:30:15+02:00"),
            ("2026-12-12T18:30:00Z", "2026-12-12T19:30:00+01:00"),
            ("2026-12-12T13:30:00-05:00", "2026-12-12T19:30:00+01:00"),
            ("2026-10-25T02:30", "2026-10-25T02:30:00+02:00"),
            ("2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+01:00"),
        ] {
            let event = read_wish(&wish(text, None, "europe/berlin")).unwrap();
            assert_eq!(event.starts_at.to_string(), expected, "{text}");
            assert_eq!((event.time_zone.as_str(), event.title.as_str()), ("Europe/Berlin", "Spring concert"));
        }
    }

    #[test]
    fn what_no_clock_shows_and_what_is_no_time_is_refused() {
        for (start, end, zone, expected) in [
            ("2026-03-29T02:30", None, "Europe/Berlin", "event.starts_at must be a time that clocks there show"),
            ("2026-12-12", None, "UTC", "event.starts_at must be a time in its time zone"),
            ("tomorrow", None, "UTC", "event.starts_at must be a time in its time zone"),
            ("2026-12-12T19:30[Asia/Tokyo]", None, "UTC", "event.starts_at must be a time in its time zone"),
            ("1960-12-12T19:30", None, "UTC", "event.starts_at must lie between"),
            ("9999-12-31T23:59:59Z", None, "UTC", "event.starts_at must lie between"),
            ("2026-12-12T19:30:00+25:00", None, "UTC", "event.starts_at must be a time in its time zone"),
            ("2026-12-12T19:30", Some("2026-12-12T19:30"), "UTC", "event.ends_at must be after"),
            (
                "2026-12-12T19:30",
                None,
                "Berlin",
                "event.time_zone must be the name of a time zone, such as Europe/Berlin",
            ),
            ("2026-12-12T19:30", None, "../../etc/passwd", "event.time_zone must be"),
            ("2026-12-12T19:30", None, "", "event.time_zone must be"),
        ] {
            let refused = read_wish(&wish(start, end, zone)).unwrap_err();
            assert!(refused.starts_with(expected), "{start} {zone}: {refused}");
        }
    }

    #[test]
    fn what_is_kept_is_read_again_and_follows_the_clocks_of_its_zone() {
        let event = read_wish(&wish("2026-10-25T02:30:00+01:00", Some("2026-10-25T05:00"), "Europe/Berlin")).unwrap();
        assert_eq!(read(kept(&event).as_deref()), Some(event.clone()));
        // As if the zone had another offset when this was written.
        let old = kept(&event).unwrap().replace("05:00:00+01:00", "05:00:00+03:00");
        assert_eq!(read(Some(&old)), Some(event));
        assert_eq!(read(Some("{}")), None);
    }
}
