//! The rules once more, as small as they can be written: no database, no network.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How many people there are; the first is the owner.
pub const PEOPLE: usize = 5;
/// The owner's number.
pub const OWNER: usize = 0;

/// An HTTP status and a problem's code, or an outcome.
pub type Answer = (u16, &'static str);

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
    /// Whoever holds the link.
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

struct Invite {
    by: usize,
    to: To,
    role: Role,
    max_uses: Option<u32>,
    uses: u32,
    made: i64,
    ends: Option<i64>,
    /// How it ended and when; `None` while it is pending by its row.
    end: Option<(&'static str, i64)>,
}

/// One band.
pub struct Model {
    /// Seconds since the beginning.
    pub now: i64,
    members: BTreeMap<usize, Role>,
    /// Since when someone is removed, and whether banned.
    gone: BTreeMap<usize, (i64, bool)>,
    invites: Vec<Invite>,
}

/// Seconds within which a revoke can be undone.
const RESTORABLE: i64 = 10 * 60;

impl Model {
    /// A band with its owner.
    pub fn new() -> Self {
        let members = BTreeMap::from([(OWNER, Role::Owner)]);
        Self { now: 0, members, gone: BTreeMap::new(), invites: Vec::new() }
    }

    /// Who is in, and as what.
    pub fn members(&self) -> impl Iterator<Item = (usize, &'static str)> {
        self.members.iter().map(|(who, role)| (*who, role.word()))
    }

    /// An invite's status, reason, uses and role, as they are told.
    pub fn told(&self, n: usize) -> Value {
        let invite = &self.invites[n];
        let (status, reason) = match self.end(n) {
            None => ("pending", Value::Null),
            Some(end @ ("accepted" | "rejected")) => (end, Value::Null),
            Some(reason) => ("cancelled", json!(reason)),
        };
        json!([status, reason, invite.uses, invite.role.word()])
    }

    /// How many invites were made and stand where, and how often they were used.
    pub fn figures(&self) -> BTreeMap<&'static str, u64> {
        let mut all = BTreeMap::from([("pending", 0), ("accepted", 0), ("rejected", 0), ("cancelled", 0)]);
        for n in 0..self.invites.len() {
            let status = match self.end(n) {
                None => "pending",
                Some(end @ ("accepted" | "rejected")) => end,
                Some(_) => "cancelled",
            };
            *all.entry(status).or_default() += 1;
        }
        all.insert("made", self.invites.len() as u64);
        all.insert("uses", self.invites.iter().map(|invite| u64::from(invite.uses)).sum());
        all
    }

    /// How an invite ended by now; expiry is true at its instant.
    fn end(&self, n: usize) -> Option<&'static str> {
        let invite = &self.invites[n];
        let over = invite.ends.is_some_and(|end| self.now >= end);
        invite.end.map(|(end, _)| end).or_else(|| over.then_some("expired"))
    }

    fn cancel(&mut self, reason: &'static str, which: impl Fn(&Invite) -> bool) {
        for n in 0..self.invites.len() {
            if self.end(n).is_none() && which(&self.invites[n]) {
                self.invites[n].end = Some((reason, self.now));
            }
        }
    }

    fn waiting(&self, to: To) -> bool {
        to != To::Holder && (0..self.invites.len()).any(|n| self.end(n).is_none() && self.invites[n].to == to)
    }

    /// Making an invite.
    pub fn make(&mut self, by: usize, to: To, role: Role, max_uses: Option<u32>, hours: Option<i64>) -> Answer {
        match self.members.get(&by) {
            None => return (404, "not_found"),
            Some(Role::Member) => return (403, "forbidden"),
            Some(_) => {}
        }
        if let Some(who) = to.person() {
            if self.members.contains_key(&who) {
                return (409, "already_member");
            }
            if self.gone.get(&who).is_some_and(|(_, banned)| *banned) {
                return (403, "banned");
            }
        }
        if self.waiting(to) {
            return (409, "already_pending");
        }
        let ends = hours.map(|hours| self.now + hours * 3_600);
        self.invites.push(Invite { by, to, role, max_uses, uses: 0, made: self.now, ends, end: None });
        (201, "")
    }

    fn refused_at_the_door(&self, who: usize, n: usize) -> Option<Answer> {
        match self.gone.get(&who) {
            Some((_, true)) => Some((403, "banned")),
            Some((at, false)) if self.invites[n].made <= *at => Some((403, "removed")),
            _ => None,
        }
    }

    fn ended(&self, n: usize) -> Option<Answer> {
        Some(match self.end(n)? {
            "accepted" => (410, "invite_used"),
            "rejected" => (410, "invite_declined"),
            "revoked" => (410, "invite_revoked"),
            "expired" => (410, "invite_expired"),
            _ => (410, "invite_cancelled"),
        })
    }

    /// Coming in.
    pub fn accept(&mut self, who: usize, n: usize) -> Answer {
        if let Some(no) = self.refused_at_the_door(who, n) {
            return no;
        }
        if self.members.contains_key(&who) {
            return (200, "already_member");
        }
        if let Some(no) = self.ended(n) {
            return no;
        }
        if self.invites[n].to.person().is_some_and(|other| other != who) {
            return (403, "wrong_recipient");
        }
        let now = self.now;
        let invite = &mut self.invites[n];
        invite.uses += 1;
        if invite.max_uses == Some(invite.uses) {
            invite.end = Some(("accepted", now));
        }
        self.members.insert(who, invite.role);
        self.gone.remove(&who);

        let taken = n;
        let others: Vec<usize> = (0..self.invites.len()).filter(|n| *n != taken && self.end(*n).is_none()).collect();
        for other in others {
            if self.invites[other].to.person() == Some(who) {
                self.invites[other].end = Some(("superseded", now));
            }
        }
        (200, "joined")
    }

    /// Saying no.
    pub fn decline(&mut self, who: usize, n: usize) -> Answer {
        if let Some(no) = self.refused_at_the_door(who, n).or_else(|| self.ended(n)) {
            return no;
        }
        if self.invites[n].to.person().is_some_and(|other| other != who) {
            return (403, "wrong_recipient");
        }
        if self.invites[n].max_uses != Some(1) {
            return (409, "not_declinable");
        }
        self.invites[n].end = Some(("rejected", self.now));
        (204, "")
    }

    /// Why someone does not get at an invite.
    fn kept_from(&self, by: usize, n: usize) -> Option<Answer> {
        match self.members.get(&by) {
            None => Some((404, "not_found")),
            Some(Role::Member) if self.invites[n].by != by => Some((404, "not_found")),
            Some(Role::Member) => Some((403, "forbidden")),
            Some(_) => None,
        }
    }

    /// Taking an invite back. One's own can be taken back by whoever made it, too.
    pub fn revoke(&mut self, by: usize, n: usize) -> Answer {
        if let Some(no) = self.kept_from(by, n).filter(|no| no.0 == 404) {
            return no;
        }
        match self.end(n) {
            Some("revoked") => (204, ""),
            Some(_) => (409, "not_pending"),
            None => {
                self.invites[n].end = Some(("revoked", self.now));
                (204, "")
            }
        }
    }

    /// Undoing that.
    pub fn restore(&mut self, by: usize, n: usize) -> Answer {
        if let Some(no) = self.kept_from(by, n) {
            return no;
        }
        let invite = &self.invites[n];
        let recent = matches!(invite.end, Some(("revoked", at)) if self.now - at < RESTORABLE);
        if !recent || invite.ends.is_some_and(|end| self.now >= end) {
            return (409, "not_restorable");
        }
        if self.waiting(invite.to) {
            return (409, "already_pending");
        }
        self.invites[n].end = None;
        (200, "")
    }

    /// A new token.
    pub fn rotate(&mut self, by: usize, n: usize) -> Answer {
        self.kept_from(by, n).unwrap_or(if self.end(n).is_none() { (200, "") } else { (409, "not_pending") })
    }

    /// Another role, by the owner.
    pub fn set_role(&mut self, n: usize, role: Role) -> Answer {
        if self.end(n).is_some() {
            return (409, "not_pending");
        }
        self.invites[n].role = role;
        (200, "")
    }

    /// Another number of uses, by the owner.
    pub fn set_uses(&mut self, n: usize, max_uses: Option<u32>) -> Answer {
        if self.end(n).is_some() {
            return (409, "not_pending");
        }
        let invite = &mut self.invites[n];
        if max_uses.is_some_and(|most| most <= invite.uses) || (invite.to != To::Holder && max_uses != Some(1)) {
            return (422, "validation");
        }
        invite.max_uses = max_uses;
        (200, "")
    }

    /// Another end, by the owner.
    pub fn extend(&mut self, n: usize, hours: Option<i64>) -> Answer {
        if self.end(n).is_some() {
            return (409, "not_pending");
        }
        self.invites[n].ends = hours.map(|hours| self.now + hours * 3_600);
        (200, "")
    }

    /// Another role for a member, by the owner.
    pub fn promote(&mut self, who: usize, role: Role) -> Answer {
        match self.members.get(&who) {
            None => (404, "not_found"),
            Some(Role::Owner) => (409, "last_owner"),
            Some(old) => {
                let demoted = role < *old;
                self.members.insert(who, role);
                if demoted {
                    self.cancel("inviter_removed", |invite| invite.by == who && invite.role == Role::Admin);
                }
                (200, "")
            }
        }
    }

    /// Putting a member out, by the owner.
    pub fn remove(&mut self, who: usize, ban: bool) -> Answer {
        match self.members.get(&who) {
            None => (404, "not_found"),
            Some(Role::Owner) => (409, "last_owner"),
            Some(_) => {
                self.members.remove(&who);
                self.cancel("inviter_removed", |invite| invite.by == who && invite.role == Role::Admin);
                self.cancel("member_removed", |invite| invite.to.person() == Some(who));
                self.gone.insert(who, (self.now, ban));
                (204, "")
            }
        }
    }

    /// Going.
    pub fn leave(&mut self, who: usize) -> Answer {
        match self.members.get(&who) {
            None => (404, "not_found"),
            Some(Role::Owner) => (409, "last_owner"),
            Some(_) => {
                self.members.remove(&who);
                self.cancel("inviter_removed", |invite| invite.by == who && invite.role == Role::Admin);
                (204, "")
            }
        }
    }
}
