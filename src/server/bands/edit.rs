//! Changing what a band is called and how one comes in.

use crate::{
    api::{Patch, UpdateBand},
    domain::{
        AccountId, BandId, BandName, Contact, Description, InvitePermission, JoinMode, Policy, Timestamp, search_text,
    },
    server::{
        Fields, Refused,
        audit::{self, Event},
        store::{Tx, dialect::intern},
    },
};

use super::{Access, policy};

crate::row! {
    /// What can be changed in a band.
    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Kept {
        name: BandName, description: Option<Description>, contact: Option<Contact>, join_mode: JoinMode,
        invite_permission: InvitePermission, policy: Option<String>,
    }
}

/// Changes a band: what is left out stays, null is none. For its admins; what is as it was is no change. A new policy
/// is held against the site's; one that stays is not, since the stricter of both is in force anyway.
pub(crate) fn edit(
    tx: &mut Tx<'_>,
    band: BandId,
    caller: AccountId,
    wish: &UpdateBand,
    site: &Policy,
    now: Timestamp,
) -> Result<(), Refused> {
    Access::hold(tx, band, caller)?.require_admin()?;
    let lock = tx.dialect().pick("", " FOR NO KEY UPDATE");
    let read = intern(format!(
        "SELECT name, description, contact, join_mode, invite_permission, policy FROM band
         WHERE id = $1 AND deleted_at IS NULL{lock}"
    ));
    let old: Kept = tx.query_one(read, &[&band])?.ok_or_else(|| Refused::not_found("band"))?;
    let mut fields = Fields::default();
    let name = wish.name.as_deref().and_then(|name| fields.check("name", BandName::parse(name)));
    let new = Kept {
        name: name.unwrap_or_else(|| old.name.clone()),
        description: fields.text("description", &wish.description, old.description.as_ref(), Description::parse),
        contact: fields.text("contact", &wish.contact, old.contact.as_ref(), Contact::parse),
        join_mode: wish.join.unwrap_or(old.join_mode),
        invite_permission: wish.invite_permission.unwrap_or(old.invite_permission),
        policy: match &wish.policy {
            Patch::Omitted => old.policy.clone(),
            Patch::Null => None,
            Patch::Value(own) => policy::write(&mut fields, own, site)?,
        },
    };
    fields.finish()?;
    let changed = [
        ("name", new.name != old.name),
        ("description", new.description != old.description),
        ("contact", new.contact != old.contact),
        ("join", new.join_mode != old.join_mode),
        ("invite_permission", new.invite_permission != old.invite_permission),
        ("policy", new.policy != old.policy),
    ];
    let changed: Vec<&str> = changed.into_iter().filter_map(|(field, is)| is.then_some(field)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let _ = tx.execute(
        "UPDATE band SET name = $2, description = $3, contact = $4, join_mode = $5, invite_permission = $6,
            search_text = $7, policy = $8
         WHERE id = $1",
        &[
            &band,
            &new.name,
            &new.description,
            &new.contact,
            &new.join_mode,
            &new.invite_permission,
            &search_text(&[new.name.as_str()]),
            &new.policy,
        ],
    )?;
    let detail = changed.join(" ");
    let event = Event {
        band: Some(band),
        actor: Some(caller),
        action: "band.edited",
        invite: None,
        account: None,
        detail: Some(&detail),
    };
    Ok(audit::record(tx, now, event)?)
}
