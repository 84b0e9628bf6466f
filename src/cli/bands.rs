//! Bands.

use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::{
    Context, Error, ask,
    invited::{CalendarArg, came_in},
    list::Search,
    named::{BandArg, same},
    output::{self, Columns},
    terms, texts,
    waiting::WaitArg,
};
use crate::{
    api::{Band, BandScope, CreateBand, Patch, UpdateBand, why_unread},
    client::{BandQuery, Client},
    config::nearest,
    domain::{BandName, BandPolicy, Contact, Description, InvitePermission, JoinMode, Role},
};

/// Keys that a band's own policy can have.
pub(super) const POLICY_KEYS: [&str; 9] = [
    "allow_kinds",
    "default_ttl_hours",
    "email_identity",
    "last_reminder_hours",
    "max_ttl_hours",
    "membership",
    "on_accept_cancel",
    "on_inviter_removed",
    "reminder_hours",
];

/// How a band is.
#[derive(Debug, Args)]
pub(super) struct Settings {
    /// What it is about.
    #[arg(long, value_parser = texts::text::<Description>)]
    description: Option<String>,
    /// Whom to ask.
    #[arg(long, value_parser = texts::text::<Contact>)]
    contact: Option<String>,
    /// How one comes in without an invite: invite (not at all, where this is missing), request or open.
    #[arg(long)]
    join: Option<JoinMode>,
    /// Who may invite: admins (where this is missing) or members.
    #[arg(long, value_name = "WHO")]
    invite_permission: Option<InvitePermission>,
    /// Where the band is stricter than the site, such as `max_ttl_hours=48` or `allow_kinds=email,user`; once for each key.
    /// What is not named is as the site has it.
    #[arg(long, value_name = "KEY=VALUE")]
    policy: Vec<String>,
}

impl Settings {
    /// The band's own policy, if one is named; `none` is one that decides nothing.
    fn policy(&self) -> Result<Option<BandPolicy>, Error> {
        if self.policy.is_empty() {
            return Ok(None);
        }
        let mut keys = Map::new();
        for text in self.policy.iter().filter(|text| *text != "none") {
            let wrong =
                || Error::Usage(format!("--policy must be KEY=VALUE, such as max_ttl_hours=48; not \"{text}\""));
            let (key, value) = text.split_once('=').ok_or_else(wrong)?;
            if !POLICY_KEYS.contains(&key.trim()) {
                let near = nearest(key.trim(), POLICY_KEYS.iter().copied());
                let near = near.map_or_else(|| ".".to_owned(), |near| format!(": did you mean {near}?"));
                let all = POLICY_KEYS.join(", ");
                return Err(Error::Usage(format!("--policy has no key {}{near} There are: {all}", key.trim())));
            }
            keys.insert(key.trim().to_owned(), policy_value(key.trim(), value.trim()));
        }
        let refused = |error: serde_json::Error| Error::Usage(format!("--policy: {}", why_unread(&error)));
        serde_json::from_value(Value::Object(keys)).map(Some).map_err(refused)
    }
}

