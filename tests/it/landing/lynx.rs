//! The page in lynx, which shows words alone.

use std::process::Command;

use serde_json::json;

use crate::{
    postgres::skip,
    world::{World, settings},
};

#[tokio::test(flavor = "multi_thread")]
async fn in_lynx_each_input_stands_under_its_words_and_each_button_on_its_own_line() {
    let world = World::sqlite_with(settings()).await;
    let ada = world.account("ada").await;
    let band = ada.band("The Night Owls").await;
    let (_, token) = ada.invite(&band, json!({ "message": "Come on Friday." })).await;
    let address = format!("{}/invite/{token}", world.origin);
    for width in [40, 80] {
        let mut lynx = Command::new("lynx");
        lynx.args(["-dump", "-nolist", &format!("-width={width}"), &address])
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8");
        let Ok(ran) = tokio::task::spawn_blocking(move || lynx.output()).await.unwrap() else {
            skip("no lynx: it is not installed (apt-get install lynx)");
            return;
        };
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (words, next) in [("User name", "___"), ("8 characters or more", "___"), ("Rather not?", "")] {
            let at = lines.iter().position(|line| *line == words).unwrap_or_else(|| panic!("{words} in {text}"));
            assert!(lines[at + 1].starts_with(next), "{words} in {text}");
        }
        for button in ["(join) Join with my account", "(decline) Decline"] {
            assert!(lines.contains(&button), "{button} in {text}");
        }
        assert!(text.contains("ada invites you to The Night Owls") && text.contains("Come on Friday."), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= width), "{text}");
    }
}
