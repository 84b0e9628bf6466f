use super::desk::*;
use crate::{
    api::{Campaign, Campaigns, InviteAction},
    domain::CampaignId,
    tui::{
        model::{GroupLine, Overlay},
        request::{Answer, Request},
        sample,
    },
};

fn campaign_id(n: u8) -> CampaignId {
    CampaignId::from_bytes([n; 16])
}

fn campaigns(numbers: &[u8]) -> Answer {
    let campaigns = numbers.iter().map(|&n| Campaign { id: campaign_id(n), ..sample::campaign(n) }).collect();
    Answer::Campaigns(Box::new(Campaigns { campaigns, next_cursor: None, prev_cursor: None }))
}

fn is_campaigns(request: &Request) -> bool {
    matches!(request, Request::Campaigns(..))
}

/// Whether the invites of this campaign are asked for.
fn of(n: u8) -> impl Fn(&Request) -> bool {
    move |request| matches!(request, Request::Invites(_, query) if query.campaign == Some(campaign_id(n)))
}

fn grouped() -> Desk {
    let mut desk = Desk::with_a_band();
    desk.press("c");
    desk.answer(is_campaigns, Ok(campaigns(&[1, 2, 3])));
    desk
}

fn cursor(desk: &Desk) -> GroupLine {
    let invites = &desk.model.invites;
    invites.groups.as_ref().unwrap().cursor(invites.list.selected_index())
}

#[test]
fn the_band_is_counted_as_it_is_though_no_invite_was_asked_for_or_the_answer_was_bad() {
    let mut desk = grouped();
    desk.model.bands.list.change(band_id(1), |band| (band.counts.pending, band.counts.invites) = (12, 48));
    (desk.model.invites.pending, desk.model.invites.total) = (0, 0);
    assert_eq!(desk.model.invites_counted(), (12, 48));
    desk.press("enter");
    desk.answer(of(1), Err(problem(crate::api::Code::Internal, "Not now.")));
    assert_eq!(desk.model.invites_counted(), (12, 48));
}

#[test]
fn a_campaign_unfolds_into_its_invites_and_folds_again() {
    let mut desk = grouped();
    assert!(!desk.has_request(|r| matches!(r, Request::Invites(..))), "what is folded is not fetched");
    desk.press("j enter");
    desk.answer(of(2), Ok(invites((1..=2).map(invite).collect())));
    desk.press("j j");
    assert_eq!(cursor(&desk), GroupLine::Invite(1));
    desk.press("j");
    assert_eq!(cursor(&desk), GroupLine::Campaign(2), "behind the invites comes the next campaign");
    desk.press("j j");
    assert_eq!(cursor(&desk), GroupLine::Campaign(2), "and behind the last nothing");
    desk.press("k k k k");
    assert_eq!(cursor(&desk), GroupLine::Campaign(0));
    desk.press("j enter");
    assert!(desk.model.invites.list.is_empty() && !desk.has_request(|r| matches!(r, Request::Invites(..))));
    desk.press("c");
    let all = |r: &Request| matches!(r, Request::Invites(_, query) if query.campaign.is_none());
    assert!(desk.has_request(all), "all in one list again");
}

#[test]
fn keys_act_on_the_invite_under_the_cursor_and_never_on_one_that_is_not() {
    let mut desk = grouped();
    desk.press("enter");
    desk.answer(of(1), Ok(invites((1..=2).map(invite).collect())));
    for key in ["r", "y", "e", "s", "Q", "+"] {
        desk.press(key);
        assert!(desk.top().is_none() && desk.sent.is_empty(), "{key}");
        assert!(desk.toast().contains("campaign"), "{key}: {}", desk.toast());
        desk.model.toast = None;
    }
    desk.press("j j r y");
    assert!(desk.has_request(|r| *r == Request::RevokeInvite(invite_id(2))));
}

#[test]
fn all_that_fit_are_those_of_the_open_campaign() {
    let mut desk = grouped();
    desk.press("enter");
    desk.answer(of(1), Ok(invites((1..=2).map(invite).collect())));
    desk.press("* r");
    assert!(
        matches!(desk.top(), Some(Overlay::Confirm(confirm)) if confirm.question == "Revoke all pending invites of Campaign 1?"),
        "{:?}",
        desk.top()
    );
    desk.press("y");
    let Request::ActOnInvites(_, wish) = &desk.request(|r| matches!(r, Request::ActOnInvites(..))).2 else { panic!() };
    assert_eq!(wish.action, InviteAction::Revoke);
    assert_eq!(wish.filter.as_ref().and_then(|filter| filter.campaign), Some(campaign_id(1)));
}

#[test]
fn nothing_is_marked_where_every_campaign_is_folded() {
    let mut desk = grouped();
    desk.press("*");
    assert!(!desk.model.invites.all && desk.toast().contains("campaign"), "{}", desk.toast());
    desk.press("enter");
    desk.answer(of(1), Ok(invites((1..=2).map(invite).collect())));
    desk.press("*");
    assert!(desk.model.invites.all);
    desk.press("enter");
    assert!(!desk.model.invites.all, "what was marked was the open campaign's");
}

#[test]
fn a_change_of_the_band_fetches_campaigns_and_open_invites_and_the_cursor_stays() {
    let mut desk = grouped();
    desk.press("j enter");
    desk.answer(of(2), Ok(invites((1..=3).map(invite).collect())));
    desk.press("j j");
    desk.wait(6);
    desk.sync(&[(1, 2)], 0);
    desk.answer(is_campaigns, Ok(campaigns(&[4, 1, 2, 3])));
    desk.answer(of(2), Ok(invites((0..=3).map(invite).collect())));
    assert_eq!(cursor(&desk), GroupLine::Invite(2));
    assert_eq!(desk.model.chosen_invite().map(|invite| invite.id), Some(invite_id(2)));
    desk.press("esc");
    assert_eq!(cursor(&desk), GroupLine::Campaign(2), "the cursor is on the campaign that was folded");
}
