//! PostgreSQL's short way for a look-up of one statement: no transaction and no thread of its own.
//!
//! A use case is synchronous and the answer is far, so it is run twice: once to learn what it asks, and once more to go on
//! with the answer. One statement is one snapshot by itself. Where more than one is asked, or anything goes wrong, the
//! use case takes the long way, a read in a transaction, which also tells what is wrong.
//!
//! The connections are shared. While all of them carry something, those who come gather; the next connection that is free
//! takes all who look up one row by the same statement and asks it once for all of them, with a row of values for each. What
//! may have many rows goes alone: nobody waits for the rows of others. A statement costs
//! PostgreSQL far more than the rows that it finds by their keys, and both sides a message, so that many at once are
//! answered in a fraction of what they would take one by one. Who comes alone goes alone, and waits for nobody.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use tokio::sync::oneshot;
use tokio_postgres::{Client, Row, Statement, types::Type};

use super::{
    Error, Failure, Tx, Value, attempt, lock,
    postgres::{Server, refs},
    tx::{On, Record},
    value::Owned,
};

/// Look-ups that one statement answers at most, so that the first of them does not wait for long.
const TOGETHER: usize = 64;

/// Connections that look-ups share.
pub(super) struct Lines {
    server: Arc<Server>,
    /// Look-ups that may wait.
    queue: usize,
    gathered: Mutex<Gathered>,
}

/// Who waits, and what could carry them. Nobody waits while a connection is idle.
struct Gathered {
    waiting: VecDeque<Asked>,
    /// Connections that carry nothing; one that is not open yet, or no longer, is `None`.
    idle: Vec<Option<Line>>,
}

/// A look-up on its way.
struct Asked {
    question: Question,
    to: oneshot::Sender<Result<Vec<Row>, Error>>,
}

impl Lines {
    /// So many, each connected when it is first needed; while all of them carry something, `queue` look-ups may wait.
    pub(super) fn new(server: Arc<Server>, count: usize, queue: usize) -> Self {
        let idle = (0..count.max(1)).map(|_| None).collect();
        Self { server, queue: queue.max(1), gathered: Mutex::new(Gathered { waiting: VecDeque::new(), idle }) }
    }

    /// How many look-ups wait for a connection.
    pub(super) fn waiting(&self) -> usize {
        lock(&self.gathered).waiting.len()
    }

    /// Looks; `None` where the use case has to take the long way. Takes no longer than a statement may.
    pub(super) async fn look<T: Send, E: Failure>(
        self: &Arc<Self>,
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
            Err(error @ (Error::Timeout | Error::Busy)) => Some(Err(error.into())),
            Err(_) => None,
        }
    }

    async fn answer(self: &Arc<Self>, question: Question) -> Result<Vec<Row>, Error> {
        let (to, answer) = oneshot::channel();
        let free = {
            let mut gathered = lock(&self.gathered);
            if gathered.waiting.len() >= self.queue {
                return Err(Error::Busy);
            }
            gathered.waiting.push_back(Asked { question, to });
            gathered.idle.pop()
        };
        if let Some(line) = free {
            // A task of its own: whoever asks may go away, and others wait for what goes with it.
            drop(tokio::spawn(Place::new(self.clone(), line).carry()));
        }
        match tokio::time::timeout(self.server.limit(), answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => Err(Error::Timeout),
        }
    }

    /// Those who go together next; where nobody waits there is none, and the connection of `place` is idle.
    fn next(&self, place: &mut Place) -> Vec<Asked> {
        let mut gathered = lock(&self.gathered);
        let mut group: Vec<Asked> = Vec::new();
        let mut others = VecDeque::new();
        for one in gathered.waiting.drain(..).filter(|one| !one.to.is_closed()) {
            let same = group.first().is_none_or(|first| first.question.goes_with(&one.question));
            if same && group.len() < TOGETHER { group.push(one) } else { others.push_back(one) }
        }
        gathered.waiting = others;
        if group.is_empty() {
            gathered.idle.push(place.line.take());
            place.is_given_back = true;
        }
        group
    }

    /// Asks, and gives each its answer; the connection, if it can be used again.
    async fn ask(&self, line: Option<Line>, group: Vec<Asked>) -> Option<Line> {
        let (questions, askers): (Vec<_>, Vec<_>) = group.into_iter().map(|one| (one.question, one.to)).unzip();
        let asked = async {
            let mut line = match line.filter(|line| !line.client.is_closed()) {
                Some(line) => line,
                None => Line::open(&self.server).await?,
            };
            let answers = line.ask(&questions).await;
            Ok((line, answers))
        };
        let asked = tokio::time::timeout(self.server.limit(), asked).await;
        let (line, answers) = match asked.unwrap_or(Err(Error::Timeout)) {
            Ok((line, answers)) => (Some(line), answers),
            Err(error) => (None, Err(error)),
        };
        match answers {
            Ok(answers) => {
                for (to, rows) in askers.into_iter().zip(answers) {
                    let _ = to.send(Ok(rows)); // who asked may have gone
                }
                line
            }
            Err(error) => {
                for to in askers {
                    let _ = to.send(Err(error.clone()));
                }
                line.filter(|_| !matches!(error, Error::Connection(_)))
            }
        }
    }
}

