//! Making an invite.

use crate::{
    api::{Code, CreateInvite, Patch},
    domain::{AccountId, Address, BandId, Hours, InviteId, Kind, Label, MaxUses, Message, Policy, Role, Timestamp},
    server::{
        App, Fields, Hash, Refused,
        audit::{self, Event},
        bands, hash, open, quota, seal,
        store::Tx,
    },
};

use super::{Access, InviteRow, by_id, index, read};

/// The secret parts of a new invite, made before the transaction.
#[derive(Clone)]
pub(crate) struct Fresh {
    pub(crate) id: InviteId,
    pub(crate) token: crate::domain::Token,
    pub(super) token_hash: Hash,
    pub(super) sealed: Vec<u8>,
}

impl Fresh {
    /// A new id and a new token for it.
    pub(crate) fn new(app: &App) -> Result<Self, Refused> {
        Self::of(app, app.fresh(InviteId::new))
    }

    /// A new token for an invite.
    pub(crate) fn of(app: &App, id: InviteId) -> Result<Self, Refused> {
        let token = app.fresh_token();
        let sealed = seal(app.key(), app.random(), id.as_bytes(), token.reveal())
            .ok_or_else(|| Refused::new(Code::Internal, "The token could not be sealed."))?;
        Ok(Self { id, token_hash: hash(token.reveal()), token, sealed })
    }

    /// What the token is found by.
    pub(crate) fn token_hash(&self) -> Hash {
        self.token_hash
    }
}

/// When an invite ends under `policy`: by `ttl_hours` or `expires_at`, else by the default. `None` is never.
pub(super) fn ending(
    fields: &mut Fields,
    policy: &Policy,
    ttl_hours: Patch<i64>,
    expires_at: Patch<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    let (field, end) = match (ttl_hours, expires_at) {
        (Patch::Omitted, Patch::Omitted) => return policy.default_ttl_hours.0.map(|hours| now.plus_hours(hours)),
        (Patch::Omitted, end) => ("expires_at", end.into_change().flatten()),
        (ttl, Patch::Omitted) => {
            let hours = ttl.into_change().flatten().and_then(|n| fields.check("ttl_hours", Hours::from_number(n)));
            ("ttl_hours", hours.and_then(|hours| hours.0).map(|hours| now.plus_hours(hours)))
        }
        _ => {
            fields.refuse("ttl_hours", "must not stand beside expires_at: send one of them");
            return None;
        }
    };
    if end.is_some_and(|end| end <= now) {
        fields.refuse(field, "must lie in the future");
    }
    if let Some(most) = policy.max_ttl_hours.0
        && end.is_none_or(|end| end > now.plus_hours(most))
    {
        fields.refuse(field, format!("must not be longer than {most} hours from now"));
    }
    end
}

/// Makes an invite of kind `link`.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    policy: &Policy,
    band: BandId,
    caller: AccountId,
    wish: &CreateInvite,
    fresh: &Fresh,
    now: Timestamp,
) -> Result<InviteRow, Refused> {
    let forbidden = |detail: &str| Refused::new(Code::Forbidden, detail);
    let quota = quota::hold(tx, caller, policy)?;
    let up_to = Access::hold(tx, band, caller)?
        .grants()
        .ok_or_else(|| forbidden("You may not invite to this band: ask an admin."))?;
    let policy = &bands::in_force(tx, band, policy)?;
    let role = wish.role.unwrap_or(Role::Member);
    let mut fields = Fields::default();
    if wish.kind.is_some_and(|kind| kind != Kind::Link) {
        fields.refuse("kind", "must be link");
    }
    if role == Role::Owner {
        fields.refuse("role", "must be member or admin");
    }
    let ttl = wish.ttl_hours.map_or(Patch::Omitted, Patch::Value);
    let expires_at = ending(&mut fields, policy, ttl, wish.expires_at.clone(), now);
    let max_uses = match wish.max_uses {
        Patch::Omitted => Some(MaxUses::ONE),
        Patch::Null => Some(MaxUses::UNLIMITED),
        Patch::Value(n) => fields.check("max_uses", MaxUses::from_number(n)),
    };
    let email = fields.optional("email", wish.email.as_deref(), Address::parse);
    let label = fields.optional("label", wish.label.as_deref(), Label::parse);
    let message = fields.optional("message", wish.message.as_deref(), Message::parse);
    fields.finish()?;
    if role > up_to {
        return Err(forbidden("You may not invite to a role above your own."));
    }
    if !policy.allow_kinds.contains(&Kind::Link) {
        return Err(Refused::new(Code::KindNotAllowed, "No invites of kind link are made in this band."));
    }
    quota.charge(tx, 1, now)?;
    let rules = serde_json::to_string(policy).unwrap_or_default();
    let _ = tx.execute(
        "INSERT INTO invite (id, band, kind, role, status, email, label, message, token_hash, token_sealed, hint,
            max_uses, created_at, created_by, expires_at, status_at, requires_approval, policy)
         VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $12, $15, $16)",
        &[
            &fresh.id,
            &band,
            &Kind::Link,
            &role,
            &email,
            &label,
            &message,
            &fresh.token_hash,
            &fresh.sealed,
            &fresh.token.hint(),
            &max_uses,
            &now,
            &caller,
            &expires_at,
            &false,
            &rules,
        ],
    )?;
    let row = by_id(tx, fresh.id)?.ok_or_else(|| Refused::not_found("invite"))?;
    index(tx, row.seq, band, row.label.as_deref(), row.email.as_deref())?;
    let there = tx.execute(
        "UPDATE band SET invites = invites + 1, pending = pending + 1 WHERE id = $1 AND deleted_at IS NULL",
        &[&band],
    )?;
    if there == 0 {
        return Err(Refused::not_found("band")); // deleted meanwhile
    }
    let event = Event {
        band: Some(band),
        actor: Some(caller),
        action: "invite.created",
        invite: Some(fresh.id),
        account: None,
        detail: None,
    };
    audit::record(tx, now, event)?;
    tx.touch(band);
    Ok(row)
}

/// The invite that an earlier request of the caller made or rotated, with its token, if they may still have it.
pub(crate) fn recreated(
    tx: &mut Tx<'_>,
    app: &App,
    id: InviteId,
    caller: AccountId,
) -> Result<(InviteRow, String), Refused> {
    let (row, access) = read(tx, id, caller)?;
    access.check_change(&row, caller)?;
    let token = opened(app, &row)?;
    Ok((row, token))
}

pub(super) fn opened(app: &App, row: &InviteRow) -> Result<String, Refused> {
    open(app.key(), row.id.as_bytes(), &row.token_sealed)
        .ok_or_else(|| Refused::new(Code::Internal, "The server's key does not open this invite's token."))
}
