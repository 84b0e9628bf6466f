//! Coming in by an invite.

use crate::{
    api::{Accepted, BandRef, Code, Inviter, Outcome, Preview, PreviewBand, Problem, account_name},
    domain::{
        AccountId, Act, Address, Admission, BandId, BandName, CampaignId, CancelReason, For, InviteId, JoinRequestId,
        Kind, MaxUses, Membership, Policy, Refusal, Registration, Role, Standing, Status, Timestamp, Visit,
    },
    server::{
        App, Hash, Refused,
        audit::{self, Event},
        bands::{self, requests},
        calendar::{self, Dated},
        campaigns,
        store::{Dialect, Error, Tally, ToValue, Tx, dialect::intern},
    },
};

use super::{
    Rest,
    cancel::Counted,
    decision,
    held::{is_held, redeem},
    notices,
    supersede::{Arrival, hold_all_for},
    visitor::Visitor,
};

crate::row! {
    /// An invite as the holder of its token meets it.
    #[derive(Debug, Clone)]
    pub(crate) struct Found {
        pub(crate) id: InviteId,
        pub(crate) band: BandId,
        band_name: BandName,
        description: Option<String>,
        contact: Option<String>,
        members: i64,
        band_deleted: Option<Timestamp>,
        pub(super) campaign: Option<CampaignId>,
        max_accepts: Option<i64>,
        campaign_deleted: Option<Timestamp>,
        event: Option<String>,
        event_sequence: Option<i64>,
        event_changed_at: Option<Timestamp>,
        pub(super) kind: Kind,
        pub(crate) role: Role,
        pub(super) status: Status,
        pub(super) cancel_reason: Option<CancelReason>,
        pub(super) expires_at: Option<Timestamp>,
        pub(super) max_uses: MaxUses,
        pub(super) uses: u32,
        pub(super) message: Option<String>,
        pub(super) email: Option<Address>,
        pub(super) account: Option<AccountId>,
        account_username: Option<String>,
        pub(crate) requires_approval: bool,
        pub(crate) created_at: Timestamp,
        pub(super) created_by: AccountId,
        inviter: String,
        policy: String,
        /// Whether there are decisions that its row may not tell of yet.
        is_decided: bool,
    }
}

/// Reads a [`Found`]; what follows says which.
macro_rules! found {
    ($which:literal) => {
        concat!(
            "SELECT i.id AS id, i.band AS band, b.name AS band_name, b.description AS description,
                b.contact AS contact, b.members AS members, b.deleted_at AS band_deleted, i.campaign AS campaign,
                k.max_accepts AS max_accepts, k.deleted_at AS campaign_deleted, k.event AS event,
                k.event_sequence AS event_sequence, k.event_changed_at AS event_changed_at, i.kind AS kind, i.role AS role, i.status AS status,
                i.cancel_reason AS cancel_reason, i.expires_at AS expires_at, i.max_uses AS max_uses,
                i.uses AS uses, i.message AS message, i.email AS email,
                i.account AS account, t.username AS account_username, i.requires_approval AS requires_approval,
                i.created_at AS created_at, i.created_by AS created_by, c.display_name AS inviter, i.policy AS policy,
                ",
            decision::is_decided!("i"),
            " AS is_decided
             FROM invite i JOIN band b ON b.id = i.band JOIN account c ON c.id = i.created_by
                LEFT JOIN account t ON t.id = i.account LEFT JOIN campaign k ON k.id = i.campaign",
            $which
        )
    };
}

crate::row! { struct Known { id: InviteId } }

/// Which invite a token is of; every unknown token is refused alike.
pub(crate) fn id_of_token(tx: &mut Tx<'_>, token_hash: &Hash) -> Result<InviteId, Refused> {
    let known: Option<Known> = tx.query_one("SELECT id FROM invite WHERE token_hash = $1", &[token_hash])?;
    known.map(|known| known.id).ok_or_else(Refused::invalid_token)
}

/// The invite of a token, in whatever state. Nobody else changes or uses it until the transaction ends, or what else waits
/// for the `guest` who comes by it and is held: it can end with that.
pub(crate) fn hold_by_token(tx: &mut Tx<'_>, token_hash: &Hash, guest: Option<AccountId>) -> Result<Found, Refused> {
    hold_one(tx, "token_hash", token_hash, guest)?.ok_or_else(Refused::invalid_token)
}

