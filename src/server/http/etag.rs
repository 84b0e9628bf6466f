//! Answers that are asked for again and again: an `ETag` on each, 304 where the caller has it already.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::caller::Caller;
use crate::{
    api::Code,
    domain::BandId,
    server::{App, Refused, bands::Access, hash, store::Tx},
};

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
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&hash(&body)[..TAG_BYTES]));
        let body = (!self.has(&tag)).then_some(body);
        tagged(&tag, body)
    }

    /// A list of a band for one of its members, under the tag of the band: where the caller has it already, nothing is
    /// listed.
    pub(crate) async fn list<T: Serialize + Send + 'static>(
        self,
        app: &App,
        band: BandId,
        caller: Caller,
        mut list: impl FnMut(&mut Tx<'_>, Access) -> Result<T, Refused> + Send + 'static,
    ) -> Result<Response, Refused> {
        let read = move |tx: &mut Tx<'_>| {
            let access = Access::of(tx, band, caller.account)?;
            let tag = access.tag(caller.account);
            let found = if self.has(&tag) { None } else { Some(list(tx, access)?) };
            Ok::<_, Refused>((tag, found))
        };
        let (tag, found) = app.store().read(read).await?;
        tagged(&tag, found.as_ref().map(to_json).transpose()?)
    }
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
