//! Whether mail leaves, and where it stops: for whoever sets a server up.

use std::path::PathBuf;

use crate::{
    config::MailTls,
    domain::{Address, Timestamp},
    server::Settings,
};

use super::{
    compose::{Sender, test},
    smtp::{self, Line, Step},
    transport::{Failure, Smtp, Transport, keep},
};

/// What became of a test mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// No mail is sent by these settings.
    Off,
    /// It lies there.
    Kept(PathBuf),
    /// The mail server took it, with these words.
    Taken(String),
}

/// Why a test mail has not left.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}\n{advice}")]
pub struct Stopped {
    /// What happened, in the mail server's words where it said any.
    pub words: String,
    /// What to look at.
    pub advice: String,
}

/// Sends one test mail by a server's settings, now, past the outbox. `told` hears of each step as it begins; a folder has
/// none.
pub async fn check(
    settings: &Settings,
    to: &Address,
    now: Timestamp,
    told: &mut (dyn FnMut(Step) + Send),
) -> Result<Checked, Stopped> {
    let Some(from) = settings.mail.from() else { return Ok(Checked::Off) };
    let sender = Sender { from, site: &settings.name, origin: &settings.public_url };
    let mail = test(sender, to.as_str(), now).map_err(|error| Stopped {
        words: error.to_string(),
        advice: "Look at mail.from and server.name.".to_owned(),
    })?;
    match &settings.mail {
        Transport::Off => Ok(Checked::Off),
        Transport::File { directory, .. } => keep(directory, &mail).map(Checked::Kept).map_err(|error| Stopped {
            words: format!("{}: {error}", directory.display()),
            advice: "mail.directory must be a folder that the server may write to.".to_owned(),
        }),
        Transport::Smtp(smtp) => {
            let (mut line, mut at) = (Line::default(), Step::Connect);
            let mut note = |step: Step| {
                at = step;
                told(step);
            };
            let sent = smtp::send(smtp, &mut line, &mail, std::future::ready(Ok(())), &mut note).await;
            line.close().await;
            sent.map(Checked::Taken).map_err(|failure| stopped(smtp, at, failure))
        }
    }
}

fn stopped(smtp: &Smtp, at: Step, failure: Failure) -> Stopped {
    let (words, is_final) = match failure {
        Failure::Refused(words) | Failure::Login(words) => (words, true),
        Failure::Later(words) | Failure::Trouble(words) | Failure::Unsure(words) => (words, false),
    };
    let is_signed_in = smtp.login.is_some();
    let advice = match at {
        Step::Connect | Step::Encrypt if smtp.ca_file.as_ref().is_some_and(|file| words.contains(&*file.to_string_lossy())) => {
            "mail.ca_file must be a file of certificates (PEM) that the server may read.".to_owned()
        }
        Step::Connect | Step::Encrypt if words.contains("certificate") => format!(
            "mail.host is {}, which must be a name in the server's certificate, and that must be valid. Where it is by a \
             CA of your own, name its file in mail.ca_file.",
            smtp.host
        ),
        Step::Connect | Step::Encrypt => way(smtp),
        Step::SignIn => "Look at mail.username and at the file that mail.password_file names: some providers want a \
                         password made for programs."
            .to_owned(),
        Step::Sender if is_signed_in => {
            format!("mail.from is {}: it must be an address that mail.username may send as.", smtp.from.as_str())
        }
        Step::Recipient if is_signed_in && is_final => {
            "The settings are good as far as here: try another address.".to_owned()
        }
        Step::Sender | Step::Recipient if is_final => {
            "The server may want a log-in: set mail.username and mail.password_file. Else it does not send from here, or \
             not to this address."
                .to_owned()
        }
        Step::Sender | Step::Recipient | Step::Text if !is_final => {
            "The settings are good as far as here, and this is for now: try again in some minutes. Mail that waits is \
             tried again by itself."
                .to_owned()
        }
        Step::Sender | Step::Recipient | Step::Text => {
            format!("mail.from is {}: the server takes no such mail from it.", smtp.from.as_str())
        }
    };
    Stopped { words, advice }
}

/// What to look at where the server is not reached, or not encrypted.
fn way(smtp: &Smtp) -> String {
    let usual = if smtp.tls == MailTls::Tls { 465 } else { 587 };
    let Smtp { host, port, tls, .. } = smtp;
    let hint = if *tls == MailTls::None || *port == usual {
        String::new()
    } else {
        format!(": the usual port for {tls} is {usual}")
    };
    format!(
        "Look at mail.host, mail.port and mail.tls, which are {host}, {port} and {tls}{hint}. A firewall may stand between, \
         too."
    )
}
