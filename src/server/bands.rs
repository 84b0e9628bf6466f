//! Bands and who is in them.

mod bans;
mod depart;
mod edit;
mod join;
mod list;
mod manage;
mod members;
mod mention;
mod policy;
pub(crate) mod requests;
mod search;
mod tree;

pub(crate) use bans::{bans, unban};
pub(crate) use depart::leave_all;
pub(crate) use edit::edit;
pub(crate) use join::{check_room, join};
pub(crate) use list::list;
pub(crate) use manage::{Removal, change_member, remove_member, transfer};
pub(crate) use members::{insert, is_in_any};
pub(crate) use mention::{mention, renamed};
pub(crate) use policy::in_force;
pub(crate) use search::{index, list as members, scope};
pub(crate) use tree::{Under, tree};

use crate::{
    api::{Band, BandCounts, Code, CreateBand},
    domain::{
        AccountId, BandId, BandName, CampaignId, CancelReason, Contact, Description, InvitePermission, JoinMode,
        Policy, Rights, Role, Timestamp, search_text,
    },
};

use super::{
    Fields, Refused,
    audit::{self, Event},
    invites::{self, Decision, Rest},
    store::{Dialect, Tx},
};

crate::row! {
    /// How a member stands in a band: what every right in it follows from; and the band's counters.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Access {
        /// The member's role.
        pub(crate) role: Role,
        /// Whether a plain member may invite.
        pub(crate) can_invite: bool,
        /// Who may invite in this band.
        pub(crate) invite_permission: InvitePermission,
        /// Grows with every change in the band.
        pub(crate) revision: i64,
        /// Members.
        pub(crate) members: i64,
        /// Invites ever made.
        pub(crate) invites: i64,
        /// Invites now pending.
        pub(crate) pending: i64,
    }
}

impl Access {
    /// How the account stands in the band. For strangers, and in a deleted band, there is no such band.
    pub(crate) fn of(tx: &mut Tx<'_>, band: BandId, account: AccountId) -> Result<Self, Refused> {
        tx.query_one(
            "SELECT m.role AS role, m.can_invite AS can_invite, b.invite_permission AS invite_permission,
                b.revision AS revision, b.members AS members, b.invites AS invites, b.pending AS pending
             FROM member m JOIN band b ON b.id = m.band
             WHERE m.band = $1 AND m.account = $2 AND b.deleted_at IS NULL",
            &[&band, &account],
        )?
        .ok_or_else(|| Refused::not_found("band"))
    }

    /// As [`Access::of`], and nobody changes or removes the member until the transaction ends: for what is done by
    /// right of this membership. Before any invite and before the band itself, as everywhere: two transactions never
    /// wait for each other in a circle.
    pub(crate) fn hold(tx: &mut Tx<'_>, band: BandId, account: AccountId) -> Result<Self, Refused> {
        if tx.dialect() == Dialect::Postgres {
            let _ =
                tx.exists("SELECT 1 AS n FROM member WHERE band = $1 AND account = $2 FOR SHARE", &[&band, &account])?;
        }
        Self::of(tx, band, account)
    }

    /// How those who run the site stand to what hangs on it and on no band: as admins. For everyone else it is not there.
    pub(crate) fn of_site(tx: &mut Tx<'_>, account: AccountId) -> Result<Self, Refused> {
        tx.query_one(
            "SELECT 'admin' AS role, a.site_admin AS can_invite, b.invite_permission AS invite_permission,
                b.revision AS revision, b.members AS members, b.invites AS invites, b.pending AS pending
             FROM account a JOIN band b ON b.id = $1 WHERE a.id = $2 AND a.site_admin",
            &[&BandId::SITE, &account],
        )?
        .ok_or_else(|| Refused::not_found("band"))
    }

    /// What the member may do.
    pub(crate) const fn rights(&self) -> Rights {
        Rights { role: self.role, can_invite: self.can_invite, permission: self.invite_permission }
    }

    /// The highest role that the member may grant, `None` if they may not invite.
    pub(crate) const fn grants(&self) -> Option<Role> {
        self.rights().grants()
    }

    /// Whether other people's invites are shown.
    pub(crate) const fn sees_all(&self) -> bool {
        self.rights().sees_invite(false)
    }

    /// The tag of the band's lists: it changes with whatever they show, with who looks, and with the role that decides
    /// what is shown.
    pub(crate) fn tag(&self, account: AccountId) -> String {
        format!("\"{}-{}-{account}\"", self.revision, self.role)
    }

    /// Refuses who does not run the band's invites and members.
    pub(crate) fn require_admin(self) -> Result<(), Refused> {
        if self.rights().runs() {
            return Ok(());
        }
        Err(Refused::new(Code::Forbidden, "Only the band's admins and its owner may do this."))
    }

    /// Refuses all but the owner.
    pub(crate) fn require_owner(self) -> Result<(), Refused> {
        if self.rights().owns() {
            return Ok(());
        }
        Err(Refused::new(Code::Forbidden, "Only the band's owner may do this."))
    }
}

/// A new band, every field read.
#[derive(Debug, Clone)]
pub(crate) struct NewBand {
    name: BandName,
    description: Option<Description>,
    contact: Option<Contact>,
    join: JoinMode,
    invite_permission: InvitePermission,
    policy: Option<String>,
}

