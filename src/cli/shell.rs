//! For shells and manuals: completions that know the person's own bands and invites, and man pages.

use std::{ffi::OsStr, io, path::PathBuf, sync::OnceLock, time::Duration};

use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::{
    ArgValueCompleter, CompletionCandidate,
    env::{Bash, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Zsh},
};

use super::{Cli, Context, Error, variable};
use crate::{
    api::{Band, Invite},
    client::{BandQuery, Client, InviteQuery, Page, Patience},
    config::load,
    domain::Status,
};

/// The variable by which a shell asks for completions.
const ASKED: &str = "GUESTLIST_COMPLETE";
/// The shell that asks.
static ASKS: OnceLock<String> = OnceLock::new();
/// How long somebody who pressed Tab waits for the server.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Bands whose invites are offered, and invites of each.
const BANDS: usize = 5;
const INVITES: u32 = 50;

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
    let Some(shell) = variable(ASKED) else { return Ok(false) };
    let _ = ASKS.set(shell);
    let folder = std::env::current_dir().ok();
    CompleteEnv::with_factory(command).var(ASKED).try_complete(std::env::args_os(), folder.as_deref())
}

/// The whole command line, with what the server knows to complete it by.
fn command() -> clap::Command {
    knowing(Cli::command())
}

fn knowing(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        "band" => arg.add(ArgValueCompleter::new(bands)),
        "invite" | "ids" => arg.add(ArgValueCompleter::new(invites)),
        _ => arg,
    });
    command.mut_subcommands(knowing)
}

/// The names of the person's bands.
fn bands(typed: &OsStr) -> Vec<CompletionCandidate> {
    let is_bash = ASKS.get().is_some_and(|shell| shell.ends_with("bash"));
    // Bash alone hands over what was typed, and takes what is offered, as it stands on the line.
    let typed = typed.to_string_lossy().to_lowercase();
    let typed = if is_bash { typed.replace(['\\', '"', '\''], "") } else { typed };
    let fits = |band: &Band| band.name.to_lowercase().starts_with(&typed) || band.id.to_string().starts_with(&typed);
    let candidate = |band: Band| {
        let name = if is_bash { escaped(&band.name) } else { band.name };
        CompletionCandidate::new(name).help(Some(band.id.to_string().into()))
    };
    asked(async |client| Some(own_bands(&client).await?.into_iter().filter(fits).map(candidate).collect()))
}

/// A text as one word of a shell's line.
fn escaped(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '+' | ',');
    text.chars().flat_map(|c| (!plain(c)).then_some('\\').into_iter().chain([c])).collect()
}

/// The pending invites of the person's newest bands.
fn invites(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy().to_lowercase();
    asked(async |client| {
        let mut candidates = Vec::new();
        for band in own_bands(&client).await?.into_iter().take(BANDS) {
            let page = Page { limit: Some(INVITES), cursor: None };
            let query = InviteQuery { status: Some(Status::Pending), page, ..InviteQuery::default() };
            // Not every band shows its invites.
            let Ok(found) = client.invites(band.id, &query).await else { continue };
            let fits = |invite: &Invite| invite.id.to_string().starts_with(&typed);
            candidates.extend(found.invites.into_iter().filter(fits).map(|invite| {
                let help = format!("{} · {}", invite.recipient(), band.name);
                CompletionCandidate::new(invite.id.to_string()).help(Some(help.into()))
            }));
        }
        Some(candidates)
    })
}

async fn own_bands(client: &Client) -> Option<Vec<Band>> {
    let page = Page { limit: Some(crate::api::MAX_LIMIT), cursor: None };
    Some(client.bands(&BandQuery { page, ..BandQuery::default() }).await.ok()?.bands)
}

/// Asks the server that commands ask without a flag. A shell at its prompt is no place for errors: there is nothing to
/// offer then.
fn asked(ask: impl AsyncFnOnce(Client) -> Option<Vec<CompletionCandidate>>) -> Vec<CompletionCandidate> {
    let candidates = || {
        let loaded = load(None, &[], &variable).ok()?;
        let client = Context::new(&loaded.config, false, None).ok()?.signed_in().ok()?.with_patience(Patience::NONE);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        runtime.block_on(async { tokio::time::timeout(PATIENCE, ask(client)).await.ok()? })
    };
    candidates().unwrap_or_default()
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write the pages of all commands into this folder, in place of printing the first one.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// Prints the man page, or writes all of them.
pub(super) fn man(args: &ManArgs) -> Result<(), Error> {
    let Some(folder) = &args.folder else {
        return Ok(clap_mangen::Man::new(Cli::command()).render(&mut io::stdout().lock())?);
    };
    let unwritable = |error: io::Error| Error::Usage(format!("{} cannot be written to: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(unwritable)
}
