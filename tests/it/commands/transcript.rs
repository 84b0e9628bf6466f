//! What the real program prints, kept as text: in a pipe, on a terminal, and where something is wrong.
//!
//! After a change that is meant, `INSTA_UPDATE=always cargo test --test it commands::transcript` writes it anew, to be
//! looked at in the diff.

use std::fmt::Write as _;

use crate::program::{Home, Ran, Served};

const PEOPLE: &str = "email,name,role\nlee@example.org,Lee,member\nsam@example.org,Sam,member\nnobody,,\n";

/// A story: what was typed, and what came of it.
struct Story {
    text: String,
    origin: String,
}

impl Story {
    fn of(server: &Served) -> Self {
        Self { text: String::new(), origin: server.origin.clone() }
    }

    fn run(&mut self, home: &Home, args: &[&str]) -> Ran {
        self.run_with(home, args, "")
    }

    fn run_with(&mut self, home: &Home, args: &[&str], typed: &str) -> Ran {
        let ran = home.run_with(args, typed);
        self.told(args);
        for (mark, said) in [("", &ran.out), ("! ", &ran.err)] {
            for line in said.lines() {
                let line = format!("{mark}{line}").replace('\t', " | ");
                self.text.push_str(plain(&line, &self.origin).trim_end());
                self.text.push('\n');
            }
        }
        if ran.code != 0 {
            let _ = writeln!(self.text, "= {}", ran.code);
        }
        ran
    }

    fn show(&mut self, home: &Home, columns: u16, args: &[&str]) {
        let screen = home.in_terminal(columns, args, &[("NO_COLOR", "1")]);
        assert!(!screen.contains('\u{1b}'), "a table has no colours and moves no cursor: {screen:?}");
        self.told(args);
        for line in screen.lines() {
            self.text.push_str(plain(line, &self.origin).trim_end());
            self.text.push('\n');
        }
    }

    fn told(&mut self, args: &[&str]) {
        let words: Vec<String> = args
            .iter()
            .map(|word| if word.contains(' ') { format!("\"{word}\"") } else { (*word).to_owned() })
            .collect();
        let _ = writeln!(self.text, "\n$ guestlist {}", plain(&words.join(" "), &self.origin));
    }
}

/// The text without what is another in every run, each thing as wide as it was.
fn plain(text: &str, origin: &str) -> String {
    let text = text.replace(origin, "https://invites.example.org");
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let (mut out, mut rest) = (String::new(), text.as_str());
    while let Some(begin) = rest.find(is_word) {
        out.push_str(&rest[..begin]);
        let word = &rest[begin..];
        let word = &word[..word.find(|c| !is_word(c)).unwrap_or(word.len())];
        let shape = shape(word);
        let is_hint = word.len() == 4 && ["link …", "code …", "TOKEN | …"].iter().any(|end| out.ends_with(end));
        let is_time = word.len() == 2 && (out.ends_with("yyyy-mm-dd ") || out.ends_with("yyyy-mm-dd hh:"));
        match shape.as_str() {
            _ if is_hint => out.push_str("wxyz"),
            _ if out.ends_with("--cursor ") => out.push('…'),
            _ if is_time => out.push_str(if out.ends_with(':') { "mm" } else { "hh" }),
            "9999-99-99" => out.push_str("yyyy-mm-dd"),
            "xxxxxxxx" | "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" => out.push_str(&shape),
            _ if word.starts_with("inv_") && word.len() == 47 => out.push_str("inv_…"),
            _ => out.push_str(word),
        }
        rest = &rest[begin + word.len()..];
    }
    out + rest
}

/// Digits alone as 9, and where it is all that there is, hexadecimal ones as x; what is neither, as it is.
fn shape(word: &str) -> String {
    let as_one = |is: fn(&char) -> bool, mark: char| -> Option<String> {
        word.chars()
            .all(|c| c == '-' || is(&c))
            .then(|| word.chars().map(|c| if c == '-' { c } else { mark }).collect())
    };
    let digits = as_one(char::is_ascii_digit, '9').filter(|shape| shape == "9999-99-99");
    let is_hex = |c: &char| c.is_ascii_digit() || ('a'..='f').contains(c);
    digits.or_else(|| as_one(is_hex, 'x')).unwrap_or_else(|| word.to_owned())
}

/// The people of every story, and a band.
fn owls(server: &Served) -> (Home, Home) {
    (server.person("ada"), server.person("kim"))
}

