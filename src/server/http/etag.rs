//! Answers that are asked for again and again: an `ETag` on each, 304 where the caller has it already.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::{api::Code, server::Refused};

/// Bytes of the hash that a tag holds.
const TAG_BYTES: usize = 12;

/// What the caller has already: the tags of `If-None-Match`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known(String);

impl<S: Send + Sync> FromRequestParts<S> for Known {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let sent = parts.headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        Ok(Self(sent.unwrap_or_default().to_owned()))
    }
}

impl Known {
    /// Whether the caller has the answer with this tag. Weak tags are compared as strong ones: that is the rule for
    /// `If-None-Match`.
    pub(crate) fn has(&self, tag: &str) -> bool {
        self.0.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    }

    /// The answer with a tag of its content: for what one read gives whole.
    pub(crate) fn answer<T: Serialize>(&self, value: &T) -> Result<Response, Refused> {
        let body = to_json(value)?;
        let digest = ring::digest::digest(&ring::digest::SHA256, &body);
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest.as_ref()[..TAG_BYTES]));
        let body = (!self.has(&tag)).then_some(body);
        tagged(&tag, body)
    }
}

/// The answer under a tag that is known before the content is read: `None` where the caller has it already.
pub(crate) fn under<T: Serialize>(tag: &str, value: Option<&T>) -> Result<Response, Refused> {
    tagged(tag, value.map(to_json).transpose()?)
}

fn to_json<T: Serialize>(value: &T) -> Result<Vec<u8>, Refused> {
    serde_json::to_vec(value).map_err(|_| Refused::new(Code::Internal, "The answer could not be written."))
}

fn tagged(tag: &str, body: Option<Vec<u8>>) -> Result<Response, Refused> {
    let mut response = match body {
        Some(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    let tag = HeaderValue::from_str(tag).map_err(|_| Refused::new(Code::Internal, "The answer has no valid tag."))?;
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    // It may be kept, and has to be asked for each time.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_header_is_understood() {
        for (sent, has) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("a", false), ("", false)]
        {
            assert_eq!(Known(sent.to_owned()).has("\"a\""), has, "{sent}");
        }
    }

    #[test]
    fn the_same_content_has_the_same_tag_and_another_has_not() {
        let tag = |value: &str| Known::default().answer(&value).unwrap().headers()[header::ETAG].clone();
        assert_eq!(tag("one"), tag("one"));
        assert_ne!(tag("one"), tag("two"));
        let known = Known(tag("one").to_str().unwrap().to_owned());
        assert_eq!(known.answer(&"one").unwrap().status(), StatusCode::NOT_MODIFIED);
        assert_eq!(known.answer(&"two").unwrap().status(), StatusCode::OK);
    }
}
