//! Events as iCalendar files (RFC 5545), for any calendar program.
//!
//! A file is a publication (`METHOD:PUBLISH`, RFC 5546): it says what takes place and asks nobody for an answer, since
//! answers go by the invite's link; a `REQUEST` would bring buttons whose answers nobody here reads. Times are in UTC,
//! which every program shows in its reader's own zone, and so need no description of a time zone that programs read in
//! different ways; the words say what clocks show where the event is. An invite's token is not in the file: calendars
//! are shared.

use std::fmt::Write as _;

use crate::{
    api::CampaignEvent,
    domain::{Address, CampaignId, Timestamp, WallTime, clean_block, clean_line, unlinked},
};

use super::App;

/// The media type of a file.
pub(crate) const MEDIA: &str = "text/calendar; charset=utf-8";
/// The same with the method, as it stands in mail (RFC 6047).
pub(crate) const MAIL_MEDIA: &str = "text/calendar; charset=utf-8; method=PUBLISH; name=invite.ics";
/// What a file is called.
pub(crate) const FILE_NAME: &str = "invite.ics";

/// The longest line, in octets, without its end.
const LINE: usize = 75;

/// The event of a campaign, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dated {
    /// Of which campaign: what calendars know the event by.
    pub(crate) campaign: CampaignId,
    /// The event.
    pub(crate) event: CampaignEvent,
    /// How often it was changed.
    pub(crate) sequence: i64,
    /// When it was last.
    pub(crate) changed_at: Timestamp,
}

/// The file of an event to which a band invites, as this server gives it away.
pub(crate) fn file(app: &App, (event, band): (&Dated, &str)) -> String {
    event.calendar(band, app.settings().mail.from())
}

impl Dated {
    /// The event as a file. `band` invites to it; `organizer` is the server's own address, where it sends mail.
    pub(crate) fn calendar(&self, band: &str, organizer: Option<&Address>) -> String {
        let Self { campaign, event, sequence, changed_at } = self;
        let stamp = changed_at.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string();
        let mut file = File::default();
        for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//guestlist//guestlist//EN", "CALSCALE:GREGORIAN"] {
            file.line(line);
        }
        file.line("METHOD:PUBLISH");
        file.line("BEGIN:VEVENT");
        file.line(&format!("UID:{campaign}"));
        file.line(&format!("DTSTAMP:{stamp}"));
        file.line(&format!("LAST-MODIFIED:{stamp}"));
        file.line(&format!("SEQUENCE:{sequence}"));
        file.line(&format!("DTSTART:{}", utc(event.starts_at)));
        if let Some(end) = event.ends_at {
            file.line(&format!("DTEND:{}", utc(end)));
        }
        file.text("SUMMARY", &event.title);
        if let Some(place) = &event.place {
            file.text("LOCATION", place);
        }
        file.text("DESCRIPTION", &format!("{}\n{}", event.when(), unlinked(band)));
        if let Some(address) = organizer {
            let name = unlinked(&clean_line(band)).replace('"', "'");
            file.line(&format!("ORGANIZER;CN=\"{name}\":mailto:{}", encoded(address.as_str())));
        }
        file.line("END:VEVENT");
        file.line("END:VCALENDAR");
        file.0
    }
}

fn utc(time: WallTime) -> String {
    time.instant().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// An address as it stands behind `mailto:` (RFC 6068).
fn encoded(address: &str) -> String {
    address.bytes().fold(String::with_capacity(address.len()), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~@+!$'*".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// A file's lines.
#[derive(Default)]
struct File(String);

impl File {
    /// A property with somebody's words: what would end it, or begin another, is written so that it does not, and nothing
    /// in them is a link.
    fn text(&mut self, name: &str, text: &str) {
        let mut line = format!("{name}:");
        for c in unlinked(&clean_block(text)).chars() {
            match c {
                '\\' | ';' | ',' => line.extend(['\\', c]),
                '\n' => line.push_str("\\n"),
                c => line.push(c),
            }
        }
        self.line(&line);
    }

    /// A line, folded where it is longer than a line may be, and never within a character.
    fn line(&mut self, line: &str) {
        let mut room = LINE;
        for c in line.chars() {
            if c.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LINE - 1;
            }
            room -= c.len_utf8();
            self.0.push(c);
        }
        self.0.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A property's text as RFC 5545 reads it.
    fn unescaped(text: &str) -> String {
        let mut chars = text.chars();
        let mut out = String::new();
        while let Some(c) = chars.next() {
            match (c, c == '\\') {
                (_, true) => match chars.next() {
                    Some('n' | 'N') => out.push('\n'),
                    Some(escaped @ ('\\' | ';' | ',')) => out.push(escaped),
                    other => panic!("{other:?} behind a backslash in {text}"),
                },
                (';' | ',', _) => panic!("{c} stands bare in {text}"),
                _ => out.push(c),
            }
        }
        out
    }

    proptest! {
        #[test]
        fn a_program_that_reads_a_file_finds_the_words_and_nothing_else(
            title in "\\PC{1,120}", place in "[\\PC;,\\\\:\"\n]{0,200}", band in "\\PC{1,64}", open in any::<bool>(),
        ) {
            let time = |text: &str| text.parse::<WallTime>().unwrap();
            let event = CampaignEvent {
                title: title.clone(),
                starts_at: time("2027-04-10T19:30:00+02:00"),
                ends_at: (!open).then(|| time("2027-04-10T22:00:00+02:00")),
                place: Some(place.clone()),
                time_zone: "Europe/Berlin".to_owned(),
            };
            let (campaign, changed_at) = (CampaignId::from_bytes([7; 16]), Timestamp::from_micros(0));
            let dated = Dated { campaign, event, sequence: 3, changed_at };
            let from = Address::parse("a&b@example.org").unwrap();
            let file = dated.calendar(&band, Some(&from));
            for line in file.split_terminator("\r\n") {
                prop_assert!(line.len() <= LINE && !line.contains(['\r', '\n']), "{line:?}");
            }
            let whole = file.replace("\r\n ", "");
            let lines: Vec<&str> = whole.split_terminator("\r\n").collect();
            prop_assert_eq!(lines.len(), if open { 17 } else { 18 });
            let of = |name: &str| {
                let mut found = lines.iter().filter_map(|line| line.strip_prefix(name));
                (found.next().unwrap().to_owned(), found.count())
            };
            let clean = |text: &str| unlinked(&clean_block(text));
            for (name, text) in [("SUMMARY:", clean(&title)), ("LOCATION:", clean(&place))] {
                let (found, more) = of(name);
                prop_assert_eq!((unescaped(&found), more), (text, 0));
            }
            let (organizer, _) = of("ORGANIZER;CN=\"");
            let (name, address) = organizer.split_once('"').unwrap();
            prop_assert_eq!(address, ":mailto:a%26b@example.org");
            prop_assert!(!name.contains(char::is_control));
        }
    }
}
