//! Every answer under a tag, through many changes that others make.

use guestlist::server::sweep;
use serde_json::{Value, json};

use super::{Look, Watch, names::done, settings, tagged};
use crate::{
    counts,
    members::{id, let_in},
    world::{Person, World},
};

/// A band with something of everything, and who looks at it and who changes it.
struct Scene {
    owner: Person,
    admin: Person,
    member: Person,
    /// Outside, with an invite that waits.
    invited: Person,
    others: Vec<Person>,
    band: String,
    link: String,
    mailed: String,
    waiting: String,
    campaign: String,
    template: String,
}

impl Scene {
    async fn of(world: &World) -> Self {
        let mut others = world.people(10).await;
        let [owner, admin, member, invited]: [Person; 4] =
            others.drain(..4).collect::<Vec<_>>().try_into().ok().unwrap();
        world.make_site_admin(&owner).await;
        world.make_site_admin(&admin).await;
        let band = owner.band("Choir").await;
        let_in(&owner, &band, "admin", &[&admin]).await;
        let_in(&owner, &band, "member", &[&member]).await;
        let path = format!("/bands/{band}");
        done(owner.patch(&path, json!({ "join": "request" }))).await;
        let (link, _) = admin.invite(&band, json!({ "label": "the drummer" })).await;
        let (mailed, _) = admin.invite(&band, json!({ "email": "lee@example.org" })).await;
        let (waiting, _) = admin.invite(&band, json!({ "username": invited.username })).await;
        let made = done(admin.post(&format!("{path}/campaigns"), json!({ "name": "Tour", "rows": [{}] }))).await;
        let template = done(admin.post(&format!("{path}/templates"), json!({ "name": "Drummers" }))).await;
        let [campaign, template] = [&made["campaign"]["id"], &template["id"]].map(|id| id.as_str().unwrap().to_owned());
        Self { owner, admin, member, invited, others, band, link, mailed, waiting, campaign, template }
    }

    fn path(&self, more: &str) -> String {
        format!("/bands/{}{more}", self.band)
    }

    fn looks(&self) -> Vec<Look<'_>> {
        let mut looks = Vec::new();
        let mut look = |person, operation, path: &str| looks.push(Look { person, operation, path: path.to_owned() });
        for person in [&self.owner, &self.member] {
            look(person, "/me/sync", "/me/sync");
            look(person, "/bands", "/bands");
            look(person, "/bands/{id}", &self.path(""));
            look(person, "/bands/{id}/members", &self.path("/members"));
            look(person, "/bands/{id}/tree", &self.path("/tree"));
            look(person, "/bands/{id}/invites", &self.path("/invites"));
        }
        for person in [&self.invited, &self.others[0]] {
            look(person, "/me/sync", "/me/sync");
            look(person, "/me/invites", "/me/invites");
            look(person, "/me/join-requests", "/me/join-requests");
            look(person, "/bands", "/bands?scope=open");
        }
        let owner = &self.owner;
        for status in ["pending", "approved", "denied", "closed"] {
            look(owner, "/bands/{id}/join-requests", &self.path(&format!("/join-requests?status={status}")));
        }
        look(owner, "/bands/{id}/invites", &self.path("/invites?status=cancelled&sort=created"));
        look(owner, "/bands/{id}/bans", &self.path("/bans"));
        look(owner, "/bands/{id}/campaigns", &self.path("/campaigns"));
        look(owner, "/bands/{id}/templates", &self.path("/templates"));
        look(owner, "/bands/{id}/stats", &self.path("/stats"));
        look(owner, "/bands/{id}/audit", &self.path("/audit?limit=200"));
        look(owner, "/campaigns/{id}", &format!("/campaigns/{}", self.campaign));
        for invite in [&self.link, &self.mailed, &self.waiting] {
            look(owner, "/invites/{id}", &format!("/invites/{invite}"));
        }
        look(owner, "/invites/{id}/redemptions", &format!("/invites/{}/redemptions", self.link));
        look(owner, "/site/codes", "/site/codes");
        looks
    }
}

