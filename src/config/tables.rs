//! The tables of the configuration and their keys, each declared once.

use std::{net::SocketAddr, path::PathBuf};

use ipnet::IpNet;

use super::{
    key::Written::{Default as By, Example},
    value::Found,
};
use crate::{
    client::{Origin, PlainHttp},
    clipboard::Mode,
};

words! {
    /// Colours for a dark or a light background, or none.
    pub enum Theme {
        /// As the terminal says; none with `NO_COLOR`.
        Auto = "auto",
        /// For a dark background.
        Dark = "dark",
        /// For a light background.
        Light = "light",
        /// No colours.
        None = "none",
    }
}

words! {
    /// How mail leaves.
    pub enum Transport {
        /// Not at all.
        Off = "off",
        /// As `.eml` files in a folder.
        File = "file",
        /// To a mail server.
        Smtp = "smtp",
    }
}

words! {
    /// How the way to the mail server is encrypted.
    pub enum MailTls {
        /// Turned on after the greeting; without it nothing is sent.
        Starttls = "starttls",
        /// From the first byte.
        Tls = "tls",
        /// Not at all; to this machine only.
        None = "none",
    }
}

words! {
    /// How much is written down.
    pub enum LogLevel {
        /// Nothing.
        Off = "off",
        /// What failed.
        Error = "error",
        /// What may need a look.
        Warn = "warn",
        /// What happens.
        Info = "info",
        /// And why.
        Debug = "debug",
        /// All of it.
        Trace = "trace",
    }
}

words! {
    /// What a line of the log is.
    pub enum LogFormat {
        /// For people.
        Text = "text",
        /// A JSON object.
        Json = "json",
    }
}

/// A server's address. Whether plain http may go there is asked where it is used, since a flag can allow it.
pub(super) fn origin(found: &Found) -> Option<String> {
    Origin::parse(found.text()?, PlainHttp::Anywhere).ok().map(|origin| origin.to_string())
}

/// An address on the web.
fn web_address(text: &str) -> Option<String> {
    let url = reqwest::Url::parse(text).ok()?;
    (matches!(url.scheme(), "https" | "http") && url.has_host()).then(|| url.to_string())
}

