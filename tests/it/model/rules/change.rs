//! What is done to one invite by those who may.

use super::{FORBIDDEN, INVALID, Invite, Model, NOT_PENDING, Role, SITE, To, Verdict};

/// Seconds within which a revoke can be undone.
const RESTORABLE: i64 = 10 * 60;

/// How long an invite, or a campaign, lives from now on.
#[derive(Debug, Clone, Copy)]
pub enum Life {
    Hours(i64),
    Never,
}

impl Life {
    /// The instant from which it is over.
    pub fn end(self, now: i64) -> Option<i64> {
        self.hours().map(|hours| now + hours * 3_600)
    }

    /// As it stands on the wire.
    pub fn hours(self) -> Option<i64> {
        if let Self::Hours(hours) = self { Some(hours) } else { None }
    }
}

/// One field of an invite, or of a campaign, made anew.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    /// What it grants.
    Role(Role),
    /// What the invited are told.
    Message(Option<u8>),
    /// When it ends.
    Life(Life),
    /// How often it can be used; not of a campaign.
    Uses(Option<u32>),
}

impl Model {
    /// Taking an invite back, one's own without a further right; twice is no error.
    pub fn revoke(&mut self, by: usize, n: usize) -> Verdict {
        self.seen(by, n)?;
        if self.invites[n].by != by {
            self.changeable(by, n)?;
        }
        match self.end(n) {
            Some("revoked") => Ok((204, "")),
            Some(_) => Err(NOT_PENDING),
            None => {
                self.cancel("revoked", |other, _| other == n);
                Ok((204, ""))
            }
        }
    }

    /// Undoing that, within ten minutes. Any other end stays: also the campaign's, which came meanwhile. Who could not be
    /// invited now gets none back.
    pub fn restore(&mut self, by: usize, n: usize) -> Verdict {
        self.changeable(by, n)?;
        let invite = &self.invites[n];
        let recent = matches!(invite.end, Some(("revoked", at)) if self.now - at < RESTORABLE);
        let is_deleted = self.campaigns[invite.campaign].deleted;
        if !recent || self.is_over(invite) || self.has_ended(invite.campaign) || is_deleted {
            return Err((409, "not_restorable"));
        }
        if invite.band != SITE && self.would_have_ended(invite) {
            return Err((409, "not_restorable"));
        }
        let person = invite.to.person().filter(|who| !self.has_left(*who));
        if matches!(invite.to, To::Account(who) if self.has_left(who)) {
            return Err((409, "not_restorable"));
        }
        self.may_be_invited(invite.to, invite.band, invite.by)?;
        if person.is_some_and(|who| self.not_put_out(who, n).is_err()) {
            return Err((409, "not_restorable"));
        }
        if self.waiting(invite.to, invite.band).is_some() {
            return Err((409, "already_pending"));
        }
        let campaigns = self.campaigns[self.invites[n].campaign].ends;
        let invite = &mut self.invites[n];
        invite.end = None;
        invite.ends = invite.ends.into_iter().chain(campaigns).min();
        Ok((200, ""))
    }

    /// With its maker's right or membership, had it not been taken back before.
    fn would_have_ended(&self, invite: &Invite) -> bool {
        let maker = self.bands[invite.band].members.get(&invite.by).map(|maker| maker.role);
        match invite.role {
            Role::Member => maker.is_none() && invite.rules.revoke_with_inviter,
            _ => maker.is_none_or(|role| role < Role::Admin),
        }
    }

    /// A new token; the old one is unknown from then on.
    pub fn rotate(&mut self, by: usize, n: usize) -> Verdict {
        self.changeable(by, n)?;
        if self.end(n).is_none() { Ok((200, "")) } else { Err(NOT_PENDING) }
    }

    /// Another role, message, end or number of uses.
    pub fn edit(&mut self, by: usize, n: usize, change: Change) -> Verdict {
        let up_to = self.changeable(by, n)?.grants();
        if self.end(n).is_some() {
            return Err(NOT_PENDING);
        }
        if let Change::Life(life) = change {
            self.ends_with_its_campaign(self.invites[n].campaign, life.end(self.now))?;
        }
        let now = self.now;
        let invite = &mut self.invites[n];
        match change {
            Change::Role(Role::Admin) if invite.band == SITE => return Err(INVALID), // there is nothing to run
            Change::Role(role) if up_to < Some(role) => return Err(FORBIDDEN),
            Change::Role(role) => invite.role = role,
            Change::Message(message) => invite.message = message,
            Change::Life(life) => invite.ends = life.end(now),
            Change::Uses(most) if most.is_some_and(|most| most <= invite.uses) => return Err(INVALID),
            Change::Uses(most) if invite.to != To::Holder && most != Some(1) => return Err(INVALID),
            Change::Uses(most) => invite.max_uses = most,
        }
        Ok((200, ""))
    }
}