/// Changes by the admin: method, path, body; of each the poll tells.
async fn each(watch: &mut Watch<'_>, person: &Person, changes: &[(&str, &str, Value)]) {
    for (method, path, body) in changes {
        let body = Some(body).filter(|body| !body.is_null());
        done(person.send(method, path, body)).await;
        watch.after(&format!("{method} {path} {body:?}")).await;
    }
}

async fn band_and_members(scene: &Scene, watch: &mut Watch<'_>) {
    let (band, member) = (scene.path(""), scene.path(&format!("/members/{}", id(&scene.member))));
    let hand_over = scene.path("/transfer");
    each(
        watch,
        &scene.admin,
        &[
            ("PATCH", &band, json!({ "name": "Big Choir" })),
            ("PATCH", &band, json!({ "description": "We sing.", "contact": "Kim" })),
            ("PATCH", &band, json!({ "policy": { "max_ttl_hours": 100 } })),
            ("PATCH", &band, json!({ "join": "open" })),
            ("PATCH", &band, json!({ "join": "request" })),
            ("PATCH", &band, json!({ "invite_permission": "members" })),
            ("PATCH", &band, json!({ "invite_permission": "admins" })),
            ("PATCH", &member, json!({ "can_invite": true })),
            ("PATCH", &member, json!({ "can_invite": false })),
            ("PATCH", &member, json!({ "role": "admin" })),
            ("PATCH", "/me", json!({ "display_name": "Kim Réed" })),
        ],
    )
    .await;
    each(watch, &scene.owner, &[("PATCH", &member, json!({ "role": "member" }))]).await;
    each(watch, &scene.owner, &[("POST", &hand_over, json!({ "account_id": id(&scene.admin) }))]).await;
    each(watch, &scene.admin, &[("POST", &hand_over, json!({ "account_id": id(&scene.owner) }))]).await;
    each(watch, &scene.invited, &[("PATCH", "/me", json!({ "display_name": "Sam" }))]).await;
}

async fn invites(scene: &Scene, watch: &mut Watch<'_>, world: &World) {
    let [link, mailed, waiting] = [&scene.link, &scene.mailed, &scene.waiting].map(|id| format!("/invites/{id}"));
    let (many, bulk) = (scene.path("/invites/actions"), scene.path("/invites/bulk"));
    let all = [&scene.link, &scene.waiting];
    let _ = world.mails().await;
    watch.after("what was mailed").await;
    each(
        watch,
        &scene.admin,
        &[
            ("PATCH", &link, json!({ "label": "the singer", "max_uses": 5 })),
            ("PATCH", &waiting, json!({ "message": "Come!" })),
            ("PATCH", &waiting, json!({ "role": "admin" })),
            ("PATCH", &waiting, json!({ "ttl_hours": 90 })),
            ("POST", &format!("{link}/rotate"), json!({})),
            ("POST", &format!("{mailed}/resend"), json!({})),
            ("POST", &format!("{link}/link"), json!({})),
            ("DELETE", &waiting, Value::Null),
            ("POST", &format!("{waiting}/restore"), json!({})),
            ("POST", &bulk, json!({ "rows": [{ "name": "Kim" }, { "email": "max@example.org" }] })),
            ("POST", &many, json!({ "action": "extend", "ids": all, "args": { "ttl_hours": 80 } })),
            ("POST", &many, json!({ "action": "set_role", "ids": all, "args": { "role": "member" } })),
            ("POST", &many, json!({ "action": "revoke", "ids": all })),
            ("POST", &many, json!({ "action": "restore", "ids": all })),
        ],
    )
    .await;
    let _ = world.mails().await;
    watch.after("what was mailed again").await;
    world.clock.pass_hours(25);
    let _ = world.mails().await;
    watch.after("a reminder").await;
}

