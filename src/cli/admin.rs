//! `guestlist admin`: what is done on the server's host, on its database, whether the server runs or not.

mod upkeep;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::Deref,
    time::Duration,
};

use clap::{Args, Subcommand};
use tokio::runtime::Runtime;

use super::{Error, account::new_password, output, serve};
use crate::{
    api::Account,
    config::{Config, Flag, MailTls},
    domain::{AccountId, Address, DisplayName, Timestamp, Username},
    server::{
        Clock as _, Entropy as _, Refused, Settings, SystemClock, SystemEntropy, accounts,
        admin::{make_account, set_site_admin},
        mail::{Checked, Step, check},
        store::{Database, Options, Store},
    },
};

/// On the server's host, with its configuration.
#[derive(Debug, Args)]
pub(super) struct AdminArgs {
    /// The server's database, `sqlite:PATH` or `postgres://…` [env: `GUESTLIST_DATABASE`].
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    #[command(subcommand)]
    command: Admin,
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Let an account run the site: quotas, site codes, suppressions. Inside of bands it has no more rights than before.
    Grant {
        /// The account's user name.
        #[arg(value_name = "NAME", value_parser = Username::parse)]
        name: Username,
    },
    /// Let an account run the site no longer.
    Revoke {
        /// The account's user name.
        #[arg(value_name = "NAME", value_parser = Username::parse)]
        name: Username,
        /// Also the last who runs it.
        #[arg(long)]
        force: bool,
    },
    /// Make an account that runs the site, whoever may register; the server has been started once before. The password
    /// comes by prompt or standard input.
    Account {
        /// The name to sign in with.
        #[arg(value_name = "NAME", value_parser = Username::parse)]
        name: Username,
        /// The address; `--email` says the same.
        #[arg(value_name = "EMAIL", value_parser = Address::parse, required_unless_present = "email", conflicts_with = "email")]
        address: Option<Address>,
        /// The address.
        #[arg(long, value_name = "ADDRESS", value_parser = Address::parse)]
        email: Option<Address>,
        /// The name to be called by; the user name where it is missing.
        #[arg(long, value_name = "NAME", value_parser = DisplayName::parse)]
        display_name: Option<DisplayName>,
    },
    /// Ask the server that runs here by this configuration whether it can serve: 0 if it can, else 1.
    Health,
    #[command(flatten)]
    Upkeep(upkeep::Upkeep),
    /// See whether mail leaves.
    Mail {
        #[command(subcommand)]
        command: MailCommand,
    },
}

#[derive(Debug, Subcommand)]
enum MailCommand {
    /// Send one plain mail by the server's settings, and say how far it came: 0 once it is taken.
    Test {
        /// To whom.
        #[arg(value_name = "ADDRESS", value_parser = Address::parse)]
        address: Address,
    },
}

impl AdminArgs {
    /// The flags that stand for keys of the configuration.
    pub(super) fn flags(&self) -> Option<Flag> {
        Some(Flag { key: "server.database", name: "--database", value: self.database.clone()? })
    }
}

/// Does one thing, and says what.
pub(super) fn run(args: &AdminArgs, config: &Config, json: bool) -> Result<(), Error> {
    let now = SystemClock.now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (account, says) = match &args.command {
        Admin::Grant { name } | Admin::Revoke { name, .. } => {
            let runs = matches!(args.command, Admin::Grant { .. });
            let force = matches!(args.command, Admin::Revoke { force: true, .. });
            let store = open(&there(config)?, &runtime)?;
            let name = name.clone();
            let set = store.write(move |tx| set_site_admin(tx, &name, runs, force, now));
            let (account, changed) = runtime.block_on(set)?;
            let says = match (runs, changed) {
                (true, true) => "runs this site now",
                (true, false) => "runs this site already",
                (false, true) => "runs this site no longer",
                (false, false) => "does not run this site",
            };
            (account, says)
        }
        Admin::Account { name, address, email, display_name } => {
            let email = email.as_ref().or(address.as_ref());
            let email =
                email.ok_or_else(|| Error::Usage("an account has an address: say EMAIL or --email".to_owned()))?;
            let store = open(&there(config)?, &runtime)?;
            let password = new_password()?;
            let new = new_account(name, email, display_name.as_ref(), now);
            let account = runtime.block_on(make(&store, config, new, password, now))?;
            (account, "has an account, and runs this site")
        }
        Admin::Health => return runtime.block_on(health(config.server.listen, json)),
        Admin::Upkeep(upkeep) => return upkeep.run(config, &runtime, json),
        Admin::Mail { command: MailCommand::Test { address } } => {
            return runtime.block_on(test_mail(config, address, now, json));
        }
    };
    if json { output::json(&account) } else { output::line(&format!("{} {says}.", account.username)) }
}

