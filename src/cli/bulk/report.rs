//! What many rows came to: told as they are answered, and written where it was asked for.

use std::{
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::{
    api::{CreatedInvites, RowResult, RowStatus, Sheet},
    cli::{
        Error, file,
        output::{self, Table, counted},
        system_words,
    },
    client::people::{People, RESULT_COLUMNS, Row, is_refused, is_resent, result_row, whom},
};

/// Where results go.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct Files {
    /// Write the rows that came to no invite, and why, to this CSV file: mend it, and give it to the same command.
    #[arg(long, value_name = "FILE")]
    failed: Option<PathBuf>,
    /// Write what each row came to, with its link, to this CSV file.
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
}

/// What stands for the status of a row that an earlier run had made an invite for.
const MADE_BEFORE: &str = "made before";
/// What stands for the status of a row whose pending invite is sent again.
const SENT_AGAIN: &str = "sent again";
/// What is said of such an invite where an earlier run of the same command had told its link, and the server tells none.
const ENDED_SINCE: &str = "An earlier request sent this invite again, and it has ended by now.";

/// What many rows came to.
pub(super) struct Report<'a> {
    people: &'a People,
    json: bool,
    /// What stands before the results in JSON.
    head: Option<(&'static str, Value)>,
    begun: bool,
    table: Table<4>,
    /// Whether nobody reads standard output any more: rows and files go on without it.
    unread: bool,
    results: Option<(File, &'a Path)>,
    failed: Option<(csv::Writer<File>, &'a Path)>,
    /// Rows with a new invite.
    pub(super) created: u64,
    /// Rows whose pending invite was sent again.
    resent: u64,
    /// Those of the new ones, and of those sent again, that an earlier run of the same command had told.
    before: (u64, u64),
    /// Those of them that have ended since.
    ended: u64,
    /// Rows that came to none.
    pub(super) refused: u64,
}

fn unwritable(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be written: {}", path.display(), system_words(error))
}

/// A file that could not be written to once rows were sent: they are made all the same.
fn untold(path: &Path, error: &io::Error) -> Error {
    let again = "The rows that were sent are made all the same: the same command says once more what they came to";
    Error::Ended(format!("{}. {again}", unwritable(path, error)))
}

impl<'a> Report<'a> {
    /// Opens the files before anything is made. With `goes_on` they are those of a run that was stopped.
    pub(super) fn new(people: &'a People, json: bool, files: &'a Files, goes_on: bool) -> Result<Self, Error> {
        let begun = |path: &Path| goes_on && path.metadata().is_ok_and(|file| file.len() > 0);
        let mut results = None;
        if let Some(path) = &files.results {
            let (has_rows, mut file) = (begun(path), file::create(path, goes_on)?);
            if !has_rows {
                let headings = Sheet::new(&RESULT_COLUMNS).into_bytes();
                file.write_all(&headings).map_err(|error| Error::Usage(unwritable(path, &error)))?;
            }
            results = Some((file, path.as_path()));
        }
        let mut failed = None;
        if let Some(path) = &files.failed {
            let (has_rows, file) = (begun(path), file::create(path, goes_on)?);
            let mut writer = people.writer(file);
            if !has_rows {
                let told = writer.write_record(&people.failed_headings()).map_err(io::Error::from);
                let told = told.and_then(|()| writer.flush());
                told.map_err(|error| Error::Usage(unwritable(path, &error)))?;
            }
            failed = Some((writer, path.as_path()));
        }
        let table = Table::new(["ROW", "STATUS", "FOR", "LINK, OR WHY NOT"]).keeping_last();
        let (created, resent, before, ended, refused) = (0, 0, (0, 0), 0, 0);
        let (head, begun, unread) = (None, false, false);
        Ok(Self { people, json, head, begun, table, unread, results, failed, created, resent, before, ended, refused })
    }

    /// Puts a field before the results in JSON.
    pub(super) fn head(&mut self, name: &'static str, value: &impl Serialize) -> Result<(), Error> {
        self.head = Some((name, serde_json::to_value(value)?));
        Ok(())
    }

    /// Tells what these rows came to. `before` rows were sent before them; `is_told_again` says that an earlier run had
    /// made them already.
    pub(super) fn add(
        &mut self,
        rows: &[Row],
        (answer, is_told_again): (CreatedInvites, bool),
        before: usize,
    ) -> Result<(), Error> {
        let resent = answer.results.iter().filter(|result| is_resent(result)).count() as u64;
        self.resent += resent;
        if is_told_again {
            self.before.0 += u64::from(answer.created);
            self.before.1 += resent;
        }
        self.created += u64::from(answer.created);
        self.refused += u64::from(answer.failed);
        let mut cells = Vec::new();
        let mut sheet = Sheet::go_on();
        for (row, mut result) in rows.iter().zip(answer.results) {
            let (is_refused, is_resent) = (is_refused(&result), is_resent(&result));
            let was_made = is_told_again && result.status == RowStatus::Created;
            let has_ended = is_told_again && !is_refused && result.link.is_none();
            self.ended += u64::from(has_ended);
            if has_ended && is_resent {
                result.detail = Some(ENDED_SINCE.to_owned());
            }
            let why = result.detail.as_deref().unwrap_or_default();
            if is_refused && let Some((writer, path)) = &mut self.failed {
                let problem = if why.is_empty() { result.status.as_str() } else { why };
                let told = writer.write_record(&self.people.failed_row(row, problem));
                told.map_err(|error| untold(path, &error.into()))?;
            }
            sheet.row(&result_row(row.line, &row.wish, &result));
            if self.json {
                result.row += u32::try_from(before).unwrap_or(u32::MAX);
                let told = self.json_result(&result);
                self.heard(told)?;
            } else {
                let link = result.link.clone().unwrap_or_else(|| why.to_owned());
                let status = if was_made {
                    MADE_BEFORE.to_owned()
                } else if is_resent {
                    SENT_AGAIN.to_owned()
                } else {
                    result.status.to_string().replace('_', " ")
                };
                cells.push([row.line.to_string(), status, whom(&row.wish), link]);
            }
        }
        if let Some((file, path)) = &mut self.results {
            file.write_all(&sheet.into_bytes()).map_err(|error| untold(path, &error))?;
        }
        if let Some((writer, path)) = &mut self.failed {
            writer.flush().map_err(|error| untold(path, &error))?;
        }
        if self.json || self.unread {
            return Ok(());
        }
        let told = self.table.rows(&cells);
        self.heard(told)
    }

    /// A reader who left, as `head` does, stops nothing that was asked for.
    fn heard(&mut self, told: Result<(), Error>) -> Result<(), Error> {
        match told {
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.unread = true;
                Ok(())
            }
            told => told,
        }
    }

    fn json_result(&mut self, result: &RowResult) -> Result<(), Error> {
        if self.unread {
            return Ok(());
        }
        let before = if self.begun { "," } else { "" };
        self.begin_json()?;
        let text = serde_json::to_string_pretty(result)?.replace('\n', "\n    ");
        Ok(write!(io::stdout().lock(), "{before}\n    {text}")?)
    }

    fn begin_json(&mut self) -> Result<(), Error> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        let mut out = io::stdout().lock();
        write!(out, "{{")?;
        if let Some((name, value)) = &self.head {
            write!(out, "\n  \"{name}\": {},", format!("{value:#}").replace('\n', "\n  "))?;
        }
        Ok(write!(out, "\n  \"results\": [")?)
    }

    /// Ends the output; a file for failed rows that has none is taken away.
    pub(super) fn end(mut self, dry_run: bool) -> Result<(), Error> {
        if self.json && !self.unread {
            self.begin_json()?;
            let (created, failed) = (self.created, self.refused);
            let end = format!("\n  ],\n  \"created\": {created},\n  \"failed\": {failed}\n}}");
            let told = writeln!(io::stdout().lock(), "{end}").map_err(Error::from);
            self.heard(told)?;
        }
        let now = (self.created - self.before.0, self.resent - self.before.1);
        let refused =
            if self.refused == 0 { String::new() } else { format!(", {} refused", counted(self.refused, "row")) };
        output::note(&if dry_run {
            format!("{}{refused}. Nothing is done yet.", deeds(now, "would be "))
        } else {
            format!("{}{refused}.", deeds(now, ""))
        });
        if self.before != (0, 0) {
            let ended = match self.ended {
                0 => "Nothing is done twice".to_owned(),
                n => format!("{n} of them ended since"),
            };
            let before = deeds(self.before, "had been ");
            output::note(&format!(
                "{before} by the same command within the last 24 hours. {ended}; with --again it is done anew."
            ));
        }
        if let Some((writer, path)) = self.failed.take() {
            drop(writer);
            if self.refused > 0 {
                output::note(&format!("The refused rows are in {}: mend them, and give it that file.", path.display()));
            } else if path.metadata().is_ok_and(|file| file.is_file()) {
                let _ = std::fs::remove_file(path);
            }
        }
        Ok(())
    }
}

/// What becomes of invites, new ones and those that are sent again: "3 invites had been made, 2 sent again".
fn deeds((made, resent): (u64, u64), when: &str) -> String {
    match (made, resent) {
        (0, 1..) => format!("{} {when}sent again", counted(resent, "invite")),
        (_, 0) => format!("{} {when}made", counted(made, "invite")),
        _ => format!("{} {when}made, {resent} sent again", counted(made, "invite")),
    }
}
