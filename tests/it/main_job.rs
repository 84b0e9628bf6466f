//! The main job with the real binary: two people, one link.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn guestlist(home: &Path, server: &str, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_guestlist"))
        .args(["--server", server])
        .args(args)
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn two_people_meet_in_a_band_by_one_link() {
    let (data, ada, kim) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut server = Command::new(env!("CARGO_BIN_EXE_guestlist"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env_clear()
        .env("GUESTLIST_DATA", data.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut greeting = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    let mut server = Server(server);
    let origin = greeting.trim().strip_prefix("listening on ").unwrap().to_owned();
    let run = |home: &tempfile::TempDir, args: &[&str]| guestlist(home.path(), &origin, args, "a fine long pass\n");

    json(&run(&ada, &["register", "ada", "ada@example.org", "--json"]));
    json(&run(&kim, &["register", "kim", "kim@example.org", "--json"]));
    let band = json(&run(&ada, &["bands", "create", "The Night Owls", "--json"]))["id"].as_str().unwrap().to_owned();
    let made = json(&run(&ada, &["invites", "create", &band, "--json"]));
    let link = made["link"].as_str().unwrap();
    assert!(link.starts_with(&format!("{origin}/invite/inv_")));
    assert_eq!(json(&run(&kim, &["accept", link, "--json"]))["outcome"], "joined");
    assert_eq!(json(&run(&ada, &["members", "list", &band, "--json"]))["total"], 2);

    let stopped = Command::new("kill").args(["-TERM", &server.0.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
}
