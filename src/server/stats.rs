//! A band's figures, out of its tallies: a few rows, whatever the size of the band.

use crate::{
    api::{CampaignStats, DayJoins, InviteCounts, InviterStats, KindCounts, Person, Stats},
    domain::{AccountId, BandId, CampaignId, Kind, Timestamp},
};

use super::{
    Refused,
    bands::Access,
    store::{Error, FromRow, Row, Tx, subject_day},
};

// Parameters of their statements, as the limits of all walks are (see [`super::filtered::MOST_LOOKED_AT`]).
/// The latest days on which anybody joined that are told.
const MOST_DAYS: i64 = 120;
/// The latest uses that the median is of.
const LATEST_USES: i64 = 1_000;

crate::row! { struct OfKind { kind: Kind } }
crate::row! { struct OfCampaign { id: CampaignId, name: String } }
crate::row! { struct OfInviter { id: AccountId, username: String, display_name: String } }
crate::row! { struct Figures { made: i64, pending: i64, accepted: i64, rejected: i64, cancelled: i64, expired: i64, uses: i64 } }
crate::row! { struct Views { views: i64 } }
crate::row! { struct Day { subject: [u8; 16], made: i64 } }
crate::row! { struct Delay { micros: i64 } }

/// Of whom or what, and the figures beside it.
struct Part<T> {
    of: T,
    counts: InviteCounts,
}

impl<T: FromRow> FromRow for Part<T> {
    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        Ok(Self { of: T::from_row(row)?, counts: Figures::from_row(row)?.into() })
    }
}

impl From<Figures> for InviteCounts {
    fn from(row: Figures) -> Self {
        Self {
            made: row.made.unsigned_abs(),
            pending: row.pending.unsigned_abs(),
            accepted: row.accepted.unsigned_abs(),
            rejected: row.rejected.unsigned_abs(),
            cancelled: row.cancelled.unsigned_abs(),
            expired: row.expired.unsigned_abs(),
            uses: row.uses.unsigned_abs(),
        }
    }
}

fn sum<T>(parts: &[Part<T>]) -> InviteCounts {
    let mut all = InviteCounts::default();
    for part in parts {
        all += part.counts;
    }
    all
}

/// The figures of a band, for its admins. One snapshot: the parts add up, whatever is being done meanwhile.
pub(crate) fn stats(tx: &mut Tx<'_>, band: BandId, caller: AccountId) -> Result<Stats, Refused> {
    Access::of(tx, band, caller)?.require_admin()?;
    let kinds: Vec<Part<OfKind>> = tx.query(
        "SELECT dimension AS kind, made, pending, accepted, rejected, cancelled, expired, uses FROM tally
         WHERE band = $1 AND dimension IN ('link', 'email', 'user', 'code') ORDER BY dimension",
        &[&band],
    )?;
    // Those with most are taken out of an index before anything is joined: a band has any number of either.
    let campaigns: Vec<Part<OfCampaign>> = tx.query(
        "SELECT c.id AS id, c.name AS name, found.made AS made, found.pending AS pending, found.accepted AS accepted,
            found.rejected AS rejected, found.cancelled AS cancelled, found.expired AS expired, found.uses AS uses
         FROM (SELECT * FROM tally WHERE band = $1 AND dimension = 'campaign'
            ORDER BY made DESC, subject DESC LIMIT 50) AS found
            JOIN campaign c ON c.id = found.subject
         ORDER BY found.made DESC, found.subject DESC",
        &[&band],
    )?;
    let inviters: Vec<Part<OfInviter>> = tx.query(
        "SELECT a.id AS id, a.username AS username, a.display_name AS display_name, found.made AS made,
            found.pending AS pending, found.accepted AS accepted, found.rejected AS rejected,
            found.cancelled AS cancelled, found.expired AS expired, found.uses AS uses
         FROM (SELECT * FROM tally WHERE band = $1 AND dimension = 'inviter'
            ORDER BY made DESC, subject DESC LIMIT 50) AS found
            JOIN account a ON a.id = found.subject
         ORDER BY found.made DESC, found.subject DESC",
        &[&band],
    )?;
    let views: Option<Views> = tx.query_one("SELECT views FROM band WHERE id = $1", &[&band])?;
    let all = sum(&kinds);
    Ok(Stats {
        by_status: all,
        other_campaigns: all.without(sum(&campaigns)),
        other_inviters: all.without(sum(&inviters)),
        by_kind: kinds.into_iter().map(|Part { of, counts }| KindCounts { kind: of.kind, counts }).collect(),
        by_campaign: campaigns
            .into_iter()
            .map(|Part { of, counts }| CampaignStats { id: of.id, name: of.name, counts })
            .collect(),
        by_inviter: inviters
            .into_iter()
            .map(|Part { of, counts }| InviterStats {
                account: Person { id: of.id, username: of.username, display_name: of.display_name },
                counts,
            })
            .collect(),
        acceptance_rate: rate(&all),
        median_seconds_to_accept: median(tx, band)?,
        joins: joins(tx, band)?,
        views: views.map_or(0, |row| row.views.unsigned_abs()),
    })
}

/// The share of what was answered, or not in time, that was used up.
#[expect(clippy::cast_precision_loss, reason = "counts of invites are far below 2^52")]
fn rate(all: &InviteCounts) -> Option<f64> {
    let answered = all.accepted + all.rejected + all.expired;
    (answered > 0).then(|| all.accepted as f64 / answered as f64)
}

/// The latest days on which anybody came in, newest first.
fn joins(tx: &mut Tx<'_>, band: BandId) -> Result<Vec<DayJoins>, Refused> {
    let days: Vec<Day> = tx.query(
        "SELECT subject, made FROM tally WHERE band = $1 AND dimension = 'joined' ORDER BY subject DESC LIMIT $2",
        &[&band, &MOST_DAYS],
    )?;
    let of = |row: Day| DayJoins { day: Timestamp::of_day(subject_day(row.subject)), joined: row.made.unsigned_abs() };
    Ok(days.into_iter().map(of).collect())
}

/// Seconds to the middle one of the latest uses.
fn median(tx: &mut Tx<'_>, band: BandId) -> Result<Option<u64>, Refused> {
    let mut delays: Vec<Delay> = tx.query(
        "SELECT r.at - i.created_at AS micros FROM redemption r JOIN invite i ON i.id = r.invite
         WHERE r.band = $1 ORDER BY r.seq DESC LIMIT $2",
        &[&band, &LATEST_USES],
    )?;
    delays.sort_unstable_by_key(|delay| delay.micros);
    Ok(delays.get(delays.len() / 2).map(|delay| (delay.micros / 1_000_000).unsigned_abs()))
}
