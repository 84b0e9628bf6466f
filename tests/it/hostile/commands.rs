//! Commands, the client in lines, and what a shell is offered, before a server whose every text wants the terminal.

use serde_json::Value;

use super::{plain, spoiler::Spoilt, world};
use crate::program::{Home, Ran, Served};

/// What reads, each with what stands for ids of the band's own things in it.
const READS: &[&str] = &[
    "whoami",
    "bands list",
    "bands list --open",
    "bands show {band}",
    "members list {band}",
    "members bans {band}",
    "requests list {band}",
    "requests mine",
    "invites list {band}",
    "invites show {invite}",
    "invites uses {used}",
    "campaigns list {band}",
    "campaigns show {band} {campaign}",
    "codes batches",
    "codes list {batch}",
    "templates list {band}",
    "audit {band}",
    "stats {band}",
    "tree {band}",
    "quota",
    "people ki --band {band}",
    "inbox",
    "blocks",
    "blocks --site",
];

const WRITES: &[&str] = &[
    "invites create {band} --label x",
    "invites create {band} --for {new}@example.org",
    "invites bulk {band} people.csv --dry-run",
    "invites bulk {band} people.csv --again",
    "invites edit {invite} --label y",
    "invites extend {invite} --ttl-hours 10 --yes",
    "invites set-role {invite} admin --yes",
    "invites resend {mailed} --yes",
    "invites resend {mailed} --rotate --yes",
    "invites rotate {invite}",
    "invites link {invite}",
    "invites revoke {invite} --yes",
    "invites restore {invite} --yes",
    "campaigns create {band} {new}",
    "campaigns edit {band} {campaign} --message z",
    "codes create {new} --band {band} --count 2",
    "codes create {new} --site --count 2",
    "templates create {band} {new}",
    "bands create {new}",
    "bands edit {band} --description z",
    "members let-invite {band} joe",
    "requests approve {band} kim",
];

/// A look at everything by words.
const LINES: &str = "help\nbands\ninvites\ndetails\nclose\nmembers\ncampaigns\nclose\ncodes\nclose\nsite codes\nclose\n\
                     templates\nclose\njoin requests\nclose\nbans\nclose\naudit trail\nclose\nstatistics\nclose\nwho \
                     invited whom\nclose\nquota\nclose\nopt-outs\nclose\ninbox\nclose\nnew\nclose\nlist\nquit\n";

fn held(ran: &Ran, what: &str) {
    for text in [&ran.out, &ran.err] {
        assert!(!text.contains('\r') && !text.contains("\\u001b") && !text.contains("\\u009b"), "{what}: {text:?}");
        plain(&text.replace('\t', " "));
    }
}

/// Runs a command with a log that tells all it can; whether it showed what the server wrote.
fn run(home: &Home, args: &[&str], input: &str) -> (Ran, bool) {
    let log = [("GUESTLIST_LOG", "trace"), ("GUESTLIST_LOG_FILE", "client.log")];
    let mut command = home.command(args);
    command.envs(log).current_dir(home.path());
    let ran = Home::finish(&mut command, input);
    held(&ran, &args.join(" "));
    let shown = format!("{}{}", ran.out, ran.err).contains("深夜");
    (ran, shown)
}

/// What a shell is offered for the last of these words.
fn offered(home: &Home, shell: &str, words: &[&str]) -> Ran {
    let mut command = home.command(&[&["--"], words].concat());
    command.env("GUESTLIST_COMPLETE", shell).env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
    Home::finish(command.env("_CLAP_IFS", "\n"), "")
}

#[test]
fn nothing_that_a_server_says_steers_the_terminal_by_commands_lines_or_completions() {
    let server = Served::start();
    let (spoiler, ada, band) = world(&server);
    std::fs::write(ada.path().join("people.csv"), "email,name\nlou@example.org,Lou\n").unwrap();
    let invites = ada.json(&["invites", "list", &band]);
    let invite = |fits: fn(&Value) -> bool| {
        let all = invites["invites"].as_array().unwrap();
        all.iter().find(|invite| fits(invite)).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let campaigns = ada.json(&["campaigns", "list", &band]);
    let campaign = |name: &str| {
        let all = campaigns["campaigns"].as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let ids = [
        ("{band}", band.clone()),
        ("{invite}", invite(|one| one["label"] == "poster")),
        ("{mailed}", invite(|one| one["label"] == "Sam")),
        ("{used}", invite(|one| one["uses"] == 1)),
        ("{campaign}", campaign("Summer party")),
        ("{batch}", campaign("Door")),
    ];
    let (mut shown, mut number) = (0, 0);
    for fault in [Spoilt::Texts, Spoilt::AllTexts, Spoilt::Refused] {
        spoiler.is(fault);
        for (text, json) in
            READS.iter().flat_map(|text| [(text, false), (text, true)]).chain(WRITES.iter().map(|text| (text, true)))
        {
            number += 1;
            let mut text = text.replace("{new}", &format!("new{number}"));
            for (name, id) in &ids {
                text = text.replace(name, id);
            }
            let args: Vec<&str> = text.split(' ').chain(json.then_some("--json")).collect();
            let (ran, is_shown) = run(&ada, &args, "");
            shown += usize::from(is_shown);
            assert!(fault != Spoilt::Texts || !READS.contains(&text.as_str()) || ran.code == 0, "{text}: {ran:?}");
        }
        let (ran, is_shown) = run(&ada, &["--plain"], LINES);
        // Where no id can be read there is little to say.
        assert!(is_shown || fault == Spoilt::AllTexts, "{fault:?}: {ran:?}");
        for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
            for words in [
                &["guestlist", "bands", "show", ""][..],
                &["guestlist", "members", "remove", &band, ""],
                &["guestlist", "campaigns", "show", &band, ""],
            ] {
                let ran = offered(&ada, shell, words);
                held(&ran, shell);
                assert!(fault != Spoilt::Texts || ran.out.contains("深夜"), "{shell} {words:?}: {ran:?}");
            }
        }
    }
    assert!(shown > 100, "{shown}");
    let log = std::fs::read_to_string(ada.path().join("client.log")).unwrap();
    plain(&log);
}
