//! PostgreSQL: threads that own one connection each. Reads have threads of their own, so that a row lock for which
//! many writers wait does not starve them.
//!
//! Every wait for the server has a limit on this side too: a stopped server, or one behind a broken network, answers
//! nothing and closes nothing, and would otherwise hold a thread for ever. After a limit has passed the connection is
//! dropped, and the server undoes what it had begun.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::runtime::Runtime;
use tokio_postgres::{
    Client, Config, NoTls, Socket, Statement,
    config::{Host, SslMode},
    tls::{MakeTlsConnect, TlsConnect},
    types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    Engine, Error, Job, Options, Tx, Value, lock, migrate,
    tx::{On, Record},
    workers,
};

const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

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
    Ok(Engine { writes, reads, near: Vec::new(), threads })
}

/// Where to connect and how, shared by all workers.
struct Server {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    /// The limit of one statement, and of one attempt to connect.
    limit: Duration,
    /// Set while the server is known to be down: until when, and why.
    down: Mutex<Option<(Instant, Error)>>,
}

impl Server {
    fn new(url: &str, patience: Duration) -> Result<Self, Error> {
        // This program knows no half-hearted TLS: what it requires, it verifies.
        let url = url.replace("sslmode=verify-full", "sslmode=require");
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            Error::Address(std::error::Error::source(&error).map_or(error.to_string(), ToString::to_string))
        })?;
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
        Ok(Self { config, tls, limit, down: Mutex::new(None) })
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
        *lock(&self.down) = session.as_ref().err().map(|error| (Instant::now() + DOWN, error.clone()));
        session
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

/// One connection and the statements prepared on it.
pub(super) struct Session {
    client: Client,
    /// SQL text is `'static`, so nothing has to be evicted.
    statements: HashMap<&'static str, Statement>,
    limit: Duration,
    /// Drives the connection while this thread waits for it. Dropped last, and the socket with it.
    runtime: Runtime,
}

impl Session {
    /// Connects; `limit` is for each statement later. With `sslmode=prefer` a server whose TLS is not to be trusted is
    /// used without, as libpq does; `require` is for networks one does not trust.
    fn open(server: &Server, limit: Duration) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Io(error.to_string()))?;
        let attempt = async {
            match &server.tls {
                None => join(&server.config, NoTls).await,
                Some(tls) => match join(&server.config, tls.clone()).await {
                    // The first error says more: the second may be that the server insists on TLS.
                    Err(error) if server.config.get_ssl_mode() == SslMode::Prefer => {
                        join(&server.config, NoTls).await.map_err(|_| error)
                    }
                    result => result,
                },
            }
        };
        match runtime.block_on(async { tokio::time::timeout(server.limit, attempt).await }) {
            Ok(Ok(client)) => {
                let session = Self { client, statements: HashMap::new(), limit, runtime };
                // The server's own limits are a little shorter: its errors say more, and it stops working.
                let (statement, lock) = (limit.as_millis() * 8 / 10, limit.as_millis() * 6 / 10);
                session.batch(&format!(
                    "SET statement_timeout = {statement}; SET lock_timeout = {lock};
                     SET idle_in_transaction_session_timeout = {}",
                    limit.as_millis() * 4
                ))?;
                Ok(session)
            }
            Ok(Err(error)) => Err(match Error::from(error) {
                Error::Refused(why) => Error::Connection(why), // a wrong password, an unknown database
                error => error,
            }),
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

    pub(super) fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Error> {
        let statement = self.prepared(sql, values)?;
        self.wait(self.client.execute(&statement, &refs(values)))
    }

    pub(super) fn query(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<tokio_postgres::Row>, Error> {
        let statement = self.prepared(sql, values)?;
        self.wait(self.client.query(&statement, &refs(values)))
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

fn refs<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
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
        let mut session = self.begin()?;
        let mut tx = Tx::new(On::Postgres(&mut session), record);
        tx.measure_rows(-1);
        let keep = job.run(&mut tx);
        tx.measure_rows(1);
        let failure = tx.failure();
        if keep {
            session.batch("COMMIT")?;
        } else if matches!(failure, Some(Error::Timeout | Error::Connection(_))) || session.batch("ROLLBACK").is_err() {
            return Ok(()); // without its connection the server rolls back by itself
        }
        self.idle = Some(session);
        match failure {
            Some(conflict @ Error::Conflict(_)) => Err(conflict),
            _ => Ok(()),
        }
    }

    /// A session in a new transaction. A connection that has gone stale in idleness, as after the server's restart,
    /// fails here before anything has happened, so another one is made at once.
    fn begin(&mut self) -> Result<Session, Error> {
        if let Some(session) = self.idle.take() {
            match session.batch(self.begin) {
                Ok(()) => return Ok(session),
                Err(Error::Connection(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let session = self.server.connect()?;
        session.batch(self.begin)?;
        Ok(session)
    }
}
