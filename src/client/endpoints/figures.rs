//! What a band has come to: its figures, its tree, its trail; and what an account may do.

use reqwest::Method;

use super::{Ask, Client, Error, Page};
use crate::{
    api::{AuditTrail, FoundPeople, JoinRequests, Member, OwnRequests, Quota, SetQuota, Stats, Tree},
    client::{Download, Media},
    domain::{AccountId, BandId, InviteId, JoinRequestId, JoinStatus, Timestamp},
};

/// Which events of an audit trail are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Those of this invite.
    pub invite: Option<InviteId>,
    /// Those that this account caused.
    pub actor: Option<AccountId>,
    /// Those of this kind, such as `invite.accepted`.
    pub action: Option<String>,
    /// Those at this instant or later.
    pub from: Option<Timestamp>,
    /// Those before this instant.
    pub to: Option<Timestamp>,
}

/// Whose branch of a tree is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Branch {
    /// Those whom this account brought.
    Of(AccountId),
    /// The founder, and those whom nobody brought.
    Roots,
}

impl Ask {
    fn audit(band: BandId, query: &AuditQuery) -> Self {
        Self::get(&["bands", &band.to_string(), "audit"])
            .query("invite", query.invite)
            .query("actor", query.actor)
            .query("action", query.action.as_ref())
            .query("from", query.from)
            .query("to", query.to)
    }
}

impl Client {
    /// A page of a band's audit trail, newest first.
    pub async fn audit(&self, band: BandId, query: &AuditQuery, page: &Page) -> Result<AuditTrail, Error> {
        self.call(Ask::audit(band, query).page(page)).await
    }

    /// A band's whole audit trail, newest first, as CSV or as JSON, an event a line.
    pub async fn audit_as(&self, band: BandId, query: &AuditQuery, media: Media) -> Result<Download, Error> {
        let format = if media == Media::Csv { "csv" } else { "ndjson" };
        self.download(Ask::audit(band, query).query("format", Some(format)).media(media)).await
    }

    /// A band's figures.
    pub async fn stats(&self, band: BandId) -> Result<Stats, Error> {
        self.call(Ask::get(&["bands", &band.to_string(), "stats"])).await
    }

    /// A page of who brought whom, the first to come first.
    pub async fn tree(&self, band: BandId, branch: Option<Branch>, page: &Page) -> Result<Tree, Error> {
        let under = branch.map(|branch| match branch {
            Branch::Of(account) => account.to_string(),
            Branch::Roots => "nobody".to_owned(),
        });
        self.call(Ask::get(&["bands", &band.to_string(), "tree"]).query("under", under).page(page)).await
    }

    /// A page of who asks to come in; those who wait where no status is named.
    pub async fn join_requests(
        &self,
        band: BandId,
        status: Option<JoinStatus>,
        page: &Page,
    ) -> Result<JoinRequests, Error> {
        self.call(Ask::get(&["bands", &band.to_string(), "join-requests"]).query("status", status).page(page)).await
    }

    /// A page of what I have asked, newest first; of one band where it is named.
    pub async fn own_requests(&self, band: Option<BandId>, page: &Page) -> Result<OwnRequests, Error> {
        self.call(Ask::get(&["me", "join-requests"]).query("band", band).page(page)).await
    }

    /// Takes in who asked.
    pub async fn approve_request(&self, band: BandId, id: JoinRequestId) -> Result<Member, Error> {
        let path = ["bands", &band.to_string(), "join-requests", &id.to_string(), "approve"];
        self.call(Ask::post(&path).once_only()).await
    }

    /// Says no to who asked; they can ask again.
    pub async fn deny_request(&self, band: BandId, id: JoinRequestId) -> Result<(), Error> {
        let path = ["bands", &band.to_string(), "join-requests", &id.to_string(), "deny"];
        self.run(Ask::post(&path).once_only()).await
    }

    /// People with this in a name, two letters or more, 20 of them at most; with a band, how each stands to it.
    pub async fn people(&self, q: &str, band: Option<BandId>) -> Result<FoundPeople, Error> {
        self.call(Ask::get(&["accounts"]).query("q", Some(q)).query("band", band)).await
    }

    /// How many invites the caller may make.
    pub async fn quota(&self) -> Result<Quota, Error> {
        self.call(Ask::get(&["me", "quota"])).await
    }

    /// Sets how many invites an account may make; for who runs the site.
    pub async fn set_quota(&self, account: AccountId, body: &SetQuota) -> Result<Quota, Error> {
        let ask = Ask::new(Method::PUT, &["site", "accounts", &account.to_string(), "quota"]).json(body)?;
        self.call(ask).await
    }
}
