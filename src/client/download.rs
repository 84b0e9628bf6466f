//! Answers that are files: read piece by piece, however long they are.

use std::time::Duration;

use reqwest::Response;

use super::{Error, Origin};

/// How long the next piece of a file may take.
const NEXT_PIECE: Duration = Duration::from_secs(30);

/// What an answer is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Media {
    /// One JSON value, read whole.
    #[default]
    Json,
    /// A table.
    Csv,
    /// JSON values, one a line.
    Ndjson,
    /// A page.
    Html,
}

impl Media {
    /// As it stands in headers, without parameters.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Ndjson => crate::api::NDJSON,
            Self::Html => "text/html",
        }
    }
}

/// A file on its way. Its text is as the server sent it: whoever shows it on a terminal cleans it.
#[derive(Debug)]
pub struct Download {
    origin: Origin,
    response: Response,
}

impl Download {
    pub(super) const fn new(origin: Origin, response: Response) -> Self {
        Self { origin, response }
    }

    /// The next piece, `None` behind the last one.
    ///
    /// # Errors
    /// Where the connection breaks off: what has come is a part and not the whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let origin = || self.origin.to_string();
        match tokio::time::timeout(NEXT_PIECE, self.response.chunk()).await {
            Err(_) => Err(Error::Timeout { origin: origin() }),
            Ok(Err(error)) => Err(Error::from_transport(&self.origin, &error)),
            Ok(Ok(piece)) => Ok(piece.map(|bytes| bytes.to_vec())),
        }
    }
}