/// A connection that carries, or will: its place among the idle ones is given back however that ends.
struct Place {
    lines: Arc<Lines>,
    line: Option<Line>,
    is_given_back: bool,
}

impl Place {
    fn new(lines: Arc<Lines>, line: Option<Line>) -> Self {
        Self { lines, line, is_given_back: false }
    }

    /// Carries all who wait, and rests when nobody does.
    async fn carry(mut self) {
        let lines = self.lines.clone();
        loop {
            let group = lines.next(&mut self);
            if group.is_empty() {
                return;
            }
            // Should this end midway, the connection is not used again: nobody knows what it still carries.
            let line = self.line.take();
            self.line = lines.ask(line, group).await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.is_given_back {
            return;
        }
        let waiting = {
            let mut gathered = lock(&self.lines.gathered);
            gathered.idle.push(self.line.take());
            std::mem::take(&mut gathered.waiting)
        };
        drop(waiting); // nobody waits while a connection is idle: they take the long way
    }
}

/// One of the connections, with what was prepared on it. SQL text is `'static`, so nothing has to be evicted.
struct Line {
    client: Client,
    statements: HashMap<&'static str, Prepared>,
}

/// A statement, as it is asked by one and by several.
#[derive(Clone)]
struct Prepared {
    alone: Statement,
    together: Together,
}

#[derive(Clone)]
enum Together {
    NotYet,
    /// PostgreSQL does not take it so: each is asked alone.
    Never,
    By(Statement),
}

impl Line {
    /// Connects, and lets the connection run beside its client until that is dropped.
    async fn open(server: &Server) -> Result<Self, Error> {
        let client = server.shared().await?;
        // The long way's own promise: who only looks can change nothing.
        client.batch_execute("SET default_transaction_read_only = on").await?;
        Ok(Self { client, statements: HashMap::new() })
    }

    /// The rows of each of some questions, all of them by one statement.
    async fn ask(&mut self, questions: &[Question]) -> Result<Vec<Vec<Row>>, Error> {
        let Some(Question { sql, .. }) = questions.first() else { return Ok(Vec::new()) };
        let several = questions.len() > 1;
        let Prepared { alone, together } = self.prepared(sql, several).await?;
        let count = alone.params().len();
        if questions.iter().any(|one| one.values.len() != count) {
            return Err(Error::Parameters);
        }
        let (true, Together::By(together)) = (several, together) else {
            return self.ask_each(&alone, questions).await;
        };
        let column = |n: usize| questions.iter().map(|one| one.values[n].value()).collect::<Vec<_>>();
        let columns: Vec<Vec<Value<'_>>> = (0..count).map(column).collect();
        let values: Vec<_> = columns.iter().map(|column| column as _).collect();
        let mut answers: Vec<Vec<Row>> = questions.iter().map(|_| Vec::new()).collect();
        let found = match self.client.query(&together, &values).await.map_err(Error::from) {
            // One's value that the statement does not take is not to spoil the answers of others.
            Err(Error::Refused(_)) => return self.ask_each(&alone, questions).await,
            found => found?,
        };
        for row in found {
            let asker: i64 = row.try_get(ASKER)?;
            let place = usize::try_from(asker - 1).ok();
            place.and_then(|place| answers.get_mut(place)).ok_or(Error::Column(ASKER))?.push(row);
        }
        Ok(answers)
    }

    /// The rows of each, asked one after the other.
    async fn ask_each(&self, alone: &Statement, questions: &[Question]) -> Result<Vec<Vec<Row>>, Error> {
        let mut answers = Vec::with_capacity(questions.len());
        for one in questions {
            let values: Vec<Value<'_>> = one.values.iter().map(Owned::value).collect();
            answers.push(self.client.query(alone, &refs(&values)).await?);
        }
        Ok(answers)
    }

    async fn prepared(&mut self, sql: &'static str, several: bool) -> Result<Prepared, Error> {
        let mut known = match self.statements.get(sql) {
            Some(known) => known.clone(),
            None => Prepared { alone: self.client.prepare(sql).await?, together: Together::NotYet },
        };
        if several && matches!(known.together, Together::NotYet) {
            known.together = self.together(sql, known.alone.params()).await?;
        }
        let _ = self.statements.insert(sql, known.clone());
        Ok(known)
    }

