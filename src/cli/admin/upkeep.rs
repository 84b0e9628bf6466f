//! `guestlist admin backup`, `restore`, `check` and `key`: keeping data and key in good order.

use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Subcommand;
use tokio::runtime::Runtime;

use super::super::ask;
use super::{Error, Opened, open, open_as, output, random, serve, there};
use crate::{
    config::Config,
    private,
    server::{
        DROPPED_KEY, Key, NEXT_KEY,
        admin::{self, Finding, Progress, Sealed},
        dropped, key_text,
        store::{self, Database, Options, Store},
    },
};

/// Rows that are looked at, or sealed again, in one transaction: whoever else writes waits for no more.
const STEP: i64 = 500;

#[derive(Debug, Subcommand)]
pub(super) enum Upkeep {
    /// Write a copy of the SQLite database into a new file, while the server runs. The key is not in it: keep it elsewhere.
    Backup {
        /// The file, which must not be there yet.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put a copy in the place of a SQLite database that is not there, after looking whether it is whole. 1 also where it is
    /// put there and does not add up.
    Restore {
        /// The copy.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Look whether the database holds together, and whether the key opens what is in it. 1 where something is wrong.
    Check,
    /// The key that seals tokens: add, use, reseal, drop.
    #[command(subcommand)]
    Key(KeyCommand),
}

/// A new key takes over in four steps. A server that runs on the file follows each at once; one with a copy of it, or with the
/// keys in its environment, is given the keys and restarted after the first, the second and the last.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum KeyCommand {
    /// Put a new key at the end of the file: it opens, and seals nothing yet.
    Add,
    /// Put the key that was added first: it seals from now on.
    Use,
    /// Seal again what older keys have sealed, while servers run.
    Reseal,
    /// Take every key but the first out of the file, once they have sealed nothing that is left.
    Drop {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}

impl Upkeep {
    pub(super) fn run(&self, config: &Config, runtime: &Runtime, json: bool) -> Result<(), Error> {
        match self {
            Self::Backup { file } => backup(&there(config)?, file, json),
            Self::Restore { file } => restore(config, runtime, file, json),
            Self::Check => check(config, runtime, json),
            Self::Key(command) => command.run(config, runtime, json),
        }
    }
}

/// What was done, as a sentence or as JSON.
fn say(json: bool, value: &serde_json::Value, sentence: &str) -> Result<(), Error> {
    if json { output::json(value) } else { output::line(sentence) }
}

fn failed(error: &store::Error) -> Error {
    Error::Host(error.to_string())
}

fn backup(database: &Database, file: &Path, json: bool) -> Result<(), Error> {
    let bytes = store::backup(database, file).map_err(|error| failed(&error))?;
    say(
        json,
        // A name that is not UTF-8 is none of JSON's.
        &serde_json::json!({ "file": file.to_string_lossy(), "bytes": bytes }),
        &format!(
            "{} holds all of it, {bytes} bytes. Without its key it shows no link again: keep that, too.",
            file.display()
        ),
    )
}

fn restore(config: &Config, runtime: &Runtime, file: &Path, json: bool) -> Result<(), Error> {
    let database = serve::place(config)?;
    if let Database::Sqlite(path) = &database
        && let Some(folder) = path.parent()
    {
        private::folder(folder)?;
    }
    store::restore(file, &database).map_err(|error| failed(&error))?;
    // Opening brings an older copy up to this version's schema.
    let store = patient(&database, true, runtime)?;
    let findings = findings(&store, runtime)?;
    for finding in &findings {
        eprintln!("{finding}");
    }
    say(
        json,
        &serde_json::json!({ "database": database.to_string(), "findings": findings.len() }),
        &format!("{database} is what {} held.", file.display()),
    )?;
    if findings.is_empty() {
        return Ok(());
    }
    let advice = "so was the copy: move it away, and restore the newest one that is whole";
    Err(unsound(findings.len(), &database, advice))
}

/// What is wrong with a database whose rows do not add up.
fn unsound(findings: usize, database: &Database, advice: &str) -> Error {
    let things = if findings == 1 { "one thing is".to_owned() } else { format!("{findings} things are") };
    Error::Host(format!("{things} not as it should be in {database}: {advice}"))
}

/// A store for looks at everything, which may take long.
fn patient<'a>(database: &Database, migrates: bool, runtime: &'a Runtime) -> Result<Opened<'a>, Error> {
    open_as(Options { patience: Duration::from_hours(6), migrates, ..Options::new(database.clone()) }, runtime)
}

