//! What starts the embedded server. The terminal client knows nothing of servers: `main` hands it a [`Launcher`].

/// A running embedded server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launched {
    /// Where it listens, `http://127.0.0.1:7878`.
    pub origin: String,
    /// What the session is kept under: the same from start to start, even where the port had to change.
    pub keep_as: String,
    /// The proof with which the first account is made; only in the process that started the server.
    pub founder: Option<String>,
    /// Whether nobody has an account yet.
    pub empty: bool,
}

/// Starts the embedded server, or finds the one that another client of the same person runs.
pub trait Launcher: Send + Sync {
    /// Whether this person has chosen to keep their bands on this machine before: there is data.
    fn has_data(&self) -> bool;

    /// What the session of the embedded server is kept under, as in [`Launched::keep_as`].
    fn keep_as(&self) -> String;

    /// Starts or attaches. Blocks until the server answers; called again when it is gone, to take over.
    ///
    /// # Errors
    /// A sentence that says why it cannot start and what to do.
    fn launch(&self) -> Result<Launched, String>;
}
