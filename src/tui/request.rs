//! The requests of the terminal client as values, so that the model can name one without sending it.

use std::path::{Path, PathBuf};

use crate::{
    api::{
        Accepted, Account, ActOnInvites, ActedOnInvites, AuditTrail, Band, Bands, Bans, Blocks, Campaign, Campaigns,
        CancelledInvites, CodeCards, CreateBand, CreateCampaign, CreateCodes, CreateInvite, CreateInvites,
        CreateTemplate, CreatedCodes, CreatedInvite, CreatedInvites, DeclineInvite, ForgotPassword, FoundPeople, Inbox,
        Invite, InviteLink, Invites, JoinRequests, Login, Member, Members, OwnRequests, Preview, Quota, Redemptions,
        Register, Registered, ResendInvite, ResentInvite, SetQuota, SignedIn, Site, Stats, Template, Templates,
        TransferBand, Tree, UpdateBand, UpdateCampaign, UpdateInvite, UpdateMember, UpdateTemplate, VerifyEmail,
    },
    client::{
        AuditQuery, BandQuery, Branch, Client, Error, InviteQuery, MadeCampaign, Media, MemberQuery, Page, Removal,
        Saved, Synced,
    },
    domain::{AccountId, BandId, CampaignId, InviteId, JoinRequestId, JoinStatus, Pasted, SuppressionId, TemplateId},
};

/// What a file is to hold, by how it is called.
fn media(file: &Path) -> Media {
    let is_json = file.extension().is_some_and(|end| end.eq_ignore_ascii_case("ndjson"));
    if is_json { Media::Ndjson } else { Media::Csv }
}

