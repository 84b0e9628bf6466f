//! Every operation of the API as a method.

mod campaigns;
mod figures;
mod many;

use std::time::Duration;

use reqwest::Method;

pub use campaigns::MadeCampaign;
pub use figures::{AuditQuery, Branch};

use super::{Ask, Client, Error, answer};
use crate::{
    api::{
        Accepted, Account, Band, BandScope, Bands, Bans, Blocks, CreateBand, CreateInvite, CreatedInvite,
        DeclineInvite, Empty, FOUNDER_HEADER, ForgotPassword, Inbox, Invite, InviteLink, InviteSort, Invites, Login,
        Member, Members, Preview, Redemptions, Register, Registered, ResetPassword, Sessions, SignedIn, Site, Sync,
        TransferBand, UpdateAccount, UpdateBand, UpdateInvite, UpdateMember, VerifyEmail,
    },
    domain::{AccountId, BandId, CampaignId, InviteId, Kind, Pasted, SessionId, Status, SuppressionId},
};

/// How long the server may work on a request that ends many invites; it gives up waiting for itself after 20 seconds.
const LONG_WORK: Duration = Duration::from_secs(30);

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Entries of the page; the server's default where it is missing.
    pub limit: Option<u32>,
    /// Where the page begins: a cursor of the page before, or `last`; the first page where it is missing.
    pub cursor: Option<String>,
}

/// Which bands are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BandQuery {
    /// Which of them; the caller's own where it is missing.
    pub scope: Option<BandScope>,
    /// Part of the name.
    pub q: Option<String>,
    /// Which page.
    pub page: Page,
}

/// Which members are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberQuery {
    /// Part of a name.
    pub q: Option<String>,
    /// Which page.
    pub page: Page,
}

/// Which invites are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InviteQuery {
    /// Those that stand thus.
    pub status: Option<Status>,
    /// Those of this kind.
    pub kind: Option<Kind>,
    /// Part of label or address, or of a name of the account that it is for.
    pub q: Option<String>,
    /// Those of this campaign.
    pub campaign: Option<CampaignId>,
    /// Those made by this account.
    pub created_by: Option<AccountId>,
    /// The order; newest first where it is missing.
    pub sort: Option<InviteSort>,
    /// Which page.
    pub page: Page,
}

/// What goes with a member who is removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removal {
    /// Whether the person never comes back, by no invite.
    pub ban: bool,
    /// Whether all pending invites that the person made end as well.
    pub revoke_invites: bool,
}

/// The answer to a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// Nothing has changed since the tag.
    Unchanged,
    /// What is known now, with its tag for the next poll.
    Changed {
        /// The poll's content.
        sync: Sync,
        /// What to ask with next time.
        etag: Option<String>,
    },
}

impl Ask {
    fn page(self, page: &Page) -> Self {
        self.query("limit", page.limit).query("cursor", page.cursor.as_ref())
    }

    fn post(segments: &[&str]) -> Self {
        Self::new(Method::POST, segments)
    }

    fn patch(segments: &[&str]) -> Self {
        Self::new(Method::PATCH, segments)
    }

    fn delete(segments: &[&str]) -> Self {
        Self::new(Method::DELETE, segments)
    }
}

/// The part of a path that says whose wishes are meant.
fn whose(site: bool) -> &'static str {
    if site { "site" } else { "me" }
}

/// The site, accounts and sessions.
impl Client {
    /// What anyone may know about the server.
    pub async fn site(&self) -> Result<Site, Error> {
        self.call(Ask::get(&["site"])).await
    }

    /// Makes an account. `founder` is the proof of the process that started an embedded server.
    pub async fn register(&self, body: &Register, founder: Option<&str>) -> Result<Registered, Error> {
        let mut ask = Ask::post(&["auth", "register"]).json(body)?;
        ask.headers.extend(founder.map(|proof| (FOUNDER_HEADER, proof.to_owned())));
        self.call(ask).await
    }

    /// Signs in by user name or address.
    pub async fn login(&self, body: &Login) -> Result<SignedIn, Error> {
        self.call(Ask::post(&["auth", "login"]).json(body)?).await
    }

    /// Ends this session.
    pub async fn logout(&self) -> Result<(), Error> {
        self.run(Ask::post(&["auth", "logout"])).await
    }

    /// Who is signed in.
    pub async fn me(&self) -> Result<Account, Error> {
        self.call(Ask::get(&["me"])).await
    }

    /// Changes the own account.
    pub async fn update_me(&self, body: &UpdateAccount) -> Result<Account, Error> {
        self.call(Ask::patch(&["me"]).json(body)?).await
    }

    /// Asks for a code by mail, which shows that the own address is one's own.
    pub async fn send_code(&self) -> Result<(), Error> {
        self.run(Ask::post(&["me", "email", "verification"]).json(&Empty {})?).await
    }

