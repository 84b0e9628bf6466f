//! Lists with filters: whatever the rows are like, a page looks at a bounded number of them.
//!
//! What one filter leaves in the order of an index is read along it. Of several filters, or words, one that few rows
//! fit leads to them, and all of these are looked through. Where many rows fit each, the list is walked along an index
//! for [`MOST_LOOKED_AT`] rows: a page that is not full by then goes on behind the last row that was looked at.

use crate::{
    domain::BandId,
    server::{
        page::{At, Cursor, Cut, MOST_COUNTED, Page},
        store::{Dialect, Error, FromRow, ToValue, Tx, dialect::intern},
    },
};

/// Rows that a page looks at on its walk, and fewer than this are few.
///
/// A walk's limit is a parameter, never written out: PostgreSQL takes one that it does not know for a tenth of the rows, and
/// walks. Of a number beyond what it thinks a band has it would read all of the band, and sort it.
pub(crate) const MOST_LOOKED_AT: i64 = 5_000;

/// Rows at the beginning of a walk that tell whether words are common: half of them have to fit.
const SAMPLE: i64 = 120;

/// What a condition is good for on the way to the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    /// An index over it is in the order of the list.
    InOrder,
    /// An index leads to its rows, in another order.
    ByIndex,
    /// It is words, and these lead to the rows: `<table>_search` on SQLite, `search` on PostgreSQL. A condition of its
    /// own looks again at what they find.
    Words,
    /// It is a stretch of the list.
    Stretch,
    /// It is looked at in each row.
    None,
}

/// What has to hold of a row: an SQL condition with `?` for the value.
#[derive(Clone, Copy)]
pub(crate) struct Condition<'a> {
    pub(crate) text: &'static str,
    pub(crate) value: &'a dyn ToValue,
    pub(crate) lead: Lead,
}

impl<'a> Condition<'a> {
    /// Those of some conditions whose value is given.
    pub(crate) fn given<const N: usize>(all: [(&'static str, Option<&'a dyn ToValue>, Lead); N]) -> Vec<Self> {
        all.into_iter().filter_map(|(text, value, lead)| Some(Self { text, value: value?, lead })).collect()
    }
}

/// A list of a band, and what is asked of its rows.
pub(crate) struct Filtered<'a> {
    /// The table, and the name that columns and conditions call it by.
    pub(crate) table: (&'static str, &'static str),
    /// What the list is sorted by before the row's number `seq`.
    pub(crate) key: Option<&'static str>,
    /// Whether it goes from high keys to low ones.
    pub(crate) down: bool,
    pub(crate) band: &'a BandId,
    pub(crate) conditions: Vec<Condition<'a>>,
}

/// The way to the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// All that is read fits.
    Exact,
    /// By the condition at this place, which few rows fit.
    Few(usize),
    /// A walk along the index of the condition at this place, or of the whole list.
    Walk(Option<usize>),
    /// Such a walk, of whose first rows [`MOST_COUNTED`] fit.
    Common(Option<usize>),
}

/// A statement that is put together; `?` in a text stands for the next of its values.
#[derive(Default)]
struct Statement<'a> {
    sql: String,
    params: Vec<&'a dyn ToValue>,
}

impl<'a> Statement<'a> {
    fn add(&mut self, text: &str, values: &[&'a dyn ToValue]) {
        let mut parts = text.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.params.push(*value);
            self.sql.push('$');
            self.sql.push_str(&self.params.len().to_string());
            self.sql.push_str(part);
        }
    }

    fn count(self, tx: &mut Tx<'_>) -> Result<i64, Error> {
        tx.count(intern(format!("SELECT COUNT(*) AS n FROM ({}) AS found", self.sql)), &self.params)
    }
}

crate::row! { struct Edge { key: i64, seq: i64 } }

impl<'a> Filtered<'a> {
    /// The way to the rows that fit.
    pub(crate) fn way(&self, tx: &mut Tx<'_>) -> Result<Way, Error> {
        let alone = self.conditions.iter().filter(|one| one.lead != Lead::Stretch).count() <= 1;
        if alone && self.conditions.iter().all(|one| matches!(one.lead, Lead::InOrder | Lead::Stretch)) {
            return Ok(Way::Exact);
        }
        for (place, one) in self.conditions.iter().enumerate() {
            if one.lead == Lead::Words && self.is_common(tx)? {
                return Ok(Way::Common(self.in_order()));
            }
            if matches!(one.lead, Lead::InOrder | Lead::ByIndex | Lead::Words) && self.leads_to_few(tx, place)? {
                return Ok(Way::Few(place));
            }
        }
        Ok(Way::Walk(self.in_order()))
    }

