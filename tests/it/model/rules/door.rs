//! Coming in, and saying no.

use super::{
    ASKABLE, Answer, Block, CANCELLED, Invite, Model, NOT_FOUND, NOT_PENDING, Request, Role, Rules, SITE, Supersedes,
    To, USED, Verdict,
};

/// By what an invite is come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Its token.
    Token,
    /// The inbox: there is what is known to be for the person.
    Inbox,
}

impl Model {
    /// Refuses what has ended, and says how.
    pub(super) fn still_good(&self, n: usize) -> Result<(), Answer> {
        self.is_there(self.invites[n].band)?;
        Err(match self.end(n) {
            None => return Ok(()),
            Some("accepted" | "campaign_used") => USED,
            Some("rejected") => (410, "invite_declined"),
            Some("revoked") => (410, "invite_revoked"),
            Some("expired" | "campaign_expired") => (410, "invite_expired"),
            Some(_) => CANCELLED,
        })
    }

    /// Banned ones never come in, removed ones by an invite made since.
    pub(super) fn not_put_out(&self, who: usize, n: usize) -> Result<(), Answer> {
        match self.bands[self.invites[n].band].gone.get(&who) {
            Some((_, true)) => Err((403, "banned")),
            Some((at, false)) if self.invites[n].made <= *at => Err((403, "removed")),
            _ => Ok(()),
        }
    }

    fn is_for(&self, who: usize, n: usize) -> Result<(), Answer> {
        match self.invites[n].to.person() {
            Some(other) if other != who => Err((403, "wrong_recipient")),
            _ => Ok(()),
        }
    }

    /// Without a token: made for the account, or mailed to its address, verified.
    pub(super) fn is_known_to_be_for(&self, who: usize, n: usize) -> bool {
        match self.invites[n].to {
            To::Account(other) => other == who,
            To::Address(other) => other == who && Self::is_verified(who),
            To::Holder => false,
        }
    }

    fn through(&self, door: Door, who: usize, n: usize) -> Result<(), Answer> {
        if door == Door::Token || self.is_known_to_be_for(who, n) { Ok(()) } else { Err(NOT_FOUND) }
    }

    fn is_free(&self, who: usize, rules: Rules) -> Result<(), Answer> {
        let elsewhere = self.bands.iter().any(|band| band.members.contains_key(&who));
        if rules.one_band && elsewhere { Err((409, "one_band_only")) } else { Ok(()) }
    }

    fn request(&mut self, who: usize, band: usize) -> Option<&mut Request> {
        self.requests.iter_mut().find(|one| one.who == who && one.band == band && one.state == "pending")
    }

    /// Coming in. Where an admin has to agree, the use is taken when one does, and asking again is the same.
    pub fn accept(&mut self, door: Door, who: usize, n: usize) -> Verdict {
        self.through(door, who, n)?;
        let invite = self.invites[n].clone();
        if invite.band == SITE {
            return Err((403, "kind_not_allowed")); // there is nothing to come into
        }
        self.is_there(invite.band)?;
        self.not_put_out(who, n)?;
        if self.bands[invite.band].members.contains_key(&who) {
            return Ok((200, "already_member"));
        }
        if self.request(who, invite.band).is_some_and(|request| request.by == Some(n)) {
            return Ok((202, "pending_approval"));
        }
        self.still_good(n)?;
        self.has_use_for(who, n)?;
        self.is_for(who, n)?;
        self.is_free(who, invite.rules)?;
        if invite.approval {
            self.ask(who, invite.band, Some(n));
            return Ok((202, "pending_approval"));
        }
        self.enter(who, n);
        Ok((200, "joined"))
    }

    /// That the other uses are taken, its own or those of its campaign, is nothing to who holds one.
    fn has_use_for(&self, who: usize, n: usize) -> Result<(), Answer> {
        if self.held.contains(&(who, n)) { Ok(()) } else { self.has_use(n) }
    }