/// Sends a mail past the outbox, and says each step; what stopped it is the error.
async fn test_mail(config: &Config, to: &Address, now: Timestamp, json: bool) -> Result<(), Error> {
    let settings = Settings::new(config, config.server.public_url.as_deref().unwrap_or_default(), None);
    let mail = &config.mail;
    let host = mail.host.as_deref().unwrap_or_default();
    let mut steps = Vec::new();
    let mut told = |step: Step| {
        let says = match step {
            Step::Connect if mail.tls == MailTls::Tls => {
                format!("Connecting to {host}, port {}, encrypted from the first byte.", mail.port)
            }
            Step::Connect => format!("Connecting to {host}, port {}.", mail.port),
            Step::Encrypt => "Encrypting (STARTTLS).".to_owned(),
            Step::SignIn => format!("Signing in as {}.", mail.username.as_deref().unwrap_or_default()),
            Step::Sender => format!("Sending a mail from {}.", mail.from.as_deref().unwrap_or_default()),
            Step::Recipient => format!("It is to {}.", to.as_str()),
            Step::Text => "Handing it over.".to_owned(),
        };
        if !json {
            let _ = output::line(&says);
        }
        steps.push(says);
    };
    let checked = check(&settings, to, now, &mut told).await;
    let (sent, says) = match &checked {
        Ok(Checked::Off) => {
            (false, "mail.transport is off: no mail is sent. Set it to smtp, or to file to look at mails.".into())
        }
        Ok(Checked::Kept(file)) => {
            (true, format!("The mail lies in {}. mail.transport is file: it goes no further.", file.display()))
        }
        Ok(Checked::Taken(words)) => (
            true,
            format!(
                "The server took it: {words}. If it does not arrive, look among spam, and whether mail may come from mail.from."
            ),
        ),
        Err(stopped) => (false, stopped.to_string()),
    };
    if json {
        output::json(&serde_json::json!({ "sent": sent, "steps": steps, "result": says }))?;
    }
    if !sent {
        return Err(Error::Host(says));
    }
    if json { Ok(()) } else { output::line(&says) }
}

/// How long a server may take to say how it is.
const HEALTH_LIMIT: Duration = Duration::from_secs(5);

/// Asks the server at this address, or, where it listens on every one, at loopback.
async fn health(listen: SocketAddr, json: bool) -> Result<(), Error> {
    let host = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let address = SocketAddr::new(host, listen.port());
    let trouble = |what: &str| Error::Host(format!("the server at {address} {what}"));
    let http = reqwest::Client::builder().no_proxy().timeout(HEALTH_LIMIT).build();
    let http = http.map_err(|error| Error::Host(error.to_string()))?;
    match http.get(format!("http://{address}/readyz")).send().await {
        Ok(answer) if answer.status() == reqwest::StatusCode::NO_CONTENT => {}
        Ok(answer) if answer.status() == reqwest::StatusCode::SERVICE_UNAVAILABLE => {
            return Err(trouble("runs, and does not reach its database"));
        }
        Ok(answer) => return Err(trouble(&format!("is none of guestlist's: it answers {}", answer.status()))),
        Err(error) if error.is_timeout() => return Err(trouble("does not answer in time")),
        Err(_) => return Err(trouble("cannot be reached")),
    }
    if json {
        output::json(&serde_json::json!({ "ready": true }))
    } else {
        output::line(&format!("The server at {address} can serve."))
    }
}

fn new_account(
    name: &Username,
    email: &Address,
    display_name: Option<&DisplayName>,
    now: Timestamp,
) -> accounts::NewAccount {
    accounts::NewAccount {
        id: AccountId::new(now.unix_ms(), &random()),
        username: name.clone(),
        display_name: display_name.cloned().unwrap_or_else(|| DisplayName::from_username(name)),
        email: email.clone(),
        password_hash: String::new(),
        founder: false,
    }
}

async fn make(
    store: &Store,
    config: &Config,
    mut new: accounts::NewAccount,
    password: String,
    now: Timestamp,
) -> Result<Account, Error> {
    new.password_hash = accounts::password::hash(password, random()).await?;
    let mail = Settings::new(config, "", None).mail.is_on();
    Ok(store.write(move |tx| make_account(tx, &new, mail, now)).await?)
}

/// The database, which has to be there: one is made by serving alone, so that none is made by a mistyped path.
fn there(config: &Config) -> Result<Database, Error> {
    let database = serve::place(config)?;
    match &database {
        Database::Sqlite(path) => match path.try_exists() {
            Ok(true) => Ok(database),
            Ok(false) => Err(Error::Host(format!(
                "there is no database at {}: start the server once, or name its database with --database",
                path.display()
            ))),
            Err(error) => Err(Error::Host(format!("{}: {error}: run this as who runs the server", path.display()))),
        },
        Database::Postgres(_) => Ok(database),
    }
}

/// A store for one command, closed at its end: the last to close a SQLite file takes away the files beside it.
struct Opened<'a> {
    store: Store,
    runtime: &'a Runtime,
}

impl Deref for Opened<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.runtime.block_on(self.store.close());
    }
}

fn open<'a>(database: &Database, runtime: &'a Runtime) -> Result<Opened<'a>, Error> {
    open_as(Options { migrates: false, ..Options::new(database.clone()) }, runtime)
}

fn open_as(options: Options, runtime: &Runtime) -> Result<Opened<'_>, Error> {
    let options = Options { readers: 1, writers: 1, ..options };
    let failed = |error| Error::Host(format!("the database {} cannot be used: {error}", options.database));
    let store = Store::open(&options).map_err(failed)?;
    Ok(Opened { store, runtime })
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Host(refused.to_string())
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemEntropy::new().fill(&mut bytes);
    bytes
}
