//! Of any number, something that there is: mostly what is likely, else anything.

use super::{BANDS, Invite, Model, Role, SITE, SITE_ADMIN, To};

/// One of these; `None` of none.
fn one_of(some: &[usize], number: usize) -> Option<usize> {
    some.get(number.checked_rem(some.len())?).copied()
}

impl Model {
    fn likely(number: usize, some: &[usize], all: usize) -> Option<usize> {
        let (likely, number) = (!number.is_multiple_of(4), number / 4);
        one_of(some, number).filter(|_| likely).or_else(|| number.checked_rem(all))
    }

    /// Someone who runs the band, someone in it, or anyone.
    pub fn of_the_band(&self, number: usize, band: usize) -> usize {
        let some = match band {
            SITE => vec![SITE_ADMIN],
            _ if number.is_multiple_of(3) => self.bands[band].members.keys().copied().collect(),
            _ => [self.people_as(band, Role::Owner), self.people_as(band, Role::Admin)].concat(),
        };
        Self::likely(number / 3, &some, self.people).unwrap_or_default()
    }

    /// Someone in the band, if possible with an invite waiting for them or made by them; or anyone.
    pub fn a_member(&self, number: usize, band: usize) -> usize {
        let members: Vec<usize> = self.bands[band].members.keys().copied().collect();
        let pending: Vec<&Invite> =
            (0..self.invites.len()).filter(|n| self.end(*n).is_none()).map(|n| &self.invites[n]).collect();
        let touched = |who: &usize| {
            let touches = |i: &&Invite| i.band == band && (i.by == *who || i.to.person() == Some(*who));
            self.bands[band].members[who].role < Role::Owner && pending.iter().any(touches)
        };
        let some: Vec<usize> = members.iter().copied().filter(touched).collect();
        let some = if some.is_empty() || number.is_multiple_of(3) { members } else { some };
        Self::likely(number / 3, &some, self.people).unwrap_or_default()
    }

    /// Someone for whom an invite to the band waits.
    pub fn waited_for(&self, number: usize, band: usize) -> Option<To> {
        let pending = (0..self.invites.len()).filter(|n| self.end(*n).is_none()).map(|n| &self.invites[n]);
        let some: Vec<To> = pending.filter(|i| i.band == band && i.to != To::Holder).map(|i| i.to).collect();
        some.get(number.checked_rem(some.len())?).copied()
    }

    /// An invite that stands thus, or any.
    pub fn an_invite(&self, number: usize, end: &str) -> Option<usize> {
        let all = 0..self.invites.len();
        let some: Vec<usize> = all.filter(|n| self.end(*n).unwrap_or("pending") == end).collect();
        Self::likely(number, &some, self.invites.len())
    }

    /// Whom the invite is for, where it is for someone with an account; or anyone.
    pub fn recipient(&self, number: usize, n: usize) -> usize {
        let person = self.invites[n].to.person().filter(|who| *who < self.people);
        Self::likely(number, person.as_slice(), self.people).unwrap_or_default()
    }

    /// An invite by which the next one can sign up, or any.
    pub fn for_a_newcomer(&self, number: usize) -> Option<usize> {
        let fits = |n: &usize| match self.invites[*n].to {
            To::Account(_) => false,
            To::Address(who) => who == self.people,
            To::Holder => true,
        };
        let all = 0..self.invites.len();
        let some: Vec<usize> = all.filter(|n| self.end(*n).is_none()).filter(fits).collect();
        Self::likely(number, &some, self.invites.len())
    }

    /// A campaign of the band that shares something, or any.
    pub fn a_campaign(&self, number: usize, band: Option<usize>) -> usize {
        let here = |k: &usize| band.is_none_or(|band| self.campaigns[*k].band == band) && !self.campaigns[*k].deleted;
        let some: Vec<usize> = (BANDS..self.campaigns.len()).filter(here).collect();
        Self::likely(number, &some, self.campaigns.len()).unwrap_or_default()
    }

    /// A request that waits, or any.
    pub fn a_request(&self, number: usize) -> Option<usize> {
        let all = 0..self.requests.len();
        let some: Vec<usize> = all.filter(|r| self.requests[*r].state == "pending").collect();
        Self::likely(number, &some, self.requests.len())
    }

    /// Where an invite is to.
    pub fn band_of(&self, n: usize) -> usize {
        self.invites[n].band
    }

    /// Where a campaign belongs.
    pub fn band_of_campaign(&self, k: usize) -> usize {
        self.campaigns[k].band
    }

    /// Where someone asks to be let in.
    pub fn band_of_request(&self, r: usize) -> usize {
        self.requests[r].band
    }
}
