//! Man pages, one a command, made from the same options that commands are called by.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, Args, Command, CommandFactory as _};

use super::{Cli, EVERYWHERE, Error, system_words};

/// When the pages were last changed.
const DATE: &str = "2026-11-22";

/// Examples by command: what is to be done, and how.
const EXAMPLES: &[(&str, &[(&str, &str)])] = &[
    (
        "guestlist",
        &[
            ("Look around, on a throw-away server with sample bands:", "guestlist --demo"),
            (
                "Sign in, make a band, invite somebody:",
                "guestlist login ada --server https://invites.example.org\nguestlist bands create \"The Night Owls\"\nguestlist invites create \"The Night Owls\" --for kim@example.org",
            ),
            ("Accept an invite, with the link in no list of processes:", "echo \"$LINK\" | guestlist accept -"),
        ],
    ),
    (
        "guestlist invites bulk",
        &[
            ("Look what each row would come to:", "guestlist invites bulk \"The Night Owls\" people.csv --dry-run"),
            (
                "Invite them, and keep the links and what was refused:",
                "guestlist invites bulk \"The Night Owls\" people.csv --results links.csv --failed refused.csv",
            ),
        ],
    ),
    (
        "guestlist invites list",
        &[(
            "Every pending invite that Sam made, as JSON:",
            "guestlist invites list \"The Night Owls\" --status pending --created-by sam --all --json",
        )],
    ),
    (
        "guestlist invites revoke",
        &[
            (
                "Take back all that somebody made and that is pending:",
                "guestlist invites revoke --band \"The Night Owls\" --created-by sam --status pending",
            ),
            (
                "Those that a list leaves over:",
                "guestlist invites list \"The Night Owls\" --all | grep door | guestlist invites revoke - --yes",
            ),
        ],
    ),
    (
        "guestlist campaigns create",
        &[(
            "Invite to a concert everybody in a file:",
            "guestlist campaigns create \"The Night Owls\" \"Spring concert\" --rows people.csv \\\n    --event \"Spring concert\" --starts 2027-04-10T19:30 --place \"Harbour Hall\" --time-zone Europe/Berlin",
        )],
    ),
    (
        "guestlist campaigns edit",
        &[(
            "Move the concert by half an hour:",
            "guestlist campaigns edit \"The Night Owls\" \"Spring concert\" --starts 2027-04-10T20:00",
        )],
    ),
    (
        "guestlist codes create",
        &[(
            "Cards for a show:",
            "guestlist codes create \"Spring show\" --band \"The Night Owls\" --count 120 --ttl-hours 72\nguestlist codes sheet \"Spring show\" --band \"The Night Owls\" -o cards.html",
        )],
    ),
    (
        "guestlist audit",
        &[
            (
                "A quarter as a table for spreadsheets:",
                "guestlist audit \"The Night Owls\" --from 2026-01-01 --to 2026-04-01 --format csv -o audit-2026-q1.csv",
            ),
            (
                "Whose links were shown again, and by whom:",
                "guestlist audit \"The Night Owls\" --action invite.link_shown",
            ),
        ],
    ),
    (
        "guestlist accept",
        &[
            (
                "On another machine, and wait for an admin's word:",
                "echo \"$LINK\" | ssh stage.example.org guestlist accept - --wait",
            ),
            ("A code off paper, as it is read:", "guestlist accept abcd efgh 2345"),
        ],
    ),
    ("guestlist inbox accept", &[("The invite to a band:", "guestlist inbox accept \"The Night Owls\"")]),
    ("guestlist completions", &[("In ~/.bashrc:", "source <(guestlist completions bash)")]),
    ("guestlist man", &[("The pages of all commands, for man(1):", "guestlist man --folder ~/.local/share/man/man1")]),
    (
        "guestlist serve",
        &[(
            "Behind a proxy that ends TLS:",
            "guestlist serve --listen 127.0.0.1:7878 --public-url https://invites.example.org",
        )],
    ),
];

