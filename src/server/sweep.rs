//! What nobody asks for and has to be done all the same: expired invites are written down as such, and what is over
//! (sessions, remembered requests, uses held for nobody) is cleared away.
//!
//! The sweeper sleeps until the next invite ends, or until one is written that ends earlier. Each step is a short
//! transaction over a bounded number of rows, so that people's requests come in between, and any number of nodes can
//! sweep one database.

use std::time::Duration;

use tokio::sync::watch;

use crate::domain::Timestamp;

use super::{
    App, LONGEST_REST, accounts, idempotency,
    invites::{self, Abandoned},
    outbox,
    store::{Error, Tx},
};

/// Rows that one transaction takes on.
const BATCH: i64 = 200;
/// Steps of a decision that are gone before it is looked again what has ended.
const STEPS: usize = 10;
/// How long to wait after a failure, doubled with each further one up to [`LONGEST_REST`].
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Seconds between two looks for sessions and remembered requests that are over.
const TIDY_SECONDS: i64 = 3_600;
/// How long it is known what became of a mail: 30 days. What an invite's mail came to stays with the invite.
const MAIL_KEPT_SECONDS: i64 = 30 * outbox::A_DAY;

/// Writes down every invite that is over by now, and what was decided about many, where those who decided it could not; the
/// next instant at which an invite ends.
pub async fn expire(app: &App) -> Result<Option<Timestamp>, Error> {
    loop {
        let now = app.now();
        let expired = in_batches(app, move |tx| invites::expire(tx, now, BATCH)).await?;
        app.metrics().invites("expired", expired as u64);
        // However much there is to write, what ends meanwhile is not kept waiting for it.
        if !some_steps(app).await? {
            return app.store().read(invites::next_end).await;
        }
    }
}

/// Writes all that was decided about many invites to the last of them.
pub async fn go_on(app: &App) -> Result<(), Error> {
    while some_steps(app).await? {}
    Ok(())
}

/// Goes some steps on with what was decided; whether there was something.
async fn some_steps(app: &App) -> Result<bool, Error> {
    for n in 0..STEPS {
        if !step(app).await? {
            return Ok(n > 0);
        }
    }
    Ok(true)
}

/// Goes a step on with the decision that waits longest; whether there was one.
pub async fn step(app: &App) -> Result<bool, Error> {
    let batch = app.settings().steps.invites;
    let Some(rest) = app.store().read(invites::waiting).await? else { return Ok(false) };
    app.store().write(move |tx| invites::go_on(tx, rest, batch)).await.map(|_| true)
}

/// Clears away sessions, codes and tokens that are over, requests that need no longer be remembered, and addresses that are
/// kept no longer.
pub async fn tidy(app: &App) -> Result<(), Error> {
    let now = app.now();
    in_batches(app, move |tx| accounts::forget_sessions(tx, now, BATCH)).await?;
    in_batches(app, move |tx| accounts::forget_challenges(tx, now, BATCH)).await?;
    in_batches(app, move |tx| idempotency::forget(tx, now, BATCH)).await?;
    let days = app.settings().retention_days.map(|days| i64::from(days) * outbox::A_DAY);
    let before = now.plus_seconds(-days.map_or(MAIL_KEPT_SECONDS, |days| days.min(MAIL_KEPT_SECONDS)));
    in_batches(app, move |tx| outbox::forget(tx, before, BATCH)).await?;
    if let Some(days) = days {
        let before = now.plus_seconds(-days);
        let own = app.clone();
        in_batches(app, move |tx| invites::erase(tx, own.key(), before, now, BATCH)).await?;
    }
    Ok(())
}

/// Lets go of the uses that are held for nobody.
pub async fn let_go(app: &App) -> Result<(), Error> {
    let (mut last, mail) = (None, app.settings().mail.is_on());
    loop {
        let some = app.store().read(move |tx| Abandoned::behind(tx, last, BATCH, mail)).await?;
        invites::let_go(app, &some).await;
        match some.last() {
            Some(&one) if some.len() == BATCH as usize => last = Some(one),
            _ => return Ok(()),
        }
    }
}

/// Runs a step until it finds less than a batch to do; how much it was in all.
async fn in_batches<F>(app: &App, step: F) -> Result<usize, Error>
where
    F: FnMut(&mut Tx<'_>) -> Result<usize, Error> + Clone + Send + 'static,
{
    let mut all = 0;
    loop {
        let done = app.store().write(step.clone()).await?;
        all += done;
        if done < BATCH as usize {
            return Ok(all);
        }
    }
}

/// Sweeps until `ended` says so, or nobody is left to say it, however much is left to do then. A step that the database has
/// begun is finished before the store closes; the rest is done after the next start, or by another node.
pub(super) async fn run(app: App, mut ended: watch::Receiver<bool>) {
    tokio::select! {
        biased;
        _ = ended.wait_for(|ended| *ended) => {}
        () = rounds(&app) => {}
    }
}

/// One round after the other, for ever.
async fn rounds(app: &App) {
    let (mut failures, mut tidied) = (0_u32, None);
    loop {
        app.alarm().set(None);
        let pause = match round(app, &mut tidied).await {
            Ok(next) => {
                failures = 0;
                app.alarm().set(next);
                app.rest_until(next)
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, "the sweeper could not do its work and will try again");
                (AFTER_FAILURE * (1 << failures.min(6))).min(LONGEST_REST)
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.alarm().rung(), if failures == 0 => {}
        }
    }
}

async fn round(app: &App, tidied: &mut Option<Timestamp>) -> Result<Option<Timestamp>, Error> {
    let now = app.now();
    let is_due = tidied.is_none_or(|last| now.seconds_since(last) >= TIDY_SECONDS);
    if is_due {
        tidy(app).await?;
    }
    let next = expire(app).await?;
    // What has ended does not wait for it.
    if is_due {
        let_go(app).await?;
        *tidied = Some(now);
    }
    Ok(next)
}
