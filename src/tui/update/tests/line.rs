use super::desk::*;
use crate::{
    api::{Code, Problem},
    client::Error,
    domain::Role,
    tui::{
        message::{Effect, Msg, Start},
        model::{Overlay, Screen},
        request::{Answer, Request},
    },
};

#[test]
fn at_rest_there_is_one_conditional_request_an_interval_and_nothing_is_drawn() {
    let mut desk = Desk::with_a_band();
    desk.wait(1);
    desk.model.dirty = false;
    for _ in 0..10 {
        desk.wait(7);
        assert!(matches!(&desk.request(is_sync).2, Request::Sync(Some(etag)) if etag == "\"a\""));
        assert_eq!(desk.sent.len(), 1);
        desk.unchanged();
        assert!(!desk.model.dirty);
    }
}

#[test]
fn a_moved_revision_fetches_what_is_on_the_screen_of_that_band_alone() {
    let mut desk = Desk::with_a_band();
    desk.wait(7);
    desk.sync(&[(1, 2)], 3);
    assert_eq!(desk.model.inbox.pending, 3);
    assert!(desk.has_request(|r| matches!(r, Request::Invites(..))));
    assert!(desk.has_request(|r| matches!(r, Request::Members(..))));
    desk.answer(|r| matches!(r, Request::Bands(_)), Ok(bands(vec![band(1, Role::Owner)])));
    desk.sent.clear();
    desk.model.waiting.clear();
    desk.wait(7);
    desk.sync(&[(1, 2), (9, 1)], 3);
    assert!(desk.has_request(|r| matches!(r, Request::Bands(_))));
    assert!(!desk.has_request(|r| matches!(r, Request::Invites(..) | Request::Members(..))));
}

#[test]
fn offline_keeps_what_is_known_asks_ever_more_rarely_and_comes_back_by_itself() {
    let mut desk = Desk::with_a_band();
    let since = desk.now;
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let mut pause = 0;
        while !desk.has_request(is_sync) {
            desk.wait(1);
            pause += 1;
        }
        pauses.push(pause);
        desk.answer(is_sync, Err(offline()));
        assert_eq!(desk.model.invites.list.len(), 5);
    }
    assert!(pauses.windows(2).all(|pair| pair[0] <= pair[1] + 8) && pauses[5] >= 40, "{pauses:?}");
    assert!(desk.model.line.offline_since.unwrap().seconds_since(since) < 10);
    assert!(desk.model.line.why.contains("connection refused"));
    desk.press("ctrl-r");
    desk.unchanged();
    assert_eq!((desk.model.line.offline_since, desk.model.line.failures), (None, 0));
}

#[test]
fn a_failed_page_is_asked_for_again_only_when_the_server_is_heard() {
    let mut desk = Desk::with_a_band();
    desk.press("f");
    desk.answer(|r| matches!(r, Request::Invites(..)), Err(offline()));
    desk.press("j k j");
    assert!(!desk.has_request(|r| matches!(r, Request::Invites(..))));
    desk.wait(7);
    desk.answer(is_sync, Err(offline()));
    desk.wait(30);
    desk.unchanged();
    assert!(desk.has_request(|r| matches!(r, Request::Invites(..))));
}

#[test]
fn a_session_that_ends_midway_asks_to_sign_in_over_what_was_typed() {
    let mut desk = Desk::with_a_band();
    desk.press("n tab tab tab tab tab");
    desk.type_text("for Kim");
    desk.wait(7);
    desk.answer(is_sync, Err(problem(Code::Unauthenticated, "The session has ended.")));
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.title == "Sign in" && form.value("login") == "ada"));
    sign_in(&mut desk, 1, "ada");
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.value("label") == "for Kim"));
    assert!(desk.effects.iter().any(|effect| matches!(effect, Effect::Keep { .. })));
    assert!(desk.has_request(is_sync));
}

#[test]
fn somebody_else_who_signs_in_sees_nothing_of_the_one_before() {
    let mut desk = Desk::with_a_band();
    desk.wait(7);
    desk.press("ctrl-r");
    desk.answer(is_sync, Err(problem(Code::Unauthenticated, "The session has ended.")));
    let (late, _, _) = desk.request(|r| matches!(r, Request::Bands(_))).clone();
    desk.press("shift-tab ctrl-u");
    desk.type_text("sam");
    desk.press("tab");
    sign_in(&mut desk, 2, "sam");
    assert!(desk.model.invites.list.is_empty() && desk.model.members.list.is_empty());
    desk.send(Msg::Done { id: late, result: Ok(bands(vec![band(1, Role::Owner)])) });
    assert!(desk.model.bands.list.is_empty(), "a late answer is for nobody");
}

