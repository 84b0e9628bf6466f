//! One thing done to many invites: by their ids, or all that fit a filter.

use serde_json::{Value, json};

use crate::program::{Home, Served};

fn made(home: &Home, band: &str, args: &[&str]) -> String {
    let made = home.json(&[&["invites", "create", band], args].concat());
    made["invite"]["id"].as_str().unwrap().to_owned()
}

fn pending(home: &Home, band: &str) -> Value {
    home.api(&format!("/bands/{band}/invites"))["pending"].clone()
}

#[test]
fn what_somebody_made_is_revoked_and_given_back() {
    let server = Served::start();
    let (ada, sam) = (server.person("ada"), server.person("sam"));
    let band = ada.band("The Night Owls");
    sam.json_with(&["accept"], &ada.run(&["invites", "create", &band, "--role", "admin"]).out);
    let own = made(&ada, &band, &[]);
    for _ in 0..3 {
        made(&sam, &band, &[]);
    }
    let by_sam = ["--band", "The Night Owls", "--created-by", "sam"];
    let with = |command: &'static str, rest: &[&'static str]| [&["invites", command], &by_sam[..], rest].concat();
    let listed = ada.run(&with("revoke", &["--status", "pending", "--dry-run"])).out;
    assert_eq!((listed.lines().count(), pending(&ada, &band)), (4, json!(4)), "{listed}");
    ada.run(&with("revoke", &["--status", "pending"])).refused(2, &["nobody is there to ask: say --yes", "3 invites"]);
    assert_eq!(ada.run(&with("revoke", &["--status", "pending", "--yes"])).out, "3 invites revoked.\n");
    assert_eq!(pending(&ada, &band), 1);
    assert_eq!(ada.api(&format!("/invites/{own}"))["status"], "pending");
    let restored = ada.json(&with("restore", &["--status", "cancelled", "--yes"]));
    assert_eq!(restored, json!({ "done": 3, "failed": [], "remaining": 0, "next_cursor": null }));
    assert_eq!(
        ada.run(&with("extend", &["--status", "pending", "--ttl-hours", "never", "--yes"])).out,
        "3 invites given a new end.\n"
    );
    let roles = [&["invites", "set-role", "admin"], &by_sam[..], &["--status", "pending", "--yes"]].concat();
    assert_eq!(ada.json(&roles)["done"], 3);
    let listed = ada.json(&["invites", "list", &band, "--created-by", "sam"]);
    for invite in listed["invites"].as_array().unwrap() {
        assert_eq!((&invite["role"], &invite["expires_at"]), (&json!("admin"), &Value::Null));
    }
}

#[test]
fn ids_come_as_arguments_or_as_a_list_on_standard_input() {
    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let ids = [made(&ada, &band, &[]), made(&ada, &band, &[]), made(&ada, &band, &[])];
    assert_eq!(ada.run(&["invites", "revoke", &ids[0], &ids[1], "--yes"]).out, "2 invites revoked.\n");
    let list = ada.run(&["invites", "list", &band, "--status", "pending"]).out;
    assert_eq!(ada.run_with(&["invites", "revoke", "-", "--yes"], &list).out, "1 invite revoked.\n");
    let ran = ada.run(&["invites", "extend", &ids[0], &ids[1], "--ttl-hours", "5"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains(&format!("{}\tnot_pending\n", ids[0])) && ran.err.contains("2 invites were refused"),
        "{ran:?}"
    );
    for (args, says) in [
        (&["invites", "revoke"][..], &["which invites?"][..]),
        (&["invites", "revoke", "--status", "pending"], &["--band"]),
        (&["invites", "revoke", "--band", &band], &["--status pending"]),
        (&["invites", "revoke", "7"], &["INVITE", "\"7\""]),
        (&["invites", "extend", &ids[0]], &["--ttl-hours"]),
        (&["invites", "revoke", &ids[0], "--status", "pending"], &["--status"]),
        (&["invites", "resend", &ids[0], &ids[1], "--rotate"], &["one invite"]),
    ] {
        ada.run(args).refused(2, says);
    }
    ada.run_with(&["invites", "revoke", "-"], "ID\tFOR\n").refused(2, &["no ids came"]);
}

#[test]
fn ctrl_c_while_many_are_revoked_says_how_far_it_came() {
    use std::process::{Command, Stdio};

    let server = Served::start();
    let ada = server.person("ada");
    let band = ada.band("The Night Owls");
    let rows: String = (0..8_000).map(|n| format!("person{n}@example.org\n")).collect::<Vec<_>>().concat();
    assert_eq!(ada.run_with(&["invites", "bulk", &band, "-"], &rows).code, 0);
    let all = ["invites", "revoke", "--band", &band, "--status", "pending", "--yes"];
    let mut revoking = ada.command(&all).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Some are done, so the next are on their way, unless it is quicker than we look.
    while pending(&ada, &band) == 8_000 && revoking.try_wait().unwrap().is_none() {}
    assert!(Command::new("kill").args(["-INT", &revoking.id().to_string()]).status().unwrap().success());
    let output = revoking.wait_with_output().unwrap();
    let (said, left) = (String::from_utf8(output.stderr).unwrap(), pending(&ada, &band).as_u64().unwrap());
    if left > 0 {
        assert_eq!((output.status.code(), output.stdout.len()), (Some(130), 0), "{said}");
        let so_far = format!("Done so far: {} invites. The same command goes on with the others.", 8_000 - left);
        assert!(said.contains(&so_far) && said.contains("stopped before the end"), "{said}");
    }
    assert_eq!(ada.run(&all).code, 0);
    assert_eq!(pending(&ada, &band), 0);
}
