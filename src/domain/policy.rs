//! What a server allows: a preset and single keys over it.
//!
//! | key | `band` | `community` | `organisation` | `room` |
//! |---|---|---|---|---|
//! | `default_ttl_hours` | 72 | 720 | 720 | never |
//! | `max_ttl_hours` | none | none | 2160 | none |
//! | `allow_kinds` | all | all | email | link |
//! | `email_identity` | verified | bearer | verified | bearer |
//! | `membership` | many | many | one | many |
//! | `on_accept_cancel` | same_band | everywhere | everywhere | none |
//! | `registration` | open | open | invite_only | open |
//! | `reminder_hours` | – | 168 | 72, 144, 216 | – |
//! | `last_reminder_hours` | none | none | none | none |
//! | `on_inviter_removed` | keep | revoke | keep | revoke |
//! | `quota_per_30_days` | none | 100 | none | none |

mod band;

use serde::{Deserialize, Serialize};

pub use self::band::{BandPolicy, Looser};
use super::{Invalid, Kind, Timestamp};

words! {
    /// A whole set of policy values by name.
    pub enum Preset {
        /// Links for a few days, everyone may bring anyone.
        Band = "band",
        /// Long-lived invites with quotas and reminders.
        Community = "community",
        /// Personal invites by mail; one membership a person.
        Organisation = "organisation",
        /// Links that never end.
        Room = "room",
    }
}

words! {
    /// What proves that an `email` invite's address is the visitor's.
    pub enum EmailIdentity {
        /// Signed in with exactly that address, verified.
        Verified = "verified",
        /// The same address, not yet verified.
        Match = "match",
        /// Holding the token is enough.
        Bearer = "bearer",
    }
}

words! {
    /// How many bands one account may be in.
    pub enum Membership {
        /// Any number.
        Many = "many",
        /// One at a time.
        One = "one",
    }
}

words! {
    /// Which other pending invites of a person end when one is accepted.
    pub enum OnAcceptCancel {
        /// None of them.
        None = "none",
        /// Those to the same band.
        SameBand = "same_band",
        /// All of them.
        Everywhere = "everywhere",
    }
}

words! {
    /// Who may make an account.
    pub enum Registration {
        /// Everyone.
        Open = "open",
        /// Holders of a valid invite or code.
        InviteOnly = "invite_only",
        /// Nobody.
        Closed = "closed",
    }
}

words! {
    /// What happens to a removed member's own invites.
    pub enum OnInviterRemoved {
        /// They stay.
        Keep = "keep",
        /// They end.
        Revoke = "revoke",
    }
}

/// A number of hours, or none; on the wire a number or null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "server", schema(value_type = Option<i32>))]
#[serde(transparent)]
pub struct Hours(pub Option<u32>);

/// The longest life of an invite that ends: a hundred years.
pub(crate) const MOST_HOURS: u32 = 876_000;

impl Hours {
    /// A number of hours from 1 to 876,000 (a hundred years).
    pub fn from_number(n: i64) -> Result<Self, Invalid> {
        match u32::try_from(n) {
            Ok(hours @ 1..=MOST_HOURS) => Ok(Self(Some(hours))),
            _ => Err(Invalid::new(format!("must be a number of hours from 1 to {MOST_HOURS}"))),
        }
    }
}

impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<i64>::deserialize(deserializer)? {
            None => Ok(Self(None)),
            Some(n) => Self::from_number(n).map_err(serde::de::Error::custom),
        }
    }
}

/// The rules in force. An invite keeps those it was made under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Policy {
    /// The life of an invite that asks for none.
    pub default_ttl_hours: Hours,
    /// The longest life that can be asked for.
    pub max_ttl_hours: Hours,
    /// The kinds of invites that can be made.
    pub allow_kinds: Vec<Kind>,
    /// What proves an address.
    pub email_identity: EmailIdentity,
    /// How many bands one account may be in.
    pub membership: Membership,
    /// Which other invites end on accept.
    pub on_accept_cancel: OnAcceptCancel,
    /// Who may make an account.
    pub registration: Registration,
    /// Hours after sending at which a reminder goes out.
    pub reminder_hours: Vec<u32>,
    /// Hours before the end at which a last reminder goes out; none without a number.
    #[serde(default)]
    pub last_reminder_hours: Hours,
    /// What happens to a removed member's own invites.
    pub on_inviter_removed: OnInviterRemoved,
    /// Invites an account may make in 30 days, `None` for any number.
    pub quota_per_30_days: Option<u32>,
}

