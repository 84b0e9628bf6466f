//! PostgreSQL: threads that own one connection each. Reads have threads of their own, so that a row lock for which
//! many writers wait does not starve them.
//!
//! Every wait for the server has a limit on this side too: a stopped server, or one behind a broken network, answers
//! nothing and closes nothing, and would otherwise hold a thread for ever. After a limit has passed the connection is
//! dropped, and the server undoes what it had begun.

use std::{
    collections::HashMap,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::{join_all, join3, poll_immediate};
use tokio::runtime::Runtime;
use tokio_postgres::{
    Client, Config, NoTls, Socket, Statement,
    config::{Host, SslMode},
    tls::{MakeTlsConnect, TlsConnect},
    types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    Engine, Error, Job, Near, Options, Tx, Value,
    lines::Lines,
    lock, migrate,
    tx::{On, Record},
    value::Owned,
    workers,
};

const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Statements that wait for the next one at the most: what `join_all` looks at in order.
const MOST_AHEAD: usize = 16;

/// How often a transaction that collided with another is run again.
const TRIES: u32 = 10;

/// After a failed attempt to connect, how long waiting jobs fail at once instead of each trying again.
const DOWN: Duration = Duration::from_millis(500);

pub(super) fn open(url: &str, options: &Options, record: &Record) -> Result<Engine, Error> {
    let server = Arc::new(Server::new(url, options.patience)?);
    // A runtime cannot be driven from within another one, and the caller may be in one: a thread of its own.
    std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let session = Session::open(&server, Duration::from_hours(1))?;
                migrate::postgres(session, options.migrations, options.migrates)
            })
            .join()
            .unwrap_or(Err(Error::Panicked))
    })?;
    let start = |name, count, begin| {
        workers(name, count, options.queue, || {
            let mut worker = Worker { server: server.clone(), begin, idle: None };
            let record = record.clone();
            Ok(move |mut job: Box<dyn Job>| {
                let result = worker.run(&mut *job, &record);
                job.answer(result);
            })
        })
    };
    let (writes, mut threads) = start("postgres writer", options.writers, WRITE)?;
    let (reads, more) = start("postgres reader", options.readers, READ)?;
    threads.extend(more);
    let lines = || Near::Lines(Arc::new(Lines::new(server.clone(), options.readers, options.queue)));
    // What is recorded has one way, and is measured there.
    let near = if options.record { Near::Nothing } else { lines() };
    Ok(Engine { writes, reads, near, threads })
}

/// Where to connect and how, shared by all workers.
pub(super) struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    /// The limit of one statement, and of one attempt to connect.
    limit: Duration,
    /// Set while the server is known to be down: until when, and why.
    down: Mutex<Option<(Instant, Error)>>,
    /// Whether a connection in clear is still to be told: TLS is preferred, and the way leads out of this machine.
    tells_clear: AtomicBool,
}

/// What an address says; it names a host, since there is none that is meant otherwise.
pub(super) fn address(url: &str) -> Result<Config, Error> {
    // This program knows no half-hearted TLS: what it requires, it verifies.
    let url = url.replace("sslmode=verify-full", "sslmode=require");
    let config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
        let why = std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string);
        // What it takes for an option's name can be a part of a password that is not written as an address has it.
        let is_quoted = why.starts_with("unknown option");
        Error::Address(if is_quoted { "it has an option that is not known".to_owned() } else { why })
    })?;
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(Error::Address("no host is named".to_owned()));
    }
    Ok(config)
}