/// As [`hold_by_token`], for an invite that waits in the account's inbox: one made for it, or mailed to its address,
/// verified. Any other is not found. The account is held.
pub(crate) fn hold_waiting(tx: &mut Tx<'_>, id: InviteId, account: AccountId) -> Result<Found, Refused> {
    let found = hold_by_id(tx, id, account)?;
    let own = Visitor::of(tx, &found, account)?.finds_in_inbox(&found, account);
    if own { Ok(found) } else { Err(Refused::not_found("invite")) }
}

/// As [`hold_by_token`], for an invite by which someone asked.
pub(crate) fn hold_by_id(tx: &mut Tx<'_>, id: InviteId, guest: AccountId) -> Result<Found, Refused> {
    hold_one(tx, "id", &id, Some(guest))?.ok_or_else(|| Refused::not_found("invite"))
}

/// The invite with this value in a unique column, held. What was decided about it has been written to it.
pub(super) fn hold_one(
    tx: &mut Tx<'_>,
    column: &str,
    value: &dyn ToValue,
    guest: Option<AccountId>,
) -> Result<Option<Found>, Error> {
    hold_limit(tx, &format!("{column} = $1"), value)?;
    if let Some(guest) = guest {
        hold_all_for(tx, guest, Some((column, value)))?;
    }
    let lock = tx.dialect().pick("", " FOR UPDATE OF i"); // SQLite has one writer
    let sql = intern(format!("{} WHERE i.{column} = $1{lock}", found!("")));
    let found: Option<Found> = tx.query_one(sql, &[value])?;
    match found {
        Some(found) if found.is_decided => {
            let _ = decision::settle(tx, found.band, &[found.id])?;
            tx.query_one(sql, &[value])
        }
        found => Ok(found),
    }
}

/// Holds the campaign of an invite where it has only so many uses: nobody takes one of them meanwhile by another of its
/// invites. Before the invite, as everywhere: two transactions never wait for each other in a circle.
fn hold_limit(tx: &mut Tx<'_>, which: &str, value: &dyn ToValue) -> Result<(), Error> {
    if tx.dialect() == Dialect::Postgres {
        let sql = intern(format!(
            "SELECT 1 AS n FROM campaign
             WHERE id = (SELECT campaign FROM invite WHERE {which}) AND max_accepts IS NOT NULL FOR NO KEY UPDATE"
        ));
        tx.also(sql, &[value])?;
    }
    Ok(())
}

/// The uses that are left of those that the invite's campaign has, by what was there before the transaction; `None` is any
/// number.
fn campaign_uses_left(tx: &mut Tx<'_>, found: &Found) -> Result<Option<i64>, Error> {
    let limited = found.campaign.zip(found.max_accepts);
    limited.map(|(campaign, most)| campaigns::uses_left(tx, found.band, campaign, most)).transpose()
}

/// Whether all uses are taken that the invite's campaign has.
fn campaign_is_used_up(tx: &mut Tx<'_>, found: &Found) -> Result<bool, Error> {
    Ok(campaign_uses_left(tx, found)?.is_some_and(|left| left <= 0))
}

/// Ends the invite's campaign with all that is pending in it, and of which nobody holds a use, where none is left of those
/// that it has: nobody is shown an invite by which nobody can come in. Whether this transaction `took` one, or let who held
/// one come in by it. What is still to do comes back. The last thing that is done to invites: what waits by one of them
/// ends, too.
pub(crate) fn end_used_up(tx: &mut Tx<'_>, found: &Found, took: bool, now: Timestamp) -> Result<Option<Rest>, Error> {
    match found.campaign {
        Some(campaign) if campaign_uses_left(tx, found)?.is_some_and(|left| left <= i64::from(took)) => {
            campaigns::use_up(tx, campaign, found.band, now)
        }
        _ => Ok(None),
    }
}

/// Whether all uses are taken that the invite has, or that its campaign has. Pending it can be nevertheless, for who holds
/// one of them.
fn is_used_up(tx: &mut Tx<'_>, found: &Found) -> Result<bool, Error> {
    Ok(found.max_uses.left(found.uses) == Some(0) || campaign_is_used_up(tx, found)?)
}

