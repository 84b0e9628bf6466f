//! Bands and accounts that are deleted.

use super::{Answer, Band, FORBIDDEN, INVALID, Model, Role, To, Verdict};

impl Model {
    /// Deleting a band: what is pending in it ends, what was asked of it is closed, and nobody finds it any more.
    pub fn delete_band(&mut self, by: usize, band: usize) -> Verdict {
        if self.inside(band, by)?.role != Role::Owner {
            return Err(FORBIDDEN);
        }
        self.cancel("band_deleted", |_, invite| invite.band == band);
        self.close_requests(|request| request.band == band);
        let Band { members, deleted, .. } = &mut self.bands[band];
        members.clear();
        *deleted = true;
        Ok((204, ""))
    }

    /// Deleting one's account: out of every band, as by leaving; the invites for it end. Whoever owns a band stays.
    pub fn delete_account(&mut self, who: usize) -> Verdict {
        if self.bands.iter().any(|band| band.members.get(&who).is_some_and(|member| member.role == Role::Owner)) {
            return Err((409, "last_owner"));
        }
        for band in 0..self.bands.len() {
            if self.bands[band].members.contains_key(&who) {
                self.go(band, who, false);
            }
        }
        self.cancel("opted_out", |_, invite| invite.to == To::Account(who));
        self.close_requests(|request| request.who == who);
        // What an address wants that was known to be its own outlives the account.
        if !Self::is_verified(who) {
            self.blocks.retain(|(other, ..)| *other != who);
        }
        self.left.insert(who);
        self.let_go(who, None);
        Ok((204, ""))
    }

    /// Whether somebody has no account any more.
    pub fn has_left(&self, who: usize) -> bool {
        self.left.contains(&who)
    }

    /// Whether a band is there no more.
    pub fn is_deleted(&self, band: usize) -> bool {
        self.bands[band].deleted
    }

    /// As `may_be_invited`, of somebody whose account is gone: the address is there still.
    pub(super) fn may_be_invited_still(&self, to: To, band: usize, by: usize) -> Result<(), Answer> {
        match to {
            To::Address(who) => self.wants_it(who, band, by),
            To::Account(_) | To::Holder => Err(INVALID),
        }
    }

    /// Whatever it was for, a band that is gone takes nobody in.
    pub(super) fn is_there(&self, band: usize) -> Result<(), Answer> {
        if self.bands[band].deleted { Err(super::CANCELLED) } else { Ok(()) }
    }

    /// Who has no account is nobody.
    pub fn signed_in(&self, who: usize) -> Result<(), Answer> {
        if self.left.contains(&who) { Err((401, "unauthenticated")) } else { Ok(()) }
    }
}
