//! What is decided about many pending invites at once is true at once, and written to them step by step.

use guestlist::server::sweep;
use serde_json::{Value, json};

use crate::{
    members::{id, let_in},
    plan,
    requests::{requests, say},
    world::{PASSWORD, Person, World, on_each_database},
};

on_each_database! {
    nobody_comes_in_by_what_a_removal_ended_before_the_rows_say_so,
    what_ends_with_its_maker_is_told_apart_before_the_rows_say_so,
    an_approval_finds_what_was_decided,
    who_comes_in_before_a_change_of_the_campaign_is_written_is_what_it_says,
    a_change_of_one_invite_comes_after_that_of_the_campaign,
    what_is_given_a_longer_life_is_not_swept_before_that_is_written,
    decisions_are_written_in_their_order,
    what_ends_is_counted_by_the_first_decision_alone,
    thousands_end_with_their_maker_and_nobody_elses,
    thousands_change_with_their_campaign,
    an_account_goes_whatever_it_made,
    a_clock_that_is_set_back_lets_nothing_escape_a_decision,
    what_is_restored_after_a_decision_is_none_of_it,
    whoever_looks_is_told_what_was_decided,
    another_invite_takes_the_place_of_one_that_a_decision_ended,
    what_a_decision_ended_is_not_superseded_removed_or_opted_out,
    a_role_that_one_invite_was_given_after_a_decision_does_not_end_it,
    what_one_names_of_another_band_stays_under_its_decisions,
}

/// A decision that was taken and is written to no invite yet.
#[derive(Default)]
pub struct Open<'a> {
    pub campaign: Option<&'a str>,
    pub maker: Option<&'a str>,
    pub which: &'a str,
    pub reason: Option<&'a str>,
    pub role: Option<&'a str>,
    pub message: Option<&'a str>,
    pub end: Option<i64>,
}

impl Open<'_> {
    pub async fn of(self, world: &World, band: &str, actor: &Person) {
        let sqlite = world.app.store().dialect().pick(true, false);
        let uuid = |id: &str| if sqlite { format!("x'{}'", id.replace('-', "")) } else { format!("'{id}'") };
        let flag = |on: bool| match (sqlite, on) {
            (true, on) => i32::from(on).to_string(),
            (false, on) => on.to_string(),
        };
        let text = |text: Option<&str>| text.map_or("NULL".to_owned(), |text| format!("'{text}'"));
        let some = |id: Option<&str>| id.map_or("NULL".to_owned(), uuid);
        let values = [
            uuid(band),
            some(self.campaign),
            some(self.maker),
            flag(self.which == "all"),
            flag(self.which == "by_rules"),
            text(self.reason),
            text(self.role),
            flag(self.message.is_some()),
            text(self.message),
            flag(self.end.is_some()),
            self.end.map_or("NULL".to_owned(), |end| end.to_string()),
            uuid(id(actor)),
            world.clock.now().micros().to_string(),
            "(SELECT MAX(seq) FROM invite)".to_owned(),
            "0".to_owned(),
        ];
        let sql = format!(
            "INSERT INTO decision (band, campaign, maker, every, by_rules, reason, role, sets_message, message, sets_end,
                expires_at, actor, at, upto, past) VALUES ({})",
            values.join(", ")
        );
        assert_eq!(world.run(&sql).await, 1);
    }
}

pub async fn tour(ada: &Person, band: &str) -> String {
    let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour" })).await;
    made["campaign"]["id"].as_str().unwrap().to_owned()
}

async fn shown(ada: &Person, invite: &str) -> Value {
    ada.get(&format!("/invites/{invite}")).await.1
}

async fn through(world: &World) {
    sweep::go_on(&world.app).await.unwrap();
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM decision").await, 0);
}