/// Refuses an invite that is pending for nobody but those who hold a use of it.
pub(super) fn check_uses(tx: &mut Tx<'_>, found: &Found) -> Result<(), Refused> {
    if is_used_up(tx, found)? { Err(found.refusal(Code::InviteUsed)) } else { Ok(()) }
}

impl Found {
    /// How the invite stands at `now`.
    pub(super) fn standing(&self, now: Timestamp) -> Standing {
        Standing::at(now, self.status, self.cancel_reason, self.expires_at)
    }

    /// Whom it is for.
    pub(super) fn to(&self) -> For<'_> {
        match (self.kind, self.account, &self.email) {
            (Kind::User, Some(account), _) => For::Account(account),
            (Kind::Email, _, Some(email)) => For::Address(email.as_str()),
            _ => For::Holder,
        }
    }

    pub(super) fn refusal(&self, code: Code) -> Refused {
        let (band, inviter) = (self.band_name.as_str(), &self.inviter);
        let detail = match code {
            Code::InviteExpired => {
                // Of a campaign that somebody ended early the invites' own ends are still to come.
                let end = self.expires_at.filter(|_| self.cancel_reason != Some(CancelReason::CampaignExpired));
                let when = end.map_or_else(String::new, |end| format!(" on {}", end.day_and_time()));
                format!("This invite ended{when}. Ask {inviter} for a new one.")
            }
            Code::InviteRevoked => format!("This invite was taken back. Ask {inviter} for a new one."),
            Code::InviteUsed => format!("Every use of this invite is taken. Ask {inviter} for a new one."),
            Code::InviteDeclined => {
                format!("This invite was declined. If that was not meant, ask {inviter} for a new one.")
            }
            Code::Removed => format!("You were removed from {band} since this invite was made. Ask for a new one."),
            Code::Banned => format!("You are banned from {band}. Its admins alone can lift that."),
            Code::WrongRecipient => {
                format!("This invite is for someone else. Sign in as them, or ask {inviter} for one of your own.")
            }
            Code::EmailUnverified => {
                "Verify your address first: this invite is for whoever can read its mail. Ask for a code by mail, type it, and accept again."
                    .to_owned()
            }
            Code::OneBandOnly => {
                "You are in a band, and this one takes only those who are in no other: leave it first.".to_owned()
            }
            Code::KindNotAllowed => {
                "This code is for making an account, and you have one. It is to no band, so there is nothing to come into."
                    .to_owned()
            }
            code => format!("{}. Ask {inviter} for a new one.", code.title()),
        };
        let mut problem = Problem::new(code, detail);
        problem.band = Some(self.band_name.as_str().to_owned()).filter(|_| self.band != BandId::SITE);
        problem.inviter = Some(self.inviter.clone());
        problem.contact.clone_from(&self.contact);
        problem.into()
    }

    fn came_to(&self, outcome: Outcome, role: Role) -> Accepted {
        let band = BandRef { id: self.band, name: self.band_name.as_str().to_owned() };
        Accepted { outcome, band, role, calendar: None }
    }

    /// The rules that the invite was made under.
    pub(crate) fn rules(&self) -> Result<Policy, Refused> {
        serde_json::from_str(&self.policy)
            .map_err(|_| Refused::new(Code::Internal, "The invite's rules cannot be read."))
    }

    /// What the invite is to, where its campaign has an event, with the name of the band.
    pub(crate) fn event_of_campaign(&self) -> Option<(Dated, &str)> {
        let campaign = self.campaign.filter(|_| self.campaign_deleted.is_none());
        let event = campaigns::dated(campaign, self.event.as_deref(), self.event_sequence, self.event_changed_at)?;
        Some((event, self.band_name.as_str()))
    }

    /// The same as a file for calendars.
    pub(crate) fn calendar(&self, app: &App) -> Option<String> {
        self.event_of_campaign().map(|(event, band)| calendar::file(app, (&event, band)))
    }

    /// Whom it is for, as far as an address says so: that of an `email` invite.
    pub(super) fn address(&self) -> Option<&Address> {
        self.email.as_ref().filter(|_| self.kind == Kind::Email)
    }

    /// The invite and who made it.
    pub(crate) fn brought_by(&self) -> (InviteId, AccountId) {
        (self.id, self.created_by)
    }

    /// What the invite is counted under.
    pub(super) fn counted(&self) -> Counted {
        let Self { id, band, kind, campaign, created_by, .. } = *self;
        Counted { id, band, kind, campaign, created_by }
    }

    /// Refuses a decline of what is pending, and not for one person to decline.
    pub(super) fn check_declinable(&self, now: Timestamp) -> Result<(), Refused> {
        let single = self.max_uses == MaxUses::ONE;
        let text = if self.band == BandId::SITE {
            "This code is for whoever makes an account with it, so it cannot be declined."
        } else if self.standing(now).after(Act::Decline { single }).is_err() {
            "This invite is for several people, so it cannot be declined."
        } else {
            return Ok(());
        };
        Err(Refused::new(Code::NotDeclinable, text))
    }

    pub(super) fn event(&self, action: &'static str, actor: AccountId) -> Event<'static> {
        Event { band: Some(self.band), actor: Some(actor), action, invite: Some(self.id), account: None, detail: None }
    }
}

