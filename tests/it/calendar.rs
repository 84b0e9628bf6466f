//! The event of a campaign: who sees it, and the file that calendars take.

use serde_json::{Value, json};

use crate::{
    members::code,
    plan,
    world::{PASSWORD, Person, World, on_each_database, with_mail},
};

on_each_database! {
    a_campaign_has_an_event_until_it_is_taken_away,
    every_bad_field_of_an_event_is_named,
    what_shares_nothing_or_is_to_no_band_has_no_event,
    who_holds_a_token_gets_the_file_as_long_as_it_opens_the_door,
    every_member_gets_the_file_and_nobody_else,
    who_comes_in_is_given_the_file_again_on_a_retry_too,
    no_text_makes_another_property,
}

fn concert() -> Value {
    json!({
        "title": "Spring concert", "starts_at": "2027-04-10T19:30", "ends_at": "2027-04-10T22:00",
        "place": "Harbour Hall", "time_zone": "Europe/Berlin",
    })
}

async fn tour(person: &Person, band: &str, event: Value) -> String {
    let wish = json!({ "name": "Tour", "event": event });
    let (status, made) = person.post(&format!("/bands/{band}/campaigns"), wish).await;
    assert_eq!(status, 201, "{made}");
    made["campaign"]["id"].as_str().unwrap().to_owned()
}

/// A file's properties as a program reads them, each by its name: unfolded, unescaped, without parameters.
fn properties(file: &str) -> Vec<(String, String)> {
    assert!(file.ends_with("END:VCALENDAR\r\n") && !file.replace("\r\n", "").contains(['\r', '\n']), "{file}");
    assert!(file.split("\r\n").all(|line| line.len() <= 75), "{file}");
    let whole = file.replace("\r\n ", "");
    let read = |line: &str| {
        let quoted = line.find("\":").map_or(0, |place| place + 1);
        let place = quoted + line[quoted..].find(':').unwrap();
        let name = line[..place].split(';').next().unwrap().to_owned();
        let text = line[place + 1..].replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
        (name, text)
    };
    whole.lines().map(read).collect()
}

fn property(file: &str, name: &str) -> Option<String> {
    let all = properties(file);
    let mut found = all.into_iter().filter(|(own, _)| own == name).map(|(_, text)| text);
    let first = found.next();
    assert!(found.next().is_none(), "{name} twice in {file}");
    first
}

async fn fetch(world: &World, path: &str) -> reqwest::Response {
    reqwest::get(format!("{}/api/v1{path}", world.origin)).await.unwrap()
}

async fn a_campaign_has_an_event_until_it_is_taken_away(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let path = format!("/campaigns/{}", tour(&ada, &band, concert()).await);
    let shown = ada.get(&path).await.1["event"].clone();
    assert_eq!(shown["starts_at"], "2027-04-10T19:30:00+02:00");
    assert_eq!((&shown["place"], &shown["time_zone"]), (&json!("Harbour Hall"), &json!("Europe/Berlin")));
    // What was shown can be said again, and is no change.
    for same in [json!({ "name": "Tour 2" }), json!({ "event": shown })] {
        let (status, changed) = ada.patch(&path, same).await;
        assert_eq!((status, &changed["event"]), (200, &shown));
    }
    let revision = async || ada.get(&format!("/bands/{band}")).await.1["revision"].as_u64().unwrap();
    let before = revision().await;
    let other = json!({ "title": "Concert", "starts_at": "2027-04-11T17:00:00Z", "time_zone": "america/new_york" });
    let changed = ada.patch(&path, json!({ "event": other })).await.1["event"].clone();
    let expected = json!({
        "title": "Concert", "starts_at": "2027-04-11T13:00:00-04:00", "ends_at": null, "place": null,
        "time_zone": "America/New_York",
    });
    assert_eq!(changed, expected);
    assert!(revision().await > before, "whoever looks at it is told");
    assert_eq!(ada.patch(&path, json!({ "event": null })).await.1["event"], json!(null));
    assert_eq!(ada.post(&format!("{path}/expire"), json!({})).await.0, 200);
    assert_eq!(ada.patch(&path, json!({ "event": concert() })).await.0, 200, "who came in before still comes to it");
    let (_, trail) = ada.get(&format!("/bands/{band}/audit?action=campaign.event_changed")).await;
    assert_eq!(trail["events"].as_array().unwrap().len(), 3, "{trail}");
    assert_eq!(trail["events"][0]["detail"], "Tour 2");
}

async fn every_bad_field_of_an_event_is_named(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let wrong = json!({
        "title": "a\r\nATTENDEE:mailto:x@example.org", "starts_at": "soon", "ends_at": "later", "place": "x".repeat(201),
        "time_zone": "Berlin",
    });
    let path = format!("/campaigns/{}", tour(&ada, &band, concert()).await);
    for (status, problem) in [
        ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "T", "event": wrong })).await,
        ada.patch(&path, json!({ "event": wrong })).await,
    ] {
        let mut named: Vec<_> =
            problem["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        named.sort_unstable();
        let all = ["event.ends_at", "event.place", "event.starts_at", "event.time_zone", "event.title"];
        assert_eq!((status, named), (422, all.to_vec()));
    }
    for (field, value) in [
        ("ends_at", json!("2027-04-10T19:30")),
        ("starts_at", json!("2027-03-28T02:30")),
        ("colour", json!("red")),
        ("title", json!(null)),
    ] {
        let mut event = concert();
        event[field] = value;
        let (status, problem) = ada.patch(&path, json!({ "event": event })).await;
        let expected = json!(format!("event.{field}"));
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &expected), "{problem}");
    }
    assert_eq!(ada.get(&path).await.1["event"]["title"], "Spring concert");
}