async fn nobody_comes_in_by_what_a_removal_ended_before_the_rows_say_so(world: World) {
    let (ada, joe, kim) = (world.account("ada").await, world.account("joe").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let (made, token) = joe.invite(&band, json!({})).await;
    let (for_kim, _) = joe.invite(&band, json!({ "username": "kim" })).await;
    let (_, others) = ada.invite(&band, json!({})).await;
    let maker = id(&joe);
    Open { maker: Some(maker), which: "all", reason: Some("inviter_removed"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    let refused = async |method: &str, path: &str, body: Value| {
        let (status, problem) = kim.send(method, path, Some(&body)).await;
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    };
    let gone = (410, "invite_cancelled".to_owned());
    assert_eq!(refused("POST", &format!("/invites/{token}/accept"), json!({})).await, gone);
    assert_eq!(refused("POST", &format!("/invites/{token}/decline"), json!({})).await, gone);
    assert_eq!(refused("POST", &format!("/me/invites/{for_kim}/accept"), json!({})).await, gone);
    let info = world.send("GET", &format!("/invites/{token}/info"), None).await;
    assert_eq!((info.0, &info.1["code"]), (410, &json!("invite_cancelled")));
    let new = json!({ "username": "pat", "email": "pat@example.org", "password": PASSWORD, "invite": token });
    assert_eq!(world.send("POST", "/auth/register", Some(&new)).await.1["code"], "invite_cancelled");
    let one = format!("/invites/{made}");
    for (method, rest, body) in [
        ("PATCH", "", json!({ "label": "new" })),
        ("DELETE", "", json!(null)),
        ("POST", "/link", json!({})),
        ("POST", "/rotate", json!({})),
        ("POST", "/resend", json!({})),
    ] {
        let (status, problem) = ada.send(method, &format!("{one}{rest}"), Some(&body)).await;
        assert_eq!((status, &problem["code"]), (409, &json!("not_pending")), "{method} {rest}");
    }
    let wish = json!({ "action": "extend", "ids": [made], "args": { "ttl_hours": 9 } });
    let (_, told) = ada.post(&format!("/bands/{band}/invites/actions"), wish).await;
    assert_eq!(told["failed"][0]["code"], "not_pending");
    assert_eq!(kim.accept(&others).await.0, 200);
    plan::check(&world);
    through(&world).await;
    assert_eq!(shown(&ada, &made).await["cancel_reason"], "inviter_removed");
}

async fn what_ends_with_its_maker_is_told_apart_before_the_rows_say_so(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let maker = id(&joe);
    let mut guests = world.people(3).await.into_iter();
    for (which, ends) in [("to_admin", [true, false, false]), ("by_rules", [true, true, false])] {
        let mut made = Vec::new();
        for role in ["admin", "member", "member"] {
            made.push(joe.invite(&band, json!({ "role": role })).await);
        }
        let rule = world.app.store().dialect().pick("policy", "policy::text");
        world
            .run(&format!(
                "UPDATE invite SET policy = REPLACE({rule}, '\"on_inviter_removed\":\"keep\"',
                    '\"on_inviter_removed\":\"revoke\"') WHERE seq = (SELECT MAX(seq) - 1 FROM invite)"
            ))
            .await;
        Open { maker: Some(maker), which, reason: Some("inviter_removed"), ..Open::default() }
            .of(&world, &band, &ada)
            .await;
        let guest = guests.next().unwrap();
        for ((_, token), ends) in made.iter().zip(ends) {
            let (status, _) = world.send("GET", &format!("/invites/{token}/info"), None).await;
            assert_eq!(status == 410, ends, "{which}");
        }
        assert_eq!(guest.accept(&made[0].1).await.0, 410);
        assert_eq!(guest.accept(&made[2].1).await.0, 200);
        through(&world).await;
        for ((id, _), ends) in made[..2].iter().zip(ends) {
            assert_eq!(shown(&ada, id).await["status"] == "cancelled", ends, "{which}");
        }
        assert_eq!(shown(&ada, &made[2].0).await["status"], "accepted");
    }
}

async fn an_approval_finds_what_was_decided(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band).await;
    let wish = json!({ "campaign_id": campaign, "requires_approval": true, "max_uses": null });
    let (invite, token) = ada.invite(&band, wish).await;
    let [kim, pat] = world.people(2).await.try_into().ok().unwrap();
    assert_eq!((kim.accept(&token).await.0, pat.accept(&token).await.0), (202, 202));
    let asked = requests(&ada, &band, "pending").await;
    Open { campaign: Some(&campaign), which: "all", role: Some("admin"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    let (status, member) = say(&ada, &band, &asked[0], "approve").await;
    assert_eq!((status, &member["role"]), (200, &json!("admin")));
    Open { campaign: Some(&campaign), which: "all", reason: Some("campaign_expired"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    let (status, problem) = say(&ada, &band, &asked[1], "approve").await;
    assert_eq!((status, &problem["code"]), (409, &json!("not_pending")));
    through(&world).await;
    assert!(requests(&ada, &band, "pending").await.is_empty());
    assert_eq!(shown(&ada, &invite).await["cancel_reason"], "campaign_expired");
}

/// How often the trail tells of an edit of an invite.
async fn edits(ada: &Person, band: &str, invite: &str) -> Vec<Value> {
    let path = format!("/bands/{band}/audit?invite={invite}&action=invite.edited");
    let (_, trail) = ada.get(&path).await;
    trail["events"].as_array().unwrap().iter().map(|event| event["detail"].clone()).collect()
}

async fn who_comes_in_before_a_change_of_the_campaign_is_written_is_what_it_says(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band).await;
    let (first, token) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    let (second, _) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    let (other, _) = ada.invite(&band, json!({})).await;
    let end = world.clock.now().plus_seconds(7_200);
    Open {
        campaign: Some(&campaign),
        which: "all",
        role: Some("admin"),
        message: Some("Come along"),
        end: Some(end.micros()),
        ..Open::default()
    }
    .of(&world, &band, &ada)
    .await;
    let (_, preview) = world.send("GET", &format!("/invites/{token}/info"), None).await;
    assert_eq!((&preview["role"], &preview["message"]), (&json!("admin"), &json!("Come along")));
    assert_eq!(preview["expires_at"], json!(end));
    let (_, accepted) = kim.accept(&token).await;
    assert_eq!((&accepted["outcome"], &accepted["role"]), (&json!("joined"), &json!("admin")));
    assert_eq!(kim.get(&format!("/bands/{band}")).await.1["role"], "admin");
    assert_eq!(shown(&ada, &first).await["role"], "admin");
    plan::check(&world);
    through(&world).await;
    let changed = shown(&ada, &second).await;
    assert_eq!((&changed["role"], &changed["message"]), (&json!("admin"), &json!("Come along")));
    assert_eq!(shown(&ada, &other).await["role"], "member");
    for invite in [&first, &second] {
        assert_eq!(edits(&ada, &band, invite).await, [json!("role member to admin, end")]);
    }
    assert!(edits(&ada, &band, &other).await.is_empty());
}

async fn a_change_of_one_invite_comes_after_that_of_the_campaign(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band).await;
    let (one, _) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    let (again, _) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    assert_eq!(ada.delete(&format!("/invites/{again}")).await.0, 204);
    Open { campaign: Some(&campaign), which: "all", role: Some("admin"), message: Some("All"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    world.clock.pass_seconds(1);
    let (status, edited) = ada.patch(&format!("/invites/{one}"), json!({ "role": "member" })).await;
    assert_eq!((status, &edited["role"], &edited["message"]), (200, &json!("member"), &json!("All")));
    assert_eq!(ada.post(&format!("/invites/{again}/restore"), json!({})).await.0, 200);
    let (new, _) = ada.invite(&band, json!({ "campaign_id": campaign, "role": "member" })).await;
    through(&world).await;
    for invite in [&one, &again, &new] {
        assert_eq!(shown(&ada, invite).await["role"], "member");
    }
    assert_eq!(edits(&ada, &band, &one).await, [json!("role admin to member"), json!("role member to admin")]);
}

async fn what_is_given_a_longer_life_is_not_swept_before_that_is_written(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band).await;
    let short = json!({ "campaign_id": campaign, "ttl_hours": 1 });
    let ((one, token), (two, _)) = (ada.invite(&band, short.clone()).await, ada.invite(&band, short).await);
    let end = world.clock.now().plus_seconds(10 * 3_600);
    Open { campaign: Some(&campaign), which: "all", end: Some(end.micros()), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    world.clock.pass_hours(2);
    assert_eq!(kim.accept(&token).await.0, 200);
    sweep::expire(&world.app).await.unwrap();
    assert_eq!(shown(&ada, &one).await["status"], "accepted");
    assert_eq!(shown(&ada, &two).await["status"], "pending");
    world.clock.pass_hours(9);
    sweep::expire(&world.app).await.unwrap();
    assert_eq!(shown(&ada, &two).await["cancel_reason"], "expired");
}

async fn decisions_are_written_in_their_order(world: World) {
    let (ada, joe, kim) = (world.account("ada").await, world.account("joe").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let campaign = tour(&ada, &band).await;
    let (invite, _) = joe.invite(&band, json!({ "campaign_id": campaign })).await;
    let (kept, token) = joe.invite(&band, json!({})).await;
    Open { campaign: Some(&campaign), which: "all", role: Some("admin"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    // It is to admin by now, though its row does not say so: it ends with the right of who made it.
    assert_eq!(ada.patch(&format!("/bands/{band}/members/{}", id(&joe)), json!({ "role": "member" })).await.0, 200);
    let ended = shown(&ada, &invite).await;
    assert_eq!((&ended["role"], &ended["cancel_reason"]), (&json!("admin"), &json!("inviter_removed")));
    assert_eq!(kim.accept(&token).await.1["role"], "member");
    assert_eq!(shown(&ada, &kept).await["status"], "accepted");
    through(&world).await;
}

async fn what_ends_is_counted_by_the_first_decision_alone(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band).await;
    let of_it = json!({ "campaign_id": campaign });
    ada.invite(&band, of_it.clone()).await;
    world.copy_invites(1_200).await;
    Open { campaign: Some(&campaign), which: "all", reason: Some("campaign_expired"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    // Made after that, and so none of it.
    ada.invite(&band, of_it).await;
    let (status, answer) = ada.delete(&format!("/campaigns/{campaign}")).await;
    assert_eq!((status, &answer["cancelled"]), (200, &json!(1)), "{answer}");
    through(&world).await;
    let with = async |reason: &str| {
        world.number(&format!("SELECT COUNT(*) AS n FROM invite WHERE cancel_reason = '{reason}'")).await
    };
    assert_eq!((with("campaign_expired").await, with("campaign_deleted").await), (1_201, 1));
}

async fn thousands_end_with_their_maker_and_nobody_elses(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    for _ in 0..3 {
        let rows = vec![json!({}); 700];
        assert_eq!(joe.post(&format!("/bands/{band}/invites/bulk"), json!({ "rows": rows })).await.0, 201);
    }
    let (others, _) = ada.invite(&band, json!({})).await;
    let member = format!("/bands/{band}/members/{}?revoke_invites=true", id(&joe));
    assert_eq!(ada.delete(&member).await.0, 204);
    let ended = "SELECT COUNT(*) AS n FROM invite WHERE cancel_reason = 'inviter_removed'";
    assert_eq!(world.number(ended).await, 2_100);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM decision").await, 0);
    assert_eq!(shown(&ada, &others).await["status"], "pending");
}

async fn thousands_change_with_their_campaign(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band).await;
    ada.invite(&band, json!({ "campaign_id": campaign })).await;
    world.copy_invites(2_100).await;
    let (status, changed) = ada.patch(&format!("/campaigns/{campaign}"), json!({ "role": "admin" })).await;
    assert_eq!((status, &changed["role"]), (200, &json!("admin")));
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM invite WHERE role = 'admin'").await, 2_101);
    let told = "SELECT COUNT(*) AS n FROM audit WHERE action = 'invite.edited' AND detail = 'role member to admin'";
    assert_eq!(world.number(told).await, 2_101);
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM decision").await, 0);
}

async fn an_account_goes_whatever_it_made(world: World) {
    let (ada, joe, kim) = (world.account("ada").await, world.account("joe").await, world.account("kim").await);
    let mut tokens = Vec::new();
    for name in ["Choir", "Brass"] {
        let band = ada.band(name).await;
        let_in(&ada, &band, "admin", &[&joe]).await;
        tokens.push(joe.invite(&band, json!({ "role": "admin" })).await.1);
    }
    assert_eq!(joe.delete("/me").await.0, 204);
    for token in tokens {
        assert_eq!(kim.accept(&token).await.1["code"], "invite_cancelled");
    }
    assert_eq!(world.number("SELECT COUNT(*) AS n FROM decision").await, 0);
}

async fn a_clock_that_is_set_back_lets_nothing_escape_a_decision(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let (to_admin, admins) = joe.invite(&band, json!({ "role": "admin" })).await;
    let (_, plain) = joe.invite(&band, json!({})).await;
    let campaign = tour(&ada, &band).await;
    let (of_tour, tours) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    world.clock.pass_hours(-1);
    assert_eq!(ada.delete(&format!("/bands/{band}/members/{}", id(&joe))).await.0, 204);
    assert_eq!(ada.post(&format!("/campaigns/{campaign}/expire"), json!({})).await.1["cancelled"], 1);
    assert_eq!(shown(&ada, &to_admin).await["cancel_reason"], "inviter_removed");
    assert_eq!(shown(&ada, &of_tour).await["cancel_reason"], "campaign_expired");
    for (token, code) in [(admins, "removed"), (plain, "removed"), (tours, "removed")] {
        let (status, problem) = joe.accept(&token).await;
        assert!(status == 403 && problem["code"] == code || status == 410, "{status} {problem}");
    }
    let members = ada.get(&format!("/bands/{band}/members")).await.1;
    assert_eq!(members["total"], 1, "{members}");
}

async fn what_is_restored_after_a_decision_is_none_of_it(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band).await;
    let (invite, _) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    assert_eq!(ada.delete(&format!("/invites/{invite}")).await.0, 204);
    Open { campaign: Some(&campaign), which: "all", message: Some("Later"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    assert_eq!(ada.post(&format!("/invites/{invite}/restore"), json!({})).await.0, 200);
    through(&world).await;
    assert_eq!(shown(&ada, &invite).await["message"], json!(null));
}

async fn whoever_looks_is_told_what_was_decided(world: World) {
    let (ada, joe, kim) = (world.account("ada").await, world.account("joe").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let campaign = tour(&ada, &band).await;
    let (gone, _) = joe.invite(&band, json!({ "username": "kim" })).await;
    let (changed, _) = ada.invite(&band, json!({ "campaign_id": campaign, "ttl_hours": 1 })).await;
    let asking = json!({ "campaign_id": campaign, "requires_approval": true });
    let (asked, token) = ada.invite(&band, asking).await;
    assert_eq!(kim.accept(&token).await.0, 202);
    assert_eq!(kim.get("/me/sync").await.1["inbox"]["pending"], 1);
    let end = world.clock.now().plus_seconds(7_200);
    Open { maker: Some(id(&joe)), which: "all", reason: Some("inviter_removed"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    Open { campaign: Some(&campaign), which: "all", role: Some("admin"), end: Some(end.micros()), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    world.clock.pass_hours(1);
    let list = ada.get(&format!("/bands/{band}/invites")).await.1;
    let told = async |invite: &str| {
        let one = shown(&ada, invite).await;
        let listed = list["invites"].as_array().unwrap().iter().find(|i| i["id"] == invite).unwrap();
        assert_eq!(&one, listed);
        one
    };
    let one = told(&gone).await;
    assert_eq!((&one["status"], &one["cancel_reason"]), (&json!("cancelled"), &json!("inviter_removed")));
    assert_eq!(one["acted_by"]["username"], "ada");
    let one = told(&changed).await;
    assert_eq!((&one["status"], &one["role"], &one["expires_at"]), (&json!("pending"), &json!("admin"), &json!(end)));
    assert_eq!(kim.get("/me/sync").await.1["inbox"]["pending"], 0);
    assert_eq!(kim.get("/me/invites").await.1["invites"], json!([]));
    let found = ada.get(&format!("/accounts?q=kim&band={band}")).await.1;
    assert_eq!(found["accounts"][0]["state"], "none");
    let wishes = ada.get(&format!("/bands/{band}/join-requests")).await.1;
    assert_eq!(wishes["join_requests"][0]["role"], "admin");
    Open { campaign: Some(&campaign), which: "all", reason: Some("campaign_expired"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    assert!(requests(&ada, &band, "pending").await.is_empty(), "{asked}");
    let before = kim.get("/me/sync").await.1["inbox"].clone();
    plan::check(&world);
    through(&world).await;
    assert_eq!(kim.get("/me/sync").await.1["inbox"], before);
    assert_eq!(shown(&ada, &gone).await["cancel_reason"], "inviter_removed");
}

async fn another_invite_takes_the_place_of_one_that_a_decision_ended(world: World) {
    let (ada, joe, _kim) = (world.account("ada").await, world.account("joe").await, world.account("kim").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let mut old = Vec::new();
    for wish in [
        json!({ "username": "kim" }),
        json!({ "email": "pat@example.org", "ttl_hours": 1 }),
        json!({ "email": "sam@example.org" }),
        json!({ "email": "max@example.org" }),
    ] {
        old.push(joe.invite(&band, wish).await.0);
    }
    Open { maker: Some(id(&joe)), which: "all", reason: Some("inviter_removed"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    world.clock.pass_hours(1);
    ada.invite(&band, json!({ "username": "kim" })).await;
    ada.invite(&band, json!({ "email": "pat@example.org" })).await;
    let bulk = format!("/bands/{band}/invites/bulk");
    let rows = json!([{ "email": "sam@example.org" }, { "email": "max@example.org" }]);
    for (body, status) in [
        (json!({ "rows": rows, "dry_run": true }), 201),
        (json!({ "rows": [rows[0]], "on_existing": "replace" }), 201),
        (json!({ "rows": [rows[1]] }), 201),
        (json!({ "rows": rows }), 422),
    ] {
        let (told, answer) = ada.post(&bulk, body).await;
        assert_eq!(told, status, "{answer}");
    }
    through(&world).await;
    for invite in &old {
        assert_eq!(shown(&ada, invite).await["cancel_reason"], "inviter_removed");
    }
}

async fn what_a_decision_ended_is_not_superseded_removed_or_opted_out(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let [kim, pat, sam] = world.people(3).await.try_into().ok().unwrap();
    let mut old = Vec::new();
    for who in [&kim, &pat, &sam] {
        old.push(joe.invite(&band, json!({ "username": who.username })).await.0);
    }
    let (to_kim, to_pat) = (ada.invite(&band, json!({})).await.1, ada.invite(&band, json!({})).await.1);
    assert_eq!(pat.accept(&to_pat).await.0, 200);
    assert_eq!(shown(&ada, &old[1]).await["cancel_reason"], "superseded");
    Open { maker: Some(id(&joe)), which: "all", reason: Some("inviter_removed"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    assert_eq!(kim.accept(&to_kim).await.0, 200);
    assert_eq!(sam.send("DELETE", "/me", None).await.0, 204);
    through(&world).await;
    assert_eq!(shown(&ada, &old[0]).await["cancel_reason"], "inviter_removed");
    assert_eq!(shown(&ada, &old[2]).await["cancel_reason"], "inviter_removed");
}

async fn a_role_that_one_invite_was_given_after_a_decision_does_not_end_it(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let band = ada.band("Choir").await;
    let_in(&ada, &band, "admin", &[&joe]).await;
    let (kept, _) = joe.invite(&band, json!({})).await;
    Open { maker: Some(id(&joe)), which: "to_admin", reason: Some("inviter_removed"), ..Open::default() }
        .of(&world, &band, &ada)
        .await;
    assert_eq!(ada.patch(&format!("/invites/{kept}"), json!({ "role": "admin" })).await.0, 200);
    assert_eq!(shown(&ada, &kept).await["status"], "pending");
    through(&world).await;
    assert_eq!(shown(&ada, &kept).await["status"], "pending");
}

async fn what_one_names_of_another_band_stays_under_its_decisions(world: World) {
    let (ada, joe) = (world.account("ada").await, world.account("joe").await);
    let (band, own) = (ada.band("Choir").await, joe.band("Brass").await);
    let_in(&ada, &band, "admin", &[&joe]).await;
    let (escaping, _) = joe.invite(&band, json!({ "role": "admin" })).await;
    joe.invite(&own, json!({})).await;
    let removed = Open { maker: Some(id(&joe)), which: "to_admin", reason: Some("inviter_removed"), ..Open::default() };
    removed.of(&world, &band, &ada).await;
    Open { which: "all", message: Some("later"), ..Open::default() }.of(&world, &own, &joe).await;
    let extend = json!({ "action": "extend", "ids": [escaping], "args": { "ttl_hours": 9 } });
    let (status, answer) = joe.post(&format!("/bands/{own}/invites/actions"), extend).await;
    assert_eq!((status, &answer["failed"][0]["code"]), (200, &json!("not_found")), "{answer}");
    through(&world).await;
    assert_eq!(shown(&ada, &escaping).await["cancel_reason"], "inviter_removed");
}
