//! The key that seals: a new one for an old one, a wrong one, and none.

use std::{os::unix::fs::PermissionsExt as _, process::Command};

use serde_json::{Value, json};

use super::{Site, done, http, refused, said};
use crate::postgres::fresh_database;

#[tokio::test(flavor = "multi_thread")]
async fn links_to_opt_out_work_until_the_key_is_dropped_that_they_were_made_with() {
    let mut site = Site::new_with(None, true).await;
    let mut paths = Vec::new();
    for name in ["kim", "sam"] {
        let wish = json!({ "email": format!("{name}@example.org") });
        site.send("POST", &format!("/bands/{}/invites", site.band), wish).await;
        paths.push(site.opt_out(name).await);
    }
    let asks = async |site: &Site, path: &str| {
        let url = format!("{}{path}", site.server.as_ref().unwrap().origin);
        http().get(url).send().await.unwrap().status().as_u16()
    };
    for step in ["add", "use", "reseal"] {
        done(&site.admin(&["key", step]));
        if step != "reseal" {
            site.stop();
            site.start();
        }
        for path in &paths {
            assert_eq!(asks(&site, path).await, 200, "after key {step}");
        }
    }
    let url = format!("{}{}", site.server.as_ref().unwrap().origin, paths[0]);
    let form = http().post(url).header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.body("List-Unsubscribe=One-Click").send().await.unwrap().status(), 200);
    done(&site.admin(&["key", "drop", "--yes"]));
    site.stop();
    site.start();
    assert_eq!(asks(&site, &paths[1]).await, 404, "its key is gone");
    let wish = json!({ "rows": [{ "email": "kim@example.org" }, { "email": "lee@example.org" }] });
    let made = site.send("POST", &format!("/bands/{}/invites/bulk", site.band), wish).await;
    assert_eq!(made["results"][0]["status"], "suppressed", "what was said by it stays: {made}");
    assert_eq!(asks(&site, &site.opt_out("lee").await).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_takes_over_without_losing_a_link() {
    let mut databases = vec![None];
    databases.extend(tokio::task::spawn_blocking(fresh_database).await.unwrap().map(Some));
    for database in databases {
        let mut site = Site::new(database).await;
        let (first, link) = site.invite().await;
        let file = site.folder.path().join("key");
        let old = std::fs::read_to_string(&file).unwrap();
        refused(&site.admin(&["key", "use"]), "no key waits to be used");
        done(&site.admin(&["key", "add"]));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        site.stop();
        site.start();
        let (second, _) = site.invite().await;
        refused(&site.admin(&["key", "add"]), "there are older keys still");
        refused(&site.admin(&["key", "drop"]), "a key waits to be used");
        done(&site.admin(&["key", "use"]));
        refused(&site.admin(&["key", "use"]), "no key waits to be used");
        let keys = std::fs::read_to_string(&file).unwrap();
        assert!(keys.split_whitespace().next() != Some(old.trim()) && keys.contains(old.trim()), "{keys}");
        site.stop();
        site.start();
        // It listens elsewhere now.
        let path = link.split_once("/invite/").unwrap().1;
        assert!(site.link(&first).await.ends_with(path));
        refused(&site.admin(&["key", "drop"]), "2 links of invites");
        assert!(done(&site.admin(&["key", "reseal"])).starts_with("2 secrets"));
        assert!(done(&site.admin(&["key", "reseal"])).starts_with("0 secrets"));
        let asked = site.admin(&["key", "drop"]);
        assert!(
            asked.status.code() == Some(2) && String::from_utf8_lossy(&asked.stderr).contains("say --yes"),
            "{asked:?}"
        );
        done(&site.admin(&["key", "drop", "--yes"]));
        let keys = std::fs::read_to_string(&file).unwrap();
        let left: Vec<&str> = keys.split_whitespace().collect();
        assert!(
            left.len() == 2 && left[1].starts_with("dropped:") && !keys.contains(old.trim()),
            "one is left: {keys}"
        );
        site.stop();
        site.start();
        assert!(!site.link(&second).await.is_empty());
        assert!(done(&site.admin(&["check"])).contains("holds together"));
        // A key that is nobody's shows nothing again, and the check says so.
        std::fs::write(&file, old).unwrap();
        refused(&site.admin(&["check"]), "2 links of invites were sealed by a key that is not there");
        refused(&site.admin(&["check"]), "holds together otherwise: put the right one in its place");
        // Nor is a new one made for a database that has its own.
        std::fs::remove_file(&file).unwrap();
        for words in [&["check"][..], &["key", "add"], &["key", "reseal"], &["key", "drop", "--yes"]] {
            refused(&site.admin(words), "there is no key at");
            assert!(!file.exists(), "{words:?}");
        }
        refused(&site.admin(&["check"]), "the key is missing, and");
        let answer: Value = serde_json::from_slice(&site.admin(&["check", "--json"]).stdout).unwrap();
        assert_eq!(answer["sealed_by_older_keys"], Value::Null, "nobody knows: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_runs_takes_up_a_new_key_at_once() {
    let mut databases = vec![None];
    databases.extend(tokio::task::spawn_blocking(fresh_database).await.unwrap().map(Some));
    for database in databases {
        let mut site = Site::new(database).await;
        let mut ids = vec![site.invite().await.0];
        for step in [&["key", "add"][..], &["key", "use"], &["key", "reseal"], &["key", "drop", "--yes"]] {
            done(&site.admin(step));
            ids.push(site.invite().await.0);
            for id in &ids {
                assert!(site.link(id).await.contains("/invite/inv_"), "after {step:?}");
            }
        }
        assert!(done(&site.admin(&["check"])).contains("holds together"), "nothing was sealed by a key that is gone");
        site.stop();
        site.start();
        for id in &ids {
            assert!(site.link(id).await.contains("/invite/inv_"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_nothing_meanwhile_has_the_new_key_as_well() {
    let mut databases = vec![None];
    databases.extend(tokio::task::spawn_blocking(fresh_database).await.unwrap().map(Some));
    for database in databases {
        let mut site = Site::new(database).await;
        let mut ids = vec![site.invite().await.0];
        // All that it sees is the file after one new key, and after two.
        for times in [1, 2] {
            for step in
                [&["key", "add"][..], &["key", "use"], &["key", "reseal"], &["key", "drop", "--yes"]].repeat(times)
            {
                done(&site.admin(step));
            }
            assert!(done(&site.admin(&["check"])).contains("holds together"));
            for id in &ids {
                assert!(site.link(id).await.contains("/invite/inv_"), "{times}");
            }
            ids.push(site.invite().await.0);
        }
        assert!(done(&site.admin(&["check"])).contains("holds together"), "nothing was sealed by a key that is gone");
        site.stop();
        site.start();
        for id in &ids {
            assert!(site.link(id).await.contains("/invite/inv_"));
        }
        let log = std::fs::read_to_string(site.folder.path().join("log")).unwrap();
        assert!(!log.contains("ERROR"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_file_a_server_seals_nothing_and_mail_waits() {
    let site = Site::new_with(None, true).await;
    let wish = json!({ "email": "kim@example.org" });
    let made = site.send("POST", &format!("/bands/{}/invites", site.band), wish).await;
    let invite = format!("/invites/{}", made["invite"]["id"].as_str().unwrap());
    let _ = site.opt_out("kim").await;
    let file = site.folder.path().join("key");
    let right = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let made_by = [
        (format!("/bands/{}/invites", site.band), json!({})),
        (format!("/bands/{}/invites/bulk", site.band), json!({ "rows": [{}] })),
        (format!("{invite}/rotate"), json!({})),
    ];
    for (path, wish) in &made_by {
        let answer = site.ask("POST", path, wish.clone()).await;
        assert!(answer.status() == 503 && answer.headers().contains_key("retry-after"), "{path} {}", answer.status());
        let problem: Value = answer.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().contains("put its key file back"), "{problem}");
    }
    // What is sealed opens still, and its mail waits for a key to make its link to opt out with.
    site.send("POST", &format!("{invite}/link"), json!({})).await;
    site.send("POST", &format!("{invite}/resend"), json!({})).await;
    let mut shown = Value::Null;
    for _ in 0..600 {
        shown = site.send("GET", &invite, Value::Null).await;
        if shown["delivery_note"].is_string() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(shown["delivery"], "deferred", "{shown}");
    assert!(shown["delivery_note"].as_str().unwrap().contains("key file is not in order"), "{shown}");
    std::fs::write(&file, right).unwrap();
    for (path, wish) in made_by {
        site.send("POST", &path, wish).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_of_the_databases_is_told_and_seals_nothing() {
    let mut site = Site::new(None).await;
    let (id, link) = site.invite().await;
    let (file, log) = (site.folder.path().join("key"), site.folder.path().join("log"));
    let right = std::fs::read(&file).unwrap();
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (text, says) in [(other, "neither holds the key that sealed what is there"), ("no key", "does not hold a key")]
    {
        std::fs::write(&file, text).unwrap();
        assert_eq!(site.link(&id).await, link, "{text}");
        assert_eq!(site.ask("POST", &format!("/bands/{}/invites", site.band), json!({})).await.status(), 503);
        let log = std::fs::read_to_string(&log).unwrap();
        let told = log.lines().find(|line| line.contains(says)).unwrap_or_else(|| panic!("{says} in {log}"));
        assert!(told.contains("ERROR") && told.contains("nothing new is sealed"), "{told}");
        assert_eq!(log.matches(says).count(), 1, "it is told once");
    }
    site.stop();
    std::fs::write(&file, other).unwrap();
    site.start();
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains("the key opens none of the newest invites"), "{said}");
    let url = format!("{}/api/v1/invites/{id}/link", site.server.as_ref().unwrap().origin);
    let answer = http().post(&url).bearer_auth(&site.session).send().await.unwrap();
    assert_eq!(answer.status(), 500);
    let problem: Value = answer.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("rotate the invite"), "{problem}");
    assert!(std::fs::read_to_string(&log).unwrap().contains("put that key back into its key file"));
    // The link itself works all the same, and the key that is put back shows it again.
    let page = format!("{}{}", site.server.as_ref().unwrap().origin, &link[link.find("/invite/").unwrap()..]);
    assert_eq!(http().get(page).send().await.unwrap().status(), 200);
    site.stop();
    std::fs::write(&file, right).unwrap();
    site.start();
    assert!(site.link(&id).await.contains("/invite/inv_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_a_wrong_key_from_an_older_one_that_is_missing_and_from_one_that_cannot_be_read() {
    let mut site = Site::new(None).await;
    site.invite().await;
    let file = site.folder.path().join("key");
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let right = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, other).unwrap();
    refused(&site.admin(&["check"]), "the key is not that of");
    site.stop();
    site.start();
    site.invite().await;
    let answer = site.admin(&["check"]);
    refused(&answer, "1 links of invites were sealed by a key that is not there");
    refused(&answer, "an older key is missing");
    assert!(!said(&answer).contains("is not that of"), "{}", said(&answer));
    std::fs::write(&file, format!("{other}\n{right}")).unwrap();
    assert!(done(&site.admin(&["check"])).contains("holds together"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let answer = site.admin(&["check"]);
    refused(&answer, "chmod 600");
    assert!(!said(&answer).contains("right one"), "{}", said(&answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_key_is_enough_without_a_file_and_a_mistyped_one_is_refused_as_such() {
    let site = Site::new(None).await;
    site.invite().await;
    let key = std::fs::read_to_string(site.folder.path().join("key")).unwrap();
    let database = format!("sqlite:{}", site.folder.path().join("guestlist.db").display());
    let admin = |key: &str, words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command.arg("admin").args(words).env_clear().env("GUESTLIST_DATABASE", &database).env("HOME", "/nowhere");
        command.env("GUESTLIST_KEY", key).output().unwrap()
    };
    assert!(done(&admin(key.trim(), &["check"])).contains("holds together"));
    assert!(done(&admin(key.trim(), &["key", "reseal"])).starts_with("0 secrets"));
    refused(&admin("", &["check"]), "there is no key at /nowhere/");
    let mistyped = admin("mistyped", &["check"]);
    assert_eq!(mistyped.status.code(), Some(2), "{}", said(&mistyped));
}
