//! What a campaign invites to, where that has a date, as options.

use clap::Args;
use jiff::{Zoned, tz::TimeZone};

use super::{Error, texts};
use crate::{
    api::{CampaignEvent, SetEvent},
    domain::{EventTitle, Place, event_instant},
};

/// What its invites are to, where that has a date.
#[derive(Debug, Args)]
pub(super) struct EventArgs {
    /// What the invites are to, such as a concert; mails carry it as a calendar file.
    #[arg(long = "event", value_name = "TITLE", value_parser = texts::text::<EventTitle>)]
    pub(super) title: Option<String>,
    /// When it begins, as clocks there show it: 2026-12-12T19:30.
    #[arg(long, value_name = "TIME", value_parser = texts::time)]
    pub(super) starts: Option<String>,
    /// When it ends.
    #[arg(long, value_name = "TIME", value_parser = texts::time)]
    pub(super) ends: Option<String>,
    /// Where it is.
    #[arg(long, value_parser = texts::text::<Place>)]
    pub(super) place: Option<String>,
    /// The time zone of its times, such as Europe/Berlin; this machine's where it is missing.
    #[arg(long, value_name = "ZONE", value_parser = texts::zone)]
    pub(super) time_zone: Option<String>,
}

/// A text that stands alone for none.
fn some(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

impl EventArgs {
    /// Whether nothing is said of an event.
    pub(super) const fn is_empty(&self) -> bool {
        self.title.is_none()
            && self.starts.is_none()
            && self.ends.is_none()
            && self.place.is_none()
            && self.time_zone.is_none()
    }

    /// The event as it is to be: what is not said is as in `before`; an empty `--ends` or `--place` is none.
    pub(super) fn read(&self, before: Option<&CampaignEvent>) -> Result<Option<SetEvent>, Error> {
        if self.is_empty() {
            return Ok(None);
        }
        let title = self.title.clone().or_else(|| before.map(|event| event.title.clone()));
        let (Some(title), Some(starts_at)) = (title, self.starts.clone().or_else(|| self.stands(before, Time::Starts)))
        else {
            let what = "an event has a title and a time: say --event and --starts";
            return Err(Error::Usage(match before {
                None => what.to_owned(),
                Some(_) => format!("{what}, or leave both out"),
            }));
        };
        let here = || TimeZone::system().iana_name().map(str::to_owned);
        let zone = self.time_zone.clone().or_else(|| before.map(|event| event.time_zone.clone())).or_else(here);
        let unknown = || Error::Usage("the time zone of this machine has no name: say --time-zone".to_owned());
        let time_zone = zone.ok_or_else(unknown)?;
        if self.starts.is_some() {
            ahead(&starts_at, &time_zone)?;
        }
        let ends_at = match &self.ends {
            Some(text) => some(text),
            None => self.stands(before, Time::Ends),
        };
        let place = match &self.place {
            Some(text) => some(text),
            None => before.and_then(|event| event.place.clone()),
        };
        if let Some(ends) = ends_at.as_ref().filter(|ends| is_before(ends, &starts_at, &time_zone)) {
            let (starts, ends) = (minute(&starts_at), minute(ends));
            return Err(Error::Usage(match &self.ends {
                Some(_) => format!("--ends must be after the beginning: {ends} is not after {starts}"),
                None => format!(
                    "--starts is after the end, which stands at {ends}: say --ends as well, or --ends \"\" for none"
                ),
            }));
        }
        Ok(Some(SetEvent { title, starts_at, ends_at, place, time_zone }))
    }

    /// A time of the event as it stands; in another time zone it is what clocks show there.
    fn stands(&self, before: Option<&CampaignEvent>, which: Time) -> Option<String> {
        let event = before?;
        let time = match which {
            Time::Starts => event.starts_at,
            Time::Ends => event.ends_at?,
        };
        let text = time.to_string();
        let moves = self.time_zone.as_ref().is_some_and(|zone| !zone.eq_ignore_ascii_case(&event.time_zone));
        Some(if moves { text.get(..19).unwrap_or(&text).to_owned() } else { text })
    }
}

#[derive(Clone, Copy)]
enum Time {
    Starts,
    Ends,
}

/// Refuses a beginning that has passed. What cannot be read here is for the server to refuse.
fn ahead(starts: &str, zone: &str) -> Result<(), Error> {
    match event_instant(starts, zone) {
        Some(at) if at < Zoned::now() => {
            let now = Zoned::now().with_time_zone(at.time_zone().clone());
            Err(Error::Usage(format!("--starts has passed: in {zone} it is {}", now.strftime("%Y-%m-%d %H:%M"))))
        }
        _ => Ok(()),
    }
}

fn is_before(one: &str, other: &str, zone: &str) -> bool {
    event_instant(one, zone).zip(event_instant(other, zone)).is_some_and(|(one, other)| one <= other)
}

/// A time without seconds and offset.
fn minute(text: &str) -> String {
    text.get(..16).unwrap_or(text).replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[(&str, &str)]) -> EventArgs {
        let said = |name: &str| words.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        EventArgs {
            title: said("event"),
            starts: said("starts"),
            ends: said("ends"),
            place: said("place"),
            time_zone: said("time-zone"),
        }
    }

    fn concert() -> CampaignEvent {
        CampaignEvent {
            title: "Concert".to_owned(),
            starts_at: "2100-12-12T19:30:00+01:00".parse().unwrap(),
            ends_at: "2100-12-12T22:00:00+01:00".parse().ok(),
            place: Some("Harbour Hall".to_owned()),
            time_zone: "Europe/Berlin".to_owned(),
        }
    }

    #[test]
    fn what_is_not_said_again_stays_as_it_is() {
        let before = concert();
        let later = args(&[("starts", "2100-12-12T20:00")]).read(Some(&before)).unwrap().unwrap();
        assert_eq!((later.title.as_str(), later.starts_at.as_str()), ("Concert", "2100-12-12T20:00"));
        assert_eq!(later.ends_at.as_deref(), Some("2100-12-12T22:00:00+01:00"));
        assert_eq!((later.place.as_deref(), later.time_zone.as_str()), (Some("Harbour Hall"), "Europe/Berlin"));
        let open = args(&[("ends", ""), ("place", "")]).read(Some(&before)).unwrap().unwrap();
        assert_eq!((open.ends_at, open.place), (None, None));
        let elsewhere = args(&[("time-zone", "Europe/Lisbon")]).read(Some(&before)).unwrap().unwrap();
        assert_eq!(elsewhere.starts_at, "2100-12-12T19:30:00", "clocks there show the same time");
        assert_eq!(args(&[]).read(Some(&before)).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_is_said_in_the_words_of_the_command_line() {
        let refused = |words: &[(&str, &str)], before: Option<&CampaignEvent>| match args(words).read(before) {
            Err(Error::Usage(says)) => says,
            other => panic!("{other:?}"),
        };
        let zone = ("time-zone", "Europe/Berlin");
        assert!(refused(&[("event", "Concert")], None).contains("--event and --starts"));
        assert!(refused(&[("starts", "2100-01-01T20:00")], None).contains("--event and --starts"));
        let past = [("event", "Concert"), ("starts", "2020-01-01T20:00"), zone];
        assert!(refused(&past, None).starts_with("--starts has passed: in Europe/Berlin it is 2"));
        let other_day = refused(&[("starts", "2100-12-13T20:00")], Some(&concert()));
        assert!(other_day.contains("stands at 2100-12-12 22:00: say --ends"), "{other_day}");
    }
}