    /// Verifies the own address by the code of the mail.
    pub async fn verify_email(&self, body: &VerifyEmail) -> Result<Account, Error> {
        self.call(Ask::post(&["me", "email", "verify"]).json(body)?).await
    }

    /// Asks for a mail to set a new password with. It says nothing of whether there is such an account.
    pub async fn forgot_password(&self, body: &ForgotPassword) -> Result<(), Error> {
        self.run(Ask::post(&["auth", "password", "forgot"]).json(body)?).await
    }

    /// Sets a new password by the token of a mail.
    pub async fn reset_password(&self, body: &ResetPassword) -> Result<(), Error> {
        self.run(Ask::post(&["auth", "password", "reset"]).json(body)?).await
    }

    /// The own sessions.
    pub async fn sessions(&self) -> Result<Sessions, Error> {
        self.call(Ask::get(&["me", "sessions"])).await
    }

    /// Ends one of the own sessions.
    pub async fn end_session(&self, id: SessionId) -> Result<(), Error> {
        self.run(Ask::delete(&["me", "sessions", &id.to_string()])).await
    }

    /// The poll. `etag` is the tag of the last answer.
    pub async fn sync(&self, etag: Option<&str>) -> Result<Synced, Error> {
        let mut ask = Ask::get(&["me", "sync"]);
        ask.etag = etag.map(str::to_owned);
        let answer = self.send(&ask).await?;
        match answer.body {
            Some(body) => Ok(Synced::Changed { sync: answer::decode(body)?, etag: answer.etag }),
            None if answer.status == 304 => Ok(Synced::Unchanged),
            None => Err(Error::NotTheApi {
                origin: self.origin().to_string(),
                status: answer.status,
                found: "an empty answer".to_owned(),
            }),
        }
    }
}

/// Bands and their members.
impl Client {
    /// A page of bands.
    pub async fn bands(&self, query: &BandQuery) -> Result<Bands, Error> {
        self.call(Ask::get(&["bands"]).query("scope", query.scope).query("q", query.q.as_ref()).page(&query.page)).await
    }

    /// Makes a band that the caller owns.
    pub async fn create_band(&self, body: &CreateBand) -> Result<Band, Error> {
        self.call(Ask::post(&["bands"]).json(body)?.once_only()).await
    }

    /// One band, with the policy in force in it.
    pub async fn band(&self, id: BandId) -> Result<Band, Error> {
        self.call(Ask::get(&["bands", &id.to_string()])).await
    }

    /// Changes a band.
    pub async fn update_band(&self, id: BandId, body: &UpdateBand) -> Result<Band, Error> {
        self.call(Ask::patch(&["bands", &id.to_string()]).json(body)?).await
    }

    /// Deletes a band; its pending invites end.
    pub async fn delete_band(&self, id: BandId) -> Result<(), Error> {
        self.run(Ask::delete(&["bands", &id.to_string()]).longest(LONG_WORK)).await
    }

    /// Leaves a band.
    pub async fn leave_band(&self, id: BandId) -> Result<(), Error> {
        self.run(Ask::post(&["bands", &id.to_string(), "leave"]).once_only()).await
    }

    /// Comes into a band that is open to all, or asks to come into one that takes requests.
    pub async fn join_band(&self, id: BandId) -> Result<Accepted, Error> {
        self.call(Ask::post(&["bands", &id.to_string(), "join"]).once_only()).await
    }

    /// Hands a band over; the caller becomes an admin.
    pub async fn transfer_band(&self, id: BandId, body: &TransferBand) -> Result<(), Error> {
        self.run(Ask::post(&["bands", &id.to_string(), "transfer"]).json(body)?.once_only()).await
    }

    /// A page of members.
    pub async fn members(&self, band: BandId, query: &MemberQuery) -> Result<Members, Error> {
        self.call(Ask::get(&["bands", &band.to_string(), "members"]).query("q", query.q.as_ref()).page(&query.page))
            .await
    }

    /// Changes a member's role or right to invite.
    pub async fn update_member(&self, band: BandId, account: AccountId, body: &UpdateMember) -> Result<Member, Error> {
        self.call(Ask::patch(&["bands", &band.to_string(), "members", &account.to_string()]).json(body)?).await
    }

    /// Removes a member, and what is to go with them.
    pub async fn remove_member(&self, band: BandId, account: AccountId, removal: Removal) -> Result<(), Error> {
        let ask = Ask::delete(&["bands", &band.to_string(), "members", &account.to_string()])
            .query("ban", removal.ban.then_some(true))
            .query("revoke_invites", removal.revoke_invites.then_some(true));
        self.run(ask).await
    }

    /// A page of those who are banned from a band.
    pub async fn bans(&self, band: BandId, page: &Page) -> Result<Bans, Error> {
        self.call(Ask::get(&["bands", &band.to_string(), "bans"]).page(page)).await
    }

