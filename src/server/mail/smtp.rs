//! A conversation with a mail server (RFC 5321), step by step: what a refusal means depends on where it comes.
//!
//! | step | 4xx, a time-out, a broken line | 5xx |
//! |---|---|---|
//! | connect, greeting, `EHLO`, `STARTTLS`, TLS | trouble with the server | trouble |
//! | `AUTH` | trouble | the log-in is refused |
//! | `MAIL FROM` | trouble | the log-in is refused: this server may not send |
//! | `RCPT TO` | this mail later (421: trouble) | this mail never |
//! | `DATA` and what follows | this mail later (421: trouble) | this mail never |

use std::{path::Path, time::Duration};

use lettre::{
    address::{Address, Envelope},
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
        response::Response,
    },
};

use crate::{config::MailTls, domain::clean_line, private};

use super::{
    compose::Composed,
    transport::{Failure, Smtp},
};

/// How long a mail server may take to be reached, and to encrypt.
const TO_CONNECT: Duration = Duration::from_secs(15);
/// How long it may take to answer.
const TO_ANSWER: Duration = Duration::from_secs(30);
/// How long it may take for its word on a whole mail, which it may look through first.
const TO_TAKE: Duration = Duration::from_mins(2);
/// The longest that all steps of one mail take together: a line that was kept and has gone stale, a new one, the mail.
pub(super) const LONGEST_TRY: Duration =
    Duration::from_secs(5 * TO_ANSWER.as_secs() + 2 * TO_CONNECT.as_secs() + LONGEST_TEXT.as_secs());
/// The longest that the mail itself takes, from `DATA` to the server's word on it.
pub(super) const LONGEST_TEXT: Duration = Duration::from_secs(TO_ANSWER.as_secs() + TO_TAKE.as_secs());
/// The longest part of a mail server's words that is kept.
const MOST_WORDS: usize = 300;

/// A step of the way, as it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the host and the port; to the greeting, encrypted or not.
    Connect,
    /// `STARTTLS`.
    Encrypt,
    /// `AUTH`.
    SignIn,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// The mail itself.
    Text,
}

/// Who is told of each step as it begins.
pub(super) type Told<'a> = dyn FnMut(Step) + Send + 'a;

/// A connection that is kept from one mail to the next, once there is one.
#[derive(Default)]
pub(super) struct Line(Option<AsyncSmtpConnection>);

impl Line {
    /// Says goodbye. What is queued there stays where it is.
    pub(super) async fn close(&mut self) {
        if let Some(mut connection) = self.0.take() {
            let _ = tokio::time::timeout(TO_ANSWER, connection.quit()).await;
        }
    }
}

/// Sends a mail, if it is `wanted` when the server is ready for it; the server's words when it took it. A connection that has
/// gone stale since the last one is made anew, once.
pub(super) async fn send(
    smtp: &Smtp,
    line: &mut Line,
    mail: &Composed,
    wanted: impl Future<Output = Result<(), Failure>> + Send,
    told: &mut Told<'_>,
) -> Result<String, Failure> {
    let envelope = envelope(smtp, mail)?;
    let kept = line.0.take();
    let was_kept = kept.is_some();
    let mut connection = match kept {
        Some(connection) => connection,
        None => connect(smtp, told).await?,
    };
    told(Step::Sender);
    let mut begun = begin(&mut connection, &envelope, mail).await;
    if was_kept && matches!(begun, Err(Failure::Trouble(_))) {
        connection = connect(smtp, told).await?;
        begun = begin(&mut connection, &envelope, mail).await;
    }
    begun?;
    let sent = deliver(&mut connection, &envelope, mail, wanted, told).await;
    match &sent {
        // The next mail begins with MAIL again; after a refusal the server has to forget this one's recipient first.
        Ok(_) => line.0 = Some(connection),
        Err(_) => drop(tokio::time::timeout(Duration::from_secs(2), connection.abort()).await),
    }
    sent
}

async fn connect(smtp: &Smtp, told: &mut Told<'_>) -> Result<AsyncSmtpConnection, Failure> {
    let trouble = |error: Error| Failure::Trouble(words(&error));
    let hello = ClientId::default();
    let tls = || tls(smtp);
    told(Step::Connect);
    let implicit = match smtp.tls {
        MailTls::Tls => Some(tls()?),
        MailTls::Starttls | MailTls::None => None,
    };
    let address = (smtp.host.as_str(), smtp.port);
    let connecting = AsyncSmtpConnection::connect_tokio1(address, Some(TO_CONNECT), &hello, implicit, None);
    let mut connection = within(TO_CONNECT, connecting).await?.map_err(trouble)?;
    if smtp.tls == MailTls::Starttls {
        told(Step::Encrypt);
        if !connection.can_starttls() {
            let text = "the mail server offers no STARTTLS: nothing is sent in clear";
            return Err(Failure::Trouble(text.to_owned()));
        }
        within(TO_CONNECT, connection.starttls(tls()?, &hello)).await?.map_err(trouble)?;
    }
    if let Some((name, file)) = &smtp.login {
        told(Step::SignIn);
        let credentials = Credentials::new(name.clone(), password(file).map_err(Failure::Login)?);
        let answer = within(TO_ANSWER, connection.auth(DEFAULT_MECHANISMS, &credentials)).await?;
        answer.map_err(|error| of_sender(&error, error.is_permanent() || error.is_client()))?;
    }
    Ok(connection)
}

