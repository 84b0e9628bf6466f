//! Sets of invites that share role, message and end, and end together. A batch of codes is one.

use super::{
    Answer, BANDS, Campaign, Change, FORBIDDEN, INVALID, Invite, Life, Model, NOT_FOUND, NOT_PENDING, Role, SITE,
    SITE_ADMIN, To, USED, Verdict,
};

/// What is wished of a campaign.
#[derive(Debug, Clone)]
pub struct NewCampaign {
    /// What its invites grant.
    pub role: Role,
    /// When it ends.
    pub life: Life,
    /// The most invites in it.
    pub max_invites: Option<usize>,
    /// The most uses of all of them together.
    pub max_accepts: Option<u32>,
}

impl Model {
    /// By its own time, or because someone said so.
    pub(super) fn has_ended(&self, campaign: usize) -> bool {
        let campaign = &self.campaigns[campaign];
        campaign.ended || campaign.ends.is_some_and(|end| self.now >= end)
    }

    /// A campaign of this band that has not ended.
    pub(super) fn takes_more(&self, campaign: usize, band: usize) -> Result<(), Answer> {
        if self.campaigns[campaign].band != band || self.campaigns[campaign].deleted {
            return Err(NOT_FOUND);
        }
        if self.has_ended(campaign) { Err(INVALID) } else { Ok(()) }
    }

    /// Room for another invite.
    pub(super) fn has_room(&self, campaign: usize) -> Result<(), Answer> {
        let made = self.made_in(campaign);
        if self.campaigns[campaign].max_invites.is_some_and(|most| made >= most) { Err(INVALID) } else { Ok(()) }
    }

    /// A use for one more person, of those that all invites have together.
    pub(super) fn has_uses(&self, campaign: usize) -> Result<(), Answer> {
        let uses: u32 = self.invites.iter().filter(|invite| invite.campaign == campaign).map(|one| one.uses).sum();
        if self.campaigns[campaign].max_accepts.is_some_and(|most| uses >= most) { Err(USED) } else { Ok(()) }
    }

    /// With the last use that its campaign has an invite ends the campaign, and all that is pending in it and that nobody
    /// holds a use of.
    pub(super) fn end_used_up(&mut self, campaign: usize) {
        if self.has_uses(campaign).is_err() {
            self.campaigns[campaign].ended = true;
            let held: Vec<bool> = (0..self.invites.len()).map(|n| self.is_held(n)).collect();
            self.cancel("campaign_used", |n, invite| invite.campaign == campaign && !held[n]);
        }
    }

    /// No invite asks for a longer life than its campaign has.
    pub(super) fn ends_with_its_campaign(&self, campaign: usize, end: Option<i64>) -> Result<(), Answer> {
        let latest = self.campaigns[campaign].ends;
        if latest.is_some_and(|latest| end.is_none_or(|end| end > latest)) { Err(INVALID) } else { Ok(()) }
    }

    /// The band's admins run campaigns, and who runs the site its batches.
    fn runs(&self, by: usize, campaign: usize) -> Result<(), Answer> {
        match self.campaigns[campaign].band {
            _ if self.campaigns[campaign].deleted => Err(NOT_FOUND),
            SITE if by == SITE_ADMIN => Ok(()),
            SITE => Err(NOT_FOUND),
            band => self.admin(band, by),
        }
    }

    /// Making a campaign.
    pub fn new_campaign(&mut self, by: usize, band: usize, wish: &NewCampaign) -> Verdict {
        self.admin(band, by)?;
        let campaign = Campaign::new(band, wish, self.now);
        self.campaigns.push(campaign);
        Ok((201, ""))
    }