    /// A use that nobody holds.
    pub(super) fn has_use(&self, n: usize) -> Result<(), Answer> {
        let Invite { max_uses, uses, campaign, .. } = self.invites[n];
        if max_uses == Some(uses) { Err(USED) } else { self.has_uses(campaign) }
    }

    /// Whether somebody signed up by it, and has not come in by it yet.
    pub(super) fn is_held(&self, n: usize) -> bool {
        self.held.iter().any(|(_, of)| *of == n)
    }

    /// One wish a person and band; by an invite it is worth more than without, and by the last one it counts.
    fn ask(&mut self, who: usize, band: usize, by: Option<usize>) {
        match self.request(who, band) {
            Some(request) => request.by = by.or(request.by),
            None => self.requests.push(Request { band, who, by, state: "pending" }),
        }
    }

    /// A membership, a use, and what ends by them.
    fn enter(&mut self, who: usize, n: usize) {
        let accepted = self.invites[n].clone();
        if !self.held.remove(&(who, n)) {
            self.invites[n].uses += 1;
        }
        self.accept_with_the_last(n);
        self.bands[accepted.band].let_in(who, accepted.role, Some(n));
        self.bands[accepted.band].gone.remove(&who);
        self.close_requests(|request| request.who == who && request.band == accepted.band);
        self.supersede(who, accepted.band, accepted.rules, Some(n));
        self.end_used_up(accepted.campaign);
        self.let_go(who, Some(accepted.band));
    }

    /// What else waits for who came in ends, as far as the rules reach: an address that is not verified counts in that
    /// band alone.
    fn supersede(&mut self, who: usize, band: usize, rules: Rules, by: Option<usize>) {
        self.cancel("superseded", |other, invite| {
            let here = invite.band == band;
            let reached = match (rules.supersedes, invite.to) {
                (Supersedes::None, _) | (_, To::Holder) => false,
                (Supersedes::SameBand, _) => here,
                (Supersedes::Everywhere, To::Account(_)) => true,
                (Supersedes::Everywhere, To::Address(_)) => here || Self::is_verified(who),
            };
            Some(other) != by && invite.to.person() == Some(who) && reached
        });
    }

    /// What somebody holds and takes up no more, being in the band by another way, out of it again, or gone for good, is
    /// taken by nobody; an invite that has ended stays as it ended.
    pub(super) fn let_go(&mut self, who: usize, band: Option<usize>) {
        let held: Vec<usize> = self.held.iter().filter(|(holder, _)| *holder == who).map(|(_, n)| *n).collect();
        for n in held {
            let invite = &self.invites[n];
            let (here, over) = (band.is_none_or(|band| band == invite.band), self.is_over(invite) && !invite.approval);
            if !here || invite.end.is_some() || over {
                continue;
            }
            let campaign = invite.campaign;
            self.held.remove(&(who, n));
            self.accept_with_the_last(n);
            self.close_requests(|request| request.who == who && request.by == Some(n));
            self.end_used_up(campaign);
        }
    }

    /// With its last use, once nobody holds one, an invite is accepted; one that time has ended meanwhile stays expired.
    fn accept_with_the_last(&mut self, n: usize) {
        let (now, is_held, over) = (self.now, self.is_held(n), self.is_over(&self.invites[n]));
        let invite = &mut self.invites[n];
        if invite.max_uses == Some(invite.uses) && !is_held && !over {
            invite.end = Some(("accepted", now));
        }
    }

    /// Saying no, for good; only to what is for one use: one holder of a shared link does not end it for the rest.
    pub fn decline(&mut self, door: Door, who: usize, n: usize, block: Option<Block>) -> Verdict {
        self.through(door, who, n)?;
        self.not_put_out(who, n)?;
        self.still_good(n)?;
        self.has_use_for(who, n)?;
        self.is_for(who, n)?;
        if self.invites[n].band == SITE || self.invites[n].max_uses != Some(1) {
            return Err((409, "not_declinable"));
        }
        self.invites[n].end = Some(("rejected", self.now));
        self.close_requests(|request| request.by == Some(n));
        if let Some(block) = block {
            let of = match block {
                Block::Inviter => self.invites[n].by,
                Block::Band => self.invites[n].band,
                Block::Server => 0,
            };
            self.blocks.insert((who, block, of));
            // What waits of it ends, too.
            self.cancel("opted_out", |_, invite| {
                let fits = match block {
                    Block::Inviter => invite.by == of,
                    Block::Band => invite.band == of,
                    Block::Server => true,
                };
                invite.to.person() == Some(who) && fits
            });
        }
        Ok((204, ""))
    }

