//! Lanes that send what is due, and rest while nothing is.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    sync::{Mutex as Turns, OwnedMutexGuard, watch},
    task::JoinSet,
    time::Instant,
};

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
    smtp::{LONGEST_TEXT, LONGEST_TRY, Line},
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
/// How long, in seconds, a mail waits whose link to opt out cannot be made, since the server's key is not in its file.
const WITHOUT_KEY: i64 = 60;
/// How long what is being sent at the end has to be finished.
const TO_FINISH: Duration = Duration::from_secs(10);
/// How long to wait after trouble with the database.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// A mail that was tried, and how that went.
#[derive(Debug, Clone)]
struct Tried {
    mail: Taken,
    end: End,
    /// Kept until it is written down how the try went.
    _turn: Option<Turn>,
}

/// The right to send a reminder, which one lane of a node has at a time. What the mail server has taken is sent once more if
/// the program is killed before that is written down: so that is one reminder at the most.
type Turn = Arc<OwnedMutexGuard<()>>;

/// What the lanes of a node share.
#[derive(Debug, Clone, Default)]
struct Shared {
    pause: Pause,
    reminding: Arc<Turns<()>>,
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
    let shared = Shared::default();
    let mut lanes = JoinSet::new();
    for number in 0..app.settings().mail_lanes {
        lanes.spawn(lane(app.clone(), number, shared.clone(), ended.clone()));
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
    let (shared, mut line, mut tried, mut count) = (Shared::default(), Line::default(), None, 0);
    remind(app).await?;
    loop {
        match step(app, tried.take()).await? {
            Next::Send(job) => {
                count += 1;
                tried = Some(send(app, &shared, &mut line, *job).await);
            }
            Next::Look => {}
            Next::Rest(_) => break,
        }
    }
    line.close().await;
    Ok(count)
}

async fn lane(app: App, number: usize, shared: Shared, mut ended: watch::Receiver<bool>) {
    let pause = &shared.pause;
    let (mut line, mut tried) = (Line::default(), None::<Tried>);
    loop {
        if *ended.borrow() {
            break;
        }
        let rest = match next(&app, number, pause, tried.as_ref()).await {
            Ok(next) => {
                tried = None;
                match next {
                    Next::Send(job) => {
                        app.store().ring(); // there may be more: another lane looks
                        tried = Some(send(&app, &shared, &mut line, *job).await);
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
                conclude(tx, app, &Tried { mail, end: End::Settled(outcome, note), _turn: None })?;
            }
        }
    }
    Ok(Next::Look)
}

fn conclude(tx: &mut Tx<'_>, app: &App, tried: &Tried) -> Result<(), Error> {
    let (Tried { mail, end, .. }, now) = (tried, app.now());
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

/// Sends a mail, and says what becomes of it. A mail that makes this program fail is the end of that mail alone.
async fn send(app: &App, shared: &Shared, line: &mut Line, (mail, letter): (Taken, Letter)) -> Tried {
    let mut turn = None;
    let sent = async {
        let composed = write(app, &mail, &letter)?;
        let wanted = is_wanted(app, &mail, &shared.reminding, &mut turn);
        Ok(app.settings().mail.send(line, &composed, wanted).await)
    };
    let end = match AssertUnwindSafe(Box::pin(sent)).catch_unwind().await {
        Ok(Ok(sent)) => after(app, &shared.pause, &mail, sent),
        Ok(Err(unwritten)) => unwritten,
        Err(_) => {
            *line = Line::default();
            End::Settled(MailOutcome::Bounced, Some("the server made a mistake with it: see its log".to_owned()))
        }
    };
    let word = match &end {
        End::Settled(outcome, _) => outcome.as_str(),
        End::Again { .. } => "deferred",
    };
    app.metrics().mail(mail.kind.as_str(), word);
    Tried { mail, end, _turn: turn }
}

/// Whether there still is a reason for a mail, and time to send it. A reminder waits for its turn before.
async fn is_wanted(app: &App, mail: &Taken, turns: &Arc<Turns<()>>, turn: &mut Option<Turn>) -> Result<(), Failure> {
    if mail.kind == MailKind::Reminder {
        *turn = Some(Arc::new(Arc::clone(turns).lock_owned().await));
    }
    let (own, mail, now) = (app.clone(), mail.clone(), app.now());
    let until = now.plus_seconds(LONGEST_TEXT.as_secs() as i64);
    let looked: Result<bool, Error> = app
        .store()
        .read(move |tx| Ok(outbox::is_held(tx, &mail, until)? && letter::read(tx, &own, &mail, now)?.is_ok()))
        .await;
    match looked {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::Unsure("there may be no reason for it any more".to_owned())),
        Err(error) => {
            Err(Failure::Unsure(format!("the database did not say whether there is a reason for it: {error}")))
        }
    }
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
        Err(Failure::Unsure(note)) => return End::Again { due: now, note, counts: false, shows: false },
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

/// The mail, or what becomes of one that cannot be written.
fn write(app: &App, mail: &Taken, letter: &Letter) -> Result<Composed, End> {
    let unwritten = |why: String| {
        tracing::error!(mail = mail.seq, "a mail could not be written: {why}");
        End::Settled(MailOutcome::Bounced, Some(why))
    };
    let settings = app.settings();
    let from = settings.mail.from().ok_or_else(|| unwritten("nobody is set up to send it".to_owned()))?;
    let opt_out = match mail.kind {
        MailKind::Verification | MailKind::Reset | MailKind::Moved => None,
        _ => {
            let email = Address::parse(&mail.email).map_err(|error| unwritten(format!("{}: {error}", mail.email)))?;
            let token = OptOut { email, invite: mail.invite }.token(app).ok_or_else(|| End::Again {
                due: app.now().plus_seconds(WITHOUT_KEY),
                note: "the server's key file is not in order".to_owned(),
                counts: false,
                shows: true,
            })?;
            Some(format!("{}/opt-out/{token}", settings.public_url))
        }
    };
    let sender = Sender { from, site: &settings.name, origin: &settings.public_url };
    let Taken { seq, kind, email, created_at, .. } = mail;
    let cover = Cover { seq: *seq, kind: *kind, to: email.clone(), created_at: *created_at, now: app.now(), opt_out };
    compose(sender, &cover, letter).map_err(|error| unwritten(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::server::{
        Clock, Key, Settings, SystemEntropy,
        mail::Transport,
        store::{Database, Options, Store},
    };

    /// A clock that fails when it is first asked.
    #[derive(Default)]
    struct Broken(AtomicBool);

    impl Clock for Broken {
        fn now(&self) -> Timestamp {
            assert!(self.0.swap(true, Ordering::Relaxed), "the clock has stopped");
            Timestamp::now()
        }
    }

    #[tokio::test]
    async fn a_mail_that_makes_the_program_fail_is_the_end_of_that_mail_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Options::new(Database::Sqlite(folder.path().join("guestlist.db")))).unwrap();
        let (directory, from) = (folder.path().join("mail"), "band@example.org".parse().unwrap());
        let settings = Settings { mail: Transport::File { directory, from }, ..Settings::default() };
        let app = App::new(store, settings, Key::new(&[7; 32]).unwrap(), Broken::default(), SystemEntropy::new());
        let add = "INSERT INTO mail (kind, email, created_at, due_at, urgent) VALUES ('moved', $1, 1, 1, FALSE)";
        for to in ["first@example.org", "second@example.org"] {
            app.store().write::<_, Error, _>(move |tx| tx.execute(add, &[&to])).await.unwrap();
        }
        let mut ends = Vec::new();
        for n in 1..=2_u32 {
            let take =
                |tx: &mut Tx<'_>| outbox::take(tx, Timestamp::now(), Timestamp::now().plus_seconds(LEASE_SECONDS));
            let mail: Taken = app.store().write(take).await.unwrap().unwrap();
            let letter = Letter::Moved { username: format!("guest{n}"), to: "another one".to_owned() };
            let tried = send(&app, &Shared::default(), &mut Line::default(), (mail, letter)).await;
            ends.push(format!("{:?}", tried.end));
        }
        assert!(ends[0].contains("Bounced") && ends[0].contains("a mistake"), "{ends:?}");
        // There is no account to it, which is asked once it is written.
        assert!(ends[1].contains("Again") && ends[1].contains("no reason"), "{ends:?}");
    }
}