    /// Whether the condition at this place leads to fewer rows than a walk looks at.
    fn leads_to_few(&self, tx: &mut Tx<'_>, place: usize) -> Result<bool, Error> {
        let mut rows = Statement::default();
        rows.add("SELECT 1 AS one FROM ", &[]);
        match (self.conditions.get(place), tx.dialect()) {
            // What the index has is enough to count: the rows are not read.
            (Some(words), Dialect::Sqlite) if words.lead == Lead::Words => {
                let index = format!("{}_search", self.table.0);
                rows.add(&format!("{index} s WHERE s.{index} MATCH ?"), &[words.value]);
            }
            (_, dialect) => self.led_by(&mut rows, dialect, Some(place)),
        }
        rows.add(&format!(" LIMIT {MOST_LOOKED_AT}"), &[]);
        Ok(rows.count(tx)? < MOST_LOOKED_AT)
    }

    /// The condition along whose index a walk goes.
    fn in_order(&self) -> Option<usize> {
        self.conditions.iter().position(|one| one.lead == Lead::InOrder)
    }

    /// Whether so many rows fit that a walk finds a page and all that is counted. Of a common word an index of words has
    /// most of the band: PostgreSQL's reads all of it, whatever the limit, and SQLite's 5,000 of it, only to tell that.
    fn is_common(&self, tx: &mut Tx<'_>) -> Result<bool, Error> {
        Ok(self.fitting_first(tx, SAMPLE, SAMPLE)? >= SAMPLE / 2
            && self.fitting_first(tx, MOST_LOOKED_AT, MOST_COUNTED)? >= MOST_COUNTED)
    }

    /// How many of the first rows of a walk fit, counted to `most`. Nothing but that is read of a row.
    fn fitting_first(&self, tx: &mut Tx<'_>, looked_at: i64, most: i64) -> Result<i64, Error> {
        let mut first = Statement::default();
        let mut next = "SELECT 1 AS one FROM (SELECT ";
        for one in self.conditions.iter().filter(|one| one.lead != Lead::Words) {
            first.add(next, &[]);
            first.add(one.text, &[one.value]);
            next = " AND ";
        }
        first.add(" AS fits FROM ", &[]);
        self.led_by(&mut first, tx.dialect(), self.in_order());
        let order = self.order(if self.down { "DESC" } else { "ASC" });
        first.add(&format!(" ORDER BY {order} LIMIT ?) AS looked WHERE fits LIMIT {most}"), &[&looked_at]);
        first.count(tx)
    }

    /// How many rows fit, counted to [`MOST_COUNTED`]; `None` where nothing is asked of them, and where as many are not
    /// found among those that a walk looks at.
    pub(crate) fn matched(&self, tx: &mut Tx<'_>, way: Way) -> Result<Option<u64>, Error> {
        if self.conditions.is_empty() {
            return Ok(None);
        }
        if matches!(way, Way::Common(_)) {
            return Ok(Some(MOST_COUNTED.unsigned_abs()));
        }
        let n = self.count(tx, way, None)?;
        Ok(Some(n.unsigned_abs()).filter(|_| n >= MOST_COUNTED || !matches!(way, Way::Walk(_))))
    }

    /// How many rows fit, of those behind a place, counted to [`MOST_COUNTED`] and no further than a page looks.
    pub(crate) fn count(&self, tx: &mut Tx<'_>, way: Way, behind: Option<&Cursor>) -> Result<i64, Error> {
        let (than, order) = if self.down { ("<", "DESC") } else { (">", "ASC") };
        let mut rows = Statement::default();
        rows.add("SELECT 1 AS one FROM ", &[]);
        self.from(&mut rows, tx.dialect(), way, behind, (than, order), &MOST_COUNTED);
        self.fitting(&mut rows, behind, than);
        rows.add(&format!(" LIMIT {MOST_COUNTED}"), &[]);
        rows.count(tx)
    }