fn findings(store: &Store, runtime: &Runtime) -> Result<Vec<Finding>, Error> {
    let both = store.read(|tx| {
        let mut findings = admin::file(tx)?;
        findings.extend(admin::check(tx)?);
        Ok::<_, store::Error>(findings)
    });
    runtime.block_on(both).map_err(|error| failed(&error))
}

fn check(config: &Config, runtime: &Runtime, json: bool) -> Result<(), Error> {
    let database = there(config)?;
    // Without a key the rest is looked at all the same; one that cannot be read is refused before anything is.
    let missing = serve::key_missing(config)?;
    let key = if missing.is_none() { Some(serve::key_there(config)?) } else { None };
    let store = patient(&database, false, runtime)?;
    let findings = findings(&store, runtime)?;
    let mut said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    said.extend(missing);
    let sealed = key.map(|key| runtime.block_on(sealed(&store, key))).transpose()?;
    let lost = sealed.iter().flatten().filter(|one| one.lost > 0);
    said.extend(lost.map(|Sealed { what, lost, .. }| {
        format!("{lost} {what} were sealed by a key that is not there, and cannot be told again")
    }));
    if json {
        let older = sealed.as_ref().map(|all| all.iter().map(|one| one.older).sum::<u64>());
        output::json(&serde_json::json!({ "findings": said, "sealed_by_older_keys": older }))?;
    } else {
        for finding in &said {
            output::line(finding)?;
        }
    }
    let some_open = sealed.as_ref().map(|all| all.iter().any(|one| one.open > 0));
    match (said.len(), some_open) {
        (0, _) if json => Ok(()),
        (0, _) => output::line(&format!("{database} holds together.")),
        (n, _) if !findings.is_empty() => {
            Err(unsound(n, &database, "keep a copy of it, and restore the newest backup that is whole"))
        }
        (_, None) => Err(Error::Host(format!("the key is missing, and {database} holds together otherwise"))),
        (_, Some(false)) => Err(Error::Host(format!(
            "the key is not that of {database}, which holds together otherwise: put the right one in its place"
        ))),
        // `key drop` allows that, so that the key is right.
        (_, Some(true)) => Err(Error::Host(format!(
            "an older key is missing, and {database} holds together otherwise: put it behind the others, or rotate those invites"
        ))),
    }
}

/// How all that is sealed opens, of each sort.
async fn sealed(store: &Store, key: Key) -> Result<Vec<Sealed>, Error> {
    let key = std::sync::Arc::new(key);
    let (mut all, mut progress): (Vec<Sealed>, _) = (Vec::new(), Progress::default());
    loop {
        let key = key.clone();
        let step = store.read(move |tx| admin::sealed(tx, &key, progress, STEP));
        let Some((found, next)) = step.await.map_err(|error| failed(&error))? else { return Ok(all) };
        match all.last_mut().filter(|last| last.what == found.what) {
            Some(last) => {
                last.lost += found.lost;
                last.open += found.open;
                last.older += found.older;
            }
            None => all.push(found),
        }
        progress = next;
    }
}

