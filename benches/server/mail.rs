//! Mail: how fast a full queue drains, what the server holds meanwhile, and whether anybody waits for a mail server that
//! says nothing. The mail server is aiosmtpd, a process of its own (`apt-get install python3-aiosmtpd`).

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use guestlist::{
    config::{Limits, MailTls},
    domain::Timestamp,
    server::{
        App, Key, Settings, SystemClock, SystemEntropy,
        mail::{Smtp, Transport, send_due},
        run,
        store::{Database, Error, Options, Store},
    },
};
use lettre::{
    address::Envelope,
    transport::smtp::{client::AsyncSmtpConnection, extension::ClientId},
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    load::{self, Ask, Figures, Until},
    record::megabytes,
    seed,
};

/// Connections to the mail server.
const LINES: usize = 4;
/// Connections that ask the API.
const CALLERS: usize = 16;
/// Requests of each of them.
const EACH: usize = 50;
/// The server's key, so that one process reads what another has sealed.
const KEY: [u8; 32] = [7; 32];

/// A mail server that takes all and keeps nothing.
struct Sink {
    process: Child,
    port: u16,
}

impl Sink {
    fn start() -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let python = ["/usr/bin/python3", "python3"].into_iter().find(|python| {
            let mut there = Command::new(python);
            there.args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        })?;
        let mut command = Command::new(python);
        command.args(["-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", &address]);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while std::net::TcpStream::connect(&address).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self { process, port })
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn way(port: u16) -> Transport {
    let from = "guestlist@invites.example.org".parse().unwrap();
    let host = "127.0.0.1".to_owned();
    Transport::Smtp(Smtp { host, port, tls: MailTls::None, ca_file: None, login: None, from })
}

/// A server in this process.
struct Node {
    app: App,
    address: SocketAddr,
    owner: seed::Person,
    band: String,
    task: tokio::task::JoinHandle<()>,
}

impl Node {
    async fn start(file: &Path, mail: Transport, mail_lanes: usize) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = Options::new(Database::Sqlite(file.to_owned()));
        let store = tokio::task::spawn_blocking(move || Store::open(&options).unwrap()).await.unwrap();
        // What one account and one band may have sent in a day is counted whether other limits are on or not.
        let of_a_day = u32::MAX;
        let limits = Limits {
            enabled: false,
            mails_per_account_per_day: of_a_day,
            mails_per_band_per_day: of_a_day,
            ..Limits::default()
        };
        let settings = Settings { limits, mail, mail_lanes, ..Settings::default() };
        let app = App::new(store, settings, Key::new(&KEY).unwrap(), SystemClock, SystemEntropy::new());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = app.clone();
        let task = tokio::spawn(async move {
            run::serve_on(served, listener, None, std::future::pending()).await;
        });
        let owner = seed::person(app.store(), Timestamp::now(), "ada").await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let made = http.post(format!("http://{address}/api/v1/bands")).bearer_auth(&owner.session);
        let made: Value = made.json(&json!({ "name": "Choir" })).send().await.unwrap().json().await.unwrap();
        let band = made["id"].as_str().unwrap().to_owned();
        Self { app, address, owner, band, task }
    }

    /// Invites so many addresses.
    async fn invite(&self, what: &str, mails: usize) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for first in (0..mails).step_by(1_000) {
            let rows: Vec<Value> = (first..(first + 1_000).min(mails))
                .map(|n| json!({ "email": format!("{what}{n}@example.org"), "name": format!("Guest {n}") }))
                .collect();
            let path = format!("http://{}/api/v1/bands/{}/invites/bulk", self.address, self.band);
            let body = json!({ "rows": rows, "message": "We play on Friday, and would like you to come." });
            let answer = http.post(path).bearer_auth(&self.owner.session).json(&body).send().await.unwrap();
            assert_eq!(answer.status(), 201);
        }
    }
}

