//! The commands as processes: what they print, how they end, and errors that say what to do.

#[cfg(feature = "server")]
mod answers;
#[cfg(feature = "server")]
mod asked;
#[cfg(feature = "server")]
mod bulk;
#[cfg(feature = "server")]
mod calendar;
#[cfg(feature = "server")]
mod groups;
#[cfg(feature = "server")]
mod hostile;
#[cfg(feature = "server")]
mod lists;
#[cfg(feature = "server")]
mod many;
#[cfg(feature = "server")]
mod mistakes;
#[cfg(feature = "server")]
mod paging;
#[cfg(feature = "server")]
mod proof;
#[cfg(feature = "server")]
mod recipes;
#[cfg(feature = "server")]
mod refusals;
#[cfg(feature = "server")]
mod shapes;
#[cfg(feature = "server")]
mod shell;
#[cfg(feature = "server")]
mod shells;
#[cfg(feature = "server")]
mod tables;
#[cfg(feature = "server")]
mod transcript;
#[cfg(feature = "server")]
mod waiting;

use std::process::{Command, Output};

fn guestlist(home: &std::path::Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guestlist"))
        .args(args)
        .env_clear()
        .envs(crate::measured::told())
        .env("HOME", home)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

fn refused(args: &[&str], code: i32, says: &str) {
    let home = tempfile::tempdir().unwrap();
    let output = guestlist(home.path(), args);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(says), "{text}");
}

#[test]
fn a_wrong_flag_is_wrong_usage_and_named() {
    refused(&["bands", "list", "--colour"], 2, "--colour");
    refused(&["--server", "http://invites.example.org", "whoami"], 2, "--insecure-http");
}

#[test]
fn without_a_session_one_is_told_to_sign_in() {
    refused(&["bands", "list"], 3, "guestlist login");
    refused(&["--server", "http://127.0.0.1:1", "whoami"], 3, "guestlist login NAME --server http://127.0.0.1:1");
}

#[test]
fn a_dead_port_is_no_connection() {
    let token = guestlist::domain::Token::from_random(&[7; 32]);
    refused(&["--server", "http://127.0.0.1:1", "preview", token.reveal()], 4, "cannot reach http://127.0.0.1:1");
}
