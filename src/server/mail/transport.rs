//! The ways by which mail leaves.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    config::{self, MailTls},
    domain::Address,
    private,
};

use super::{
    compose::Composed,
    smtp::{self, Line},
};

/// How mail leaves, and whom it is from.
#[derive(Debug, Clone, Default)]
pub enum Transport {
    /// It does not.
    #[default]
    Off,
    /// Into a folder, a file for each mail: to try things out, or for a program that sends them.
    File {
        /// The folder; made where it is missing, and private.
        directory: PathBuf,
        /// Whom mail is from.
        from: Address,
    },
    /// To a mail server.
    Smtp(Smtp),
}

/// The way to a mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is encrypted. Never by chance: where the server cannot, nothing is sent.
    pub tls: MailTls,
    /// Certificates that are trusted beside those that the system trusts, as PEM: of a server with a CA of its own.
    pub ca_file: Option<PathBuf>,
    /// The name to sign in with, and the file with the password.
    pub login: Option<(String, PathBuf)>,
    /// Whom mail is from.
    pub from: Address,
}

impl Transport {
    /// What a configuration decides; it has been checked to be whole.
    #[must_use]
    pub fn new(mail: &config::Mail) -> Self {
        let Some(from) = mail.from.as_deref().and_then(|from| Address::parse(from).ok()) else { return Self::Off };
        match (mail.transport, &mail.directory, &mail.host) {
            (config::Transport::File, Some(directory), _) => Self::File { directory: directory.clone(), from },
            (config::Transport::Smtp, _, Some(host)) => Self::Smtp(Smtp {
                host: host.clone(),
                port: mail.port,
                tls: mail.tls,
                ca_file: mail.ca_file.clone(),
                login: mail.username.clone().zip(mail.password_file.clone()),
                from,
            }),
            _ => Self::Off,
        }
    }

    /// Whom mail is from; `None` where none leaves.
    #[must_use]
    pub fn from(&self) -> Option<&Address> {
        match self {
            Self::Off => None,
            Self::File { from, .. } | Self::Smtp(Smtp { from, .. }) => Some(from),
        }
    }

    /// Whether mail leaves.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.from().is_some()
    }

    /// Sends a mail, over `line` where it is one to a mail server: it is kept for the next. The last that is asked before a
    /// word of the mail goes out is whether it is `wanted`.
    pub(super) async fn send(
        &self,
        line: &mut Line,
        mail: &Composed,
        wanted: impl Future<Output = Result<(), Failure>> + Send,
    ) -> Result<(), Failure> {
        match self {
            Self::Off => Err(Failure::Trouble("no transport for mail is set up".to_owned())),
            Self::File { directory, .. } => {
                wanted.await?;
                let kept = keep(directory, mail);
                kept.map(drop).map_err(|error| Failure::Trouble(format!("{}: {error}", directory.display())))
            }
            Self::Smtp(smtp) => smtp::send(smtp, line, mail, wanted, &mut |_| {}).await.map(drop),
        }
    }
}

/// Why a mail has not left. The words are the mail server's, cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The mail server refuses this mail, or its recipient, for good.
    Refused(String),
    /// It refuses this mail for now.
    Later(String),
    /// It is not to be reached, or serves nobody now: no fault of the mail.
    Trouble(String),
    /// It does not let this server send: somebody has to look at the settings.
    Login(String),
    /// Nobody has refused it, but there may be no reason for it any more: it is to be looked at again.
    Unsure(String),
}

/// A file for the mail, whole or not there, and where it lies. Its name begins with the time, so that a folder lists them
/// in their order.
pub(super) fn keep(directory: &Path, mail: &Composed) -> io::Result<PathBuf> {
    private::folder(directory)?;
    let path = directory.join(&mail.file_name);
    private::write(&path, &mail.bytes, true)?;
    Ok(path)
}