/// A policy's value as the wire has it: words, numbers, lists, and null for no limit.
fn policy_value(key: &str, value: &str) -> Value {
    let one = |value: &str| value.parse::<u32>().map_or_else(|_| Value::from(value), Value::from);
    match (key, value) {
        ("reminder_hours", "none" | "") => Value::Array(Vec::new()),
        ("allow_kinds" | "reminder_hours", list) => list.split(',').map(|item| one(item.trim())).collect(),
        ("default_ttl_hours", "never") | ("max_ttl_hours" | "last_reminder_hours", "none") => Value::Null,
        (_, value) => one(value),
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Bands {
    /// List my bands.
    List {
        /// Those that anyone may join or ask to join, in place of mine.
        #[arg(long)]
        open: bool,
        #[command(flatten)]
        search: Search,
    },
    /// Make a band.
    Create {
        /// Its name.
        #[arg(value_parser = texts::text::<BandName>)]
        name: String,
        #[command(flatten)]
        settings: Settings,
    },
    /// Show one band.
    Show {
        /// The band's id, or its name.
        band: BandArg,
    },
    /// Change a band.
    Edit {
        /// The band's id, or its name.
        band: BandArg,
        /// A new name.
        #[arg(long, value_parser = texts::text::<BandName>)]
        name: Option<String>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Join a band that is open to all, or ask to join one that takes requests.
    Join {
        /// The band's id, or its name.
        band: BandArg,
        #[command(flatten)]
        wait: WaitArg,
    },
    /// Delete a band; its pending invites end. There is no way back.
    Delete {
        /// The band's id, or its name.
        band: BandArg,
        /// Do not ask for the band's name first.
        #[arg(long)]
        yes: bool,
    },
}

const HEADINGS: Columns<5> = Columns::new(["ID", "NAME", "ROLE", "MEMBERS", "PENDING"], &["MEMBERS", "ROLE"]);

fn row(band: &Band) -> [String; 5] {
    let role = band.role.map_or("–", Role::as_str).to_owned();
    let counts = band.counts;
    [band.id.to_string(), band.name.clone(), role, counts.members.to_string(), counts.pending.to_string()]
}

pub(super) async fn run(context: &Context, command: &Bands) -> Result<(), Error> {
    let client = context.signed_in()?;
    let band = match command {
        Bands::List { open, search } => {
            let scope = open.then_some(BandScope::Open);
            let ask = async |page| client.bands(&BandQuery { scope, q: search.query.clone(), page }).await;
            return search.paging.show(context, ask, HEADINGS, row).await;
        }
        Bands::Create { name, settings } => {
            let body = CreateBand {
                name: name.clone(),
                description: settings.description.clone(),
                contact: settings.contact.clone(),
                join: settings.join,
                invite_permission: settings.invite_permission,
                policy: settings.policy()?,
            };
            let made = client.create_band(&body).await?;
            tell_of_another(client, &made).await;
            made
        }
        Bands::Edit { band, name, settings } => {
            let body = UpdateBand {
                name: name.clone(),
                description: terms::text(settings.description.clone()),
                contact: terms::text(settings.contact.clone()),
                join: settings.join,
                invite_permission: settings.invite_permission,
                policy: settings.policy()?.map_or(Patch::Omitted, |policy| {
                    if policy.is_empty() { Patch::Null } else { Patch::Value(policy) }
                }),
            };
            if body == UpdateBand::default() {
                let flags = "--name, --description, --contact, --join, --invite-permission or --policy";
                return Err(Error::Usage(format!("nothing is to be changed: say {flags}")));
            }
            client.update_band(band.find(client).await?, &body).await?
        }
        Bands::Join { band, wait } => {
            let joined = client.join_band(band.find_open(client).await?).await?;
            return came_in(context, &wait.through(context, joined, None).await?, &CalendarArg::default());
        }
        Bands::Show { band } => client.band(band.find(client).await?).await?,
        Bands::Delete { band, yes } => {
            let band = band.find(client).await?;
            if !yes {
                let name = client.band(band).await?.name;
                ask::sure(*yes, &format!("This deletes {name} for all of its members."), &name)?;
            }
            client.delete_band(band).await?;
            return context.say("Deleted.");
        }
    };
    if context.json { output::json(&band) } else { show(&band) }
}

/// Says that the person is in another band of the same name: then only ids tell them apart. The band is made, so a list
/// that does not come is no failure.
async fn tell_of_another(client: &Client, made: &Band) {
    let query = BandQuery { q: Some(made.name.clone()), ..BandQuery::default() };
    let Ok(found) = client.bands(&query).await else { return };
    let other = found.bands.iter().find(|band| band.id != made.id && same(&band.name, &made.name));
    if let Some(other) = other {
        output::note(&format!(
            "You are in another band called \"{}\" ({}): commands take the id of either, and no name.",
            other.name, other.id
        ));
    }
}

fn show(band: &Band) -> Result<(), Error> {
    let counts = band.counts;
    output::fields(&[
        ("ID", band.id.to_string()),
        ("NAME", band.name.clone()),
        ("ABOUT", band.description.clone().unwrap_or_default()),
        ("CONTACT", band.contact.clone().unwrap_or_default()),
        ("JOIN", band.join.to_string()),
        ("WHO INVITES", band.invite_permission.to_string()),
        ("MY ROLE", band.role.map(|role| role.to_string()).unwrap_or_default()),
        ("MEMBERS", counts.members.to_string()),
        ("INVITES", counts.invites.to_string()),
        ("PENDING", counts.pending.to_string()),
        ("SINCE", output::minute(band.created_at)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(keys: &[&str]) -> Result<Option<BandPolicy>, Error> {
        let policy = keys.iter().map(|&key| key.to_owned()).collect();
        let (description, contact, join, invite_permission) = (None, None, None, None);
        Settings { description, contact, join, invite_permission, policy }.policy()
    }

    #[test]
    fn a_policy_is_read_key_by_key() {
        assert_eq!(policy(&[]).unwrap(), None);
        assert!(policy(&["none"]).unwrap().unwrap().is_empty());
        let read =
            policy(&["max_ttl_hours=48", "allow_kinds=email, user", "email_identity=verified"]).unwrap().unwrap();
        let expected = r#"{"max_ttl_hours":48,"allow_kinds":["email","user"],"email_identity":"verified"}"#;
        assert_eq!(serde_json::to_string(&read).unwrap(), expected);
        for wrong in ["max_ttl_hours", "email_identity=maybe", "colour=red"] {
            assert!(matches!(policy(&[wrong]), Err(Error::Usage(_))), "{wrong}");
        }
    }
}
