//! Invites: who sees them, who changes them, who comes in by them.

mod accept;
mod acting;
mod actions;
mod allowance;
mod bulk;
mod cancel;
mod change;
mod codes;
mod create;
mod decision;
mod decline;
pub(crate) mod delivery;
mod enroll;
mod erase;
mod expire;
mod foretell;
mod held;
mod inbox;
mod insert;
mod list;
mod notices;
mod people;
mod recipient;
mod resend;
mod search;
mod supersede;
mod together;
mod turn;
mod visitor;
mod wish;
mod withdraw;

pub(crate) use self::{
    accept::{Found, accept, admit, end_used_up, hold_by_id, hold_by_token, hold_waiting, id_of_token, look, preview},
    actions::{ManyActs, act},
    bulk::{ManyInvites, Outcome, create_all, of_rows, tell_ends, tokens},
    change::{edit, link, or_pending, redemptions, resend, restore, revoke, rotate},
    codes::{MOST_CODES, Maker, codes, create_codes, show_codes, usable_codes, walk_codes},
    create::{Created, Fresh, create, recreated},
    decision::{Begun, Change, Decision, Rest, go_on, is_decided, waiting},
    decline::decline,
    enroll::{Newcomer, check_newcomer, enroll},
    erase::erase,
    expire::{expire, next_end},
    foretell::{Foretold, foretold},
    held::{Abandoned, hand_over_to, let_go, let_go_after},
    inbox::{Unwilling, WAITING, end_unwanted, inbox, opt_out, waits},
    list::{Filter, list},
    people::hold as hold_invited,
    search::index_for,
    supersede::{came_without_invite, hold_all_for},
    turn::of_decisions,
    wish::{To, ending},
    withdraw::Withdrawal,
};

use std::collections::HashMap;

use crate::{
    api::{Code, Invite, Person},
    domain::{
        AccountId, Act, Address, BandId, CampaignId, CancelReason, Delivery, InviteId, Kind, MaxUses, Role, Standing,
        Status, Timestamp,
    },
};

use self::{
    acting::Acting,
    cancel::{Counted, NAMED_AT_ONCE},
};
use super::{
    Refused,
    accounts::person,
    bands::Access,
    store::{
        Dialect, Error, ToValue, Tx,
        dialect::{filled, intern, numbers},
    },
};

impl Access {
    /// Whether the caller may change an invite of this role that this account made, and may have its secret.
    fn may_change(&self, role: Role, created_by: AccountId, caller: AccountId) -> bool {
        self.rights().may_change_invite(role, created_by == caller)
    }

    /// Refuses a role above what the member may grant.
    fn check_grant(&self, role: Role) -> Result<(), Refused> {
        if self.rights().may_grant(role) {
            return Ok(());
        }
        Err(Refused::new(Code::Forbidden, "You may not invite to a role above your own."))
    }

    fn check_change(&self, row: &InviteRow, caller: AccountId) -> Result<(), Refused> {
        if self.may_change(row.role, row.created_by, caller) {
            return Ok(());
        }
        Err(may_not_change())
    }
}

fn may_not_change() -> Refused {
    Refused::new(Code::Forbidden, "You may not change this invite: ask an admin of the band.")
}

crate::row! {
    /// An invite with the names of the people around it.
    #[derive(Debug, Clone)]
    pub(crate) struct InviteRow {
        seq: i64,
        pub(crate) id: InviteId,
        pub(crate) band: BandId,
        campaign: Option<CampaignId>,
        kind: Kind,
        pub(crate) role: Role,
        status: Status,
        cancel_reason: Option<CancelReason>,
        email: Option<String>,
        account: Option<AccountId>,
        account_username: Option<String>,
        account_name: Option<String>,
        label: Option<String>,
        message: Option<String>,
        token_sealed: Vec<u8>,
        hint: String,
        max_uses: MaxUses,
        uses: u32,
        created_at: Timestamp,
        created_by: AccountId,
        creator_username: String,
        creator_name: String,
        pub(crate) expires_at: Option<Timestamp>,
        status_at: Timestamp,
        acted_by: Option<AccountId>,
        actor_username: Option<String>,
        actor_name: Option<String>,
        used_at: Option<Timestamp>,
        used_by: Option<AccountId>,
        user_username: Option<String>,
        user_name: Option<String>,
        delivery: Delivery,
        delivery_note: Option<String>,
        delivery_next_at: Option<Timestamp>,
        sent_at: Option<Timestamp>,
        reminders_sent: u32,
        next_reminder_at: Option<Timestamp>,
        last_reminder_at: Option<Timestamp>,
        requires_approval: bool,
    }
}