async fn campaigns_and_templates(scene: &Scene, watch: &mut Watch<'_>) {
    let (campaign, template) = (format!("/campaigns/{}", scene.campaign), format!("/templates/{}", scene.template));
    let event = json!({ "title": "Concert", "starts_at": "2027-04-10T19:30", "time_zone": "Europe/Berlin" });
    let rows = json!([{ "username": scene.others[0].username }]);
    each(
        watch,
        &scene.admin,
        &[
            ("PATCH", &campaign, json!({ "name": "Spring tour" })),
            ("PATCH", &campaign, json!({ "message": "Come along" })),
            ("PATCH", &campaign, json!({ "event": event })),
            ("PATCH", &campaign, json!({ "role": "admin" })),
            ("POST", &scene.path("/campaigns"), json!({ "name": "Autumn", "event": event, "rows": rows })),
            ("POST", &scene.path("/codes"), json!({ "count": 2, "name": "For the door" })),
            ("POST", "/site/codes", json!({ "count": 2, "name": "For all" })),
            ("PATCH", &template, json!({ "message": "Come and sing" })),
            ("POST", &scene.path("/templates"), json!({ "name": "Singers" })),
            ("POST", &format!("{campaign}/expire"), json!({})),
            ("DELETE", &campaign, Value::Null),
            ("DELETE", &template, Value::Null),
            ("PATCH", "/me", json!({ "display_name": "Kim" })),
        ],
    )
    .await;
}

async fn people(scene: &Scene, watch: &mut Watch<'_>) {
    let [asking, denied, declining, gone, erased, ..] = &scene.others[..] else { panic!("there are six") };
    let (ask, requests) = (scene.path("/join"), scene.path("/join-requests"));
    for (person, word) in [(denied, "deny"), (asking, "approve")] {
        each(watch, person, &[("POST", &ask, json!({}))]).await;
        let request = done(scene.admin.get(&requests)).await["join_requests"][0]["id"].clone();
        let say = format!("{requests}/{}/{word}", request.as_str().unwrap());
        each(watch, &scene.admin, &[("POST", &say, json!({}))]).await;
    }
    let (_, token) = scene.admin.invite(&scene.band, json!({})).await;
    watch.after("a new invite").await;
    each(watch, declining, &[("POST", &format!("/invites/{token}/decline"), json!({ "block": "band" }))]).await;
    let shown = done(scene.admin.post(&format!("/invites/{}/link", scene.link), json!({}))).await;
    watch.after("a link is shown").await;
    let accept = format!("/invites/{}/accept", shown["token"].as_str().unwrap());
    for person in [gone, erased] {
        each(watch, person, &[("POST", &accept, json!({}))]).await;
    }
    let ban = scene.path(&format!("/members/{}?ban=true", id(gone)));
    let lift = scene.path(&format!("/bans/{}", id(gone)));
    each(watch, &scene.admin, &[("DELETE", &ban, Value::Null), ("DELETE", &lift, Value::Null)]).await;
    each(watch, gone, &[("PATCH", "/me", json!({ "display_name": "Max" }))]).await;
    each(watch, asking, &[("POST", &scene.path("/leave"), json!({})), ("DELETE", "/me", Value::Null)]).await;
    each(watch, erased, &[("DELETE", "/me", Value::Null)]).await;
    let decline = format!("/me/invites/{}/decline", scene.waiting);
    each(watch, &scene.invited, &[("POST", &decline, json!({ "block": "inviter" }))]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_by_others_is_hidden_behind_a_tag_or_from_the_poll() {
    for world in World::each_with(settings()).await {
        let scene = Scene::of(&world).await;
        let mut watch = Watch::of(scene.looks()).await;
        band_and_members(&scene, &mut watch).await;
        invites(&scene, &mut watch, &world).await;
        campaigns_and_templates(&scene, &mut watch).await;
        people(&scene, &mut watch).await;
        world.clock.pass_hours(100);
        sweep::expire(&world.app).await.unwrap();
        watch.after("what time has ended").await;
        world.clock.pass_hours(8 * 24);
        sweep::tidy(&world.app).await.unwrap();
        watch.after("addresses are erased").await;
        each(&mut watch, &scene.owner, &[("DELETE", &scene.path(""), Value::Null)]).await;
        let changed = watch.end();
        let still: Vec<String> =
            tagged(&world).await.into_iter().filter(|path| !changed.contains(path.as_str())).collect();
        assert!(still.is_empty(), "never changed, or never looked at: {still:?}");
        counts::add_up(world.app.store()).await;
    }
}
