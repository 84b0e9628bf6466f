//! Invites, as a band handles them.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Context, Error,
    bands::PageArgs,
    copy,
    named::{BandArg, CampaignArg, PersonArg},
    output,
};
use crate::{
    api::{CreateInvite, Invite, InviteSort, Patch, UpdateInvite},
    client::{Client, InviteQuery},
    domain::{BandId, Hours, InviteId, Kind, MaxUses, Role, Status},
};

#[derive(Debug, Args)]
pub(super) struct Terms {
    /// The role it grants: member or admin.
    #[arg(long, value_parser = granted)]
    role: Option<Role>,
    /// Its life in hours, or `never`.
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    ttl_hours: Option<Hours>,
    /// How many people can use it, or `unlimited`.
    #[arg(long, value_name = "USES", allow_negative_numbers = true, value_parser = uses)]
    max_uses: Option<i64>,
    /// A note for the band; the invited do not see it.
    #[arg(long)]
    label: Option<String>,
    /// What the invited are told.
    #[arg(long)]
    message: Option<String>,
}

fn hours(text: &str) -> Result<Hours, String> {
    match text.parse().ok().and_then(|hours| Hours::from_number(hours).ok()) {
        _ if text == "never" => Ok(Hours(None)),
        Some(hours) => Ok(hours),
        _ => Err("must be a number of hours from 1 to 876000, or never".to_owned()),
    }
}

fn granted(text: &str) -> Result<Role, String> {
    match text.parse() {
        Ok(role @ (Role::Member | Role::Admin)) => Ok(role),
        _ => Err("must be member or admin".to_owned()),
    }
}

/// The wire's own number: -1 is without limit.
fn uses(text: &str) -> Result<i64, String> {
    match text.parse() {
        _ if text == "unlimited" => Ok(-1),
        Ok(uses) if MaxUses::from_number(uses).is_ok() => Ok(uses),
        _ => Err("must be a number from 1 to 1000000, or unlimited".to_owned()),
    }
}

impl Terms {
    /// What the wire says of the life.
    fn life(&self) -> Patch<i64> {
        self.ttl_hours.map_or(Patch::Omitted, |hours| hours.0.map(i64::from).into())
    }

    fn is_empty(&self) -> bool {
        self.role.is_none()
            && self.ttl_hours.is_none()
            && self.max_uses.is_none()
            && self.label.is_none()
            && self.message.is_none()
    }
}

/// Which invites of a band, and in which order.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Those that stand thus: pending, accepted, rejected or cancelled.
    #[arg(long)]
    status: Option<Status>,
    /// Those of this kind: link, email, user or code.
    #[arg(long)]
    kind: Option<Kind>,
    /// Those that this person made: a user name or an account id.
    #[arg(long, value_name = "NAME")]
    created_by: Option<PersonArg>,
    /// Those of this campaign: its id, or its name.
    #[arg(long)]
    campaign: Option<CampaignArg>,
    /// The order: -created (newest first, where this is missing), created, expires (those that end next first) or -expires.
    #[arg(long, value_name = "ORDER", allow_hyphen_values = true)]
    sort: Option<InviteSort>,
    #[command(flatten)]
    page: PageArgs,
}

