//! What commands are given by name: bands, people, campaigns and templates. An id is always taken as it is.

use std::{fmt::Display, str::FromStr};

use super::{
    Error,
    list::{Listing, Paging},
    seen,
};
use crate::{
    api::{Ban, Band, BandScope, Campaign, Campaigns, JoinRequest, Member, Template, Waiting},
    client::{BandQuery, Client, Error as ClientError, MemberQuery, Page},
    config::{likeness, nearest},
    domain::{AccountId, BandId, CampaignId, InviteId, JoinRequestId, SuppressionId, TemplateId},
};

/// Entries of a page while a name is looked for: the most that there are.
const PAGE: Option<u32> = Some(200);
/// The fewest letters that the server looks for people by.
const FEWEST_LETTERS: usize = 2;
/// How like a name has to be to another, of 1, to be taken for a slip of a finger.
const LIKE: f64 = 0.85;

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

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
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
    CampaignArg,
    /// A template of a band: its id, or its name.
    TemplateArg,
    /// A person's wish to come in: its id, or the user name of who asks.
    RequestArg,
    /// An invite: its id, or the end of it as tables show it.
    InviteArg,
    /// An invite that waits for the person: as [`InviteArg`], or the name of its band where one alone is to that band.
    WaitingArg,
    /// A wish to get no more: its id, or the end of it.
    BlockArg
);

/// The id that a text is, or that was shown and ends so.
fn known<I: FromStr>(text: &str) -> Result<Option<I>, Error> {
    Ok(seen::recall(text)?.and_then(|id| id.to_string().parse().ok()))
}

impl InviteArg {
    /// The invite's id.
    pub(super) fn id(&self) -> Result<InviteId, Error> {
        let text = &self.0;
        match text.parse() {
            Ok(id) => Ok(id),
            Err(_) => known(text)?.ok_or_else(|| {
                let near = meant(seen::nearest(text).as_deref());
                Error::Usage(format!(
                    "INVITE must be the id of an invite, or the end of one that was listed here; \"{text}\" is \
                     neither.{near} `guestlist invites list BAND` shows them"
                ))
            }),
        }
    }
}

impl BlockArg {
    /// The wish's id.
    pub(super) fn id(&self) -> Result<SuppressionId, Error> {
        let text = &self.0;
        match text.parse() {
            Ok(id) => Ok(id),
            Err(_) => known(text)?.ok_or_else(|| {
                let near = meant(seen::nearest(text).as_deref());
                Error::Usage(format!(
                    "BLOCK must be an id out of the list, or the end of one; \"{text}\" is neither.{near} `guestlist \
                     blocks` shows them"
                ))
            }),
        }
    }
}

impl WaitingArg {
    /// The invite's id.
    pub(super) async fn find(&self, client: &Client) -> Result<InviteId, Error> {
        let name = &self.0;
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let ask = async |page| client.inbox(&page).await;
        let found = called(name, ask, |waiting: &Waiting| (&waiting.band.name, waiting.id)).await?;
        let none = "must be the id of an invite in your inbox, or the name of its band: no band there is";
        found.the_one(name, "INVITE", "bands with an invite for you", none, "guestlist inbox")
    }
}

/// That no account has this user name, and the nearest that one has; `argument` is what it was given as.
pub(super) async fn nobody(argument: &str, name: &str, client: &Client) -> Error {
    // A slip of a finger is found among those who begin alike.
    let begin: String = name.chars().take(FEWEST_LETTERS).collect();
    let is_searched = begin.chars().count() == FEWEST_LETTERS;
    let found = if is_searched { client.people(&begin, None).await.ok() } else { None };
    let people = found.map(|found| found.accounts).unwrap_or_default();
    let near = meant(nearest(name, people.iter().map(|person| person.username.as_str())));
    Error::Usage(format!(
        "{argument} must be a user name or an account id: nobody is called \"{name}\".{near} `guestlist people` looks for \
         people by a part of their names"
    ))
}

/// Whether it is certain that nobody has this user name.
pub(super) async fn is_nobodys(name: &str, client: &Client) -> bool {
    let found = client.people(name, None).await;
    found.is_ok_and(|found| found.accounts.iter().all(|person| !same(&person.username, name)))
}