/// The mails of a queue of `mails`: their pace against the mail server's own, and what the server holds.
pub async fn drain(folder: &Path, mails: usize) {
    let Some(sink) = Sink::start() else {
        println!("mail               not measured: aiosmtpd is not installed");
        return;
    };
    let file = folder.join("mail.db");
    let from = "guestlist@invites.example.org".parse().unwrap();
    let kept = folder.join("mails");
    let node = Node::start(&file, Transport::File { directory: kept.clone(), from }, 0).await;
    node.invite("one", 1).await;
    assert_eq!(send_due(&node.app).await.unwrap(), 1);
    let one = std::fs::read_dir(&kept).unwrap().next().unwrap().unwrap().path();
    let bytes = std::fs::read(one).unwrap();
    node.invite("p", mails).await;
    node.task.abort();

    let before = plain(sink.port, &bytes, mails).await;
    let began = Instant::now();
    let (mut process, ready) = serve(folder, &file, sink.port);
    let ready = (ready, held(&process, "VmRSS:"));
    loop {
        let waits = "SELECT COUNT(*) AS n FROM mail WHERE settled_at IS NULL";
        if node.app.store().read::<_, Error, _>(move |tx| tx.count(waits, &[])).await.unwrap() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let rate = mails as f64 / began.elapsed().saturating_sub(ready.0).as_secs_f64();
    let (after, most) = (held(&process, "VmRSS:"), held(&process, "VmHWM:"));
    process.kill().unwrap();
    process.wait().unwrap();
    let again = plain(sink.port, &bytes, mails).await;
    let pace = before.midpoint(again);
    println!(
        "mail, {mails} queued   {rate:.0} a second on {LINES} connections, {:.2} of the mail server's own pace ({before:.0} \
         before, {again:.0} after)",
        rate / pace
    );
    println!("memory             {:.1} MB at the start, {after:.1} MB at the end, {most:.1} MB at most", ready.1);
}

/// How many mails a second the mail server takes from plain loops, which do nothing else.
async fn plain(port: u16, bytes: &[u8], mails: usize) -> f64 {
    let began = Instant::now();
    let mut lines = JoinSet::new();
    for line in 0..LINES {
        let bytes = bytes.to_vec();
        lines.spawn(async move {
            let hello = ClientId::default();
            let mut connection =
                AsyncSmtpConnection::connect_tokio1(("127.0.0.1", port), None, &hello, None, None).await.unwrap();
            for n in (line..mails).step_by(LINES) {
                let to = format!("p{n}@example.org").parse().unwrap();
                let from = "guestlist@invites.example.org".parse().unwrap();
                connection.send(&Envelope::new(Some(from), vec![to]).unwrap(), &bytes).await.unwrap();
            }
            let _ = connection.quit().await;
        });
    }
    lines.join_all().await;
    mails as f64 / began.elapsed().as_secs_f64()
}

/// The program on this file, mailing; how long it took to be ready.
fn serve(folder: &Path, file: &Path, port: u16) -> (Child, Duration) {
    let began = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_guestlist"))
        .args(["serve", "--listen", "127.0.0.1:0", "--database"])
        .arg(format!("sqlite:{}", file.display()))
        .env("GUESTLIST_DATA", folder)
        .env("GUESTLIST_KEY", URL_SAFE_NO_PAD.encode(KEY))
        .envs([
            ("GUESTLIST_MAIL_TRANSPORT", "smtp"),
            ("GUESTLIST_MAIL_HOST", "127.0.0.1"),
            ("GUESTLIST_MAIL_TLS", "none"),
        ])
        .envs([("GUESTLIST_MAIL_PORT", port.to_string()), ("GUESTLIST_MAIL_CONNECTIONS", LINES.to_string())])
        .env("GUESTLIST_MAIL_FROM", "guestlist@invites.example.org")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (process, began.elapsed())
}

/// A figure of a process's memory, in MB.
fn held(process: &Child, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|text| text.parse().ok()).map_or(0.0, megabytes)
}

/// The API's answers beside a mail server that takes connections and says nothing, against those of a server without mail
/// and of one whose mail server serves, in turns. Invites to addresses queue mail, the others do not.
pub async fn hang(folder: &Path) {
    let Some(sink) = Sink::start() else { return };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = tokio::spawn(async move {
        let mut lines = Vec::new();
        while let Ok((line, _)) = listener.accept().await {
            lines.push(line);
        }
    });
    let ways = [("off", Transport::Off), ("serves", way(sink.port)), ("hangs", way(port))];
    let mut nodes = Vec::new();
    for (name, mail) in ways {
        let node = Node::start(&folder.join(name).with_extension("db"), mail, LINES).await;
        node.invite("stuck", 200).await;
        nodes.push(node);
    }
    for what in ["page", "link", "address"] {
        let mut best = [[Duration::MAX; 2]; 3];
        for turn in 0..3 {
            for (node, best) in nodes.iter().zip(&mut best) {
                let figures = ask(node, what, turn).await;
                *best = [best[0].min(figures.at(50)), best[1].min(figures.at(99))];
            }
        }
        let [off, serves, hangs] = best;
        let times = |base: [Duration; 2]| {
            let [p50, p99] = [0, 1].map(|n| hangs[n].as_secs_f64() / base[n].as_secs_f64());
            format!("{p50:.2} and {p99:.2}")
        };
        println!(
            "{what:18} p50 {:.2?}, p99 {:.2?} while the mail server hangs: {} of the same while it serves, {} without mail",
            hangs[0],
            hangs[1],
            times(serves),
            times(off)
        );
    }
    silent.abort();
}

async fn ask(node: &Node, what: &str, turn: usize) -> Figures {
    let Node { address, owner, band, .. } = node;
    let path = format!("/api/v1/bands/{band}/invites");
    load::run(*address, CALLERS, Until::Once(Duration::MAX), |caller, n| {
        let body = match what {
            _ if n >= EACH => return None,
            "page" => return Some(Ask::get(&path, Some(&owner.session))),
            "link" => json!({}),
            _ => json!({ "email": format!("p{turn}x{caller}x{n}@example.org") }),
        };
        Some(Ask::json(&path, &owner.session, &body.to_string()))
    })
    .await
}
