//! Everybody in a CSV file is invited: looked at first, done once, told row by row, gone on with after a stop.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::program::{Home, Served};

fn owls(server: &Served) -> (Home, String) {
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    (ada, band)
}

fn file(home: &Home, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = home.path().join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn total(home: &Home, band: &str) -> Value {
    home.api(&format!("/bands/{band}/invites?limit=1"))["total"].clone()
}

#[test]
fn a_spreadsheets_file_is_looked_at_and_then_sent_once() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    server.person("kim");
    let people = "\u{feff}Name;E-Mail;Username;Role;City\r\n\"Lee; Sam\";sam@example.org;;admin;Oslo\r\n;;@kim;;\r\ntable one;;;;\r\n";
    let people = file(&ada, "people.csv", people);
    let bulk = |more: &[&str]| ada.run(&[&["invites", "bulk", "the night owls", &people], more].concat());
    let dry = bulk(&["--dry-run"]);
    assert_eq!((dry.code, total(&ada, &band)), (0, json!(0)), "{dry:?}");
    assert!(
        dry.err.contains("Not read: the column City. Known are email, username, name, first name, last name and role.")
            && dry.err.contains("Nothing is done yet."),
        "{dry:?}"
    );
    let rows: Vec<Vec<&str>> = dry.out.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0], ["ROW", "STATUS", "FOR", "LINK, OR WHY NOT"]);
    assert_eq!(
        rows[1..].iter().map(|row| (row[0], row[2])).collect::<Vec<_>>(),
        [("2", "sam@example.org"), ("3", "@kim"), ("4", "table one")]
    );

    let first = bulk(&["--message", "Come!"]);
    assert_eq!((first.code, total(&ada, &band)), (0, json!(3)), "{first:?}");
    assert!(first.err.contains("3 invites made.") && first.out.contains("/invite/inv_"), "{first:?}");
    let invites = ada.api(&format!("/bands/{band}/invites?sort=created"))["invites"].clone();
    let told: Vec<_> =
        invites.as_array().unwrap().iter().map(|i| (&i["kind"], &i["label"], &i["role"], &i["message"])).collect();
    let (member, come) = (json!("member"), json!("Come!"));
    assert_eq!(
        told,
        [
            (&json!("email"), &json!("Lee; Sam"), &json!("admin"), &come),
            (&json!("user"), &Value::Null, &member, &come),
            (&json!("link"), &json!("table one"), &member, &come),
        ]
    );
    // The same again is the same answer; with --again it is another wish.
    let same = bulk(&["--message", "Come!"]);
    assert_eq!(same.out, first.out.replace("\tcreated\t", "\tmade before\t"));
    assert!(
        same.code == 0 && same.err.contains("0 invites made.\n3 invites had been made by the same command"),
        "{same:?}"
    );
    assert_eq!(total(&ada, &band), 3);
    let again = bulk(&["--message", "Come!", "--again"]);
    assert!(
        again.code == 1 && again.out.contains("already pending") && again.err.contains("2 rows were refused"),
        "{again:?}"
    );
    assert_eq!(total(&ada, &band), 4, "links are for anyone");
}

#[test]
fn refused_rows_are_written_down_mended_and_sent() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let people = file(&ada, "people.csv", "city,email,name\nOslo,sam@example.org,Sam\nRome,kim-at-example.org,Kim\n");
    let (failed, results) = (ada.path().join("failed.csv"), ada.path().join("results.csv"));
    let files = ["--failed", failed.to_str().unwrap(), "--results", results.to_str().unwrap()];
    let ran = ada.run(&[&["invites", "bulk", &band, &people], &files[..]].concat());
    assert!(
        ran.code == 1 && ran.err.contains("1 invite made, 1 row refused.") && ran.err.contains("failed.csv"),
        "{ran:?}"
    );
    let refused = fs::read_to_string(&failed).unwrap();
    assert!(refused.starts_with("city,email,name,problem\nRome,kim-at-example.org,Kim,"), "{refused}");
    let told = fs::read_to_string(&results).unwrap();
    assert!(told.starts_with("row,email,") && told.contains("inv_") && told.lines().count() == 3, "{told}");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&results.metadata().unwrap().permissions()) & 0o777,
        0o600,
        "links are secrets"
    );
    fs::write(&failed, refused.replace("kim-at-", "kim@")).unwrap();
    let mended = ada.run(&["invites", "bulk", &band, failed.to_str().unwrap()]);
    assert_eq!((mended.code, total(&ada, &band)), (0, json!(2)), "{mended:?}");
    let none = ada.path().join("none.csv");
    ada.run(&["invites", "bulk", &band, failed.to_str().unwrap(), "--failed", none.to_str().unwrap()]);
    assert!(!none.exists(), "nothing was refused");
}