impl Wanted {
    async fn query(&self, client: &Client, band: BandId) -> Result<InviteQuery, Error> {
        let campaign = match &self.campaign {
            Some(campaign) => Some(campaign.find(client, band).await?),
            None => None,
        };
        let created_by = match &self.created_by {
            Some(person) => Some(person.anyone(client, band).await?),
            None => None,
        };
        Ok(InviteQuery {
            status: self.status,
            kind: self.kind,
            q: self.page.query.clone(),
            campaign,
            created_by,
            sort: self.sort,
            page: self.page.page(),
        })
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Invites {
    /// List a band's invites.
    List {
        /// The band's id, or its name.
        band: BandArg,
        #[command(flatten)]
        wanted: Wanted,
    },
    /// Make an invite and print its link.
    Create {
        /// The band's id, or its name.
        band: BandArg,
        /// Whom it is for, a user name or an e-mail address; anyone who holds the link where this is missing.
        #[arg(long = "for", value_name = "WHOM")]
        whom: Option<String>,
        #[command(flatten)]
        terms: Terms,
        /// Copy the link as well.
        #[arg(long)]
        copy: bool,
    },
    /// Show one invite.
    Show {
        /// The invite's id.
        invite: InviteId,
    },
    /// Change a pending invite.
    Edit {
        /// The invite's id.
        invite: InviteId,
        #[command(flatten)]
        terms: Terms,
    },
    /// Revoke an invite.
    Revoke {
        /// The invite's id.
        invite: InviteId,
    },
    /// Undo a revoke, for ten minutes.
    Restore {
        /// The invite's id.
        invite: InviteId,
    },
    /// Print an invite's link again; leaves a trace.
    Link {
        /// The invite's id.
        invite: InviteId,
        /// Copy it as well.
        #[arg(long)]
        copy: bool,
    },
}

pub(super) async fn run(context: &Context, command: &Invites) -> Result<(), Error> {
    let client = context.signed_in()?;
    let invite = match command {
        Invites::List { band, wanted } => {
            let band = band.find(client).await?;
            let mut query = wanted.query(client, band).await?;
            let mut invites = client.invites(band, &query).await?;
            while let Some(page) = wanted.page.further(invites.invites.is_empty(), invites.next_cursor.as_ref()) {
                query.page = page;
                invites = client.invites(band, &query).await?;
            }
            if context.json {
                return output::json(&invites);
            }
            let rows: Vec<_> = invites.invites.iter().map(row).collect();
            output::table(HEADINGS, &rows)?;
            output::more(invites.next_cursor.as_ref());
            return Ok(());
        }
        Invites::Create { band, whom, terms, copy } => {
            let whom = whom.as_deref().map(|whom| whom.strip_prefix('@').unwrap_or(whom).to_owned());
            let (email, username) = match whom {
                Some(address) if address.contains('@') => (Some(address), None),
                username => (None, username),
            };
            let created = client
                .create_invite(
                    band.find(client).await?,
                    &CreateInvite {
                        role: terms.role,
                        ttl_hours: terms.life(),
                        max_uses: terms.max_uses.map_or(Patch::Omitted, Patch::Value),
                        label: Patch::given(terms.label.clone()),
                        message: Patch::given(terms.message.clone()),
                        email,
                        username,
                        ..CreateInvite::default()
                    },
                )
                .await?;
            return context.show_link(&created, &created.link, *copy);
        }
        Invites::Link { invite, copy } => {
            let link = client.invite_link(*invite).await?;
            return context.show_link(&link, &link.link, *copy);
        }
        Invites::Revoke { invite } => {
            client.revoke_invite(*invite).await?;
            if context.json {
                return output::json(&client.invite(*invite).await?);
            }
            return output::line(&format!("Revoked; undo within ten minutes: guestlist invites restore {invite}"));
        }
        Invites::Show { invite } => client.invite(*invite).await?,
        Invites::Restore { invite } => client.restore_invite(*invite).await?,
        Invites::Edit { terms, .. } if terms.is_empty() => {
            let flags = "--role, --ttl-hours, --max-uses, --label or --message";
            return Err(Error::Usage(format!("nothing is to be changed: say {flags}")));
        }
        Invites::Edit { invite, terms } => {
            let text = |value: &Option<String>| value.clone().map_or(Patch::Omitted, Patch::Value);
            let body = UpdateInvite {
                role: terms.role,
                expires_at: Patch::Omitted,
                ttl_hours: terms.life(),
                max_uses: terms.max_uses.map_or(Patch::Omitted, Patch::Value),
                label: text(&terms.label),
                message: text(&terms.message),
            };
            client.update_invite(*invite, &body).await?
        }
    };
    if context.json { output::json(&invite) } else { output::table(HEADINGS, &[row(&invite)]) }
}

impl Context {
    /// Prints an answer that holds a link, and copies the link where that is wanted.
    fn show_link(&self, answer: &impl Serialize, link: &str, wanted: bool) -> Result<(), Error> {
        if self.json {
            output::json(answer)?;
        } else {
            output::line(link)?;
        }
        if wanted {
            copy::copy(self.clipboard, link);
        }
        Ok(())
    }
}

const HEADINGS: [&str; 6] = ["ID", "FOR", "ROLE", "STATUS", "USES", "EXPIRES"];

fn row(invite: &Invite) -> [String; 6] {
    let most = invite.max_uses.0.map_or("∞".to_owned(), |n| n.to_string());
    let status = invite.cancel_reason.map_or(invite.status.to_string(), |reason| reason.to_string());
    let expires = invite.expires_at.map_or("never".to_owned(), output::minute);
    [
        invite.id.to_string(),
        invite.recipient(),
        invite.role.to_string(),
        status,
        format!("{}/{most}", invite.uses),
        expires,
    ]
}