/// What an [`InviteRow`] is read from; `i` is the invite.
const COLUMNS: &str = "i.seq AS seq, i.id AS id, i.band AS band, i.campaign AS campaign, i.kind AS kind,
    i.role AS role, i.status AS status, i.cancel_reason AS cancel_reason, i.email AS email, i.account AS account,
    t.username AS account_username, t.display_name AS account_name, i.label AS label, i.message AS message,
    i.token_sealed AS token_sealed, i.hint AS hint, i.max_uses AS max_uses, i.uses AS uses,
    i.created_at AS created_at, i.created_by AS created_by, c.username AS creator_username,
    c.display_name AS creator_name, i.expires_at AS expires_at, i.status_at AS status_at, i.acted_by AS acted_by,
    a.username AS actor_username, a.display_name AS actor_name, i.used_at AS used_at, i.used_by AS used_by,
    u.username AS user_username, u.display_name AS user_name, i.delivery AS delivery,
    i.delivery_note AS delivery_note, i.delivery_next_at AS delivery_next_at, i.sent_at AS sent_at,
    i.reminders_sent AS reminders_sent, i.next_reminder_at AS next_reminder_at, i.last_reminder_at AS last_reminder_at,
    i.requires_approval AS requires_approval";

/// The people around an invite.
const PEOPLE: &str = "JOIN account c ON c.id = i.created_by LEFT JOIN account t ON t.id = i.account
    LEFT JOIN account a ON a.id = i.acted_by LEFT JOIN account u ON u.id = i.used_by";

impl InviteRow {
    fn standing(&self, now: Timestamp) -> Standing {
        Standing::at(now, self.status, self.cancel_reason, self.expires_at)
    }

    /// Whether the member may see it.
    fn is_seen(&self, access: &Access, caller: AccountId) -> bool {
        access.rights().sees_invite(self.created_by == caller)
    }

    /// What the invite is counted under.
    fn counted(&self) -> Counted {
        let Self { id, band, kind, campaign, created_by, .. } = *self;
        Counted { id, band, kind, campaign, created_by }
    }

    /// Whom the invite is for, where it is for one person.
    fn to(&self) -> Option<To> {
        match self.kind {
            Kind::Email => self.email.as_deref().and_then(|text| Address::parse(text).ok()).map(To::Address),
            Kind::User => self.account.map(To::Account),
            Kind::Link | Kind::Code => None,
        }
    }

    fn check_pending(&self, now: Timestamp) -> Result<(), Refused> {
        self.standing(now).after(Act::Change).map(drop).map_err(|_| not_pending())
    }

