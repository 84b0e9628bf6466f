//! How often invites were looked at: counted in memory, written now and then, lost if the program dies meanwhile.
//!
//! A look changes no revision and makes nobody wait; while nobody looks, nothing is done.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, watch};

use crate::domain::{BandId, InviteId};

use super::{
    App,
    store::{Error, Tx},
};

/// How long looks are gathered before they are written.
const GATHER: Duration = Duration::from_secs(5);
/// Invites whose looks are kept in memory; looks at further ones are not counted until these are written.
const MOST: usize = 10_000;
/// Invites that one transaction writes.
const BATCH: usize = 200;

crate::row! { struct Seen { band: BandId } }

/// Looks that are not written yet.
#[derive(Debug, Default)]
pub(crate) struct Views {
    seen: Mutex<HashMap<InviteId, u32>>,
    first: Notify,
}

impl Views {
    /// Somebody looked at an invite.
    pub(crate) fn note(&self, invite: InviteId) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_empty() {
            self.first.notify_one();
        }
        if seen.len() < MOST || seen.contains_key(&invite) {
            let count = seen.entry(invite).or_default();
            *count = count.saturating_add(1);
        }
    }

    fn take(&self) -> Vec<(InviteId, u32)> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        let mut seen: Vec<_> = seen.into_iter().collect();
        // In one order everywhere, so that two nodes never wait for each other in a circle.
        seen.sort_unstable();
        seen
    }
}

/// Writes down the looks of the last while. What cannot be written is not counted, and stops nothing else; the first error
/// is told.
pub async fn write_down(app: &App) -> Result<(), Error> {
    let mut result = Ok(());
    for batch in app.views().take().chunks(BATCH) {
        let batch = batch.to_vec();
        let write = move |tx: &mut Tx<'_>| {
            let mut bands: BTreeMap<BandId, i64> = BTreeMap::new();
            for (invite, count) in &batch {
                let sql = "UPDATE invite SET views = views + $2::bigint WHERE id = $1 RETURNING band";
                if let Some(seen) = tx.query_one::<Seen>(sql, &[invite, count])? {
                    *bands.entry(seen.band).or_default() += i64::from(*count);
                }
            }
            // In the order of their ids, after all invites, as everywhere. A look is no change: no revision grows.
            for (band, count) in bands {
                let _ = tx.execute("UPDATE band SET views = views + $2::bigint WHERE id = $1", &[&band, &count])?;
            }
            Ok::<_, Error>(())
        };
        result = result.and(app.store().write(write).await);
    }
    result
}

/// Writes looks down while there are any, until `ended` says so, and what is left then.
pub(super) async fn run(app: App, mut ended: watch::Receiver<bool>) {
    while !*ended.borrow() {
        let gathered = async {
            app.views().first.notified().await;
            tokio::time::sleep(GATHER).await;
        };
        tokio::select! {
            word = ended.changed() => if word.is_err() { return },
            () = gathered => {}
        }
        if let Err(error) = write_down(&app).await {
            tracing::warn!(%error, "looks at invites were not counted");
        }
    }
}
