//! One thing done to invites: to one, to several by their ids, or to all that fit a filter.

use std::{
    io::{self, BufRead as _, IsTerminal as _},
    pin::pin,
};

use clap::Args;

use super::{
    Context, Error, ask,
    bulk::interrupted,
    invites::{self, Filter, query},
    list::Paging,
    named::{BandArg, InviteArg},
    output::{self, Progress},
    terms::Life,
};
use crate::{
    api::{
        ActOnInvites, ActedOnInvites, ActionArgs, FailedInvite, InviteAction, InviteFilter, MAX_ACTED_ON, ResendInvite,
        ResentInvite, UpdateInvite,
    },
    client::{Client, Error as ClientError, InviteQuery},
    domain::{BandId, InviteId, Role, Status},
};

/// Which invites something is done to.
#[derive(Debug, Args)]
pub(super) struct Chosen {
    /// The invites' ids; `-` reads them from standard input, one a line: the first cell, as lists print it.
    #[arg(value_name = "INVITE", conflicts_with_all = ["status", "kind", "created_by", "campaign", "query"])]
    ids: Vec<String>,
    /// All invites of this band that fit: its id, or its name. With ids, the band that they are of.
    #[arg(long)]
    band: Option<BandArg>,
    #[command(flatten)]
    filter: Filter,
    /// Part of a label or an address, or of a name of the account that it is for.
    #[arg(short, long, requires = "band")]
    query: Option<String>,
    /// List those that fit, and change nothing.
    #[arg(long, requires = "band")]
    dry_run: bool,
    /// Do not ask first.
    #[arg(long)]
    pub(super) yes: bool,
}

impl Chosen {
    /// The ids that are given, each once.
    fn ids(&self) -> Result<Vec<InviteId>, Error> {
        let mut ids = Vec::new();
        let mut add = |text: &str| {
            let Ok(invite) = text.parse::<InviteArg>();
            let id = invite.id()?;
            if !ids.contains(&id) {
                ids.push(id);
            }
            Ok::<_, Error>(())
        };
        for text in &self.ids {
            if text != "-" {
                add(text)?;
                continue;
            }
            for line in io::stdin().lock().lines() {
                let line = line?;
                let cell = line.split(['\t', ' ', ',']).next().unwrap_or_default().trim();
                // The first line of a list names its columns.
                if !cell.is_empty() && cell != invites::HEADINGS.headings[0] {
                    add(cell)?;
                }
            }
        }
        Ok(ids)
    }

    /// The one invite that is named, where no others are.
    pub(super) fn one(&self) -> Result<Option<InviteId>, Error> {
        match (&self.ids[..], &self.band) {
            ([text], None) if text != "-" => Ok(self.ids()?.pop()),
            _ => Ok(None),
        }
    }
}

/// What a question says of invites that are to be revoked.
const REVOKED: &str = "be revoked; for ten minutes `guestlist invites restore` undoes it";
/// The most invites that a question names one by one.
const NAMED: usize = 5;

/// Asks whether `fate` is what is to become of these invites.
pub(super) async fn agreed(client: &Client, ids: &[InviteId], yes: bool, fate: &str) -> Result<(), Error> {
    if yes {
        return Ok(());
    }
    let mut named = Vec::new();
    for id in ids.iter().take(if ids.len() > NAMED { 0 } else { NAMED }) {
        let invite = client.invite(*id).await?;
        named.push(format!("the invite for {} ({}, {})", invite.recipient(), invite.role, invite.status));
    }
    let which = if named.is_empty() { format!("{} invites", ids.len()) } else { named.join(", ") };
    let verb = if ids.len() == 1 { "is" } else { "are" };
    let mut says = format!("{which} {verb} to {fate}.");
    if says.starts_with("the ") {
        says.replace_range(..1, "T");
    }
    ask::agreed(false, &says)
}

pub(super) async fn revoke(context: &Context, chosen: &Chosen) -> Result<(), Error> {
    let client = context.signed_in()?;
    let Some(id) = chosen.one()? else {
        return act(context, chosen, InviteAction::Revoke, None, "revoked").await;
    };
    // A script that names one means it, and it can be undone.
    let meant = chosen.yes || !io::stdin().is_terminal();
    agreed(client, &[id], meant, REVOKED).await?;
    client.revoke_invite(id).await?;
    if context.json {
        return output::json(&client.invite(id).await?);
    }
    output::line(&format!("Revoked; undo within ten minutes: guestlist invites restore {id}"))
}

