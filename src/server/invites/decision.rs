//! What is decided about many pending invites at once: that they end, or that they grant another role, say another
//! message, end at another time. They can be hundreds of thousands, so it is written to them a thousand at a time, in
//! transactions of their own, and other people's requests come in between. What is not through stands in `decision`:
//! whoever began goes on with it, and where they could not, the sweeper does.
//!
//! | decision | about whose invites |
//! |---|---|
//! | a campaign is ended, deleted, or changed | those of the campaign |
//! | a campaign has no use left | those of the campaign of which nobody holds a use |
//! | a band is deleted | those of the band |
//! | a member is removed, leaves, or deletes the account | those they made: to `admin`, or under rules that say so; all on request |
//! | an admin is demoted | those to `admin` that they made |
//!
//! Rows follow; the decision is true at once. Whoever holds an invite first writes to it what was decided ([`settle`]),
//! and so does who ends what waits for a person ([`settle_for`]); who only looks is told what the row will be
//! ([`foretold`](super::foretold)). Decisions about one band are written in the order in which they were taken. A row to
//! which one is written before its turn is marked with its number: what is said of this invite alone later stays.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    api::Patch,
    domain::{AccountId, BandId, CampaignId, CancelReason, InviteId, Loss, Message, OnInviterRemoved, Role, Timestamp},
    server::{
        bands::requests,
        store::{
            Dialect, Error, ToValue, Tx,
            dialect::{filled, intern},
        },
    },
};

use super::{
    cancel::{Cancel, NAMED_AT_ONCE},
    turn,
};

/// The number of a decision that is not written down yet: it comes after all others.
pub(super) const NEW: i64 = i64::MAX;

/// Whether there are decisions that the row of the invite `i` may not tell of yet, as SQL.
macro_rules! is_decided {
    ($i:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM decision o WHERE o.band = ",
            $i,
            ".band AND o.past < ",
            $i,
            ".seq AND o.upto >= ",
            $i,
            ".seq)"
        )
    };
}
pub(crate) use is_decided;

/// Whether somebody holds a use of an invite, and has not come in by it yet, as SQL.
pub(super) const IS_HELD: &str = "EXISTS (SELECT 1 FROM redemption r WHERE r.invite = invite.id AND r.held)";

crate::row! {
    /// A decision about pending invites of a band.
    #[derive(Debug, Clone)]
    pub(crate) struct Decision {
        pub(super) seq: i64,
        pub(super) band: BandId,
        /// The campaign whose invites it is about; `None` for whatever their campaign is.
        pub(super) campaign: Option<CampaignId>,
        /// Who made the invites that it is about; `None` for whoever did.
        pub(super) maker: Option<AccountId>,
        /// About all of these; else about those to `admin` alone.
        every: bool,
        /// Beside those to `admin` about those that end with their maker by the rules that they were made under.
        by_rules: bool,
        /// Why they end; `None` where they change and go on.
        pub(super) reason: Option<CancelReason>,
        pub(super) role: Option<Role>,
        pub(super) sets_message: bool,
        pub(super) message: Option<Message>,
        pub(super) sets_end: bool,
        pub(super) expires_at: Option<Timestamp>,
        /// Who took it; `None` for the server itself.
        pub(super) actor: Option<AccountId>,
        /// When it was taken.
        pub(super) at: Timestamp,
        /// The newest invite there was then: it is not about what is made later. What was restored since carries the number
        /// of a decision that is not older; clocks of several nodes decide nothing here.
        pub(super) upto: i64,
        /// It is written to all up to this one.
        pub(super) past: i64,
    }
}

const COLUMNS: &str = "seq, band, campaign, maker, every, by_rules, reason, role, sets_message, message, sets_end,
    expires_at, actor, at, upto, past";

/// What becomes of invites that go on: what is left out stays.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The role that they grant.
    pub(crate) role: Option<Role>,
    /// What they say.
    pub(crate) message: Patch<Message>,
    /// When they end, at the latest as the rules allow that each was made under.
    pub(crate) expires_at: Patch<Timestamp>,
}

/// How far a decision has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    /// How many invites end by it in all.
    pub(crate) cancelled: u64,
    /// What is still to do, for [`go_on`].
    pub(crate) rest: Option<Rest>,
}

crate::row! {
    /// A decision that is not through.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Rest { seq: i64 }
}
crate::row! { struct Number { n: i64 } }