    /// The invite as it is told at `now`.
    pub(crate) fn show(self, now: Timestamp) -> Invite {
        let standing = self.standing(now);
        // An expiry that nobody has written yet happened at its instant.
        let lapsed = standing.status != self.status;
        // Nor is it mailed any more, though its mail is cleared away only when that is due.
        let is_open = standing.is_pending();
        let delivery = if is_open { self.delivery } else { self.delivery.after_end(self.sent_at.is_some()) };
        let is_told = delivery == self.delivery;
        let reminder = self.next_reminder_at.into_iter().chain(self.last_reminder_at).min();
        Invite {
            id: self.id,
            band_id: Some(self.band).filter(|band| *band != BandId::SITE),
            campaign_id: self.campaign,
            kind: self.kind,
            role: self.role,
            status: standing.status,
            cancel_reason: standing.reason,
            email: self.email,
            account: person(self.account, self.account_username, self.account_name),
            label: self.label,
            message: self.message,
            hint: self.hint,
            max_uses: self.max_uses,
            uses: self.uses,
            created_at: self.created_at,
            created_by: Person {
                id: self.created_by,
                username: self.creator_username,
                display_name: self.creator_name,
            },
            expires_at: self.expires_at,
            status_at: self.expires_at.filter(|_| lapsed).unwrap_or(self.status_at),
            acted_by: person(self.acted_by.filter(|_| !lapsed), self.actor_username, self.actor_name),
            used: self.uses > 0,
            used_at: self.used_at,
            used_by: person(self.used_by, self.user_username, self.user_name),
            delivery,
            delivery_note: self.delivery_note.filter(|_| is_told),
            delivery_next_at: self.delivery_next_at.filter(|_| is_told),
            sent_at: self.sent_at,
            reminders_sent: self.reminders_sent,
            next_reminder_at: reminder.filter(|at| is_open && self.expires_at.is_none_or(|end| *at < end)),
            requires_approval: self.requires_approval,
        }
    }
}

fn not_pending() -> Refused {
    Refused::new(Code::NotPending, "This invite is no longer pending, so it cannot be changed.")
}

fn by_id(tx: &mut Tx<'_>, id: InviteId) -> Result<Option<InviteRow>, Error> {
    tx.query_one(intern(format!("SELECT {COLUMNS} FROM invite i {PEOPLE} WHERE i.id = $1")), &[&id])
}

/// An invite for a member who may see it, with what they may do; a code of the site for those who run that.
pub(crate) fn read(tx: &mut Tx<'_>, id: InviteId, caller: AccountId) -> Result<(InviteRow, Access), Refused> {
    let mut row = by_id(tx, id)?.ok_or_else(|| Refused::not_found("invite"))?;
    let access = match row.band {
        BandId::SITE => Access::of_site(tx, caller),
        band => Access::of(tx, band, caller),
    };
    let access = access.map_err(no_invite)?;
    foretell::foretell(tx, row.band, std::slice::from_mut(&mut row))?;
    seen_by(Some(row), access, caller)
}

crate::row! { struct In { band: BandId } }

/// As [`read`], and until the transaction ends nobody else changes or uses the invite, or changes or removes the member
/// who asks: a right that is being taken away is not used meanwhile. The membership first ([`Access::hold`]).
fn hold(tx: &mut Tx<'_>, id: InviteId, caller: AccountId) -> Result<(InviteRow, Access), Refused> {
    let band = band_of(tx, id)?;
    let access = hold_right(tx, band, caller)?;
    let _ = decision::settle(tx, band, &[id])?;
    let lock = tx.dialect().pick("", " FOR UPDATE OF i"); // SQLite has one writer
    let row = tx.query_one(intern(format!("SELECT {COLUMNS} FROM invite i {PEOPLE} WHERE i.id = $1{lock}")), &[&id])?;
    seen_by(row, access, caller)
}

/// As [`hold`], with what it takes to change the invite.
fn acting(
    tx: &mut Tx<'_>,
    id: InviteId,
    caller: AccountId,
    now: Timestamp,
) -> Result<([InviteRow; 1], Acting), Refused> {
    let (row, access) = hold(tx, id, caller)?;
    let acting = Acting { band: row.band, access, caller, now };
    Ok(([row], acting))
}

/// How the account stands in the band of an invite, held; to codes of the site those who run it stand as admins.
fn hold_right(tx: &mut Tx<'_>, band: BandId, caller: AccountId) -> Result<Access, Refused> {
    let access = match band {
        BandId::SITE => Access::of_site(tx, caller),
        band => Access::hold(tx, band, caller),
    };
    access.map_err(no_invite)
}

/// The condition that an invite is of the band in `$1`, beside one that names invites: a plus keeps the way to all of a
/// band's invites out of it.
fn of_band(dialect: Dialect) -> &'static str {
    dialect.pick("+i.band = $1", "i.band = $1")
}