pub(super) async fn restore(context: &Context, chosen: &Chosen) -> Result<(), Error> {
    match chosen.one()? {
        Some(id) => context.show_invite(&context.signed_in()?.restore_invite(id).await?),
        None => act(context, chosen, InviteAction::Restore, None, "restored").await,
    }
}

pub(super) async fn resend(context: &Context, chosen: &Chosen) -> Result<(), Error> {
    let Some(id) = chosen.one()? else {
        return act(context, chosen, InviteAction::Resend, None, "sent again").await;
    };
    match context.signed_in()?.resend_invite(id, &ResendInvite::default()).await? {
        ResentInvite::Same(invite) => context.show_invite(&invite),
        ResentInvite::Rotated(created) => context.show_invite(&created.invite),
    }
}

pub(super) async fn extend(context: &Context, chosen: &Chosen, life: &Life) -> Result<(), Error> {
    let Some(id) = chosen.one()? else {
        let args = ActionArgs { ttl_hours: life.hours(), expires_at: life.end(), role: None };
        return act(context, chosen, InviteAction::Extend, Some(args), "given a new end").await;
    };
    let body = UpdateInvite { ttl_hours: life.hours(), expires_at: life.end(), ..UpdateInvite::default() };
    context.show_invite(&context.signed_in()?.update_invite(id, &body).await?)
}

pub(super) async fn set_role(context: &Context, chosen: &Chosen, role: Role) -> Result<(), Error> {
    let Some(id) = chosen.one()? else {
        let args = ActionArgs { role: Some(role), ..ActionArgs::default() };
        return act(context, chosen, InviteAction::SetRole, Some(args), "given another role").await;
    };
    let body = UpdateInvite { role: Some(role), ..UpdateInvite::default() };
    context.show_invite(&context.signed_in()?.update_invite(id, &body).await?)
}

/// Does it to several; `done` says in words what they are then.
async fn act(
    context: &Context,
    chosen: &Chosen,
    action: InviteAction,
    args: Option<ActionArgs>,
    done: &str,
) -> Result<(), Error> {
    let client = context.signed_in()?;
    let ids = chosen.ids()?;
    if ids.is_empty() && !chosen.ids.is_empty() {
        return Err(Error::Usage("no ids came by standard input".to_owned()));
    }
    let wish = |band, ids, filter| Wish { client, band, action, args: args.clone(), ids, filter };
    let acted = match (&chosen.band, ids.is_empty()) {
        (None, true) if chosen.filter.is_empty() => {
            return Err(Error::Usage(
                "which invites? Name them by their ids, or say --band and which of its".to_owned(),
            ));
        }
        (None, true) => return Err(Error::Usage("of which band? Say --band".to_owned())),
        (band, false) => {
            let band = match band {
                Some(band) => band.find(client).await?,
                None => band_of(client, ids[0]).await?,
            };
            match action {
                InviteAction::Revoke => agreed(client, &ids, chosen.yes, REVOKED).await?,
                InviteAction::Resend => agreed(client, &ids, chosen.yes, "be mailed again").await?,
                _ => {}
            }
            wish(band, ids, None).run().await?
        }
        (Some(_), true) if chosen.filter.is_empty() && chosen.query.is_none() => {
            let all = "all that are pending are --status pending";
            return Err(Error::Usage(format!(
                "which invites of the band? Say --status, --created-by or what else; {all}"
            )));
        }
        (Some(band), true) => {
            let band = band.find(client).await?;
            let mut filter = chosen.filter.read(client, band, chosen.query.as_ref()).await?;
            let restores = action == InviteAction::Restore;
            if restores && filter.status.is_none() {
                filter.status = Some(Status::Cancelled);
            }
            if chosen.dry_run {
                let query = query(&filter, None);
                let ask = async |page| client.invites(band, &InviteQuery { page, ..query.clone() }).await;
                return Paging::ALL.show(context, ask, invites::HEADINGS, invites::row).await;
            }
            if !chosen.yes {
                let name = client.band(band).await?.name;
                let many = matching(client, band, &filter).await?;
                let says = if restores {
                    format!("{many} of {name} fit; those revoked in the last ten minutes are to be restored.")
                } else {
                    let verb = if many.starts_with("1 ") { "is" } else { "are" };
                    format!("{many} of {name} {verb} to be {done}.")
                };
                ask::sure(false, &says, &name)?;
            }
            wish(band, Vec::new(), Some(filter)).run().await?
        }
    };
    report(context, &acted, done)
}

