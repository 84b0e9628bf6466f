//! The `guestlist` binary.

#[cfg(feature = "server")]
mod launcher;
mod logging;

use std::{
    io::{IsTerminal as _, Write as _, stderr},
    process::ExitCode,
    sync::Arc,
};

use color_eyre::{config::Theme, eyre::Result};
use guestlist::{
    cli::{self, Cli},
    config::{Config, ConfigError, Loaded},
    tui::{
        launch::Launcher,
        options::{Environment, OptionsError, keymap},
        plain,
        run::{Options, run},
        terminal::TerminalError,
    },
};

fn main() -> Result<ExitCode> {
    // Before anything that could speak TLS; fails only where a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reports()?;
    match cli::completed() {
        Ok(true) => return Ok(ExitCode::SUCCESS),
        Ok(false) => {}
        Err(error) => error.exit(),
    }
    let cli = Cli::read();
    let loaded = cli.configuration().and_then(known_keys);
    if let Ok(loaded) = &loaded
        && let Err(error) = logging::begin(&loaded.config.log, cli.serves())
    {
        let _ = writeln!(stderr(), "error: {error:#}");
        return Ok(ExitCode::FAILURE);
    }
    match &loaded {
        #[cfg(feature = "server")]
        Ok(loaded) if cli.opens_demo() => Ok(show_around(&loaded.config, cli.is_plain())),
        Ok(loaded) if cli.opens_client() => Ok(open(&loaded.config, cli.is_plain())),
        _ => Ok(cli::run(&cli, &loaded)),
    }
}

/// Only the client knows its actions, so whether `[ui.keys]` names them is asked here.
fn known_keys(loaded: Loaded) -> std::result::Result<Loaded, ConfigError> {
    if loaded.config.keys.is_empty() {
        return Ok(loaded);
    }
    match keymap(&loaded.config.keys) {
        Ok(_) => Ok(loaded),
        Err(fault) => Err(ConfigError::Wrong(vec![fault])),
    }
}

/// Opens the terminal client.
fn open(config: &Config, lines: bool) -> ExitCode {
    #[cfg(feature = "server")]
    let (embedded, launcher) = {
        let embedded = Arc::new(launcher::Embedded::new(config));
        (Arc::clone(&embedded), Some(embedded as Arc<dyn Launcher>))
    };
    #[cfg(not(feature = "server"))]
    let launcher: Option<Arc<dyn Launcher>> = None;
    let done = client(Options::new(config, &Environment::read(), launcher), lines);
    #[cfg(feature = "server")]
    embedded.stop();
    done
}

/// Opens the terminal client on a throw-away server. A session of the environment is for another one.
#[cfg(feature = "server")]
fn show_around(config: &Config, lines: bool) -> ExitCode {
    match guestlist::local::demo::Demo::start(config) {
        Ok(demo) => {
            let environment = Environment { token: None, ..Environment::read() };
            client(Options::new(demo.config(), &environment, None).map(Options::on_demo), lines)
        }
        Err(error) => {
            tell(&error);
            ExitCode::FAILURE
        }
    }
}

/// The terminal client to its end. Wrong configuration and a terminal that cannot show it are wrong usage; what the
/// system refuses is a failure.
fn client(options: std::result::Result<Options, OptionsError>, lines: bool) -> ExitCode {
    let (why, code) = match options {
        Ok(options) => match if lines { plain::run(options) } else { run(options) } {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => (error.to_string(), if matches!(error, TerminalError::Io(_)) { 1 } else { 2 }),
        },
        Err(error) => {
            let code = match error {
                OptionsError::Session(_) => 1,
                // As for the commands: nobody is signed in to a server that is not known.
                OptionsError::NoServer => 3,
                _ => 2,
            };
            (error.to_string(), code)
        }
    };
    tell(&why);
    ExitCode::from(code)
}

/// Says what went wrong, where anybody listens: a terminal that has gone is no reason for a panic.
fn tell(error: &dyn std::fmt::Display) {
    let _ = writeln!(stderr(), "error: {error}");
}

/// How a panic, or an error that nobody put into words, is told. Whoever owns the terminal puts a hook of its own before
/// this one (`std::panic::take_hook`), so that the report stands on a screen that can be read.
fn reports() -> Result<()> {
    let theme = if stderr().is_terminal() && !logging::no_color() { Theme::dark() } else { Theme::new() };
    color_eyre::config::HookBuilder::default()
        .theme(theme)
        .display_env_section(false)
        .panic_section("This is a mistake in guestlist. Nothing that a server has acknowledged is lost.")
        .install()
}
