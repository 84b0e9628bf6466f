//! Values of the command line, looked at before anybody is asked: what no server would take is wrong usage.

use std::str::FromStr;

use jiff::tz::TimeZone;

use super::terms;
use crate::domain::{Address, Invalid, Role, Timestamp, Username, check_future, time_pieces};

/// The fewest letters that people are looked for by.
const FEWEST_LETTERS: usize = 2;
/// The most hours after which somebody is reminded: a year.
const MOST_HOURS: u32 = 8_760;

/// A text that is sent as it was typed, if it can be a `T`.
pub(super) fn text<T: FromStr<Err = Invalid>>(text: &str) -> Result<String, Invalid> {
    text.parse::<T>().map(|_| text.to_owned())
}

/// A number within bounds, both of them allowed.
pub(super) fn number<const LEAST: u32, const MOST: u32>(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(number) if (LEAST..=MOST).contains(&number) => Ok(number),
        _ if MOST == u32::MAX => Err(format!("must be a number, {LEAST} or more")),
        _ => Err(format!("must be a number from {LEAST} to {MOST}")),
    }
}

/// Whom an invite is for: an address, or a user name with or without the sign before it.
pub(super) fn whom(text: &str) -> Result<String, Invalid> {
    let name = text.trim().strip_prefix('@').unwrap_or(text.trim());
    if name.contains('@') { Address::parse(name).map(drop) } else { Username::parse(name).map(drop) }
        .map(|()| name.to_owned())
}

/// What people are looked for by.
pub(super) fn letters(text: &str) -> Result<String, String> {
    if text.trim().chars().count() < FEWEST_LETTERS {
        return Err(format!("must be a part of a name, {FEWEST_LETTERS} letters or more"));
    }
    Ok(text.to_owned())
}

/// The role of a member: that of the owner is handed over.
pub(super) fn member_role(text: &str) -> Result<Role, String> {
    if text.parse() == Ok(Role::Owner) {
        return Err("must be member or admin; `guestlist members transfer` makes somebody the owner".to_owned());
    }
    terms::granted(text)
}

/// As [`terms::instant`], but it is still to come.
pub(super) fn end(text: &str) -> Result<Timestamp, String> {
    let end = terms::instant(text)?;
    check_future(Timestamp::now(), Some(end)).map(|()| end).map_err(|why| why.to_string())
}

/// A time as clocks show it, or nothing for none.
pub(super) fn time(text: &str) -> Result<String, String> {
    let text = text.trim();
    // A day alone says nothing of when on that day.
    if text.is_empty() || time_pieces(text).is_some_and(|pieces| pieces.time().is_some()) {
        return Ok(text.to_owned());
    }
    Err("must be a time such as 2026-12-12T19:30".to_owned())
}

/// The name of a time zone. Where this machine knows none, the server is asked.
pub(super) fn zone(text: &str) -> Result<String, String> {
    let (text, mut all) = (text.trim(), jiff::tz::db().available());
    if TimeZone::get(text).is_ok() || all.next().is_none() {
        return Ok(text.to_owned());
    }
    Err("must be the name of a time zone, such as Europe/Berlin".to_owned())
}

