//! Invites, as a band handles them.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Context, Error,
    acting::{self, Chosen},
    bulk, copy, export,
    list::Paging,
    named::{self, BandArg, CampaignArg, InviteArg, PersonArg},
    output::{self, Columns},
    terms::{self, Life, Terms, Wish},
    texts,
};
use crate::{
    api::{
        Campaign, CampaignEvent, Code, CreatedInvite, Invite, InviteFilter, InviteSort, Redemption, ResendInvite,
        ResentInvite, UpdateInvite,
    },
    client::{AuditQuery, Client, Error as ClientError, InviteQuery, Page},
    domain::{BandId, Kind, Role, Status},
};

/// Which invites of a band.
#[derive(Debug, Args)]
pub(super) struct Filter {
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
}

impl Filter {
    /// As the wire says it, with names looked up in the band. `q` is a part of a label, an address or a name.
    pub(super) async fn read(&self, client: &Client, band: BandId, q: Option<&String>) -> Result<InviteFilter, Error> {
        let campaign = match &self.campaign {
            Some(campaign) => Some(campaign.find("--campaign", client, band).await?),
            None => None,
        };
        let created_by = match &self.created_by {
            Some(person) => Some(person.anyone("--created-by", client, band).await?),
            None => None,
        };
        Ok(InviteFilter { status: self.status, kind: self.kind, q: q.cloned(), campaign, created_by })
    }

    /// Whether nothing is said.
    pub(super) const fn is_empty(&self) -> bool {
        self.status.is_none() && self.kind.is_none() && self.created_by.is_none() && self.campaign.is_none()
    }
}

/// What a list of invites is asked for by.
pub(super) fn query(filter: &InviteFilter, sort: Option<InviteSort>) -> InviteQuery {
    let InviteFilter { status, kind, q, campaign, created_by } = filter.clone();
    InviteQuery { status, kind, q, campaign, created_by, sort, ..InviteQuery::default() }
}

