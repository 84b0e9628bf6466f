//! What the invites of a campaign are to: something with a date.

use serde::{Deserialize, Serialize};

use crate::domain::WallTime;

/// The event of a campaign: its mails say when and where it is, and carry it as a calendar file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct CampaignEvent {
    /// What it is.
    pub title: String,
    /// When it begins, with the offset of its time zone.
    pub starts_at: WallTime,
    /// When it ends; null where that is open.
    pub ends_at: Option<WallTime>,
    /// Where it is.
    pub place: Option<String>,
    /// The time zone that its times are meant in, by its IANA name.
    pub time_zone: String,
}

/// An event as a request says it. A time is what clocks in the time zone show (`2026-12-12T19:30`), or an instant with
/// an offset (RFC 3339).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetEvent {
    /// What it is, 1 to 100 characters.
    pub title: String,
    /// When it begins. Of an hour that clocks show twice the first is meant.
    pub starts_at: String,
    /// When it ends, after its beginning; open where this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// Where it is, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The time zone by its IANA name, such as `Europe/Berlin`.
    pub time_zone: String,
}

impl CampaignEvent {
    /// When it is, as people say it: `Saturday 12 December 2026, 19:30 to 22:00 (Europe/Berlin)`.
    #[must_use]
    pub fn when(&self) -> String {
        let time = match self.ends_at {
            Some(end) => self.starts_at.words_until(end),
            None => self.starts_at.words(),
        };
        format!("{time} ({})", self.time_zone)
    }

    /// All of it in one line: what it is, when, and where.
    #[must_use]
    pub fn line(&self) -> String {
        let place = self.place.as_deref().map(|place| format!(", {place}")).unwrap_or_default();
        format!("{}: {}{place}", self.title, self.when())
    }
}