async fn what_shares_nothing_or_is_to_no_band_has_no_event(world: World) {
    let ada = world.account("ada").await;
    world.make_site_admin(&ada).await;
    let band = ada.band("Choir").await;
    let (_, made) = ada.post("/site/codes", json!({ "count": 1, "name": "Newcomers" })).await;
    for id in [band.as_str(), made["campaign"]["id"].as_str().unwrap()] {
        let (status, problem) = ada.patch(&format!("/campaigns/{id}"), json!({ "event": concert() })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("event")), "{problem}");
    }
}

async fn who_holds_a_token_gets_the_file_as_long_as_it_opens_the_door(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band, concert()).await;
    let (id, token) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    let path = format!("/invites/{token}/calendar.ics");
    let (_, preview) = world.send("GET", &format!("/invites/{token}/info"), None).await;
    assert_eq!(preview["event"]["title"], "Spring concert");
    let response = fetch(&world, &path).await;
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("content-type", "text/calendar; charset=utf-8"),
        ("content-disposition", "attachment; filename=\"invite.ics\""),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(response.headers()[name], value);
    }
    let file = response.text().await.unwrap();
    for (name, value) in [
        ("METHOD", "PUBLISH"),
        ("UID", campaign.as_str()),
        ("SEQUENCE", "0"),
        ("DTSTART", "20270410T173000Z"),
        ("DTEND", "20270410T200000Z"),
        ("SUMMARY", "Spring concert"),
        ("LOCATION", "Harbour Hall"),
        ("DESCRIPTION", "Saturday 10 April 2027, 19:30 to 22:00 (Europe/Berlin)\nChoir"),
    ] {
        assert_eq!(property(&file, name).as_deref(), Some(value), "{file}");
    }
    assert!(!file.contains(&token), "calendars are shared");
    // A change is another version of the same event.
    world.clock.pass_hours(1);
    let change =
        json!({ "event": { "title": "Concert", "starts_at": "2027-04-10T20:00", "time_zone": "Europe/Berlin" } });
    assert_eq!(ada.patch(&format!("/campaigns/{campaign}"), change).await.0, 200);
    let newer = fetch(&world, &path).await.text().await.unwrap();
    assert_eq!(property(&newer, "UID"), property(&file, "UID"));
    assert_eq!(property(&newer, "SEQUENCE").as_deref(), Some("1"));
    assert!(property(&newer, "LAST-MODIFIED") > property(&file, "LAST-MODIFIED"));
    assert_eq!((property(&newer, "DTEND"), property(&newer, "LOCATION")), (None, None));
    // Without an event it is not there, an unknown token is as unknown as everywhere, and an end is told.
    let (_, plain) = ada.invite(&band, json!({})).await;
    let answer = world.send("GET", &format!("/invites/{plain}/calendar.ics"), None).await;
    assert_eq!(code(answer), (404, "not_found".to_owned()));
    for unknown in ["inv_x", "ABCD-EFGH-JKMN", "%00"] {
        let preview = world.send("GET", &format!("/invites/{unknown}/info"), None).await;
        assert_eq!(world.send("GET", &format!("/invites/{unknown}/calendar.ics"), None).await, preview);
    }
    assert_eq!(ada.delete(&format!("/invites/{id}")).await.0, 204);
    assert_eq!(code(world.send("GET", &path, None).await), (410, "invite_revoked".to_owned()));
}

async fn every_member_gets_the_file_and_nobody_else(world: World) {
    let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band, concert()).await;
    let (_, token) = ada.invite(&band, json!({ "campaign_id": campaign })).await;
    assert_eq!(kim.accept(&token).await.0, 200);
    let path = format!("/campaigns/{campaign}/calendar.ics");
    let response = kim.fetch(&path).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (200, &"text/calendar; charset=utf-8".parse().unwrap())
    );
    assert_eq!(property(&response.text().await.unwrap(), "UID"), Some(campaign.clone()));
    assert_eq!(code(sam.get(&path).await), (404, "not_found".to_owned()));
    assert_eq!(code(kim.get(&format!("/campaigns/{band}/calendar.ics")).await), (404, "not_found".to_owned()));
    assert_eq!(ada.delete(&format!("/campaigns/{campaign}")).await.0, 200);
    assert_eq!(code(kim.get(&path).await), (404, "not_found".to_owned()));
}

