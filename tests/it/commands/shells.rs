//! Completions in the shells themselves: keys go in, and what stands on the line then is looked at.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    postgres::skip,
    program::{Home, Ran, Served},
    pty::Pty,
};

/// Where a shell is; where it is missing the test says so.
fn shell(name: &str) -> Option<PathBuf> {
    let found = ["/bin", "/usr/bin", "/usr/local/bin"].map(|folder| Path::new(folder).join(name));
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        skip(&format!("no {name} (apt-get install {name})"));
    }
    found
}

/// Ada's home with two bands, a member, a campaign and a file.
fn ada(server: &Served) -> Home {
    let (ada, kim) = (server.person("ada"), server.person("kim"));
    let band = ada.band("The Night Owls");
    ada.band("Brass & \"Bone\" $5");
    kim.json_with(&["accept"], &ada.run(&["invites", "create", &band]).out);
    ada.json(&["campaigns", "create", &band, "Spring concert"]);
    std::fs::write(ada.path().join("people.csv"), "email\nsam@example.org\n").unwrap();
    ada
}

/// The folders in which a shell of a test looks for programs.
fn path() -> String {
    format!("{}:/usr/bin:/bin", Path::new(env!("CARGO_BIN_EXE_guestlist")).parent().unwrap().display())
}

/// A shell at its prompt.
fn at_prompt(program: &Path, args: &[&str], home: &Home, begin: &str) -> Pty {
    let variables = [
        ("PATH", path()),
        ("PS1", "ready> ".to_owned()),
        ("GUESTLIST_SERVER", home.origin.clone()),
        ("LANG", "C.UTF-8".to_owned()),
    ];
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut pty = Pty::start_program(program.to_str().unwrap(), home.path(), (180, 50), args, &variables);
    pty.see("ready>");
    pty.keys(&format!("{begin}\recho begun $((20 + 3))\r"));
    pty.see("begun 23");
    pty
}