#[derive(Debug, Subcommand)]
pub(super) enum Invites {
    /// List a band's invites.
    List {
        /// The band's id, or its name.
        band: BandArg,
        #[command(flatten)]
        filter: Filter,
        /// The order: -created (newest first, where this is missing), created, expires (those that end next first) or
        /// -expires.
        #[arg(long, value_name = "ORDER", allow_hyphen_values = true)]
        sort: Option<InviteSort>,
        /// Part of a label or an address, or of a name of the account that it is for.
        #[arg(short, long)]
        query: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Make an invite and print its link.
    Create {
        /// The band's id, or its name.
        band: BandArg,
        /// Whom it is for, a user name or an e-mail address; anyone who holds the link where this is missing.
        #[arg(long = "for", value_name = "WHOM", value_parser = texts::whom)]
        whom: Option<String>,
        #[command(flatten)]
        wish: Box<Wish>,
        /// Copy the link as well.
        #[arg(long)]
        copy: bool,
    },
    /// Make an invite for everybody in a CSV file.
    Bulk(Box<bulk::BulkArgs>),
    /// Write all invites of a band as a file: CSV, or JSON, an invite a line.
    Export {
        /// The band's id, or its name.
        band: BandArg,
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        file: export::ExportArgs,
    },
    /// Show one invite.
    Show {
        /// The invite's id, or its end as a list showed it.
        invite: InviteArg,
    },
    /// List who used an invite.
    Uses {
        /// The invite's id, or its end as a list showed it.
        invite: InviteArg,
        #[command(flatten)]
        paging: Paging,
    },
    /// Change a pending invite.
    Edit {
        /// The invite's id, or its end as a list showed it.
        invite: InviteArg,
        #[command(flatten)]
        terms: Terms,
    },
    /// Revoke invites.
    Revoke {
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Undo revokes, for ten minutes.
    Restore {
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Send invites again.
    Resend {
        #[command(flatten)]
        chosen: Chosen,
        /// With a new link, for one invite; the old one is dead.
        #[arg(long)]
        rotate: bool,
    },
    /// Give invites a new end.
    Extend {
        #[command(flatten)]
        chosen: Chosen,
        #[command(flatten)]
        life: Life,
    },
    /// Give invites another role.
    SetRole {
        /// The role that they grant: member or admin.
        #[arg(value_parser = terms::granted)]
        role: Role,
        #[command(flatten)]
        chosen: Chosen,
    },
    /// Print an invite's link again; leaves a trace.
    Link {
        /// The invite's id, or its end as a list showed it.
        invite: InviteArg,
        /// Copy it as well.
        #[arg(long)]
        copy: bool,
    },
    /// Give an invite a new link; the old one is dead.
    Rotate {
        /// The invite's id, or its end as a list showed it.
        invite: InviteArg,
        /// Copy it as well.
        #[arg(long)]
        copy: bool,
        /// Do not ask first.
        #[arg(long)]
        yes: bool,
    },
}

pub(super) async fn run(context: &Context, command: &Invites) -> Result<(), Error> {
    let client = context.signed_in()?;
    let invite = match command {
        Invites::List { band, filter, sort, query: q, paging } => {
            let band = band.find(client).await?;
            let query = query(&filter.read(client, band, q.as_ref()).await?, *sort);
            let ask = async |page| client.invites(band, &InviteQuery { page, ..query.clone() }).await;
            return paging.show(context, ask, HEADINGS, row).await;
        }
        Invites::Create { band, whom, wish, copy } => {
            let band = band.find(client).await?;
            let created = create(client, band, whom.as_deref(), wish).await?;
            return context.show_link(&created, &created.link, *copy);
        }
        Invites::Bulk(args) => return bulk::run(context, args).await,
        Invites::Export { band, filter, file } => {
            let band = band.find(client).await?;
            let filter = filter.read(client, band, file.query.as_ref()).await?;
            return export::run(context, band, &query(&filter, None), file).await;
        }
        Invites::Uses { invite, paging } => {
            let id = invite.id()?;
            let ask = async |page| client.redemptions(id, &page).await;
            return paging.show(context, ask, ["ACCOUNT", "NAME", "AT"], used).await;
        }
        Invites::Link { invite, copy } => {
            let link = client.invite_link(invite.id()?).await?;
            return context.show_link(&link, &link.link, *copy);
        }
        Invites::Rotate { invite, copy, yes } => {
            let id = invite.id()?;
            acting::agreed(client, &[id], *yes, "get a new link; who has the old one can do nothing with it then")
                .await?;
            let link = client.rotate_invite(id).await?;
            return context.show_link(&link, &link.link, *copy);
        }
        Invites::Revoke { chosen } => return acting::revoke(context, chosen).await,
        Invites::Restore { chosen } => return acting::restore(context, chosen).await,
        Invites::Resend { chosen, rotate: false } => return acting::resend(context, chosen).await,
        Invites::Resend { chosen, rotate: true } => match resend_rotated(client, chosen).await? {
            ResentInvite::Rotated(created) => return context.show_link(&created, &created.link, false),
            ResentInvite::Same(invite) => *invite,
        },
        Invites::Extend { life, .. } if life.is_empty() => {
            return Err(Error::Usage("until when? Say --ttl-hours or --expires-at".to_owned()));
        }
        Invites::Extend { chosen, life } => return acting::extend(context, chosen, life).await,
        Invites::SetRole { chosen, role } => return acting::set_role(context, chosen, *role).await,
        Invites::Show { invite } => {
            let invite = client.invite(invite.id()?).await?;
            if context.json {
                return output::json(&invite);
            }
            let campaign = campaign_of(client, &invite).await?;
            return show(&invite, campaign.as_ref(), declined_for(client, &invite).await.as_deref());
        }
        Invites::Edit { invite, terms } => {
            let body = changes(terms)?;
            client.update_invite(invite.id()?, &body).await?
        }
    };
    context.show_invite(&invite)
}

async fn create(client: &Client, band: BandId, whom: Option<&str>, wish: &Wish) -> Result<CreatedInvite, Error> {
    let mut body = wish.read(client, band).await?;
    (body.email, body.username) = recipient(whom);
    let created = client.create_invite(band, &body).await;
    // Where nobody has this user name it is like any other name that is looked for.
    if let (Err(ClientError::Problem(no)), Some(name)) = (&created, &body.username)
        && no.errors.iter().any(|one| one.field == "username")
        && named::is_nobodys(name, client).await
    {
        return Err(named::nobody("--for", name, client).await);
    }
    Ok(created?)
}

/// Sends one invite again under a new token, once somebody has agreed to that.
async fn resend_rotated(client: &Client, chosen: &Chosen) -> Result<ResentInvite, Error> {
    let one = chosen.one()?.ok_or_else(|| Error::Usage("--rotate is for one invite: name it".to_owned()))?;
    let what = "be mailed with a new link; who has the old one can do nothing with it then";
    acting::agreed(client, &[one], chosen.yes, what).await?;
    Ok(client.resend_invite(one, &ResendInvite { rotate: Some(true) }).await?)
}

/// The campaign of an invite: who may see the one need not be one who may see the other.
async fn campaign_of(client: &Client, invite: &Invite) -> Result<Option<Campaign>, Error> {
    let Some(id) = invite.shared_campaign() else { return Ok(None) };
    match client.campaign(id).await {
        Ok(campaign) => Ok(Some(campaign)),
        Err(ClientError::Problem(no)) if matches!(no.code, Code::NotFound | Code::Forbidden) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What an invite is to become; one thing at the least.
fn changes(terms: &Terms) -> Result<UpdateInvite, Error> {
    if terms.is_empty() {
        let flags = "--role, --ttl-hours, --expires-at, --max-uses, --label or --message";
        return Err(Error::Usage(format!("nothing is to be changed: say {flags}")));
    }
    Ok(UpdateInvite {
        role: terms.role,
        expires_at: terms.life.end(),
        ttl_hours: terms.life.hours(),
        max_uses: terms.uses(),
        label: terms::text(terms.label.clone()),
        message: terms.message.change()?,
    })
}

fn used(one: &Redemption) -> [String; 3] {
    [one.account.id.to_string(), one.account.username.clone(), output::minute(one.at)]
}

/// Whom an invite is for: an address, or a user name.
fn recipient(whom: Option<&str>) -> (Option<String>, Option<String>) {
    match whom.map(str::to_owned) {
        Some(address) if address.contains('@') => (Some(address), None),
        username => (None, username),
    }
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

    /// Prints an invite as lists do.
    pub(super) fn show_invite(&self, invite: &Invite) -> Result<(), Error> {
        if self.json { output::json(invite) } else { output::table(HEADINGS, &[row(invite)]) }
    }
}

pub(super) const HEADINGS: Columns<6> =
    Columns::new(["ID", "FOR", "ROLE", "STATUS", "USES", "EXPIRES"], &["USES", "ROLE"]);

/// Until when it can be used; of what has ended otherwise, how.
fn end(invite: &Invite) -> String {
    match (invite.status, invite.cancel_reason) {
        (Status::Pending, _) => output::end(invite.expires_at),
        (_, Some(reason)) => reason.to_string().replace('_', " "),
        _ => "–".to_owned(),
    }
}

pub(super) fn row(invite: &Invite) -> [String; 6] {
    [
        invite.id.to_string(),
        invite.recipient(),
        invite.role.to_string(),
        invite.status.to_string(),
        invite.max_uses.with_taken(invite.uses),
        end(invite),
    ]
}

/// Why the invited declined, where they said so, for who may see what happened in the band.
async fn declined_for(client: &Client, invite: &Invite) -> Option<String> {
    let (Some(band), Status::Rejected) = (invite.band_id, invite.status) else { return None };
    let query =
        AuditQuery { invite: Some(invite.id), action: Some("invite.declined".to_owned()), ..AuditQuery::default() };
    match client.audit(band, &query, &Page { limit: Some(1), cursor: None }).await {
        Ok(trail) => trail.events.into_iter().next().and_then(|event| event.detail),
        // It is said beside the invite, which is there.
        Err(_) => None,
    }
}

fn show(invite: &Invite, campaign: Option<&Campaign>, declined_for: Option<&str>) -> Result<(), Error> {
    let instant = |at: Option<crate::domain::Timestamp>| at.map(output::minute).unwrap_or_default();
    let used = invite.used_by.as_ref().map(|person| format!("{} by {}", instant(invite.used_at), person.username));
    let event = campaign.and_then(|campaign| campaign.event.as_ref());
    output::fields(&[
        ("ID", invite.id.to_string()),
        ("FOR", invite.recipient()),
        ("KIND", invite.kind.to_string()),
        ("ROLE", invite.role.to_string()),
        ("STATUS", invite.status.to_string()),
        ("USES", invite.max_uses.with_taken(invite.uses)),
        ("EXPIRES", end(invite)),
        ("ENDED", if invite.status == Status::Pending { String::new() } else { output::minute(invite.status_at) }),
        ("REASON", declined_for.unwrap_or_default().to_owned()),
        ("CAMPAIGN", campaign.map(|campaign| campaign.name.clone()).unwrap_or_default()),
        ("EVENT", event.map(|event| event.title.clone()).unwrap_or_default()),
        ("WHEN", event.map(CampaignEvent::when).unwrap_or_default()),
        ("WHERE", event.and_then(|event| event.place.clone()).unwrap_or_default()),
        ("LABEL", invite.label.clone().unwrap_or_default()),
        ("MESSAGE", invite.message.clone().unwrap_or_default()),
        ("TOKEN", format!("…{}", invite.hint)),
        ("MADE", format!("{} by {}", output::minute(invite.created_at), invite.created_by.username)),
        ("USED", used.unwrap_or_default()),
        ("MAIL", invite.delivery.to_string()),
        ("WHY", invite.delivery_note.clone().unwrap_or_default()),
        ("SENT", instant(invite.sent_at)),
        ("REMINDER", instant(invite.next_reminder_at)),
        ("APPROVAL", if invite.requires_approval { "an admin has to agree" } else { "" }.to_owned()),
    ])
}
