//! A band's figures, out of its tallies: a few rows, whatever the size of the band.

use crate::{
    api::{CampaignStats, InviteCounts, InviterStats, KindCounts, Person, Stats},
    domain::{AccountId, BandId, CampaignId, Kind},
};

use super::{Refused, bands::Access, store::Tx};

crate::row! {
    struct OfKind {
        kind: Kind, made: i64, pending: i64, accepted: i64, rejected: i64, cancelled: i64, uses: i64,
    }
}

crate::row! {
    struct OfCampaign {
        id: CampaignId, name: String, made: i64, pending: i64, accepted: i64, rejected: i64, cancelled: i64, uses: i64,
    }
}

crate::row! {
    struct OfInviter {
        id: AccountId, username: String, display_name: String, made: i64, pending: i64, accepted: i64, rejected: i64,
        cancelled: i64, uses: i64,
    }
}

crate::row! { struct Views { views: i64 } }
crate::row! { struct Delay { micros: i64 } }

/// The figures of a row.
macro_rules! counts {
    ($row:expr) => {
        InviteCounts {
            made: $row.made.unsigned_abs(),
            pending: $row.pending.unsigned_abs(),
            accepted: $row.accepted.unsigned_abs(),
            rejected: $row.rejected.unsigned_abs(),
            cancelled: $row.cancelled.unsigned_abs(),
            uses: $row.uses.unsigned_abs(),
        }
    };
}

/// The figures of a band, for its admins.
pub(crate) fn stats(tx: &mut Tx<'_>, band: BandId, caller: AccountId) -> Result<Stats, Refused> {
    Access::of(tx, band, caller)?.require_admin()?;
    let kinds: Vec<OfKind> = tx.query(
        "SELECT dimension AS kind, made, pending, accepted, rejected, cancelled, uses FROM tally
         WHERE band = $1 AND dimension IN ('link', 'email', 'user', 'code') ORDER BY dimension",
        &[&band],
    )?;
    let campaigns: Vec<OfCampaign> = tx.query(
        "SELECT c.id AS id, c.name AS name, t.made AS made, t.pending AS pending, t.accepted AS accepted,
            t.rejected AS rejected, t.cancelled AS cancelled, t.uses AS uses
         FROM tally t JOIN campaign c ON c.id = t.subject
         WHERE t.band = $1 AND t.dimension = 'campaign' ORDER BY t.made DESC LIMIT 50",
        &[&band],
    )?;
    let inviters: Vec<OfInviter> = tx.query(
        "SELECT a.id AS id, a.username AS username, a.display_name AS display_name, t.made AS made,
            t.pending AS pending, t.accepted AS accepted, t.rejected AS rejected, t.cancelled AS cancelled,
            t.uses AS uses
         FROM tally t JOIN account a ON a.id = t.subject
         WHERE t.band = $1 AND t.dimension = 'inviter' ORDER BY t.made DESC LIMIT 50",
        &[&band],
    )?;
    let views: Option<Views> = tx.query_one("SELECT views FROM band WHERE id = $1", &[&band])?;
    let all = kinds.iter().fold(InviteCounts::default(), |sum, row| InviteCounts {
        made: sum.made + row.made.unsigned_abs(),
        pending: sum.pending + row.pending.unsigned_abs(),
        accepted: sum.accepted + row.accepted.unsigned_abs(),
        rejected: sum.rejected + row.rejected.unsigned_abs(),
        cancelled: sum.cancelled + row.cancelled.unsigned_abs(),
        uses: sum.uses + row.uses.unsigned_abs(),
    });
    Ok(Stats {
        acceptance_rate: rate(&all),
        by_status: all,
        by_kind: kinds.iter().map(|row| KindCounts { kind: row.kind, counts: counts!(row) }).collect(),
        by_campaign: campaigns
            .into_iter()
            .map(|row| CampaignStats { counts: counts!(row), id: row.id, name: row.name })
            .collect(),
        by_inviter: inviters
            .into_iter()
            .map(|row| InviterStats {
                counts: counts!(row),
                account: Person { id: row.id, username: row.username, display_name: row.display_name },
            })
            .collect(),
        median_seconds_to_accept: median(tx, band)?,
        views: views.map_or(0, |row| row.views.unsigned_abs()),
    })
}

/// The share of what has ended that was used up.
#[expect(clippy::cast_precision_loss, reason = "counts of invites are far below 2^52")]
fn rate(all: &InviteCounts) -> Option<f64> {
    let ended = all.accepted + all.rejected + all.cancelled;
    (ended > 0).then(|| all.accepted as f64 / ended as f64)
}

/// Seconds to the middle one of the latest uses.
fn median(tx: &mut Tx<'_>, band: BandId) -> Result<Option<u64>, Refused> {
    let mut delays: Vec<Delay> = tx.query(
        "SELECT r.at - i.created_at AS micros FROM redemption r JOIN invite i ON i.id = r.invite
         WHERE r.band = $1 ORDER BY r.seq DESC LIMIT 1000",
        &[&band],
    )?;
    delays.sort_unstable_by_key(|delay| delay.micros);
    Ok(delays.get(delays.len() / 2).map(|delay| (delay.micros / 1_000_000).unsigned_abs()))
}
