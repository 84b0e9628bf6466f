//! Signing up, in and out, on both databases.

use serde_json::json;

use crate::world::{PASSWORD, World, on_each_database};

on_each_database! {
    a_person_signs_up_in_and_out,
    letter_case_makes_no_second_account,
    names_are_answered_in_one_form_however_they_were_typed,
    every_refused_field_is_named,
    a_wrong_password_and_an_unknown_name_get_one_answer,
    the_page_of_an_invite_answers_a_wrong_password_and_an_unknown_name_alike,
    a_device_is_signed_out_from_another,
}

async fn a_person_signs_up_in_and_out(world: World) {
    let ada = world.account("ada").await;
    let (status, me) = ada.get("/me").await;
    assert_eq!((status, &me["username"], &me["email_verified"]), (200, &json!("ada"), &json!(false)));
    for login in ["ADA", "Ada@Example.org"] {
        let (status, answer) =
            world.send("POST", "/auth/login", Some(&json!({ "login": login, "password": PASSWORD }))).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["account"]["id"], me["id"]);
    }
    assert_eq!(ada.post("/auth/logout", json!({})).await.0, 204);
    let (status, problem) = ada.get("/me").await;
    assert_eq!((status, &problem["code"]), (401, &json!("unauthenticated")));
}

async fn letter_case_makes_no_second_account(world: World) {
    let register = |name: &'static str, email: &'static str| {
        let body = json!({ "username": name, "email": email, "password": PASSWORD });
        let world = &world;
        async move { world.send("POST", "/auth/register", Some(&body)).await }
    };
    let (one, two) = tokio::join!(register("Ada", "a@example.org"), register("aDA", "b@example.org"));
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let refused = if one.0 == 409 { one.1 } else { two.1 };
    assert_eq!(refused["code"], "username_taken");
    let free = if one.0 == 201 { "A@EXAMPLE.org" } else { "B@EXAMPLE.org" };
    let (status, problem) = register("bob", free).await;
    assert_eq!((status, &problem["code"]), (409, &json!("email_taken")));
}

async fn names_are_answered_in_one_form_however_they_were_typed(world: World) {
    // An `e` and a mark that combines with it; one letter.
    let (apart, one) = ("Zoe\u{308}", json!("Zo\u{eb}"));
    let body = json!({ "username": apart, "display_name": apart, "email": "zoe@example.org", "password": PASSWORD });
    let (status, made) = world.send("POST", "/auth/register", Some(&body)).await;
    assert_eq!((status, &made["account"]["username"], &made["account"]["display_name"]), (201, &one, &one));
    let zoe = world.person(made["account"].clone(), made["session"]["token"].as_str().unwrap());
    let band = zoe.band(apart).await;
    assert_eq!(zoe.get(&format!("/bands/{band}")).await.1["name"], one);
    let wishes = [("campaigns", "campaign"), ("templates", "template")];
    for (path, kind) in wishes {
        let (status, made) = zoe.post(&format!("/bands/{band}/{path}"), json!({ "name": apart })).await;
        let name = if made[kind].is_object() { &made[kind]["name"] } else { &made["name"] };
        assert_eq!((status, name), (201, &one), "{made}");
    }
}

async fn every_refused_field_is_named(world: World) {
    let body = json!({ "username": "a@b", "email": "nobody", "password": "short", "display_name": "x\u{202e}" });
    let (status, problem) = world.send("POST", "/auth/register", Some(&body)).await;
    assert_eq!((status, &problem["code"]), (422, &json!("validation")));
    let fields: Vec<&str> = problem["errors"].as_array().unwrap().iter().filter_map(|e| e["field"].as_str()).collect();
    assert_eq!(fields, ["username", "display_name", "email", "password"]);
}

async fn a_wrong_password_and_an_unknown_name_get_one_answer(world: World) {
    let _ada = world.account("ada").await;
    let mut answers = Vec::new();
    for login in ["ada", "nobody", "nobody@example.org", "\u{0}", ""] {
        answers
            .push(world.send("POST", "/auth/login", Some(&json!({ "login": login, "password": "wrong wrong" }))).await);
    }
    assert_eq!((answers[0].0, &answers[0].1["code"]), (401, &json!("invalid_credentials")));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

async fn the_page_of_an_invite_answers_a_wrong_password_and_an_unknown_name_alike(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (_, token) = ada.invite(&band, json!({})).await;
    let mut answers = Vec::new();
    // What was typed stands in its field again.
    for name in ["ada", "nobody", "ada@example.org", "nobody@example.org"] {
        let form = json!({ "act": "join", "username": name, "password": "wrong wrong" });
        let (status, html) = crate::landing::fill_in(&world, &token, &form).await;
        answers.push((status, html.replace(&format!("value=\"{name}\""), "value=\"\"")));
    }
    assert_eq!(answers[0].0, 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

async fn a_device_is_signed_out_from_another(world: World) {
    let ada = world.account("ada").await;
    let (_, other) = world.send("POST", "/auth/login", Some(&json!({ "login": "ada", "password": PASSWORD }))).await;
    assert!(other["session"]["token"].is_string());
    let (_, list) = ada.get("/me/sessions").await;
    let sessions = list["sessions"].as_array().unwrap();
    assert_eq!(sessions.iter().map(|s| s["current"] == true).collect::<Vec<_>>(), [false, true]);
    let path = format!("/me/sessions/{}", sessions[0]["id"].as_str().unwrap());
    let bob = world.account("bob").await;
    assert_eq!(bob.delete(&path).await.0, 404);
    assert_eq!(ada.delete(&path).await.0, 204);
    assert_eq!(ada.delete(&path).await.0, 404);
    assert_eq!(ada.delete("/me/sessions/nonsense").await.0, 404);
}