impl Policy {
    /// The values of a preset.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        let band = Self {
            default_ttl_hours: Hours(Some(72)),
            max_ttl_hours: Hours(None),
            allow_kinds: Kind::ALL.to_vec(),
            email_identity: EmailIdentity::Verified,
            membership: Membership::Many,
            on_accept_cancel: OnAcceptCancel::SameBand,
            registration: Registration::Open,
            reminder_hours: Vec::new(),
            last_reminder_hours: Hours(None),
            on_inviter_removed: OnInviterRemoved::Keep,
            quota_per_30_days: None,
        };
        match preset {
            Preset::Band => band,
            Preset::Community => Self {
                default_ttl_hours: Hours(Some(720)),
                email_identity: EmailIdentity::Bearer,
                on_accept_cancel: OnAcceptCancel::Everywhere,
                reminder_hours: vec![168],
                on_inviter_removed: OnInviterRemoved::Revoke,
                quota_per_30_days: Some(100),
                ..band
            },
            Preset::Organisation => Self {
                default_ttl_hours: Hours(Some(720)),
                max_ttl_hours: Hours(Some(2_160)),
                allow_kinds: vec![Kind::Email],
                membership: Membership::One,
                on_accept_cancel: OnAcceptCancel::Everywhere,
                registration: Registration::InviteOnly,
                reminder_hours: vec![72, 144, 216],
                ..band
            },
            Preset::Room => Self {
                default_ttl_hours: Hours(None),
                allow_kinds: vec![Kind::Link],
                email_identity: EmailIdentity::Bearer,
                on_accept_cancel: OnAcceptCancel::None,
                on_inviter_removed: OnInviterRemoved::Revoke,
                ..band
            },
        }
    }

    /// The end of an invite made at `now` that asks for nothing.
    #[must_use]
    pub fn default_expiry(&self, now: Timestamp) -> Option<Timestamp> {
        self.default_ttl_hours.0.map(|hours| now.plus_hours(hours))
    }

    /// Whether an invite may be made at `now` to end at `expires_at`: in the future, and within `max_ttl_hours`.
    pub fn check_expiry(&self, now: Timestamp, expires_at: Option<Timestamp>) -> Result<(), Invalid> {
        check_future(now, expires_at)?;
        let Some(hours) = self.max_ttl_hours.0 else { return Ok(()) };
        if expires_at.is_none_or(|end| end > now.plus_hours(hours)) {
            return Err(Invalid::new(format!("must not be longer than {hours} hours from now")));
        }
        Ok(())
    }

    /// The end of something that is made at `now` and shares the end `expires_at`: that one, or the latest that
    /// `max_ttl_hours` allows.
    #[must_use]
    pub fn shorten(&self, now: Timestamp, expires_at: Option<Timestamp>) -> Option<Timestamp> {
        let latest = self.max_ttl_hours.0.map(|hours| now.plus_hours(hours));
        expires_at.into_iter().chain(latest).min()
    }
}

/// Whether something may end at `end`, whatever the policy: in the future, or never.
pub fn check_future(now: Timestamp, end: Option<Timestamp>) -> Result<(), Invalid> {
    if end.is_some_and(|end| end <= now) { Err(Invalid::new("must lie in the future")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preset_obeys_its_own_limits() {
        let now = Timestamp::from_micros(0);
        for &preset in Preset::ALL {
            let policy = Policy::preset(preset);
            assert_eq!(policy.check_expiry(now, policy.default_expiry(now)), Ok(()), "{preset}");
        }
    }

    #[test]
    fn each_preset_says_what_its_column_of_the_table_says() {
        let said = |preset| serde_json::to_value(Policy::preset(preset)).unwrap();
        let all = ["link", "email", "user", "code"];
        let table = [
            (Preset::Band, json!([72, null, all, "verified", "many", "same_band", "open", [], null, "keep", null])),
            (
                Preset::Community,
                json!([720, null, all, "bearer", "many", "everywhere", "open", [168], null, "revoke", 100]),
            ),
            (
                Preset::Organisation,
                json!([
                    720,
                    2_160,
                    ["email"],
                    "verified",
                    "one",
                    "everywhere",
                    "invite_only",
                    [72, 144, 216],
                    null,
                    "keep",
                    null
                ]),
            ),
            (Preset::Room, json!([null, null, ["link"], "bearer", "many", "none", "open", [], null, "revoke", null])),
        ];
        let keys = [
            "default_ttl_hours",
            "max_ttl_hours",
            "allow_kinds",
            "email_identity",
            "membership",
            "on_accept_cancel",
            "registration",
            "reminder_hours",
            "last_reminder_hours",
            "on_inviter_removed",
            "quota_per_30_days",
        ];
        for (preset, values) in table {
            let (said, values) = (said(preset), values.as_array().unwrap().clone());
            assert_eq!(said.as_object().unwrap().len(), keys.len());
            for (key, value) in keys.iter().zip(values) {
                assert_eq!(said[key], value, "{preset} {key}");
            }
        }
    }

    #[test]
    fn what_asks_for_no_end_gets_the_policys() {
        let now = Timestamp::from_micros(7);
        assert_eq!(Policy::preset(Preset::Band).default_expiry(now), Some(now.plus_hours(72)));
        assert_eq!(Policy::preset(Preset::Room).default_expiry(now), None);
    }

    #[test]
    fn a_shared_end_is_shortened_to_what_is_allowed() {
        let now = Timestamp::from_micros(0);
        let (band, short) = (Policy::preset(Preset::Band), Policy::preset(Preset::Organisation));
        let (near, far, latest) = (Some(now.plus_hours(1)), Some(now.plus_hours(9_000)), Some(now.plus_hours(2_160)));
        assert_eq!([None, near, far].map(|end| band.shorten(now, end)), [None, near, far]);
        assert_eq!([None, near, far].map(|end| short.shorten(now, end)), [latest, near, latest]);
    }

    #[test]
    fn a_longer_or_endless_wish_is_refused_where_there_is_a_limit() {
        let (now, policy) = (Timestamp::from_micros(0), Policy::preset(Preset::Organisation));
        assert!(policy.check_expiry(now, None).is_err());
        assert!(policy.check_expiry(now, Some(now.plus_hours(2_161))).is_err());
        assert!(policy.check_expiry(now, Some(now)).is_err());
        assert!(policy.check_expiry(now, Some(now.plus_hours(2_160))).is_ok());
    }

    #[test]
    fn hours_are_a_number_or_null() {
        assert_eq!(serde_json::from_str::<Hours>("72").unwrap(), Hours(Some(72)));
        assert_eq!(serde_json::from_str::<Hours>("null").unwrap(), Hours(None));
        for bad in ["0", "-1", "\"never\"", "1.5", "876001"] {
            assert!(serde_json::from_str::<Hours>(bad).is_err(), "{bad}");
        }
    }
}
