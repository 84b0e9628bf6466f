//! The commands for scripts and people.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 not signed in, 4 no connection.

mod account;
mod bands;
mod invited;
mod invites;
mod output;
#[cfg(feature = "server")]
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    client::{
        Client, Error as ClientError, Origin, PlainHttp,
        session::{SessionError, SessionFile},
    },
    domain::SessionToken,
};

/// Invitations for bands, run from a terminal.
#[derive(Debug, Parser)]
#[command(name = "guestlist", version, subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    /// The server, `https://host[:port]`; the one signed in to last where it is missing.
    #[arg(long, global = true, env = "GUESTLIST_SERVER", value_name = "URL")]
    server: Option<String>,
    /// Allow plain http to other machines.
    #[arg(long, global = true, env = "GUESTLIST_INSECURE_HTTP", value_parser = clap::builder::BoolishValueParser::new(),
        num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true")]
    insecure_http: bool,
    /// Print the API's own JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sign in.
    Login(account::LoginArgs),
    /// Sign out.
    Logout,
    /// Make an account.
    Register(account::RegisterArgs),
    /// Show who is signed in.
    Whoami,
    /// Bands: list, create, show.
    #[command(subcommand)]
    Bands(bands::Bands),
    /// Members of a band: list, set-role, remove.
    #[command(subcommand)]
    Members(bands::Members),
    /// Invites of a band: list, create, show, edit, revoke, restore, link.
    #[command(subcommand)]
    Invites(invites::Invites),
    /// Show what an invite offers; changes nothing.
    Preview(invited::TokenArgs),
    /// Accept an invite.
    Accept(invited::TokenArgs),
    /// Decline an invite.
    Decline(invited::DeclineArgs),
    /// Run the API until SIGTERM or SIGINT.
    #[cfg(feature = "server")]
    Serve(serve::ServeArgs),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server or the way to it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The session file.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// An argument or input that is not as it should be.
    #[error("{0}")]
    Usage(String),
    /// No session for the server.
    #[error("not signed in to {0}")]
    NotSignedIn(String),
    /// No server is known.
    #[error("no server is given")]
    NoServer,
    /// The server could not start.
    #[error("{0}")]
    Serve(String),
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The answer could not be printed.
    #[error("{0}")]
    Print(#[from] serde_json::Error),
}

impl Error {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Client(ClientError::BadOrigin { .. } | ClientError::Insecure { .. }) => 2,
            Self::NotSignedIn(_) | Self::NoServer => 3,
            Self::Client(error) if error.is_unauthenticated() => 3,
            Self::Client(error) if error.is_offline() => 4,
            _ => 1,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Client(error) => error.hint(),
            Self::NotSignedIn(origin) => format!("Sign in with `guestlist login --server {origin}`."),
            Self::NoServer => "Sign in with `guestlist login --server https://host`.".to_owned(),
            _ => String::new(),
        }
    }
}

/// What a command works with.
struct Context {
    client: Client,
    sessions: SessionFile,
    json: bool,
}

impl Context {
    /// `origin` is that of a pasted link, which goes before everything but an explicit server elsewhere.
    fn new(cli: &Cli, origin: Option<&str>) -> Result<Self, Error> {
        let plain = if cli.insecure_http { PlainHttp::Anywhere } else { PlainHttp::LoopbackOnly };
        let sessions = SessionFile::of_user()?;
        let from_link = origin.is_some();
        let text = match origin.map(str::to_owned).or_else(|| cli.server.clone()) {
            Some(text) => text,
            None => sessions.current()?.ok_or(Error::NoServer)?,
        };
        let origin = Origin::parse(&text, plain)?;
        // A token of the environment is for the server that was chosen, never for one that a pasted link names.
        let given = match std::env::var("GUESTLIST_TOKEN") {
            Ok(token) if !from_link || named(cli, plain)?.is_some_and(|named| named == origin) => {
                let token = SessionToken::parse(token.trim());
                Some(token.ok_or_else(|| Error::Usage("GUESTLIST_TOKEN must be a session token, gls_…".to_owned()))?)
            }
            _ => None,
        };
        let session = match given {
            Some(token) => Some(token),
            None => sessions.get(&origin)?.and_then(|kept| kept.token()),
        };
        Ok(Self { client: Client::new(origin, session)?, sessions, json: cli.json })
    }

    /// The client, if it has a session.
    fn signed_in(&self) -> Result<&Client, Error> {
        if self.client.has_session() {
            Ok(&self.client)
        } else {
            Err(Error::NotSignedIn(self.client.origin().to_string()))
        }
    }
}

/// The server that was named by flag or environment.
fn named(cli: &Cli, plain: PlainHttp) -> Result<Option<Origin>, Error> {
    Ok(cli.server.as_deref().map(|text| Origin::parse(text, plain)).transpose()?)
}

/// Runs a command to its end; errors go to standard error with what to do.
pub fn run(cli: &Cli) -> ExitCode {
    // The server brings a runtime of its own, with a thread a core.
    #[cfg(feature = "server")]
    if let Command::Serve(args) = &cli.command {
        return exit(serve::serve(args));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    exit(match runtime {
        Ok(runtime) => runtime.block_on(dispatch(cli)),
        Err(error) => Err(error.into()),
    })
}

fn exit(done: Result<(), Error>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            let hint = error.hint();
            if !hint.is_empty() {
                eprintln!("{hint}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}

async fn dispatch(cli: &Cli) -> Result<(), Error> {
    match &cli.command {
        Command::Login(args) => account::login(&Context::new(cli, None)?, args).await,
        Command::Logout => account::logout(&Context::new(cli, None)?).await,
        Command::Register(args) => account::register(&Context::new(cli, None)?, args).await,
        Command::Whoami => account::whoami(&Context::new(cli, None)?).await,
        Command::Bands(command) => bands::run(&Context::new(cli, None)?, command).await,
        Command::Members(command) => bands::members(&Context::new(cli, None)?, command).await,
        Command::Invites(command) => invites::run(&Context::new(cli, None)?, command).await,
        Command::Preview(args) => {
            let pasted = args.read()?;
            invited::preview(&Context::new(cli, pasted.origin.as_deref())?, &pasted).await
        }
        Command::Accept(args) => {
            let pasted = args.read()?;
            invited::accept(&Context::new(cli, pasted.origin.as_deref())?, &pasted).await
        }
        Command::Decline(args) => {
            let pasted = args.token.read()?;
            invited::decline(&Context::new(cli, pasted.origin.as_deref())?, &pasted, args).await
        }
        // Served above, before there was a runtime.
        #[cfg(feature = "server")]
        Command::Serve(_) => Ok(()),
    }
}
