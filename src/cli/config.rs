//! Looking at the configuration.

use clap::Subcommand;
use serde_json::json;

use super::{Error, output};
use crate::config::{ConfigError, Loaded, Source, example};

/// What can be asked of the configuration.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Say whether it is right, and what is wrong where it is not.
    Check,
    /// Print where the file is looked for.
    Path,
    /// Print every key with its value, and where that is from.
    Show,
    /// Print a file with every key and its default.
    Example,
}

/// Runs `guestlist config …`; works where the configuration is wrong, too, as far as it can.
pub(super) fn run(
    command: &ConfigCommand,
    path: Option<&std::path::Path>,
    loaded: Result<&Loaded, &ConfigError>,
    json: bool,
) -> Result<(), Error> {
    match command {
        ConfigCommand::Check => check(loaded.map_err(Clone::clone)?, json),
        ConfigCommand::Path => {
            let path = path.ok_or_else(|| Error::Usage("no home folder is known: name a file with --config".into()))?;
            let there = path.exists();
            if json {
                return output::json(&json!({ "path": path, "exists": there }));
            }
            output::line(&path.display().to_string())?;
            if !there {
                output::note("There is no such file yet, so the defaults hold.");
            }
            Ok(())
        }
        ConfigCommand::Show => show(loaded.map_err(Clone::clone)?, json),
        ConfigCommand::Example if json => output::json(&json!({ "example": example() })),
        ConfigCommand::Example => output::line(example().trim_end()),
    }
}

fn check(loaded: &Loaded, json: bool) -> Result<(), Error> {
    // An address is right if the server takes it; one that is not named is in a folder that may be made yet.
    #[cfg(feature = "server")]
    if loaded.config.server.database.is_some() {
        let _ = super::serve::place(&loaded.config)?;
    }
    if json {
        return output::json(&json!({ "path": loaded.file, "exists": loaded.found, "right": true }));
    }
    match &loaded.file {
        Some(file) if loaded.found => output::line(&format!("{} is right.", file.display())),
        Some(file) => output::line(&format!("{} is not there: the defaults hold.", file.display())),
        None => output::line("There is no file: the defaults hold."),
    }
}

fn show(loaded: &Loaded, json: bool) -> Result<(), Error> {
    if json {
        let rows: Vec<_> = loaded
            .shown
            .iter()
            .map(|shown| json!({ "key": shown.key, "value": shown.value, "source": shown.source.to_string() }))
            .collect();
        return output::json(&rows);
    }
    let source = |source: &Source| match source {
        Source::Default => String::new(),
        source => source.to_string(),
    };
    let rows: Vec<_> = loaded.shown.iter().map(|s| [s.key.clone(), s.value.clone(), source(&s.source)]).collect();
    output::table(["KEY", "VALUE", "FROM"], &rows)
}
