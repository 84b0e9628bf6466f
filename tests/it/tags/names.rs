//! Whom bands name, and that a new name and none are seen wherever that is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Look, Watch, settings};
use crate::{
    counts,
    description::Description,
    mail::verify,
    members::{id, let_in},
    registration::newcomer,
    world::{Person, World},
};

/// A band whose lists name many who are not in it, each for another reason.
struct Scene {
    owner: Person,
    member: Person,
    band: String,
    campaign: String,
    /// Those outside, with the reason.
    outside: Vec<(&'static str, Person)>,
}

pub async fn done(answer: impl Future<Output = (u16, Value)>) -> Value {
    let (status, answer) = answer.await;
    assert!((200..300).contains(&status), "{status} {answer}");
    answer
}

/// Who invited, made and ended this and that, and left.
async fn manager_who_left(owner: &Person, band: &str, manager: &Person, member: &Person, banned: &Person) -> String {
    let path = format!("/bands/{band}");
    let_in(owner, band, "admin", &[manager]).await;
    let_in(manager, band, "member", &[member]).await;
    manager.invite(band, json!({})).await;
    let (ended, _) = manager.invite(band, json!({})).await;
    done(manager.delete(&format!("/invites/{ended}"))).await;
    let made = done(manager.post(&format!("{path}/campaigns"), json!({ "name": "Tour" }))).await;
    done(manager.post(&format!("{path}/templates"), json!({ "name": "Drummers" }))).await;
    done(manager.delete(&format!("{path}/members/{}?ban=true", id(banned)))).await;
    done(manager.post(&format!("{path}/leave"), json!({}))).await;
    made["campaign"]["id"].as_str().unwrap().to_owned()
}

async fn scene(world: &World) -> Scene {
    let [owner, member, brought, other, manager, banned, used, invited, asks, denied, declined, elsewhere] =
        world.people(12).await.try_into().ok().unwrap();
    let band = owner.band("Choir").await;
    let path = format!("/bands/{band}");
    done(owner.patch(&path, json!({ "join": "request", "invite_permission": "members" }))).await;
    let_in(&owner, &band, "member", &[&banned]).await;
    let_in(&banned, &band, "member", &[&brought]).await;
    let campaign = manager_who_left(&owner, &band, &manager, &member, &banned).await;
    let_in(&owner, &band, "member", &[&used]).await;
    done(used.post(&format!("{path}/leave"), json!({}))).await;
    owner.invite(&band, json!({ "username": invited.username })).await;
    done(denied.post(&format!("{path}/join"), json!({}))).await;
    let request = done(owner.get(&format!("{path}/join-requests"))).await["join_requests"][0]["id"].clone();
    done(owner.post(&format!("{path}/join-requests/{}/deny", request.as_str().unwrap()), json!({}))).await;
    done(asks.post(&format!("{path}/join"), json!({}))).await;
    let (_, link) = owner.invite(&band, json!({})).await;
    done(declined.post(&format!("/invites/{link}/decline"), json!({}))).await;
    // By an address that nobody here knows to be this account's.
    verify(world, &elsewhere.username).await;
    owner.invite(&band, json!({ "email": format!("{}@example.org", elsewhere.username) })).await;
    let second = other.band("Brass & Bone").await;
    let_in(&other, &second, "member", &[&elsewhere]).await;
    let (_, link) = owner.invite(&band, json!({ "max_uses": 2 })).await;
    let registered = newcomer(world, "newcomer", json!({ "invite": link })).await;
    let outside = vec![
        ("who managed and left", manager),
        ("who is banned", banned),
        ("who came in and left", used),
        ("whom an invite is for", invited),
        ("who asks to come in", asks),
        ("who was refused", denied),
        ("who declined", declined),
        ("who came into another band", elsewhere),
        ("who signed up", registered),
    ];
    Scene { owner, member, band, campaign, outside }
}

/// All that a band shows to its owner and to a member.
async fn looks(scene: &Scene) -> Vec<Look<'_>> {
    let path = format!("/bands/{}", scene.band);
    let mut looks = Vec::new();
    let mut look = |person, operation, path| looks.push(Look { person, operation, path });
    for (operation, more) in [
        ("/bands/{id}/members", "/members"),
        ("/bands/{id}/tree", "/tree"),
        ("/bands/{id}/tree", "/tree?under=nobody"),
        ("/bands/{id}/invites", "/invites"),
        ("/bands/{id}/bans", "/bans"),
        ("/bands/{id}/join-requests", "/join-requests"),
        ("/bands/{id}/join-requests", "/join-requests?status=denied"),
        ("/bands/{id}/campaigns", "/campaigns"),
        ("/bands/{id}/templates", "/templates"),
        ("/bands/{id}/stats", "/stats"),
        ("/bands/{id}/audit", "/audit?limit=200"),
    ] {
        look(&scene.owner, operation, format!("{path}{more}"));
    }
    look(&scene.owner, "/campaigns/{id}", format!("/campaigns/{}", scene.campaign));
    let list = done(scene.owner.get(&format!("{path}/invites?limit=200"))).await;
    for invite in list["invites"].as_array().unwrap() {
        let path = format!("/invites/{}", invite["id"].as_str().unwrap());
        look(&scene.owner, "/invites/{id}/redemptions", format!("{path}/redemptions"));
        look(&scene.owner, "/invites/{id}", path);
    }
    look(&scene.member, "/bands/{id}/members", format!("{path}/members"));
    look(&scene.member, "/bands/{id}/tree", format!("{path}/tree"));
    looks
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_a_band_names_is_seen_under_a_new_name_and_under_none() {
    for world in World::each_with(settings()).await {
        let scene = scene(&world).await;
        let mut watch = Watch::of(looks(&scene).await).await;
        let mut unnamed = Vec::new();
        for (why, person) in &scene.outside {
            let name = format!("Now {}", person.username);
            done(person.patch("/me", json!({ "display_name": name }))).await;
            watch.after(&format!("another name of {why}")).await;
            if !watch.seen.iter().any(|seen| seen.body.to_string().contains(&name)) {
                unnamed.push(*why);
            }
        }
        assert!(unnamed.is_empty(), "nothing is said of {unnamed:?}");
        for (why, person) in &scene.outside {
            done(person.delete("/me")).await;
            watch.after(&format!("no name any more of {why}")).await;
            let name = format!("Now {}", person.username);
            assert!(!watch.seen.iter().any(|seen| seen.body.to_string().contains(&name)), "{why}");
        }
        watch.end();
        counts::add_up(world.app.store()).await;
    }
}

/// What the description says of where people stand in an answer.
fn places(document: &Value, schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        if name.ends_with("/Person") {
            let _ = found.insert(at.to_owned());
        } else {
            places(document, document.pointer(name.trim_start_matches('#')).unwrap(), at, found);
        }
    }
    for part in ["oneOf", "anyOf", "allOf"] {
        for one in schema[part].as_array().into_iter().flatten() {
            places(document, one, at, found);
        }
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        places(document, field, &format!("{at}.{name}"), found);
    }
    if schema["items"].is_object() {
        places(document, &schema["items"], &format!("{at}[]"), found);
    }
}