async fn who_comes_in_is_given_the_file_again_on_a_retry_too(world: World) {
    let [ada, kim, sam] = world.people(3).await.try_into().ok().unwrap();
    let band = ada.band("Choir").await;
    let campaign = tour(&ada, &band, concert()).await;
    let (_, token) = ada.invite(&band, json!({ "campaign_id": campaign, "max_uses": null })).await;
    let path = format!("/invites/{token}/accept");
    let (_, first) = kim.post_once(&path, "one", json!({})).await;
    assert_eq!(property(first["calendar"].as_str().unwrap(), "SUMMARY").as_deref(), Some("Spring concert"));
    assert_eq!(kim.post_once(&path, "one", json!({})).await, (200, first.clone()));
    let (_, again) = kim.accept(&token).await;
    assert_eq!((&again["outcome"], &again["calendar"]), (&json!("already_member"), &first["calendar"]));
    let name = sam.username.clone();
    let (waiting, _) = ada.invite(&band, json!({ "username": name, "campaign_id": campaign })).await;
    let (_, accepted) = sam.post(&format!("/me/invites/{waiting}/accept"), json!({})).await;
    assert_eq!(accepted["calendar"], first["calendar"]);
    let (_, plain) = ada.invite(&band, json!({ "max_uses": null })).await;
    assert!(kim.accept(&plain).await.1.get("calendar").is_none());
    for (accept, carries) in [(true, true), (false, false)] {
        let name = format!("new{accept}");
        let body = json!({
            "username": name, "email": format!("{name}@example.org"), "password": PASSWORD, "invite": token, "accept": accept,
        });
        let (status, made) = world.send("POST", "/auth/register", Some(&body)).await;
        assert_eq!((status, made["calendar"].is_string()), (201, carries), "{made}");
    }
}

async fn no_text_makes_another_property(world: World) {
    let ada = world.account("ada").await;
    let band = ada.band("Say \"hi\"; x:y, \\n").await;
    let title = "A;B,C\\nD: \u{1f3b7}é 漢字 ".repeat(5);
    let event = json!({
        "title": title.trim(), "place": "https://evil.example/x;ROLE=CHAIR", "starts_at": "2027-04-10T19:30", "time_zone": "UTC",
    });
    let campaign = tour(&ada, &band, event).await;
    let file = ada.fetch(&format!("/campaigns/{campaign}/calendar.ics")).await.text().await.unwrap();
    let names: Vec<String> = properties(&file).into_iter().map(|(name, _)| name).collect();
    let expected = "BEGIN VERSION PRODID CALSCALE METHOD BEGIN UID DTSTAMP LAST-MODIFIED SEQUENCE DTSTART SUMMARY LOCATION \
         DESCRIPTION END END";
    assert_eq!(names.join(" "), expected);
    assert!(file.replace("\r\n ", "").contains("SUMMARY:A\\;B\\,C\\\\nD: \u{1f3b7}é 漢字"), "{file}");
    assert!(!file.contains("evil.example"), "{file}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_say_when_and_where_and_bring_the_newest_file() {
    let mut settings = with_mail();
    settings.policy.reminder_hours = vec![24];
    settings.policy.default_ttl_hours = guestlist::domain::Hours(None);
    for world in World::each_with(settings.clone()).await {
        let ada = world.account("ada").await;
        let band = ada.band("The \"Night\" Owls").await;
        let campaign = tour(&ada, &band, concert()).await;
        let wish = json!({ "email": "kim@example.org", "campaign_id": campaign });
        ada.invite(&band, wish).await;
        let place = json!({
            "title": "Concert at evil.example", "starts_at": "2027-04-10T19:30", "place": "Hall <b>2</b>\u{e9}",
            "time_zone": "Europe/Berlin",
        });
        for (reminds, sequence, title, place, then) in [
            (false, "0", "Spring concert", "Harbour Hall", json!({ "event": place })),
            (true, "1", "Concert at evil. example", "Hall <b>2</b>\u{e9}", json!({})),
        ] {
            let mails = world.mails().await;
            let [mail] = &mails[..] else { panic!("{mails:?}") };
            assert_eq!(mail.subject.starts_with("Reminder: "), reminds, "{}", mail.subject);
            let when = "Saturday 10 April 2027, 19:30";
            assert!(mail.text.contains(&format!("\n{title}\nWhen: {when}")), "{}", mail.text);
            assert!(mail.text.contains(&format!("\nWhere: {place}\n")), "{}", mail.text);
            assert!(
                mail.html.contains(title) && mail.html.contains(when) && !mail.html.contains("<b>"),
                "{}",
                mail.html
            );
            let [(media, file)] = &mail.attachments[..] else { panic!("{:?}", mail.attachments) };
            assert_eq!(media, "text/calendar");
            assert_eq!(property(file, "SEQUENCE").as_deref(), Some(sequence));
            assert_eq!(property(file, "SUMMARY").as_deref(), Some(title));
            let organizer = "ORGANIZER;CN=\"The 'Night' Owls\":mailto:guestlist@invites.example.org";
            assert!(file.replace("\r\n ", "").contains(organizer), "{file}");
            assert_eq!(ada.patch(&format!("/campaigns/{campaign}"), then).await.0, 200);
            world.clock.pass_hours(24);
        }
        plan::check(&world);
    }
}