/// Whether two names are one, capital letters or not.
pub(super) fn same(one: &str, other: &str) -> bool {
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
        let ask = async |q: Option<String>, page| client.bands(&BandQuery { scope: Some(scope), q, page }).await;
        let of = |band: &Band| (band.name.clone(), band.id);
        let mut found = if name.is_empty() {
            Found::default()
        } else {
            called(name, async |page| ask(Some(name.clone()), page).await, |band: &Band| (&band.name, band.id)).await?
        };
        if found.ids.is_empty() {
            // A slip of a finger is found among those that come first.
            let bands = ask(None, Page { limit: PAGE, cursor: None }).await?.bands;
            bands.iter().map(of).for_each(|(other, id)| found.look_at(name, &other, id));
        }
        let none = format!("must be the id or the name of {whose}: none is");
        found.the_one(name, "BAND", "bands", &none, command)
    }
}

/// What may have been meant, as a question behind a sentence.
pub(super) fn meant(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" Did you mean \"{name}\"?")).unwrap_or_default()
}

/// What a list has under a name.
struct Found<I> {
    ids: Vec<I>,
    /// The name that is most like it, where none is it.
    nearest: Option<(f64, String)>,
}

impl<I> Default for Found<I> {
    fn default() -> Self {
        Self { ids: Vec::new(), nearest: None }
    }
}

impl<I: FromStr + Display> Found<I> {
    fn look_at(&mut self, name: &str, other: &str, id: I) {
        if same(other, name) {
            self.ids.push(id);
            return;
        }
        let likeness = likeness(other, name);
        if likeness > self.nearest.as_ref().map_or(LIKE, |(best, _)| *best) {
            self.nearest = Some((likeness, other.to_owned()));
        }
    }

    /// The one that was found, or whose id was shown and ends so. Where there is none, `none` says so; where there are
    /// several, only an id tells them apart.
    fn the_one(self, name: &str, argument: &str, several: &str, none: &str, command: &str) -> Result<I, Error> {
        let Self { mut ids, nearest } = self;
        match ids.len() {
            1 => {}
            0 => {
                if let Some(id) = known(name)? {
                    return Ok(id);
                }
            }
            many => {
                let shown: Vec<String> = ids.iter().take(5).map(I::to_string).collect();
                let more = if many > shown.len() { ", …" } else { "" };
                return Err(Error::Usage(format!(
                    "{argument} is not clear: {many} {several} are called \"{name}\". Give the id of one: {}{more}; \
                     `{command}` shows them",
                    shown.join(", ")
                )));
            }
        }
        ids.pop().ok_or_else(|| {
            let near = meant(nearest.as_ref().map(|(_, name)| name.as_str()));
            Error::Usage(format!("{argument} {none} called \"{name}\".{near} `{command}` shows them"))
        })
    }
}

/// Everything in a list that has this name.
async fn called<L: Listing, I: FromStr + Display>(
    name: &str,
    ask: impl AsyncFn(Page) -> Result<L, ClientError>,
    of: impl Fn(&L::Entry) -> (&String, I),
) -> Result<Found<I>, Error> {
    let mut found = Found::default();
    let each = |page: &L, _| {
        for (other, id) in page.entries().iter().map(&of) {
            found.look_at(name, other, id);
        }
        Ok(())
    };
    Paging::ALL.walk(ask, each).await?;
    Ok(found)
}

impl PersonArg {
    fn username(&self) -> &str {
        self.0.strip_prefix('@').unwrap_or(&self.0)
    }

    /// The account of a member of the band.
    pub(super) async fn member(&self, client: &Client, band: BandId) -> Result<AccountId, Error> {
        if let Some(account) = self.known_member(client, band).await? {
            return Ok(account);
        }
        let name = self.username();
        // A slip of a finger is found among those that come first.
        let first = Page { limit: PAGE, cursor: None };
        let mut found = Found::<AccountId>::default();
        for Member { account, .. } in client.members(band, &MemberQuery { q: None, page: first }).await?.members {
            found.look_at(name, &account.username, account.id);
        }
        let none = "must be the user name or the account id of a member: nobody in the band is";
        found.the_one(name, "NAME", "members", none, &format!("guestlist members list {band}"))
    }

