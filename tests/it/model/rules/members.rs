//! What members are, how they go, and which invites end by it.

use super::{Answer, FORBIDDEN, INVALID, Model, Role, Verdict};

impl Model {
    /// Admins manage members, the owner everyone else.
    fn managed(&self, by: usize, band: usize, who: usize) -> Result<(), Answer> {
        let (one, other) = (self.inside(band, by)?.role, self.inside(band, who)?.role);
        if one >= Role::Admin && one > other { Ok(()) } else { Err(FORBIDDEN) }
    }

    /// Both are inside, and it is not the owner who would go, or be less.
    fn keeps_its_owner(&self, by: usize, band: usize, who: usize) -> Result<(), Answer> {
        let role = self.inside(band, by)?.role;
        self.inside(band, who)?;
        if by == who && role == Role::Owner { Err((409, "last_owner")) } else { Ok(()) }
    }

    fn set_role(&mut self, band: usize, who: usize, role: Role) {
        if let Some(member) = self.bands[band].members.get_mut(&who) {
            member.role = role;
        }
    }

    /// Another role. A demotion ends the person's invites above it.
    pub fn promote(&mut self, by: usize, band: usize, who: usize, role: Role) -> Verdict {
        self.keeps_its_owner(by, band, who)?;
        self.managed(by, band, who)?;
        let demoted = role < self.inside(band, who)?.role;
        self.set_role(band, who, role);
        if demoted {
            self.withdraw(band, who, false, false);
        }
        Ok((200, ""))
    }

    /// The right to invite, or no longer.
    pub fn let_invite(&mut self, by: usize, band: usize, who: usize, may: bool) -> Verdict {
        self.managed(by, band, who)?;
        if let Some(member) = self.bands[band].members.get_mut(&who) {
            member.can_invite = may;
        }
        Ok((200, ""))
    }

    /// Handing the band over: the owner becomes an admin.
    pub fn transfer(&mut self, by: usize, band: usize, to: usize) -> Verdict {
        if self.inside(band, by)?.role != Role::Owner {
            return Err(FORBIDDEN);
        }
        if by == to || self.inside(band, to).is_err() {
            return Err(INVALID);
        }
        self.set_role(band, by, Role::Admin);
        self.set_role(band, to, Role::Owner);
        Ok((200, ""))
    }

    /// Ends the invites that a person made: those to admin always, others by the rules that each was made under where
    /// the person goes, and all where that is asked for.
    fn withdraw(&mut self, band: usize, who: usize, goes: bool, all: bool) {
        self.cancel("inviter_removed", |_, invite| {
            let ends = invite.role == Role::Admin || all || (goes && invite.rules.revoke_with_inviter);
            invite.band == band && invite.by == who && ends
        });
    }

    /// Putting a member out, `ban` for good. The invites for the person end, too.
    pub fn remove(&mut self, by: usize, band: usize, who: usize, ban: bool, all: bool) -> Verdict {
        self.keeps_its_owner(by, band, who)?;
        if by == who {
            return if ban { Err(INVALID) } else { Ok(self.go(band, who, all)) };
        }
        self.managed(by, band, who)?;
        let done = self.go(band, who, all);
        self.cancel("member_removed", |_, invite| invite.band == band && invite.to.person() == Some(who));
        self.bands[band].gone.insert(who, (self.now, ban));
        Ok(done)
    }

    /// Leaving: nothing keeps the person from coming back.
    pub fn leave(&mut self, who: usize, band: usize) -> Verdict {
        self.keeps_its_owner(who, band, who)?;
        Ok(self.go(band, who, false))
    }

    pub(super) fn go(&mut self, band: usize, who: usize, all: bool) -> Answer {
        self.bands[band].members.remove(&who);
        self.withdraw(band, who, true, all);
        (204, "")
    }
}
