//! The rules once more, as small as they can be written: no database, no network. Who wants to know what the server
//! does reads them here.
//!
//! | module | what it says |
//! |---|---|
//! | this one | what there is, when an invite is over, who gets at it, and how one is made |
//! | `door` | coming in: accept, decline, sign up, ask, and an admin's answer |
//! | `change` | taking back, restoring and editing invites |
//! | `members` | roles, removal, leaving, handing over, and what that ends |
//! | `campaigns` | sets of invites that share role, message and end, and end together; batches of codes |
//! | `gone` | bands and accounts that are deleted |
//! | `many` | many invites made or changed at once, sent again; how many somebody may make |
//!
//! A rule answers `Ok` where it did what was asked, `Err` where it refused. Its checks stand in the order in which they
//! are made, all of them before the first change.

mod aim;
mod campaigns;
mod change;
mod door;
mod gone;
mod many;
mod members;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

pub use self::{
    campaigns::NewCampaign,
    change::{Change, Life},
    door::Door,
    many::Doing,
};

/// How many people there are from the beginning. Each of the first ones owns the band of the same number.
pub const PEOPLE: usize = 5;
/// How many bands.
pub const BANDS: usize = 2;
/// The band that nobody is in: on it hang codes that only let people sign up.
pub const SITE: usize = BANDS;
/// Who runs the site.
pub const SITE_ADMIN: usize = 0;
/// Into this band people may ask to be let in; into the other they come by invite alone.
pub const ASKABLE: usize = 1;

/// An HTTP status and a problem's code, or an outcome.
pub type Answer = (u16, &'static str);
/// What a rule says: done, or refused.
pub type Verdict = Result<Answer, Answer>;

const NOT_FOUND: Answer = (404, "not_found");
const FORBIDDEN: Answer = (403, "forbidden");
const NOT_PENDING: Answer = (409, "not_pending");
const INVALID: Answer = (422, "validation");
const USED: Answer = (410, "invite_used");
const CANCELLED: Answer = (410, "invite_cancelled");

/// Of a member, or granted by an invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A plain member.
    Member,
    /// An admin.
    Admin,
    /// The owner.
    Owner,
}

impl Role {
    /// As it stands on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

/// Whom an invite is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Whoever holds the link, or the code.
    Holder,
    /// A person's account.
    Account(usize),
    /// A person's address.
    Address(usize),
}

impl To {
    fn person(self) -> Option<usize> {
        match self {
            Self::Holder => None,
            Self::Account(who) | Self::Address(who) => Some(who),
        }
    }
}

/// Which other invites of a person an accept ends. The order is that of tightness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Supersedes {
    /// None.
    None,
    /// Those to the same band.
    SameBand,
    /// All: those to the account, and those to its address where that is verified.
    Everywhere,
}

/// What an invite is made under. It keeps what was in force then, whatever the band decides later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whoever comes in is in no other band.
    pub one_band: bool,
    /// What an accept ends.
    pub supersedes: Supersedes,
    /// With their maker's membership the invites end, too.
    pub revoke_with_inviter: bool,
}

impl Rules {
    /// A band may tighten what the site says, and never loosen it. To reach into other bands is the site's alone.
    fn is_within(self, site: Self) -> bool {
        self.one_band >= site.one_band
            && self.revoke_with_inviter >= site.revoke_with_inviter
            && self.supersedes >= site.supersedes
            && (self.supersedes < Supersedes::Everywhere || site.supersedes == Supersedes::Everywhere)
    }
}

/// What the server is set to.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// What holds in a band that decides nothing.
    pub rules: Rules,
    /// An account costs a use of an invite.
    pub invite_only: bool,
}

/// Of whom a person wants no more invites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// Who made the declined one.
    Inviter,
    /// Its band.
    Band,
    /// Anyone.
    Server,
}

#[derive(Clone, Copy)]
struct Member {
    role: Role,
    can_invite: bool,
    /// The invite by which they came.
    by: Option<usize>,
}

impl Member {
    /// The highest role that the member may grant.
    fn grants(self) -> Option<Role> {
        match self.role {
            Role::Owner | Role::Admin => Some(Role::Admin),
            Role::Member => self.can_invite.then_some(Role::Member),
        }
    }
}

struct Band {
    rules: Rules,
    members: BTreeMap<usize, Member>,
    /// Since when someone is removed, and whether banned.
    gone: BTreeMap<usize, (i64, bool)>,
    deleted: bool,
}

impl Band {
    fn let_in(&mut self, who: usize, role: Role, by: Option<usize>) {
        self.members.insert(who, Member { role, can_invite: false, by });
    }
}

