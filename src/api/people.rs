//! Looking for people to invite.

use serde::{Deserialize, Serialize};

use crate::domain::AccountId;

words! {
    /// How a person stands to the band that they could be invited to.
    pub enum PersonState {
        /// Nothing is between them; also where no band is named.
        None = "none",
        /// In the band.
        Member = "member",
        /// An invite for this account is pending.
        Invited = "invited",
        /// An invite for this account was declined, and none is pending.
        Declined = "declined",
    }
}

/// Someone who was found. Never an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FoundPerson {
    /// The account's id.
    pub id: AccountId,
    /// The name to sign in with.
    pub username: String,
    /// The name to be called by.
    pub display_name: String,
    /// How the person stands to the band in question.
    pub state: PersonState,
}

/// `GET /accounts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct FoundPeople {
    /// At most 20, first those whose user name begins with what was looked for.
    #[serde(deserialize_with = "super::list::known")]
    pub accounts: Vec<FoundPerson>,
}
