//! What commands are given by name: bands, people and campaigns. An id is always taken as it is.

use std::str::FromStr;

use super::Error;
use crate::{
    api::{Band, BandScope},
    client::{BandQuery, Client, MemberQuery, Page},
    domain::{AccountId, BandId, CampaignId},
};

/// Entries of a page while a name is looked for: the most that there are.
const PAGE: Option<u32> = Some(200);
/// The fewest letters that the server looks for people by.
const FEWEST_LETTERS: usize = 2;

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident),+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(super) struct $name(String);

        impl FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self(text.trim().to_owned()))
            }
        }
    )+};
}
named!(
    /// A band: its id, or its name where one band alone has it.
    BandArg,
    /// A person: the account's id, or the user name, with or without the sign before it that it is often shown with.
    PersonArg,
    /// A campaign of a band: its id, or its name where one campaign alone has it.
    CampaignArg
);

/// Whether two names are one, capital letters or not.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

impl BandArg {
    /// The band's id; a name is looked for among the person's own bands.
    pub(super) async fn find(&self, client: &Client) -> Result<BandId, Error> {
        self.among(client, BandScope::Mine, "one of your bands", "guestlist bands list").await
    }

    /// As [`BandArg::find`], among the bands that anyone may join or ask to join.
    pub(super) async fn find_open(&self, client: &Client) -> Result<BandId, Error> {
        let whose = "a band that anyone may join or ask to join";
        self.among(client, BandScope::Open, whose, "guestlist bands list --open").await
    }

    async fn among(&self, client: &Client, scope: BandScope, whose: &str, command: &str) -> Result<BandId, Error> {
        let name = &self.0;
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = Page { limit: PAGE, cursor };
            let query = BandQuery { scope: Some(scope), q: Some(name.clone()).filter(|q| !q.is_empty()), page };
            let bands = client.bands(&query).await?;
            found.extend(bands.bands.into_iter().filter(|band: &Band| same(&band.name, name)).map(|band| band.id));
            cursor = bands.next_cursor;
            if cursor.is_none() || name.is_empty() {
                break;
            }
        }
        match found[..] {
            [id] => Ok(id),
            [] => Err(Error::Usage(format!(
                "BAND must be the id or the name of {whose}: none is called \"{name}\". `{command}` shows them"
            ))),
            _ => Err(Error::Usage(format!(
                "BAND is not clear: {} bands are called \"{name}\". Give the id; `{command}` shows it",
                found.len()
            ))),
        }
    }
}

impl PersonArg {
    fn username(&self) -> &str {
        self.0.strip_prefix('@').unwrap_or(&self.0)
    }

    /// The account of a member of the band.
    pub(super) async fn member(&self, client: &Client, band: BandId) -> Result<AccountId, Error> {
        match self.known_member(client, band).await? {
            Some(account) => Ok(account),
            None => Err(Error::Usage(format!(
                "NAME must be the user name or the account id of a member: the band has no \"{}\". \
                 `guestlist members list {band}` shows them",
                self.username()
            ))),
        }
    }

    /// The account of a member of the band, or of someone who may have been one.
    pub(super) async fn anyone(&self, client: &Client, band: BandId) -> Result<AccountId, Error> {
        if let Some(account) = self.known_member(client, band).await? {
            return Ok(account);
        }
        let name = self.username();
        let found = if name.chars().count() < FEWEST_LETTERS { None } else { Some(client.people(name, None).await?) };
        let people = found.into_iter().flat_map(|found| found.accounts);
        people.into_iter().find(|person| same(&person.username, name)).map(|person| person.id).ok_or_else(|| {
            Error::Usage(format!("NAME must be a user name or an account id: nobody is called \"{name}\""))
        })
    }

    /// The account of someone who is banned from the band.
    pub(super) async fn banned(&self, client: &Client, band: BandId) -> Result<AccountId, Error> {
        let name = self.username();
        if let Ok(id) = self.0.parse() {
            return Ok(id);
        }
        let mut cursor = None;
        loop {
            let page = client.bans(band, &Page { limit: PAGE, cursor }).await?;
            if let Some(ban) = page.bans.into_iter().find(|ban| same(&ban.account.username, name)) {
                return Ok(ban.account.id);
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Err(Error::Usage(format!(
                    "NAME must be the user name or the account id of someone who is banned: \"{name}\" is not. \
                     `guestlist members bans {band}` shows who is"
                )));
            }
        }
    }

    async fn known_member(&self, client: &Client, band: BandId) -> Result<Option<AccountId>, Error> {
        let name = self.username();
        if let Ok(id) = self.0.parse() {
            return Ok(Some(id));
        }
        if name.is_empty() {
            return Ok(None);
        }
        let mut cursor = None;
        loop {
            let page = Page { limit: PAGE, cursor };
            let members = client.members(band, &MemberQuery { q: Some(name.to_owned()), page }).await?;
            let found = members.members.into_iter().find(|member| same(&member.account.username, name));
            cursor = members.next_cursor;
            if found.is_some() || cursor.is_none() {
                return Ok(found.map(|member| member.account.id));
            }
        }
    }
}

impl CampaignArg {
    /// The campaign's id; a name is looked for among those of the band.
    pub(super) async fn find(&self, client: &Client, band: BandId) -> Result<CampaignId, Error> {
        let name = &self.0;
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let campaigns = client.campaigns(band, &Page { limit: PAGE, cursor }).await?;
            found.extend(campaigns.campaigns.into_iter().filter(|one| same(&one.name, name)).map(|one| one.id));
            cursor = campaigns.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        match found[..] {
            [id] => Ok(id),
            [] => Err(Error::Usage(format!(
                "--campaign must be the id or the name of a campaign: the band has none called \"{name}\""
            ))),
            _ => Err(Error::Usage(format!(
                "--campaign is not clear: {} campaigns are called \"{name}\". Give the id",
                found.len()
            ))),
        }
    }
}