/// Refuses an invite that is no longer pending at `now`.
pub(super) fn ended(found: &Found, now: Timestamp) -> Result<(), Refused> {
    in_a_band(found)?;
    Code::of_ended(found.standing(now)).map_or(Ok(()), |code| Err(found.refusal(code)))
}

/// Refuses an invite to a band that is gone, whatever its row says.
fn in_a_band(found: &Found) -> Result<(), Refused> {
    if found.band_deleted.is_some() { Err(found.refusal(Code::InviteCancelled)) } else { Ok(()) }
}

/// What an invite that was there a moment ago came to meanwhile.
pub(super) fn ended_meanwhile(tx: &mut Tx<'_>, found: &Found, now: Timestamp) -> Result<Refused, Refused> {
    let row =
        tx.query_one::<Ended>("SELECT status, cancel_reason, expires_at FROM invite WHERE id = $1", &[&found.id])?;
    let code = row.and_then(|row| Code::of_ended(Standing::at(now, row.status, row.cancel_reason, row.expires_at)));
    Ok(found.refusal(code.unwrap_or(Code::InviteUsed)))
}

/// The invite of a token, for a look at it, as long as someone can come in by it, and the uses that are left for others than
/// those who hold one.
pub(crate) fn look(tx: &mut Tx<'_>, token_hash: &Hash, now: Timestamp) -> Result<(Found, Option<u32>), Refused> {
    let mut found: Found =
        tx.query_one(found!(" WHERE i.token_hash = $1"), &[token_hash])?.ok_or_else(Refused::invalid_token)?;
    if found.is_decided {
        found.foretell(tx)?;
    }
    ended(&found, now)?;
    let left = match check_uses(tx, &found) {
        Ok(()) => found.max_uses.left(found.uses),
        Err(Refused::Problem(_)) if is_held(tx, &found)? => Some(0),
        Err(refused) => return Err(refused),
    };
    Ok((found, left))
}

/// What may be told of a token's invite before anyone has signed in, with its id.
pub(crate) fn preview(
    tx: &mut Tx<'_>,
    token_hash: &Hash,
    registration: Registration,
    now: Timestamp,
) -> Result<(InviteId, Preview), Refused> {
    let (found, uses_left) = look(tx, token_hash, now)?;
    let declinable = found.check_declinable(now).is_ok();
    let preview = Preview {
        band: (found.band != BandId::SITE).then(|| PreviewBand {
            name: found.band_name.as_str().to_owned(),
            description: found.description,
            contact: found.contact,
            members: found.members.unsigned_abs(),
        }),
        role: found.role,
        inviter: Inviter { display_name: found.inviter },
        kind: found.kind,
        status: found.status,
        expires_at: found.expires_at,
        uses_left,
        declinable,
        event: campaigns::read_event(found.event.as_deref()),
        message: found.message,
        recipient: match found.kind {
            Kind::User => found.account_username.as_deref().map(account_name),
            _ => found.email.map(|address| address.masked()),
        },
        registration,
        requires_approval: found.requires_approval,
    };
    Ok((found.id, preview))
}

crate::row! { struct Held { role: Role } }

