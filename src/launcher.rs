//! The embedded server, as the terminal client asks for it.

use guestlist::{
    client::here::KEPT_AS,
    config::Config,
    local::Local,
    tui::launch::{Launched, Launcher},
};

/// Starts and stops the server on this machine.
pub(crate) struct Embedded(Local);

impl Embedded {
    /// By this configuration. Nothing is started yet.
    pub(crate) fn new(config: &Config) -> Self {
        Self(Local::new(config.clone()))
    }

    /// Ends the server, if it runs here: requests in flight finish.
    pub(crate) fn stop(&self) {
        self.0.stop();
    }
}

impl Launcher for Embedded {
    fn has_data(&self) -> bool {
        self.0.has_data()
    }

    fn keep_as(&self) -> String {
        KEPT_AS.to_owned()
    }

    fn launch(&self) -> Result<Launched, String> {
        let running = self.0.start().map_err(|error| error.to_string())?;
        Ok(Launched {
            origin: running.origin,
            keep_as: KEPT_AS.to_owned(),
            founder: running.founder,
            empty: running.first_run,
        })
    }
}
