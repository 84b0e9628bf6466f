//! Every request of the terminal client before a server that answers it badly: an error in words that a terminal can show, and
//! nothing is read without end.

use std::time::Duration;

use guestlist::{
    api::{
        ActOnInvites, CreateBand, CreateCampaign, CreateCodes, CreateInvite, CreateInvites, CreateTemplate,
        DeclineInvite, ForgotPassword, InviteAction, Login, Register, ResendInvite, SetQuota, TransferBand, UpdateBand,
        UpdateCampaign, UpdateInvite, UpdateMember, UpdateTemplate, VerifyEmail,
    },
    client::{
        AuditQuery, BandQuery, Branch, Client, Error, InviteQuery, MemberQuery, Origin, Page, Patience, PlainHttp,
        Removal,
    },
    domain::{
        AccountId, BandId, CampaignId, InviteId, JoinRequestId, Pasted, SessionToken, SuppressionId, TemplateId,
        clean_block,
    },
    tui::request::Request,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::spoiler::{Spoiler, Spoilt};

fn body<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// One of each kind.
fn all(folder: &std::path::Path) -> Vec<Request> {
    const ID: [u8; 16] = [7; 16];
    let (band, account, invite) = (BandId::from_bytes(ID), AccountId::from_bytes(ID), InviteId::from_bytes(ID));
    let (campaign, template) = (CampaignId::from_bytes(ID), TemplateId::from_bytes(ID));
    let (request, block) = (JoinRequestId::from_bytes(ID), SuppressionId::from_bytes(ID));
    let pasted = || Pasted::parse("AAAA-BBBB-CCCC").unwrap();
    let page = Page::default;
    let register: Register =
        body(json!({ "username": "ada", "email": "ada@example.org", "password": "a fine long pass" }));
    let login: Login = body(json!({ "login": "ada", "password": "a fine long pass" }));
    let forgot: ForgotPassword = body(json!({ "login": "ada" }));
    let verify: VerifyEmail = body(json!({ "code": "AAAA-BBBB" }));
    let acts =
        ActOnInvites { action: InviteAction::Revoke, ids: Some(vec![invite]), filter: None, cursor: None, args: None };
    vec![
        Request::Site,
        Request::SignUp(register, None),
        Request::SignIn(login),
        Request::ForgotPassword(forgot),
        Request::SignOut,
        Request::Me,
        Request::SendCode,
        Request::Verify(verify),
        Request::Sync(None),
        Request::Bands(BandQuery::default()),
        Request::Band(band),
        Request::CreateBand(CreateBand::default()),
        Request::UpdateBand(band, UpdateBand::default()),
        Request::DeleteBand(band),
        Request::JoinBand(band),
        Request::LeaveBand(band),
        Request::TransferBand(band, TransferBand { account_id: account }),
        Request::Members(band, MemberQuery::default()),
        Request::UpdateMember(band, account, UpdateMember::default()),
        Request::RemoveMember(band, account, Removal::default()),
        Request::Invites(band, InviteQuery::default()),
        Request::Invite(invite),
        Request::Campaign(campaign),
        Request::Campaigns(band, page()),
        Request::CreateCampaign(band, Box::<CreateCampaign>::default()),
        Request::UpdateCampaign(campaign, Box::<UpdateCampaign>::default()),
        Request::ExpireCampaign(campaign),
        Request::DeleteCampaign(campaign),
        Request::SiteCodes(page()),
        Request::CreateCodes(band, CreateCodes::default()),
        Request::CreateSiteCodes(CreateCodes::default()),
        Request::CodeCards(campaign, page()),
        Request::SaveCodes(campaign, folder.join("codes.csv")),
        Request::SaveCards(campaign, folder.join("cards.html")),
        Request::Templates(band, page()),
        Request::CreateTemplate(band, Box::<CreateTemplate>::default()),
        Request::UpdateTemplate(template, Box::<UpdateTemplate>::default()),
        Request::DeleteTemplate(template),
        Request::CreateInvite(band, CreateInvite::default()),
        Request::CreateInvites(band, CreateInvites::default()),
        Request::UpdateInvite(invite, UpdateInvite::default()),
        Request::RevokeInvite(invite),
        Request::RestoreInvite(invite),
        Request::ActOnInvites(band, acts),
        Request::Resend(invite, ResendInvite::default()),
        Request::ShowLink(invite),
        Request::RotateInvite(invite),
        Request::Redemptions(invite, page()),
        Request::Trail(band, AuditQuery::default(), page()),
        Request::SaveTrail(band, AuditQuery::default(), folder.join("trail.csv")),
        Request::Stats(band),
        Request::Tree(band, Some(Branch::Roots), page()),
        Request::Quota,
        Request::SetQuota(account, SetQuota::default()),
        Request::Blocks(page(), false),
        Request::LiftBlock(block, false),
        Request::People("ada".to_owned(), Some(band)),
        Request::JoinRequests(band, None, page()),
        Request::Approve(band, request),
        Request::Deny(band, request),
        Request::OwnRequests(page()),
        Request::Bans(band, page()),
        Request::LiftBan(band, account),
        Request::Preview(pasted()),
        Request::Accept(pasted()),
        Request::Decline(pasted(), DeclineInvite::default()),
        Request::Inbox,
        Request::AcceptWaiting(invite),
        Request::DeclineWaiting(invite, DeclineInvite::default()),
    ]
}

/// What a request is called: its kind, as `Debug` begins with it.
fn name(request: &Request) -> String {
    format!("{request:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_ends_in_words_whatever_it_is_answered_with() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = all(folder.path()).iter().map(name).collect();
    assert_eq!(names, Request::NAMES, "each kind of request is tried, in their order");
    // Nobody is behind it: all that is answered is its own.
    let spoiler = Spoiler::before("http://127.0.0.1:9");
    let origin = Origin::parse(&spoiler.origin, PlainHttp::LoopbackOnly).unwrap();
    let client = Client::new(origin, Some(SessionToken::from_random(&[7; 32]))).unwrap().with_patience(Patience::NONE);
    let nested: &'static str = Box::leak("[".repeat(100_000).into_boxed_str());
    let long: &'static str = Box::leak(format!("\"{}\"", "深\u{301}".repeat(300_000)).into_boxed_str());
    let faults = [
        Spoilt::Page,
        Spoilt::Refused,
        Spoilt::SignedOut,
        Spoilt::Packed,
        Spoilt::Endless,
        Spoilt::Busy("-1"),
        Spoilt::Busy("99999999999999999999999"),
        Spoilt::Busy("Thu, 01 Jan 2099 00:00:00 GMT"),
        Spoilt::Busy("soon\u{7f}"),
        Spoilt::Body("{}"),
        Spoilt::Body("[]"),
        Spoilt::Body("null"),
        Spoilt::Body("{\"bands\": [{\"id\""),
        Spoilt::Body("{\"bands\": 7, \"invites\": \"x\", \"next_cursor\": {}}"),
        Spoilt::Body(nested),
        Spoilt::Body(long),
    ];
    for fault in faults {
        spoiler.is(fault);
        for request in all(folder.path()) {
            let name = name(&request);
            // A file has no end that could be known: it is written as it comes, and Esc stops it.
            let answered = tokio::time::timeout(Duration::from_mins(1), request.send(&client)).await;
            let answered = answered.unwrap_or_else(|_| panic!("{name} waits for ever for {fault:?}"));
            let error = match answered {
                Err(error) => error,
                // What says nothing when it is done reads nothing either.
                Ok(guestlist::tui::request::Answer::Done) if matches!(fault, Spoilt::Body(_)) => continue,
                Ok(_) => panic!("{name} takes {fault:?} for an answer"),
            };
            let said = format!("{error} {}", error.hint());
            assert_eq!(clean_block(&said), said, "{name}, {fault:?}");
            assert!(said.len() < 4_000, "{name}, {fault:?}: {} bytes", said.len());
            match fault {
                Spoilt::Page => assert!(error.is_offline(), "{name}: {error:?}"),
                Spoilt::SignedOut => assert!(error.is_unauthenticated(), "{name}: {error:?}"),
                Spoilt::Endless => {
                    assert!(matches!(error, Error::TooLarge { .. } | Error::NotTheApi { .. }), "{name}: {error:?}");
                }
                Spoilt::Busy(_) => assert!(error.retry_after().is_none_or(|wish| wish > 0), "{name}: {error:?}"),
                _ => {}
            }
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left of files that came to nothing");
}
