//! Making one invite.

use crate::{
    api::{Code, CreateInvite, OnExisting, Patch},
    domain::{AccountId, BandId, CancelReason, InviteId, Kind, MaxUses, Policy, Role, Timestamp, Token},
    server::{
        App, Hash, Key, Refused, bands,
        campaigns::{self, Shared},
        hash, open, quota, seal,
        store::Tx,
        templates,
    },
};

use super::{
    Access, InviteRow,
    acting::Acting,
    allowance::{self, Allowance},
    by_id,
    cancel::Cancel,
    change::{note, resend},
    delivery, expire, hold,
    insert::{Batch, NewInvite},
    people, read,
    recipient::{self, Recipient},
    wish::{Terms, To},
};

/// What makes an invite's secret, drawn before the transaction, which can run more than once.
#[derive(Clone)]
pub(crate) struct Fresh {
    pub(crate) id: InviteId,
    random: [u8; 32],
    nonce: [u8; 12],
}

/// The secret of an invite, and what is kept of it.
pub(crate) struct Secret {
    pub(crate) token: Token,
    pub(super) token_hash: Hash,
    pub(super) sealed: Vec<u8>,
}

impl Fresh {
    /// A new id and randomness for its secret.
    pub(crate) fn new(app: &App) -> Self {
        Self::of(app, app.fresh(InviteId::new))
    }

    /// Randomness for a new secret of an invite.
    pub(crate) fn of(app: &App, id: InviteId) -> Self {
        Self { id, random: app.random(), nonce: app.random() }
    }

    /// The token, or the code, that this makes.
    pub(crate) fn token(&self, kind: Kind) -> Token {
        match kind {
            Kind::Code => Token::code_from_random(&self.random),
            Kind::Link | Kind::Email | Kind::User => Token::from_random(&self.random),
        }
    }

    /// The secret, sealed under the server's key.
    pub(super) fn secret(&self, key: &Key, kind: Kind) -> Result<Secret, Refused> {
        let token = self.token(kind);
        let sealed = seal(key, self.nonce, self.id.as_bytes(), token.reveal()).ok_or_else(Refused::unsealed)?;
        Ok(Secret { token_hash: hash(token.reveal()), token, sealed })
    }
}

/// An invite with its secret.
pub(crate) struct Created {
    pub(crate) row: InviteRow,
    pub(crate) token: String,
    /// Whether it is new; else it is the one that was pending already.
    pub(crate) is_new: bool,
}

/// What the invites of a request are made under, the right to make them looked at and held.
pub(super) struct Making {
    pub(super) quota: quota::Held,
    pub(super) caller: AccountId,
    pub(super) now: Timestamp,
    /// Whether what is made is mailed to whom it is for.
    pub(super) sends: bool,
    access: Access,
    pub(super) band: BandId,
    policy: Policy,
    campaign: Shared,
    /// Whether the request itself says when its invites end.
    names_end: bool,
}

impl Making {
    /// Looks whether the caller may invite as is wished; with it the wish, filled by its template. Those whom it is for, `to`,
    /// are held: none of them comes in, or has come in, without this being seen.
    pub(super) fn begin(
        tx: &mut Tx<'_>,
        app: &App,
        band: BandId,
        caller: AccountId,
        (wish, to): (&CreateInvite, &[To]),
        now: Timestamp,
    ) -> Result<(Self, CreateInvite), Refused> {
        people::hold(tx, app, caller, to)?;
        allowance::hold(tx, app, caller)?;
        let quota = quota::hold(tx, caller, &app.settings().policy)?;
        let access = Access::hold(tx, band, caller)?;
        if access.grants().is_none() {
            return Err(forbidden("You may not invite to this band: ask an admin."));
        }
        let policy = bands::in_force(tx, band, &app.settings().policy)?;
        let chooses_campaign = wish.campaign_id.value().is_some();
        let names_end = !(wish.ttl_hours.is_omitted() && wish.expires_at.is_omitted());
        let wish = templates::applied(tx, band, wish)?;
        // The campaign that a template gives its admins have chosen: who may invite at all may invite by it. Codes stay
        // the admins', however they are come to.
        if chooses_campaign || wish.kind.value() == Some(&Kind::Code) {
            access.require_admin()?;
        }
        let campaign = campaigns::for_new_invite(tx, band, wish.campaign_id.value().copied(), now)?;
        let policy = campaign.rules(policy);
        let sends = wish.send.unwrap_or(true);
        Ok((Self { quota, caller, now, sends, access, band, policy, campaign, names_end }, wish))
    }

