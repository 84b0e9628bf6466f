//! Invites for accounts, found by what these are called, on both databases.

use serde_json::{Value, json};

use crate::world::{Person, World, on_each_database};

on_each_database! {
    an_invite_for_an_account_is_found_by_its_names,
    its_names_stay_whatever_becomes_of_the_invite,
    those_that_are_made_together_are_found_and_acted_on_by_names,
    a_new_name_finds_the_invites_and_the_old_one_does_not,
    a_deleted_account_is_found_by_no_name,
    an_address_is_not_found_by_the_names_of_who_has_it,
    a_new_name_and_an_invite_or_an_edit_at_once_agree,
}

/// Ada's band, and somebody whose names have nothing in common.
async fn choir(world: &World) -> (Person, String, Person) {
    let (ada, yolanda) = (world.account("ada").await, world.account("yolanda").await);
    assert_eq!(yolanda.patch("/me", json!({ "display_name": "Zoë Quist" })).await.0, 200);
    let band = ada.band("Choir").await;
    (ada, band, yolanda)
}

/// How many of the band's invites are found, as many as are shown.
async fn matched(ada: &Person, band: &str, q: &str) -> usize {
    let url = reqwest::Url::parse_with_params("http://x/", [("q", q)]).unwrap();
    let (status, list) = ada.get(&format!("/bands/{band}/invites?{}", url.query().unwrap())).await;
    assert_eq!(status, 200, "{list}");
    let shown = list["invites"].as_array().unwrap().len();
    assert_eq!(list["matched"], shown, "{q}");
    shown
}

async fn assert_matched(ada: &Person, band: &str, expected: &[(&str, usize)]) {
    for (q, n) in expected {
        assert_eq!(matched(ada, band, q).await, *n, "{q}");
    }
}

async fn an_invite_for_an_account_is_found_by_its_names(world: World) {
    let (ada, band, yolanda) = choir(&world).await;
    ada.invite(&band, json!({ "username": "Yolanda", "label": "the drummer" })).await;
    ada.invite(&band, json!({ "label": "a singer" })).await;
    let found = [("yola", 1), ("LAND", 1), ("YO", 1), ("y", 1), ("zoë", 1), ("zo", 1), ("quist", 1), ("drum", 1)];
    assert_matched(&ada, &band, &found).await;
    assert_matched(&ada, &band, &[("la", 0), ("qu", 0), ("anda zo", 0), ("yolanda@example.org", 0)]).await;
    let other = ada.band("Brass & Bone").await;
    ada.invite(&other, json!({ "account_id": yolanda.account["id"] })).await;
    assert_matched(&ada, &other, &[("yola", 1), ("quist", 1)]).await;
    assert_eq!(matched(&ada, &band, "yola").await, 1, "one band's invites are not another's");
}

async fn its_names_stay_whatever_becomes_of_the_invite(world: World) {
    let (ada, band, _yolanda) = choir(&world).await;
    let (id, _) = ada.invite(&band, json!({ "username": "yolanda", "label": "the drummer" })).await;
    let names = |n| [("yola", n), ("quist", n)];
    for label in [json!("the singer"), json!(null)] {
        assert_eq!(ada.patch(&format!("/invites/{id}"), json!({ "label": label })).await.0, 200);
        assert_matched(&ada, &band, &names(1)).await;
    }
    assert_matched(&ada, &band, &[("drum", 0), ("sing", 0)]).await;
    assert_eq!(ada.post(&format!("/invites/{id}/rotate"), json!({})).await.0, 200);
    assert_matched(&ada, &band, &names(1)).await;
    assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
    assert_matched(&ada, &band, &names(1)).await;
    assert_eq!(ada.post(&format!("/invites/{id}/restore"), json!({})).await.0, 200);
    assert_matched(&ada, &band, &names(1)).await;
    ada.invite(&band, json!({ "username": "yolanda", "on_existing": "replace" })).await;
    assert_matched(&ada, &band, &names(2)).await;
}

