//! Whether the process lives and whether it can serve.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use crate::server::{App, Refused};

crate::row! {
    struct One { n: i64 }
}

/// The process runs. The database is not asked.
pub(crate) async fn livez() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The database answers; else 503 with `Retry-After`. Mail trouble never makes a node unready.
pub(crate) async fn readyz(State(app): State<App>) -> Response {
    let one = app.store().read(|tx| Ok::<_, Refused>(tx.query_one::<One>("SELECT CAST(1 AS bigint) AS n", &[])?)).await;
    match one {
        Ok(Some(One { n: 1 })) => StatusCode::NO_CONTENT.into_response(),
        Ok(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(refused) => refused.into_response(),
    }
}