/// How commands end.
const EXIT: [(&str, &str); 6] = [
    ("0", "It is done."),
    ("1", "It was refused, or it failed."),
    ("2", "The command was wrong: an option, an argument, a file, or the configuration."),
    ("3", "Nobody is signed in to the server, or no server is known."),
    ("4", "The server cannot be reached."),
    ("130", "Ctrl-C ended it; what was done or asked by then stands, and is told."),
];

const ENVIRONMENT: [(&str, &str); 7] = [
    ("GUESTLIST_SERVER", "The server, as `--server`."),
    ("GUESTLIST_TOKEN", "A session for that server, in place of the one that `guestlist login` keeps."),
    ("GUESTLIST_PROFILE", "The profile, as `--profile`."),
    ("GUESTLIST_CONFIG", "The configuration file, as `--config`."),
    ("GUESTLIST_DATA", "The folder for sessions and, of a server, for its database and its key."),
    ("GUESTLIST_INSECURE_HTTP", "`true` allows plain http to other machines."),
    ("NO_COLOR", "Anything but nothing leaves colours out."),
];

/// What stands in the folders; `guestlist config path` and `config show` say where those are.
const FILES: [(&str, &str); 5] = [
    (
        "~/.config/guestlist/config.toml",
        "The configuration. `guestlist config path` says where it is looked for, `guestlist config example` shows every key with its variable.",
    ),
    (
        "~/.local/share/guestlist/sessions.json",
        "The sessions, readable by their owner alone; `sessions-NAME.json` of a profile.",
    ),
    ("~/.local/share/guestlist/shown-ids", "The ids that tables have shown, so that commands take the ends of them."),
    ("~/.local/share/guestlist/guestlist.db", "The database of a server that names no other."),
    (
        "~/.local/share/guestlist/key",
        "The key of that server, which seals tokens. Without it a copy of the database shows none.",
    ),
];

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write the pages of all commands into this folder, in place of printing the first one.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prints the man page, or writes all of them.
pub(super) fn man(args: &ManArgs) -> Result<(), Error> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.folder else {
        return Ok(io::stdout().lock().write_all(page(&command, "guestlist", None).as_bytes())?);
    };
    let unwritable =
        |error: io::Error| Error::Usage(format!("{} cannot be written to: {}", folder.display(), system_words(&error)));
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    write_all(&command, "guestlist", None, folder).map_err(unwritable)
}

/// Writes the page of a command and those of the commands within it.
fn write_all(command: &Command, path: &str, parent: Option<&str>, folder: &Path) -> io::Result<()> {
    std::fs::write(folder.join(format!("{}.1", path.replace(' ', "-"))), page(command, path, parent))?;
    within(command).try_for_each(|inner| write_all(inner, &format!("{path} {}", inner.get_name()), Some(path), folder))
}

fn within(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
}

