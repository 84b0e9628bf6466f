//! Bands and their members.

use std::io::{self, BufRead as _, IsTerminal as _};

use clap::{Args, Subcommand};

use super::{
    Context, Error,
    invited::came_in,
    named::{BandArg, PersonArg},
    output,
};
use crate::{
    api::{Ban, BandScope, CreateBand, UpdateMember},
    client::{BandQuery, MemberQuery, Page, Removal},
    domain::{JoinMode, Role},
};

#[derive(Debug, Args)]
pub(super) struct PageArgs {
    /// Part of a name to look for.
    #[arg(short, long)]
    pub(super) query: Option<String>,
    /// Entries of a page, at most 200.
    #[arg(long)]
    limit: Option<u32>,
    /// Where the page begins, from the page before.
    #[arg(long)]
    cursor: Option<String>,
}

impl PageArgs {
    pub(super) fn page(&self) -> Page {
        Page { limit: self.limit, cursor: self.cursor.clone() }
    }

    /// The page to ask for in place of one without entries that the list begins with: the server found none among those
    /// that it looks at for a page, and there are more.
    pub(super) fn further(&self, found_none: bool, next: Option<&String>) -> Option<Page> {
        let next = next.filter(|_| found_none && self.cursor.is_none())?;
        Some(Page { limit: self.limit, cursor: Some(next.clone()) })
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
        page: PageArgs,
    },
    /// Make a band.
    Create {
        /// Its name.
        name: String,
        /// What it is about.
        #[arg(long)]
        description: Option<String>,
        /// Whom to ask.
        #[arg(long)]
        contact: Option<String>,
        /// How one comes in without an invite: invite (not at all, where this is missing), request or open.
        #[arg(long)]
        join: Option<JoinMode>,
    },
    /// Show one band.
    Show {
        /// The band's id, or its name.
        band: BandArg,
    },
    /// Join a band that is open to all, or ask to join one that takes requests.
    Join {
        /// The band's id, or its name.
        band: BandArg,
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

#[derive(Debug, Subcommand)]
pub(super) enum Members {
    /// List the members of a band.
    List {
        /// The band's id, or its name.
        band: BandArg,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Change a member's role.
    SetRole {
        /// The band's id, or its name.
        band: BandArg,
        /// The member's user name or account id.
        name: PersonArg,
        /// `member` or `admin`.
        role: Role,
    },
    /// Remove a member.
    Remove {
        /// The band's id, or its name.
        band: BandArg,
        /// The member's user name or account id.
        name: PersonArg,
        /// Keep the person out: no invite lets them in again, until `members unban`.
        #[arg(long)]
        ban: bool,
        /// End all pending invites that the person made as well.
        #[arg(long)]
        revoke_invites: bool,
    },
    /// List those who are banned from a band.
    Bans {
        /// The band's id, or its name.
        band: BandArg,
        /// Entries of a page, at most 200.
        #[arg(long)]
        limit: Option<u32>,
        /// Where the page begins, from the page before.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Lift a ban; the person can be invited again.
    Unban {
        /// The band's id, or its name.
        band: BandArg,
        /// The user name or account id of who is banned.
        name: PersonArg,
    },
}

pub(super) async fn run(context: &Context, command: &Bands) -> Result<(), Error> {
    let client = context.signed_in()?;
    let band = match command {
        Bands::List { open, page } => {
            let scope = open.then_some(BandScope::Open);
            let query = BandQuery { scope, q: page.query.clone(), page: page.page() };
            let bands = client.bands(&query).await?;
            if context.json {
                return output::json(&bands);
            }
            let rows: Vec<_> = bands
                .bands
                .iter()
                .map(|band| {
                    let role = band.role.map_or("–", Role::as_str).to_owned();
                    let counts = band.counts;
                    [
                        band.id.to_string(),
                        band.name.clone(),
                        role,
                        counts.members.to_string(),
                        counts.pending.to_string(),
                    ]
                })
                .collect();
            output::table(["ID", "NAME", "ROLE", "MEMBERS", "PENDING"], &rows)?;
            output::more(bands.next_cursor.as_ref());
            return Ok(());
        }
        Bands::Create { name, description, contact, join } => {
            let body = CreateBand {
                name: name.clone(),
                description: description.clone(),
                contact: contact.clone(),
                join: *join,
                ..CreateBand::default()
            };
            client.create_band(&body).await?
        }
        Bands::Join { band } => {
            return came_in(context, &client.join_band(band.find_open(client).await?).await?);
        }
        Bands::Show { band } => client.band(band.find(client).await?).await?,
        Bands::Delete { band, yes } => {
            let band = band.find(client).await?;
            if !yes {
                confirm(&client.band(band).await?.name)?;
            }
            client.delete_band(band).await?;
            return context.say("Deleted.");
        }
    };
    if context.json {
        return output::json(&band);
    }
    output::line(&format!("{}  {}", band.id, band.name))?;
    band.description.as_deref().map_or(Ok(()), output::line)
}

/// Asks for the name of what is about to be deleted, since nothing brings it back.
fn confirm(name: &str) -> Result<(), Error> {
    if !io::stdin().is_terminal() {
        return Err(Error::Usage("nobody is there to ask: say --yes to delete the band".to_owned()));
    }
    output::note(&format!("This deletes {name} for all of its members. Type its name to go on:"));
    let mut typed = String::new();
    io::stdin().lock().read_line(&mut typed)?;
    if typed.trim() == name { Ok(()) } else { Err(Error::Usage("that is not its name: nothing is deleted".to_owned())) }
}

pub(super) async fn members(context: &Context, command: &Members) -> Result<(), Error> {
    let client = context.signed_in()?;
    match command {
        Members::List { band, page } => {
            let band = band.find(client).await?;
            let mut query = MemberQuery { q: page.query.clone(), page: page.page() };
            let mut members = client.members(band, &query).await?;
            while let Some(page) = page.further(members.members.is_empty(), members.next_cursor.as_ref()) {
                query.page = page;
                members = client.members(band, &query).await?;
            }
            if context.json {
                return output::json(&members);
            }
            let rows: Vec<_> = members
                .members
                .iter()
                .map(|m| {
                    [
                        m.account.id.to_string(),
                        m.account.username.clone(),
                        m.role.to_string(),
                        output::minute(m.joined_at),
                    ]
                })
                .collect();
            output::table(["ACCOUNT", "NAME", "ROLE", "SINCE"], &rows)?;
            output::more(members.next_cursor.as_ref());
            Ok(())
        }
        Members::SetRole { band, name, role } => {
            let body = UpdateMember { role: Some(*role), can_invite: None };
            let band = band.find(client).await?;
            let member = client.update_member(band, name.member(client, band).await?, &body).await?;
            if context.json {
                return output::json(&member);
            }
            output::line(&format!("{} is {} now.", member.account.username, member.role))
        }
        Members::Remove { band, name, ban, revoke_invites } => {
            let band = band.find(client).await?;
            let removal = Removal { ban: *ban, revoke_invites: *revoke_invites };
            client.remove_member(band, name.member(client, band).await?, removal).await?;
            context.say(if *ban { "Removed and banned." } else { "Removed." })
        }
        Members::Bans { band, limit, cursor } => {
            let page = Page { limit: *limit, cursor: cursor.clone() };
            let bans = client.bans(band.find(client).await?, &page).await?;
            if context.json {
                return output::json(&bans);
            }
            let row = |ban: &Ban| {
                let (id, name) = (ban.account.id.to_string(), ban.account.username.clone());
                [id, name, output::minute(ban.at), ban.by.username.clone()]
            };
            output::table(["ACCOUNT", "NAME", "SINCE", "BY"], &bans.bans.iter().map(row).collect::<Vec<_>>())?;
            output::more(bans.next_cursor.as_ref());
            Ok(())
        }
        Members::Unban { band, name } => {
            let band = band.find(client).await?;
            client.lift_ban(band, name.banned(client, band).await?).await?;
            context.say("The ban is lifted.")
        }
    }
}