/// How many invites fit, in words.
async fn matching(client: &Client, band: BandId, filter: &InviteFilter) -> Result<String, ClientError> {
    let invites = client.invites(band, &query(filter, None)).await?;
    Ok(match invites.matched {
        Some(matched) if matched < 1_000 => output::counted(matched, "invite"),
        Some(_) => "1,000 invites or more".to_owned(),
        None => "All invites that fit".to_owned(),
    })
}

/// The band of invites that are named by their ids alone, by the first of them.
async fn band_of(client: &Client, first: InviteId) -> Result<BandId, Error> {
    let band = client.invite(first).await?.band_id;
    band.ok_or_else(|| Error::Usage("codes of the site are ended with their batch: guestlist codes expire".to_owned()))
}

struct Wish<'a> {
    client: &'a Client,
    band: BandId,
    action: InviteAction,
    args: Option<ActionArgs>,
    ids: Vec<InviteId>,
    filter: Option<InviteFilter>,
}

impl Wish<'_> {
    /// Asks as often as it takes; what was done before a failure stays done, and is told.
    async fn run(self) -> Result<ActedOnInvites, Error> {
        let mut all = ActedOnInvites { done: 0, failed: Vec::new(), remaining: 0, next_cursor: None };
        let mut progress = Progress::new("invite");
        let mut calls: Vec<Option<Vec<InviteId>>> = match &self.filter {
            Some(_) => vec![None],
            None => self.ids.chunks(MAX_ACTED_ON).rev().map(|ids| Some(ids.to_vec())).collect(),
        };
        let (mut cursor, mut stop, mut stopped) = (None, pin!(interrupted()), false);
        while let Some(ids) = calls.pop() {
            let (action, args, filter) = (self.action, self.args.clone(), self.filter.clone());
            let body = ActOnInvites { action, ids, filter, cursor, args };
            let mut request = pin!(self.client.act_on_invites(self.band, &body));
            let answer = tokio::select! {
                answer = &mut request => answer,
                () = &mut stop, if !stopped => {
                    stopped = true;
                    progress.end();
                    output::note("Waiting for the answer that is on its way.");
                    request.await
                }
            };
            let acted = match answer {
                Ok(acted) => acted,
                Err(error) => {
                    progress.end();
                    so_far(&all);
                    return Err(error.into());
                }
            };
            all.done += acted.done;
            all.failed.extend(acted.failed);
            cursor = acted.next_cursor;
            if cursor.is_some() {
                calls.push(None);
            }
            if stopped && !calls.is_empty() {
                so_far(&all);
                return Err(Error::Interrupted);
            }
            progress.at(u64::from(all.done) + all.failed.len() as u64);
        }
        progress.end();
        Ok(all)
    }
}

/// Says what was done before the end of all.
fn so_far(acted: &ActedOnInvites) {
    let refused = if acted.failed.is_empty() { String::new() } else { format!(", {} refused", acted.failed.len()) };
    let done = output::counted(acted.done.into(), "invite");
    output::note(&format!("Done so far: {done}{refused}. The same command goes on with the others."));
}

/// Says what became of it; where invites were refused, that is a failure.
fn report(context: &Context, acted: &ActedOnInvites, done: &str) -> Result<(), Error> {
    if context.json {
        output::json(acted)?;
    } else {
        output::line(&format!("{} {done}.", output::counted(acted.done.into(), "invite")))?;
    }
    if acted.failed.is_empty() {
        return Ok(());
    }
    if !context.json {
        let row = |failed: &FailedInvite| [failed.id.to_string(), failed.code.to_string()];
        output::table(["REFUSED", "WHY"], &acted.failed.iter().map(row).collect::<Vec<_>>())?;
    }
    Err(Error::Rows { failed: acted.failed.len(), what: "invite" })
}
