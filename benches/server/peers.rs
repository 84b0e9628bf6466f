//! What else could do the same work, in the same run: a web server that gives a fixed answer, the bare databases, curl.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use guestlist::server::store::Database;

use crate::{
    CALLERS, WHILE,
    load::{self, Ask, Until},
    record::{Figure, Sheet, middle},
    seed::Person,
};

/// Requests by each program for one answer, in turns.
const TURNS: usize = 60;

/// nginx with one answer of the size of ours, asked as ours is; answers a second. `None`, and told, where it is missing.
pub async fn nginx(folder: &Path) -> Option<f64> {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let at = folder.display();
    let body = "x".repeat(400);
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let text = format!(
        "{user} worker_processes auto; daemon off; pid {at}/nginx.pid; error_log {at}/nginx.log;
         events {{ worker_connections 512; }}
         http {{
             access_log off; keepalive_requests 100000000; keepalive_timeout 600;
             client_body_temp_path {at}/1; proxy_temp_path {at}/2; fastcgi_temp_path {at}/3; uwsgi_temp_path {at}/4;
             scgi_temp_path {at}/5;
             server {{ listen {address}; location / {{ default_type application/json; return 200 '{body}'; }} }}
         }}"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, text).unwrap();
    let program = ["/usr/sbin/nginx", "nginx"].into_iter().find(|program| found(program, "-v"))?;
    let quiet = || Command::new(program).arg("-c").arg(&file).arg("-p").arg(folder).stderr(Stdio::null()).spawn();
    let mut process = quiet().ok()?;
    let ready = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        TcpStream::connect(address).is_ok()
    });
    let figures = if ready {
        Some(load::run(address, CALLERS, Until::Over(WHILE), |_, _| Some(Ask::get("/", None))).await.rate())
    } else {
        None
    };
    // SIGTERM lets its workers end, too.
    if let Some(id) = rustix::process::Pid::from_raw(process.id().cast_signed()) {
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
    }
    let _ = process.wait();
    figures
}

/// Whether the program is there; told by name where it is not.
fn found(program: &str, flag: &str) -> bool {
    let there = Command::new(program).arg(flag).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !there {
        println!("skipped: there is no {program}");
    }
    there
}

/// One row after another made durable by SQLite alone, with the settings of ours; rows a second.
pub fn sqlite_rows(folder: &Path) -> f64 {
    let db = rusqlite::Connection::open(folder.join("rows.db")).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE IF NOT EXISTS entry (id INTEGER PRIMARY KEY, a BLOB, b INTEGER) STRICT",
    )
    .unwrap();
    let mut insert = db.prepare("INSERT INTO entry (a, b) VALUES (?1, ?2)").unwrap();
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_secs(2) {
        let _ = insert.execute((vec![7_u8; 16], count)).unwrap();
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

/// What PostgreSQL does of one statement for as many connections, by its own program for that.
#[derive(Debug, Clone, Copy)]
pub enum Statement {
    /// The rows that a preview is made of, read by key.
    Preview {
        /// Rows to choose from.
        rows: usize,
    },
    /// One row made durable.
    Row,
}

/// Transactions a second of `pgbench`; `None`, and told, where it is missing or the database is no PostgreSQL.
pub fn pgbench(database: &Database, folder: &Path, statement: Statement) -> Option<f64> {
    let Database::Postgres(url) = database else { return None };
    let program = binary("pgbench")?;
    let script = match statement {
        Statement::Preview { rows } => format!(
            "\\set n random(1, {rows})
             SELECT i.*, b.name, b.description, b.contact, b.members, c.display_name, t.username, k.max_accepts
             FROM invite i JOIN band b ON b.id = i.band JOIN account c ON c.id = i.created_by
                LEFT JOIN account t ON t.id = i.account LEFT JOIN campaign k ON k.id = i.campaign WHERE i.seq = :n;\n"
        ),
        Statement::Row => "INSERT INTO bench_row (a, b) VALUES ('\\x07070707', 1);\n".to_owned(),
    };
    if matches!(statement, Statement::Row) {
        let create = "CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, a bytea, b bigint)";
        let _ = Command::new(binary("psql")?).args([url, "-qc", create]).status();
    }
    let file = folder.join("pgbench.sql");
    std::fs::write(&file, script).unwrap();
    let callers = CALLERS.to_string();
    let output = Command::new(program)
        .args(["-n", "-M", "prepared", "-c", &callers, "-j", "2", "-T", &WHILE.as_secs().to_string(), "-f"])
        .arg(&file)
        .arg(url)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split_whitespace().next()?.parse().ok());
    if rate.is_none() {
        println!("skipped: pgbench said {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    rate
}

/// A program of PostgreSQL's, on the path or where Debian keeps it.
fn binary(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.extend(versions.map(|version| version.path().join("bin")));
    let file = folders.into_iter().map(|folder| folder.join(name)).find(|file| file.is_file());
    if file.is_none() {
        println!("skipped: there is no {name}");
    }
    file
}

/// `invites list --json` and curl for the same answer, in turns.
pub fn command(address: SocketAddr, person: &Person, band: &str, folder: &Path, sheet: &mut Sheet) {
    if !found("curl", "--version") {
        return;
    }
    let (origin, path) = (format!("http://{address}"), format!("/api/v1/bands/{band}/invites?limit=50"));
    // As a person would keep it from the list of processes.
    let header = folder.join("header");
    let mut file = std::fs::File::create(&header).unwrap();
    writeln!(file, "Authorization: Bearer {}", person.session).unwrap();
    let mut times: [Vec<Duration>; 2] = Default::default();
    let mut answers: [Vec<u8>; 2] = Default::default();
    for _ in 0..TURNS {
        let mut ours = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        ours.args(["invites", "list", "--json", "--limit", "50", band]).env_clear().env("HOME", folder);
        ours.env("GUESTLIST_SERVER", &origin).env("GUESTLIST_TOKEN", &person.session);
        let mut theirs = Command::new("curl");
        theirs.args(["-sf", "-H"]).arg(format!("@{}", header.display())).arg(format!("{origin}{path}"));
        for (turn, command) in [ours, theirs].iter_mut().enumerate() {
            let began = Instant::now();
            let output = command.output().unwrap();
            times[turn].push(began.elapsed());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            answers[turn] = output.stdout;
        }
    }
    let [ours, theirs] = answers.map(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).unwrap());
    assert_eq!(ours["invites"], theirs["invites"], "both show the same");
    let [ours, theirs] = times.map(|times| load::ms(middle(times)));
    println!("invites list       {ours:.2} ms, {:.2} of curl, {theirs:.2} ms (bar 1.50)", ours / theirs);
    sheet.add(
        Figure::new("`invites list --json` of 50", "sqlite", ours, "ms").beside("curl", theirs).bar("ratio <= 1.5"),
    );
}
