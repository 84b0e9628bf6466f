//! A new role, message or end for many pending invites at once.

use crate::{
    domain::BandId,
    server::store::{Dialect, Error, ToValue, Tx, dialect::intern},
};

use super::{
    decision::{Condition, Decision, Rows},
    delivery,
};

/// Which of them are still pending when `$1` it was decided.
const PENDING: &str = "status = 'pending' AND (expires_at IS NULL OR expires_at > $1)";

/// The end `new`, given at `$1`, as far as the rules allow that the invite was made under.
fn end(dialect: Dialect, new: &str) -> String {
    match dialect {
        Dialect::Sqlite => {
            let latest = "$1 + json_extract(policy, '$.max_ttl_hours') * 3600000000";
            format!("MIN(COALESCE({new}, {latest}), COALESCE({latest}, {new}))")
        }
        // It passes over what is null.
        Dialect::Postgres => {
            format!("LEAST({new}, $1 + CAST(CAST(policy AS json) ->> 'max_ttl_hours' AS bigint) * 3600000000)")
        }
    }
}

/// Writes the change to those of the rows, which are held, that it is about and that do not have it yet. The trail of each
/// says which role it had, and that its end is another.
pub(super) fn write(change: &Decision, tx: &mut Tx<'_>, rows: &Rows<'_>) -> Result<(), Error> {
    let dialect = tx.dialect();
    let about = |first| change.about(rows.way(Condition::from(first)), dialect);
    let which = about(7);
    if change.role.is_some() || change.sets_end {
        let (role_differs, end_differs) =
            ("role <> COALESCE($3, role)", format!("($4 AND expires_at IS DISTINCT FROM {})", end(dialect, "$5")));
        let sql = intern(format!(
            "INSERT INTO audit (band, at, actor, action, invite, detail)
             SELECT NULLIF(band, $6), $1, $2, 'invite.edited', id,
                CASE WHEN {role_differs} THEN 'role ' || role || ' to ' || $3::text
                    || CASE WHEN {end_differs} THEN ', end' ELSE '' END
                ELSE 'end' END
             FROM invite WHERE {PENDING} AND {} AND ({role_differs} OR {end_differs})",
            which.text
        ));
        let site = BandId::SITE;
        let mut params: Vec<&dyn ToValue> =
            vec![&change.at, &change.actor, &change.role, &change.sets_end, &change.expires_at, &site];
        params.extend(&which.values);
        let _ = tx.execute(sql, &params)?;
    }
    let which = about(7);
    let end = end(dialect, "$6");
    let last = delivery::reminding(dialect, &end, "$1");
    let sql = intern(format!(
        "UPDATE invite SET role = COALESCE($2, role), message = CASE WHEN $3 THEN $4 ELSE message END,
            expires_at = CASE WHEN $5 THEN {end} ELSE expires_at END,
            last_reminder_at = CASE WHEN $5 THEN {last} ELSE last_reminder_at END
         WHERE {PENDING} AND {}",
        which.text
    ));
    let mut params: Vec<&dyn ToValue> =
        vec![&change.at, &change.role, &change.sets_message, &change.message, &change.sets_end, &change.expires_at];
    params.extend(&which.values);
    let _ = tx.execute(sql, &params)?;
    Ok(())
}
