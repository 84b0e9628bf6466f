//! What anyone may know about the server.

use axum::{Json, extract::State};

use crate::{
    api::{PasswordRules, Site},
    domain::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS},
    server::App,
};

use super::routes::{Routes, routes};

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(site))
}

/// What this server is, and what it asks of new people.
#[utoipa::path(get, path = "/site", tag = "site", security(()), responses((status = 200, body = Site)))]
async fn site(State(app): State<App>) -> Json<Site> {
    let settings = app.settings();
    Json(Site {
        name: settings.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        registration: settings.policy.registration,
        mail: settings.mail.is_on(),
        password: PasswordRules { min: MIN_PASSWORD_CHARS as u32, max: MAX_PASSWORD_CHARS as u32 },
    })
}