    /// How many invites can be made now: what is left of the inviter's quota and of the campaign's room; `None` is any
    /// number.
    pub(super) fn left(&self, tx: &mut Tx<'_>) -> Result<Option<u32>, Refused> {
        let (own, room) = (self.quota.left(tx, self.now)?, self.campaign.left(tx)?);
        Ok(own.into_iter().chain(room).min())
    }

    /// What may still be mailed.
    pub(super) fn allowance(&self, tx: &mut Tx<'_>, app: &App) -> Result<Allowance, Refused> {
        Ok(Allowance::of(tx, app, self.band, self.caller, self.now)?)
    }

    /// Whether an invite of these terms is mailed, where there is mail.
    pub(super) fn mails(&self, terms: &Terms, known: &Recipient) -> bool {
        self.sends && (terms.email.is_some() || terms.kind == Kind::User && known.reached)
    }

    /// What is known of those whom the invites are for, or are mailed to.
    pub(super) fn recipients(&self, tx: &mut Tx<'_>, all: &[&Terms]) -> Result<Vec<Option<Recipient>>, Refused> {
        let remembered: Vec<Option<To>> = all.iter().map(|terms| terms.remembered().filter(|_| self.sends)).collect();
        let to: Vec<(&To, AccountId)> =
            all.iter().zip(&remembered).map(|(terms, to)| (to.as_ref().unwrap_or(&terms.to), self.caller)).collect();
        let known = recipient::look_settled(tx, self.band, &to)?;
        let only = |(known, to): (Option<Recipient>, &Option<To>)| match to {
            Some(_) => known.map(Recipient::remembered),
            None => known,
        };
        Ok(known.into_iter().zip(&remembered).map(only).collect())
    }

    /// What one wish comes to; refused is a role above the inviter's own, and a kind that the band makes none of.
    pub(super) fn terms(&self, wish: &CreateInvite) -> Result<Terms, Refused> {
        let terms = Terms::read(wish, self.names_end, &self.policy, &self.campaign, (self.band, self.now))?;
        self.check(terms.role, Some(terms.kind))?;
        Ok(terms)
    }

    /// Refuses what many wishes have in common where none of them could be met.
    pub(super) fn check_shared(&self, wish: &CreateInvite) -> Result<(), Refused> {
        // Whom each is for, its row says: everything else is read as for a link.
        let is_for_one = matches!(wish.kind.value(), Some(Kind::Email | Kind::User));
        let kind = if is_for_one { Patch::Null } else { wish.kind.clone() };
        let shared = CreateInvite { kind, ..wish.clone() };
        let terms = Terms::read(&shared, self.names_end, &self.policy, &self.campaign, (self.band, self.now))?;
        if is_for_one && terms.max_uses != MaxUses::ONE {
            return Err(Refused::field("max_uses", "must be 1 for an invite to one person"));
        }
        self.check(terms.role, wish.kind.value().copied())
    }

    fn check(&self, role: Role, kind: Option<Kind>) -> Result<(), Refused> {
        self.access.check_grant(role)?;
        kind.map_or(Ok(()), |kind| check_kind(kind, &self.policy))
    }

    /// Whether the caller may change an invite of this role that this account made.
    pub(super) fn may_change(&self, role: Role, created_by: AccountId) -> bool {
        self.access.may_change(role, created_by, self.caller)
    }

    /// The same right, to act on invites that there are.
    pub(super) fn acting(&self) -> Acting {
        let Self { band, access, caller, now, .. } = *self;
        Acting { band, access, caller, now }
    }

    /// What is known of whom an invite of these terms is for; refused is who cannot be invited.
    fn recipient(&self, tx: &mut Tx<'_>, terms: &Terms) -> Result<Recipient, Refused> {
        let known = self.recipients(tx, &[terms])?.pop().flatten();
        let known = known.ok_or_else(|| Refused::field("username", "must be the name of an account on this server"))?;
        match known.refusal() {
            Some((code, why)) => Err(Refused::new(code, why)),
            None => Ok(known),
        }
    }

    /// What the new invites have in common.
    pub(super) fn batch(&self) -> Batch<'_> {
        let Self { band, caller, ref policy, now, .. } = *self;
        Batch { band, campaign: self.campaign.id, inviter: caller, policy, now }
    }
}