    /// Lifts a ban; the person can be invited again.
    pub async fn lift_ban(&self, band: BandId, account: AccountId) -> Result<(), Error> {
        self.run(Ask::delete(&["bands", &band.to_string(), "bans", &account.to_string()])).await
    }
}

/// Invites, as a band handles them.
impl Client {
    /// A page of a band's invites.
    pub async fn invites(&self, band: BandId, query: &InviteQuery) -> Result<Invites, Error> {
        self.call(
            Ask::get(&["bands", &band.to_string(), "invites"])
                .query("status", query.status)
                .query("kind", query.kind)
                .query("q", query.q.as_ref())
                .query("campaign", query.campaign)
                .query("created_by", query.created_by)
                .query("sort", query.sort)
                .page(&query.page),
        )
        .await
    }

    /// Makes an invite; the answer holds its link.
    pub async fn create_invite(&self, band: BandId, body: &CreateInvite) -> Result<CreatedInvite, Error> {
        self.call(Ask::post(&["bands", &band.to_string(), "invites"]).json(body)?.once_only()).await
    }

    /// One invite.
    pub async fn invite(&self, id: InviteId) -> Result<Invite, Error> {
        self.call(Ask::get(&["invites", &id.to_string()])).await
    }

    /// Changes a pending invite.
    pub async fn update_invite(&self, id: InviteId, body: &UpdateInvite) -> Result<Invite, Error> {
        self.call(Ask::patch(&["invites", &id.to_string()]).json(body)?).await
    }

    /// Revokes an invite; for ten minutes [`Client::restore_invite`] undoes it.
    pub async fn revoke_invite(&self, id: InviteId) -> Result<(), Error> {
        self.run(Ask::delete(&["invites", &id.to_string()])).await
    }

    /// Undoes a revoke.
    pub async fn restore_invite(&self, id: InviteId) -> Result<Invite, Error> {
        self.call(Ask::post(&["invites", &id.to_string(), "restore"]).once_only()).await
    }

    /// Shows an invite's link again; leaves an audit row.
    pub async fn invite_link(&self, id: InviteId) -> Result<InviteLink, Error> {
        self.call(Ask::post(&["invites", &id.to_string(), "link"]).once_only()).await
    }

    /// Gives an invite a new token; the old one is dead.
    pub async fn rotate_invite(&self, id: InviteId) -> Result<InviteLink, Error> {
        self.call(Ask::post(&["invites", &id.to_string(), "rotate"]).once_only()).await
    }

    /// A page of an invite's uses.
    pub async fn redemptions(&self, id: InviteId, page: &Page) -> Result<Redemptions, Error> {
        self.call(Ask::get(&["invites", &id.to_string(), "redemptions"]).page(page)).await
    }
}

/// Invites, as the invited handle them.
impl Client {
    /// What an invite offers. Changes nothing, and needs no session. The server is this client's, whatever was pasted.
    pub async fn preview(&self, invite: &Pasted) -> Result<Preview, Error> {
        self.call(Ask::get(&["invites", &invite.token, "info"])).await
    }

    /// Accepts an invite.
    pub async fn accept(&self, invite: &Pasted) -> Result<Accepted, Error> {
        self.call(Ask::post(&["invites", &invite.token, "accept"]).json(&Empty {})?.once_only()).await
    }

    /// Declines an invite.
    pub async fn decline(&self, invite: &Pasted, body: &DeclineInvite) -> Result<(), Error> {
        self.run(Ask::post(&["invites", &invite.token, "decline"]).json(body)?.once_only()).await
    }

    /// A page of the invites that wait for the caller.
    pub async fn inbox(&self, page: &Page) -> Result<Inbox, Error> {
        self.call(Ask::get(&["me", "invites"]).page(page)).await
    }

    /// Accepts an invite that waits for the caller.
    pub async fn accept_waiting(&self, id: InviteId) -> Result<Accepted, Error> {
        self.call(Ask::post(&["me", "invites", &id.to_string(), "accept"]).json(&Empty {})?.once_only()).await
    }

    /// Declines an invite that waits for the caller.
    pub async fn decline_waiting(&self, id: InviteId, body: &DeclineInvite) -> Result<(), Error> {
        self.run(Ask::post(&["me", "invites", &id.to_string(), "decline"]).json(body)?.once_only()).await
    }

    /// What the caller wants no more of; with `site` everybody's, for who runs it.
    pub async fn blocks(&self, page: &Page, site: bool) -> Result<Blocks, Error> {
        self.call(Ask::get(&[whose(site), "blocks"]).page(page)).await
    }

    /// Lets invites and mail come again; with `site` for anybody, for who runs it.
    pub async fn lift_block(&self, id: SuppressionId, site: bool) -> Result<(), Error> {
        self.run(Ask::delete(&[whose(site), "blocks", &id.to_string()])).await
    }
}