impl Decision {
    fn new(band: BandId, actor: Option<AccountId>, at: Timestamp) -> Self {
        Self {
            seq: NEW,
            band,
            campaign: None,
            maker: None,
            every: true,
            by_rules: false,
            reason: None,
            role: None,
            sets_message: false,
            message: None,
            sets_end: false,
            expires_at: None,
            actor,
            at,
            upto: 0,
            past: 0,
        }
    }

    /// That the band's pending invites end; no `actor` is the server itself.
    pub(crate) fn end(band: BandId, reason: CancelReason, actor: Option<AccountId>, at: Timestamp) -> Self {
        Self { reason: Some(reason), ..Self::new(band, actor, at) }
    }

    /// That the band's pending invites change.
    pub(crate) fn change(band: BandId, change: Change, actor: AccountId, at: Timestamp) -> Self {
        let Change { role, message, expires_at } = change;
        Self {
            role,
            sets_message: !message.is_omitted(),
            message: message.into_change().flatten(),
            sets_end: !expires_at.is_omitted(),
            expires_at: expires_at.into_change().flatten(),
            ..Self::new(band, Some(actor), at)
        }
    }

    /// About those of a campaign alone, which is held.
    pub(crate) fn of_campaign(self, campaign: CampaignId) -> Self {
        Self { campaign: Some(campaign), ..self }
    }

    /// About those alone that somebody made, who makes none until this is committed, and that end by this loss.
    pub(crate) fn made_by(self, maker: AccountId, loss: Loss) -> Self {
        let (every, by_rules) = (loss == Loss::Everything, loss == Loss::Membership);
        Self { maker: Some(maker), every, by_rules, ..self }
    }

    /// What their maker lost by it: all of those that it is about end by that.
    pub(super) fn loss(&self) -> Loss {
        match (self.every, self.by_rules) {
            (true, _) => Loss::Everything,
            (false, true) => Loss::Membership,
            (false, false) => Loss::Role,
        }
    }

    /// Takes the decision about a campaign's invites, whose lock comes before theirs, and writes it to the first `batch`
    /// of them.
    pub(crate) fn begin(self, tx: &mut Tx<'_>, batch: u32) -> Result<Begun, Error> {
        self.take(tx, Some(batch))
    }

    /// Takes the decision for who holds rows that come after invites, or invites already, and so writes it to none: nobody
    /// waits for anybody in a circle.
    pub(crate) fn announce(self, tx: &mut Tx<'_>) -> Result<Option<Rest>, Error> {
        Ok(self.take(tx, None)?.rest)
    }

