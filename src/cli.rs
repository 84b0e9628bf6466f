//! The commands for scripts and people.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 not signed in, 4 no connection, 130 ended by Ctrl-C.

mod account;
mod acting;
#[cfg(feature = "server")]
mod admin;
mod ask;
mod audit;
mod bands;
mod blocks;
mod bulk;
mod campaigns;
mod codes;
mod config;
mod context;
mod copy;
mod daily;
mod event;
mod export;
mod figures;
mod file;
mod inbox;
mod invited;
mod invites;
mod list;
mod man;
mod members;
mod named;
mod output;
mod proof;
mod requests;
mod seen;
#[cfg(feature = "server")]
mod serve;
mod shell;
mod templates;
mod terms;
mod texts;
mod waiting;
mod words;

use std::{cell::RefCell, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use self::context::Context;
pub use self::shell::completed;
use crate::{
    api::Code,
    client::{Error as ClientError, session::SessionError},
    config::{Config, ConfigError, Flag, Loaded, file_path, load},
};

/// What the help calls the options that every command takes.
const EVERYWHERE: &str = "Options of every command";

/// Invitations for bands, run from a terminal.
#[derive(Debug, Parser)]
#[command(name = "guestlist", version, after_help = "Without a command it opens the terminal client.")]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Option<Command>,
}