/// The name of a profile: it becomes a part of a file's name.
pub(super) fn profile_name(name: &str) -> bool {
    (1..=32).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

table! {
    /// `[client]`: which server, and how often it is asked.
    pub struct Client in "client" {
        /// The server to talk to. Without it: the one signed in to last.
        server: Option<String> = None, Example(r#""https://invites.example.org""#),
            "the address of a server, \"https://host[:port]\"", "GUESTLIST_SERVER", |found| origin(found).map(Some);
        /// The profile, a table [profiles.NAME], that holds where none is named.
        profile: Option<String> = None, Example(r#""work""#),
            "a name of 1 to 32 letters, digits, - and _", "GUESTLIST_PROFILE",
            |found| found.text().filter(|name| profile_name(name)).map(|name| Some(name.to_owned()));
        /// Seconds between two questions whether something has changed.
        poll_seconds: u32 = 5, By("5"),
            "a whole number from 1 to 3600", "GUESTLIST_POLL_SECONDS", |found| found.whole(1, 3_600);
        /// Whether plain http may go to other machines, where anyone on the way can read it.
        insecure_http: bool = false, By("false"),
            "true or false", "GUESTLIST_INSECURE_HTTP", Found::flag;
    }
}

table! {
    /// `[ui]`: the terminal client's looks and manners.
    pub struct Ui in "ui" {
        /// Colours for a dark or a light background, or none.
        theme: Theme = Theme::Auto, By(r#""auto""#),
            "auto, dark, light or none", "GUESTLIST_THEME", Found::word;
        /// Whether the mouse scrolls and chooses; the terminal's own marking then needs Shift.
        mouse: bool = false, By("false"), "true or false", "GUESTLIST_MOUSE", Found::flag;
        /// The way to the clipboard. auto: OSC 52 over SSH, else the native one.
        clipboard: Mode = Mode::Auto, By(r#""auto""#),
            "auto, native, osc52 or off", "GUESTLIST_CLIPBOARD", Found::word;
    }
}

table! {
    /// `[local]`: the server inside of the client, for bands kept on this machine.
    pub struct Local in "local" {
        /// Its port on loopback. Where it is taken, a free one is.
        port: u16 = 7_878, By("7878"),
            "a port, from 1 to 65535", "GUESTLIST_LOCAL_PORT", |found| found.whole(1, 65_535);
        /// The folder for data, key and sessions. Without it: the system's place for data.
        data: Option<PathBuf> = None, Example(r#""~/guestlist""#),
            "the path of a folder", "GUESTLIST_DATA", |found| found.path().map(Some);
    }
}

table! {
    /// `[server]`: what `guestlist serve` does.
    pub struct Server in "server" {
        /// The name that people see.
        name: String = "guestlist".to_owned(), By(r#""guestlist""#),
            "a text of 1 to 64 characters", "GUESTLIST_NAME",
            |found| crate::domain::BandName::parse(found.text()?).ok().map(|name| name.as_str().to_owned());
        /// The address to listen on.
        listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 7_878)), By(r#""127.0.0.1:7878""#),
            "an address and a port, such as \"127.0.0.1:7878\" or \"[::]:80\"", "GUESTLIST_LISTEN", Found::word;
        /// Where the data is. Without it: a SQLite file in the folder `local.data`. `sslmode=require` speaks to a
        /// PostgreSQL by TLS alone, with a certificate that this machine trusts.
        database: Option<DatabaseUrl> = None,
            Example(r#""postgres://guestlist@db.example.org/guestlist?sslmode=require""#),
            "\"sqlite:PATH\" or \"postgres://USER@HOST/NAME\"", "GUESTLIST_DATABASE",
            |found| DatabaseUrl::read(found).map(Some);
        /// Seconds that a start waits for a PostgreSQL that cannot be reached yet, before it gives up.
        database_wait_seconds: u32 = 30, By("30"),
            "a whole number from 0 to 3600", "GUESTLIST_DATABASE_WAIT", |found| found.whole(0, 3_600);
        /// What links begin with. Without it: the address that is listened on.
        public_url: Option<String> = None, Example(r#""https://invites.example.org""#),
            "an address without a path, \"https://host[:port]\"", "GUESTLIST_PUBLIC_URL", |found| origin(found).map(Some);
        /// Where people find the program, as pages say beside a command to copy; without it they do not say where.
        program_url: Option<String> = None, Example(r#""https://example.org/guestlist""#),
            "an address, \"https://host/path\"", "GUESTLIST_PROGRAM_URL", |found| web_address(found.text()?).map(Some);
        /// Where the figures of `/metrics` are served; without it nowhere.
        metrics_listen: Option<SocketAddr> = None, Example(r#""127.0.0.1:9878""#),
            "an address and a port, such as \"127.0.0.1:9878\"", "GUESTLIST_METRICS_LISTEN",
            |found| found.word().map(Some);
        /// The proxies that are believed when they say for whom they ask (`X-Forwarded-For`).
        trusted_proxies: Vec<IpNet> = Vec::new(), By("[]"),
            "a list of addresses or networks, such as [\"10.0.0.0/8\", \"::1\"]", "GUESTLIST_TRUSTED_PROXIES",
            |found| found.list(|entry| {
                let text = entry.text()?;
                text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<std::net::IpAddr>().ok()?)))
            });
        /// The file with the key that seals tokens; made, and private, where it is missing. Without it: `key` in the
        /// folder `local.data`. The variable `GUESTLIST_KEY` can hold the key itself.
        key_file: Option<PathBuf> = None, Example(r#""/etc/guestlist/key""#),
            "the path of a file", "GUESTLIST_KEY_FILE", |found| found.path().map(Some);
    }
}

table! {
    /// `[mail]`: how mail leaves.
    pub struct Mail in "mail" {
        /// Off, to files in a folder, or to a mail server.
        transport: Transport = Transport::Off, By(r#""off""#),
            "off, file or smtp", "GUESTLIST_MAIL_TRANSPORT", Found::word;
        /// The mail server.
        host: Option<String> = None, Example(r#""mail.example.org""#),
            "the name or the address of a host", "GUESTLIST_MAIL_HOST", |found| found.text().and_then(host).map(Some);
        /// Its port: 587 is usual for starttls, 465 for tls.
        port: u16 = 587, By("587"),
            "a port, from 1 to 65535", "GUESTLIST_MAIL_PORT", |found| found.whole(1, 65_535);
        /// How the way there is encrypted; none is for a server on this machine only.
        tls: MailTls = MailTls::Starttls, By(r#""starttls""#),
            "starttls, tls or none", "GUESTLIST_MAIL_TLS", Found::word;
        /// A file of certificates (PEM) that are trusted beside those that the system trusts: for a mail server with a CA
        /// of its own.
        ca_file: Option<PathBuf> = None, Example(r#""/etc/guestlist/mail-ca.pem""#),
            "the path of a file", "GUESTLIST_MAIL_CA_FILE", |found| found.path().map(Some);
        /// The name to sign in with there, if one has to.
        username: Option<String> = None, Example(r#""guestlist""#),
            "a text", "GUESTLIST_MAIL_USERNAME", |found| found.text().map(|text| Some(text.to_owned()));
        /// The file with the password for it.
        password_file: Option<PathBuf> = None, Example(r#""/etc/guestlist/mail-password""#),
            "the path of a file", "GUESTLIST_MAIL_PASSWORD_FILE", |found| found.path().map(Some);
        /// Whom mail is from.
        from: Option<String> = None, Example(r#""invites@example.org""#),
            "an e-mail address", "GUESTLIST_MAIL_FROM",
            |found| crate::domain::Address::parse(found.text()?).ok().map(|address| Some(address.as_str().to_owned()));
        /// Connections to the mail server at once.
        connections: usize = 4, By("4"),
            "a whole number from 1 to 32", "GUESTLIST_MAIL_CONNECTIONS", |found| found.whole(1, 32);
        /// The folder for the transport file.
        directory: Option<PathBuf> = None, Example(r#""/var/lib/guestlist/mail""#),
            "the path of a folder", "GUESTLIST_MAIL_DIRECTORY", |found| found.path().map(Some);
    }
}

table! {
    /// `[retention]`: how long addresses are kept.
    pub struct Retention in "retention" {
        /// Days after an invite's end at which its address is erased.
        days: Option<u32> = None, By(r#""never""#),
            "a number of days from 1 to 36500, or \"never\"", "GUESTLIST_RETENTION_DAYS",
            |found| found.or_word("never", |found| found.whole(1, 36_500));
    }
}

table! {
    /// `[limits]`: how often one network may try something, for each node, and how much mail may leave.
    pub struct Limits in "limits" {
        /// Whether sign-ins, looks and codes are limited; off is for tests and closed networks. Mail and connections
        /// are limited always.
        enabled: bool = true, By("true"), "true or false", "GUESTLIST_LIMITS", Found::flag;
        /// Log-ins and registrations a minute from one network, and log-ins a minute to one account from anywhere.
        sign_ins_per_minute: u32 = 10, By("10"),
            "a whole number from 1 to 100000", "GUESTLIST_LIMITS_SIGN_INS", |found| found.whole(1, 100_000);
        /// Looks at invites by their tokens a minute from one network, and as many searches for people.
        look_ups_per_minute: u32 = 60, By("60"),
            "a whole number from 1 to 100000", "GUESTLIST_LIMITS_LOOK_UPS", |found| found.whole(1, 100_000);
        /// Codes that nobody has, tried a minute from one network, and as many by one account.
        codes_per_minute: u32 = 5, By("5"),
            "a whole number from 1 to 100000", "GUESTLIST_LIMITS_CODES", |found| found.whole(1, 100_000);
        /// Invites that one account has mailed in a day.
        mails_per_account_per_day: u32 = 500, By("500"),
            "a whole number from 1 to 100000", "GUESTLIST_LIMITS_ACCOUNT_MAILS", |found| found.whole(1, 100_000);
        /// Invites of one band that are mailed in a day.
        mails_per_band_per_day: u32 = 2_000, By("2000"),
            "a whole number from 1 to 100000", "GUESTLIST_LIMITS_BAND_MAILS", |found| found.whole(1, 100_000);
        /// Connections that are open at once, in force always; the next ones wait.
        connections: usize = 1_024, By("1024"),
            "a whole number from 1 to 100000", "GUESTLIST_LIMITS_CONNECTIONS", |found| found.whole(1, 100_000);
        /// Connections that one network has open at once; the next ones are closed. Trusted proxies are not counted.
        connections_per_network: usize = 128, By("128"),
            "a whole number from 1 to 100000", "GUESTLIST_LIMITS_NETWORK_CONNECTIONS", |found| found.whole(1, 100_000);
    }
}

table! {
    /// `[log]`: what is written down. The server writes to standard error, the client only to a file.
    pub struct Log in "log" {
        /// How much.
        level: LogLevel = LogLevel::Info, By(r#""info""#),
            "off, error, warn, info, debug or trace", "GUESTLIST_LOG", Found::word;
        /// Lines for people, or JSON.
        format: LogFormat = LogFormat::Text, By(r#""text""#),
            "text or json", "GUESTLIST_LOG_FORMAT", Found::word;
        /// A file to write to.
        file: Option<PathBuf> = None, Example(r#""/tmp/guestlist.log""#),
            "the path of a file", "GUESTLIST_LOG_FILE", |found| found.path().map(Some);
    }
}

/// Where the data is: `sqlite:PATH` or `postgres://…`. `Debug` and `Display` tell the kind, never a password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    fn read(found: &Found) -> Option<Self> {
        let text = found.text()?;
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Some(Self(format!("sqlite:{}", found.settle(path).display())));
        }
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
        if rest.is_empty() { None } else { Some(Self(text.to_owned())) }
    }

    /// Whether there is a password in it.
    pub(super) fn has_password(&self) -> bool {
        let Some((_, rest)) = self.0.split_once("://") else { return false };
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let before_host = address.rsplit_once('@').map_or("", |(user, _)| user);
        before_host.split_once(':').is_some_and(|(_, password)| !password.is_empty())
            || query.split('&').any(|pair| pair.strip_prefix("password=").is_some_and(|password| !password.is_empty()))
    }

    /// All of it, a password included.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.starts_with("sqlite:") { &self.0 } else { "postgres://…" })
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// A host's name in its ASCII form, or an address.
fn host(text: &str) -> Option<String> {
    if text.parse::<std::net::IpAddr>().is_ok() {
        return Some(text.to_owned());
    }
    idna::domain_to_ascii_strict(text).ok().filter(|host| !host.is_empty())
}
