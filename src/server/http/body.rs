//! Request bodies: JSON, read whole, every refusal a problem that names the field.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::header,
};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::{
    api::Code,
    domain::clean_line,
    server::{Hash, Refused, hash, refused::unreadable},
};

/// A JSON body of type `T` and the SHA-256 of its bytes (for `Idempotency-Key`). Where there is none the request is
/// refused.
#[derive(Debug)]
pub(crate) struct Body<T> {
    /// What was sent.
    pub(crate) value: T,
    /// The hash of the bytes that were sent.
    pub(crate) hash: Hash,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        match arrived(request, state).await? {
            bytes if bytes.is_empty() => Err(Refused::field("body", "is missing: send a JSON object")),
            bytes => Ok(Self { value: read(&bytes)?, hash: hash(&bytes) }),
        }
    }
}

/// As [`Body`], where none reads as `{}`.
#[derive(Debug)]
pub(crate) struct Optional<T>(pub(crate) Body<T>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Optional<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let bytes = arrived(request, state).await?;
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        Ok(Self(Body { value: read(text)?, hash: hash(&bytes) }))
    }
}

/// The bytes of a body that says it is JSON. Nothing is of no type.
async fn arrived<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refused> {
    let is_json = request.headers().get(header::CONTENT_TYPE).is_none_or(|value| {
        let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json")
    });
    let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status().as_u16() {
        413 => Refused::new(Code::PayloadTooLarge, "The body is larger than this server takes."),
        _ => Refused::new(Code::BadRequest, "The body did not arrive whole."),
    })?;
    if !is_json && !bytes.is_empty() {
        return Err(Refused::new(Code::UnsupportedMediaType, "Send the body as application/json."));
    }
    Ok(bytes)
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Refused> {
    let malformed = || Refused::new(Code::BadRequest, "The body is not valid JSON.");
    // serde would read an array into a struct, field by field.
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(match serde_json::from_slice::<IgnoredAny>(text) {
            Ok(_) => Refused::field("body", "must be a JSON object"),
            Err(_) => malformed(),
        });
    }
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = clean_line(&error.path().to_string());
        let error = error.into_inner();
        // JSON that is well formed can hold what is no value: half of a surrogate pair, a number beyond all bounds.
        if !error.is_data() && serde_json::from_slice::<IgnoredAny>(text).is_err() {
            return malformed();
        }
        let message = unreadable(&error);
        // serde names the missing, unknown or repeated field in its message only.
        let named = message.split('`').nth(1).filter(|_| message.contains(" field `"));
        let field = match named {
            Some(name) if path == "." => name.to_owned(),
            // The path of what is unknown can name it already.
            Some(name) if path != name && !path.ends_with(&format!(".{name}")) => format!("{path}.{name}"),
            _ if path == "." => "body".to_owned(),
            _ => path,
        };
        let is_twice = message.starts_with("duplicate field ");
        Refused::field(&field, if is_twice { "is there twice: send it once".to_owned() } else { message })
    })?;
    json.end().map_err(|_| Refused::new(Code::BadRequest, "Something follows the JSON body."))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Problem;
    use crate::api::{CreateBand, CreateInvite};

    fn refusal(text: &str) -> Problem {
        match read::<CreateInvite>(text.as_bytes()) {
            Err(Refused::Problem(problem)) => *problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refused_field_is_named() {
        assert_eq!(refusal(r#"{"colour":"red"}"#).errors[0].field, "colour");
        assert_eq!(refusal(r#"{"role":"king"}"#).errors[0].field, "role");
        assert_eq!(refusal(r#"{"ttl_hours":"soon"}"#).errors[0].field, "ttl_hours");
        let inner = read::<CreateBand>(br#"{"name":"x","policy":{"colour":"red"}}"#);
        let Err(Refused::Problem(problem)) = inner else { panic!("{inner:?}") };
        assert_eq!(problem.errors[0].field, "policy.colour");
        let inner = read::<CreateBand>(br#"{"name":"x","policy":{"membership":"one","membership":"many"}}"#);
        let Err(Refused::Problem(problem)) = inner else { panic!("{inner:?}") };
        assert_eq!(
            (&*problem.errors[0].field, &*problem.errors[0].message),
            ("policy.membership", "is there twice: send it once")
        );
        for twice in
            [r#"{"label":"a","label":"a"}"#, r#"{"label":null,"label":"a"}"#, r#"{"label":"a","l\u0061bel":"b"}"#]
        {
            assert_eq!(refusal(twice).errors[0].field, "label", "{twice}");
        }
        for no_text in [r#"{"label":"\ud800"}"#, r#"{"label":"a\udc00"}"#, r#"{"label":"\ud800\u0041"}"#] {
            let problem = refusal(no_text);
            assert_eq!((problem.code, &*problem.errors[0].field), (Code::Validation, "label"), "{no_text}");
        }
        assert_eq!(refusal(r#"{"max_uses":1e999}"#).errors[0].field, "max_uses");
        for no_object in ["[null]", "7", r#""x""#] {
            let inner = read::<CreateBand>(format!(r#"{{"name":"x","policy":{no_object}}}"#).as_bytes());
            let Err(Refused::Problem(problem)) = inner else { panic!("{inner:?}") };
            assert_eq!(problem.errors[0].field, "policy", "{no_object}");
        }
        assert_eq!(refusal("[]").code, Code::Validation);
        assert_eq!(refusal("{\"label\":\"\u{1}\"}").code, Code::BadRequest, "what JSON does not allow is not JSON");
        assert_eq!(refusal("{").code, Code::BadRequest);
        assert_eq!(refusal("{} {}").code, Code::BadRequest);
    }
}
