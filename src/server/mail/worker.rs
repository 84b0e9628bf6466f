//! Lanes that send what is due, and rest while nothing is.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet, time::Instant};

use crate::{
    domain::{Address, MAIL_LIFE, MailKind, MailOutcome, Timestamp, pause_after},
    server::{
        App, LONGEST_REST,
        invites::delivery,
        outbox::{self, Taken},
        store::{Error, Tx},
        suppressions::OptOut,
    },
};

use super::{
    compose::{Composed, Cover, Sender, compose},
    letter::{self, Letter},
    smtp::{LONGEST_TRY, Line},
    transport::Failure,
};

/// For how long a mail is its taker's: longer than any try lasts, with time to write down how that went.
const LEASE_SECONDS: i64 = LONGEST_TRY.as_secs() as i64 + 60;
/// Mails without a reason that one transaction clears away before it lets others come in between.
const CLEARED: usize = 50;
/// Reminders that one transaction queues.
const REMINDERS: i64 = 200;
/// The first pause after trouble with the mail server, doubled each time up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: i64 = 5;
/// The longest pause after trouble with the mail server.
const LONGEST_PAUSE: i64 = 10 * 60;
/// How long what is being sent at the end has to be finished.
const TO_FINISH: Duration = Duration::from_secs(10);
/// How long to wait after trouble with the database.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A mail that was tried, and how that went.
#[derive(Debug, Clone)]
struct Tried {
    mail: Taken,
    end: End,
}

/// How a try went.
#[derive(Debug, Clone)]
enum End {
    /// It is over with this mail.
    Settled(MailOutcome, Option<String>),
    /// It is to be tried again.
    Again { due: Timestamp, note: String, counts: bool, shows: bool },
}

/// What a lane does next.
enum Next {
    /// Send this.
    Send(Box<(Taken, Letter)>),
    /// Look again: there was more to clear away than one transaction does.
    Look,
    /// Rest until then, or until the bell rings.
    Rest(Option<Timestamp>),
}

/// While the mail server is not to be reached, or lets nobody in, nothing is tried.
#[derive(Debug, Clone, Default)]
struct Pause(Arc<Mutex<Trouble>>);

#[derive(Debug, Default)]
struct Trouble {
    failures: u32,
    until: Option<Instant>,
}

