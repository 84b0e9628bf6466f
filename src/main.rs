//! The `guestlist` binary.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    // Before anything that could speak TLS; fails only where a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    guestlist::cli::run(&guestlist::cli::Cli::parse())
}
