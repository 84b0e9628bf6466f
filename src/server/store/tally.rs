//! What is counted of a band's invites, so that statistics read a few rows and never the invites themselves.

use std::{collections::BTreeMap, ops::AddAssign};

use super::{
    Error, ToValue, Tx,
    dialect::{intern, places},
};
use crate::domain::{AccountId, BandId, CampaignId, CancelReason, Kind, Status};

/// By what a band's invites are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// How they find their people.
    Kind(Kind),
    /// The set they belong to.
    Campaign(CampaignId),
    /// Who made them.
    Inviter(AccountId),
    /// Not invites but members: whom this account brought and who are in the band, as [`Tally::made`].
    Brought(AccountId),
    /// Not invites but members: who came in on this day, counted in UTC from 1970, be they in the band or not any more, as
    /// [`Tally::made`].
    Joined(i64),
}

impl Dimension {
    /// The name in the column `dimension`, and the sixteen bytes in `subject`.
    fn key(&self) -> (&'static str, [u8; 16]) {
        match self {
            Self::Kind(kind) => (kind.as_str(), [0; 16]),
            Self::Campaign(id) => ("campaign", *id.as_bytes()),
            Self::Inviter(id) => ("inviter", *id.as_bytes()),
            Self::Brought(id) => ("brought", *id.as_bytes()),
            Self::Joined(day) => ("joined", day_subject(*day)),
        }
    }
}

/// The subject of a day: later days have larger ones.
const fn day_subject(day: i64) -> [u8; 16] {
    // Days of this calendar are not negative.
    (day.unsigned_abs() as u128).to_be_bytes()
}

/// The day of a subject.
pub fn subject_day(subject: [u8; 16]) -> i64 {
    i64::try_from(u128::from_be_bytes(subject)).unwrap_or(i64::MAX)
}

/// How many invites were made and stand where, and how often they were used: a row's figures, or a change of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Made, ever.
    pub made: i64,
    /// Pending by their rows: one whose time is over counts until it is swept.
    pub pending: i64,
    /// Used up.
    pub accepted: i64,
    /// Declined.
    pub rejected: i64,
    /// Ended otherwise.
    pub cancelled: i64,
    /// Of those: their time ran out, alone or with their campaign.
    pub expired: i64,
    /// Uses taken.
    pub uses: i64,
    /// Gone out by mail.
    pub sent: i64,
}

impl Tally {
    /// A new invite, pending.
    pub const MADE: Self = Self { made: 1, pending: 1, ..Self::NOTHING };
    /// A use of an invite that stays what it is.
    pub const USED: Self = Self { uses: 1, ..Self::NOTHING };
    /// Someone came in: by an invite of [`Dimension::Brought`], or on a day of [`Dimension::Joined`].
    pub const BROUGHT: Self = Self { made: 1, ..Self::NOTHING };
    /// And goes.
    pub const LOST: Self = Self { made: -1, ..Self::NOTHING };
    /// No change.
    pub const NOTHING: Self =
        Self { made: 0, pending: 0, accepted: 0, rejected: 0, cancelled: 0, expired: 0, uses: 0, sent: 0 };
    /// The first mail of an invite goes out.
    pub const SENT: Self = Self { sent: 1, ..Self::NOTHING };

    /// An invite goes from one status to another.
    #[must_use]
    pub fn moved(from: Status, to: Status) -> Self {
        let mut change = Self::NOTHING;
        *change.of(from) -= 1;
        *change.of(to) += 1;
        change
    }

    /// A pending invite is cancelled.
    #[must_use]
    pub fn cancelled(reason: CancelReason) -> Self {
        let expired = i64::from(matches!(reason, CancelReason::Expired | CancelReason::CampaignExpired));
        Self { expired, ..Self::moved(Status::Pending, Status::Cancelled) }
    }

    fn of(&mut self, status: Status) -> &mut i64 {
        match status {
            Status::Pending => &mut self.pending,
            Status::Accepted => &mut self.accepted,
            Status::Rejected => &mut self.rejected,
            Status::Cancelled => &mut self.cancelled,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.made += other.made;
        self.pending += other.pending;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.cancelled += other.cancelled;
        self.expired += other.expired;
        self.uses += other.uses;
        self.sent += other.sent;
    }
}

/// The changes of a transaction, in the one order in which every transaction writes them: two never wait for each
/// other in a circle.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<(BandId, &'static str, [u8; 16]), Tally>);

/// Rows that one statement takes.
const ROWS: usize = 12;
/// Columns of each.
const COLUMNS: usize = 11;

impl Changes {
    pub(super) fn add(&mut self, band: BandId, dimension: Dimension, change: Tally) {
        let (dimension, subject) = dimension.key();
        *self.0.entry((band, dimension, subject)).or_default() += change;
    }

    /// Adds the changes to their rows, making those that are missing.
    pub(super) fn write(self, tx: &mut Tx<'_>) -> Result<(), Error> {
        let changes: Vec<_> = self.0.into_iter().filter(|(_, change)| *change != Tally::NOTHING).collect();
        for rows in changes.chunks(ROWS) {
            let sql = intern(format!(
                "INSERT INTO tally (band, dimension, subject, made, pending, accepted, rejected, cancelled, expired, uses,
                    sent)
                 VALUES {} ON CONFLICT (band, dimension, subject) DO UPDATE SET made = tally.made + excluded.made,
                    pending = tally.pending + excluded.pending, accepted = tally.accepted + excluded.accepted,
                    rejected = tally.rejected + excluded.rejected,
                    cancelled = tally.cancelled + excluded.cancelled,
                    expired = tally.expired + excluded.expired, uses = tally.uses + excluded.uses,
                    sent = tally.sent + excluded.sent",
                places(rows.len(), COLUMNS, 0)
            ));
            let mut params: Vec<&dyn ToValue> = Vec::with_capacity(rows.len() * COLUMNS);
            for ((band, dimension, subject), change) in rows {
                params.extend([band as &dyn ToValue, dimension, subject]);
                params.extend([&change.made as &dyn ToValue, &change.pending, &change.accepted]);
                params.extend([&change.rejected as &dyn ToValue, &change.cancelled, &change.expired]);
                params.extend([&change.uses as &dyn ToValue, &change.sent]);
            }
            tx.also(sql, &params)?;
        }
        Ok(())
    }
}