/// Takes a use and makes the account a member, or finds that it is one. Where an admin has to agree, the account asks,
/// under the id `fresh`, and the use is taken when one does ([`admit`]). What is looked at, and in which order, says
/// [`Visit`]. In one transaction with all that follows.
///
/// `found` is held ([`hold_by_token`]), and so is the account, before it. `mail` says whether this server can verify
/// addresses. With the answer comes what is still to do where the campaign ends by it.
pub(crate) fn accept(
    tx: &mut Tx<'_>,
    found: &Found,
    fresh: JoinRequestId,
    account: AccountId,
    mail: bool,
    now: Timestamp,
) -> Result<(Accepted, Option<Rest>), Refused> {
    let visitor = Visitor::of(tx, found, account)?;
    // To who is a member it is nothing under which rules the invite was made.
    let rules = if visitor.role.is_some() { None } else { Some(found.rules()?) };
    let membership = rules.as_ref().map_or(Membership::Many, |rules| rules.membership);
    let visit = Visit {
        to_no_band: found.band == BandId::SITE,
        band_is_gone: found.band_deleted.is_some(),
        departure: visitor.departure(),
        made_at: found.created_at,
        is_member: visitor.role.is_some(),
        waits: visitor.asked_by == Some(found.id),
        standing: found.standing(now),
        is_used_up: is_used_up(tx, found)?,
        holds_use: visitor.holds,
        proof: rules.as_ref().map_or(Ok(()), |rules| visitor.prove(found, account, rules.email_identity, mail)),
        membership,
        is_in_a_band: match membership {
            Membership::One => bands::is_in_any(tx, account)?,
            Membership::Many => false,
        },
        needs_word: found.requires_approval,
    };
    let accepted = match visit.accept().map_err(|no| found.refusal(no.into()))? {
        Admission::Member => found.came_to(Outcome::AlreadyMember, visitor.role.unwrap_or(found.role)),
        Admission::Waiting => found.came_to(Outcome::PendingApproval, found.role),
        Admission::Asks => {
            let wish = requests::Wish { band: found.band, account, invite: Some(found.id), role: found.role };
            requests::ask(tx, fresh, wish, now)?;
            found.came_to(Outcome::PendingApproval, found.role)
        }
        Admission::Enters => {
            let rules = rules.map_or_else(|| found.rules(), Ok)?;
            let accepted = enter(tx, found, account, &visitor, &rules, mail, now)?;
            let took = !visitor.holds && accepted.outcome == Outcome::Joined;
            return Ok((accepted, end_used_up(tx, found, took, now)?));
        }
    };
    Ok((accepted, None))
}

const NOT_THEIRS: &str = "This person's address is not the one any more that the invite is for, or is not verified: they can \
    put that right, or you deny the request and invite them anew.";

/// Takes in the account that asked by the invite, now that an admin has agreed; `None` where no use is left for it.
/// Whether the band takes the account is the caller's to look at; that the invite still is for it is looked at here, in
/// words for the admin.
///
/// `found` is held, and so is the account. An end by time that came since the account asked does not count. Tells whether a
/// use was taken, and so may have been the last ([`end_used_up`]).
pub(crate) fn admit(
    tx: &mut Tx<'_>,
    found: &Found,
    account: AccountId,
    mail: bool,
    now: Timestamp,
) -> Result<Option<bool>, Refused> {
    let visitor = Visitor::of(tx, found, account)?;
    let proof = visitor.prove(found, account, found.rules()?.email_identity, mail);
    proof.map_err(|no| Refused::new(Refusal::NotFor(no).into(), NOT_THEIRS))?;
    if !visitor.holds && is_used_up(tx, found)? {
        return Ok(None);
    }
    let accepted = enter(tx, found, account, &visitor, &found.rules()?, mail, now)?;
    Ok(Some(!visitor.holds && accepted.outcome == Outcome::Joined))
}