/// Whom to trust: whom the system trusts, and who the file of certificates names, which is read each time.
fn tls(smtp: &Smtp) -> Result<TlsParameters, Failure> {
    let mut tls = TlsParameters::builder(smtp.host.clone());
    if let Some(file) = &smtp.ca_file {
        let trouble = |why: String| Failure::Trouble(format!("{}: {why}", file.display()));
        let pem = std::fs::read(file).map_err(|error| trouble(error.to_string()))?;
        if !pem.windows(27).any(|some| some == b"-----BEGIN CERTIFICATE-----") {
            return Err(trouble("there is no certificate in it".to_owned()));
        }
        tls = tls.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| trouble(words(&error)))?);
    }
    tls.build_rustls().map_err(|error| Failure::Trouble(words(&error)))
}

/// `MAIL FROM`: a server that takes nothing from here says so now.
async fn begin(connection: &mut AsyncSmtpConnection, envelope: &Envelope, mail: &Composed) -> Result<(), Failure> {
    let mut options = Vec::new();
    if !mail.bytes.is_ascii() {
        if !connection.server_info().supports_feature(Extension::EightBitMime) {
            return Err(Failure::Refused("the mail has characters that the mail server does not take".to_owned()));
        }
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let answer = within(TO_ANSWER, connection.command(Mail::new(envelope.from().cloned(), options))).await?;
    answer.map(drop).map_err(|error| of_sender(&error, error.is_permanent()))
}

/// What a refusal means that met this server and no mail of its own.
fn of_sender(error: &Error, is_final: bool) -> Failure {
    if is_final { Failure::Login(words(error)) } else { Failure::Trouble(words(error)) }
}

async fn deliver(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    mail: &Composed,
    wanted: impl Future<Output = Result<(), Failure>> + Send,
    told: &mut Told<'_>,
) -> Result<String, Failure> {
    told(Step::Recipient);
    for to in envelope.to() {
        let answer = within(TO_ANSWER, connection.command(Rcpt::new(to.clone(), Vec::new()))).await;
        answer.map_err(Failure::into_later)?.map_err(|error| of_mail(&error))?;
    }
    // A slow server has taken minutes to come so far.
    wanted.await?;
    told(Step::Text);
    let answer = within(TO_ANSWER, connection.command(Data)).await;
    answer.map_err(Failure::into_later)?.map_err(|error| of_mail(&error))?;
    let taken = within(TO_TAKE, connection.message(&mail.bytes)).await;
    taken.map_err(Failure::into_later)?.map(|taken| said(&taken)).map_err(|error| of_mail(&error))
}

/// What a refusal means for the mail that it met.
fn of_mail(error: &Error) -> Failure {
    let words = words(error);
    match error.status().map(u16::from) {
        Some(421) => Failure::Trouble(words),
        _ if error.is_permanent() => Failure::Refused(words),
        _ => Failure::Later(words),
    }
}

impl Failure {
    /// Silence in the middle of a mail says nothing about the server as a whole.
    fn into_later(self) -> Self {
        match self {
            Self::Trouble(words) => Self::Later(words),
            other => other,
        }
    }
}

async fn within<T>(limit: Duration, step: impl Future<Output = T>) -> Result<T, Failure> {
    let silent = |_| Failure::Trouble(format!("the mail server was silent for {} seconds", limit.as_secs()));
    tokio::time::timeout(limit, step).await.map_err(silent)
}

fn envelope(smtp: &Smtp, mail: &Composed) -> Result<Envelope, Failure> {
    let address = |text: &str| text.parse::<Address>().map_err(|error| Failure::Refused(format!("{text}: {error}")));
    let from = Some(address(smtp.from.as_str())?);
    Envelope::new(from, vec![address(&mail.to)?]).map_err(|error| Failure::Refused(error.to_string()))
}

/// The password in a file, read each time: it can be changed while the server runs.
fn password(file: &Path) -> Result<String, String> {
    let trouble = |error: std::io::Error| format!("{}: {error}", file.display());
    if private::is_loose(&std::fs::metadata(file).map_err(trouble)?, 0o077) {
        return Err(format!("the file {0} can be read by others: run `chmod 600 {0}`", file.display()));
    }
    let text = std::fs::read_to_string(file).map_err(trouble)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// The mail server's words after their code, or what went wrong on the way to it: one short line, fit for a terminal.
fn words(error: &Error) -> String {
    use std::error::Error as _;
    let (mut text, mut source) = match error.status() {
        Some(code) => (code.to_string(), error.source()),
        None => (String::new(), Some(error as &dyn std::error::Error)),
    };
    while let Some(cause) = source {
        let next = cause.to_string();
        if !text.contains(&next) {
            text = if text.is_empty() { next } else { format!("{text} {next}") };
        }
        source = cause.source();
    }
    // Each layer of the mail library says that there was an error; what it was stands behind that.
    let layers = ["Connection error: ", "internal client error: ", "network error: "];
    shortened(&layers.iter().fold(text, |text, said| text.replace(said, "")))
}

/// A mail server's words when it agrees.
fn said(response: &Response) -> String {
    let words: Vec<&str> = response.message().collect();
    shortened(&format!("{} {}", response.code(), words.join(" ")))
}

fn shortened(text: &str) -> String {
    clean_line(text).chars().take(MOST_WORDS).collect()
}