    async fn together(&self, sql: &str, types: &[Type]) -> Result<Together, Error> {
        if types.is_empty() {
            return Ok(Together::Never);
        }
        match self.client.prepare(&for_several(sql, types)).await.map_err(Error::from) {
            Ok(statement) => Ok(Together::By(statement)),
            Err(Error::Refused(_)) => Ok(Together::Never),
            Err(error) => Err(error), // it may pass
        }
    }
}

/// The column that says whose a row is, by number from 1.
const ASKER: &str = "asker";

/// A statement for several who ask at once: each parameter is an array with a value for each of them, and
/// [`ASKER`] is one more column.
fn for_several(sql: &str, types: &[Type]) -> String {
    let (mut arrays, mut names) = (Vec::new(), String::new());
    for (n, of) in types.iter().enumerate() {
        arrays.push(format!("${}::{}[]", n + 1, of.name()));
        let _ = write!(names, "v{}, ", n + 1);
    }
    format!(
        "SELECT found.*, asked.{ASKER} AS {ASKER} FROM unnest({}) WITH ORDINALITY AS asked ({names}{ASKER})
         CROSS JOIN LATERAL ({}) AS found",
        arrays.join(", "),
        sql.replace('$', "asked.v")
    )
}

/// A statement with its values.
struct Question {
    sql: &'static str,
    values: Vec<Owned>,
    /// Whether a row is looked up, so that there is one at most.
    is_one: bool,
}

impl Question {
    /// Whether one statement may answer both.
    fn goes_with(&self, other: &Self) -> bool {
        self.is_one && other.is_one && self.sql == other.sql
    }
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
    pub(super) fn query(&mut self, sql: &'static str, values: &[Value<'_>], is_one: bool) -> Result<Vec<Row>, Error> {
        match self.known.take() {
            Some((known, rows)) if known == sql => return Ok(rows),
            _ if self.is_answered => self.asks_more = true,
            _ => {
                let question = || Question { sql, values: values.iter().map(Owned::of).collect(), is_one };
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lines() -> Arc<Lines> {
        Arc::new(Lines::new(
            Arc::new(Server::new("postgres://nobody@127.0.0.1:1/none", Duration::from_secs(2)).unwrap()),
            1,
            1,
        ))
    }

    /// A look-up that waits, and where its answer comes.
    fn waits(lines: &Lines, sql: &'static str, is_one: bool) -> oneshot::Receiver<Result<Vec<Row>, Error>> {
        let (to, answer) = oneshot::channel();
        lock(&lines.gathered).waiting.push_back(Asked { question: Question { sql, values: Vec::new(), is_one }, to });
        answer
    }

    #[test]
    fn those_go_together_who_look_up_one_row_by_the_same_statement() {
        let lines = lines();
        let line = lock(&lines.gathered).idle.pop().flatten();
        let mut place = Place::new(lines.clone(), line);
        let asked = [("many", false), ("one", true), ("many", false), ("other", true), ("one", true)];
        let _answers = asked.map(|(sql, is_one)| waits(&lines, sql, is_one));
        let mut groups = std::iter::repeat_with(|| lines.next(&mut place)).take_while(|group| !group.is_empty());
        let named = |group: Vec<Asked>| group.iter().map(|one| one.question.sql).collect::<Vec<_>>().join(" ");
        assert_eq!(groups.by_ref().map(named).collect::<Vec<_>>(), ["many", "one one", "many", "other"]);
        assert_eq!(lock(&lines.gathered).idle.len(), 1, "it rests");
    }

    #[test]
    fn a_connection_whose_carrier_ends_midway_gives_its_place_back_and_lets_go_who_waits() {
        let lines = lines();
        let line = lock(&lines.gathered).idle.pop().flatten();
        let place = Place::new(lines.clone(), line);
        let mut answer = waits(&lines, "one", true);
        let carrier = std::thread::spawn(move || {
            let _place = place;
            panic!("a mistake in the carrier");
        });
        assert!(carrier.join().is_err());
        assert_eq!(lock(&lines.gathered).idle.len(), 1);
        assert_eq!(answer.try_recv().err(), Some(oneshot::error::TryRecvError::Closed));
    }

    #[test]
    fn a_statement_for_several_takes_a_list_of_each_value_and_says_whose_a_row_is() {
        let sql = "SELECT id AS id FROM invite WHERE band = $1 AND seq > $2 OR seq = $1";
        assert_eq!(
            for_several(sql, &[Type::UUID, Type::INT8]).split_whitespace().collect::<Vec<_>>().join(" "),
            "SELECT found.*, asked.asker AS asker FROM unnest($1::uuid[], $2::int8[]) WITH ORDINALITY \
             AS asked (v1, v2, asker) CROSS JOIN LATERAL (SELECT id AS id FROM invite \
             WHERE band = asked.v1 AND seq > asked.v2 OR seq = asked.v1) AS found"
        );
    }
}
