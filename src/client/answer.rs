//! Reading answers: bounded, cleaned, and told apart from what other servers say.

use reqwest::{Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Ask, Error, Media, Origin, retry};
use crate::{
    api::{Problem, REPLAYED_HEADER},
    domain::{clean_block, clean_line},
};

/// The most bytes of an answer that are read. The largest page of the API is far below.
pub(super) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes of one text: far more than any that the API has, and little enough to be drawn again and again.
const LONGEST_TEXT: usize = 64 * 1024;

/// The longest that is said of what cannot be read.
const LONGEST_REASON: usize = 200;

/// A successful answer.
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The entity tag.
    pub(super) etag: Option<String>,
    /// Whether it tells what an earlier request came to.
    pub(super) is_told_again: bool,
    /// The body, cleaned; `None` where there is none (204, 304, or empty).
    pub(super) body: Option<Value>,
    /// The answer itself where a file was asked for; nothing of it is read yet.
    pub(super) file: Option<Response>,
}

/// Reads an answer to its end, but for a file.
pub(super) async fn read(origin: &Origin, response: Response, ask: &Ask) -> Result<Answer, Error> {
    let status = response.status();
    if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
        // Only the origin: the rest may repeat a token, and a place on the same server is nothing but that.
        let url = text_header(&response, header::LOCATION).and_then(|text| text.parse::<reqwest::Url>().ok());
        let location = url.map_or_else(|| "somewhere else".to_owned(), |url| url.origin().ascii_serialization());
        return Err(Error::Redirected { origin: origin.to_string(), location: clean_line(&location) });
    }
    let etag = text_header(&response, header::ETAG);
    let is_told_again = response.headers().contains_key(REPLAYED_HEADER);
    let retry_after = retry::retry_after(response.headers());
    let media = text_header(&response, header::CONTENT_TYPE).unwrap_or_default();
    let not_the_api = |found: String| Error::NotTheApi { origin: origin.to_string(), status: status.as_u16(), found };
    if status.is_success() && ask.media != Media::Json {
        if essence(&media) != ask.media.as_str() {
            return Err(not_the_api(name_of(&media)));
        }
        return Ok(Answer { status: status.as_u16(), etag, is_told_again, body: None, file: Some(response) });
    }
    let bytes = body(origin, response).await?;
    let by_row = status == StatusCode::UNPROCESSABLE_ENTITY && ask.told_by_row && essence(&media) == "application/json";
    if status.is_success() || status == StatusCode::NOT_MODIFIED || by_row {
        if bytes.is_empty() {
            return Ok(Answer { status: status.as_u16(), etag, is_told_again, body: None, file: None });
        }
        if !is_json(&media) {
            return Err(not_the_api(name_of(&media)));
        }
        let mut value: Value = serde_json::from_slice(&bytes).map_err(|e| shape(&e))?;
        clean(&mut value, false);
        return Ok(Answer { status: status.as_u16(), etag, is_told_again, body: Some(value), file: None });
    }
    let foreign = |found: String| match status {
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Error::Gateway { origin: origin.to_string(), status: status.as_u16(), retry_after }
        }
        _ => not_the_api(found),
    };
    if !is_json(&media) {
        return Err(foreign(name_of(&media)));
    }
    let mut value: Value = serde_json::from_slice(&bytes).map_err(|_| foreign("unreadable JSON".to_owned()))?;
    clean(&mut value, false);
    match serde_json::from_value::<Problem>(value) {
        Ok(mut problem) => {
            // The status that came over the wire is the true one.
            problem.status = status.as_u16();
            problem.retry_after = retry_after;
            Err(Error::Problem(Box::new(problem)))
        }
        Err(_) => Err(foreign("JSON, but no problem details".to_owned())),
    }
}

/// Decodes a cleaned body.
pub(super) fn decode<T: DeserializeOwned>(body: Value) -> Result<T, Error> {
    serde_json::from_value(body).map_err(|e| shape(&e))
}

fn shape(error: &serde_json::Error) -> Error {
    // It repeats the text that does not fit, however long that is.
    let mut reason = clean_line(&error.to_string());
    if let Some((end, _)) = reason.char_indices().nth(LONGEST_REASON) {
        reason.truncate(end);
        reason.push('…');
    }
    Error::Shape { reason }
}

/// A media type without its parameters.
fn essence(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_json(media: &str) -> bool {
    let media = essence(media);
    media == "application/json" || media.ends_with("+json")
}

fn name_of(media: &str) -> String {
    let media = essence(media);
    if media.is_empty() { "no media type".to_owned() } else { clean_line(&media) }
}

fn text_header(response: &Response, name: header::HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

async fn body(origin: &Origin, mut response: Response) -> Result<Vec<u8>, Error> {
    let too_large = || Error::TooLarge { origin: origin.to_string(), limit: MOST_BYTES };
    if response.content_length().is_some_and(|n| n > MOST_BYTES as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| Error::from_transport(origin, &e))? {
        if bytes.len() + chunk.len() > MOST_BYTES {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Fields that may hold several lines; all others are one.
const BLOCKS: [&str; 4] = ["message", "description", "reason", "calendar"];

/// Cleans every text in `value` of what must not reach a terminal.
fn clean(value: &mut Value, lines: bool) {
    if let Value::String(text) = value
        && text.len() > LONGEST_TEXT
    {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    }
    match value {
        // Plain ASCII is nearly everything, and needs no copy.
        Value::String(text) if text.bytes().any(|b| !(b' '..=b'~').contains(&b)) => {
            *text = if lines { clean_block(text) } else { clean_line(text) };
        }
        Value::Array(items) => items.iter_mut().for_each(|item| clean(item, lines)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                clean(field, BLOCKS.contains(&name.as_str()));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_text_that_does_not_fit_only_the_beginning_is_repeated() {
        let value = serde_json::Value::String("深".repeat(1_000_000));
        let error = decode::<u64>(value).unwrap_err().to_string();
        assert!(error.contains("深深") && error.chars().count() < 300, "{}", error.len());
    }

    #[test]
    fn no_text_is_longer_than_can_be_drawn_again_and_again() {
        let mut value = serde_json::json!({ "name": "深\u{1b}".repeat(1_000_000), "n": 1 });
        clean(&mut value, false);
        let name = value["name"].as_str().unwrap();
        assert!(name.len() <= LONGEST_TEXT && name.starts_with("深深") && !name.contains('\u{1b}'), "{}", name.len());
    }

    #[test]
    fn every_text_is_cleaned_wherever_it_sits() {
        let mut value = serde_json::json!({
            "name": "a\u{1b}[2Jb\nc", "message": "one\r\ntwo\u{202e}", "list": [{"x": "\u{9b}31m\u{200b}é"}], "n": 1
        });
        clean(&mut value, false);
        assert_eq!(
            value,
            serde_json::json!({"name": "a[2Jb c", "message": "one\ntwo", "list": [{"x": "31mé"}], "n": 1})
        );
    }
}
