//! What is done to many at once: to each by the rules of one alone, and none that is refused stops another. And how many
//! somebody may make.

use std::collections::BTreeSet;

use super::{
    Answer, Change, FORBIDDEN, INVALID, Invite, Life, Model, NOT_FOUND, NOT_PENDING, Role, SITE, SITE_ADMIN, To,
    Verdict, Wish,
};

/// What is done to many invites.
#[derive(Debug, Clone, Copy)]
pub enum Doing {
    Revoke,
    Restore,
    Resend,
    Extend(Life),
    SetRole(Role),
}

impl Model {
    /// Sending an invite again, to whom it is for.
    pub fn resend(&mut self, by: usize, n: usize) -> Verdict {
        self.changeable(by, n)?;
        if self.end(n).is_some() {
            return Err(NOT_PENDING);
        }
        let Invite { to, band, by: maker, .. } = self.invites[n];
        if to == To::Holder {
            return Err(INVALID); // there is nobody to send it to
        }
        self.may_be_invited(to, band, maker)?;
        Ok((200, ""))
    }

    /// Doing one thing to these invites, or to all of the band that are shown. What none of them could pass is refused for
    /// the whole. How many it was done to is in `done`.
    pub fn many(&mut self, by: usize, band: usize, doing: Doing, of: Option<&[usize]>) -> Verdict {
        let up_to = self.inside(band, by)?.grants();
        if !matches!(doing, Doing::Revoke) && up_to.is_none() {
            return Err(FORBIDDEN);
        }
        if let Doing::SetRole(role) = doing
            && up_to < Some(role)
        {
            return Err(FORBIDDEN);
        }
        let mut once = BTreeSet::new();
        let all: Vec<usize> = match of {
            Some(some) => some.iter().copied().filter(|n| once.insert(*n)).collect(),
            None => self.invites_of(band).into_iter().rev().filter(|n| self.seen(by, *n).is_ok()).collect(),
        };
        self.done = 0;
        for n in all {
            if self.invites[n].band != band {
                continue; // as if there were no such invite
            }
            let done = match doing {
                Doing::Revoke => self.revoke(by, n),
                Doing::Restore => self.restore(by, n),
                Doing::Resend => self.resend(by, n),
                Doing::Extend(life) => self.edit(by, n, Change::Life(life)),
                Doing::SetRole(role) => self.edit(by, n, Change::Role(role)),
            };
            self.done += usize::from(done.is_ok());
        }
        Ok((200, ""))
    }

    /// Making many invites. What all have in common is refused for the whole; how many were made is in `done`.
    pub fn bulk(&mut self, by: usize, band: usize, rows: &[To], wish: &Wish) -> Verdict {
        let terms = self.terms(by, band, wish)?;
        let mut seen = Vec::new();
        let mut chosen = Vec::new();
        for &to in rows {
            if self.may_be_invited(to, band, by).is_err() || (to != To::Holder && seen.contains(&to)) {
                continue;
            }
            seen.push(to);
            let old = self.waiting(to, band);
            if old.is_none_or(|old| wish.replace && self.changeable(by, old).is_ok()) {
                chosen.push((to, old));
            }
        }
        let room =
            self.campaigns[terms.campaign].max_invites.map(|most| most.saturating_sub(self.made_in(terms.campaign)));
        chosen.truncate(room.into_iter().chain(self.quota_left(by)).min().unwrap_or(usize::MAX));
        self.cancel("replaced", |n, _| chosen.iter().any(|(_, old)| *old == Some(n)));
        self.done = chosen.len();
        for (to, _) in &chosen {
            self.put(by, band, *to, wish, terms);
        }
        match self.done {
            0 => Err((422, "")),
            n if n == rows.len() => Ok((201, "")),
            _ => Ok((207, "")),
        }
    }

    /// How many invites are in a campaign, whatever they came to.
    pub(super) fn made_in(&self, campaign: usize) -> usize {
        self.invites.iter().filter(|invite| invite.campaign == campaign).count()
    }

    /// How many more somebody may make; the site's codes do not count.
    pub(super) fn quota_left(&self, who: usize) -> Option<usize> {
        let limit = self.quotas.get(&who).copied().flatten()?;
        let made = self.invites.iter().filter(|invite| invite.by == who && invite.band != SITE).count();
        Some(limit.saturating_sub(made))
    }

    /// So many more.
    pub(super) fn has_quota(&self, who: usize, n: usize) -> Result<(), Answer> {
        if self.quota_left(who).is_some_and(|left| left < n) { Err((403, "quota_exceeded")) } else { Ok(()) }
    }

    /// How many somebody may make, said by who runs the site.
    pub fn set_quota(&mut self, by: usize, who: usize, limit: Option<usize>) -> Verdict {
        if by != SITE_ADMIN {
            return Err(FORBIDDEN);
        }
        if self.has_left(who) {
            return Err(NOT_FOUND);
        }
        self.quotas.insert(who, limit);
        Ok((200, ""))
    }
}