impl KeyCommand {
    fn run(self, config: &Config, runtime: &Runtime, json: bool) -> Result<(), Error> {
        match self {
            Self::Add => edit(config, json, "A new key opens, too", |keys| {
                if keys.len() > 1 {
                    return Err(Error::Host(
                        "there are older keys still: `guestlist admin key use`, `key reseal` and `key drop` come first"
                            .into(),
                    ));
                }
                keys.push(format!("{NEXT_KEY}{}", key_text(&random())));
                Ok(
                    "A server that uses this file has it at once; restart any other with it. Then `guestlist admin key use`.",
                )
            }),
            Self::Use => edit(config, json, "The newest key is first", |keys| {
                let Some(next) = keys.iter().position(|key| key.starts_with(NEXT_KEY)) else {
                    return Err(Error::Host("no key waits to be used: `guestlist admin key add` makes one".into()));
                };
                let next = keys.remove(next);
                keys.insert(0, next.trim_start_matches(NEXT_KEY).to_owned());
                Ok(
                    "A server that uses this file seals with it at once; restart any other. Then `guestlist admin key reseal`.",
                )
            }),
            Self::Reseal => reseal(config, runtime, json),
            Self::Drop { yes } => {
                let store = open(&there(config)?, runtime)?;
                let sealed = runtime.block_on(sealed(&store, serve::key_there(config)?))?;
                let older: Vec<String> = sealed
                    .iter()
                    .filter(|one| one.older > 0)
                    .map(|Sealed { what, older, .. }| format!("{older} {what}"))
                    .collect();
                if !older.is_empty() {
                    return Err(Error::Host(format!(
                        "{} are still sealed by an older key: run `guestlist admin key reseal` first",
                        older.join(", ")
                    )));
                }
                for Sealed { what, lost, .. } in sealed.iter().filter(|one| one.lost > 0) {
                    eprintln!("{lost} {what} were sealed by a key that is not in the file at all.");
                }
                edit(config, json, "One key is left", |keys| {
                    if keys.len() > 1 && !keys.iter().any(|key| key.starts_with(NEXT_KEY)) {
                        ask::sure(
                            yes,
                            "The links to opt out in mails sealed by the older keys open nothing then.",
                            "drop",
                        )?;
                    }
                    if keys.iter().any(|key| key.starts_with(NEXT_KEY)) {
                        return Err(Error::Host(
                            "a key waits to be used: `guestlist admin key use` comes first".into(),
                        ));
                    }
                    keys.truncate(1);
                    Ok(
                        "A server that uses this file has it at once; restart any other with it. What the older keys sealed and \
                        nobody keeps is unknown now: the links to opt out in mails that have gone out.",
                    )
                })
            }
        }
    }
}

/// Changes the keys of the file, the first of which seals. What is taken out of them is named behind them as dropped.
fn edit(
    config: &Config,
    json: bool,
    done: &str,
    change: impl FnOnce(&mut Vec<String>) -> Result<&'static str, Error>,
) -> Result<(), Error> {
    if super::super::variable(serve::KEY_VARIABLE).is_some_and(|text| !text.is_empty()) {
        return Err(Error::Usage(format!(
            "the keys are in {}: change them where it is set. The first seals, those after it, with spaces between, open",
            serve::KEY_VARIABLE
        )));
    }
    // Refuses a file that others can read, or that holds no keys.
    let _ = serve::key_there(config)?;
    let path = serve::key_file(config)?;
    let text = std::fs::read_to_string(&path)?;
    let (gone, mut keys): (Vec<String>, Vec<String>) =
        text.split_whitespace().map(str::to_owned).partition(|word| word.starts_with(DROPPED_KEY));
    let before: Vec<String> = keys.iter().filter_map(|key| dropped(key)).collect();
    let next = change(&mut keys)?;
    let left: Vec<String> = keys.iter().filter_map(|key| dropped(key)).collect();
    let now_gone = before.into_iter().filter(|mark| !left.contains(mark));
    let words: Vec<String> = keys.iter().cloned().chain(gone).chain(now_gone).collect();
    private::write(&path, (words.join("\n") + "\n").as_bytes(), true)?;
    say(
        json,
        &serde_json::json!({ "file": path, "keys": keys.len() }),
        &format!("{done} ({}, {} in all). {next}", path.display(), keys.len()),
    )
}

fn reseal(config: &Config, runtime: &Runtime, json: bool) -> Result<(), Error> {
    let store = open(&there(config)?, runtime)?;
    let key = std::sync::Arc::new(serve::key_there(config)?);
    let mut progress = Progress::default();
    loop {
        let key = key.clone();
        let step = store.write(move |tx| admin::reseal(tx, &key, &mut random, progress, STEP));
        match runtime.block_on(step).map_err(|error| failed(&error))? {
            Some(next) => progress = next,
            None => break,
        }
        if std::io::stderr().is_terminal() {
            eprint!("\r{} sealed again", progress.done);
        }
    }
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    let done = progress.done;
    say(
        json,
        &serde_json::json!({ "resealed": done }),
        &format!(
            "{done} secrets are sealed by the newest key now. `guestlist admin key drop` takes the older ones away."
        ),
    )
}