impl Pause {
    fn lock(&self) -> std::sync::MutexGuard<'_, Trouble> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long nothing is to be tried.
    fn left(&self) -> Option<Duration> {
        let left = self.lock().until?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// The mail server serves; whether it did not before.
    fn over(&self) -> bool {
        std::mem::take(&mut *self.lock()).failures > 0
    }

    /// Trouble with the mail server: how many seconds nothing is tried. Several lanes that meet the same trouble count
    /// once.
    fn begin(&self, chance: u8) -> i64 {
        let mut trouble = self.lock();
        let now = Instant::now();
        if let Some(until) = trouble.until.filter(|until| *until > now) {
            return until.duration_since(now).as_secs() as i64 + 1;
        }
        let whole = (FIRST_PAUSE << trouble.failures.min(8)).min(LONGEST_PAUSE);
        let seconds = whole + whole * i64::from(chance) / 1_024;
        trouble.failures += 1;
        trouble.until = Some(now + Duration::from_secs(seconds.unsigned_abs()));
        seconds
    }
}

/// Sends mail until `ended` says so. What is being sent then has ten seconds to be finished; else it is sent once more
/// after its lease.
pub(crate) async fn run(app: App, mut ended: watch::Receiver<bool>) {
    if !app.settings().mail.is_on() {
        return;
    }
    let pause = Pause::default();
    let mut lanes = JoinSet::new();
    for number in 0..app.settings().mail_lanes {
        lanes.spawn(lane(app.clone(), number, pause.clone(), ended.clone()));
    }
    let _ = ended.wait_for(|ended| *ended).await;
    let finished = tokio::time::timeout(TO_FINISH, async { while lanes.join_next().await.is_some() {} }).await;
    if finished.is_err() {
        tracing::warn!("mail was still being sent at the end; it is tried again");
    }
}

/// Sends all that is due now, one after the other, and reminds whom it is time to remind; how many mails were tried.
/// For whoever moves the clock.
pub async fn send_due(app: &App) -> Result<usize, Error> {
    let (pause, mut line, mut tried, mut count) = (Pause::default(), Line::default(), None, 0);
    remind(app).await?;
    loop {
        match step(app, tried.take()).await? {
            Next::Send(job) => {
                count += 1;
                tried = Some(send(app, &pause, &mut line, *job).await);
            }
            Next::Look => {}
            Next::Rest(_) => break,
        }
    }
    line.close().await;
    Ok(count)
}

async fn lane(app: App, number: usize, pause: Pause, mut ended: watch::Receiver<bool>) {
    let (mut line, mut tried) = (Line::default(), None::<Tried>);
    loop {
        if *ended.borrow() {
            break;
        }
        let rest = match next(&app, number, &pause, tried.as_ref()).await {
            Ok(next) => {
                tried = None;
                match next {
                    Next::Send(job) => {
                        app.store().ring(); // there may be more: another lane looks
                        tried = Some(send(&app, &pause, &mut line, *job).await);
                        continue;
                    }
                    Next::Look => continue,
                    Next::Rest(due) => app.rest_until(due),
                }
            }
            Err(error) => {
                tracing::warn!(%error, "mail waits for the database");
                AFTER_FAILURE
            }
        };
        line.close().await;
        // One lane keeps the time; the others wait to be called.
        let rest = if number == 0 || tried.is_some() { rest } else { LONGEST_REST };
        let rest = pause.left().map_or(rest, |left| rest.max(left));
        let is_paused = pause.left().is_some();
        tokio::select! {
            word = ended.changed() => if word.is_err() { break },
            () = tokio::time::sleep(rest) => {}
            () = app.store().rung(), if !is_paused => {}
        }
    }
    // What was tried last is written down, before a goodbye that can take long; should that fail, it is tried once more
    // after its lease.
    if let Some(tried) = tried {
        let (app, store) = (app.clone(), app.store().clone());
        let _: Result<(), Error> = store.write(move |tx| conclude(tx, &app, &tried)).await;
    }
    line.close().await;
}

/// Writes down how the last mail went, and says what is next.
async fn next(app: &App, number: usize, pause: &Pause, tried: Option<&Tried>) -> Result<Next, Error> {
    if pause.left().is_some() {
        if let Some(tried) = tried.cloned() {
            let own = app.clone();
            app.store().write(move |tx| conclude(tx, &own, &tried)).await?;
        }
        return Ok(Next::Rest(None));
    }
    let reminder = if number == 0 { remind(app).await? } else { None };
    Ok(match step(app, tried.cloned()).await? {
        Next::Rest(due) => Next::Rest(due.into_iter().chain(reminder).min()),
        next => next,
    })
}

/// Queues the reminders that are due; when the next one is.
async fn remind(app: &App) -> Result<Option<Timestamp>, Error> {
    let now = app.now();
    let next = app.store().read(delivery::next_to_remind).await?;
    if next.is_none_or(|next| next > now) {
        return Ok(next);
    }
    while app.store().write(move |tx| delivery::remind(tx, now, REMINDERS)).await? == REMINDERS as usize {}
    app.store().read(delivery::next_to_remind).await
}

/// One transaction: how the last mail went, and the next one.
async fn step(app: &App, tried: Option<Tried>) -> Result<Next, Error> {
    let (own, now) = (app.clone(), app.now());
    if tried.is_none() {
        // Nothing is written where nothing is due.
        let due = app.store().read(outbox::next_due).await?;
        if due.is_none_or(|due| due > now) {
            return Ok(Next::Rest(due));
        }
    }
    app.store()
        .write(move |tx| {
            if let Some(tried) = &tried {
                conclude(tx, &own, tried)?;
            }
            take(tx, &own, now)
        })
        .await
}

fn take(tx: &mut Tx<'_>, app: &App, now: Timestamp) -> Result<Next, Error> {
    for _ in 0..CLEARED {
        let Some(mail) = outbox::take(tx, now, now.plus_seconds(LEASE_SECONDS))? else {
            return Ok(Next::Rest(outbox::next_due(tx)?));
        };
        match letter::read(tx, app, &mail, now)? {
            Ok(letter) => return Ok(Next::Send(Box::new((mail, letter)))),
            Err(outcome) => {
                let note = (outcome == MailOutcome::Bounced).then(|| letter::UNOPENED.to_owned());
                conclude(tx, app, &Tried { mail, end: End::Settled(outcome, note) })?;
            }
        }
    }
    Ok(Next::Look)
}

fn conclude(tx: &mut Tx<'_>, app: &App, tried: &Tried) -> Result<(), Error> {
    let (Tried { mail, end }, now) = (tried, app.now());
    // The invite before its mail, as who sends it again.
    let invite = delivery::hold(tx, mail)?;
    let reminds = mail.kind == MailKind::Reminder;
    match end {
        End::Settled(outcome, note) => {
            let is_ours = outbox::settle(tx, mail, *outcome, note.as_deref(), now)?;
            if let Some(invite) = invite.filter(|_| is_ours) {
                delivery::settled(tx, &invite, reminds, *outcome, note.as_deref(), now)?;
            }
        }
        End::Again { due, note, counts, shows } => {
            let is_ours = outbox::put_back(tx, mail, *due, Some(note), *counts)?;
            // A reminder that waits makes nothing of what is there already less sent.
            if let Some(invite) = invite.filter(|_| is_ours && *shows && !reminds) {
                delivery::deferred(tx, &invite, note, *due)?;
            }
        }
    }
    Ok(())
}

/// Sends a mail, and says what becomes of it.
async fn send(app: &App, pause: &Pause, line: &mut Line, (mail, letter): (Taken, Letter)) -> Tried {
    let end = match write(app, &mail, &letter) {
        Ok(composed) => {
            let sent = app.settings().mail.send(line, &composed).await;
            after(app, pause, &mail, sent)
        }
        Err(why) => {
            tracing::error!(mail = mail.seq, "a mail could not be written: {why}");
            End::Settled(MailOutcome::Bounced, Some(why))
        }
    };
    let word = match &end {
        End::Settled(outcome, _) => outcome.as_str(),
        End::Again { .. } => "deferred",
    };
    app.metrics().mail(mail.kind.as_str(), word);
    Tried { mail, end }
}

fn after(app: &App, pause: &Pause, mail: &Taken, sent: Result<(), Failure>) -> End {
    let [chance] = app.random::<1>();
    let now = app.now();
    let (note, wait, counts, shows) = match sent {
        Ok(()) => {
            if pause.over() {
                tracing::info!("the mail server serves again");
            }
            app.metrics().mail_paused(false);
            return End::Settled(MailOutcome::Sent, None);
        }
        Err(Failure::Refused(words)) => return End::Settled(MailOutcome::Bounced, Some(words)),
        Err(Failure::Later(words)) => (words, pause_after(mail.tries, chance), true, true),
        Err(Failure::Trouble(words)) => {
            tracing::warn!("the mail server cannot be used: {words}");
            app.metrics().mail_paused(true);
            (words, pause.begin(chance), false, true)
        }
        Err(Failure::Login(words)) => {
            tracing::error!("the mail server does not let this server send: {words}. Mail waits: look at [mail]");
            app.metrics().mail_paused(true);
            let wait = pause.begin(chance);
            return End::Again { due: now.plus_seconds(wait), note: words, counts: false, shows: false };
        }
    };
    let due = now.plus_seconds(wait);
    if due.seconds_since(mail.created_at) > MAIL_LIFE {
        return End::Settled(MailOutcome::Bounced, Some(format!("not taken for 48 hours: {note}")));
    }
    End::Again { due, note, counts, shows }
}

fn write(app: &App, mail: &Taken, letter: &Letter) -> Result<Composed, String> {
    let settings = app.settings();
    let from = settings.mail.from().ok_or_else(|| "nobody is set up to send it".to_owned())?;
    let opt_out = match mail.kind {
        MailKind::Verification | MailKind::Reset | MailKind::Moved => None,
        _ => {
            let email = Address::parse(&mail.email).map_err(|error| format!("{}: {error}", mail.email))?;
            let token = OptOut { email, invite: mail.invite }.token(app);
            let token = token.ok_or_else(|| "the link to opt out could not be made".to_owned())?;
            Some(format!("{}/opt-out/{token}", settings.public_url))
        }
    };
    let sender = Sender { from, site: &settings.name, origin: &settings.public_url };
    let Taken { seq, kind, email, created_at, .. } = mail;
    let cover = Cover { seq: *seq, kind: *kind, to: email.clone(), created_at: *created_at, now: app.now(), opt_out };
    compose(sender, &cover, letter).map_err(|error| error.to_string())
}