#[derive(Clone)]
struct Invite {
    band: usize,
    campaign: usize,
    by: usize,
    to: To,
    role: Role,
    message: Option<u8>,
    max_uses: Option<u32>,
    uses: u32,
    /// An admin has to agree before the use is taken.
    approval: bool,
    rules: Rules,
    made: i64,
    ends: Option<i64>,
    /// How it ended and when; `None` while nothing but time has ended it.
    end: Option<(&'static str, i64)>,
}

struct Campaign {
    band: usize,
    role: Option<Role>,
    message: Option<u8>,
    ends: Option<i64>,
    max_invites: Option<usize>,
    max_accepts: Option<u32>,
    ended: bool,
    deleted: bool,
}

/// Someone who asks to be let in.
#[derive(Clone, Copy)]
struct Request {
    band: usize,
    who: usize,
    /// The invite by which they ask.
    by: Option<usize>,
    /// `pending`, `approved`, `denied` or `closed`.
    state: &'static str,
}

/// A site with its bands.
pub struct Model {
    /// Seconds since the beginning.
    pub now: i64,
    /// How many have had an account.
    pub people: usize,
    /// Those of them who have none any more.
    left: BTreeSet<usize>,
    site: Site,
    bands: Vec<Band>,
    invites: Vec<Invite>,
    /// Each band's own first, that takes what names none; it never ends.
    campaigns: Vec<Campaign>,
    requests: Vec<Request>,
    /// Who wants no invites of whom: of an inviter, of a band, of anyone.
    blocks: BTreeSet<(usize, Block, usize)>,
    /// Who signed up by which invite, and has not come in by it yet: the use is taken already.
    held: BTreeSet<(usize, usize)>,
    /// How many each may make, where that was said.
    quotas: BTreeMap<usize, Option<usize>>,
    /// To how many invites the last act was done that was done to many.
    pub done: usize,
}

/// What is wished of a new invite; what is left out is the campaign's, or as the site has it.
#[derive(Debug, Clone)]
pub struct Wish {
    pub campaign: Option<usize>,
    pub role: Option<Role>,
    pub message: Option<u8>,
    pub max_uses: Option<u32>,
    pub life: Option<Life>,
    pub approval: bool,
    /// In the place of one that is pending for the same person.
    pub replace: bool,
}

/// What a wish comes to.
#[derive(Clone, Copy)]
struct Terms {
    campaign: usize,
    role: Role,
    message: Option<u8>,
    ends: Option<i64>,
}

/// The life of an invite that is made without a wish.
const DEFAULT_LIFE: i64 = 72 * 3_600;

impl Model {
    /// Bands with their owners.
    pub fn new(site: Site) -> Self {
        let band = |n: usize| {
            let owner = (n, Member { role: Role::Owner, can_invite: false, by: None });
            let members = (n != SITE).then_some(owner).into_iter().collect();
            Band { rules: site.rules, members, gone: BTreeMap::new(), deleted: false }
        };
        Self {
            now: 0,
            people: PEOPLE,
            left: BTreeSet::new(),
            site,
            bands: (0..=SITE).map(band).collect(),
            invites: Vec::new(),
            campaigns: (0..BANDS).map(Campaign::of_a_band).collect(),
            requests: Vec::new(),
            blocks: BTreeSet::new(),
            held: BTreeSet::new(),
            quotas: BTreeMap::new(),
            done: 0,
        }
    }

    /// Every other one has proved that they read their mail.
    pub fn is_verified(who: usize) -> bool {
        who < PEOPLE && who % 2 == 1
    }

    /// How an invite ended by now; expiry is true at its instant, whether or not someone has written it down.
    fn end(&self, n: usize) -> Option<&'static str> {
        let invite = &self.invites[n];
        invite.end.map(|(end, _)| end).or_else(|| self.is_over(invite).then_some("expired"))
    }

    fn is_over(&self, invite: &Invite) -> bool {
        invite.ends.is_some_and(|end| self.now >= end)
    }

    /// Ends what is pending, and with it what was asked by it.
    fn cancel(&mut self, reason: &'static str, which: impl Fn(usize, &Invite) -> bool) {
        for n in 0..self.invites.len() {
            if self.end(n).is_none() && which(n, &self.invites[n]) {
                self.invites[n].end = Some((reason, self.now));
                self.close_requests(|request| request.by == Some(n));
            }
        }
    }

    fn close_requests(&mut self, which: impl Fn(&Request) -> bool) {
        for request in self.requests.iter_mut().filter(|request| request.state == "pending" && which(request)) {
            request.state = "closed";
        }
    }

    /// For strangers there is no such band.
    fn inside(&self, band: usize, who: usize) -> Result<Member, Answer> {
        self.bands[band].members.get(&who).copied().ok_or(NOT_FOUND)
    }

