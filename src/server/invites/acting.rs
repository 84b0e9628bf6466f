//! Changes of invites that there are, of one or of many at once by the same rules and the same statements. Each takes
//! invites that are held, does what it can, and says which it refused, and why.

use std::collections::{HashMap, HashSet};

use crate::{
    api::Code,
    domain::{
        AccountId, Act, BandId, CancelReason, InviteId, OnInviterRemoved, Policy, Role, Status, Timestamp,
        check_shared_end, outlives_maker, shared_end,
    },
    server::{
        Refused,
        audit::{self, Event},
        store::{
            Error, Tally, ToValue, Tx,
            dialect::{filled, intern, numbers},
        },
    },
};

use super::{
    Access, Frame, Frames, InviteRow,
    cancel::{Cancel, NAMED_AT_ONCE},
    change::{newer, rules, unreadable},
    delivery, expire, may_not_change, not_pending, recipient,
    wish::To,
};

/// The invites that an action did nothing to, and why.
pub(super) type Refusals = HashMap<InviteId, Refused>;

/// Who acts on a band's invites, with the right to it looked at and held.
#[derive(Debug, Clone, Copy)]
pub(super) struct Acting {
    pub(super) band: BandId,
    pub(super) access: Access,
    pub(super) caller: AccountId,
    pub(super) now: Timestamp,
}

crate::row! { struct Maker { account: AccountId, role: Role } }

impl InviteRow {
    /// Refuses who may not change the invite, and a change of one that has ended.
    pub(super) fn check_edit(&self, acting: &Acting) -> Result<(), Refused> {
        acting.access.check_change(self, acting.caller)?;
        self.check_pending(acting.now)
    }

    /// Whether there is something to take back: it is no error that it was done before. Members take back their own.
    fn check_revoke(&self, acting: &Acting) -> Result<bool, Refused> {
        let is_own = self.created_by == acting.caller;
        if !acting.access.rights().may_revoke_invite(self.role, is_own) {
            return Err(may_not_change());
        }
        let standing = self.standing(acting.now);
        standing.after(Act::Revoke).map(|after| after != standing).map_err(|_| not_pending())
    }

    /// The campaign, as it was held.
    fn frame<'a>(&self, frames: &'a Frames) -> Option<&'a Frame> {
        self.campaign.and_then(|campaign| frames.get(&campaign))
    }

    /// When the invite has to end because its campaign does.
    pub(super) fn latest_end(&self, frames: &Frames) -> Option<Timestamp> {
        self.frame(frames).and_then(|frame| frame.expires_at)
    }

    fn check_restore(&self, acting: &Acting, frames: &Frames) -> Result<(), Refused> {
        acting.access.check_change(self, acting.caller)?;
        let is_over = self.expires_at.is_some_and(|end| end <= acting.now);
        let standing = self.standing(acting.now);
        let recent = standing.is_restorable(self.status_at, acting.now);
        if is_over || standing.after(Act::Restore { recent }).is_err() {
            return Err(Refused::new(Code::NotRestorable, "Only a revoke can be undone, within ten minutes."));
        }
        if self.frame(frames).is_some_and(|frame| frame.is_over) {
            let text = "The campaign of this invite was ended meanwhile: make a new invite.";
            return Err(Refused::new(Code::NotRestorable, text));
        }
        Ok(())
    }
}