/// Makes an invite. Where one is pending for the same person, the request says what is to be done: nothing
/// (`already_pending`), put a new one in its place, or send the old one again.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    app: &App,
    band: BandId,
    caller: AccountId,
    wish: &CreateInvite,
    fresh: &Fresh,
    now: Timestamp,
) -> Result<Created, Refused> {
    let to: Vec<To> = To::of_wish(wish).into_iter().collect();
    let (making, wish) = Making::begin(tx, app, band, caller, (wish, &to), now)?;
    let terms = making.terms(&wish)?;
    let mut known = making.recipient(tx, &terms)?;
    if let Some(existing) = waiting(tx, &known, now)? {
        match wish.on_existing {
            None => return Err(already_pending()),
            Some(OnExisting::Resend) => return again(tx, app, existing, caller, now),
            // What ended while it was waited for can have been accepted: who it was for is looked at again.
            Some(OnExisting::Replace) => {
                if !replace(tx, existing, caller, now)? {
                    known = making.recipient(tx, &terms)?;
                }
            }
        }
    }
    making.quota.charge(tx, 1, now)?;
    making.campaign.check_room(tx, 1)?;
    if making.mails(&terms, &known) {
        making.allowance(tx, app)?.take()?;
    }
    let secret = fresh.secret(app.key(), terms.kind)?;
    let token = secret.token.reveal().to_owned();
    if making.batch().insert(tx, &[terms.into_invite(fresh.id, secret, &known)])?.is_empty() {
        return Err(already_pending()); // made by someone else meanwhile
    }
    if making.sends {
        delivery::send(tx, app, &[fresh.id], caller, now)?;
    }
    let row = by_id(tx, fresh.id)?.ok_or_else(|| Refused::not_found("invite"))?;
    Ok(Created { row, token, is_new: true })
}

pub(super) fn forbidden(detail: &str) -> Refused {
    Refused::new(Code::Forbidden, detail)
}

fn already_pending() -> Refused {
    let text = "An invite for this person is pending. Send on_existing: \"resend\" or \"replace\", or revoke that one.";
    Refused::new(Code::AlreadyPending, text)
}

/// Refuses a kind that the policy makes none of.
pub(super) fn check_kind(kind: Kind, policy: &Policy) -> Result<(), Refused> {
    if policy.allow_kinds.contains(&kind) {
        return Ok(());
    }
    let text = format!("Invites of kind {kind} are switched off here: the band's policy lists those there are.");
    Err(Refused::new(Code::KindNotAllowed, text))
}

/// The invite that waits for the person, if one does. One whose time is over is written down as such.
pub(super) fn waiting(tx: &mut Tx<'_>, known: &Recipient, now: Timestamp) -> Result<Option<InviteId>, Refused> {
    let Some((id, ends)) = known.pending else { return Ok(None) };
    if ends.is_some_and(|end| end <= now) {
        expire::lapse(tx, &[id], now)?;
        return Ok(None);
    }
    Ok(Some(id))
}

/// The pending invite and its secret, sent again, for those who may do that; the trail says both.
fn again(tx: &mut Tx<'_>, app: &App, id: InviteId, caller: AccountId, now: Timestamp) -> Result<Created, Refused> {
    let (row, _) = resend(tx, app, id, caller, None, now)?;
    let token = opened(app, &row)?;
    note(tx, &row, caller, "invite.link_shown", now)?;
    Ok(Created { row, token, is_new: false })
}

/// Ends the pending invite, for those who may change it; `false` where it has ended meanwhile.
fn replace(tx: &mut Tx<'_>, id: InviteId, caller: AccountId, now: Timestamp) -> Result<bool, Refused> {
    let (row, access) = hold(tx, id, caller)?;
    access.check_change(&row, caller)?;
    let cancel = Cancel { reason: CancelReason::Replaced, actor: Some(caller), account: None, now };
    Ok(cancel.all(tx, &[id])? > 0)
}

impl Terms {
    /// The invite as it is written down.
    pub(super) fn into_invite(self, id: InviteId, secret: Secret, known: &Recipient) -> NewInvite {
        let to = Some(known).filter(|_| self.kind == Kind::User);
        NewInvite {
            id,
            kind: self.kind,
            role: self.role,
            email: self.email,
            account: to.and_then(|to| to.account),
            names: to.map_or_else(Vec::new, |to| to.names.clone()),
            label: self.label,
            message: self.message,
            token_hash: secret.token_hash,
            sealed: secret.sealed,
            hint: secret.token.hint().to_owned(),
            max_uses: self.max_uses,
            expires_at: self.expires_at,
            requires_approval: self.requires_approval,
        }
    }
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
    open(app.key(), row.id.as_bytes(), &row.token_sealed).ok_or_else(sealed)
}

/// What nobody can do anything about but who runs the server.
pub(super) fn sealed() -> Refused {
    tracing::error!(
        "an invite's token was sealed by a key that this server does not have: put that key back into its key file; \
         `guestlist admin check` counts what it lacks"
    );
    let text = "This server has lost the key that this invite's link was kept under, so the link cannot be shown again. It \
                works for whoever has it; to get a new one, rotate the invite. Who runs the server finds more in its log.";
    Refused::new(Code::Internal, text)
}
