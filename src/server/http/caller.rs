//! Who asks: the account behind a bearer token.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};

use crate::{
    api::Code,
    domain::{AccountId, SessionId, SessionToken, Timestamp},
    server::{App, Refused, hash, store::Tx},
};

crate::row! {
    /// A signed-in caller. As an extractor it answers 401 to everyone else.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Caller {
        /// The account.
        pub(crate) account: AccountId,
        /// The session it came by.
        pub(crate) session: SessionId,
    }
}

/// The caller behind a session's hash, `None` if there is no such session or it is over.
fn authenticate(tx: &mut Tx<'_>, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Caller>, Refused> {
    let sql = "SELECT account, id AS session FROM session WHERE token_hash = $1 AND expires_at > $2";
    Ok(tx.query_one(sql, &[token_hash, &now])?)
}

impl FromRequestParts<App> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refused> {
        let refused =
            || Refused::new(Code::Unauthenticated, "Sign in, and send the session's token as a bearer token.");
        let header =
            parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
        let (scheme, token) = header.split_once(' ').ok_or_else(refused)?;
        let token =
            SessionToken::parse(token.trim()).filter(|_| scheme.eq_ignore_ascii_case("bearer")).ok_or_else(refused)?;
        let (token_hash, now) = (hash(token.reveal()), app.now());
        app.store().glance(move |tx| authenticate(tx, &token_hash, now)).await?.ok_or_else(refused)
    }
}
