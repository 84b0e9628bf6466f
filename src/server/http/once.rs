//! `Idempotency-Key`: who sends it with a request can send the request again and is answered as the first time.

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::server::{
    App, Hash, Refused,
    idempotency::{Claim, Done, Earlier, once},
    store::Tx,
};

use super::caller::Caller;

/// The most characters of a key.
pub(super) const MOST_KEY: usize = 255;

/// The key that a request carries, if it does.
#[derive(Debug)]
pub(crate) struct Key(Option<String>);

impl FromRequestParts<App> for Key {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refused> {
        let mut keys = parts.headers.get_all("idempotency-key").iter();
        let Some(key) = keys.next() else { return Ok(Self(None)) };
        if keys.next().is_some() {
            return Err(Refused::field("Idempotency-Key", "is there twice: send it once"));
        }
        let key = key.to_str().ok().filter(|key| (1..=MOST_KEY).contains(&key.len()));
        let key = key
            .ok_or_else(|| Refused::field("Idempotency-Key", format!("must be 1 to {MOST_KEY} visible characters")))?;
        Ok(Self(Some(key.to_owned())))
    }
}

impl Key {
    /// This request of `caller`: its path (ids in place of tokens) and the hash of its body.
    pub(crate) fn of(self, app: &App, caller: Caller, path: String, body: Hash) -> Once {
        let now = app.now();
        let claim = |key| Claim { account: caller.account, path, key, request_hash: body, now };
        Once { app: app.clone(), claim: self.0.map(claim) }
    }
}

/// A request whose work is done once, however often it is sent under one key.
#[derive(Clone)]
pub(crate) struct Once {
    app: App,
    claim: Option<Claim>,
}

impl Once {
    /// Does `work` in a transaction of its own; if an earlier request has done it, `again` rebuilds what that came to,
    /// after looking whether the caller may still have it.
    pub(crate) async fn write<T: Send + 'static>(
        self,
        mut again: impl FnMut(&App, &mut Tx<'_>, Earlier) -> Result<T, Refused> + Send + 'static,
        mut work: impl FnMut(&App, &mut Tx<'_>) -> Result<Done<T>, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let Self { app, claim } = self;
        let store = app.clone();
        let write = move |tx: &mut Tx<'_>| {
            once(tx, claim.as_ref(), |tx, earlier| again(&app, tx, earlier), |tx| work(&app, tx))
        };
        store.store().write(write).await
    }
}