    /// The account of a member of the band, or of someone who may have been one; `argument` is what it is given as.
    pub(super) async fn anyone(&self, argument: &str, client: &Client, band: BandId) -> Result<AccountId, Error> {
        if let Some(account) = self.known_member(client, band).await? {
            return Ok(account);
        }
        self.searched(argument, client).await
    }

    /// The account of anybody on the server.
    pub(super) async fn account(&self, client: &Client) -> Result<AccountId, Error> {
        if let Ok(id) = self.0.parse() {
            return Ok(id);
        }
        self.searched("NAME", client).await
    }

    async fn searched(&self, argument: &str, client: &Client) -> Result<AccountId, Error> {
        let name = self.username();
        let is_searched = name.chars().count() >= FEWEST_LETTERS;
        let people = if is_searched { client.people(name, None).await?.accounts } else { Vec::new() };
        if let Some(person) = people.iter().find(|person| same(&person.username, name)) {
            return Ok(person.id);
        }
        if let Some(id) = known(name)? {
            return Ok(id);
        }
        Err(nobody(argument, name, client).await)
    }

    /// The account of someone who is banned from the band.
    pub(super) async fn banned(&self, client: &Client, band: BandId) -> Result<AccountId, Error> {
        let name = self.username();
        if let Ok(id) = self.0.parse() {
            return Ok(id);
        }
        let ask = async |page| client.bans(band, &page).await;
        let found = called(name, ask, |ban: &Ban| (&ban.account.username, ban.account.id)).await?;
        let none = "must be the user name or the account id of someone who is banned: nobody there is";
        found.the_one(name, "NAME", "people", none, &format!("guestlist members bans {band}"))
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
    /// The campaign's id; `argument` is what it is given as.
    pub(super) async fn find(&self, argument: &str, client: &Client, band: BandId) -> Result<CampaignId, Error> {
        let command = format!("guestlist campaigns list {band}");
        self.among(argument, async |page| client.campaigns(band, &page).await, "the band", &command).await
    }

    /// The id of a batch of codes that belongs to no band.
    pub(super) async fn find_of_site(&self, client: &Client) -> Result<CampaignId, Error> {
        let ask = async |page| client.site_codes(&page).await;
        self.among("CODES", ask, "the site", "guestlist codes batches").await
    }

    /// The id, where it is one.
    pub(super) fn id(&self) -> Option<CampaignId> {
        self.0.parse().ok()
    }

    /// The id that was shown and ends so.
    pub(super) fn shown(&self) -> Result<Option<CampaignId>, Error> {
        known(&self.0)
    }

    async fn among(
        &self,
        argument: &str,
        ask: impl AsyncFn(Page) -> Result<Campaigns, ClientError>,
        whose: &str,
        command: &str,
    ) -> Result<CampaignId, Error> {
        let name = &self.0;
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let found = called(name, ask, |campaign: &Campaign| (&campaign.name, campaign.id)).await?;
        found.the_one(
            name,
            argument,
            "campaigns",
            &format!("must be the id or the name of a campaign: {whose} has none"),
            command,
        )
    }
}

impl TemplateArg {
    /// The template's id; `argument` is what it is given as.
    pub(super) async fn find(&self, argument: &str, client: &Client, band: BandId) -> Result<TemplateId, Error> {
        let name = &self.0;
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let ask = async |page| client.templates(band, &page).await;
        let found = called(name, ask, |template: &Template| (&template.name, template.id)).await?;
        let none = "must be the id or the name of a template: the band has none";
        found.the_one(name, argument, "templates", none, &format!("guestlist templates list {band}"))
    }
}

impl RequestArg {
    /// The request's id; a user name is looked for among those who wait.
    pub(super) async fn find(&self, client: &Client, band: BandId) -> Result<JoinRequestId, Error> {
        if let Ok(id) = self.0.parse() {
            return Ok(id);
        }
        let name = self.0.strip_prefix('@').unwrap_or(&self.0);
        let ask = async |page| client.join_requests(band, None, &page).await;
        let found = called(name, ask, |request: &JoinRequest| (&request.account.username, request.id)).await?;
        let none = "must be the id of a request, or the user name of who asks: nobody who waits is";
        found.the_one(name, "REQUEST", "people", none, &format!("guestlist requests list {band}"))
    }
}
