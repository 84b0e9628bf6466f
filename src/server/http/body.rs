//! Request bodies: JSON, read whole, every refusal a problem that names the field.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::header,
};
use serde::de::DeserializeOwned;

use crate::{
    api::Code,
    server::{Hash, Refused, hash},
};

/// A JSON body of type `T` and the SHA-256 of its bytes (for `Idempotency-Key`). An empty body reads as `{}`.
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
        let json = request.headers().get(header::CONTENT_TYPE).is_none_or(|value| {
            let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json")
        });
        if !json {
            return Err(Refused::new(Code::UnsupportedMediaType, "Send the body as application/json."));
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status().as_u16() {
                413 => Refused::new(Code::PayloadTooLarge, "The body is larger than this server takes."),
                _ => Refused::new(Code::BadRequest, "The body did not arrive whole."),
            })?;
        let hash = hash(&bytes);
        let text: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        Ok(Self { value: read(text)?, hash })
    }
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Refused> {
    // serde would read an array into a struct, field by field.
    if !text.trim_ascii_start().starts_with(b"{") {
        return Err(match serde_json::from_slice::<serde::de::IgnoredAny>(text) {
            Ok(_) => Refused::field("body", "must be a JSON object"),
            Err(_) => Refused::new(Code::BadRequest, "The body is not valid JSON."),
        });
    }
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        if !error.is_data() {
            return Refused::new(Code::BadRequest, "The body is not valid JSON.");
        }
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        // serde names the missing or unknown field in its message only.
        let named = message.split('`').nth(1).filter(|_| message.contains(" field `"));
        let field = match named {
            Some(name) if path == "." => name.to_owned(),
            // The path of what is unknown can name it already.
            Some(name) if path != name && !path.ends_with(&format!(".{name}")) => format!("{path}.{name}"),
            _ if path == "." => "body".to_owned(),
            _ => path,
        };
        Refused::field(&field, message)
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
        assert_eq!(refusal("[]").code, Code::Validation);
        assert_eq!(refusal("{").code, Code::BadRequest);
        assert_eq!(refusal("{} {}").code, Code::BadRequest);
    }
}