#[test]
fn an_embedded_server_that_is_gone_is_started_again_and_the_session_holds() {
    let mut desk = Desk::new();
    desk.start(Start::Local);
    let launched = |port: u16| crate::tui::launch::Launched {
        origin: format!("http://127.0.0.1:{port}"),
        keep_as: "http://127.0.0.1:7878".to_owned(),
        founder: None,
        empty: false,
    };
    desk.launched(Ok(launched(7878)));
    desk.found("http://127.0.0.1:7878", Some(session(1)), None);
    assert_eq!(desk.model.screen, Screen::Panes);
    desk.answer(|r| matches!(r, Request::Me), Ok(Answer::Me(Box::new(account(1, "ada")))));
    desk.sync(&[], 0);
    desk.answer(|r| matches!(r, Request::Bands(_)), Ok(bands(Vec::new())));
    desk.effects.clear();
    desk.press("ctrl-r");
    desk.answer(is_sync, Err(offline()));
    desk.answer(|r| matches!(r, Request::Bands(_)), Err(offline()));
    assert!(matches!(desk.effects[..], [Effect::Launch(_)]), "once, however much fails: {:?}", desk.effects);
    desk.launched(Ok(launched(40_001)));
    assert!(matches!(&desk.effects[1], Effect::Find { origin, .. } if origin.as_str() == "http://127.0.0.1:7878"));
    desk.found("http://127.0.0.1:7878", Some(session(1)), None);
    assert!(
        matches!(&desk.effects[2], Effect::Use { origin, session: Some(_) } if origin.as_str().ends_with(":40001"))
    );
    assert!(desk.has_request(is_sync));
}

#[test]
fn a_server_that_is_started_again_does_not_hold_up_the_way_to_another() {
    let mut desk = Desk::new();
    desk.start(Start::Local);
    let launched = || crate::tui::launch::Launched {
        origin: "http://127.0.0.1:7878".to_owned(),
        keep_as: "http://127.0.0.1:7878".to_owned(),
        founder: None,
        empty: false,
    };
    desk.launched(Ok(launched()));
    desk.found("http://127.0.0.1:7878", Some(session(1)), None);
    desk.answer(|r| matches!(r, Request::Me), Ok(Answer::Me(Box::new(account(1, "ada")))));
    let token = crate::domain::Token::from_random(&[7; 32]);
    desk.send(Msg::Paste(format!("https://two.example/invite/{}", token.reveal())));
    desk.press("y");
    let away = desk.going;
    desk.answer(is_sync, Err(offline()));
    assert!(desk.going != away, "{:?}", desk.effects);
    desk.launched(Ok(launched()));
    assert!(matches!(desk.model.screen, Screen::Starting(_)) && desk.model.line.relaunching.is_none());
    desk.send(Msg::Found { serial: away, origin: origin("https://two.example"), session: None, profile: None });
    assert!(matches!(desk.model.screen, Screen::Entry(_)), "{:?}", desk.model.screen);
}

#[test]
fn a_page_that_failed_alone_is_asked_for_again_after_the_next_poll() {
    for failure in [offline(), problem(Code::Unavailable, "Not now.")] {
        let mut desk = Desk::with_a_band();
        desk.press("f");
        desk.answer(|r| matches!(r, Request::Invites(..)), Err(failure));
        assert!(!desk.has_request(|r| matches!(r, Request::Invites(..))));
        desk.wait(7);
        desk.unchanged();
        assert!(desk.has_request(|r| matches!(r, Request::Invites(..))));
    }
}

#[test]
fn who_starts_while_the_server_is_away_is_known_as_soon_as_it_is_back() {
    let mut desk = Desk::new();
    desk.start(Start::Server { origin: origin("https://one.example"), session: Some(session(1)) });
    desk.press("2 n");
    assert!(desk.toast().contains("still on its way"), "{}", desk.toast());
    desk.answer(|r| matches!(r, Request::Site), Err(offline()));
    desk.answer(|r| matches!(r, Request::Me), Err(offline()));
    desk.answer(is_sync, Err(offline()));
    desk.wait(30);
    desk.sync(&[], 0);
    desk.answer(|r| matches!(r, Request::Me), Ok(Answer::Me(Box::new(account(1, "ada")))));
    assert_eq!(desk.model.me.as_ref().unwrap().username, "ada");
    desk.wait(7);
    desk.unchanged();
    assert!(!desk.has_request(|r| matches!(r, Request::Me)), "it is asked once");
}

