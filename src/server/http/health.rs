//! Whether the process lives and whether it can serve.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use crate::server::{App, Refused};

/// The process runs. The database is not asked.
pub(crate) async fn livez() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// The database answers; else 503 with `Retry-After`. Mail trouble never makes a node unready.
pub(crate) async fn readyz(State(app): State<App>) -> Response {
    match app.store().read(|tx| Ok::<_, Refused>(tx.exists("SELECT 1 AS n", &[])?)).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refused.into_response(),
    }
}
