//! What a server refuses, in the words of the command line: a field of a request is the option or the argument that it came
//! from.

use clap::{Arg, Command, CommandFactory as _};

use super::Cli;
use crate::api::{Code, Problem};

/// Fields that are called otherwise here: each with the options and arguments that it can have come from, the nearest first.
const CALLED: [(&str, &[&str]); 22] = [
    ("q", &["query", "q"]),
    ("email", &["email", "whom"]),
    ("username", &["username", "whom", "name"]),
    ("account_id", &["name", "whom"]),
    ("campaign_id", &["campaign"]),
    ("template_id", &["template"]),
    ("expires_at", &["expires_at", "ttl_hours"]),
    ("ttl_hours", &["ttl_hours", "expires_at"]),
    ("args.expires_at", &["expires_at"]),
    ("args.ttl_hours", &["ttl_hours"]),
    ("args.role", &["role"]),
    ("event", &["title"]),
    ("event.title", &["title"]),
    ("event.starts_at", &["starts"]),
    ("event.ends_at", &["ends"]),
    ("event.place", &["place"]),
    ("event.time_zone", &["time_zone"]),
    ("starts_at", &["starts"]),
    ("ends_at", &["ends"]),
    ("message", &["message", "message_file"]),
    ("rows", &["file"]),
    ("send", &["no_send"]),
];

/// The problem's own words, with options in place of fields.
pub(super) fn refusal(problem: &Problem) -> String {
    let command = spoken();
    let detail = if problem.detail.is_empty() { problem.code.title() } else { &problem.detail };
    if problem.code != Code::Validation || problem.errors.is_empty() {
        return in_options(&command, detail);
    }
    let one = |field: &str, message: &str| format!("{} {}", named(&command, field), in_options(&command, message));
    problem.errors.iter().map(|error| one(&error.field, &error.message)).collect::<Vec<_>>().join("; ")
}

/// The command that was called, as far as its words say.
fn spoken() -> Command {
    let mut command = Cli::command();
    for word in std::env::args_os().skip(1) {
        if let Some(next) = word.to_str().and_then(|word| command.find_subcommand(word)) {
            command = next.clone();
        }
    }
    command
}

/// What a field is called here; itself where nothing is.
fn named(command: &Command, field: &str) -> String {
    if let Some(key) = field.strip_prefix("policy.") {
        return format!("--policy {key}");
    }
    option(command, field).unwrap_or_else(|| field.replace('_', " "))
}

fn option(command: &Command, field: &str) -> Option<String> {
    let called = CALLED.iter().find(|(name, _)| *name == field).map_or(&[][..], |(_, ids)| *ids);
    let ids = called.iter().copied().chain([field]);
    let mut found = ids.filter_map(|id| command.get_arguments().find(|arg| arg.get_id() == id));
    found.next().map(shown)
}

fn shown(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_value_names()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some([name, ..])) => name.to_string(),
        (None, _) => arg.get_id().as_str().to_uppercase(),
    }
}

/// A text with the names of fields in it, `expires_at` or `send: false`, as options.
fn in_options(command: &Command, text: &str) -> String {
    let text = match option(command, "send") {
        Some(no_send) => text.replace("`send: false`", &no_send).replace("send: false", &no_send),
        None => text.to_owned(),
    };
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_' || c == '.';
    let mut told = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(begin) = rest.find(is_name) {
        let (before, from) = rest.split_at(begin);
        told.push_str(before);
        let (word, after) = from.split_at(from.find(|c| !is_name(c)).unwrap_or(from.len()));
        let name = word.trim_end_matches('.');
        // Only what looks like a field: a plain word is a word.
        match option(command, name).filter(|_| name.contains('_') && !before.ends_with('-')) {
            Some(option) => {
                // A field that is set off as code is an option all the same.
                if told.ends_with('`') && after.starts_with('`') {
                    told.pop();
                    told.push_str(&option);
                    rest = &after[1..];
                    continue;
                }
                told.push_str(&option);
                told.push_str(&word[name.len()..]);
            }
            None => told.push_str(word),
        }
        rest = after;
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> Command {
        let mut command = Cli::command();
        for word in words {
            command = command.find_subcommand(word).unwrap().clone();
        }
        command
    }

    #[test]
    fn a_field_is_the_option_or_argument_that_it_came_from() {
        let create = command(&["invites", "create"]);
        for (field, says) in [
            ("ttl_hours", "--ttl-hours"),
            ("email", "--for"),
            ("label", "--label"),
            ("policy.max_ttl_hours", "--policy max_ttl_hours"),
            ("body", "body"),
        ] {
            assert_eq!(named(&create, field), says);
        }
        assert_eq!(named(&command(&["bands", "list"]), "q"), "--query");
        assert_eq!(named(&command(&["people"]), "q"), "SEARCH");
        assert_eq!(named(&command(&["bands", "create"]), "name"), "NAME");
        assert_eq!(named(&command(&["bands", "edit"]), "name"), "--name");
        assert_eq!(named(&command(&["campaigns", "edit"]), "event.starts_at"), "--starts");
        assert_eq!(named(&command(&["register"]), "username"), "NAME");
    }

    #[test]
    fn so_is_a_field_within_a_sentence() {
        let create = command(&["invites", "create"]);
        let told = in_options(
            &create,
            "At most 48 hours: say less in `ttl_hours`, or expires_at. With send: false no mail goes.",
        );
        assert_eq!(told, "At most 48 hours: say less in --ttl-hours, or --expires-at. With --no-send no mail goes.");
        let plain = "The label is a note. e.g. role, max_ttl_hours; --on_existing é";
        assert_eq!(in_options(&create, plain), plain);
    }
}
