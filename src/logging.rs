//! Where events go: the server's to standard error, the client's to a file if one is asked for, else nowhere.

use std::{
    fs::OpenOptions,
    io::{self, IsTerminal as _},
    sync::Arc,
};

use color_eyre::eyre::{Result, WrapErr as _};
use guestlist::config::{Log, LogFormat, LogLevel};
use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt::{self, writer::BoxMakeWriter},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

/// Begins to write events as `[log]` says. `to_stderr` is for programs that nobody looks at while they run.
pub(crate) fn begin(log: &Log, to_stderr: bool) -> Result<()> {
    let level = level(log.level);
    let (writer, colours) = match &log.file {
        _ if level == LevelFilter::OFF => return Ok(()),
        Some(path) => {
            let mut options = OpenOptions::new();
            options.append(true).create(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(path).wrap_err_with(|| format!("log.file {} cannot be written", path.display()))?;
            (BoxMakeWriter::new(Arc::new(file)), false)
        }
        None if to_stderr => (BoxMakeWriter::new(io::stderr), io::stderr().is_terminal() && !no_color()),
        None => return Ok(()),
    };
    // What libraries tell in detail could hold what must not be written down.
    let filter = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("guestlist", level);
    let layer = fmt::layer().with_writer(writer).with_ansi(colours);
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match log.format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    if to_stderr && log.format == LogFormat::Json {
        // A report of several lines could be read by no program.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            let what = panic.payload_as_str().unwrap_or("a value that is no text");
            tracing::error!(place, "a mistake in guestlist: {what}");
        }));
    }
    tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().wrap_err("the log cannot begin")
}

/// Whether the person wants no colours (<https://no-color.org>).
pub(crate) fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