    fn take(mut self, tx: &mut Tx<'_>, batch: Option<u32>) -> Result<Begun, Error> {
        // No later one has a lower number: who makes one that this could be about holds what is held here.
        let newest = "SELECT seq AS n FROM invite ORDER BY seq DESC LIMIT 1";
        self.upto = tx.query_one::<Number>(newest, &[])?.map_or(0, |newest| newest.n);
        // Figures are written at the commit: these are from before the first step.
        let pending = self.pending(tx)?;
        if pending == Some(0) {
            return Ok(Begun { cancelled: 0, rest: None });
        }
        let Step { ended, past } = match batch {
            Some(batch) => self.step(tx, batch)?,
            None => Step { ended: 0, past: Some(0) },
        };
        let cancelled = self.reason.map_or(0, |_| pending.map_or(ended, |n| n.max(ended)));
        let Some(past) = past else { return Ok(Begun { cancelled: ended.unsigned_abs(), rest: None }) };
        turn::of_decisions(tx, self.band)?;
        let rest = tx.query_one(
            "INSERT INTO decision (band, campaign, maker, every, by_rules, reason, role, sets_message, message, sets_end,
                expires_at, actor, at, upto, past)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING seq",
            &[
                &self.band,
                &self.campaign,
                &self.maker,
                &self.every,
                &self.by_rules,
                &self.reason,
                &self.role,
                &self.sets_message,
                &self.message,
                &self.sets_end,
                &self.expires_at,
                &self.actor,
                &self.at,
                &self.upto,
                &past,
            ],
        )?;
        Ok(Begun { cancelled: cancelled.unsigned_abs(), rest })
    }

    /// How many are pending of those that it is about; `None` where that is not known.
    fn pending(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Error> {
        let (dimension, subject): (&str, &dyn ToValue) = match (&self.campaign, &self.maker) {
            (Some(campaign), _) => ("campaign", campaign),
            (None, Some(maker)) => ("inviter", maker),
            (None, None) => return Ok(None),
        };
        let sql = "SELECT pending AS n FROM tally WHERE band = $1 AND dimension = $2 AND subject = $3";
        let kept: Option<Number> = tx.query_one(sql, &[&self.band, &dimension, subject])?;
        let kept = kept.map_or(0, |kept| kept.n);
        match (&self.campaign, self.reason) {
            (Some(campaign), Some(_)) if kept > 0 && self.is_ending_elsewhere(tx)? => self.undecided(tx, campaign),
            _ => Ok(Some(kept)),
        }
    }

    /// Whether something was decided to end in the band that may be pending by its row.
    fn is_ending_elsewhere(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        tx.exists("SELECT 1 AS n FROM decision WHERE band = $1 AND reason IS NOT NULL LIMIT 1", &[&self.band])
    }

    /// How many of a campaign's invites are pending without those that end by what was decided before: those count there.
    fn undecided(&self, tx: &mut Tx<'_>, campaign: &CampaignId) -> Result<Option<i64>, Error> {
        let sql = intern(format!(
            "SELECT COUNT(*) AS n FROM invite WHERE campaign = $1 AND status = 'pending' AND NOT EXISTS (
                SELECT 1 FROM decision o WHERE o.band = $2 AND o.reason IS NOT NULL AND o.seq > invite.decision
                    AND o.past < invite.seq AND o.upto >= invite.seq
                    AND (o.campaign IS NULL OR o.campaign = invite.campaign)
                    AND (o.maker IS NULL OR o.maker = invite.created_by) AND (o.every OR invite.role = 'admin')
                    AND (o.reason <> 'campaign_used' OR NOT {IS_HELD}))"
        ));
        tx.count(sql, &[campaign, &self.band]).map(Some)
    }

    /// Writes it to at most `batch` invites.
    fn step(&self, tx: &mut Tx<'_>, batch: u32) -> Result<Step, Error> {
        let batch = i64::from(batch);
        let next = self.invites(Condition::from(1)).and("seq > ? AND seq <= ?", &[&self.past, &self.upto]);
        let next = next.and("status = 'pending' ORDER BY seq LIMIT ?", &[&batch]);
        let found: Vec<Rest> = tx.query(intern(format!("SELECT seq FROM invite WHERE {}", next.text)), &next.values)?;
        let Some(last) = found.last().map(|last| last.seq) else { return Ok(Step { ended: 0, past: None }) };
        let rows = Rows::Step { of: self, last };
        rows.hold(tx, self.band)?;
        let earlier = open(tx, self.band, self.seq)?;
        write_all(tx, &earlier, &rows)?;
        let ended = self.write(tx, &rows)?;
        Ok(Step { ended, past: (found.len() as i64 == batch).then_some(last) })
    }

    /// The way to those that it is about.
    fn invites<'a>(&'a self, way: Condition<'a>) -> Condition<'a> {
        match (&self.campaign, &self.maker) {
            (Some(campaign), _) => way.and("campaign = ?", &[campaign]),
            (None, Some(maker)) => way.and("band = ? AND created_by = ?", &[&self.band, maker]),
            (None, None) => way.and("band = ?", &[&self.band]),
        }
    }

    /// Writes it to those of the rows, which are held, that it is about; how many ended.
    fn write(&self, tx: &mut Tx<'_>, rows: &Rows<'_>) -> Result<i64, Error> {
        tx.touch(self.band);
        let Some(reason) = self.reason else { return super::together::write(self, tx, rows).map(|()| 0) };
        let which = self.about(rows.way(Condition::from(4)), tx.dialect());
        let cancel = Cancel { reason, actor: self.actor, account: self.maker, now: self.at };
        cancel.pending(tx, &which.text, &which.values)
    }

    /// Whether those go on of which somebody holds a use: that the others are taken is nothing to them.
    pub(super) fn spares_held(&self) -> bool {
        self.reason == Some(CancelReason::CampaignUsed)
    }

    /// Of pending rows those that it is about, by other columns than those that lead to them. A plus keeps the way to all
    /// of a campaign's or a band's invites out of it.
    pub(super) fn about<'a>(&'a self, mut rows: Condition<'a>, dialect: Dialect) -> Condition<'a> {
        let plus = dialect.pick("+", "");
        rows = rows.and(&format!("{plus}band = ? AND decision < ?"), &[&self.band, &self.seq]);
        rows = rows.and(&format!("{plus}seq > ? AND {plus}seq <= ?"), &[&self.past, &self.upto]);
        if let Some(campaign) = &self.campaign {
            rows = rows.and(&format!("{plus}campaign = ?"), &[campaign]);
        }
        if let Some(maker) = &self.maker {
            rows = rows.and(&format!("{plus}created_by = ?"), &[maker]);
        }
        if self.spares_held() {
            rows = rows.and(&format!("NOT {IS_HELD}"), &[]);
        }
        match ended_by(self.loss(), dialect) {
            Some(which) => rows.and(&which, &[]),
            None => rows,
        }
    }
}

