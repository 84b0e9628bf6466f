//! Where events go: the server's to standard error, the client's to a file if one is asked for, else nowhere.

use std::{
    fs::OpenOptions,
    io::{self, IsTerminal as _, Write as _},
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
    if to_stderr {
        report_panics();
    }
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
    tracing_subscriber::registry().with(layer.with_filter(filter)).try_init().wrap_err("the log cannot begin")
}

/// Makes of a panic one event, without what it quotes: the usual report of several lines could be read by no program, and
/// quotes what must not be written down. Where no events are written, that line stands on standard error.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let what = panic.payload_as_str().map_or("a value that is no text", unquoted);
        if tracing::enabled!(tracing::Level::ERROR) {
            tracing::error!(place, "a mistake in guestlist: {what}");
        } else {
            let _ = writeln!(io::stderr(), "a mistake in guestlist: {what} ({})", place.unwrap_or_default());
        }
    }));
}

/// What a panic says without what it quotes: the text that was cut in a wrong place, the value that was none of those there
/// can be. That could be anybody's, and the place says the rest.
fn unquoted(says: &str) -> &str {
    let ends = [" of `", ": ", " `", " \""].into_iter().filter_map(|quote| says.find(quote));
    ends.min().map_or(says, |end| &says[..end])
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

#[cfg(feature = "server")]
#[cfg(test)]
mod tests {
    use std::process::Command;

    use guestlist::{
        config::Config,
        server::store::{Database, Error, Options, Store, Tx},
    };

    use super::*;

    /// In whose environment the test is the program that panics.
    const PANICS: &str = "GUESTLIST_TEST_PANICS";
    const SECRET: &str = "inv_gèheim";

    /// A use case that makes mistakes, run as the server runs all of them.
    fn panic_in_a_use_case(format: LogFormat) {
        let mut log = Config::default().log;
        log.format = format;
        begin(&log, true).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::new(Database::Sqlite(folder.path().join("guestlist.db")))).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for mistake in [|| SECRET[..6].len(), || SECRET.parse().unwrap()] {
            let job = move |_: &mut Tx<'_>| Ok::<usize, Error>(mistake());
            assert_eq!(runtime.block_on(store.write(job)), Err(Error::Panicked));
        }
        // Nothing of it still works, and finds its folder gone, while this program ends.
        runtime.block_on(store.close());
    }

    /// What is said on standard error where this test is the program that panics.
    fn said(test: &str) -> String {
        let own = std::env::current_exe().unwrap();
        let mut child = Command::new(own);
        child.args(["--exact", &format!("logging::tests::{test}")]);
        let ran = child.args(["--nocapture", "--test-threads=1"]).env(PANICS, "1").output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(!said.contains("heim") && !said.contains("inv_"), "{said}");
        said
    }

    #[test]
    fn a_mistake_is_one_line_of_json_with_its_place_and_without_what_it_was_about() {
        if std::env::var_os(PANICS).is_some() {
            return panic_in_a_use_case(LogFormat::Json);
        }
        let said = said("a_mistake_is_one_line_of_json_with_its_place_and_without_what_it_was_about");
        let lines: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{said}");
        for line in &lines {
            assert_eq!(line["level"], "ERROR", "{said}");
            assert!(line["place"].as_str().unwrap().starts_with("src/logging.rs:"), "{said}");
            assert!(line["message"].as_str().unwrap().starts_with("a mistake in guestlist: "), "{said}");
        }
    }

    #[test]
    fn a_mistake_is_one_line_of_text_with_its_place_and_without_what_it_was_about() {
        if std::env::var_os(PANICS).is_some() {
            return panic_in_a_use_case(LogFormat::Text);
        }
        let said = said("a_mistake_is_one_line_of_text_with_its_place_and_without_what_it_was_about");
        assert_eq!(said.lines().count(), 2, "{said}");
        for line in said.lines() {
            assert!(line.contains("a mistake in guestlist: ") && line.contains("src/logging.rs:"), "{said}");
        }
    }

    #[test]
    fn of_a_mistakes_words_those_stay_that_quote_nothing() {
        for (says, stays) in [
            ("index out of bounds: the len is 3 but the index is 5", "index out of bounds"),
            ("attempt to subtract with overflow", "attempt to subtract with overflow"),
            (
                "start byte index 6 is not a char boundary; it is inside 'è' (bytes 5..7) of `inv_gèheim`",
                "start byte index 6 is not a char boundary; it is inside 'è' (bytes 5..7)",
            ),
            ("called `Result::unwrap()` on an `Err` value: \"inv_geheim\"", "called"),
        ] {
            assert_eq!(unquoted(says), stays);
        }
    }
}
