//! Every operation of the client.

use std::sync::Mutex;

use guestlist::{
    client::{
        AuditQuery, BandQuery, Branch, Client, Download, Error, InviteQuery, MadeCampaign, Media, MemberQuery, Page,
        Removal, Synced,
    },
    domain::{AccountId, BandId, CampaignId, InviteId, JoinRequestId, Pasted, SessionId, SuppressionId, TemplateId},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The secret that is asked with.
pub const TOKEN: &str = "inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// A request as it stands on the wire.
fn body<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

/// What came back, as JSON once more.
trait Told {
    async fn told(self) -> Result<Value, Error>;
}

macro_rules! told {
    ($($answer:ident)+) => {$(
        impl Told for guestlist::api::$answer {
            async fn told(self) -> Result<Value, Error> {
                Ok(serde_json::to_value(self).unwrap())
            }
        }
    )+};
}
told! {
    Accepted Account ActedOnInvites AuditTrail Band Bands Bans Blocks Campaign Campaigns CancelledInvites CodeCards
    CreatedCodes CreatedInvite CreatedInvites FoundPeople Inbox Invite InviteLink Invites JoinRequests Member Members
    OwnRequests Preview Quota Redemptions Registered ResentInvite Sessions SignedIn Site Stats Template Templates Tree
}

impl Told for () {
    async fn told(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }
}

impl Told for Synced {
    async fn told(self) -> Result<Value, Error> {
        Ok(match self {
            Self::Unchanged => Value::Null,
            Self::Changed { sync, .. } => serde_json::to_value(sync).unwrap(),
        })
    }
}

impl Told for MadeCampaign {
    async fn told(self) -> Result<Value, Error> {
        Ok(match self {
            Self::Made(made) => serde_json::to_value(made).unwrap(),
            Self::Nobody(results) => serde_json::to_value(results).unwrap(),
        })
    }
}

impl Told for Download {
    /// A file is told as it came, so there is nothing to look at but that it ends.
    async fn told(mut self) -> Result<Value, Error> {
        while self.next().await?.is_some() {}
        Ok(Value::Null)
    }
}

/// What each operation came back with, by its name, and what stands in `shown` then.
pub async fn every(client: &Client, shown: &Mutex<String>) -> Vec<(&'static str, (Result<Value, Error>, String))> {
    let mut all = Vec::new();
    macro_rules! call {
        ($($name:ident($($argument:expr),*);)+) => {$(
            let result = match client.$name($($argument),*).await {
                Ok(answer) => answer.told().await,
                Err(error) => Err(error),
            };
            all.push((stringify!($name), (result, shown.lock().unwrap().clone())));
        )+};
    }
    let page = Page::default();
    let (band, account, invite): (BandId, AccountId, InviteId) =
        (ID.parse().unwrap(), ID.parse().unwrap(), ID.parse().unwrap());
    let (campaign, template): (CampaignId, TemplateId) = (ID.parse().unwrap(), ID.parse().unwrap());
    let (request, session): (JoinRequestId, SessionId) = (ID.parse().unwrap(), ID.parse().unwrap());
    let block: SuppressionId = ID.parse().unwrap();
    let pasted = Pasted::parse(TOKEN).unwrap();
    let person = || json!({ "username": "ada", "email": "ada@example.org", "password": "a long enough one" });
    call! {
        site();
        register(&body(person()), None);
        login(&body(json!({ "login": "ada", "password": "a long enough one" })));
        logout();
        me();
        update_me(&body(json!({ "display_name": "Ada" })));
        send_code();
        verify_email(&body(json!({ "code": "AAAA-AAAA" })));
        forgot_password(&body(json!({ "login": "ada" })));
        reset_password(&body(json!({ "token": "rst_x", "password": "a long enough one" })));
        sessions();
        end_session(session);
        sync(None);
        bands(&BandQuery::default());
        create_band(&body(json!({ "name": "Owls" })));
        band(band);
        update_band(band, &body(json!({ "name": "Owls" })));
        delete_band(band);
        leave_band(band);
        join_band(band);
        transfer_band(band, &body(json!({ "account_id": ID })));
        members(band, &MemberQuery::default());
        update_member(band, account, &body(json!({ "role": "admin" })));
        remove_member(band, account, Removal { ban: true, revoke_invites: true });
        bans(band, &page);
        lift_ban(band, account);
        invites(band, &InviteQuery::default());
        create_invite(band, &body(json!({})));
        create_invites(band, &body(json!({ "rows": [{}] })));
        act_on_invites(band, &body(json!({ "action": "revoke", "ids": [ID] })));
        invite(invite);
        update_invite(invite, &body(json!({ "role": "admin" })));
        revoke_invite(invite);
        restore_invite(invite);
        invite_link(invite);
        rotate_invite(invite);
        resend_invite(invite, &body(json!({})));
        redemptions(invite, &page);
        preview(&pasted);
        accept(&pasted);
        decline(&pasted, &body(json!({})));
        inbox(&page);
        accept_waiting(invite);
        decline_waiting(invite, &body(json!({})));
        blocks(&page, false);
        lift_block(block, false);
        campaigns(band, &page);
        site_codes(&page);
        campaign(campaign);
        create_campaign(band, &body(json!({ "name": "Tour" })));
        update_campaign(campaign, &body(json!({ "name": "Tour" })));
        expire_campaign(campaign);
        delete_campaign(campaign);
        create_codes(band, &body(json!({ "name": "Door", "count": 3 })));
        create_site_codes(&body(json!({ "name": "Door", "count": 3 })));
        codes(campaign, &page);
        codes_as_csv(campaign);
        code_sheet(campaign);
        templates(band, &page);
        create_template(band, &body(json!({ "name": "Guests" })));
        update_template(template, &body(json!({ "name": "Guests" })));
        delete_template(template);
        audit(band, &AuditQuery::default(), &page);
        audit_as(band, &AuditQuery::default(), Media::Ndjson);
        stats(band);
        tree(band, Some(Branch::Roots), &page);
        join_requests(band, None, &page);
        approve_request(band, request);
        deny_request(band, request);
        people("ki", Some(band));
        quota();
        set_quota(account, &body(json!({ "limit": 5 })));
    }
    all
}