    /// A page of the rows that fit: `columns` of each, with what is joined to it. `place` gives a row's sort value and
    /// number.
    pub(crate) fn page<T: FromRow>(
        &self,
        tx: &mut Tx<'_>,
        way: Way,
        (columns, joined): (&str, &str),
        page: Page,
        place: impl Fn(&T) -> (i64, i64),
    ) -> Result<Cut<T>, Error> {
        let (than, order, from) = page.reading(self.down);
        let behind = matches!(page.at, At::From(_)).then_some(&from);
        let fetch = page.fetch();
        let mut text = Statement::default();
        let (in_order, (_, r)) = (self.order(order), self.table);
        if matches!(way, Way::Exact) {
            text.add(&format!("SELECT {columns} FROM "), &[]);
            self.from(&mut text, tx.dialect(), way, behind, (than, order), &fetch);
            text.add(&format!(" {joined}"), &[]);
            self.fitting(&mut text, behind, than);
            text.add(&format!(" ORDER BY {in_order} LIMIT ?"), &[&fetch]);
        } else {
            // Nothing is joined to rows that do not fit, and who takes these for few does not look at all before the first.
            text.add(&format!("SELECT {columns} FROM (SELECT {r}.* FROM "), &[]);
            self.from(&mut text, tx.dialect(), way, behind, (than, order), &fetch);
            self.fitting(&mut text, behind, than);
            text.add(&format!(" ORDER BY {in_order} LIMIT ?) AS {r} {joined} ORDER BY {in_order}"), &[&fetch]);
        }
        let rows: Vec<T> = tx.query(intern(text.sql), &text.params)?;
        let edge = match way {
            Way::Walk(lead) | Way::Common(lead) if rows.len() <= page.limit as usize => {
                self.edge(tx, lead, behind, (than, order))?
            }
            _ => None,
        };
        Ok(page.cut_walk(rows, edge, place))
    }

    /// The last row that a walk looks at, if the list goes on there.
    fn edge(
        &self,
        tx: &mut Tx<'_>,
        lead: Option<usize>,
        behind: Option<&Cursor>,
        (than, order): (&str, &str),
    ) -> Result<Option<(i64, i64)>, Error> {
        let (_, r) = self.table;
        let mut last = Statement::default();
        last.add(&format!("SELECT {} AS key, {r}.seq AS seq FROM ", self.key.unwrap_or("CAST(0 AS bigint)")), &[]);
        if let (Some(place), Some(key)) = (behind, self.key) {
            last.add("(", &[]);
            self.beyond(&mut last, tx.dialect(), lead, (place, key), (than, order), &MOST_LOOKED_AT);
            last.add(&format!(") AS {r}"), &[]);
        } else {
            self.led_by(&mut last, tx.dialect(), lead);
            self.behind(&mut last, behind, than);
        }
        last.add(&format!(" ORDER BY {} LIMIT 1 OFFSET ?", self.order(order)), &[&(MOST_LOOKED_AT - 1)]);
        let edge: Option<Edge> = tx.query_one(intern(last.sql), &last.params)?;
        Ok(edge.map(|edge| (edge.key, edge.seq)))
    }

    fn order(&self, order: &str) -> String {
        let (_, r) = self.table;
        self.key.map_or_else(|| format!("{r}.seq {order}"), |key| format!("{key} {order}, {r}.seq {order}"))
    }