/// The page of a command; `path` is how it is called.
fn page(command: &Command, path: &str, parent: Option<&str>) -> String {
    let name = path.replace(' ', "-");
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut page = Page(String::new());
    let (title, version) = (name.to_uppercase(), env!("CARGO_PKG_VERSION"));
    page.line(&format!(".TH \"{}\" 1 {DATE} \"guestlist {version}\" \"guestlist manual\"", escaped(&title)));
    page.section("NAME");
    page.line(&format!("{} \\- {}", escaped(&name), text(&begun_small(&about))));
    page.section("SYNOPSIS");
    page.line(&synopsis(command, path));
    page.section("DESCRIPTION");
    page.words(&sentence(command.get_long_about().map(ToString::to_string).unwrap_or(about).trim()));
    if let Some(more) = command.get_after_help() {
        page.line(".PP");
        page.words(&more.to_string());
    }
    let inner: Vec<(String, String)> = within(command)
        .map(|inner| {
            (format!("{name}-{}", inner.get_name()), inner.get_about().map(ToString::to_string).unwrap_or_default())
        })
        .collect();
    page.list("COMMANDS", inner.iter().map(|(name, about)| (format!("\\fB{}\\fR(1)", escaped(name)), about.as_str())));
    let shown = || command.get_arguments().filter(|arg| !arg.is_hide_set());
    let help = |arg: &Arg| arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let of = |which: fn(&Arg) -> bool| shown().filter(move |arg| which(arg)).map(|arg| (term(arg), help(arg)));
    let entries: [(&str, Vec<(String, String)>); 3] = [
        ("ARGUMENTS", of(Arg::is_positional).collect()),
        ("OPTIONS", of(|arg| !arg.is_positional() && !is_everywhere(arg)).collect()),
        ("OPTIONS OF EVERY COMMAND", of(|arg| !arg.is_positional() && is_everywhere(arg)).collect()),
    ];
    for (heading, entries) in &entries {
        page.list(heading, entries.iter().map(|(term, help)| (term.clone(), help.as_str())));
    }
    page.list("EXIT STATUS", EXIT.map(|(code, says)| (format!("\\fB{code}\\fR"), says)).into_iter());
    page.list("ENVIRONMENT", ENVIRONMENT.map(|(name, says)| (format!("\\fB{}\\fR", escaped(name)), says)).into_iter());
    page.list("FILES", FILES.map(|(file, says)| (format!("\\fI{}\\fR", escaped(file)), says)).into_iter());
    if let Some((_, examples)) = EXAMPLES.iter().find(|(of, _)| *of == path) {
        page.section("EXAMPLES");
        for (number, (what, how)) in examples.iter().enumerate() {
            if number > 0 {
                page.line(".PP");
            }
            page.words(what);
            page.line(".PP\n.RS 4\n.nf");
            how.lines().for_each(|line| page.line(&guarded(&escaped(line))));
            page.line(".fi\n.RE");
        }
    }
    page.section("SEE ALSO");
    let other = match parent {
        Some(parent) => parent.replace(' ', "-"),
        None => "guestlist-invites".to_owned(),
    };
    page.line(&format!("\\fB{}\\fR(1)", escaped(&other)));
    page.0
}

fn is_everywhere(arg: &Arg) -> bool {
    arg.get_help_heading() == Some(EVERYWHERE)
}

/// How a command is called, with the names of its values.
fn synopsis(command: &Command, path: &str) -> String {
    let mut line = format!("\\fB{}\\fR", escaped(path));
    let is_flag = |arg: &&Arg| !arg.is_positional() && !arg.is_hide_set() && !is_everywhere(arg);
    for arg in command.get_arguments().filter(is_flag).filter(|arg| arg.get_id() != "help" && arg.get_id() != "version")
    {
        let term = term(arg);
        // Of two ways to say it the long one says more.
        let long = term.rsplit(", ").next().unwrap_or(&term).to_owned();
        let _ = if arg.is_required_set() { write!(line, " {long}") } else { write!(line, " [{long}]") };
    }
    for arg in command.get_positionals() {
        let term = term(arg);
        let _ = if arg.is_required_set() { write!(line, " {term}") } else { write!(line, " [{term}]") };
    }
    if within(command).next().is_some() {
        line.push_str(if command.is_subcommand_required_set() { " \\fICOMMAND\\fR" } else { " [\\fICOMMAND\\fR]" });
    }
    line
}

/// An option or an argument as it is typed.
fn term(arg: &Arg) -> String {
    let names: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(clap::builder::Str::as_str).collect();
    let value = if names.is_empty() { arg.get_id().as_str().to_uppercase() } else { names.join(" ") };
    let many = if matches!(arg.get_action(), ArgAction::Append) { "..." } else { "" };
    let value = format!("\\fI{}\\fR{many}", escaped(&value));
    if arg.is_positional() {
        return value;
    }
    let short = arg.get_short().map(|short| format!("\\fB\\-{short}\\fR"));
    let long = arg.get_long().map(|long| format!("\\fB\\-\\-{}\\fR", escaped(long)));
    let option = short.into_iter().chain(long).collect::<Vec<_>>().join(", ");
    match arg.get_num_args() {
        Some(count) if !count.takes_values() => option,
        Some(count) if count.min_values() == 0 => format!("{option}[={value}]"),
        _ if !arg.get_action().takes_values() => option,
        _ => format!("{option} {value}"),
    }
}