/// [`Loss::ends`] as a condition over invites, made of its answers; `None` where it ends all.
fn ended_by(loss: Loss, dialect: Dialect) -> Option<String> {
    let rule = dialect.pick("json_extract(policy, '$.on_inviter_removed')", "policy::json ->> 'on_inviter_removed'");
    let mut some = Vec::new();
    let mut is_all = true;
    for role in [Role::Member, Role::Admin] {
        let under: Vec<String> = OnInviterRemoved::ALL
            .iter()
            .filter(|rule| loss.ends(role, **rule))
            .map(|rule| format!("'{rule}'"))
            .collect();
        let is_whole = under.len() == OnInviterRemoved::ALL.len();
        is_all &= is_whole;
        if is_whole {
            some.push(format!("role = '{role}'"));
        } else if !under.is_empty() {
            some.push(format!("role = '{role}' AND {rule} IN ({})", under.join(", ")));
        }
    }
    (!is_all).then(|| format!("({})", some.join(" OR ")))
}

/// How many ended in a step, and where the next one begins, if there is more.
struct Step {
    ended: i64,
    past: Option<i64>,
}

/// The invites that a decision is to be written to now.
pub(super) enum Rows<'a> {
    /// Those of a step, up to the last.
    Step { of: &'a Decision, last: i64 },
    /// These.
    Ids(&'a [InviteId]),
}

impl Rows<'_> {
    /// The way to them.
    pub(super) fn way<'a>(&'a self, way: Condition<'a>) -> Condition<'a> {
        match self {
            Self::Step { of, last } => of.invites(way).and("seq > ? AND seq <= ?", &[&of.past, last]),
            Self::Ids(ids) => {
                let values: Vec<&dyn ToValue> = filled(ids).map(|id| id as &dyn ToValue).collect();
                let places = vec!["?"; values.len()].join(", ");
                way.and(&format!("id IN ({places})"), &values)
            }
        }
    }

    /// Holds those of the band in the order of their ids, as everywhere: two transactions never wait for each other in a
    /// circle. Of those that somebody named all, pending or not, since who named them may hold the others next.
    fn hold(&self, tx: &mut Tx<'_>, band: BandId) -> Result<(), Error> {
        if tx.dialect() == Dialect::Postgres {
            let status = match self {
                Rows::Step { .. } => "status = 'pending' AND ",
                Rows::Ids(_) => "",
            };
            let rows = self.way(Condition::from(1)).and(&format!("{status}band = ? ORDER BY id FOR UPDATE"), &[&band]);
            let _ = tx.exists(intern(format!("SELECT 1 AS n FROM invite WHERE {}", rows.text)), &rows.values)?;
        }
        Ok(())
    }
}

/// A condition that is put together of fixed pieces, with its values.
pub(super) struct Condition<'a> {
    pub(super) text: String,
    pub(super) values: Vec<&'a dyn ToValue>,
    first: usize,
}

impl<'a> Condition<'a> {
    /// None yet; its first value is `$first`.
    pub(super) fn from(first: usize) -> Self {
        Self { text: String::new(), values: Vec::new(), first }
    }