impl Server {
    pub(super) fn new(url: &str, patience: Duration) -> Result<Self, Error> {
        let mut config = address(url)?;
        let limit = patience / 2;
        config
            .tcp_user_timeout(limit)
            .keepalives_idle(Duration::from_secs(30))
            .keepalives_interval(Duration::from_secs(5));
        if config.get_application_name().is_none() {
            config.application_name("guestlist");
        }
        let remote = config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(_)));
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            SslMode::Prefer => remote.then(tls).and_then(Result::ok),
            _ => Some(tls()?),
        };
        let tells_clear = AtomicBool::new(config.get_ssl_mode() == SslMode::Prefer && leads_out(&config));
        Ok(Self { config, tls, limit, down: Mutex::new(None), tells_clear })
    }

    /// Connects, or fails at once while the last attempt's failure is fresh: jobs that wait must not each spend the
    /// limit one after the other.
    fn connect(&self) -> Result<Session, Error> {
        if let Some((until, error)) = &*lock(&self.down)
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        let session = Session::open(self, self.limit);
        self.note(session.as_ref().err());
        // A statement that came to run outside of a transaction, because the beginning of it failed, changes nothing.
        session.and_then(|session| session.batch("SET default_transaction_read_only = on").map(|()| session))
    }

    /// As [`connect`](Self::connect), for a connection that whoever looks shares with others.
    pub(super) async fn shared(&self) -> Result<Client, Error> {
        if let Some((until, error)) = &*lock(&self.down)
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        let client = match tokio::time::timeout(self.limit, self.dial()).await {
            Ok(Ok(client)) => client.batch_execute(&settings(self.limit)).await.map(|()| client).map_err(Error::from),
            Ok(Err(error)) => Err(refused(error)),
            Err(_) => Err(Error::Timeout),
        };
        self.note(client.as_ref().err());
        client
    }

    /// The limit of one statement.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Keeps for a moment why nobody could connect.
    fn note(&self, error: Option<&Error>) {
        *lock(&self.down) = error.map(|error| (Instant::now() + DOWN, error.clone()));
    }

    async fn dial(&self) -> Result<Client, tokio_postgres::Error> {
        let was_tls = Arc::new(AtomicBool::new(false));
        let client = match &self.tls {
            None => join(&self.config, NoTls).await,
            Some(tls) => match join(&self.config, Noted { tls: tls.clone(), was_tls: was_tls.clone() }).await {
                // The first error says more: the second may be that the server insists on TLS.
                Err(error) if self.config.get_ssl_mode() == SslMode::Prefer => {
                    was_tls.store(false, Ordering::Relaxed);
                    join(&self.config, NoTls).await.map_err(|_| error)
                }
                result => result,
            },
        }?;
        if !was_tls.load(Ordering::Relaxed) && self.tells_clear.swap(false, Ordering::Relaxed) {
            tracing::warn!(
                "the connection to the database is not encrypted: its server offers no TLS, or none that this machine \
                 trusts. Say sslmode=require in its address, and no other is used; or sslmode=disable, where the network \
                 is trusted"
            );
        }
        Ok(client)
    }
}

/// Whether a connection may go to another machine.
fn leads_out(config: &Config) -> bool {
    let other = |address: &IpAddr| !address.is_loopback();
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().any(|host| match host {
            Host::Tcp(name) => name.parse().as_ref().map_or(name != "localhost", other),
            Host::Unix(_) => false,
        }),
        addresses => addresses.iter().any(other),
    }
}

/// TLS that notes whether it came to it: with a server that offers none, a connection that only prefers it goes on in clear
/// without a word.
struct Noted<T> {
    tls: T,
    was_tls: Arc<AtomicBool>,
}

impl<T: MakeTlsConnect<Socket>> MakeTlsConnect<Socket> for Noted<T> {
    type Stream = T::Stream;
    type TlsConnect = Noted<T::TlsConnect>;
    type Error = T::Error;

    /// Of several hosts each is asked in turn: what counts is how it went with the last.
    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, T::Error> {
        self.was_tls.store(false, Ordering::Relaxed);
        Ok(Noted { tls: self.tls.make_tls_connect(domain)?, was_tls: self.was_tls.clone() })
    }
}

impl<T: TlsConnect<Socket>> TlsConnect<Socket> for Noted<T> {
    type Stream = T::Stream;
    type Error = T::Error;
    type Future = T::Future;

    fn connect(self, stream: Socket) -> T::Future {
        self.was_tls.store(true, Ordering::Relaxed);
        self.tls.connect(stream)
    }
}

/// What holds for a connection. A statement is planned once, for all values: of a large band's PostgreSQL learns that all of
/// the table is nearly that band's, and as that looks cheap, it plans anew each time, which takes longer than to read a
/// page. The server's own limits are a little shorter than this side's: its errors say more, and it stops working.
fn settings(limit: Duration) -> String {
    let (statement, lock) = (limit.as_millis() * 8 / 10, limit.as_millis() * 6 / 10);
    format!(
        "SET plan_cache_mode = force_generic_plan; SET statement_timeout = {statement}; SET lock_timeout = {lock};
         SET idle_in_transaction_session_timeout = {}",
        limit.as_millis() * 4
    )
}

