//! The example file and the README's table, made from the keys.

use super::{Client, Key, Limits, Local, Log, Mail, Profile, Retention, Server, Ui, Written, policy::PolicyTable};

/// Every table with what it is for and its keys, in the order of the file.
pub(super) const ALL: &[(&str, &str, &[Key])] = &[
    ("client", "Which server the client talks to.", Client::KEYS),
    ("profiles.work", "A server by a name of one's own, for --profile NAME; any number of tables.", Profile::KEYS),
    ("ui", "The terminal client.", Ui::KEYS),
    ("ui.keys", "Other keys for its actions: a key, a list of keys, or [] for none.", &[]),
    ("local", "The server inside of the client, for bands kept on this machine.", Local::KEYS),
    ("server", "The hosted server, guestlist serve.", Server::KEYS),
    ("policy", "The rules for invites and accounts, on both servers.", PolicyTable::KEYS),
    ("mail", "Mail from the hosted server.", Mail::KEYS),
    ("retention", "How long addresses are kept.", Retention::KEYS),
    ("limits", "How often one network may try something.", Limits::KEYS),
    ("log", "What is written down: by the server to standard error, by the client only to a file.", Log::KEYS),
];

const HEAD: &str = "\
# The configuration of guestlist: every key with its default. Take the # away before a key to change it.
#
# `guestlist config path` says where the file is looked for, `guestlist config check` whether it is right, and
# `guestlist config show` what holds. Flags go before variables of the environment, variables before this file.
# Keys without a default are shown with an example. Relative paths begin in this file's folder, ~/ in the home folder.
";

/// A file with every key, its default, and what is allowed, all of it commented out.
#[must_use]
pub fn example() -> String {
    let mut text = HEAD.to_owned();
    for (table, about, keys) in ALL {
        // Empty tables say nothing, so only keys need their # away; a profile would lack its server.
        let mark = if table.starts_with("profiles") { "#" } else { "" };
        text.extend([format!("\n# {about}\n{mark}[{table}]\n")]);
        if *table == "ui.keys" {
            text.push_str("#copy_link = \"y\"\n");
        }
        text.extend(keys.iter().map(entry));
    }
    text
}

/// A key as the example shows it, after an empty line.
fn entry(key: &Key) -> String {
    let about: String = key.about.lines().flat_map(|line| ["# ", line.trim(), "\n"]).collect();
    let also = if key.variable.is_empty() { String::new() } else { format!(" Also {}.", key.variable) };
    let without = match key.written {
        Written::Default(_) => "",
        Written::Example(_) => "# No default; for example:\n",
    };
    format!("\n{about}# Allowed: {}.{also}\n{without}#{} = {}\n", key.allowed, key.name, key.written.toml())
}

/// A table in Markdown: key, default, what is allowed.
#[must_use]
pub fn reference() -> String {
    let row = |key: &Key| {
        let default = match key.written {
            Written::Default(toml) => format!("`{toml}`"),
            Written::Example(_) => String::new(),
        };
        format!("| `{}` | {default} | {} |\n", key.path(), key.allowed)
    };
    let head = "| key | default | allowed |\n|---|---|---|\n".to_owned();
    std::iter::once(head).chain(ALL.iter().flat_map(|(_, _, keys)| *keys).map(row)).collect()
}
