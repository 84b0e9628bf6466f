//! `Idempotency-Key`: who sends it with a request can send the request again and is answered as the first time.

use axum::http::HeaderMap;

use crate::{
    api::Problem,
    server::{App, Hash, Refused, idempotency::Claim},
};

use super::caller::Caller;

/// What a request with a key claims: its path (ids in place of tokens) and the hash of its body. `None` without a key.
pub(crate) fn claim(
    headers: &HeaderMap,
    caller: Caller,
    path: String,
    body: Hash,
    app: &App,
) -> Result<Option<Claim>, Refused> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let Some(key) = keys.next() else { return Ok(None) };
    if keys.next().is_some() {
        return Err(Problem::field("Idempotency-Key", "is there twice: send it once").into());
    }
    let key = key.to_str().ok().filter(|key| (1..=255).contains(&key.len()));
    let key = key.ok_or_else(|| Problem::field("Idempotency-Key", "must be 1 to 255 visible characters"))?.to_owned();
    Ok(Some(Claim { account: caller.account, path, key, request_hash: body, now: app.now() }))
}
