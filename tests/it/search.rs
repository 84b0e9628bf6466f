//! Finding people to invite, on both databases.

use serde_json::{Value, json};

use crate::{
    members::{code, id, let_in},
    world::{Person, World, on_each_database},
};

on_each_database! {
    people_are_found_by_their_names_and_never_by_or_with_an_address,
    a_name_that_is_typed_whole_is_found_among_many_like_it,
    what_is_found_follows_names_and_deletions,
    one_letter_is_too_few,
    how_people_stand_to_a_band_is_told_to_those_who_invite_there,
}

async fn search(person: &Person, query: &[(&str, &str)]) -> (u16, Value) {
    let url = reqwest::Url::parse_with_params("http://x/", query).unwrap();
    person.get(&format!("/accounts?{}", url.query().unwrap())).await
}

/// The user names that are found, with how they stand to the band.
async fn found(person: &Person, query: &[(&str, &str)]) -> Vec<(String, String)> {
    let (status, answer) = search(person, query).await;
    assert_eq!(status, 200, "{answer}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer["accounts"].as_array().unwrap().iter().map(|one| (text(&one["username"]), text(&one["state"]))).collect()
}

async fn names(person: &Person, q: &str) -> Vec<String> {
    found(person, &[("q", q)]).await.into_iter().map(|(name, _)| name).collect()
}

async fn people_are_found_by_their_names_and_never_by_or_with_an_address(world: World) {
    let (ada, kim, _sam) = (world.account("ada").await, world.account("kim").await, world.account("sam").await);
    kim.patch("/me", json!({ "display_name": "Kim Réed" })).await;
    for (q, expected) in [
        ("ki", vec!["kim"]),
        ("@KIM", vec!["kim"]),
        ("Réed", vec!["kim"]),
        ("m r", vec!["kim"]),
        ("im", vec![]),
        ("am", vec![]),
        ("sam", vec!["sam"]),
        ("%am", vec![]),
        ("kim@example.org", vec![]),
        ("example", vec![]),
        ("nobody", vec![]),
    ] {
        assert_eq!(names(&ada, q).await, expected, "{q}");
    }
    let (_, answer) = search(&ada, &[("q", "kim")]).await;
    let expected = json!([{ "id": id(&kim), "username": "kim", "display_name": "Kim Réed", "state": "none" }]);
    assert_eq!(answer["accounts"], expected);
}

async fn a_name_that_is_typed_whole_is_found_among_many_like_it(world: World) {
    let ada = world.account("ada").await;
    for n in 0..24 {
        let name = if n == 23 { "sam".to_owned() } else { format!("sam{n:02}") };
        world.account(&name).await;
    }
    let other = world.account("zoe").await;
    other.patch("/me", json!({ "display_name": "Samuel" })).await;
    let all = names(&ada, "SAM").await;
    assert_eq!(all.len(), 20);
    assert_eq!(all[..3], ["sam", "sam00", "sam01"]);
    // What is left of the answer is for those with a part elsewhere.
    assert_eq!(names(&ada, "sam1").await.len(), 10);
    assert_eq!(names(&ada, "amu").await, ["zoe"]);
}

async fn what_is_found_follows_names_and_deletions(world: World) {
    let (ada, kim) = (world.account("ada").await, world.account("kim").await);
    kim.patch("/me", json!({ "display_name": "Yuki" })).await;
    assert_eq!(names(&ada, "yuki").await, ["kim"]);
    kim.patch("/me", json!({ "display_name": "Amara" })).await;
    assert_eq!((names(&ada, "yuki").await, names(&ada, "amara").await), (vec![], vec!["kim".to_owned()]));
    assert_eq!(kim.delete("/me").await.0, 204);
    for q in ["kim", "amara", "deleted", &format!("-{}", id(&kim)), id(&kim)] {
        assert_eq!(names(&ada, q).await, Vec::<String>::new(), "{q}");
    }
}

async fn one_letter_is_too_few(world: World) {
    let ada = world.account("ada").await;
    for q in ["", "a", " a ", "@a", "@", "e\u{301}", "\u{7}\u{7}a"] {
        let (status, problem) = search(&ada, &[("q", q)]).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("q")), "{q:?}");
    }
    assert_eq!(ada.get("/accounts").await.0, 422);
    assert_eq!(ada.get("/accounts?q=%00%00").await.0, 422);
    assert_eq!(search(&ada, &[("q", "ada"), ("limit", "5")]).await.0, 422);
    assert_eq!(search(&ada, &[("q", "ada"), ("band", "nonsense")]).await.0, 404);
}

async fn how_people_stand_to_a_band_is_told_to_those_who_invite_there(world: World) {
    let ada = world.account("ada").await;
    let (band, other) = (ada.band("Choir").await, ada.band("Duo").await);
    let mut people = Vec::new();
    for name in ["p-declined", "p-elsewhere", "p-expired", "p-invited", "p-link", "p-member", "p-none", "p-twice"] {
        people.push(world.account(name).await);
    }
    let [declined, elsewhere, expired, invited, link, member, none, twice] = people.try_into().ok().unwrap();
    let_in(&ada, &band, "member", &[&member]).await;
    for (band, person) in [(&band, &invited), (&other, &elsewhere), (&band, &declined), (&band, &twice)] {
        let (invite, token) = ada.invite(band, json!({})).await;
        world.address(&invite, person).await;
        if person.username == "p-declined" || person.username == "p-twice" {
            assert_eq!(person.post(&format!("/invites/{token}/decline"), json!({})).await.0, 204);
        }
    }
    let (again, _) = ada.invite(&band, json!({})).await;
    world.address(&again, &twice).await;
    let (short, _) = ada.invite(&band, json!({ "ttl_hours": 1 })).await;
    world.address(&short, &expired).await;
    let (_, token) = ada.invite(&band, json!({})).await;
    assert_eq!(link.post(&format!("/invites/{token}/decline"), json!({})).await.0, 204);
    world.clock.pass_hours(1);
    let states: Vec<(String, String)> = found(&ada, &[("q", "p-"), ("band", &band)]).await;
    let of = |name: &str, state: &str| (name.to_owned(), state.to_owned());
    let expected = [
        of("p-declined", "declined"),
        of("p-elsewhere", "none"),
        of("p-expired", "none"),
        of("p-invited", "invited"),
        of("p-link", "none"),
        of("p-member", "member"),
        of("p-none", "none"),
        of("p-twice", "invited"),
    ];
    assert_eq!(states, expected);
    assert!(found(&ada, &[("q", "p-")]).await.iter().all(|(_, state)| state == "none"), "no band, no state");
    let to_band = [("q", "p-"), ("band", band.as_str())];
    assert_eq!(code(search(&member, &to_band).await), (403, "forbidden".to_owned()));
    assert_eq!(code(search(&none, &to_band).await), (404, "not_found".to_owned()));
}
