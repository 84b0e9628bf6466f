//! What invites with a date, and wishes to get no more of them, are to the commands.

use serde_json::json;

use crate::{
    mail::verify,
    program::{Home, PASSWORD},
    world::{World, with_mail},
};

/// Someone with an account on the server of a test, signed in by the commands.
fn home(world: &World, username: &str) -> Home {
    let home = Home::at(world.origin.clone());
    home.json_with(&["register", username, &format!("{username}@example.org")], PASSWORD);
    home
}

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_keeps_the_date_in_a_file() {
    let world = World::sqlite().await;
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let event = json!({
        "title": "Spring concert", "starts_at": "2027-04-10T19:30", "place": "Harbour Hall, door 2", "time_zone": "Europe/Berlin",
    });
    let (_, made) = ada.post(&format!("/bands/{band}/campaigns"), json!({ "name": "Tour", "event": event })).await;
    let wish = json!({ "campaign_id": made["campaign"]["id"], "max_uses": null });
    let (_, token) = ada.invite(&band, wish).await;
    let (_, plain) = ada.invite(&band, json!({})).await;
    let kim = home(&world, "kim");
    let preview = kim.run(&["preview", &token]).out;
    let when = "Spring concert\nWhen: Saturday 10 April 2027, 19:30 (Europe/Berlin)\nWhere: Harbour Hall, door 2\n";
    assert!(preview.contains(when), "{preview}");
    let wish = json!({ "campaign_id": made["campaign"]["id"], "username": "kim" });
    let (invite, _) = ada.invite(&band, wish).await;
    let inbox = kim.run(&["inbox"]).out;
    let line = "\tSpring concert: Saturday 10 April 2027, 19:30 (Europe/Berlin), Harbour Hall, door 2\n";
    assert!(inbox.contains(line), "{inbox}");
    let mut show = kim.command(&["invites", "show", &invite]);
    let shown = String::from_utf8(show.env("GUESTLIST_TOKEN", &ada.session).output().unwrap().stdout).unwrap();
    for words in ["Tour", "Spring concert", "Saturday 10 April 2027, 19:30 (Europe/Berlin)", "Harbour Hall, door 2"] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let path = kim.path().join("date.ics");
    let file = path.to_str().unwrap();
    let said = kim.run(&["accept", &token, "--calendar", file]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, format!("You are in Choir as member now.\nThe date is in {file}.\n").as_str())
    );
    let fetched = ada.fetch(&format!("/campaigns/{}/calendar.ics", made["campaign"]["id"].as_str().unwrap())).await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), fetched.text().await.unwrap());
    let said = kim.run(&["accept", &plain, "--calendar", "/nowhere/date.ics"]);
    assert!(said.code == 0 && said.err.contains("nothing with a date"), "{said:?}");
    let said = kim.run(&["accept", &token, "--calendar", "/nowhere/date.ics"]);
    assert!(
        said.code == 1 && said.out.contains("already") && said.err.contains("/nowhere/date.ics cannot be written: "),
        "{said:?}"
    );
    let joe = Home::at(world.origin.clone());
    let path = joe.path().join("joe.ics");
    let args =
        ["register", "joe", "joe@example.org", "--invite", &token, "--accept", "--calendar", path.to_str().unwrap()];
    assert_eq!(joe.run_with(&args, PASSWORD).code, 0);
    assert!(std::fs::read_to_string(&path).unwrap().contains("LOCATION:Harbour Hall\\, door 2\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn wishes_are_listed_and_lifted() {
    let world = World::sqlite_with(with_mail()).await;
    let ada = world.account("ada").await;
    let band = ada.band("Choir").await;
    let (kim, run) = (home(&world, "kim"), home(&world, "run"));
    verify(&world, "kim").await;
    for block in ["inviter", "band", "server"] {
        let (_, token) = ada.invite(&band, json!({})).await;
        assert_eq!(kim.run(&["decline", &token, "--block", block]).code, 0);
    }
    assert_eq!(kim.json(&["blocks"]), tokio::task::block_in_place(|| kim.api("/me/blocks")));
    let table = kim.run(&["blocks", "list"]).out;
    for words in ["from @ada", "about Choir", "at all"] {
        assert!(table.contains(words), "{table}");
    }
    let id = kim.json(&["blocks"])["blocks"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(kim.run(&["blocks", "lift", &id]).code, 0);
    kim.run(&["blocks", "lift", &id]).refused(1, &["no such"]);
    assert_eq!(kim.json(&["blocks"])["blocks"].as_array().unwrap().len(), 2);
    kim.run(&["blocks", "--site"]).refused(1, &["Only those who run this server"]);
    world.run("UPDATE account SET site_admin = 1 WHERE username_key = 'run'").await;
    assert_eq!(run.json(&["blocks", "--site"]), tokio::task::block_in_place(|| run.api("/site/blocks")));
    assert!(run.run(&["blocks", "--site"]).out.contains("@kim"));
    let id = run.json(&["blocks", "--site"])["blocks"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(run.run(&["blocks", "lift", &id, "--site"]).code, 0);
    assert_eq!(kim.json(&["blocks"])["blocks"].as_array().unwrap().len(), 1);
    kim.run(&["blocks", "lift", "x"]).refused(2, &["x"]);
}