/// The membership, the use, and what ends by them; who invited hears of it where there is mail.
fn enter(
    tx: &mut Tx<'_>,
    found: &Found,
    account: AccountId,
    visitor: &Visitor,
    rules: &Policy,
    mail: bool,
    now: Timestamp,
) -> Result<Accepted, Refused> {
    // The membership first: whoever became a member meanwhile takes no use. A lost race undoes it with the rest.
    let names = [visitor.username.as_str(), &visitor.display_name];
    if !bands::insert(tx, found.band, account, names, found.role, Some(found.brought_by()), now)? {
        let sql = "SELECT role FROM member WHERE band = $1 AND account = $2";
        let role = tx.query_one::<Held>(sql, &[&found.band, &account])?.map_or(found.role, |held| held.role);
        return Ok(found.came_to(Outcome::AlreadyMember, role));
    }
    if visitor.holds {
        redeem(tx, found, account, Some(account), now)?;
    } else {
        take_use(tx, found, account, false, now)?;
    }
    visitor.return_to(tx, found, account)?;
    audit::record(tx, now, Event { account: Some(account), ..found.event("invite.accepted", account) })?;
    let arrival = Arrival { band: found.band, account, by: Some(found.id), address: visitor.own_address() };
    let superseded = if visitor.is_awaited { arrival.supersede(tx, rules.on_accept_cancel, now)? } else { Vec::new() };
    if mail {
        notices::queue(tx, Some(found.counted()), &superseded, account, now)?;
    }
    if visitor.asks && !found.requires_approval {
        let _ = requests::close(tx, "account = $3 AND band = $4", &[&account, &found.band], Some(account), now)?;
    }
    Ok(found.came_to(Outcome::Joined, found.role))
}

/// Takes a use if it is still there ([`Standing::has_use`]).
///
/// Where an admin has to agree, time does not end what was asked in time: a use is taken after that, too, and leaves an
/// invite that is over as it is.
pub(super) fn take_use(
    tx: &mut Tx<'_>,
    found: &Found,
    account: AccountId,
    held: bool,
    now: Timestamp,
) -> Result<(), Refused> {
    check_uses(tx, found)?;
    if !found.standing(now).has_use(true, found.requires_approval && !held) {
        return Err(ended_meanwhile(tx, found, now)?);
    }
    let last = match found.max_uses.left(found.uses) {
        Some(1) if !held => leaves_none(tx, found)?,
        _ => false,
    };
    count_use(tx, found, Some(account), (1, last), now)?;
    tx.also(
        "INSERT INTO redemption (invite, band, account, at, held) VALUES ($1, $2, $3, $4, $5)",
        &[&found.id, &found.band, &account, &now, &held],
    )?;
    found.counted().tally(tx, Tally::USED);
    Ok(())
}

/// Whether nobody comes in any more by an invite of which the last use is taken: held by another it can be where it was used
/// before.
fn leaves_none(tx: &mut Tx<'_>, found: &Found) -> Result<bool, Error> {
    Ok(found.uses == 0 || !is_held(tx, found)?)
}

/// Counts a use more, or none where it was counted before, and with the `last` has the invite accepted: the one guarded
/// statement that decides every race, since it finds the row as it was judged or not at all.
pub(super) fn count_use(
    tx: &mut Tx<'_>,
    found: &Found,
    by: Option<AccountId>,
    (more, last): (u32, bool),
    now: Timestamp,
) -> Result<(), Refused> {
    let after = found.standing(now).after(Act::Accept { last });
    let is_accepted = after.is_ok_and(|after| after.status == Status::Accepted);
    let used = found.uses + more;
    let done = tx.execute(
        "UPDATE invite SET uses = $9, used_at = CASE WHEN uses < $9 THEN $2 ELSE used_at END,
            used_by = CASE WHEN uses < $9 THEN $3 ELSE used_by END,
            status = CASE WHEN $4 THEN 'accepted' ELSE status END, status_at = CASE WHEN $4 THEN $2 ELSE status_at END,
            acted_by = CASE WHEN $4 THEN $3 ELSE acted_by END
         WHERE id = $1 AND uses = $5 AND status = $6 AND max_uses IS NOT DISTINCT FROM $7
            AND expires_at IS NOT DISTINCT FROM $8",
        &[&found.id, &now, &by, &is_accepted, &found.uses, &found.status, &found.max_uses, &found.expires_at, &used],
    )?;
    if done == 0 {
        return Err(ended_meanwhile(tx, found, now)?);
    }
    if is_accepted {
        found.counted().tally(tx, Tally::moved(Status::Pending, Status::Accepted));
    }
    Ok(())
}

crate::row! { struct Ended { status: Status, cancel_reason: Option<CancelReason>, expires_at: Option<Timestamp> } }