#[test]
fn a_server_that_wishes_to_be_left_alone_for_a_while_is_and_no_wish_is_for_ever() {
    for (wish, least, most) in [(None, 5, 20), (Some(0), 5, 20), (Some(120), 100, 140), (Some(u32::MAX), 500, 700)] {
        let mut desk = Desk::with_a_band();
        desk.wait(7);
        let mut busy = Problem::new(Code::RateLimited, "Later.");
        busy.retry_after = wish;
        desk.answer(is_sync, Err(Error::Problem(Box::new(busy))));
        let mut pause = 0;
        while !desk.has_request(is_sync) && pause < 2_000 {
            desk.wait(1);
            pause += 1;
        }
        assert!((least..=most).contains(&pause), "{wish:?}: {pause}");
        desk.unchanged();
        assert_eq!(desk.model.line.offline_since, None);
        // The person's own word is no poll: it goes at once.
        desk.press("ctrl-r");
        assert!(desk.has_request(is_sync));
    }
}

#[test]
fn at_rest_a_label_that_reads_differently_is_drawn_and_nothing_before() {
    let mut desk = Desk::with_a_band();
    desk.wait(1);
    desk.model.dirty = false;
    // All of them are over in three days: "3d" becomes "2d 23h" after the first hour, and so on.
    let end = desk.now.plus_seconds(2 * 3_600 + 60);
    let mut drawn = 0;
    while desk.now < end {
        desk.wait(7);
        desk.unchanged();
        drawn += i32::from(std::mem::take(&mut desk.model.dirty));
    }
    assert_eq!(drawn, 2);
}

#[test]
fn clients_that_were_started_together_do_not_poll_together() {
    let pauses: std::collections::BTreeSet<i64> = (0..20)
        .map(|n| {
            let mut desk = Desk::with_a_band();
            desk.wait(7);
            desk.now = crate::domain::Timestamp::from_micros(desk.now.micros() + n * 1_000);
            desk.unchanged();
            desk.model.line.next_poll.unwrap().micros() - desk.now.micros()
        })
        .collect();
    assert!(pauses.len() >= 15 && pauses.iter().all(|pause| (4_500_000..=5_500_000).contains(pause)), "{pauses:?}");
}

/// Signed in to the server on this machine, which is not reached any more and was started again.
fn started_again() -> Desk {
    let mut desk = Desk::with_a_band();
    let here = launched_at(7878);
    let server = desk.model.server.as_mut().unwrap();
    server.origin = origin(&here.origin);
    server.keep_as = origin(&here.keep_as);
    server.launched = Some(here);
    desk.press("ctrl-r");
    desk.answer(is_sync, Err(problem(Code::Unavailable, "Not now.")));
    assert!(desk.effects.is_empty(), "one that answers is not started a second time: {:?}", desk.effects);
    desk.answer(|r| matches!(r, Request::Bands(_)), Err(offline()));
    assert!(matches!(desk.effects[..], [Effect::Launch { .. }]), "{:?}", desk.effects);
    desk.effects.clear();
    desk
}

fn launched_at(port: u16) -> crate::tui::launch::Launched {
    crate::tui::launch::Launched {
        origin: format!("http://127.0.0.1:{port}"),
        keep_as: "http://127.0.0.1:7878".to_owned(),
        founder: None,
        empty: false,
    }
}

#[test]
fn a_server_here_that_comes_back_where_it_was_is_asked_at_once_and_one_that_does_not_says_why() {
    let mut desk = started_again();
    desk.launched(Ok(launched_at(7878)));
    assert!(desk.has_request(is_sync) && desk.effects.is_empty(), "{:?}", desk.effects);
    assert_eq!(desk.model.screen, Screen::Panes);
    let mut desk = started_again();
    desk.launched(Err("The disk is full.".to_owned()));
    assert_eq!((desk.model.line.why.as_str(), &desk.model.screen), ("The disk is full.", &Screen::Panes));
    assert_eq!(desk.model.invites.list.len(), 5, "what is known stays");
}

#[test]
fn a_server_here_that_comes_back_elsewhere_without_a_session_asks_to_sign_in_over_the_panes() {
    let mut desk = started_again();
    desk.launched(Ok(launched_at(40_001)));
    desk.found("http://127.0.0.1:7878", None, None);
    assert!(matches!(desk.top(), Some(Overlay::Form(form)) if form.title == "Sign in" && form.value("login") == "ada"));
    assert_eq!((&desk.model.screen, desk.model.invites.list.len()), (&Screen::Panes, 5));
}