#[test]
fn a_file_that_cannot_be_written_is_named_before_anything_is_made() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let people = file(&ada, "people.csv", "email\nsam@example.org\n");
    for told in ["--failed", "--results"] {
        let ran = ada.run(&["invites", "bulk", &band, &people, told, "/dev/full"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("/dev/full cannot be written: No space left"), "{ran:?}");
        assert_eq!(total(&ada, &band), 0, "{told}");
    }
}

#[test]
fn thousands_are_one_answer_and_a_run_can_begin_later() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let rows: String = (0..2_300).map(|n| format!("person{n}@example.org\n")).collect::<Vec<_>>().concat();
    let people = file(&ada, "people.csv", &rows);
    let later = ada.json(&["invites", "bulk", &band, &people, "--from", "1301"]);
    assert_eq!(
        (&later["created"], &later["failed"], later["results"].as_array().unwrap().len()),
        (&json!(1_000), &json!(0), 1_000)
    );
    assert_eq!((&later["results"][0]["row"], &later["results"][999]["row"]), (&json!(1_300), &json!(2_299)));
    let all = ada.run_with(&["invites", "bulk", &band, "-", "--json"], &rows);
    let answer: Value = serde_json::from_str(&all.out).unwrap();
    assert_eq!((all.code, &answer["created"], &answer["failed"]), (1, &json!(1_300), &json!(1_000)));
    assert_eq!(answer["results"][2_299]["status"], "already_pending");
    assert_eq!(total(&ada, &band), 2_300);
}

#[test]
fn a_campaign_is_made_with_its_people_and_only_once() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let rows: String = (0..1_100).map(|n| format!("person{n}@example.org\n")).collect::<Vec<_>>().concat();
    let people = file(&ada, "people.csv", format!("{rows}not an address\n"));
    let args = ["campaigns", "create", &band, "Spring", "--message", "Come!", "--rows", &people];
    let ran = ada.run(&[&args[..], &["--json"]].concat());
    let made: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, &made["created"], &made["failed"]), (1, &json!(1_100), &json!(1)), "{}", ran.err);
    assert_eq!(made["campaign"]["name"], "Spring");
    let id = made["campaign"]["id"].as_str().unwrap();
    assert_eq!(ada.api(&format!("/campaigns/{id}"))["counts"]["made"], 1_100);
    let again: Value = serde_json::from_str(&ada.run(&[&args[..], &["--json"]].concat()).out).unwrap();
    assert_eq!((&again["campaign"]["id"], total(&ada, &band)), (&made["campaign"]["id"], json!(1_100)));
    let nobody = file(&ada, "nobody.csv", "email\nnot an address\n");
    let ran = ada.run(&["campaigns", "create", &band, "Summer", "--rows", &nobody]);
    assert!(ran.code == 1 && ran.err.contains("there is no campaign"), "{ran:?}");
}

#[test]
fn what_cannot_be_read_is_one_clear_sentence() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let bulk = |content: &[u8]| ada.run(&["invites", "bulk", &band, &file(&ada, "people.csv", content)]);
    bulk(b"").refused(2, &["people.csv: there is nobody in it"]);
    bulk(b"name\nJos\xe9\n").refused(2, &["line 2 is not UTF-8", "Save the file as CSV in UTF-8"]);
    // Nobody is sure that this is a heading, so it is said what it is taken for.
    let doubtful = bulk(b"city,phone\nOslo,1\n");
    assert!(doubtful.err.contains("The first row (city, phone) has no heading that is known"), "{doubtful:?}");
    assert!(doubtful.err.contains("Known are email, username, name") && doubtful.code == 1, "{doubtful:?}");
    bulk(b"adresse mel,nom\nsam@example.org,Sam\n")
        .refused(2, &["headings (adresse mel, nom), and none is known. Known are email, username, name, first name"]);
    ada.run(&["invites", "bulk", &band, "/no/such.csv"]).refused(2, &["/no/such.csv cannot be read"]);
    let people = file(&ada, "people.csv", "sam@example.org\n");
    ada.run(&["invites", "bulk", &band, &people, "--failed", "/no/such/failed.csv"]).refused(2, &["cannot be written"]);
    ada.run(&["invites", "bulk", &band, &people, "--role", "king"]).refused(2, &["--role"]);
    assert_eq!(total(&ada, &band), 0, "nothing is made before all of it is right");
}