    /// Making an account, by an invite or without. Where an account costs a use, it is taken at once, and the account's
    /// later accept takes none; else an invite only says who brought whom.
    pub fn register(&mut self, by: Option<usize>, accepts: bool) -> Verdict {
        let (who, costs) = (self.people, self.site.invite_only);
        let Some(n) = by else {
            if costs {
                return Err((403, "invite_required"));
            }
            self.people += 1;
            return Ok((201, ""));
        };
        self.still_good(n)?;
        self.has_use(n)?;
        if matches!(self.invites[n].to, To::Account(_)) {
            return Err((403, "wrong_recipient")); // it is for an account that is there
        }
        self.is_for(who, n)?;
        let accepts = accepts && self.invites[n].band != SITE;
        self.people += 1;
        let waits = !accepts || self.invites[n].approval;
        if costs && waits {
            self.invites[n].uses += 1;
            if self.invites[n].band != SITE {
                self.held.insert((who, n));
            }
            self.accept_with_the_last(n);
            self.end_used_up(self.invites[n].campaign);
        }
        match (accepts, waits) {
            (false, _) => Ok((201, "")),
            (true, true) => {
                self.ask(who, self.invites[n].band, Some(n));
                Ok((201, "pending_approval"))
            }
            (true, false) => {
                self.enter(who, n);
                Ok((201, "joined"))
            }
        }
    }

    /// Asking to be let in, without an invite. Who was removed comes back by a new invite alone.
    pub fn join(&mut self, who: usize, band: usize) -> Verdict {
        if self.bands[band].members.contains_key(&who) {
            return Ok((200, "already_member"));
        }
        if band != ASKABLE || self.is_deleted(band) {
            return Err(NOT_FOUND);
        }
        match self.bands[band].gone.get(&who) {
            Some((_, true)) => return Err((403, "banned")),
            Some((_, false)) => return Err((403, "removed")),
            None => {}
        }
        self.is_free(who, self.bands[band].rules)?;
        self.ask(who, band, None);
        Ok((202, "pending_approval"))
    }

    /// An admin's word. What an accept asks is asked again; but time does not end what was asked in time. Without a use
    /// left nobody comes in, and the request is closed: the one refusal that changes something.
    pub fn answer(&mut self, by: usize, r: usize, yes: bool) -> Verdict {
        let Request { band, who, by: via, state } = self.requests[r];
        self.admin(band, by)?;
        if state != "pending" {
            return Err(NOT_PENDING);
        }
        if !yes {
            self.requests[r].state = "denied";
            return Ok((204, ""));
        }
        match (self.bands[band].gone.get(&who), via) {
            (Some((_, true)), _) => return Err((403, "banned")),
            (Some(_), None) => return Err((403, "removed")),
            (Some(_), Some(n)) => self.not_put_out(who, n)?,
            (None, _) => {}
        }
        self.is_free(who, via.map_or(self.bands[band].rules, |n| self.invites[n].rules))?;
        if via.is_some_and(|n| self.has_use_for(who, n).is_err()) {
            self.requests[r].state = "closed";
            return Err(USED);
        }
        self.requests[r].state = "approved";
        if let Some(n) = via {
            self.enter(who, n);
        } else {
            self.bands[band].let_in(who, Role::Member, None);
            self.supersede(who, band, self.bands[band].rules, None);
            self.let_go(who, Some(band));
        }
        Ok((200, ""))
    }
}