/// Why nobody could connect: a wrong password and an unknown database are no mistake in a statement.
fn refused(error: tokio_postgres::Error) -> Error {
    match Error::from(error) {
        Error::Refused(why) => Error::Connection(why),
        error => error,
    }
}

/// TLS as this machine trusts it, by the same cryptography as everywhere else in the program.
fn tls() -> Result<MakeRustlsConnect, Error> {
    use rustls_platform_verifier::BuilderVerifierExt;
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| Error::Connection(format!("TLS: {error}")))?;
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

/// What travels with the next statement.
#[derive(Default)]
struct Ahead {
    begin: Option<&'static str>,
    /// Statements whose answers nobody needs.
    statements: Vec<(Statement, Vec<Owned>)>,
}

impl Ahead {
    /// Sends all of it, and `last` behind it, without a wait in between: each is sent when it is first looked at, in
    /// order. The first that failed is told.
    async fn send_with<T>(
        self,
        client: &Client,
        last: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, tokio_postgres::Error> {
        let begin = async { if let Some(sql) = self.begin { client.batch_execute(sql).await } else { Ok(()) } };
        let statements = self.statements.iter().map(|(statement, values)| async move {
            let values: Vec<Value<'_>> = values.iter().map(Owned::value).collect();
            client.execute(statement, &refs(&values)).await.map(drop)
        });
        let (begin, statements, last) = join3(begin, join_all(statements), last).await;
        begin?;
        statements.into_iter().collect::<Result<(), _>>()?;
        last
    }
}

/// One connection and the statements prepared on it.
pub(super) struct Session {
    client: Client,
    /// SQL text is `'static`, so nothing has to be evicted.
    statements: HashMap<&'static str, Statement>,
    ahead: Ahead,
    /// Whether the server has answered anything in this transaction.
    was_heard: bool,
    limit: Duration,
    /// Drives the connection while this thread waits for it. Dropped last, and the socket with it.
    runtime: Runtime,
}

impl Session {
    /// Connects; `limit` is for each statement later. With `sslmode=prefer` a server whose TLS is not to be trusted is
    /// used in clear, which the log says. libpq would encrypt there, for whoever answers; here nothing is encrypted that is
    /// not verified. `require` is for networks one does not trust.
    fn open(server: &Server, limit: Duration) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Io(error.to_string()))?;
        match runtime.block_on(async { tokio::time::timeout(server.limit, server.dial()).await }) {
            Ok(Ok(client)) => {
                let session = Self {
                    client,
                    statements: HashMap::new(),
                    ahead: Ahead::default(),
                    was_heard: false,
                    limit,
                    runtime,
                };
                session.batch(&settings(limit))?;
                Ok(session)
            }
            Ok(Err(error)) => Err(refused(error)),
            Err(_) => {
                runtime.shutdown_background(); // it may be looking up a name, which cannot be interrupted
                Err(Error::Timeout)
            }
        }
    }

    /// Runs statements that take no parameters and give no rows.
    pub(super) fn batch(&self, sql: &str) -> Result<(), Error> {
        self.wait(self.client.batch_execute(sql))
    }

    /// A transaction begins with its first statement: this goes out in front of it.
    fn begin(&mut self, sql: &'static str) {
        self.ahead = Ahead { begin: Some(sql), statements: Vec::new() };
        self.was_heard = false;
    }

    /// Keeps what was done; nothing, where no statement was run.
    fn commit(&mut self) -> Result<(), Error> {
        let ahead = std::mem::take(&mut self.ahead);
        if ahead.begin.is_some() && ahead.statements.is_empty() {
            return Ok(());
        }
        self.wait(ahead.send_with(&self.client, self.client.batch_execute("COMMIT")))
    }

    /// Undoes what was done. Who only looked does not wait for it.
    fn roll_back(&mut self, waits: bool) -> Result<(), Error> {
        if std::mem::take(&mut self.ahead).begin.is_some() {
            return Ok(());
        }
        let end = self.client.batch_execute("ROLLBACK");
        if waits {
            return self.wait(end);
        }
        self.runtime.block_on(async {
            let mut end = pin!(end);
            // Sent when it is first looked at, and on its way once the connection had its turn.
            let _ = poll_immediate(&mut end).await;
            tokio::task::yield_now().await;
        });
        Ok(())
    }

    pub(super) fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Error> {
        let statement = self.prepared(sql, values)?;
        let ahead = std::mem::take(&mut self.ahead);
        let result = self.wait(ahead.send_with(&self.client, self.client.execute(&statement, &refs(values))));
        self.heard(result)
    }

    pub(super) fn query(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>, Error> {
        let statement = self.prepared(sql, values)?;
        let ahead = std::mem::take(&mut self.ahead);
        let result = self.wait(ahead.send_with(&self.client, self.client.query(&statement, &refs(values))));
        self.heard(result)
    }

    /// Runs a statement together with the next one, or the commit; that tells if it failed.
    pub(super) fn also(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<(), Error> {
        let statement = self.prepared(sql, values)?;
        self.ahead.statements.push((statement, values.iter().map(Owned::of).collect()));
        if self.ahead.statements.len() < MOST_AHEAD {
            return Ok(());
        }
        let ahead = std::mem::take(&mut self.ahead);
        let result = self.wait(ahead.send_with(&self.client, async { Ok(()) }));
        self.heard(result)
    }

    fn heard<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.was_heard |= !matches!(result, Err(Error::Connection(_) | Error::Timeout));
        result
    }

    /// Rows of tables that this session has read and not told the server of yet, those of the transaction among them.
    pub(super) fn rows_read(&mut self) -> Result<i64, Error> {
        let sql = "SELECT CAST(COALESCE(SUM(seq_tup_read + COALESCE(idx_tup_fetch, 0)), 0) AS bigint)
             FROM pg_stat_xact_user_tables";
        let rows = self.query(sql, &[])?;
        Ok(rows.first().map_or(0, |row| row.get(0)))
    }

    fn prepared(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Statement, Error> {
        let statement = if let Some(known) = self.statements.get(sql) {
            known.clone()
        } else {
            let new = self.wait(self.client.prepare(sql))?;
            self.statements.insert(sql, new.clone());
            new
        };
        if statement.params().len() == values.len() { Ok(statement) } else { Err(Error::Parameters) }
    }

    fn wait<T>(&self, answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Error> {
        self.runtime
            .block_on(async { tokio::time::timeout(self.limit, answer).await })
            .map_err(|_| Error::Timeout)?
            .map_err(Error::from)
    }
}

pub(super) fn refs<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

/// Connects and lets the connection run beside its client.
async fn join<T>(config: &Config, tls: T) -> Result<Client, tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket>,
    T::TlsConnect: Send,
    T::Stream: Send + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let (client, connection) = config.connect(tls).await?;
    tokio::spawn(connection); // its errors come to the client as a closed connection
    Ok(client)
}

/// One thread's share: a connection while there is one, and what its transactions begin with.
struct Worker {
    server: Arc<Server>,
    begin: &'static str,
    idle: Option<Session>,
}

impl Worker {
    /// Runs a job, again after a collision, with a growing pause.
    fn run(&mut self, job: &mut dyn Job, record: &Record) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            match self.attempt(job, record) {
                Err(Error::Conflict(_)) if tries < TRIES => {
                    tries += 1;
                    std::thread::sleep(Duration::from_micros(200 << tries.min(6)));
                }
                result => return result,
            }
        }
    }

    /// `Ok` where the job's own answer stands, kept or not.
    fn attempt(&mut self, job: &mut dyn Job, record: &Record) -> Result<(), Error> {
        let idle = self.idle.take();
        let was_idle = idle.is_some();
        let mut session = idle.map_or_else(|| self.server.connect(), Ok)?;
        session.begin(self.begin);
        let mut tx = Tx::new(On::Postgres(&mut session), record);
        tx.measure_rows(-1);
        let keep = job.run(&mut tx);
        tx.measure_rows(1);
        let failure = tx.failure();
        let writes = self.begin == WRITE;
        if keep && writes {
            session.commit()?;
        } else if was_idle && !session.was_heard && matches!(failure, Some(Error::Connection(_))) {
            // A connection that has gone stale in idleness, as after the server's restart, fails before anything has
            // happened: the job is run once more, on another one.
            return self.attempt(job, record);
        } else if matches!(failure, Some(Error::Timeout | Error::Connection(_))) || session.roll_back(writes).is_err() {
            return Ok(()); // without its connection the server rolls back by itself
        }
        self.idle = Some(session);
        match failure {
            Some(conflict @ Error::Conflict(_)) => Err(conflict),
            _ => Ok(()),
        }
    }
}
