//! PostgreSQL's short way for a look-up of one statement: no transaction and no thread of its own.
//!
//! A use case is synchronous and the answer is far, so it is run twice: once to learn what it asks, and once more to go on
//! with the answer. One statement is one snapshot by itself. Where more than one is asked, or anything goes wrong, the
//! use case takes the long way, a read in a transaction, which also tells what is wrong. The connections are shared: what
//! many ask at once travels together, and is answered one after the other.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio_postgres::{Client, Row, Statement};

use super::{
    Error, Failure, Tx, Value, attempt, lock,
    postgres::{Server, refs},
    tx::{On, Record},
    value::Owned,
};

/// Connections that look-ups share.
pub(super) struct Lines {
    server: Arc<Server>,
    open: Vec<tokio::sync::Mutex<Option<Arc<Line>>>>,
    next: AtomicUsize,
}

/// One of them, with what was prepared on it.
struct Line {
    client: Client,
    /// SQL text is `'static`, so nothing has to be evicted.
    statements: Mutex<HashMap<&'static str, Statement>>,
}

impl Lines {
    /// So many, each connected when it is first needed.
    pub(super) fn new(server: Arc<Server>, count: usize) -> Self {
        let open = (0..count.max(1)).map(|_| tokio::sync::Mutex::default()).collect();
        Self { server, open, next: AtomicUsize::new(0) }
    }

    /// Looks; `None` where the use case has to take the long way. Takes no longer than a statement may.
    pub(super) async fn look<T: Send, E: Failure>(
        &self,
        f: &mut (impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send),
    ) -> Option<Result<T, E>> {
        let record: Record = None;
        let mut replay = Replay::default();
        let unasked = attempt(f, &mut Tx::new(On::Replay(&mut replay), &record));
        let Some(question) = replay.asked else { return (!replay.asks_more).then_some(unasked) };
        drop(unasked);
        let sql = question.sql;
        match self.answer(question).await {
            Ok(rows) => {
                let mut replay = Replay { known: Some((sql, rows)), is_answered: true, ..Replay::default() };
                let result = attempt(f, &mut Tx::new(On::Replay(&mut replay), &record));
                (!replay.asks_more).then_some(result)
            }
            Err(Error::Timeout) => Some(Err(Error::Timeout.into())),
            Err(_) => None,
        }
    }

    async fn answer(&self, question: Question) -> Result<Vec<Row>, Error> {
        let slot = &self.open[self.next.fetch_add(1, Ordering::Relaxed) % self.open.len()];
        let asked = async {
            let line = {
                let mut slot = slot.lock().await;
                match &*slot {
                    Some(line) if !line.client.is_closed() => line.clone(),
                    _ => slot.insert(Arc::new(Line::open(&self.server).await?)).clone(),
                }
            };
            line.ask(&question).await
        };
        match tokio::time::timeout(self.server.limit(), asked).await {
            Ok(Err(error @ Error::Connection(_))) => {
                slot.lock().await.take();
                Err(error)
            }
            Ok(result) => result,
            Err(_) => {
                // Who connects holds the slot and will find out by itself.
                if let Ok(mut slot) = slot.try_lock() {
                    slot.take();
                }
                Err(Error::Timeout)
            }
        }
    }
}

impl Line {
    /// Connects, and lets the connection run beside its client until that is dropped.
    async fn open(server: &Server) -> Result<Self, Error> {
        let client = server.shared().await?;
        // The long way's own promise: who only looks can change nothing.
        client.batch_execute("SET default_transaction_read_only = on").await?;
        Ok(Self { client, statements: Mutex::default() })
    }

    async fn ask(&self, question: &Question) -> Result<Vec<Row>, Error> {
        let known = lock(&self.statements).get(question.sql).cloned();
        let statement = if let Some(statement) = known {
            statement
        } else {
            let new = self.client.prepare(question.sql).await?;
            lock(&self.statements).entry(question.sql).or_insert(new).clone()
        };
        if statement.params().len() != question.values.len() {
            return Err(Error::Parameters);
        }
        let values: Vec<Value<'_>> = question.values.iter().map(Owned::value).collect();
        Ok(self.client.query(&statement, &refs(&values)).await?)
    }
}

/// A statement with its values.
struct Question {
    sql: &'static str,
    values: Vec<Owned>,
}

/// What a use case is run on here: first it is asked for its statement, then it is given the rows.
#[derive(Default)]
pub(super) struct Replay {
    /// The rows, until they are taken.
    known: Option<(&'static str, Vec<Row>)>,
    is_answered: bool,
    asked: Option<Question>,
    asks_more: bool,
}

impl Replay {
    /// The rows of the one statement. Whatever else is asked ends this run: it is asked again the long way.
    pub(super) fn query(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        match self.known.take() {
            Some((known, rows)) if known == sql => return Ok(rows),
            _ if self.is_answered => self.asks_more = true,
            _ => {
                let question = || Question { sql, values: values.iter().map(Owned::of).collect() };
                let _ = self.asked.get_or_insert_with(question);
            }
        }
        Err(Error::Aborted)
    }

    /// What changes rows is no look: it goes the long way, and is refused there.
    pub(super) fn refuse(&mut self) -> Error {
        self.asks_more = true;
        Error::Aborted
    }
}
