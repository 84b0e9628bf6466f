//! The one interface that use cases see: a few verbs over SQL written once.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{CachedStatement, StatementStatus};

use super::{
    Dialect, Dimension, Error, FromRow, Row, Tally, ToValue, Value,
    dialect::{filled, intern, numbers},
    lines::Replay,
    postgres::Session,
    tally::Changes,
};
use crate::domain::BandId;

/// A statement's parameters, `$1` first: `&[&band, &now]`.
pub type Params<'a> = &'a [&'a dyn ToValue];

/// What a store has run, where [`Options::record`](super::Options::record) asks for it.
pub(super) type Record = Option<Arc<Mutex<Recorded>>>;

/// What a store has run.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// Every distinct statement, and how often.
    pub(super) statements: BTreeMap<&'static str, u64>,
    /// What they took since it was asked for: see [`Store::measured`](super::Store::measured). `None` while nobody asks.
    pub(super) work: Option<i64>,
}

/// Adds to what is measured.
fn measure(record: &Record, work: impl FnOnce() -> i64) {
    let Some(record) = record else { return };
    if let Some(measured) = &mut record.lock().unwrap_or_else(PoisonError::into_inner).work {
        *measured += work();
    }
}

/// A running transaction, on either database.
///
/// SQL is written once for both. Placeholders are `$1`, `$2`, … in any order and as often as needed, each parameter
/// used at least once; a cast is written `$1::bigint`, which SQLite takes as part of the name. Traps:
/// - `$1 IS NULL` alone and `SUM(bigint)` need a cast on PostgreSQL: `CAST(SUM(uses) AS bigint)` suits both;
/// - sort text under `COLLATE "C"` on PostgreSQL, `BINARY` in SQLite is the same order;
/// - `LIKE` folds the case of ASCII letters in SQLite only: compare folded columns;
/// - a violated constraint ends the transaction, so expected conflicts go through `ON CONFLICT`.
///
/// After a failed statement every further one is refused, and the work is undone even if the use case answers `Ok`:
/// PostgreSQL aborts the transaction, and a use case must not work on one database only.
pub struct Tx<'c> {
    on: On<'c>,
    record: &'c Record,
    bands: BTreeMap<BandId, Totals>,
    tallies: Changes,
    rings: bool,
    failed: Option<Error>,
}

/// What a transaction adds to a band's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// One if something in the band has changed.
    pub revision: i64,
    /// Members.
    pub members: i64,
    /// Invites ever made.
    pub invites: i64,
    /// Invites pending by their rows.
    pub pending: i64,
}

/// How many bands, of which nothing but the revision grows, one statement names.
const TOUCHED_AT_ONCE: usize = 128;

impl Totals {
    /// Nothing but a new revision.
    const TOUCHED: Self = Self { revision: 1, members: 0, invites: 0, pending: 0 };

    /// Writes them. To a band that was deleted meanwhile nothing can be added: the use case runs again, and finds it gone.
    fn add_to(self, tx: &mut Tx<'_>, band: BandId) -> Result<(), Error> {
        if self == Self::default() {
            return Ok(());
        }
        let grows = self.members > 0 || self.pending > 0;
        let done = tx.execute(
            "UPDATE band SET revision = revision + $2::bigint, members = members + $3::bigint,
                invites = invites + $4::bigint, pending = pending + $5::bigint
             WHERE id = $1 AND (deleted_at IS NULL OR NOT $6)",
            &[&band, &self.revision, &self.members, &self.invites, &self.pending, &grows],
        )?;
        if done == 0 && grows {
            let gone = Error::Conflict("the band was deleted meanwhile".into());
            tx.failed = Some(gone.clone());
            return Err(gone);
        }
        Ok(())
    }
}

/// The connection under a transaction.
pub(super) enum On<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut Session),
    /// PostgreSQL, asked one thing.
    Replay(&'c mut Replay),
}

impl<'c> Tx<'c> {
    pub(super) fn new(on: On<'c>, record: &'c Record) -> Self {
        Self { on, record, bands: BTreeMap::new(), tallies: Changes::default(), rings: false, failed: None }
    }

    /// Which database this is, for the few statements that must differ.
    pub fn dialect(&self) -> Dialect {
        match self.on {
            On::Sqlite(_) => Dialect::Sqlite,
            On::Postgres(_) | On::Replay(_) => Dialect::Postgres,
        }
    }

    /// On PostgreSQL, adds the rows that the transaction has read of tables to what is measured, or takes them from it.
    pub(super) fn measure_rows(&mut self, sign: i64) {
        if let On::Postgres(session) = &mut self.on {
            measure(self.record, || session.rows_read().unwrap_or_default() * sign);
        }
    }