    /// What the rows are read from, `most` of them where a page needs no more. A limit keeps the database to the way.
    fn from<'s>(
        &self,
        text: &mut Statement<'s>,
        dialect: Dialect,
        way: Way,
        behind: Option<&'s Cursor>,
        (than, order): (&str, &str),
        most: &'s i64,
    ) where
        'a: 's,
    {
        let (table, r) = self.table;
        match (way, behind, self.key) {
            (Way::Exact, Some(place), Some(key)) => {
                let lead = self.conditions.iter().position(|one| one.lead == Lead::InOrder);
                text.add("(", &[]);
                self.beyond(text, dialect, lead, (place, key), (than, order), most);
                return text.add(&format!(") AS {r}"), &[]);
            }
            (Way::Walk(lead) | Way::Common(lead), Some(place), Some(key)) => {
                text.add("(SELECT * FROM (", &[]);
                self.beyond(text, dialect, lead, (place, key), (than, order), &MOST_LOOKED_AT);
                let in_order = self.order(order);
                return text.add(&format!(") AS {r} ORDER BY {in_order} LIMIT ?) AS {r}"), &[&MOST_LOOKED_AT]);
            }
            _ => {}
        }
        match way {
            Way::Exact => text.add(&format!("{table} {r}"), &[]),
            Way::Few(place) => {
                text.add(&format!("(SELECT {r}.* FROM "), &[]);
                self.led_by(text, dialect, Some(place));
                // Out of reach, though some may have come since they were counted.
                text.add(&format!(" LIMIT {}) AS {r}", 2 * MOST_LOOKED_AT), &[]);
            }
            Way::Walk(lead) | Way::Common(lead) => {
                text.add(&format!("(SELECT {r}.* FROM "), &[]);
                self.led_by(text, dialect, lead);
                self.behind(text, behind, than);
                text.add(&format!(" ORDER BY {} LIMIT ?) AS {r}", self.order(order)), &[&MOST_LOOKED_AT]);
            }
        }
    }

    /// The rows from a place on, in two stretches, `most` of each: those that share the place's sort value, and those
    /// beyond. Asked for as one, `(key, seq) > (?, ?)`, SQLite goes through all that share the value, as PostgreSQL may
    /// where it takes their number for small; and of invites that never end there can be any number.
    fn beyond<'s>(
        &self,
        text: &mut Statement<'s>,
        dialect: Dialect,
        lead: Option<usize>,
        (place, key): (&'s Cursor, &'static str),
        (than, order): (&str, &str),
        most: &'s i64,
    ) where
        'a: 's,
    {
        let (_, r) = self.table;
        let in_order = self.order(order);
        text.add(&format!("SELECT * FROM (SELECT {r}.* FROM "), &[]);
        self.led_by(text, dialect, lead);
        text.add(
            &format!(" AND {key} = ? AND {r}.seq {than} ? ORDER BY {r}.seq {order} LIMIT ?) AS same UNION ALL "),
            &[&place.key, &place.seq, most],
        );
        text.add(&format!("SELECT * FROM (SELECT {r}.* FROM "), &[]);
        self.led_by(text, dialect, lead);
        text.add(&format!(" AND {key} {than} ? ORDER BY {in_order} LIMIT ?) AS beyond"), &[&place.key, most]);
    }

    /// The rows that one condition leads to, or all of the list.
    fn led_by<'s>(&self, text: &mut Statement<'s>, dialect: Dialect, lead: Option<usize>)
    where
        'a: 's,
    {
        let (table, r) = self.table;
        let lead = lead.and_then(|place| self.conditions.get(place));
        if let Some(words) = lead.filter(|one| one.lead == Lead::Words) {
            // Words are those of the band: its index would be a way round them.
            let (from, holds) = dialect.pick(
                (
                    format!("{table}_search s CROSS JOIN {table} {r} ON {r}.seq = s.rowid"),
                    format!("s.{table}_search MATCH ?"),
                ),
                (format!("{table} {r}"), format!("{r}.search @@ ?::text::tsquery")),
            );
            return text.add(&format!("{from} WHERE {holds}"), &[words.value]);
        }
        text.add(&format!("{table} {r} WHERE {r}.band = ?"), &[self.band]);
        for one in self.conditions.iter().filter(|one| one.lead == Lead::Stretch).chain(lead) {
            text.add(&format!(" AND {}", one.text), &[one.value]);
        }
    }

    fn behind<'s>(&self, text: &mut Statement<'s>, behind: Option<&'s Cursor>, than: &str) {
        let (_, r) = self.table;
        match (behind, self.key) {
            (None, _) => {}
            (Some(place), None) => text.add(&format!(" AND {r}.seq {than} ?"), &[&place.seq]),
            (Some(place), Some(key)) => {
                text.add(&format!(" AND ({key}, {r}.seq) {than} (?, ?)"), &[&place.key, &place.seq]);
            }
        }
    }

    /// What holds of the rows that fit.
    fn fitting<'s>(&self, text: &mut Statement<'s>, behind: Option<&'s Cursor>, than: &str)
    where
        'a: 's,
    {
        let (_, r) = self.table;
        text.add(&format!(" WHERE {r}.band = ?"), &[self.band]);
        for one in self.conditions.iter().filter(|one| one.lead != Lead::Words) {
            text.add(&format!(" AND {}", one.text), &[one.value]);
        }
        self.behind(text, behind, than);
    }
}
