//! The command lines of most starts, the client's and the server's: read by what is allowed on them alone. To make the
//! options of every other command first takes 0.7 ms of the client's start, and loads a good part more of the program.

use std::ffi::OsString;

use clap::Parser;
#[cfg(feature = "server")]
use clap::Subcommand;

use super::{Cli, Options};
#[cfg(feature = "server")]
use super::{Command, serve};

#[derive(Debug, Parser)]
#[command(name = "guestlist")]
struct Daily {
    #[command(flatten)]
    options: Options,
    #[cfg(feature = "server")]
    #[command(subcommand)]
    command: Option<Served>,
}

#[cfg(feature = "server")]
#[derive(Debug, Subcommand)]
enum Served {
    Serve(serve::ServeArgs),
}

/// The command line, if it is one of these. What is wrong on it, and a call for help, are for who knows all commands.
pub(super) fn read(line: &[OsString]) -> Option<Cli> {
    let Some(first) = line.get(1) else { return Some(Cli { options: Options::default(), command: None }) };
    if first != "serve" && !first.as_encoded_bytes().starts_with(b"-") {
        return None;
    }
    let daily = Daily::try_parse_from(line).ok()?;
    #[cfg(feature = "server")]
    let command = daily.command.map(|Served::Serve(args)| Command::Serve(args));
    #[cfg(not(feature = "server"))]
    let command = None;
    Some(Cli { options: daily.options, command })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_so(line: &str) -> Option<String> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        read(&words).map(|cli| format!("{cli:?}"))
    }

    #[test]
    fn what_is_read_is_what_who_knows_all_commands_reads() {
        let mut lines = vec![
            "guestlist",
            "guestlist --plain --json",
            "guestlist --server https://invites.example.org --profile work --config x.toml",
            "guestlist --insecure-http --server=http://stage",
            "guestlist --insecure-http=false",
        ];
        if cfg!(feature = "server") {
            lines.extend([
                "guestlist --demo",
                "guestlist serve",
                "guestlist serve --listen 127.0.0.1:0 --database sqlite:x.db --preset room --config x.toml",
                "guestlist --json serve --public-url https://invites.example.org --key-file key",
            ]);
        }
        for line in lines {
            let all = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(read_so(line), Some(format!("{all:?}")), "{line}");
        }
    }

    #[test]
    fn everything_else_is_left_to_who_knows_all_commands() {
        for line in [
            "guestlist --help",
            "guestlist --version",
            "guestlist help",
            "guestlist help serve",
            "guestlist serve --help",
            "guestlist serve --nothing",
            "guestlist --nothing",
            "guestlist --demo --server https://invites.example.org",
            "guestlist --json invites list",
            "guestlist invites list",
            "guestlist admin list",
        ] {
            assert_eq!(read_so(line), None, "{line}");
        }
    }
}