    /// Runs a statement and gives the number of rows it changed.
    #[must_use = "a guarded statement says by its count whether the guard held"]
    pub fn execute(&mut self, sql: &'static str, params: Params<'_>) -> Result<u64, Error> {
        let record = self.record;
        self.guard(sql, |on| match on {
            On::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                Shape::of(sql, &statement)?.bind(&mut statement, params)?;
                let changed = statement.raw_execute()? as u64;
                measure(record, || statement.reset_status(StatementStatus::VmStep).into());
                Ok(changed)
            }
            On::Postgres(session) => session.execute(sql, &values(params)),
            On::Replay(replay) => Err(replay.refuse()),
        })
    }

    /// Runs a statement whose answer nobody needs: it adds a row, or holds some. On PostgreSQL it travels with the next
    /// statement or the commit, which fails where it does.
    pub fn also(&mut self, sql: &'static str, params: Params<'_>) -> Result<(), Error> {
        match &self.on {
            On::Postgres(_) => self.guard(sql, |on| match on {
                On::Postgres(session) => session.also(sql, &values(params)),
                _ => Ok(()),
            }),
            _ => self.execute(sql, params).map(drop),
        }
    }

    /// The rows of a `SELECT`, or of a statement with `RETURNING`.
    pub fn query<T: FromRow>(&mut self, sql: &'static str, params: Params<'_>) -> Result<Vec<T>, Error> {
        self.rows(sql, params, false)
    }

    /// `is_one` says that a row is looked up, so that there is one at most.
    fn rows<T: FromRow>(&mut self, sql: &'static str, params: Params<'_>, is_one: bool) -> Result<Vec<T>, Error> {
        let record = self.record;
        self.guard(sql, |on| match on {
            On::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                let shape = Shape::of(sql, &statement)?;
                shape.bind(&mut statement, params)?;
                let (mut rows, mut out) = (statement.raw_query(), Vec::new());
                while let Some(row) = rows.next()? {
                    out.push(T::from_row(&Row::sqlite(row, &shape.columns))?);
                }
                drop(rows);
                measure(record, || statement.reset_status(StatementStatus::VmStep).into());
                Ok(out)
            }
            On::Postgres(session) => {
                session.query(sql, &values(params))?.iter().map(|row| T::from_row(&Row::postgres(row))).collect()
            }
            On::Replay(replay) => {
                replay.query(sql, &values(params), is_one)?.iter().map(|row| T::from_row(&Row::postgres(row))).collect()
            }
        })
    }

    /// The row, if there is one. More than one is a mistake in the statement, [`Error::Rows`].
    pub fn query_one<T: FromRow>(&mut self, sql: &'static str, params: Params<'_>) -> Result<Option<T>, Error> {
        let mut rows = self.rows(sql, params, true)?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            n => {
                self.failed = Some(Error::Rows(n));
                Err(Error::Rows(n))
            }
        }
    }

    /// Whether there is a row; what it holds is not looked at. With `FOR UPDATE` and its like: holds the rows.
    pub fn exists(&mut self, sql: &'static str, params: Params<'_>) -> Result<bool, Error> {
        Ok(!self.query::<Unread>(sql, params)?.is_empty())
    }

    /// The number that a `SELECT COUNT(*) AS n` gives.
    pub fn count(&mut self, sql: &'static str, params: Params<'_>) -> Result<i64, Error> {
        Ok(self.query_one::<Count>(sql, params)?.map_or(0, |count| count.n))
    }

    /// Notes that something in the band has changed. Just before the commit its revision grows by one, however often
    /// it was touched; bands are taken in the order of their ids, so two transactions never wait for each other in a
    /// circle, and the row is locked for as short as can be.
    pub fn touch(&mut self, band: BandId) {
        self.bands.entry(band).or_default().revision = 1;
    }

    /// Counts members that came, or went (negative).
    pub fn count_members(&mut self, band: BandId, change: i64) {
        self.bands.entry(band).or_default().members += change;
    }

    /// Counts a change of the band's invites under `dimension`. Written just before the commit, after the revisions,
    /// what belongs to one row together and all rows in one order: like [`Tx::touch`], and for the same reasons. The
    /// band's own totals are those of all kinds, so they follow.
    pub fn tally(&mut self, band: BandId, dimension: Dimension, change: Tally) {
        if matches!(dimension, Dimension::Kind(_)) {
            let totals = self.bands.entry(band).or_default();
            totals.invites += change.made;
            totals.pending += change.pending;
        }
        self.tallies.add(band, dimension, change);
    }

    /// Wakes who sleeps on [`Store::rung`](super::Store::rung), once this is committed.
    pub fn ring(&mut self) {
        self.rings = true;
    }

    /// Whether somebody is to be woken.
    pub(super) fn rings(&self) -> bool {
        self.rings
    }

    /// What the commit will add to the band's row: what is told of the band in answer to its change has it already.
    pub fn ahead(&self, band: BandId) -> Totals {
        self.bands.get(&band).copied().unwrap_or_default()
    }

    /// The last part of a use case that answered `Ok`: refuses what a swallowed error would have kept, writes the bands'
    /// revisions and totals, and the tallies.
    pub(super) fn finish(&mut self) -> Result<(), Error> {
        if self.failed.is_some() {
            return Err(Error::Aborted);
        }
        let mut touched = Vec::new();
        for (band, totals) in std::mem::take(&mut self.bands) {
            if totals == Totals::TOUCHED {
                touched.push(band);
                continue;
            }
            self.write_touched(&mut touched)?;
            totals.add_to(self, band)?;
        }
        self.write_touched(&mut touched)?;
        std::mem::take(&mut self.tallies).write(self)
    }

    /// Raises the revisions of these bands, which are in the order of their ids; a new name is told in many.
    fn write_touched(&mut self, bands: &mut Vec<BandId>) -> Result<(), Error> {
        for some in std::mem::take(bands).chunks(TOUCHED_AT_ONCE) {
            if let [band] = some {
                self.also("UPDATE band SET revision = revision + 1 WHERE id = $1", &[band])?;
                continue;
            }
            let (ids, params) = (numbers(1, some.len()), filled(some).map(|id| id as &dyn ToValue).collect::<Vec<_>>());
            if self.dialect() == Dialect::Postgres {
                let hold = format!("SELECT 1 AS n FROM band WHERE id IN ({ids}) ORDER BY id FOR NO KEY UPDATE");
                self.also(intern(hold), &params)?;
            }
            self.also(intern(format!("UPDATE band SET revision = revision + 1 WHERE id IN ({ids})")), &params)?;
        }
        Ok(())
    }

    /// The first error of a statement, whatever the use case made of it.
    pub(super) fn failure(self) -> Option<Error> {
        self.failed
    }

    fn guard<T>(&mut self, sql: &'static str, run: impl FnOnce(&mut On<'_>) -> Result<T, Error>) -> Result<T, Error> {
        if self.failed.is_some() {
            return Err(Error::Aborted);
        }
        if let Some(record) = self.record {
            *record.lock().unwrap_or_else(PoisonError::into_inner).statements.entry(sql).or_default() += 1;
        }
        run(&mut self.on).inspect_err(|error| self.failed = Some(error.clone()))
    }
}

