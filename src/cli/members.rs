//! Members of a band: who they are, what they may, who goes and who stays out.

use clap::Subcommand;

use super::{
    Context, Error, ask,
    list::{Paging, Search},
    named::{BandArg, PersonArg},
    output,
    texts::member_role,
};
use crate::{
    api::{Ban, MAX_LIMIT, Member, TransferBand, UpdateMember},
    client::{Client, MemberQuery, Page, Removal},
    domain::{AccountId, BandId, Role},
};

#[derive(Debug, Subcommand)]
pub(super) enum Members {
    /// List the members of a band.
    List {
        /// The band's id, or its name.
        band: BandArg,
        #[command(flatten)]
        search: Search,
    },
    /// Change a member's role.
    SetRole {
        /// The band's id, or its name.
        band: BandArg,
        /// The member's user name or account id.
        name: PersonArg,
        /// `member` or `admin`.
        #[arg(value_parser = member_role)]
        role: Role,
    },
    /// Let a plain member invite others, or no longer.
    LetInvite {
        /// The band's id, or its name.
        band: BandArg,
        /// The member's user name or account id.
        name: PersonArg,
        /// No longer.
        #[arg(long)]
        no: bool,
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
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
    /// Hand the band over to a member; its owner becomes an admin.
    Transfer {
        /// The band's id, or its name.
        band: BandArg,
        /// The user name or account id of the member who becomes the owner.
        name: PersonArg,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
    /// Leave a band.
    Leave {
        /// The band's id, or its name.
        band: BandArg,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
    /// List those who are banned from a band.
    Bans {
        /// The band's id, or its name.
        band: BandArg,
        #[command(flatten)]
        paging: Paging,
    },
    /// Lift a ban; the person can be invited again.
    Unban {
        /// The band's id, or its name.
        band: BandArg,
        /// The user name or account id of who is banned.
        name: PersonArg,
    },
}

pub(super) const HEADINGS: [&str; 4] = ["ACCOUNT", "NAME", "ROLE", "SINCE"];

pub(super) fn row(member: &Member) -> [String; 4] {
    let account = &member.account;
    [account.id.to_string(), account.username.clone(), member.role.to_string(), output::minute(member.joined_at)]
}

/// A member as a question names them: user name, display name and role.
async fn described(client: &Client, band: BandId, account: AccountId, name: &PersonArg) -> Result<String, Error> {
    let mut cursor = None;
    loop {
        let page = Page { limit: Some(MAX_LIMIT), cursor };
        let members = client.members(band, &MemberQuery { q: None, page }).await?;
        if let Some(member) = members.members.into_iter().find(|member| member.account.id == account) {
            return Ok(format!("@{} ({}, {})", member.account.username, member.account.display_name, member.role));
        }
        cursor = members.next_cursor;
        if cursor.is_none() {
            return Ok(name.to_string());
        }
    }
}

/// What a removal does, in a sentence.
fn removes(who: &str, band: &str, removal: Removal) -> String {
    let ban = if removal.ban { " and keeps them out: no invite lets them in again" } else { "" };
    let invites = if removal.revoke_invites { "; all pending invites that they made end, too" } else { "" };
    format!("This removes {who} from {band}{ban}{invites}.")
}

pub(super) async fn run(context: &Context, command: &Members) -> Result<(), Error> {
    let client = context.signed_in()?;
    match command {
        Members::List { band, search } => {
            let band = band.find(client).await?;
            let ask = async |page| client.members(band, &MemberQuery { q: search.query.clone(), page }).await;
            search.paging.show(context, ask, HEADINGS, row).await
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
        Members::LetInvite { band, name, no } => {
            let body = UpdateMember { role: None, can_invite: Some(!no) };
            let band = band.find(client).await?;
            let member = client.update_member(band, name.member(client, band).await?, &body).await?;
            if context.json {
                return output::json(&member);
            }
            let may = if member.can_invite { "may invite now" } else { "may not invite any longer" };
            output::line(&format!("{} {may}.", member.account.username))
        }
        Members::Remove { band, name, ban, revoke_invites, yes } => {
            let band = band.find(client).await?;
            let account = name.member(client, band).await?;
            let removal = Removal { ban: *ban, revoke_invites: *revoke_invites };
            if !yes {
                let (band, who) = (client.band(band).await?.name, described(client, band, account, name).await?);
                ask::agreed(false, &removes(&who, &band, removal))?;
            }
            client.remove_member(band, account, removal).await?;
            context.say(if *ban { "Removed and banned." } else { "Removed." })
        }
        Members::Transfer { band, name, yes } => {
            let id = band.find(client).await?;
            let account_id = name.member(client, id).await?;
            let band = client.band(id).await?;
            let says = format!("This makes {name} the owner of {}; only they can give it back.", band.name);
            ask::sure(*yes, &says, &band.name)?;
            client.transfer_band(id, &TransferBand { account_id }).await?;
            context.say("Handed over.")
        }
        Members::Leave { band, yes } => {
            let id = band.find(client).await?;
            let band = client.band(id).await?;
            ask::sure(*yes, &format!("This ends your membership in {}.", band.name), &band.name)?;
            client.leave_band(id).await?;
            context.say("You have left.")
        }
        Members::Bans { band, paging } => {
            let band = band.find(client).await?;
            let row = |ban: &Ban| {
                let (id, name) = (ban.account.id.to_string(), ban.account.username.clone());
                [id, name, output::minute(ban.at), ban.by.username.clone()]
            };
            let ask = async |page| client.bans(band, &page).await;
            paging.show(context, ask, ["ACCOUNT", "NAME", "SINCE", "BY"], row).await
        }
        Members::Unban { band, name } => {
            let band = band.find(client).await?;
            client.lift_ban(band, name.banned(client, band).await?).await?;
            context.say("The ban is lifted.")
        }
    }
}
