//! The `guestlist` binary.

mod logging;

use std::{
    io::{IsTerminal as _, stderr},
    process::ExitCode,
};

use clap::Parser as _;
use color_eyre::{config::Theme, eyre::Result};
use guestlist::cli::{self, Cli};

fn main() -> Result<ExitCode> {
    // Before anything that could speak TLS; fails only where a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reports()?;
    let cli = Cli::parse();
    let loaded = cli.configuration();
    if let Ok(loaded) = &loaded {
        logging::begin(&loaded.config.log, cli.serves())?;
    }
    Ok(cli::run(&cli, &loaded))
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