#[test]
fn ctrl_c_ends_behind_the_answer_and_says_how_to_go_on() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let rows: String = (0..30_000).map(|n| format!("person{n}@example.org\n")).collect::<Vec<_>>().concat();
    let people = file(&ada, "people.csv", rows);
    let mut command = ada.command(&["invites", "bulk", &band, &people]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The first results are there, so the next request is on its way.
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        rest.lines().count()
    });
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    let told = reader.join().unwrap();
    assert_eq!(json!(told), total(&ada, &band), "every invite that is made is told: {said}");
    assert!(told % 1_000 == 0 && told < 30_000, "{told}");
    let on = format!(
        "Done: {told} of 30000 rows. The same command goes on, and makes nothing twice. Or begin where it stopped: --from {}.",
        told + 1
    );
    assert!(said.contains(&on) && said.contains("stopped before the end"), "{said}");
}

#[test]
fn a_server_that_goes_away_leaves_a_way_on() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let people = file(&ada, "people.csv", "sam@example.org\n");
    server.stop();
    ada.run(&["invites", "bulk", &band, &people]).refused(4, &["cannot reach", "Done: 0 of 1 row."]);
}

#[cfg(unix)]
#[test]
fn progress_is_for_a_terminal_alone() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let rows: String = (0..1_500).map(|n| format!("person{n}@example.org\n")).collect::<Vec<_>>().concat();
    let people = file(&ada, "people.csv", rows);
    let screen = ada.in_terminal(100, &["invites", "bulk", &band, &people], &[]);
    assert!(screen.contains("] 1000 of 1500 rows done, sending 1001 to 1500"), "{}", &screen[..2_000]);
    assert!(screen.contains("/invite/inv_"), "links are whole");
    let piped = ada.run(&["invites", "bulk", &band, &people]);
    assert!(!piped.err.contains('\r') && !piped.err.contains('%'), "{}", piped.err);
}

#[test]
fn a_file_that_is_sent_again_tells_which_of_its_links_are_dead() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let people = file(&ada, "people.csv", "sam@example.org\nkim@example.org\n");
    let bulk = |more: &[&str]| ada.run(&[&["invites", "bulk", &band, &people], more].concat());
    assert_eq!(bulk(&[]).code, 0);
    let all = ["invites", "revoke", "--band", &band, "-q", "sam", "--status", "pending", "--yes"];
    assert_eq!(ada.run(&all).out, "1 invite revoked.\n");
    let again = bulk(&[]);
    let rows: Vec<Vec<&str>> = again.out.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert_eq!((rows[0][1], rows[0][2]), ("made before", "sam@example.org"));
    assert_eq!(rows[0][3], "An earlier request made this invite, and it is revoked by now.");
    assert!(rows[1][3].contains("/invite/inv_"), "{again:?}");
    assert!(again.err.contains("1 of them ended since; with --again it is done anew."), "{again:?}");
    let json = ada.json(&["invites", "bulk", &band, &people]);
    assert_eq!((&json["results"][0]["link"], &json["results"][0]["status"]), (&Value::Null, &json!("created")));
    let anew = bulk(&["--again"]);
    assert!(anew.out.contains("created\tsam@") && anew.out.contains("already pending\tkim@"), "{anew:?}");
}

#[test]
fn what_was_sent_again_and_has_ended_since_is_not_told_as_refused() {
    let server = Served::start();
    let (ada, band) = owls(&server);
    let people = file(&ada, "people.csv", "sam@example.org\nkim@example.org\n");
    assert_eq!(ada.run(&["invites", "bulk", &band, &people]).code, 0);
    let failed = ada.path().join("failed.csv");
    let resend = ["invites", "bulk", &band, &people, "--on-existing", "resend"];
    let bulk = || ada.run(&[&resend[..], &["--failed", failed.to_str().unwrap()]].concat());
    let first = bulk();
    assert!(first.code == 0 && first.out.matches("/invite/inv_").count() == 2, "{first:?}");
    let revoke = ["invites", "revoke", "--band", &band, "-q", "sam", "--status", "pending", "--yes"];
    assert_eq!(ada.run(&revoke).out, "1 invite revoked.\n");
    let again = bulk();
    let rows: Vec<Vec<&str>> = again.out.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        rows[0][1..],
        ["sent again", "sam@example.org", "An earlier request sent this invite again, and it has ended by now."]
    );
    assert!(rows[1][1] == "sent again" && rows[1][3].contains("/invite/inv_"), "{again:?}");
    assert!(again.code == 0 && !failed.exists(), "{again:?}");
    assert!(again.err.contains("2 invites had been sent again by the same command"), "{again:?}");
    assert!(again.err.contains("1 of them ended since; with --again it is done anew."), "{again:?}");
    let json = ada.json(&resend);
    assert_eq!((&json["results"][0]["link"], &json["failed"]), (&Value::Null, &json!(0)), "{json}");
}
