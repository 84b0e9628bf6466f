//! Refusals on the wire.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    api::{Code, PROBLEM_JSON, Problem},
    server::{Refused, store},
};

/// Seconds after which a caller should try again when the store could not serve.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");
/// Seconds after which admins may have answered somebody: an hour.
const AFTER_SOME_ANSWERS: HeaderValue = HeaderValue::from_static("3600");

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        if error.is_unavailable() {
            tracing::warn!(%error, "the store is unavailable");
            return Self::new(Code::Unavailable, "The server cannot do this right now. Try again in a moment.");
        }
        tracing::error!(%error, "a use case failed");
        Self::new(Code::Internal, "The server made a mistake and has written it to its log. Nothing was changed.")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Problem(problem) => problem_response(&problem),
            Self::Limited { seconds } | Self::NoMail { seconds } => {
                let mut response = problem_response(&Problem::new(Code::RateLimited, self.to_string()));
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
                response
            }
            Self::Crowded => {
                let mut response = problem_response(&Problem::new(Code::RateLimited, self.to_string()));
                response.headers_mut().insert(header::RETRY_AFTER, AFTER_SOME_ANSWERS);
                response
            }
            Self::Store(error) => problem_response(&error.into()),
        }
    }
}

/// A problem as a response: media type, status, and when to come back. Its code goes with it as an extension, for what
/// stands around the routes.
pub(crate) fn problem_response(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = (status, body).into_response();
    response.extensions_mut().insert(problem.code);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if matches!(problem.code, Code::Unavailable | Code::RateLimited) {
        headers.insert(header::RETRY_AFTER, RETRY_AFTER);
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}