async fn those_that_are_made_together_are_found_and_acted_on_by_names(world: World) {
    let (ada, _, _yolanda) = choir(&world).await;
    world.account("kim").await;
    let rows = json!([{ "username": "yolanda", "name": "Drums" }, { "username": "kim" }, {}]);
    for (path, wish) in
        [("invites/bulk", json!({ "rows": rows })), ("campaigns", json!({ "name": "Tour", "rows": rows }))]
    {
        let band = ada.band("Duo").await;
        let (status, made) = ada.post(&format!("/bands/{band}/{path}"), wish).await;
        assert_eq!((status, &made["created"]), (201, &json!(3)), "{made}");
        assert_matched(&ada, &band, &[("yola", 1), ("quist", 1), ("kim", 1), ("drums", 1)]).await;
        for q in ["quist", "ki"] {
            let revoke = json!({ "action": "revoke", "filter": { "q": q } });
            let (status, answer) = ada.post(&format!("/bands/{band}/invites/actions"), revoke).await;
            assert_eq!((status, &answer["done"], &answer["failed"]), (200, &json!(1), &json!([])), "{q}: {answer}");
        }
        let (_, pending) = ada.get(&format!("/bands/{band}/invites?status=pending")).await;
        let kinds: Vec<&Value> = pending["invites"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
        assert_eq!(kinds, ["link"], "the others were acted on, and this one was not");
    }
}

async fn a_new_name_finds_the_invites_and_the_old_one_does_not(world: World) {
    let (ada, band, yolanda) = choir(&world).await;
    let other = ada.band("Brass & Bone").await;
    let (ended, _) = ada.invite(&band, json!({ "username": "yolanda", "label": "the drummer" })).await;
    assert_eq!(ada.delete(&format!("/invites/{ended}")).await.0, 204);
    ada.invite(&band, json!({ "username": "yolanda" })).await;
    ada.invite(&other, json!({ "username": "yolanda" })).await;
    assert_eq!(yolanda.patch("/me", json!({ "display_name": "Wanda" })).await.0, 200);
    assert_matched(&ada, &band, &[("quist", 0), ("zo", 0), ("wanda", 2), ("wa", 2), ("yola", 2), ("drum", 1)]).await;
    assert_matched(&ada, &other, &[("quist", 0), ("wanda", 1), ("yola", 1)]).await;
    ada.invite(&band, json!({ "username": "yolanda", "on_existing": "replace" })).await;
    assert_matched(&ada, &band, &[("quist", 0), ("wanda", 3)]).await;
}

async fn a_deleted_account_is_found_by_no_name(world: World) {
    let (ada, band, yolanda) = choir(&world).await;
    let other = ada.band("Brass & Bone").await;
    let (ended, _) = ada.invite(&band, json!({ "username": "yolanda", "label": "the drummer" })).await;
    assert_eq!(ada.delete(&format!("/invites/{ended}")).await.0, 204);
    ada.invite(&band, json!({ "username": "yolanda" })).await;
    let (_, token) = ada.invite(&other, json!({ "username": "yolanda" })).await;
    assert_eq!(yolanda.accept(&token).await.0, 200);
    assert_matched(&ada, &band, &[("yola", 2), ("quist", 2)]).await;
    assert_matched(&ada, &other, &[("yola", 1), ("quist", 1)]).await;
    assert_eq!(yolanda.delete("/me").await.0, 204);
    let nobody = format!("-{}", yolanda.account["id"].as_str().unwrap());
    for band in [&band, &other] {
        let none = ["yola", "yo", "quist", "zo", "deleted", "de", &nobody].map(|q| (q, 0));
        assert_matched(&ada, band, &none).await;
    }
    assert_eq!(matched(&ada, &band, "drum").await, 1, "the label is the band's");
}

async fn an_address_is_not_found_by_the_names_of_who_has_it(world: World) {
    let (ada, band, yolanda) = choir(&world).await;
    let email = yolanda.account["email"].as_str().unwrap_or("yolanda@example.org");
    ada.invite(&band, json!({ "email": email })).await;
    assert_matched(&ada, &band, &[("yolanda@", 1), ("quist", 0), ("zo", 0)]).await;
    assert_eq!(yolanda.patch("/me", json!({ "display_name": "Wanda" })).await.0, 200);
    assert_matched(&ada, &band, &[("yolanda@", 1), ("wanda", 0)]).await;
}

async fn a_new_name_and_an_invite_or_an_edit_at_once_agree(world: World) {
    let (ada, _, yolanda) = choir(&world).await;
    for n in 0..12 {
        let (band, of_before) = (ada.band("Duo").await, ada.band("Trio").await);
        let (id, _) = ada.invite(&of_before, json!({ "username": "yolanda" })).await;
        let (name, before) = (format!("Wanda {n:02}"), format!("Wanda {:02}", n - 1));
        let edited = format!("/invites/{id}");
        let ((status, _), _, (edited, _)) = tokio::join!(
            yolanda.patch("/me", json!({ "display_name": name })),
            ada.invite(&band, json!({ "username": "yolanda" })),
            ada.patch(&edited, json!({ "label": "the drummer" })),
        );
        assert_eq!((status, edited), (200, 200));
        assert_matched(&ada, &band, &[(&name, 1), (&before, 0), ("quist", 0), ("yola", 1)]).await;
        assert_matched(&ada, &of_before, &[(&name, 1), (&before, 0), ("quist", 0), ("drum", 1)]).await;
    }
}
