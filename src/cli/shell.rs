//! Completions, which know the person's own bands, invites and so on.

mod line;
mod offers;

use std::io;

use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::env::{CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use self::line::{Bash, Quoting};
use super::{Cli, Error, variable};

/// The variable by which a shell asks for completions.
const ASKED: &str = "GUESTLIST_COMPLETE";
/// How each shell is answered.
const SHELLS: Shells<'static> =
    Shells(&[&Bash, &Quoting { shell: &Zsh, all: true }, &Quoting { shell: &Fish, all: false }, &Elvish, &Powershell]);

/// The shells that can complete.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Prints what a shell reads at its start so that it completes.
pub(super) fn completions(args: &CompletionsArgs) -> Result<(), Error> {
    let shell: &dyn EnvCompleter = match args.shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::Elvish => &Elvish,
        Shell::Powershell => &Powershell,
    };
    Ok(shell.write_registration(ASKED, "guestlist", "guestlist", "guestlist", &mut io::stdout().lock())?)
}

/// Answers a shell that asks how a line could go on. True where one did: there is nothing else to do.
///
/// # Errors
/// Where the answer cannot be written, or the shell is unknown.
pub fn completed() -> Result<bool, clap::Error> {
    if variable(ASKED).is_none() {
        return Ok(false);
    }
    let folder = std::env::current_dir().ok();
    CompleteEnv::with_factory(command).var(ASKED).shells(SHELLS).try_complete(std::env::args_os(), folder.as_deref())
}

/// The whole command line, with what its values can be.
fn command() -> clap::Command {
    offers::knowing(Cli::command())
}