// What can stand beside a command. No doc comment: clap would take it for what the program is about.
#[derive(Debug, Default, Args)]
struct Options {
    /// The configuration file [env: `GUESTLIST_CONFIG`].
    #[arg(long, global = true, value_name = "FILE", help_heading = EVERYWHERE)]
    config: Option<PathBuf>,
    /// The profile of the configuration, its server and its sessions [env: `GUESTLIST_PROFILE`].
    #[arg(long, global = true, value_name = "NAME", help_heading = EVERYWHERE)]
    profile: Option<String>,
    /// The server, `https://host[:port]`; the one signed in to last where it is missing [env: `GUESTLIST_SERVER`].
    #[arg(long, global = true, value_name = "URL", help_heading = EVERYWHERE)]
    server: Option<String>,
    /// Allow plain http to other machines [env: `GUESTLIST_INSECURE_HTTP`].
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", help_heading = EVERYWHERE)]
    insecure_http: Option<String>,
    /// Print the API's own JSON.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    json: bool,
    /// The client without a screen, for screen readers: lines are said, and words are read from lines.
    #[arg(long)]
    plain: bool,
    /// Look around: the client on a throw-away server with sample bands, signed in.
    #[cfg(feature = "server")]
    #[arg(long, conflicts_with_all = ["server", "profile"])]
    demo: bool,
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
    /// Show that the address of the account is yours: asks for a code by mail, and takes it.
    Verify(proof::VerifyArgs),
    /// A new password for who has forgotten the old one: forgot, reset.
    #[command(subcommand)]
    Password(proof::Password),
    /// Bands: list, create, show, edit, join, delete.
    #[command(subcommand)]
    Bands(Box<bands::Bands>),
    /// Members of a band: list, set-role, remove, transfer, leave, bans.
    #[command(subcommand)]
    Members(members::Members),
    /// Who asks to come into a band: list, approve, deny; and what I have asked: mine.
    #[command(subcommand)]
    Requests(requests::Requests),
    /// Invites of a band: list, create, bulk, edit, revoke, restore, resend, link, export.
    #[command(subcommand)]
    Invites(Box<invites::Invites>),
    /// Campaigns, invites that share role, message and end: list, create, show, edit, expire, delete.
    #[command(subcommand)]
    Campaigns(Box<campaigns::Campaigns>),
    /// Codes to give away on paper: create, list, sheet.
    #[command(subcommand)]
    Codes(codes::Codes),
    /// Saved defaults for new invites: list, create, edit, delete.
    #[command(subcommand)]
    Templates(Box<templates::Templates>),
    /// What happened in a band, newest first, or all of it as CSV or JSON lines.
    Audit(audit::AuditArgs),
    /// A band's figures: by status, kind, campaign and inviter.
    Stats(figures::StatsArgs),
    /// Who brought whom into a band.
    Tree(figures::TreeArgs),
    /// How many invites I may make, or for who runs the site: somebody else.
    Quota(figures::QuotaArgs),
    /// Look for people to invite.
    People(figures::PeopleArgs),
    /// Invites that wait for me: list, accept, decline; lists them where nothing is said.
    Inbox(inbox::InboxArgs),
    /// What I want no more invites and mail of: list, lift; lists it where nothing is said.
    Blocks(blocks::BlocksArgs),
    /// Show what an invite offers; changes nothing.
    Preview(invited::TokenArgs),
    /// Accept an invite.
    Accept(invited::AcceptArgs),
    /// Decline an invite.
    Decline(invited::DeclineArgs),
    /// Look at the configuration: check, path, show, example.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print what a shell reads at its start to complete commands, bands and invites.
    Completions(shell::CompletionsArgs),
    /// Print the manual page, or write those of all commands into a folder.
    Man(man::ManArgs),
    /// Hold what comes by standard input on the clipboard.
    #[command(name = copy::HOLD, hide = true)]
    HoldClipboard,
    /// Run the API until SIGTERM or SIGINT.
    #[cfg(feature = "server")]
    Serve(serve::ServeArgs),
    /// On the server's host: who runs the site.
    #[cfg(feature = "server")]
    Admin(admin::AdminArgs),
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
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An argument or input that is not as it should be.
    #[error("{0}")]
    Usage(String),
    /// The server answered with something that this version cannot use.
    #[error("{0} cannot be read")]
    Unreadable(&'static str),
    /// No session for the server.
    #[error("not signed in to {}", .0.origin)]
    NotSignedIn(SignIn),
    /// The server does not know the session.
    #[error("{}", ended(.0))]
    SessionEnded(SignIn),
    /// No server is known.
    #[error("no server is given")]
    NoServer,
    /// The server cannot mail what was asked for.
    #[error("this server sends no mail")]
    NoMail,
    /// The server on this machine does not run.
    #[error("the bands of this machine are served only while a guestlist is open on it")]
    NotRunning,
    /// What was asked of the server's own host did not succeed.
    #[error("{0}")]
    Host(String),
    /// What was waited for will not be, or is not waited for any more.
    #[error("{0}")]
    Ended(String),
    /// Of many, some were refused; each has been told.
    #[error("{} {} refused", output::counted(*.failed as u64, .what), if *.failed == 1 { "was" } else { "were" })]
    Rows {
        /// How many.
        failed: usize,
        /// What one of them is.
        what: &'static str,
    },
    /// The person wanted no more.
    #[error("stopped before the end")]
    Interrupted,
    /// The person waits no longer for what was asked.
    #[error("{0}")]
    Unawaited(String),
    /// Standard input or output, or a file that is named in it, failed.
    #[error("{}", in_words(.0))]
    Io(#[from] std::io::Error),
    /// The answer could not be printed.
    #[error("{0}")]
    Print(#[from] serde_json::Error),
}

/// How a session came, and how to get another one.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// The server.
    origin: String,
    /// The profile that the session is kept in.
    profile: Option<String>,
    /// Whose session it is, where it is kept.
    username: Option<String>,
}

impl SignIn {
    /// The command that gets a session.
    fn command(&self) -> String {
        let name = self.username.as_deref().unwrap_or("NAME");
        match &self.profile {
            // A session of another profile would not be found.
            Some(profile) => format!("guestlist login {name} --profile {profile}"),
            None => format!("guestlist login {name} --server {}", self.origin),
        }
    }
}

/// Why a session is none, in a sentence.
fn ended(by: &SignIn) -> String {
    match &by.username {
        Some(username) => format!("the session of {username} at {} has ended", by.origin),
        None => format!("{} is no session of {}, or it has ended", context::TOKEN, by.origin),
    }
}

/// What the system said, without its number of it.
fn system_words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error ").next().unwrap_or_default().to_owned()
}

/// What failed; where the error names no file it was standard input or output.
fn in_words(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => format!("standard input or output failed: {}", system_words(error)),
        None => error.to_string(),
    }
}

