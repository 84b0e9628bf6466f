//! Long lists as files, read a step at a time.

use axum::{
    body::Body,
    http::header,
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};

use crate::server::Refused;

/// Rows of a step: this many are held in memory, however long the list is.
pub(super) const STEP: usize = 1_000;

/// A walk along a list.
pub(super) trait Walk: Send + 'static {
    /// The next rows as they stand in the file; `None` behind the last ones. Who may not see them any more meanwhile gets
    /// no further.
    fn step(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, Refused>> + Send;
}

/// All rows of a walk behind `head`, as a file of this media type and name. The first step is made before the answer
/// begins, so that a refusal is one; a failure later breaks the connection off, so that nobody takes a part for the whole.
pub(super) async fn file(
    media: &'static str,
    name: &str,
    head: Vec<u8>,
    mut walk: impl Walk,
) -> Result<Response, Refused> {
    let first = [head, walk.step().await?.unwrap_or_default()].concat();
    let rest = stream::try_unfold(walk, async |mut walk| {
        let rows = walk.step().await.inspect_err(|error| tracing::warn!(%error, "an export was broken off"))?;
        Ok::<_, Refused>(rows.map(|rows| (rows, walk)))
    });
    let pieces = stream::once(std::future::ready(Ok(first))).chain(rest);
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, media), (header::CONTENT_DISPOSITION, &disposition)];
    Ok((headers, Body::from_stream(pieces)).into_response())
}