/// The first letter small, as after a dash.
fn begun_small(text: &str) -> String {
    let text = text.lines().next().unwrap_or_default().trim_end_matches('.');
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// With a full stop, which clap takes away.
fn sentence(text: &str) -> String {
    if text.is_empty() || text.ends_with(['.', '?', '!', ':']) { text.to_owned() } else { format!("{text}.") }
}

/// A text as roff has it: what stands in backquotes is bold.
fn text(plain: &str) -> String {
    let parts = plain.split('`').enumerate();
    parts.map(|(n, part)| if n % 2 == 1 { format!("\\fB{}\\fR", escaped(part)) } else { escaped(part) }).collect()
}

/// A text without anything that roff would read.
fn escaped(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\\' => told.push_str("\\e"),
            '-' => told.push_str("\\-"),
            '\'' => told.push_str("\\(aq"),
            '`' => told.push_str("\\(ga"),
            '"' => told.push_str("\\(dq"),
            '~' => told.push_str("\\(ti"),
            '^' => told.push_str("\\(ha"),
            sign if sign.is_ascii() => told.push(sign),
            sign => {
                let _ = write!(told, "\\[u{:04X}]", u32::from(sign));
            }
        }
    }
    told
}

/// A line that begins with no request.
fn guarded(line: &str) -> String {
    if line.starts_with('.') { format!("\\&{line}") } else { line.to_owned() }
}

struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn section(&mut self, heading: &str) {
        self.line(&format!(".SH \"{heading}\""));
    }

    /// Running text, a paragraph for each that is set off.
    fn words(&mut self, words: &str) {
        for (number, paragraph) in words.split("\n\n").enumerate() {
            if number > 0 {
                self.line(".PP");
            }
            self.line(&guarded(&text(&paragraph.split_whitespace().collect::<Vec<_>>().join(" "))));
        }
    }

    /// Terms, which are roff already, and what they are; nothing where there are none.
    fn list<'a>(&mut self, heading: &str, entries: impl Iterator<Item = (String, &'a str)>) {
        for (number, (term, says)) in entries.enumerate() {
            if number == 0 {
                self.section(heading);
            }
            self.line(".TP");
            self.line(&guarded(&term));
            self.words(&sentence(says));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_roff_would_read_stands_there_as_it_is() {
        assert_eq!(text("Don't; `--x` is C:\\y, 5–6"), "Don\\(aqt; \\fB\\-\\-x\\fR is C:\\ey, 5\\[u2013]6");
        assert_eq!(guarded(".PP"), "\\&.PP");
    }

    #[test]
    fn examples_are_of_commands_that_there_are() {
        for (path, examples) in EXAMPLES {
            let mut command = Cli::command();
            for word in path.split(' ').skip(1) {
                let known = command.find_subcommand(word).cloned();
                command = match known {
                    Some(command) => command,
                    // Built without a server.
                    None if cfg!(not(feature = "server")) => return,
                    None => panic!("{path}"),
                };
            }
            assert!(!examples.is_empty());
        }
    }

    #[test]
    fn values_have_names_and_repeated_ones_say_so() {
        let mut command = Cli::command();
        command.build();
        let bulk = command.find_subcommand("invites").unwrap().find_subcommand("bulk").unwrap();
        let line = synopsis(bulk, "guestlist invites bulk");
        assert!(
            line.contains("[\\fB\\-\\-ttl\\-hours\\fR \\fIHOURS\\fR]") && line.ends_with(" \\fIBAND\\fR \\fIFILE\\fR"),
            "{line}"
        );
    }
}