    /// And this one, with a `?` for each value.
    pub(super) fn and(mut self, piece: &str, values: &[&'a dyn ToValue]) -> Self {
        if !self.text.is_empty() {
            self.text.push_str(" AND ");
        }
        let mut number = self.first + self.values.len();
        for (n, part) in piece.split('?').enumerate() {
            if n > 0 {
                let _ = write!(self.text, "${number}");
                number += 1;
            }
            self.text.push_str(part);
        }
        self.values.extend(values);
        self
    }
}

/// The decisions about a band that are not through, those before `seq`, in the order in which they were taken.
pub(super) fn open(tx: &mut Tx<'_>, band: BandId, seq: i64) -> Result<Vec<Decision>, Error> {
    let sql = intern(format!("SELECT {COLUMNS} FROM decision WHERE band = $1 AND seq < $2 ORDER BY seq"));
    tx.query(sql, &[&band, &seq])
}

/// Writes these decisions to the rows, which are held, before their turn.
fn write_all(tx: &mut Tx<'_>, decisions: &[Decision], rows: &Rows<'_>) -> Result<(), Error> {
    for decision in decisions {
        let _ = decision.write(tx, rows)?;
    }
    if let Some(last) = decisions.last() {
        let band = format!("{}band = ? AND status = 'pending' AND decision < $1", tx.dialect().pick("+", ""));
        let which = rows.way(Condition::from(2)).and(&band, &[&last.band]);
        let sql = intern(format!("UPDATE invite SET decision = $1 WHERE {}", which.text));
        let mut params: Vec<&dyn ToValue> = vec![&last.seq];
        params.extend(&which.values);
        let _ = tx.execute(sql, &params)?;
    }
    Ok(())
}

/// Writes to these invites of a band what was decided about them, before anything else is done to them; whether there may
/// have been something. They are held from then on if so.
pub(super) fn settle(tx: &mut Tx<'_>, band: BandId, ids: &[InviteId]) -> Result<bool, Error> {
    if ids.is_empty() {
        return Ok(false);
    }
    if !tx.exists("SELECT 1 AS n FROM decision WHERE band = $1 LIMIT 1", &[&band])? {
        return Ok(false);
    }
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    for some in ids.chunks(NAMED_AT_ONCE) {
        let rows = Rows::Ids(some);
        rows.hold(tx, band)?;
        // As they stand now: while this waited, others went on with them, and acted by what they came to.
        let open = open(tx, band, NEW)?;
        write_all(tx, &open, &rows)?;
    }
    Ok(true)
}

crate::row! { struct Decided { id: InviteId, band: BandId } }

/// As [`settle`], for all that waits for an account or an address, in whatever band, before some of it ends.
pub(super) fn settle_for(tx: &mut Tx<'_>, account: Option<AccountId>, email: Option<&str>) -> Result<(), Error> {
    if !tx.exists("SELECT 1 AS n FROM decision LIMIT 1", &[])? {
        return Ok(()); // as nearly always
    }
    let sql = concat!(
        "SELECT id, band FROM invite
         WHERE status = 'pending' AND (kind = 'user' AND account = $1 OR kind = 'email' AND email = $2) AND ",
        is_decided!("invite"),
        " ORDER BY id"
    );
    let sql = tx.dialect().pick(sql, intern(format!("{sql} FOR UPDATE")));
    let mut bands: BTreeMap<BandId, Vec<InviteId>> = BTreeMap::new();
    for Decided { id, band } in tx.query(sql, &[&account, &email])? {
        bands.entry(band).or_default().push(id);
    }
    for (band, ids) in bands {
        let _ = settle(tx, band, &ids)?;
    }
    Ok(())
}

/// The decision that waits longest to be gone on with.
pub(crate) fn waiting(tx: &mut Tx<'_>) -> Result<Option<Rest>, Error> {
    tx.query_one("SELECT seq FROM decision ORDER BY seq LIMIT 1", &[])
}

/// Goes on with a decision, a step of `batch` invites; it comes back while there is more to do. Those who do this at once take turns.
pub(crate) fn go_on(tx: &mut Tx<'_>, rest: Rest, batch: u32) -> Result<Option<Rest>, Error> {
    let lock = tx.dialect().pick("", " FOR UPDATE");
    let sql = intern(format!("SELECT {COLUMNS} FROM decision WHERE seq = $1{lock}"));
    let Some(decision) = tx.query_one::<Decision>(sql, &[&rest.seq])? else { return Ok(None) };
    if let Some(past) = decision.step(tx, batch)?.past {
        let _ = tx.execute("UPDATE decision SET past = $2 WHERE seq = $1", &[&rest.seq, &past])?;
        return Ok(Some(rest));
    }
    // Nobody answers those any more who asked to come in.
    if decision.reason == Some(CancelReason::BandDeleted)
        && requests::close_some(tx, decision.band, i64::from(batch), decision.actor, decision.at)? == i64::from(batch)
    {
        return Ok(Some(rest));
    }
    let _ = tx.execute("DELETE FROM decision WHERE seq = $1", &[&rest.seq])?;
    Ok(None)
}