/// Hours after sending, or `none`.
pub(super) fn reminder(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.parse::<u32>() {
        Ok(hours) if (1..=MOST_HOURS).contains(&hours) => Ok(text.to_owned()),
        _ if text == "none" => Ok(text.to_owned()),
        _ => Err(format!("must be hours from 1 to {MOST_HOURS} such as 24,72, or none")),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _, error::ErrorKind};

    use super::*;
    use crate::{
        cli::Cli,
        domain::{BandName, Label},
    };

    #[test]
    fn what_no_server_would_take_is_refused_with_what_is_allowed() {
        assert_eq!(text::<BandName>(" The Night Owls ").as_deref(), Ok(" The Night Owls "));
        assert!(text::<BandName>("").unwrap_err().to_string().contains("1 to 64"));
        assert!(text::<Label>("").is_ok() && text::<Label>(&"x".repeat(81)).is_err());
        for (typed, is) in [("@kim", "kim"), ("kim", "kim"), ("kim@example.org", "kim@example.org")] {
            assert_eq!(whom(typed).as_deref(), Ok(is));
        }
        for wrong in ["", "@", "kim@", "kim lee", "kim@example"] {
            assert!(whom(wrong).is_err(), "{wrong}");
        }
        assert!(letters("k").is_err() && letters("ki").is_ok());
        assert!(member_role("owner").unwrap_err().contains("members transfer") && member_role("king").is_err());
        assert!(end("2020-01-01").unwrap_err().contains("future") && end("2100-01-01").is_ok());
        for good in ["", "2026-12-12T19:30", "2026-12-12 19:30", "2026-12-12T19:30:00+01:00"] {
            assert!(time(good).is_ok(), "{good}");
        }
        for wrong in ["soon", "2026-13-12T19:30", "19:30", "2026-12-12"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
        assert!(zone("Europe/Berlin").is_ok() && zone("Europe/Berlinn").is_err());
        assert!(["0", "9000", "soon", "-1"].iter().all(|hours| reminder(hours).is_err()));
        assert!(reminder("none").is_ok() && reminder("24").is_ok());
    }

    /// Arguments that names, files, tokens and the like are given by: only who looks them up can say that they are wrong.
    const LOOKED_UP: [&str; 30] = [
        "actor",
        "band",
        "lift block",
        "calendar",
        "campaign",
        "code",
        "codes",
        "config",
        "created_by",
        "cursor",
        "failed",
        "file",
        "folder",
        "ids",
        "insecure_http",
        "invite",
        "login",
        "message_file",
        "output",
        "policy",
        "profile",
        "query",
        "request",
        "results",
        "server",
        "template",
        "token",
        "under",
        "members name",
        "set name",
    ];

    /// Values that every other argument refuses, by its name, with its command before it where that makes a difference.
    const REFUSED: [(&str, &[&str]); 41] = [
        ("action", &["invite.acepted", ""]),
        ("address", &["kim"]),
        ("audit from", &["tomorrow", "2026-02-30"]),
        ("block", &["everyone"]),
        ("bulk from", &["0", "one"]),
        ("contact", &["a\u{202e}b"]),
        ("count", &["0", "1001", "ten"]),
        ("description", &["a\u{1b}b"]),
        ("display_name", &[""]),
        ("email", &["kim", "kim@"]),
        ("ends", &["soon", "2026-12-12"]),
        ("expires_at", &["2020-01-01", "soon"]),
        ("format", &["pdf"]),
        ("invite_permission", &["all"]),
        ("join", &["maybe"]),
        ("kind", &["phone"]),
        ("label", &[LONG]),
        ("limit", &["0", "-1", "many"]),
        ("max_accepts", &["0", "1000001"]),
        ("max_invites", &["0", "1000001"]),
        ("max_uses", &["0", "many"]),
        ("message", &["a\u{1b}b"]),
        ("name", &["", LONG]),
        ("on_existing", &["ask"]),
        ("place", &["a\u{7}b"]),
        ("q", &["k"]),
        ("quota limit", &["-1", "1000001", "many"]),
        ("reason", &["a\u{1b}b"]),
        ("reminders", &["0", "24,soon"]),
        ("requires_approval", &["perhaps"]),
        ("role", &["king", "owner"]),
        ("shell", &["tcsh"]),
        ("sort", &["name"]),
        ("starts", &["soon", "2026-12-12"]),
        ("status", &["open"]),
        ("time_zone", &["Europe/Berlinn"]),
        ("title", &[""]),
        ("to", &["tomorrow"]),
        ("ttl_hours", &["0", "876001", "soon"]),
        ("username", &["", "k@m"]),
        ("whom", &["", "kim@", "kim lee"]),
    ];
    const LONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    /// Tries every argument of a command that takes a value, and those of the commands within it.
    fn try_all(command: &clap::Command, path: &[&str], tried: &mut usize) {
        for inner in command.get_subcommands().filter(|inner| !["help", "serve", "admin"].contains(&inner.get_name())) {
            try_all(inner, &[path, &[inner.get_name()]].concat(), tried);
        }
        let arguments = command.get_arguments().filter(|arg| arg.get_action().takes_values());
        for arg in arguments {
            let id = arg.get_id().as_str();
            let keys = [format!("{} {id}", path.last().unwrap()), format!("{} {id}", path[path.len() - 2..][0])];
            let wrong = |key: &str| REFUSED.iter().find(|(name, _)| *name == key).map(|(_, values)| *values);
            let values = keys.iter().find_map(|key| wrong(key));
            let is_looked_up = keys.iter().any(|key| LOOKED_UP.contains(&key.as_str())) || LOOKED_UP.contains(&id);
            let Some(values) = values.or_else(|| wrong(id)).filter(|_| !is_looked_up) else {
                assert!(is_looked_up, "{path:?}: nothing is said of {id}");
                continue;
            };
            for value in values {
                let mut line: Vec<String> = path.iter().map(ToString::to_string).collect();
                if let Some(long) = arg.get_long() {
                    line.push(format!("--{long}={value}"));
                } else {
                    line.extend(std::iter::repeat_n("x".to_owned(), arg.get_index().unwrap() - 1));
                    line.extend(["--".to_owned(), (*value).to_owned()]);
                }
                let error = Cli::try_parse_from(&line).err().unwrap_or_else(|| panic!("{line:?} is taken"));
                let is_value = matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
                assert!(is_value && error.exit_code() == 2, "{line:?}: {error}");
                *tried += 1;
            }
        }
    }

    #[test]
    fn every_argument_of_every_command_is_looked_at_before_anybody_is_asked() {
        let (mut command, mut tried) = (Cli::command(), 0);
        command.build();
        for inner in command.get_subcommands().filter(|inner| !["help", "serve", "admin"].contains(&inner.get_name())) {
            try_all(inner, &["guestlist", inner.get_name()], &mut tried);
        }
        assert!(tried > 150, "{tried}");
    }
}