#[test]
fn a_band_is_filled_and_looked_at() {
    let server = Served::start();
    let (ada, kim) = owls(&server);
    let (mut story, owls) = (Story::of(&server), "The Night Owls");
    story.run(&ada, &["bands", "create", owls, "--description", "Late jazz in the harbour"]);
    let never = ["--ttl-hours", "never"];
    let create = |more: &'static [&'static str]| [&["invites", "create", owls], more, &never].concat();
    story.run(&ada, &create(&["--label", "drums", "--max-uses", "3"]));
    story.run(&ada, &create(&["--for", "kim", "--role", "admin"]));
    story.run(&ada, &create(&["--for", "sam@example.org"]));
    story.run_with(&ada, &[&["invites", "bulk", owls, "-", "--dry-run"], &never[..]].concat(), PEOPLE);
    story.run_with(&ada, &[&["invites", "bulk", owls, "-"], &never[..]].concat(), PEOPLE);
    story.run_with(&ada, &[&["invites", "bulk", owls, "-"], &never[..]].concat(), PEOPLE);
    story.run(&kim, &["inbox"]);
    story.run(&kim, &["inbox", "accept", owls]);
    story.run(&ada, &["campaigns", "create", owls, "Spring", "--message", "Bring your mutes"]);
    for list in ["invites", "members", "campaigns"] {
        story.run(&ada, &[list, "list", owls]);
    }
    let list = ada.json(&["invites", "list", owls, "--kind", "email"]);
    let id = list["invites"][0]["id"].as_str().unwrap();
    for verb in ["show", "revoke", "restore", "link"] {
        story.run(&ada, &["invites", verb, id]);
    }
    story.run(&ada, &["members", "set-role", owls, "kim", "member"]);
    story.run(&ada, &["audit", owls, "--limit", "4"]);
    story.run(&ada, &["tree", owls]);
    insta::assert_snapshot!("in_a_pipe", story.text);

    let mut story = Story::of(&server);
    for args in [&["bands", "list"][..], &["invites", "list", owls], &["members", "list", owls], &["audit", owls]] {
        story.show(&ada, 80, args);
    }
    for args in [&["invites", "list", owls][..], &["members", "list", owls]] {
        story.show(&ada, 44, args);
    }
    insta::assert_snapshot!("on_a_terminal", story.text);
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let server = Served::start();
    let (ada, kim) = owls(&server);
    let band = ada.band("The Night Owls");
    kim.json_with(&["accept"], &ada.run(&["invites", "create", &band]).out);
    let mut story = Story::of(&server);
    for args in [
        &["invtes", "list"][..],
        &["invites", "list"],
        &["invites", "list", "The Nigth Owls"],
        &["invites", "list", "The Night Owls", "--status", "pendign"],
        &["invites", "create", "The Night Owls", "--for", "kmi"],
        &["invites", "create", "The Night Owls", "--ttl-hours", "0"],
        &["invites", "create", "The Night Owls", "--for", "ada"],
        &["members", "set-role", "The Night Owls", "kmi", "admin"],
        &["members", "leave", "The Night Owls", "--yes"],
        &["bands", "delete", "The Night Owls"],
        &["accept", "what"],
        &["accept", "inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
    ] {
        story.run(&ada, args);
    }
    story.run(&kim, &["bands", "delete", "The Night Owls", "--yes"]);
    story.run(&server.person("joe"), &["invites", "list", "The Night Owls"]);
    story.run(&server.stranger(), &["bands", "list"]);
    story.run_with(&server.stranger(), &["register", "sam", "sam@example.org"], "12345678\n");
    story.run_with(&kim, &["login", "kim"], "not my password\n");
    insta::assert_snapshot!("mistakes", story.text);
}

#[test]
fn every_noun_has_its_verbs() {
    let home = Home::at("http://127.0.0.1:1");
    let told = |args: &[&str]| {
        let help = home.run(args);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{args:?}");
        help.out
    };
    for words in [
        "login",
        "logout",
        "register",
        "whoami",
        "bands list create show delete",
        "invites list create show edit revoke restore resend link bulk export",
        "campaigns list create show edit expire delete",
        "codes create list sheet",
        "members list set-role remove",
        "audit",
        "stats",
        "inbox",
        "preview",
        "accept",
        "decline",
        "serve",
        "admin account grant revoke backup restore check key health mail",
        "config check path show example",
        "completions",
        "man",
    ] {
        let mut words = words.split(' ');
        let noun = words.next().unwrap();
        told(&[noun, "--help"]);
        for verb in words {
            assert!(told(&[noun, verb, "--help"]).contains(&format!("guestlist {noun} {verb}")), "{noun} {verb}");
        }
    }
}
