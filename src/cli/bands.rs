//! Bands and their members.

use std::{
    io::{self, BufRead as _, IsTerminal as _},
    str::FromStr,
};

use clap::{Args, Subcommand};

use super::{Context, Error, output};
use crate::{
    api::{Band, CreateBand, UpdateMember},
    client::{BandQuery, Client, MemberQuery, Page},
    domain::{AccountId, BandId, Role},
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
}

/// A band as people name it: by its id, or by its name where one band alone has it.
#[derive(Debug, Clone)]
pub(super) struct BandArg(String);

impl FromStr for BandArg {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl BandArg {
    /// The band's id; a name is looked for among the person's own bands, capital letters or not.
    pub(super) async fn find(&self, client: &Client) -> Result<BandId, Error> {
        let name = self.0.trim();
        if let Ok(id) = name.parse() {
            return Ok(id);
        }
        let mut found = Vec::new();
        let mut cursor = None;
        loop {
            let page = Page { limit: Some(200), cursor };
            let query = BandQuery { scope: None, q: Some(name.to_owned()).filter(|q| !q.is_empty()), page };
            let bands = client.bands(&query).await?;
            let same = |band: &Band| band.name.to_lowercase() == name.to_lowercase();
            found.extend(bands.bands.into_iter().filter(same).map(|band| band.id));
            cursor = bands.next_cursor;
            if cursor.is_none() || name.is_empty() {
                break;
            }
        }
        match found[..] {
            [id] => Ok(id),
            [] => Err(Error::Usage(format!(
                "BAND must be the id or the name of one of your bands: none is called \"{name}\". `guestlist bands list` \
                 shows them"
            ))),
            _ => Err(Error::Usage(format!(
                "BAND is not clear: {} bands are called \"{name}\". Give the id; `guestlist bands list` shows it",
                found.len()
            ))),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Bands {
    /// List my bands.
    List(PageArgs),
    /// Make a band.
    Create {
        /// Its name.
        name: String,
        /// What it is about.
        #[arg(long)]
        description: Option<String>,
    },
    /// Show one band.
    Show {
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
        /// The member's account id.
        account: AccountId,
        /// `member` or `admin`.
        role: Role,
    },
    /// Remove a member.
    Remove {
        /// The band's id, or its name.
        band: BandArg,
        /// The member's account id.
        account: AccountId,
        /// End all pending invites that the person made as well.
        #[arg(long)]
        revoke_invites: bool,
    },
}

pub(super) async fn run(context: &Context, command: &Bands) -> Result<(), Error> {
    let client = context.signed_in()?;
    let band = match command {
        Bands::List(page) => {
            let query = BandQuery { scope: None, q: page.query.clone(), page: page.page() };
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
        Bands::Create { name, description } => {
            let body = CreateBand { name: name.clone(), description: description.clone(), ..CreateBand::default() };
            client.create_band(&body).await?
        }
        Bands::Show { band } => client.band(band.find(client).await?).await?,
        Bands::Delete { band, yes } => {
            let band = band.find(client).await?;
            if !yes {
                confirm(&client.band(band).await?.name)?;
            }
            client.delete_band(band).await?;
            return output::line("Deleted.");
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
            let members = client.members(band, &MemberQuery { q: page.query.clone(), page: page.page() }).await?;
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
        Members::SetRole { band, account, role } => {
            let body = UpdateMember { role: Some(*role), can_invite: None };
            let member = client.update_member(band.find(client).await?, *account, &body).await?;
            if context.json {
                return output::json(&member);
            }
            output::line(&format!("{} is {} now.", member.account.username, member.role))
        }
        Members::Remove { band, account, revoke_invites } => {
            client.remove_member(band.find(client).await?, *account, *revoke_invites).await?;
            output::line("Removed.")
        }
    }
}