/// Those of the invites that are the band's, and until the transaction ends nobody else changes or uses them. In the
/// order of their ids: two transactions that hold many never wait for each other in a circle.
fn hold_all(tx: &mut Tx<'_>, band: BandId, ids: &[InviteId]) -> Result<HashMap<InviteId, InviteRow>, Error> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let _ = decision::settle(tx, band, &ids)?;
    let mut all = HashMap::with_capacity(ids.len());
    for some in ids.chunks(NAMED_AT_ONCE) {
        let sql = intern(format!(
            "SELECT {COLUMNS} FROM invite i {PEOPLE} WHERE i.id IN ({}) AND {}{}",
            numbers(2, some.len()),
            of_band(tx.dialect()),
            tx.dialect().pick("", " ORDER BY i.id FOR UPDATE OF i")
        ));
        let mut params: Vec<&dyn ToValue> = vec![&band];
        params.extend(filled(some).map(|id| id as &dyn ToValue));
        all.extend(tx.query::<InviteRow>(sql, &params)?.into_iter().map(|row| (row.id, row)));
    }
    Ok(all)
}

crate::row! {
    /// A campaign as a change of one of its invites meets it.
    #[derive(Debug, Clone, Copy)]
    struct Frame {
        id: CampaignId,
        /// Its invites end then at the latest.
        expires_at: Option<Timestamp>,
        /// Whether it was ended or deleted, or its time is over.
        is_over: bool,
    }
}

/// The campaigns of invites.
type Frames = HashMap<CampaignId, Frame>;

/// The invites' campaigns as they stand at `now`, and until the transaction ends. Before the invites ([`hold`],
/// [`hold_all`]), and after the membership, as everywhere.
fn hold_campaigns(tx: &mut Tx<'_>, band: BandId, ids: &[InviteId], now: Timestamp) -> Result<Frames, Error> {
    let mut frames = Frames::new();
    for some in ids.chunks(NAMED_AT_ONCE) {
        let of = format!(
            "SELECT i.campaign FROM invite i WHERE i.id IN ({}) AND {}",
            numbers(2, some.len()),
            of_band(tx.dialect())
        );
        let mut params: Vec<&dyn ToValue> = vec![&band];
        params.extend(filled(some).map(|id| id as &dyn ToValue));
        if tx.dialect() == Dialect::Postgres {
            let held = intern(format!("SELECT id FROM campaign WHERE id IN ({of}) ORDER BY id FOR SHARE"));
            let _ = tx.exists(held, &params)?;
        }
        let sql = intern(format!(
            "SELECT id, expires_at, ended_at IS NOT NULL OR deleted_at IS NOT NULL OR COALESCE(expires_at <= ${}, 1 = 0)
                AS is_over
             FROM campaign WHERE id IN ({of})",
            params.len() + 1
        ));
        params.push(&now);
        frames.extend(tx.query::<Frame>(sql, &params)?.into_iter().map(|frame| (frame.id, frame)));
    }
    Ok(frames)
}

/// The band of an invite that there is.
fn band_of(tx: &mut Tx<'_>, id: InviteId) -> Result<BandId, Refused> {
    let band: Option<In> = tx.query_one("SELECT band FROM invite WHERE id = $1", &[&id])?;
    band.map(|found| found.band).ok_or_else(|| Refused::not_found("invite"))
}

/// As [`hold_campaigns`] of one invite, for a member of its band.
fn hold_campaign(tx: &mut Tx<'_>, id: InviteId, caller: AccountId, now: Timestamp) -> Result<Frames, Refused> {
    let band = band_of(tx, id)?;
    let _ = hold_right(tx, band, caller)?;
    Ok(hold_campaigns(tx, band, &[id], now)?)
}

fn seen_by(row: Option<InviteRow>, access: Access, caller: AccountId) -> Result<(InviteRow, Access), Refused> {
    row.filter(|row| row.is_seen(&access, caller)).map(|row| (row, access)).ok_or_else(|| Refused::not_found("invite"))
}

/// For who is not in its band there is no invite.
fn no_invite(refused: Refused) -> Refused {
    match refused {
        Refused::Problem(_) => Refused::not_found("invite"),
        trouble => trouble,
    }
}