macro_rules! requests {
    ($client:ident; $($(#[$doc:meta])* $name:ident $(( $($arg:ident: $ty:ty),+ ))? => $answer:ident $(($answer_ty:ty))?, $call:expr;)+) => {
        /// A request to the server in use.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Request { $($(#[$doc])* $name $(( $($ty),+ ))?,)+ }

        impl Request {
            /// What each kind of request is called, in the order in which they are declared.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];

            /// Sends the request and waits for its answer.
            ///
            /// # Errors
            /// As the client says.
            pub async fn send(self, $client: &Client) -> Result<Answer, Error> {
                match self {
                    $(Self::$name $(( $($arg),+ ))? => requests!(@answer $answer $(($answer_ty))?, $call),)+
                }
            }
        }
    };
    (@answer $answer:ident ($ty:ty), $call:expr) => { $call.await.map(|answer: $ty| Answer::$answer(Box::new(answer))) };
    (@answer $answer:ident, $call:expr) => { $call.await.map(|()| Answer::$answer) };
}

/// What a request was answered with.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// About the server.
    Site(Box<Site>),
    /// A new account and its session.
    Registered(Box<Registered>),
    /// A new session.
    SignedIn(Box<SignedIn>),
    /// Who is signed in.
    Me(Box<Account>),
    /// A poll.
    Synced(Box<Synced>),
    /// A page of bands.
    Bands(Box<Bands>),
    /// One band.
    Band(Box<Band>),
    /// A page of members.
    Members(Box<Members>),
    /// One member.
    Member(Box<Member>),
    /// A page of invites.
    Invites(Box<Invites>),
    /// A page of campaigns.
    Campaigns(Box<Campaigns>),
    /// One campaign.
    Campaign(Box<Campaign>),
    /// A new campaign.
    MadeCampaign(Box<MadeCampaign>),
    /// How many pending invites ended with a campaign.
    Cancelled(Box<CancelledInvites>),
    /// A new batch of codes.
    CreatedCodes(Box<CreatedCodes>),
    /// A page of codes as they are read out.
    CodeCards(Box<CodeCards>),
    /// A page of templates.
    Templates(Box<Templates>),
    /// One template.
    Template(Box<Template>),
    /// One invite.
    Invite(Box<Invite>),
    /// A new invite with its link.
    Created(Box<CreatedInvite>),
    /// What many rows came to.
    CreatedInvites(Box<CreatedInvites>),
    /// What one thing done to many invites came to.
    Acted(Box<ActedOnInvites>),
    /// An invite that was mailed again.
    Resent(Box<ResentInvite>),
    /// A link, shown again or new.
    Link(Box<InviteLink>),
    /// Who used an invite.
    Redemptions(Box<Redemptions>),
    /// What happened, newest first.
    Audit(Box<AuditTrail>),
    /// People by a part of their names.
    People(Box<FoundPeople>),
    /// A band's figures.
    Stats(Box<Stats>),
    /// A page of who brought whom.
    Tree(Box<Tree>),
    /// How many invites an account may make.
    Quota(Box<Quota>),
    /// A page of opt-outs.
    Blocks(Box<Blocks>),
    /// A file was written.
    Saved(Box<Saved>),
    /// A page of those who ask to come in.
    JoinRequests(Box<JoinRequests>),
    /// A page of what the person has asked of bands.
    OwnRequests(Box<OwnRequests>),
    /// A page of those who may not come back.
    Bans(Box<Bans>),
    /// What an invite offers.
    Preview(Box<Preview>),
    /// The invites that wait for the person.
    Inbox(Box<Inbox>),
    /// What became of an accept.
    Accepted(Box<Accepted>),
    /// Done, with nothing to say.
    Done,
}

requests! { client;
    /// About the server.
    Site => Site(Site), client.site();
    /// Makes an account; with the founder's proof the first of an embedded server.
    SignUp(body: Register, founder: Option<String>) => Registered(Registered), client.register(&body, founder.as_deref());
    /// Signs in.
    SignIn(body: Login) => SignedIn(SignedIn), client.login(&body);
    /// Has the way to a new password mailed, should there be such an account.
    ForgotPassword(body: ForgotPassword) => Done, client.forgot_password(&body);
    /// Ends the session.
    SignOut => Done, client.logout();
    /// Who is signed in.
    Me => Me(Account), client.me();
    /// Has a code mailed to the own address.
    SendCode => Done, client.send_code();
    /// Verifies the own address.
    Verify(body: VerifyEmail) => Me(Account), client.verify_email(&body);
    /// The poll, with the tag of the last one.
    Sync(etag: Option<String>) => Synced(Synced), client.sync(etag.as_deref());
    /// A page of bands.
    Bands(query: BandQuery) => Bands(Bands), client.bands(&query);
    /// One band with its policy.
    Band(id: BandId) => Band(Band), client.band(id);
    /// Makes a band.
    CreateBand(body: CreateBand) => Band(Band), client.create_band(&body);
    /// Changes a band.
    UpdateBand(id: BandId, body: UpdateBand) => Band(Band), client.update_band(id, &body);
    /// Deletes a band.
    DeleteBand(id: BandId) => Done, client.delete_band(id);
    /// Joins a band, or asks to.
    JoinBand(id: BandId) => Accepted(Accepted), client.join_band(id);
    /// Leaves a band.
    LeaveBand(id: BandId) => Done, client.leave_band(id);
    /// Hands a band over.
    TransferBand(id: BandId, body: TransferBand) => Done, client.transfer_band(id, &body);
    /// A page of members.
    Members(band: BandId, query: MemberQuery) => Members(Members), client.members(band, &query);
    /// Changes a member.
    UpdateMember(band: BandId, account: AccountId, body: UpdateMember) => Member(Member),
        client.update_member(band, account, &body);
    /// Removes a member, and what is to go with them.
    RemoveMember(band: BandId, account: AccountId, removal: Removal) => Done,
        client.remove_member(band, account, removal);
    /// A page of invites.
    Invites(band: BandId, query: InviteQuery) => Invites(Invites), client.invites(band, &query);
    /// One invite.
    Invite(id: InviteId) => Invite(Invite), client.invite(id);
    /// One campaign.
    Campaign(id: CampaignId) => Campaign(Campaign), client.campaign(id);
    /// A page of campaigns.
    Campaigns(band: BandId, page: Page) => Campaigns(Campaigns), client.campaigns(band, &page);
    /// Makes a campaign.
    CreateCampaign(band: BandId, body: Box<CreateCampaign>) => MadeCampaign(MadeCampaign), client.create_campaign(band, &body);
    /// Changes a campaign.
    UpdateCampaign(id: CampaignId, body: Box<UpdateCampaign>) => Campaign(Campaign), client.update_campaign(id, &body);
    /// Ends a campaign with its pending invites.
    ExpireCampaign(id: CampaignId) => Cancelled(CancelledInvites), client.expire_campaign(id);
    /// Deletes a campaign; its pending invites end.
    DeleteCampaign(id: CampaignId) => Cancelled(CancelledInvites), client.delete_campaign(id);
    /// A page of the batches of codes that are to no band.
    SiteCodes(page: Page) => Campaigns(Campaigns), client.site_codes(&page);
    /// Makes a batch of codes to a band.
    CreateCodes(band: BandId, body: CreateCodes) => CreatedCodes(CreatedCodes), client.create_codes(band, &body);
    /// Makes a batch of codes to no band.
    CreateSiteCodes(body: CreateCodes) => CreatedCodes(CreatedCodes), client.create_site_codes(&body);
    /// A page of the codes of a batch, as they are read out; leaves a trace.
    CodeCards(batch: CampaignId, page: Page) => CodeCards(CodeCards), client.codes(batch, &page);
    /// Writes all codes of a batch to a file, as a table.
    SaveCodes(batch: CampaignId, file: PathBuf) => Saved(Saved), client.codes_as_csv(batch).await?.save(&file);
    /// Writes the usable codes of a batch to a file, as cards to print.
    SaveCards(batch: CampaignId, file: PathBuf) => Saved(Saved), client.code_sheet(batch).await?.save(&file);
    /// A page of templates.
    Templates(band: BandId, page: Page) => Templates(Templates), client.templates(band, &page);
    /// Makes a template.
    CreateTemplate(band: BandId, body: Box<CreateTemplate>) => Template(Template), client.create_template(band, &body);
    /// Changes a template.
    UpdateTemplate(id: TemplateId, body: Box<UpdateTemplate>) => Template(Template), client.update_template(id, &body);
    /// Deletes a template.
    DeleteTemplate(id: TemplateId) => Done, client.delete_template(id);
    /// Makes an invite.
    CreateInvite(band: BandId, body: CreateInvite) => Created(CreatedInvite), client.create_invite(band, &body);
    /// Makes an invite for each row, or says what it would come to.
    CreateInvites(band: BandId, body: CreateInvites) => CreatedInvites(CreatedInvites), client.create_invites(band, &body);
    /// Changes an invite.
    UpdateInvite(id: InviteId, body: UpdateInvite) => Invite(Invite), client.update_invite(id, &body);
    /// Revokes an invite.
    RevokeInvite(id: InviteId) => Done, client.revoke_invite(id);
    /// Undoes a revoke.
    RestoreInvite(id: InviteId) => Invite(Invite), client.restore_invite(id);
    /// Does one thing to many invites.
    ActOnInvites(band: BandId, wish: ActOnInvites) => Acted(ActedOnInvites), client.act_on_invites(band, &wish);
    /// Mails an invite again.
    Resend(id: InviteId, body: ResendInvite) => Resent(ResentInvite), client.resend_invite(id, &body);
    /// Shows a link again.
    ShowLink(id: InviteId) => Link(InviteLink), client.invite_link(id);
    /// Makes a new token.
    RotateInvite(id: InviteId) => Link(InviteLink), client.rotate_invite(id);
    /// A page of who used an invite.
    Redemptions(id: InviteId, page: Page) => Redemptions(Redemptions), client.redemptions(id, &page);
    /// A page of what happened in a band.
    Trail(band: BandId, query: AuditQuery, page: Page) => Audit(AuditTrail), client.audit(band, &query, &page);
    /// All of that as a file: a table, or JSON where the file is called so.
    SaveTrail(band: BandId, query: AuditQuery, file: PathBuf) => Saved(Saved), client.audit_as(band, &query, media(&file)).await?.save(&file);
    /// A band's figures.
    Stats(band: BandId) => Stats(Stats), client.stats(band);
    /// A page of who brought whom.
    Tree(band: BandId, branch: Option<Branch>, page: Page) => Tree(Tree), client.tree(band, branch, &page);
    /// How many invites the person may make.
    Quota => Quota(Quota), client.quota();
    /// Sets how many an account may make; for who runs the site.
    SetQuota(account: AccountId, body: SetQuota) => Quota(Quota), client.set_quota(account, &body);
    /// A page of opt-outs: the person's, or everybody's for who runs the site.
    Blocks(page: Page, site: bool) => Blocks(Blocks), client.blocks(&page, site);
    /// Lets such invites and mails come again.
    LiftBlock(id: SuppressionId, site: bool) => Done, client.lift_block(id, site);
    /// People by a part of their names, and how each stands to a band.
    People(q: String, band: Option<BandId>) => People(FoundPeople), client.people(&q, band);
    /// A page of those who ask to come in.
    JoinRequests(band: BandId, status: Option<JoinStatus>, page: Page) => JoinRequests(JoinRequests), client.join_requests(band, status, &page);
    /// Takes in who asked.
    Approve(band: BandId, request: JoinRequestId) => Member(Member), client.approve_request(band, request);
    /// Says no to who asked.
    Deny(band: BandId, request: JoinRequestId) => Done, client.deny_request(band, request);
    /// A page of what the person has asked of bands, and what was said.
    OwnRequests(page: Page) => OwnRequests(OwnRequests), client.own_requests(None, &page);
    /// A page of those who may not come back.
    Bans(band: BandId, page: Page) => Bans(Bans), client.bans(band, &page);
    /// Lets one of them be invited again.
    LiftBan(band: BandId, account: AccountId) => Done, client.lift_ban(band, account);
    /// What an invite offers.
    Preview(pasted: Pasted) => Preview(Preview), client.preview(&pasted);
    /// Accepts an invite.
    Accept(pasted: Pasted) => Accepted(Accepted), client.accept(&pasted);
    /// Declines an invite.
    Decline(pasted: Pasted, body: DeclineInvite) => Done, client.decline(&pasted, &body);
    /// The invites that wait for the person: the first page.
    Inbox => Inbox(Inbox), client.inbox(&Page::default());
    /// Accepts one that waits.
    AcceptWaiting(id: InviteId) => Accepted(Accepted), client.accept_waiting(id);
    /// Declines one that waits.
    DeclineWaiting(id: InviteId, body: DeclineInvite) => Done, client.decline_waiting(id, &body);
}