/// Where one of these people stands in an answer.
fn standing(value: &Value, people: &BTreeSet<&str>, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let is_one = fields.contains_key("username") && value["id"].as_str().is_some_and(|id| people.contains(id));
            if is_one {
                let _ = found.insert(at.to_owned());
            }
            for (name, field) in fields {
                standing(field, people, &format!("{at}.{name}"), found);
            }
        }
        Value::Array(all) => all.iter().for_each(|one| standing(one, people, &format!("{at}[]"), found)),
        _ => {}
    }
}

/// Where members alone stand: a new name of theirs is seen by way of what they are.
const MEMBERS: [&str; 2] = ["/bands/{id}/members .members[].account", "/bands/{id}/tree .nodes[].account"];

/// What no band shows: lists of one's own, and of those who run the site.
const OWN: [&str; 5] = ["/me/invites", "/me/blocks", "/site/blocks", "/site/codes", "/accounts"];

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_band_names_somebody_it_names_one_from_outside_here() {
    let world = World::sqlite_with(settings()).await;
    let scene = scene(&world).await;
    let description = Description::of(&world).await;
    let mut said = BTreeSet::new();
    for (method, path) in description.operations() {
        if method == "GET" && !OWN.contains(&path.as_str()) {
            let mut found = BTreeSet::new();
            places(&description.0, description.good("GET", &path), "", &mut found);
            said.extend(found.into_iter().map(|at| format!("{path} {at}")));
        }
    }
    said.retain(|place| !MEMBERS.contains(&place.as_str()));
    assert!(said.len() > 15, "{said:?}");
    let people: BTreeSet<&str> = scene.outside.iter().map(|(_, person)| id(person)).collect();
    let mut named = BTreeSet::new();
    for look in looks(&scene).await {
        let mut found = BTreeSet::new();
        standing(&done(look.person.get(&look.path)).await, &people, "", &mut found);
        named.extend(found.into_iter().map(|at| format!("{} {at}", look.operation)));
    }
    assert_eq!(
        named, said,
        "have one from outside stand there in this scene, and see that a new name of theirs is told"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_told_once_in_each_of_many_bands_and_by_two_at_once() {
    for world in World::each_with(settings()).await {
        let [kim, sam]: [Person; 2] = world.people(2).await.try_into().ok().unwrap();
        let fresh = world.app.store().dialect().pick("randomblob(16)", "gen_random_uuid()");
        world
            .run(&format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
                 INSERT INTO band (id, name, join_mode, invite_permission, created_at)
                 SELECT {fresh}, 'One of many', 'invite', 'admins', 0 FROM n"
            ))
            .await;
        world
            .run(
                "INSERT INTO mention (account, band)
                 SELECT a.id, b.id FROM account a, band b WHERE b.name = 'One of many'",
            )
            .await;
        for turn in 1..=3 {
            let name = json!({ "display_name": format!("Turn {turn}") });
            let (one, two) = tokio::join!(kim.patch("/me", name.clone()), sam.patch("/me", name));
            assert_eq!((one.0, two.0), (200, 200), "{turn}: {} {}", one.1, two.1);
        }
        let told = "SELECT COUNT(*) AS n FROM band WHERE name = 'One of many' AND revision = 6";
        assert_eq!(world.number(told).await, 300);
    }
}