crate::row! { struct Count { n: i64 } }

/// A row of which only its being there counts.
struct Unread;

impl FromRow for Unread {
    fn from_row(_: &Row<'_>) -> Result<Self, Error> {
        Ok(Self)
    }
}

/// The most parameters that a statement can have.
const MOST_PARAMS: usize = 1_024;

fn values(params: Params<'_>) -> Vec<Value<'_>> {
    params.iter().map(|p| p.to_value()).collect()
}

thread_local! {
    /// What is known of statements, by where their texts lie and how long they are: those are `'static`, so what lies there
    /// stays the same. Every statement names its columns, so a change of the schema moves none.
    static SHAPES: RefCell<HashMap<*const str, Rc<Shape>>> = RefCell::default();
}

/// What SQLite tells of a statement, kept: to ask for each name anew takes as long as to look a row up.
struct Shape {
    /// The parameter that each place takes.
    params: Vec<usize>,
    /// How many different ones there are.
    taken: usize,
    /// The names of its columns.
    columns: Vec<String>,
}

impl Shape {
    fn of(sql: &'static str, statement: &CachedStatement<'_>) -> Result<Rc<Self>, Error> {
        if let Some(known) = SHAPES.with_borrow(|known| known.get(&std::ptr::from_ref(sql)).cloned()) {
            return Ok(known);
        }
        let new = Rc::new(Self::read(statement)?);
        SHAPES.with_borrow_mut(|known| drop(known.insert(sql, new.clone())));
        Ok(new)
    }

    /// SQLite takes `$2` as a *name* and numbers names as they appear, so parameters are known by the number in the name.
    fn read(statement: &CachedStatement<'_>) -> Result<Self, Error> {
        let number = |place| {
            let name = statement.parameter_name(place)?.trim_start_matches('$').split("::").next()?;
            name.parse::<usize>().ok()?.checked_sub(1).filter(|number| *number < MOST_PARAMS)
        };
        let params: Option<Vec<usize>> = (1..=statement.parameter_count()).map(number).collect();
        let params = params.ok_or(Error::Parameters)?;
        let taken = params.iter().collect::<BTreeSet<_>>().len();
        Ok(Self { params, taken, columns: statement.column_names().map(str::to_owned).collect() })
    }

    /// Binds each parameter to its places; every one has to have one.
    fn bind(&self, statement: &mut CachedStatement<'_>, params: Params<'_>) -> Result<(), Error> {
        if self.taken != params.len() {
            return Err(Error::Parameters);
        }
        for (place, &number) in self.params.iter().enumerate() {
            let param = params.get(number).ok_or(Error::Parameters)?;
            statement.raw_bind_parameter(place + 1, param.to_value())?;
        }
        Ok(())
    }
}
