//! The `guestlist` binary.

#[cfg(feature = "server")]
mod launcher;
mod logging;

use std::{
    io::{IsTerminal as _, stderr},
    process::ExitCode,
    sync::Arc,
};

use clap::Parser as _;
use color_eyre::{config::Theme, eyre::Result};
use guestlist::{
    cli::{self, Cli},
    config::Config,
    tui::{
        launch::Launcher,
        options::Environment,
        run::{Options, run},
    },
};

fn main() -> Result<ExitCode> {
    // Before anything that could speak TLS; fails only where a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reports()?;
    let cli = Cli::parse();
    let loaded = cli.configuration();
    if let Ok(loaded) = &loaded {
        logging::begin(&loaded.config.log, cli.serves())?;
    }
    match &loaded {
        Ok(loaded) if cli.opens_client() => Ok(open(&loaded.config)),
        _ => Ok(cli::run(&cli, &loaded)),
    }
}

/// Opens the terminal client. Wrong configuration and a terminal that cannot show it are wrong usage.
fn open(config: &Config) -> ExitCode {
    #[cfg(feature = "server")]
    let (embedded, launcher) = {
        let embedded = Arc::new(launcher::Embedded::new(config));
        (Arc::clone(&embedded), Some(embedded as Arc<dyn Launcher>))
    };
    #[cfg(not(feature = "server"))]
    let launcher: Option<Arc<dyn Launcher>> = None;
    let done = Options::new(config, &Environment::read(), launcher).map_err(|error| error.to_string());
    let done = done.and_then(|options| run(options).map_err(|error| error.to_string()));
    #[cfg(feature = "server")]
    embedded.stop();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
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