    fn admin(&self, band: usize, who: usize) -> Result<(), Answer> {
        if self.inside(band, who)?.role >= Role::Admin { Ok(()) } else { Err(FORBIDDEN) }
    }

    /// Who may invite sees all invites, others their own. To the site's codes who runs it stands as an admin.
    fn seen(&self, by: usize, n: usize) -> Result<Member, Answer> {
        let member = match self.invites[n].band {
            SITE if by == SITE_ADMIN => Member { role: Role::Admin, can_invite: true, by: None },
            band => self.inside(band, by)?,
        };
        if member.grants().is_some() || self.invites[n].by == by { Ok(member) } else { Err(NOT_FOUND) }
    }

    /// Admins change all invites, others their own; nobody one above what they may grant.
    fn changeable(&self, by: usize, n: usize) -> Result<Member, Answer> {
        let (member, invite) = (self.seen(by, n)?, &self.invites[n]);
        let own = invite.by == by || member.role >= Role::Admin;
        if own && member.grants() >= Some(invite.role) { Ok(member) } else { Err(FORBIDDEN) }
    }

    /// The one invite of a band that waits for a person, by account or by address.
    fn waiting(&self, to: To, band: usize) -> Option<usize> {
        to.person()?;
        let same = |n: &usize| self.invites[*n].to == to && self.invites[*n].band == band;
        (0..self.invites.len()).find(|n| self.end(*n).is_none() && same(n))
    }

    /// Whether someone may be invited by someone to a band.
    fn may_be_invited(&self, to: To, band: usize, by: usize) -> Result<(), Answer> {
        let Some(who) = to.person() else { return Ok(()) };
        if self.left.contains(&who) {
            return self.may_be_invited_still(to, band, by);
        }
        if self.bands[band].members.contains_key(&who) {
            return Err((409, "already_member"));
        }
        if self.bands[band].gone.get(&who).is_some_and(|(_, banned)| *banned) {
            return Err((403, "banned"));
        }
        self.wants_it(who, band, by)
    }

    fn wants_it(&self, who: usize, band: usize, by: usize) -> Result<(), Answer> {
        let blocks = [(who, Block::Inviter, by), (who, Block::Band, band), (who, Block::Server, 0)];
        if blocks.iter().any(|block| self.blocks.contains(block)) {
            return Err((409, "recipient_opted_out"));
        }
        Ok(())
    }

    /// What invites come to that are made by this wish, if they can be.
    fn terms(&self, by: usize, band: usize, wish: &Wish) -> Result<Terms, Answer> {
        let up_to = self.inside(band, by)?.grants().ok_or(FORBIDDEN)?;
        if wish.campaign.is_some() {
            self.admin(band, by)?; // who runs campaigns
        }
        let campaign = wish.campaign.unwrap_or(band);
        self.takes_more(campaign, band)?;
        let shared = &self.campaigns[campaign];
        let role = wish.role.or(shared.role).unwrap_or(Role::Member);
        let ends = match wish.life {
            Some(life) => life.end(self.now),
            None if campaign == band => Some(self.now + DEFAULT_LIFE),
            None => shared.ends,
        };
        let message = wish.message.or(shared.message);
        if wish.life.is_some() {
            self.ends_with_its_campaign(campaign, ends)?;
        }
        if role > up_to { Err(FORBIDDEN) } else { Ok(Terms { campaign, role, message, ends }) }
    }

    fn put(&mut self, by: usize, band: usize, to: To, wish: &Wish, terms: Terms) {
        let Terms { campaign, role, message, ends } = terms;
        let (rules, made, max_uses, approval) = (self.bands[band].rules, self.now, wish.max_uses, wish.approval);
        let (uses, end) = (0, None);
        let invite = Invite { band, campaign, by, to, role, message, max_uses, uses, approval, rules, made, ends, end };
        self.invites.push(invite);
    }

    /// Making an invite.
    pub fn make(&mut self, by: usize, band: usize, to: To, wish: &Wish) -> Verdict {
        let terms = self.terms(by, band, wish)?;
        self.may_be_invited(to, band, by)?;
        let old = self.waiting(to, band);
        if let Some(old) = old {
            if !wish.replace {
                return Err((409, "already_pending"));
            }
            self.changeable(by, old)?;
        }
        self.has_quota(by, 1)?;
        self.has_room(terms.campaign)?;
        self.cancel("replaced", |n, _| Some(n) == old);
        self.put(by, band, to, wish, terms);
        Ok((201, ""))
    }

    /// What an invite is for, before anyone signs in; without a use left still for who holds one.
    pub fn look(&self, n: usize) -> Verdict {
        self.still_good(n)?;
        if !self.is_held(n) {
            self.has_use(n)?;
        }
        Ok((200, ""))
    }