/// What is typed before Tab, and what stands on the line then.
const TYPED: [(&str, &str); 11] = [
    ("guestlist camp", "guestlist campaigns "),
    ("guestlist bands show The", r"guestlist bands show The\ Night\ Owls "),
    ("guestlist bands show \"The N", "guestlist bands show \"The Night Owls\" "),
    ("guestlist bands show 'The N", "guestlist bands show 'The Night Owls' "),
    ("guestlist bands show Br", r#"guestlist bands show Brass\ \&\ \"Bone\"\ \$5 "#),
    ("guestlist invites list x --stat", "guestlist invites list x --status "),
    ("guestlist invites list x --status pen", "guestlist invites list x --status pending "),
    ("guestlist members remove \"The Night Owls\" ki", "guestlist members remove \"The Night Owls\" kim "),
    (r"guestlist campaigns show The\ Night\ Owls Spr", r"guestlist campaigns show The\ Night\ Owls Spring\ concert "),
    ("guestlist audit x --action invite.acc", "guestlist audit x --action invite.accepted "),
    ("guestlist invites bulk \"The Night Owls\" peo", "guestlist invites bulk \"The Night Owls\" people.csv "),
];

/// Types, presses Tab, and waits until the line is as it should be.
fn completes(pty: &mut Pty, typed: &str, line: &str) {
    // The line away, and the screen clear.
    pty.keys("\x15\x0c");
    pty.until("an empty screen", |pty| pty.screen().trim() == "ready>");
    pty.keys(typed);
    pty.see(typed);
    pty.keys("\t");
    // A word follows at once: where there is a space, it stands behind it.
    pty.until(line, |pty| pty.screen().contains(line.trim_end()));
    pty.keys("#");
    pty.see(&format!("ready> {line}#"));
}

#[test]
fn bash_completes_within_quotes_and_without() {
    let Some(bash) = shell("bash") else { return };
    let server = Served::start();
    let ada = ada(&server);
    let mut pty = at_prompt(&bash, &["--norc", "--noprofile", "-i"], &ada, "source <(guestlist completions bash)");
    for (typed, line) in TYPED {
        completes(&mut pty, typed, line);
    }
    completes(&mut pty, "guestlist bands show \"Br", r#"guestlist bands show "Brass & \"Bone\" \$5" "#);
    completes(&mut pty, "guestlist invites revoke --band=The", r"guestlist invites revoke --band=The\ Night\ Owls ");
    completes(&mut pty, "guestlist bands edit x --policy max", "guestlist bands edit x --policy max_ttl_hours=");
    // What stands there is what is meant.
    completes(&mut pty, "guestlist bands show \"The N", "guestlist bands show \"The Night Owls\" ");
    pty.keys("\r");
    pty.see("WHO INVITES  admins");
}

#[test]
fn zsh_completes_within_quotes_and_without() {
    let Some(zsh) = shell("zsh") else { return };
    let server = Served::start();
    let ada = ada(&server);
    let begin = "bindkey -e; autoload -Uz compinit; compinit -u -D; source <(guestlist completions zsh); PS1='ready> '";
    let mut pty = at_prompt(&zsh, &["-f", "-i"], &ada, begin);
    for (typed, line) in TYPED {
        completes(&mut pty, typed, line);
    }
    completes(&mut pty, "guestlist bands show The", r"guestlist bands show The\ Night\ Owls ");
    pty.keys("\x7f\r");
    pty.see("WHO INVITES  admins");
}

#[test]
fn fish_offers_what_bash_does_and_says_what_it_is() {
    let Some(fish) = shell("fish") else { return };
    let server = Served::start();
    let ada = ada(&server);
    let offered = |typed: &str| {
        let mut command = Command::new(&fish);
        command.args(["--no-config", "-c", "guestlist completions fish | source; complete -C $TYPED"]).env_clear();
        command.env("PATH", path()).env("HOME", ada.path()).env("GUESTLIST_SERVER", &ada.origin).env("TYPED", typed);
        let ran = Ran::of(&command.env("LANG", "C.UTF-8").current_dir(ada.path()).output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{typed}");
        ran.out
    };
    for typed in ["The", "The\\ N", "\"The N", "'The N"] {
        let found = offered(&format!("guestlist bands show {typed}"));
        assert!(found.starts_with("The Night Owls\t") && found.lines().count() == 1, "{typed}: {found}");
    }
    assert!(offered("guestlist camp").starts_with("campaigns\tCampaigns"));
    assert_eq!(offered("guestlist invites list x --status pen"), "pending\n");
    assert_eq!(offered("guestlist members remove 'The Night Owls' ki"), "kim\tkim\n");
    assert!(offered("guestlist campaigns show The\\ Night\\ Owls Spr").starts_with("Spring concert\t"));
    assert!(offered("guestlist audit x --action invite.acc").starts_with("invite.accepted"));
    assert!(offered("guestlist invites bulk x peo").starts_with("people.csv"));
}

#[test]
fn every_man_page_is_one_that_mandoc_has_nothing_to_say_about() {
    let Some(mandoc) = shell("mandoc") else { return };
    let home = Home::at("http://127.0.0.1:1");
    let folder = home.path().join("man");
    assert_eq!(home.run(&["man", "--folder", folder.to_str().unwrap()]).code, 0);
    let pages: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|page| page.unwrap().path()).collect();
    assert!(pages.len() > 90, "{}", pages.len());
    let said = Command::new(mandoc).args(["-Tlint", "-Wwarning"]).args(&pages).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout), "");
    for page in &pages {
        let text = std::fs::read_to_string(page).unwrap();
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"] {
            assert!(text.contains(&format!(".SH \"{section}\"\n")), "{section} of {}", page.display());
        }
    }
    assert!(std::fs::read_to_string(folder.join("guestlist-invites-bulk.1")).unwrap().contains(".SH \"EXAMPLES\"\n"));
}