impl Acting {
    /// Those that pass `check`; the others are refused.
    pub(super) fn fit<'a>(
        rows: &'a [InviteRow],
        refused: &mut Refusals,
        check: impl Fn(&InviteRow) -> Result<(), Refused>,
    ) -> Vec<&'a InviteRow> {
        let mut fit = Vec::with_capacity(rows.len());
        for row in rows {
            match check(row) {
                Ok(()) => fit.push(row),
                Err(no) => drop(refused.insert(row.id, no)),
            }
        }
        fit
    }

    /// Takes pending ones back.
    pub(super) fn revoke(&self, tx: &mut Tx<'_>, rows: &[InviteRow]) -> Result<Refusals, Refused> {
        let (mut refused, mut pending) = (Refusals::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            match row.check_revoke(self) {
                Ok(true) => pending.push(row.id),
                Ok(false) => {}
                Err(no) => drop(refused.insert(row.id, no)),
            }
        }
        let cancel = Cancel { reason: CancelReason::Revoked, actor: Some(self.caller), account: None, now: self.now };
        let _ = cancel.all(tx, &pending)?;
        Ok(refused)
    }

    /// Undoes revokes of the last ten minutes. An end that came meanwhile stays, be it the invite's own or that of its
    /// campaign ([`super::hold_campaigns`]), and so does a newer invite for the same person; of two that would be
    /// restored for one person the first is. Who could not be invited by its maker now gets none back.
    pub(super) fn restore(&self, tx: &mut Tx<'_>, rows: &[InviteRow], frames: &Frames) -> Result<Refusals, Refused> {
        let mut refused = Refusals::new();
        let mut fit = Self::fit(rows, &mut refused, |row| row.check_restore(self, frames));
        self.without_right(tx, &mut fit, &mut refused)?;
        let wanted: Vec<(&InviteRow, To)> = fit.iter().filter_map(|row| Some((*row, row.to()?))).collect();
        let to: Vec<(&To, AccountId)> = wanted.iter().map(|(row, to)| (to, row.created_by)).collect();
        let (mut over, mut taken) = (Vec::new(), HashSet::new());
        for ((row, to), known) in wanted.iter().zip(recipient::look_settled(tx, self.band, &to)?) {
            let no = match &known {
                None => Some((Code::NotRestorable, "The account that this invite is for is gone.")),
                Some(known) => known.refusal().or_else(|| {
                    let text = "This person was removed since this invite was made: make a new one.";
                    known.gone_at.filter(|gone| row.created_at <= *gone).map(|_| (Code::NotRestorable, text))
                }),
            };
            if let Some((code, why)) = no {
                refused.insert(row.id, Refused::new(code, why));
                continue;
            }
            let waiting = known.and_then(|known| known.pending);
            let is_over = waiting.is_some_and(|(_, end)| end.is_some_and(|end| end <= self.now));
            over.extend(waiting.filter(|_| is_over).map(|(id, _)| id));
            if (waiting.is_some() && !is_over) || !taken.insert(to) {
                refused.insert(row.id, newer());
            }
        }
        expire::lapse(tx, &over, self.now)?;
        fit.retain(|row| !refused.contains_key(&row.id));
        // What was decided while it was not pending is not about it.
        let set = "status = 'pending', cancel_reason = NULL, status_at = $1, acted_by = $2,
            decision = (SELECT COALESCE(MAX(o.seq), 0) FROM decision o WHERE o.band = invite.band)";
        let guard = "status = 'cancelled' AND cancel_reason = 'revoked'";
        self.write(tx, &fit, set, guard, &[&self.now, &self.caller])?;
        // Their campaigns can have been given another end meanwhile.
        let mut sooner: HashMap<Option<Timestamp>, Vec<&InviteRow>> = HashMap::new();
        for row in &fit {
            let end = shared_end(row.expires_at, row.latest_end(frames));
            if end != row.expires_at {
                sooner.entry(end).or_default().push(row);
            }
        }
        for (end, rows) in sooner {
            self.give_end(tx, &rows, end)?;
        }
        for row in &fit {
            row.counted().tally(tx, Tally::moved(Status::Cancelled, Status::Pending));
        }
        self.tell(tx, &fit, "invite.restored")?;
        Ok(refused)
    }

    /// Refuses those that would have ended with their makers' rights, had they been pending meanwhile. The makers are held.
    fn without_right(
        &self,
        tx: &mut Tx<'_>,
        rows: &mut Vec<&InviteRow>,
        refused: &mut Refusals,
    ) -> Result<(), Refused> {
        if self.band == BandId::SITE {
            return Ok(()); // who runs the site acts for it
        }
        let makers: HashSet<AccountId> = rows.iter().map(|row| row.created_by).collect();
        let mut roles: HashMap<AccountId, Role> = HashMap::with_capacity(makers.len());
        for some in makers.into_iter().collect::<Vec<_>>().chunks(NAMED_AT_ONCE) {
            let sql = intern(format!(
                "SELECT account, role FROM member WHERE band = $1 AND account IN ({})",
                numbers(2, some.len())
            ));
            let mut params: Vec<&dyn ToValue> = vec![&self.band];
            params.extend(filled(some).map(|id| id as &dyn ToValue));
            roles.extend(tx.query::<Maker>(sql, &params)?.into_iter().map(|maker| (maker.account, maker.role)));
        }
        let gone = rows.iter().filter(|row| !roles.contains_key(&row.created_by));
        let policies = rules(tx, &gone.map(|row| row.id).collect::<Vec<_>>())?;
        rows.retain(|row| {
            let maker = roles.get(&row.created_by).copied();
            // Whose maker is in the band, that one's rules are not asked.
            let Some(rule) =
                policies.get(&row.id).map(|policy| policy.on_inviter_removed).or(maker.map(|_| OnInviterRemoved::Keep))
            else {
                refused.insert(row.id, unreadable());
                return false;
            };
            let stays = outlives_maker(maker, row.role, rule);
            if !stays {
                let text = "Who made this invite may not make it any more: make a new one.";
                refused.insert(row.id, Refused::new(Code::NotRestorable, text));
            }
            stays
        });
        Ok(())
    }

    /// Gives pending ones a new end, each as far as the rules allow that it was made under, and its campaign; what is as
    /// it was is no change.
    pub(super) fn extend(
        &self,
        tx: &mut Tx<'_>,
        rows: &[InviteRow],
        frames: &Frames,
        end: Option<Timestamp>,
    ) -> Result<Refusals, Refused> {
        let mut refused = Refusals::new();
        let mut fit = Self::fit(rows, &mut refused, |row| row.check_edit(self));
        let ids: Vec<InviteId> = fit.iter().map(|row| row.id).collect();
        let mut rules: HashMap<InviteId, Policy> = rules(tx, &ids)?;
        fit.retain(|row| {
            let no = match rules.remove(&row.id) {
                Some(policy) => {
                    let checked = policy.check_expiry(self.now, end);
                    let checked = checked.and_then(|()| check_shared_end(end, row.latest_end(frames)));
                    checked.err().map(|no| Refused::field("expires_at", no.to_string()))
                }
                None => Some(unreadable()),
            };
            no.map(|no| refused.insert(row.id, no)).is_none()
        });
        fit.retain(|row| row.expires_at != end);
        self.give_end(tx, &fit, end)?;
        self.tell_of(tx, &fit, "invite.edited", |_| Some("end".to_owned()))?;
        Ok(refused)
    }

    /// Lets pending ones grant another role; what is as it was is no change, which the caller may grant ([`Access::check_grant`]).
    pub(super) fn set_role(&self, tx: &mut Tx<'_>, rows: &[InviteRow], role: Role) -> Result<Refusals, Refused> {
        let mut refused = Refusals::new();
        let mut fit = Self::fit(rows, &mut refused, |row| row.check_edit(self));
        fit.retain(|row| row.role != role);
        self.write(tx, &fit, "role = $1", "status = 'pending'", &[&role])?;
        self.tell_of(tx, &fit, "invite.edited", |row| Some(format!("role {} to {role}", row.role)))?;
        Ok(refused)
    }

    /// Gives pending ones this end; the reminder before it moves with it.
    fn give_end(&self, tx: &mut Tx<'_>, rows: &[&InviteRow], end: Option<Timestamp>) -> Result<(), Error> {
        let last = delivery::reminding(tx.dialect(), "$1", "$2");
        let set = format!("expires_at = $1, last_reminder_at = {last}");
        self.write(tx, rows, &set, "status = 'pending'", &[&end, &self.now])
    }

    /// Changes the invites, which are held: `set` and `guard` are fixed texts, `values` those of `set`, from `$1` on.
    fn write(
        &self,
        tx: &mut Tx<'_>,
        rows: &[&InviteRow],
        set: &str,
        guard: &str,
        values: &[&dyn ToValue],
    ) -> Result<(), Error> {
        for some in rows.chunks(NAMED_AT_ONCE) {
            let ids = numbers(values.len() + 1, some.len());
            let sql = intern(format!("UPDATE invite SET {set} WHERE id IN ({ids}) AND {guard}"));
            let mut params = values.to_vec();
            params.extend(filled(some).map(|row| &row.id as &dyn ToValue));
            let _ = tx.execute(sql, &params)?;
            tx.touch(self.band);
        }
        Ok(())
    }

    /// Writes down what was done to each.
    pub(super) fn tell(&self, tx: &mut Tx<'_>, rows: &[&InviteRow], action: &'static str) -> Result<(), Error> {
        self.tell_of(tx, rows, action, |_| None)
    }

    /// As [`Acting::tell`], with what changed of each.
    fn tell_of(
        &self,
        tx: &mut Tx<'_>,
        rows: &[&InviteRow],
        action: &'static str,
        detail: impl Fn(&InviteRow) -> Option<String>,
    ) -> Result<(), Error> {
        let (band, actor) = (Some(self.band), Some(self.caller));
        let details: Vec<Option<String>> = rows.iter().map(|row| detail(row)).collect();
        let events: Vec<_> = rows
            .iter()
            .zip(&details)
            .map(|(row, detail)| {
                let (invite, detail) = (Some(row.id), detail.as_deref());
                (self.now, Event { band, actor, action, invite, account: None, detail })
            })
            .collect();
        audit::record_all(tx, &events)
    }
}
