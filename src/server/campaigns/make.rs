//! Making campaigns.

use crate::{
    api::{CampaignEvent, CreateCampaign, CreateInvite, Patch},
    domain::{AccountId, BandId, BandPolicy, CampaignId, CampaignName, Message, Policy, Role, Timestamp},
    server::{
        App, Fields, Refused,
        audit::{self, Event},
        bands::{self, Access},
        invites::{self, Fresh, ManyInvites, Outcome, ending},
        store::{Error, Tx},
    },
};

use super::{CampaignRow, by_id, event};

/// The highest limit that a campaign can have.
pub(crate) const MOST_OF_A_CAMPAIGN: i64 = 1_000_000;

/// A campaign to be made, every part of it decided.
#[derive(Debug, Clone)]
pub(crate) struct NewCampaign {
    /// Its id.
    pub(crate) id: CampaignId,
    /// Its band, or the site.
    pub(crate) band: BandId,
    /// Its name.
    pub(crate) name: CampaignName,
    /// The role that its invites share.
    pub(crate) role: Option<Role>,
    /// What those invited by it are told.
    pub(crate) message: Option<Message>,
    /// When it ends; `None` is never.
    pub(crate) expires_at: Option<Timestamp>,
    /// What those invited by it are invited to, where that has a date.
    pub(crate) event: Option<CampaignEvent>,
    /// Hours after sending at which its invites are called to mind; `None` is as their policy has it.
    pub(crate) reminders: Option<Vec<u32>>,
    /// The most invites in it.
    pub(crate) max_invites: Option<i64>,
    /// The most uses of all its invites.
    pub(crate) max_accepts: Option<i64>,
}

impl NewCampaign {
    /// A campaign that shares nothing, has no limits, and never ends.
    pub(crate) fn plain(id: CampaignId, band: BandId, name: CampaignName) -> Self {
        Self {
            id,
            band,
            name,
            role: None,
            message: None,
            expires_at: None,
            event: None,
            reminders: None,
            max_invites: None,
            max_accepts: None,
        }
    }

    fn read(
        id: CampaignId,
        band: BandId,
        wish: &CreateCampaign,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Self, Refused> {
        let mut fields = Fields::default();
        let name = fields.check("name", CampaignName::parse(&wish.name));
        let role = wish.role.unwrap_or(Role::Member);
        fields.check_granted(role);
        let expires_at = ending(&mut fields, policy, wish.ttl_hours.clone(), wish.expires_at.clone(), now);
        let message = fields.optional("message", wish.message.as_deref(), Message::parse);
        let event = wish.event.as_ref().and_then(|event| event::check(&mut fields, event));
        let own = BandPolicy { reminder_hours: wish.reminders.clone(), ..BandPolicy::default() };
        if let Err(refused) = own.tighten(policy) {
            for (_, why) in refused {
                fields.refuse("reminders", why.to_string());
            }
        }
        for (field, limit) in [("max_invites", wish.max_invites), ("max_accepts", wish.max_accepts)] {
            if limit.is_some_and(|n| !(1..=MOST_OF_A_CAMPAIGN).contains(&n)) {
                fields.refuse(field, format!("must be a number from 1 to {MOST_OF_A_CAMPAIGN}"));
            }
        }
        let name = fields.finish_with(name)?;
        Ok(Self {
            role: Some(role),
            message,
            expires_at,
            event,
            reminders: wish.reminders.clone(),
            max_invites: wish.max_invites,
            max_accepts: wish.max_accepts,
            ..Self::plain(id, band, name)
        })
    }
}

/// Makes a campaign, and an invite for each row of the wish that can have one; what each row came to, in their order. For
/// the band's admins. The campaign's end is fixed from now on, and shared by its invites. Where there are rows and none
/// comes to an invite, new or sent again, there is no campaign either, and nothing is made. `fresh` has as many as there are rows.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    app: &App,
    (id, band): (CampaignId, BandId),
    caller: AccountId,
    wish: &CreateCampaign,
    fresh: &[Fresh],
    now: Timestamp,
) -> Result<(Option<CampaignRow>, Vec<Outcome>), Refused> {
    let site = &app.settings().policy;
    let rows = wish.rows.as_deref().unwrap_or_default();
    if !rows.is_empty() {
        // Before the membership, as everywhere: two transactions never wait for each other in a circle.
        invites::hold_invited(tx, app, caller, &invites::of_rows(rows))?;
    }
    Access::hold(tx, band, caller)?.require_admin()?;
    let policy = bands::in_force(tx, band, site)?;
    let new = NewCampaign::read(id, band, wish, &policy, now)?;
    write(tx, &new, caller, now)?;
    let mut outcomes = Vec::new();
    if !rows.is_empty() {
        let on_existing = wish.on_existing;
        let shared = CreateInvite { campaign_id: Patch::Value(id), on_existing, ..CreateInvite::default() };
        let all = ManyInvites { shared: &shared, rows, dry_run: false };
        outcomes = invites::create_all(tx, app, band, caller, all, fresh, now)?;
        if !outcomes.iter().any(Outcome::is_done) {
            let _ = tx.execute("DELETE FROM campaign WHERE id = $1", &[&id])?;
            return Ok((None, outcomes));
        }
    }
    told(tx, band, Some(caller), "campaign.created", &new.name, now)?;
    Ok((Some(by_id(tx, id)?), outcomes))
}

/// Makes a campaign, and writes down that `actor` did. The right to do so was looked at.
pub(crate) fn insert(tx: &mut Tx<'_>, new: &NewCampaign, actor: AccountId, now: Timestamp) -> Result<(), Error> {
    write(tx, new, actor, now)?;
    told(tx, new.band, Some(actor), "campaign.created", &new.name, now)
}

fn write(tx: &mut Tx<'_>, new: &NewCampaign, actor: AccountId, now: Timestamp) -> Result<(), Error> {
    let event = new.event.as_ref().and_then(event::kept);
    let reminders = new.reminders.as_ref().and_then(|hours| serde_json::to_string(hours).ok());
    let _ = tx.execute(
        "INSERT INTO campaign (id, band, name, role, message, expires_at, reminders, max_invites, max_accepts,
            event, event_changed_at, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        &[
            &new.id,
            &new.band,
            &new.name,
            &new.role,
            &new.message,
            &new.expires_at,
            &reminders,
            &new.max_invites,
            &new.max_accepts,
            &event,
            &event.as_ref().map(|_| now),
            &now,
            &actor,
        ],
    )?;
    Ok(())
}

/// Writes down what was done to the campaign of this name; what it came to by itself nobody did.
pub(super) fn told(
    tx: &mut Tx<'_>,
    band: BandId,
    actor: Option<AccountId>,
    action: &'static str,
    name: &CampaignName,
    now: Timestamp,
) -> Result<(), Error> {
    let (band, detail) = (Some(band), Some(name.as_str()));
    audit::record(tx, now, Event { band, actor, action, invite: None, account: None, detail })
}