    /// Other rules for what is made from now on.
    pub fn set_rules(&mut self, by: usize, band: usize, rules: Rules) -> Verdict {
        self.admin(band, by)?;
        if !rules.is_within(self.site.rules) {
            return Err(INVALID);
        }
        self.bands[band].rules = rules;
        Ok((200, ""))
    }
}

/// What is told of all this.
impl Model {
    /// The band's owner; there always is one.
    pub fn owner(&self, band: usize) -> usize {
        let owners: Vec<usize> = self.people_as(band, Role::Owner);
        assert_eq!(owners.len(), 1, "a band has one owner");
        owners[0]
    }

    fn people_as(&self, band: usize, role: Role) -> Vec<usize> {
        self.bands[band].members.iter().filter(|(_, member)| member.role == role).map(|(who, _)| *who).collect()
    }

    /// Who is in, as what, and whether they may invite beyond that.
    pub fn members(&self, band: usize) -> impl Iterator<Item = (usize, &'static str, bool)> {
        self.bands[band].members.iter().map(|(who, member)| (*who, member.role.word(), member.can_invite))
    }

    /// The tree: who is in, by which invite, and how many of the others each brought.
    pub fn tree(&self, band: usize) -> Vec<(usize, Option<usize>, usize)> {
        let members = &self.bands[band].members;
        let brought = |who: usize| members.values().filter(|m| m.by.is_some_and(|n| self.maker(n) == who)).count();
        members.iter().map(|(who, member)| (*who, member.by, brought(*who))).collect()
    }

    /// Who made an invite.
    pub fn maker(&self, n: usize) -> usize {
        self.invites[n].by
    }

    /// The numbers of a band's invites, in the order in which they were made.
    pub fn invites_of(&self, band: usize) -> Vec<usize> {
        (0..self.invites.len()).filter(|n| self.invites[*n].band == band).collect()
    }

    /// In which ways invites have ended.
    pub fn ends(&self) -> impl Iterator<Item = &'static str> {
        (0..self.invites.len()).filter_map(|n| self.end(n))
    }

    /// The status that an invite is told with, and why it was cancelled.
    fn status(&self, n: usize) -> (&'static str, Option<&'static str>) {
        match self.end(n) {
            None => ("pending", None),
            Some(end @ ("accepted" | "rejected")) => (end, None),
            Some(reason) => ("cancelled", Some(reason)),
        }
    }

    /// An invite's status, reason, uses, role and message, as they are told.
    pub fn told(&self, n: usize) -> Value {
        let (status, reason) = self.status(n);
        let Invite { uses, max_uses, role, message, .. } = self.invites[n];
        json!([status, reason, uses, max_uses, role.word(), message.map(text)])
    }

    /// How many of these invites were made and stand where, and how often they were used.
    pub fn figures(&self, which: impl Fn(usize, usize) -> bool) -> BTreeMap<&'static str, u64> {
        let names = ["made", "pending", "accepted", "rejected", "cancelled", "expired", "uses"];
        let mut all = BTreeMap::from(names.map(|name| (name, 0)));
        for (n, invite) in self.invites.iter().enumerate().filter(|(_, invite)| which(invite.band, invite.campaign)) {
            let (status, reason) = self.status(n);
            let expired = u64::from(matches!(reason, Some("expired" | "campaign_expired")));
            for (name, more) in [("made", 1), (status, 1), ("expired", expired), ("uses", u64::from(invite.uses))] {
                *all.entry(name).or_default() += more;
            }
        }
        all
    }

    /// Who waits for an admin's answer: the person, the invite by which they ask, the role that it grants.
    pub fn asking(&self, band: usize) -> Vec<(usize, usize, Option<usize>, &'static str)> {
        let here = |(_, request): &(usize, &Request)| request.band == band && request.state == "pending";
        let role = |by: Option<usize>| by.map_or(Role::Member, |n| self.invites[n].role).word();
        let show = |(r, request): (usize, &Request)| (r, request.who, request.by, role(request.by));
        self.requests.iter().enumerate().filter(here).map(show).collect()
    }

    /// Which invites a person finds in their inbox: none whose use somebody else holds, and none to where they are in.
    pub fn inbox(&self, who: usize) -> Vec<usize> {
        let there = |n: &usize| {
            let is_in = self.bands[self.invites[*n].band].members.contains_key(&who);
            self.end(*n).is_none() && !is_in && self.is_known_to_be_for(who, *n)
        };
        (0..self.invites.len()).filter(there).filter(|n| !self.is_held(*n) || self.held.contains(&(who, *n))).collect()
    }
}

/// A message as it stands on the wire.
pub fn text(message: u8) -> String {
    format!("message {message}")
}
