//! Whether the database holds together: what the engine says of its files, what is counted beside the rows, and what has
//! to be there once.

use crate::server::store::{Dialect, Error, Tx, dialect::intern};

crate::row! {
    /// What is not as it should be: what it is about, what is kept of it, and what the rows come to.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Finding {
        /// What it is about.
        pub what: String,
        /// What is kept.
        pub kept: i64,
        /// What the rows come to.
        pub found: i64,
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, kept, found } = self;
        match kept {
            ..0 => write!(f, "{what}: nothing is kept, the rows come to {found}"),
            _ => write!(f, "{what}: {kept} is kept, the rows come to {found}"),
        }
    }
}

/// An id as the API writes it, of this column.
fn id(dialect: Dialect, column: &str) -> String {
    match dialect {
        Dialect::Postgres => format!("CAST({column} AS text)"),
        Dialect::Sqlite => {
            let part = |from: u8, many: u8| format!("substr(hex({column}), {from}, {many})");
            let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)];
            format!("lower({})", parts.join(" || '-' || "))
        }
    }
}

/// A band's totals, uses against redemptions, and what a band has exactly one of.
fn totals(dialect: Dialect) -> String {
    let (band, invite) = (id(dialect, "b.id"), id(dialect, "i.id"));
    format!(
        "SELECT what, kept, n AS found FROM (
            SELECT 'members of band ' || {band} AS what, b.members AS kept,
                (SELECT COUNT(*) FROM member m WHERE m.band = b.id) AS n
            FROM band b WHERE b.deleted_at IS NULL
            UNION ALL SELECT 'invites of band ' || {band}, b.invites,
                (SELECT COUNT(*) FROM invite i WHERE i.band = b.id)
            FROM band b WHERE b.deleted_at IS NULL
            UNION ALL SELECT 'pending invites of band ' || {band}, b.pending,
                (SELECT COUNT(*) FROM invite i WHERE i.band = b.id AND i.status = 'pending') FROM band b
            UNION ALL SELECT 'owners of band ' || {band}, 1,
                (SELECT COUNT(*) FROM member m WHERE m.band = b.id AND m.role = 'owner')
            FROM band b WHERE b.deleted_at IS NULL AND b.members > 0
            UNION ALL SELECT 'uses of invite ' || {invite}, i.uses,
                (SELECT COUNT(*) FROM redemption r WHERE r.invite = i.id)
            FROM invite i
            UNION ALL SELECT 'redemptions', (SELECT CAST(COALESCE(SUM(uses), 0) AS bigint) FROM invite),
                (SELECT COUNT(*) FROM redemption)
        ) AS totals WHERE kept <> n"
    )
}

/// How many members each person brought.
const BROUGHT: &str = "
    SELECT 'members that somebody brought' AS what, COALESCE(t.made, -1) AS kept, r.n AS found FROM (
        SELECT band, invited_by, COUNT(*) AS n FROM member WHERE invited_by IS NOT NULL GROUP BY band, invited_by
    ) AS r LEFT JOIN tally t ON t.band = r.band AND t.dimension = 'brought' AND t.subject = r.invited_by
    WHERE t.band IS NULL OR t.made <> r.n
    UNION ALL SELECT 'members that somebody brought', t.made, 0 FROM tally t
    WHERE t.dimension = 'brought' AND t.made <> 0
        AND NOT EXISTS (SELECT 1 FROM member m WHERE m.band = t.band AND m.invited_by = t.subject)";

/// What SQLite says of its own file.
const FILE: &str = "
    SELECT integrity_check AS what, 0 AS kept, 1 AS found FROM pragma_integrity_check WHERE integrity_check <> 'ok'
    UNION ALL SELECT 'rows of ' || \"table\" || ' that lead nowhere', 0, COUNT(*) FROM pragma_foreign_key_check
    GROUP BY \"table\"";

/// What is counted of invites.
const FIGURES: [&str; 8] = ["made", "pending", "accepted", "rejected", "cancelled", "expired", "uses", "sent"];

