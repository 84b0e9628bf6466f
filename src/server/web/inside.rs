//! The API, asked by a page in the same process: what a page does is what the API does, with its rules, its limits, its
//! figures and its refusals.

use axum::{
    Extension, RequestPartsExt as _, Router,
    body::{Body, to_bytes},
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, Method, Request, StatusCode, header, request::Parts},
    response::Response,
};
use serde::{Serialize, de::DeserializeOwned};
use tower::ServiceExt as _;

use crate::{
    api::{Code, Problem},
    server::{App, Peer, Refused},
};

/// The most that is read of an answer; pages ask for single things.
const LONGEST: usize = 256 * 1024;
/// By what a proxy says for whom it asks.
const FORWARDED: [HeaderName; 2] = [header::FORWARDED, HeaderName::from_static("x-forwarded-for")];

/// The routes of the API, whole. A clone is another handle to the same.
#[derive(Clone)]
pub(crate) struct Api(Router);

impl Api {
    /// The API behind these routes, at their addresses.
    pub(crate) fn new(routes: Router) -> Self {
        Self(routes)
    }
}

/// The API as whoever opened the page reaches it: from the same network, with the same limits.
pub(super) struct Inside {
    api: Api,
    peer: Option<Peer>,
    forwarded: Vec<(HeaderName, HeaderValue)>,
}

/// Why the API said no, and after how many seconds it can be asked again.
#[derive(Debug)]
pub(super) struct No {
    pub(super) problem: Problem,
    pub(super) retry_after: Option<HeaderValue>,
}

impl No {
    /// The page that says so, under the API's status, with the time after which it can be asked again.
    pub(super) fn answer(
        &self,
        page: impl FnOnce(StatusCode) -> Result<Response, Refused>,
    ) -> Result<Response, Refused> {
        let mut response =
            page(StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))?;
        if let Some(after) = &self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, after.clone());
        }
        Ok(response)
    }
}

impl FromRequestParts<App> for Inside {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Refused> {
        let Extension(api) = parts
            .extract::<Extension<Api>>()
            .await
            .map_err(|_| Refused::new(Code::Internal, "The page does not reach the API."))?;
        let forwarded = FORWARDED
            .into_iter()
            .flat_map(|name| parts.headers.get_all(&name).iter().map(move |value| (name.clone(), value.clone())))
            .collect();
        Ok(Self { api, peer: parts.extensions.get().copied(), forwarded })
    }
}

impl Inside {
    /// Reads what the API has at `path`, below its base.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Box<No>> {
        self.ask(Method::GET, path, None, Body::empty()).await
    }

    /// Sends `body` to `path`, signed in where there is a `session`.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        session: Option<&str>,
        body: &impl Serialize,
    ) -> Result<T, Box<No>> {
        let body = serde_json::to_vec(body).map_err(|_| unreadable())?;
        self.ask(Method::POST, path, session, Body::from(body)).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        session: Option<&str>,
        body: Body,
    ) -> Result<T, Box<No>> {
        let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
        request = request.header(header::CONTENT_TYPE, "application/json");
        if let Some(session) = session {
            request = request.header(header::AUTHORIZATION, format!("Bearer {session}"));
        }
        for (name, value) in &self.forwarded {
            request = request.header(name, value);
        }
        if let Some(peer) = self.peer {
            request = request.extension(peer);
        }
        let request = request.body(body).map_err(|_| unreadable())?;
        let Ok(answer) = self.api.0.clone().oneshot(request).await;
        let (parts, body) = answer.into_parts();
        let bytes = to_bytes(body, LONGEST).await.map_err(|_| unreadable())?;
        if !parts.status.is_success() {
            let problem = serde_json::from_slice(&bytes).map_err(|_| unreadable())?;
            return Err(Box::new(No { problem, retry_after: parts.headers.get(header::RETRY_AFTER).cloned() }));
        }
        // Where nothing is answered, nothing is what was asked for.
        let text: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(text).map_err(|_| unreadable())
    }
}

fn unreadable() -> Box<No> {
    let problem = Problem::new(Code::Internal, "The server made a mistake. Look at the current state, then try again.");
    Box::new(No { problem, retry_after: None })
}
