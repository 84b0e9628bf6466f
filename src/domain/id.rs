//! Ids: UUIDs of version 7, one type for each thing that has one.

use uuid::Uuid;

macro_rules! id {
    ($($(#[$meta:meta])* $name:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id (RFC 9562, version 7) from the time in Unix milliseconds and ten random bytes.
            #[must_use]
            pub fn new(unix_ms: u64, random: &[u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, random).into_uuid())
            }

            /// The sixteen bytes, as the database keeps them.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id that these bytes are.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::Invalid;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self).map_err(|_| $crate::domain::Invalid::new("must be a UUID"))
            }
        }
    )+};
}

id! {
    /// A person who can sign in.
    AccountId;
    /// What people are invited to.
    BandId;
    /// One token and one promise of membership.
    InviteId;
    /// A named set of invites.
    CampaignId;
    /// One signed-in device.
    SessionId;
    /// One wish to get no more invites.
    SuppressionId;
    /// Saved defaults for new invites.
    TemplateId;
    /// One person's wish to come into a band.
    JoinRequestId;
}

impl BandId {
    /// The site itself, as a band that nobody is in: what belongs to no band hangs on it.
    pub const SITE: Self = Self::from_bytes([0; 16]);
}

impl CampaignId {
    /// The campaign of a band's invites that were made without one: it has the id of its band.
    #[must_use]
    pub const fn default_of(band: BandId) -> Self {
        Self::from_bytes(*band.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_7_in_the_order_of_time_and_read_as_they_are_written() {
        let one = BandId::new(1_800_000_000_000, &[0xff; 10]);
        let next = BandId::new(1_800_000_000_001, &[0; 10]);
        let text = one.to_string();
        assert_eq!((text.len(), &text[14..15]), (36, "7"));
        assert!(one < next && text < next.to_string());
        assert_eq!((text.parse(), BandId::from_bytes(*one.as_bytes())), (Ok(one), one));
        assert_eq!(serde_json::from_str::<BandId>(&format!("\"{text}\"")).unwrap(), one);
        assert!("7".parse::<BandId>().is_err());
    }

    #[test]
    fn the_default_campaign_has_the_id_of_its_band_and_no_band_has_that_of_the_site() {
        let band = BandId::new(1, &[7; 10]);
        assert_eq!(CampaignId::default_of(band).as_bytes(), band.as_bytes());
        assert_ne!(band, BandId::SITE);
        assert_eq!(BandId::SITE.to_string(), "00000000-0000-0000-0000-000000000000");
    }
}