impl Error {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_)
            | Self::Config(_)
            | Self::Client(ClientError::BadOrigin { .. } | ClientError::Insecure { .. }) => 2,
            Self::NotSignedIn(_) | Self::SessionEnded(_) | Self::NoServer => 3,
            Self::Client(error) if error.is_unauthenticated() => 3,
            Self::NotRunning => 4,
            Self::Client(error) if error.is_offline() => 4,
            // What shells say of a command that a SIGINT ended.
            Self::Interrupted | Self::Unawaited(_) => 130,
            _ => 1,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Client(error) if error.code() == Some(Code::EmailUnverified) => {
                "`guestlist verify` does so.".to_owned()
            }
            Self::Client(error) => error.hint(),
            Self::Config(ConfigError::Wrong(_)) => {
                "`guestlist config example` shows every key and what is allowed.".to_owned()
            }
            Self::NotRunning => "Open `guestlist` in another terminal, or name a server with --server.".to_owned(),
            Self::NoMail => "Ask whoever runs it for a new password.".to_owned(),
            Self::Unreadable(_) => "Client and server may be of different versions: update the older one.".to_owned(),
            Self::NotSignedIn(sign_in) => format!("Sign in with `{}`.", sign_in.command()),
            Self::SessionEnded(sign_in @ SignIn { username: Some(_), .. }) => {
                format!("Sign in again with `{}`.", sign_in.command())
            }
            Self::SessionEnded(sign_in) => {
                format!("Give it one that holds, or leave it out and sign in with `{}`.", sign_in.command())
            }
            Self::Unawaited(_) => "The same command waits again; `guestlist requests mine` tells it later.".to_owned(),
            Self::NoServer => {
                "Sign in with `guestlist login NAME --server https://host`, or name the server with --server \
                where GUESTLIST_TOKEN holds its session."
                    .to_owned()
            }
            _ => String::new(),
        }
    }
}

/// A variable of the environment; what is no text is read as far as it is one, so that it is refused by its name.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl Cli {
    /// Reads the command line; ends the process where it is wrong, or asks for help alone.
    #[must_use]
    pub fn read() -> Self {
        let line: Vec<_> = std::env::args_os().collect();
        daily::read(&line).unwrap_or_else(|| Self::parse_from(line))
    }

    /// Reads the configuration that flags, environment and file come to.
    pub fn configuration(&self) -> Result<Loaded, ConfigError> {
        load(self.options.config.as_deref(), &self.flags(), &variable)
    }

    /// Whether no command is given: the terminal client is to be opened.
    pub const fn opens_client(&self) -> bool {
        self.command.is_none()
    }

    /// Whether the client is to say lines rather than to draw a screen.
    pub const fn is_plain(&self) -> bool {
        self.options.plain
    }

    /// Whether the terminal client is to be opened on a throw-away server.
    #[cfg(feature = "server")]
    pub const fn opens_demo(&self) -> bool {
        self.options.demo && self.command.is_none()
    }

    /// Whether this is the program that serves, which writes its log to standard error.
    pub fn serves(&self) -> bool {
        #[cfg(feature = "server")]
        return matches!(self.command, Some(Command::Serve(_)));
        #[cfg(not(feature = "server"))]
        false
    }

    /// The flags that stand for keys of the configuration.
    fn flags(&self) -> Vec<Flag> {
        let flag = |key, name, value: &Option<String>| value.clone().map(|value| Flag { key, name, value });
        #[cfg_attr(not(feature = "server"), allow(unused_mut))]
        let mut flags: Vec<Flag> = [
            flag("client.server", "--server", &self.options.server),
            flag("client.profile", "--profile", &self.options.profile),
            flag("client.insecure_http", "--insecure-http", &self.options.insecure_http),
        ]
        .into_iter()
        .flatten()
        .collect();
        #[cfg(feature = "server")]
        if let Some(Command::Serve(args)) = &self.command {
            flags.extend(args.flags());
        }
        #[cfg(feature = "server")]
        if let Some(Command::Admin(args)) = &self.command {
            flags.extend(args.flags());
        }
        flags
    }
}

