//! What is counted beside the rows agrees with the rows. Looked at after every test that has a world of its own.

use guestlist::server::store::{Error, Store};

guestlist::row! {
    /// What two ways of counting came to.
    #[derive(Debug)]
    struct Differs { what: String, kept: i64, rows: i64 }
}

/// A band's totals, and where each status is counted by kind, campaign and inviter.
const TOTALS: &str = "
    SELECT what, kept, n AS rows FROM (
        SELECT 'members' AS what, b.members AS kept, (SELECT COUNT(*) FROM member m WHERE m.band = b.id) AS n
        FROM band b WHERE b.deleted_at IS NULL
        UNION ALL SELECT 'invites', b.invites, (SELECT COUNT(*) FROM invite i WHERE i.band = b.id)
        FROM band b WHERE b.deleted_at IS NULL
        UNION ALL SELECT 'pending', b.pending,
            (SELECT COUNT(*) FROM invite i WHERE i.band = b.id AND i.status = 'pending') FROM band b
        UNION ALL SELECT 'uses', (SELECT CAST(COALESCE(SUM(uses), 0) AS bigint) FROM invite),
            (SELECT COUNT(*) FROM redemption)
    ) AS totals WHERE kept <> n";

/// How many members each person brought.
const BROUGHT: &str = "
    SELECT 'brought' AS what, COALESCE(t.made, -1) AS kept, r.n AS rows FROM (
        SELECT band, invited_by, COUNT(*) AS n FROM member WHERE invited_by IS NOT NULL GROUP BY band, invited_by
    ) AS r LEFT JOIN tally t ON t.band = r.band AND t.dimension = 'brought' AND t.subject = r.invited_by
    WHERE t.band IS NULL OR t.made <> r.n
    UNION ALL SELECT 'brought by nobody who did', t.made, 0 FROM tally t
    WHERE t.dimension = 'brought' AND t.made <> 0
        AND NOT EXISTS (SELECT 1 FROM member m WHERE m.band = t.band AND m.invited_by = t.subject)";

/// The same figures out of the invites themselves.
fn tallies(dimension: &str, subject: &str) -> String {
    format!(
        "SELECT dimension, subject, band, COUNT(*) AS made,
            SUM(CASE WHEN status = 'pending' THEN 1 ELSE 0 END) AS pending,
            SUM(CASE WHEN status = 'accepted' THEN 1 ELSE 0 END) AS accepted,
            SUM(CASE WHEN status = 'rejected' THEN 1 ELSE 0 END) AS rejected,
            SUM(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled, SUM(uses) AS uses,
            SUM(CASE WHEN sent_at IS NULL THEN 0 ELSE 1 END) AS sent
         FROM (SELECT band, status, uses, sent_at, {dimension} AS dimension, {subject} AS subject FROM invite) AS i
         WHERE subject IS NOT NULL GROUP BY band, dimension, subject"
    )
}

/// Panics unless totals and tallies are what the rows come to.
pub async fn add_up(store: &Store) {
    let nil = store.dialect().pick("zeroblob(16)", "CAST('00000000-0000-0000-0000-000000000000' AS uuid)");
    let mut statements = vec![TOTALS.to_owned(), BROUGHT.to_owned()];
    for rows in [tallies("kind", nil), tallies("'campaign'", "campaign"), tallies("'inviter'", "created_by")] {
        let same = "t.made = r.made AND t.pending = r.pending AND t.accepted = r.accepted AND t.rejected = r.rejected
            AND t.cancelled = r.cancelled AND t.uses = r.uses AND t.sent = r.sent";
        statements.push(format!(
            "SELECT r.dimension AS what, COALESCE(t.made, -1) AS kept, r.made AS rows FROM ({rows}) AS r
             LEFT JOIN tally t ON t.band = r.band AND t.dimension = r.dimension AND t.subject = r.subject
             WHERE t.band IS NULL OR NOT ({same})"
        ));
    }
    for sql in statements {
        let sql: &'static str = sql.leak();
        let differs: Vec<Differs> = match store.read::<_, Error, _>(move |tx| tx.query(sql, &[])).await {
            Err(Error::Closed) => return, // the test ended its server
            differs => differs.unwrap(),
        };
        assert!(differs.is_empty(), "{differs:?}");
    }
}