impl NewBand {
    /// Reads the request; a refusal names every bad field. The band may be stricter than the site, never less strict.
    pub(crate) fn parse(request: &CreateBand, site: &Policy) -> Result<Self, Refused> {
        let mut fields = Fields::default();
        let name = fields.check("name", BandName::parse(&request.name));
        let description = fields.optional("description", request.description.as_deref(), Description::parse);
        let contact = fields.optional("contact", request.contact.as_deref(), Contact::parse);
        let policy = request.policy.as_ref().map(|own| policy::write(&mut fields, own, site)).transpose()?.flatten();
        let name = fields.finish_with(name)?;
        Ok(Self {
            name,
            description,
            contact,
            join: request.join.unwrap_or(JoinMode::Invite),
            invite_permission: request.invite_permission.unwrap_or(InvitePermission::Admins),
            policy,
        })
    }
}

/// Makes a band with `owner` as its one member.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    id: BandId,
    owner: AccountId,
    band: &NewBand,
    now: Timestamp,
) -> Result<(), Refused> {
    let _ = tx.execute(
        "INSERT INTO band (id, name, description, contact, join_mode, invite_permission, created_at, search_text, policy)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            &id,
            &band.name,
            &band.description,
            &band.contact,
            &band.join,
            &band.invite_permission,
            &now,
            &search_text(&[band.name.as_str()]),
            &band.policy,
        ],
    )?;
    let _ = tx.execute(
        "INSERT INTO campaign (id, band, name, created_at, created_by) VALUES ($1, $2, $3, $4, $5)",
        &[&CampaignId::default_of(id), &id, &"General", &now, &owner],
    )?;
    if !members::add(tx, id, owner, Role::Owner, now)? {
        return Err(Refused::account_gone());
    }
    let event =
        Event { band: Some(id), actor: Some(owner), action: "band.created", invite: None, account: None, detail: None };
    audit::record(tx, now, event)?;
    Ok(())
}

crate::row! {
    struct BandRow {
        seq: i64, id: BandId, name: String, description: Option<String>, contact: Option<String>, join_mode: JoinMode,
        invite_permission: InvitePermission, revision: i64, members: i64, invites: i64, pending: i64,
        created_at: Timestamp, role: Option<Role>, can_invite: Option<bool>, policy: Option<String>,
    }
}

impl BandRow {
    fn into_band(self, policy: Option<Policy>) -> Band {
        let flag = self.can_invite.unwrap_or(false);
        let can_invite = self.role.is_some_and(|role| role.grants(flag, self.invite_permission).is_some());
        Band {
            id: self.id,
            name: self.name,
            description: self.description,
            contact: self.contact,
            join: self.join_mode,
            invite_permission: self.invite_permission,
            role: self.role,
            can_invite,
            counts: BandCounts {
                members: self.members as u64,
                invites: self.invites as u64,
                pending: self.pending as u64,
            },
            revision: self.revision,
            created_at: self.created_at,
            policy,
        }
    }
}

/// A band as `account` sees it, with the policy in force in it under the site's. Bands that are open to all or to
/// requests are seen by all, others by members.
pub(crate) fn read(tx: &mut Tx<'_>, id: BandId, account: AccountId, site: &Policy) -> Result<Band, Refused> {
    let row: Option<BandRow> = tx.query_one(
        "SELECT b.seq AS seq, b.id AS id, name, description, contact, join_mode, invite_permission, revision, members,
         invites, pending, created_at, m.role AS role, m.can_invite AS can_invite, policy
         FROM band b LEFT JOIN member m ON m.band = b.id AND m.account = $2
         WHERE b.id = $1 AND b.deleted_at IS NULL AND (m.seq IS NOT NULL OR b.join_mode <> 'invite')",
        &[&id, &account],
    )?;
    let row = row.ok_or_else(|| Refused::not_found("band"))?;
    let policy = policy::read(row.policy.as_deref())?.effective(site);
    let mut band = row.into_band(Some(policy));
    // What is told in answer to a change is as the change leaves it.
    let ahead = tx.ahead(id);
    band.revision += ahead.revision;
    band.counts.members = band.counts.members.saturating_add_signed(ahead.members);
    band.counts.invites = band.counts.invites.saturating_add_signed(ahead.invites);
    band.counts.pending = band.counts.pending.saturating_add_signed(ahead.pending);
    Ok(band)
}

/// Deletes a band: nobody finds it any more, its audit rows stay. That its pending invites end, and what was asked of it, is
/// still to do, and comes back.
pub(crate) fn delete(tx: &mut Tx<'_>, id: BandId, actor: AccountId, now: Timestamp) -> Result<Option<Rest>, Refused> {
    Access::hold(tx, id, actor)?.require_owner()?;
    invites::of_decisions(tx, id)?;
    // The band first: an invite that is being made counts itself in this row, so it is seen below or refused.
    let deleted = tx.execute("UPDATE band SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL", &[&id, &now])?;
    if deleted == 0 {
        return Err(Refused::not_found("band"));
    }
    let rest = Decision::end(id, CancelReason::BandDeleted, Some(actor), now).announce(tx)?;
    let event =
        Event { band: Some(id), actor: Some(actor), action: "band.deleted", invite: None, account: None, detail: None };
    audit::record(tx, now, event)?;
    Ok(rest)
}