/// Runs a command to its end; errors go to standard error with what to do.
pub fn run(cli: &Cli, loaded: &Result<Loaded, ConfigError>) -> ExitCode {
    // Without a command only a wrong configuration leads here.
    let Some(command) = &cli.command else {
        return exit(loaded.as_ref().map(drop).map_err(|error| error.clone().into()));
    };
    #[cfg(feature = "server")]
    if cli.options.demo {
        return exit(Err(Error::Usage("--demo opens the terminal client: it takes no command".to_owned())));
    }
    if let Command::Config(command) = command {
        let (path, _) = file_path(cli.options.config.as_deref(), &variable);
        return exit(config::run(command, path.as_deref(), loaded.as_ref(), cli.options.json));
    }
    match command {
        Command::HoldClipboard => return exit(copy::hold_clipboard()),
        Command::Completions(args) => return exit(shell::completions(args)),
        Command::Man(args) => return exit(man::man(args)),
        _ => {}
    }
    let config = match loaded {
        Ok(loaded) => &loaded.config,
        Err(error) => return exit(Err(error.clone().into())),
    };
    // The server brings a runtime of its own, with a thread a core.
    #[cfg(feature = "server")]
    if let Command::Serve(_) = command {
        return serve::serve(config);
    }
    #[cfg(feature = "server")]
    if let Command::Admin(args) = command {
        return exit(admin::run(args, config, cli.options.json));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    exit(match runtime {
        Ok(runtime) => runtime.block_on(dispatch(command, cli.options.json, config)),
        Err(error) => Err(error.into()),
    })
}

fn exit(done: Result<(), Error>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let says = match &error {
                Error::Client(ClientError::Problem(problem)) => words::refusal(problem),
                error => error.to_string(),
            };
            output::note(&format!("error: {says}"));
            let hint = error.hint();
            if !hint.is_empty() {
                output::note(&hint);
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Runs a command that asks a server. A session that the server does not know is told with the way to another one.
async fn dispatch(command: &Command, json: bool, config: &Config) -> Result<(), Error> {
    let used = RefCell::new(None);
    let context = |link: Option<&str>| {
        let context = Context::new(config, json, link)?;
        *used.borrow_mut() = Some(context.sign_in.clone());
        Ok(context)
    };
    match ask_server(command, context).await {
        Err(Error::Client(error)) if error.is_unauthenticated() => {
            Err(used.take().map_or(Error::Client(error), Error::SessionEnded))
        }
        done => done,
    }
}

async fn ask_server(command: &Command, context: impl Fn(Option<&str>) -> Result<Context, Error>) -> Result<(), Error> {
    match command {
        Command::Login(args) => account::login(&context(None)?, args).await,
        Command::Logout => account::logout(&context(None)?).await,
        Command::Register(args) => {
            let invite = args.read_invite()?;
            let origin = invite.as_ref().and_then(|pasted| pasted.origin.as_deref());
            account::register(&context(origin)?, args, invite.clone()).await
        }
        Command::Whoami => account::whoami(&context(None)?).await,
        Command::Verify(args) => proof::verify(&context(None)?, args).await,
        Command::Password(command) => proof::password(command, &context).await,
        Command::Bands(command) => bands::run(&context(None)?, command).await,
        Command::Members(command) => members::run(&context(None)?, command).await,
        Command::Requests(command) => requests::run(&context(None)?, command).await,
        Command::Invites(command) => invites::run(&context(None)?, command).await,
        Command::Campaigns(command) => campaigns::run(&context(None)?, command).await,
        Command::Codes(command) => codes::run(&context(None)?, command).await,
        Command::Templates(command) => templates::run(&context(None)?, command).await,
        Command::Audit(args) => audit::run(&context(None)?, args).await,
        Command::Stats(args) => figures::stats(&context(None)?, args).await,
        Command::Tree(args) => figures::tree(&context(None)?, args).await,
        Command::Quota(args) => figures::quota(&context(None)?, args).await,
        Command::People(args) => figures::people(&context(None)?, args).await,
        Command::Inbox(args) => inbox::run(&context(None)?, args).await,
        Command::Blocks(args) => blocks::run(&context(None)?, args).await,
        Command::Preview(args) => {
            let pasted = args.read()?;
            invited::preview(&context(pasted.origin.as_deref())?, &pasted).await
        }
        Command::Accept(args) => {
            let pasted = args.token.read()?;
            invited::accept(&context(pasted.origin.as_deref())?, &pasted, args).await
        }
        Command::Decline(args) => {
            let pasted = args.token.read()?;
            invited::decline(&context(pasted.origin.as_deref())?, &pasted, args).await
        }
        // Done above, before there was a runtime.
        Command::Config(_) | Command::HoldClipboard | Command::Completions(_) | Command::Man(_) => Ok(()),
        #[cfg(feature = "server")]
        Command::Serve(_) | Command::Admin(_) => Ok(()),
    }
}