    /// Making codes, all in a campaign of their own. The site's are for signing up alone, and so grant no role.
    pub fn codes(
        &mut self,
        by: usize,
        band: usize,
        wish: &NewCampaign,
        count: usize,
        max_uses: Option<u32>,
    ) -> Verdict {
        if band != SITE {
            self.admin(band, by)?;
        } else if by != SITE_ADMIN {
            return Err(FORBIDDEN);
        } else if wish.role != Role::Member {
            return Err(INVALID);
        }
        if band != SITE {
            self.has_quota(by, count)?;
        }
        let batch =
            Campaign::new(band, &NewCampaign { max_invites: None, max_accepts: None, ..wish.clone() }, self.now);
        let (campaign, made, rules) = (self.campaigns.len(), self.now, self.bands[band].rules);
        let (to, role, message, uses, approval) = (To::Holder, wish.role, None, 0, false);
        let (ends, end) = (batch.ends, None);
        self.campaigns.push(batch);
        let code = Invite { band, campaign, by, to, role, message, max_uses, uses, approval, rules, made, ends, end };
        self.invites.extend(vec![code; count]);
        Ok((201, ""))
    }

    /// Another role, message or end: it goes to the pending invites, also to those that were given their own.
    pub fn edit_campaign(&mut self, by: usize, campaign: usize, change: Change) -> Verdict {
        self.runs(by, campaign)?;
        let site = self.campaigns[campaign].band == SITE;
        // A band's own campaign shares nothing; the site's codes grant nothing; uses are each invite's own.
        let is_none = matches!(change, Change::Role(Role::Admin)) && site || matches!(change, Change::Uses(_));
        if campaign < BANDS || is_none {
            return Err(INVALID);
        }
        if self.has_ended(campaign) {
            return Err(NOT_PENDING);
        }
        let now = self.now;
        let pending: Vec<usize> = (0..self.invites.len()).filter(|n| self.end(*n).is_none()).collect();
        let Campaign { role, message, ends, .. } = &mut self.campaigns[campaign];
        match change {
            Change::Role(new) => *role = Some(new),
            Change::Message(new) => *message = new,
            Change::Life(life) => *ends = life.end(now),
            Change::Uses(_) => {}
        }
        for n in pending {
            match change {
                _ if self.invites[n].campaign != campaign => {}
                Change::Role(new) => self.invites[n].role = new,
                Change::Message(new) => self.invites[n].message = new,
                Change::Life(_) => self.invites[n].ends = self.campaigns[campaign].ends,
                Change::Uses(_) => {}
            }
        }
        Ok((200, ""))
    }

    /// Ending a campaign with what is pending in it; the band's own goes on. Again is no error.
    pub fn expire_campaign(&mut self, by: usize, campaign: usize) -> Verdict {
        self.runs(by, campaign)?;
        self.campaigns[campaign].ended = campaign >= BANDS;
        self.cancel("campaign_expired", |_, invite| invite.campaign == campaign);
        Ok((200, ""))
    }

    /// Ending it so that nobody finds it any more; the band's own stays.
    pub fn delete_campaign(&mut self, by: usize, campaign: usize) -> Verdict {
        self.runs(by, campaign)?;
        if campaign < BANDS {
            return Err(FORBIDDEN);
        }
        self.campaigns[campaign].deleted = true;
        self.cancel("campaign_deleted", |_, invite| invite.campaign == campaign);
        Ok((200, ""))
    }

    /// A band's campaigns, in the order in which they were made, and whether each has ended.
    pub fn campaigns_of(&self, band: usize) -> Vec<(usize, bool)> {
        let here = |k: &usize| self.campaigns[*k].band == band && !self.campaigns[*k].deleted;
        (0..self.campaigns.len()).filter(here).map(|k| (k, self.has_ended(k))).collect()
    }
}

impl Campaign {
    fn new(band: usize, wish: &NewCampaign, now: i64) -> Self {
        let &NewCampaign { role, life, max_invites, max_accepts } = wish;
        let ends = life.end(now);
        Self { max_invites, max_accepts, role: Some(role), ends, ..Self::of_a_band(band) }
    }

    /// What takes the invites of a band that name no campaign: it shares nothing, and never ends.
    pub(super) fn of_a_band(band: usize) -> Self {
        let (max_invites, max_accepts) = (None, None);
        Self { band, role: None, message: None, ends: None, max_invites, max_accepts, ended: false, deleted: false }
    }
}