/// The figures of each status by one dimension, against those out of the invites themselves: the first that differs.
fn tallies(dialect: Dialect, dimension: &str, subject: &str) -> String {
    let first = |of: &str| {
        let cases = FIGURES.map(|figure| {
            let told = if of.is_empty() { format!("', {figure}'") } else { format!("{of}.{figure}") };
            format!("WHEN t.{figure} <> r.{figure} THEN {told}")
        });
        cases.join(" ")
    };
    let (what, kept, found, band) = (first(""), first("t"), first("r"), id(dialect, "r.band"));
    format!(
        "SELECT 'invites of band ' || {band} || ' by ' || r.dimension || CASE {what} ELSE '' END AS what,
            CASE WHEN t.band IS NULL THEN -1 {kept} ELSE 0 END AS kept,
            CASE WHEN t.band IS NULL THEN r.made {found} ELSE 0 END AS found
        FROM (
            SELECT dimension, subject, band, COUNT(*) AS made,
                SUM(CASE WHEN status = 'pending' THEN 1 ELSE 0 END) AS pending,
                SUM(CASE WHEN status = 'accepted' THEN 1 ELSE 0 END) AS accepted,
                SUM(CASE WHEN status = 'rejected' THEN 1 ELSE 0 END) AS rejected,
                SUM(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled,
                SUM(CASE WHEN cancel_reason IN ('expired', 'campaign_expired') THEN 1 ELSE 0 END) AS expired,
                CAST(SUM(uses) AS bigint) AS uses,
                SUM(CASE WHEN sent_at IS NULL THEN 0 ELSE 1 END) AS sent
            FROM (
                SELECT band, status, cancel_reason, uses, sent_at, {dimension} AS dimension, {subject} AS subject FROM invite
            ) AS i
            WHERE subject IS NOT NULL GROUP BY band, dimension, subject
         ) AS r LEFT JOIN tally t ON t.band = r.band AND t.dimension = r.dimension AND t.subject = r.subject
         WHERE t.band IS NULL OR NOT (t.made = r.made AND t.pending = r.pending AND t.accepted = r.accepted
            AND t.rejected = r.rejected AND t.cancelled = r.cancelled AND t.expired = r.expired AND t.uses = r.uses
            AND t.sent = r.sent)"
    )
}

/// Figures that are kept of what has no invites.
const OF_NONE: &str = "
    SELECT 'invites by ' || t.dimension AS what,
        t.made + t.pending + t.accepted + t.rejected + t.cancelled + t.expired + t.uses + t.sent AS kept, 0 AS found
    FROM tally t
    WHERE t.dimension NOT IN ('brought', 'joined') AND NOT (t.made = 0 AND t.pending = 0 AND t.accepted = 0 AND t.rejected = 0
            AND t.cancelled = 0 AND t.expired = 0 AND t.uses = 0 AND t.sent = 0)
        AND NOT EXISTS (SELECT 1 FROM invite i WHERE i.band = t.band AND CASE t.dimension
            WHEN 'campaign' THEN i.campaign = t.subject WHEN 'inviter' THEN i.created_by = t.subject
            ELSE i.kind = t.dimension END)";

/// What SQLite finds wrong with its file. To be asked on a connection that has not searched yet: one that has judges the
/// search indexes by what it remembers of them, and what was merged since looks damaged to it.
pub(crate) fn file(tx: &mut Tx<'_>) -> Result<Vec<Finding>, Error> {
    if tx.dialect() == Dialect::Sqlite { tx.query(FILE, &[]) } else { Ok(Vec::new()) }
}

/// What is counted beside the rows, or has to be there once, and does not agree with them. It looks at every row, in one
/// snapshot.
pub fn check(tx: &mut Tx<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let dialect = tx.dialect();
    findings.extend(tx.query(intern(totals(dialect)), &[])?);
    findings.extend(tx.query(BROUGHT, &[])?);
    let nil = dialect.pick("zeroblob(16)", "CAST('00000000-0000-0000-0000-000000000000' AS uuid)");
    for (dimension, subject) in [("kind", nil), ("'campaign'", "campaign"), ("'inviter'", "created_by")] {
        findings.extend(tx.query(intern(tallies(dialect, dimension, subject)), &[])?);
    }
    findings.extend(tx.query(OF_NONE, &[])?);
    Ok(findings)
}
