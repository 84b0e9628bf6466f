//! What the server does in a second, and what a large band costs: `cargo bench --bench server`.
//!
//! It prints ratios and asserts nothing: figures depend on the machine, ratios far less. `-- --rows N` sets the size of
//! the large band (100,000 by default; a million takes some minutes to make), `-- --database URL` another database than
//! a new SQLite file: an empty one that may be written to. `-- --mails N` measures mail alone, with a queue of N.
//! `-- --grid` measures cost against size, to a million invites in a band and a hundred thousand bands; with `--quick` to a
//! tenth of that. `--csv FILE` writes the figures, too.

// A benchmark that cannot go on has nothing to say.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Every room here is private to this binary, `pub` says what another room uses.
#![allow(unreachable_pub)]

mod grid;
mod load;
mod mail;
mod peers;
#[path = "../report/record.rs"]
#[allow(dead_code)]
mod record;
mod seed;
mod wire;

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use guestlist::{
    client::{Client, Origin, PlainHttp, Synced},
    config::Limits,
    domain::{BandId, SessionToken, Timestamp, Token},
    server::{
        App, Key, Settings, SystemClock, SystemEntropy, run,
        store::{Database, Options, Store},
    },
};

use tokio::task::JoinHandle;

use load::{Ask, Until};
use record::{Figure, Sheet, megabytes, middle};

/// How many connections ask at once.
const CALLERS: usize = 64;
/// Who owns what is asked for, and as many guests as there are connections.
const PEOPLE: usize = CALLERS + 1;
/// How long each thing is measured.
const WHILE: Duration = Duration::from_secs(5);
/// Bands that everybody comes into when accepts are measured.
const BANDS: usize = 100;
/// Answers of each kind whose middle is told.
const ANSWERS: usize = 200;

/// Syncs of the disk before a server on a new database is ready: its key, the file and its folder, the log, the schema.
const NEW_SYNCS: f64 = 8.0;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let value = |flag: &str| args.iter().position(|arg| arg == flag).and_then(|at| args.get(at + 1)).cloned();
    let rows: usize = value("--rows").map_or(100_000, |rows| rows.parse().expect("--rows is a number"));
    let folder = tempfile::tempdir().unwrap();
    let database = value("--database").map_or_else(
        || Database::Sqlite(folder.path().join("guestlist.db")),
        |url| url.parse().expect("--database is sqlite:PATH or postgres://…"),
    );
    if let Some(mails) = value("--mails") {
        let mails = mails.parse().expect("--mails is a number");
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        return runtime.block_on(async {
            mail::drain(folder.path(), mails).await;
            mail::hang(folder.path()).await;
        });
    }
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let mut sheet = Sheet::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if has("--grid") {
        runtime.block_on(grid::measure(database, grid::Extent::new(has("--quick")), &mut sheet));
    } else {
        println!("{database}, a band of {rows} invites, {CALLERS} connections");
        let is_far = matches!(database, Database::Postgres(_));
        runtime.block_on(measure(database, rows, folder.path(), &mut sheet));
        if !is_far {
            at_rest(folder.path(), &mut sheet);
        }
    }
    if let Some(file) = value("--csv") {
        sheet.write(&PathBuf::from(file));
    }
}

/// A server on this database, and where it listens.
async fn node(database: &Database) -> (App, SocketAddr, JoinHandle<()>) {
    let options = Options { patience: Duration::from_mins(10), ..Options::new(database.clone()) };
    let store = tokio::task::spawn_blocking(move || Store::open(&options).unwrap()).await.unwrap();
    let limits = Limits { enabled: false, ..Limits::default() };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = Settings { limits, ..Settings::default() };
    let app = App::new(store, settings, Key::new(&[7; 32]).unwrap(), SystemClock, SystemEntropy::new());
    let server = tokio::spawn(run::serve_on(app.clone(), listener, None, std::future::pending()));
    (app, address, server)
}

async fn measure(database: Database, rows: usize, folder: &Path, sheet: &mut Sheet) {
    let of = if matches!(database, Database::Postgres(_)) { "postgres" } else { "sqlite" };
    let (app, address, server) = node(&database).await;
    let now = Timestamp::now();
    let people = seed::people(app.store(), now, "person", PEOPLE).await;
    let large = seed::band(app.store(), now, &people[0], rows).await;
    let small = seed::band(app.store(), now, &people[0], 50).await;
    seed::analyze(app.store()).await;

    let fixed = load::run(address, CALLERS, Until::Over(WHILE), |_, _| Some(Ask::get("/api/v1/site", None))).await;
    let previews = load::run(address, CALLERS, Until::Over(WHILE), |caller, n| {
        let token = seed::token(large, (caller * 7_919 + n * 104_729) % rows);
        Some(Ask::get(&format!("/api/v1/invites/{}/info", token.reveal()), None))
    })
    .await;
    println!("static answer      {fixed}");
    let (rate, work) = (previews.rate() / fixed.rate(), previews.work_rate() / fixed.work_rate());
    println!("preview            {previews}   {rate:.2} of static, {work:.2} by processor (bar 0.40)");
    let at = |figure: Figure| Figure { invites: Some(rows as u64), callers: Some(CALLERS as u64), ..figure };
    let mut tell = |figure: Figure| sheet.add(at(figure));
    let second = "a second";
    let mut still = Figure::new("static answer", of, fixed.rate(), second);
    if let Some(rate) = peers::nginx(folder).await {
        println!("                   {:.2} of nginx with one fixed answer, {rate:.0} a second", fixed.rate() / rate);
        still = still.beside("nginx, a fixed answer", rate);
    }
    tell(still);
    let (preview, bar) = (Figure::new("preview", of, previews.rate(), second), "ratio >= 0.4");
    tell(preview.beside("static", fixed.rate()).bar(bar));
    let late = Figure::new("preview, p99", of, load::ms(previews.at(99)), "ms");
    tell(late.beside("static, p99", load::ms(fixed.at(99))).bar("value < 10"));
    let each = |figures: &load::Figures| 1e6 / figures.work_rate();
    let work = Figure::new("preview, of a processor", of, each(&previews), "µs");
    tell(work.beside("static", each(&fixed)));
    if let Some(rate) = peers::pgbench(&database, folder, peers::Statement::Preview { rows }) {
        println!("                   {:.2} of pgbench with the same rows, {rate:.0} a second", previews.rate() / rate);
        tell(Figure::new("preview", of, previews.rate(), second).beside("pgbench, the same rows by key", rate));
    }

    accepts(&app, &database, address, &people, folder, sheet).await;
    poll(address, &people[0], of, sheet).await;
    pages(address, &people[0], [(50, small), (rows, large)], of, sheet).await;
    if of == "sqlite" {
        let person = seed::person(app.store(), now, "scripter").await;
        let band = seed::band(app.store(), now, &person, 50).await.to_string();
        let (folder, mut of_command) = (folder.to_owned(), Sheet::default());
        let work = move || {
            peers::command(address, &person, &band, &folder, &mut of_command);
            of_command
        };
        sheet.0.extend(tokio::task::spawn_blocking(work).await.unwrap().0);
    }
    server.abort();
}

/// Durable accepts, each caller with a session of its own, against what the disk can sync.
async fn accepts(
    app: &App,
    database: &Database,
    address: SocketAddr,
    people: &[seed::Person],
    folder: &Path,
    sheet: &mut Sheet,
) {
    let (owner, guests) = people.split_first().unwrap();
    let (at, to_the_end) = (&[address][..], Until::Once(Duration::MAX));
    let links = seed::links(app.store(), Timestamp::now(), owner, BANDS).await;
    let accepts = come_in(at, guests.len(), guests, (&links, turn), to_the_end).await;
    // All callers come to the same band, and then to the next: whoever has to wait there for the others does.
    let links = seed::links(app.store(), Timestamp::now(), owner, BANDS).await;
    let one = come_in(at, guests.len(), guests, (&links, |_, n| n), to_the_end).await;
    let syncs = syncs(folder);
    println!("accept             {accepts}   {:.2} of {syncs:.0} syncs a second (bar 1.00)", accepts.rate() / syncs);
    let of = if matches!(database, Database::Postgres(_)) { "postgres" } else { "sqlite" };
    let accept = |figure: Figure| Figure { callers: Some(CALLERS as u64), ..figure };
    let rate = || accept(Figure::new("accept", of, accepts.rate(), "a second"));
    sheet.add(rate().beside("syncs of the disk", syncs).bar("ratio >= 1"));
    sheet.add(accept(Figure::new("accept, p99", of, load::ms(accepts.at(99)), "ms")).bar("value <= 25"));
    println!("                   {one}   {:.2} in one band at a time", one.rate() / accepts.rate());
    let in_one = accept(Figure::new("accept, one band at a time", of, one.rate(), "a second"));
    sheet.add(in_one.beside("over a hundred bands", accepts.rate()));
    let bare = match database {
        Database::Sqlite(_) => Some(("SQLite alone, a row a commit", peers::sqlite_rows(folder))),
        Database::Postgres(_) => {
            let rate = peers::pgbench(database, folder, peers::Statement::Row);
            rate.map(|rate| ("pgbench, a row a commit", rate))
        }
    };
    if let Some((peer, bare)) = bare {
        println!("                   {:.2} of {peer}, {bare:.0} a second", accepts.rate() / bare);
        sheet.add(rate().beside(peer, bare));
    }
}

/// Every guest comes in by each of the links, in the order that `place` gives for a caller. A caller has its share of the
/// guests, and goes on to the next when one has been everywhere.
async fn come_in(
    addresses: &[SocketAddr],
    callers: usize,
    guests: &[seed::Person],
    (links, place): (&[Token], impl Fn(usize, usize) -> usize),
    until: Until,
) -> load::Figures {
    load::run_on(addresses, callers, until, |caller, n| {
        let guest = guests.get(caller + n / links.len() * callers)?;
        let link = &links[place(caller, n % links.len())];
        Some(Ask::post(&format!("/api/v1/invites/{}/accept", link.reveal()), &guest.session))
    })
    .await
}

/// Which of the [`BANDS`] a caller comes to as its `n`th: to each once, in an order of its own. In one order for all, who
/// waits for another at one place would be behind it at every further one.
fn turn(caller: usize, n: usize) -> usize {
    const STRIDES: [usize; 8] = [1, 7, 11, 13, 17, 19, 23, 29];
    (caller * 37 + n * STRIDES[caller % STRIDES.len()]) % BANDS
}

/// How often a second the disk makes a small write durable.
fn syncs(folder: &Path) -> f64 {
    let mut file = std::fs::File::create(folder.join("syncs")).unwrap();
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(2) {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}

/// One poll of the real client when nothing has changed.
async fn poll(address: SocketAddr, person: &seed::Person, of: &str, sheet: &mut Sheet) {
    let wire = wire::Wire::before(address).await;
    let origin = Origin::parse(&wire.origin, PlainHttp::LoopbackOnly).unwrap();
    let client = Client::new(origin, SessionToken::parse(&person.session)).unwrap();
    let Synced::Changed { etag, .. } = client.sync(None).await.unwrap() else { panic!("it knew nothing before") };
    let (asked, answered) = wire.bytes();
    assert_eq!(client.sync(etag.as_deref()).await.unwrap(), Synced::Unchanged);
    let (asked, answered) = (wire.bytes().0 - asked, wire.bytes().1 - answered);
    let bytes = asked + answered;
    println!("poll, no change    {bytes} bytes: {asked} asked, {answered} answered (bar 400)");
    sheet.add(Figure::new("poll, nothing changed", of, bytes as f64, "bytes").bar("value < 400"));
}

/// Pages of the large band against those of one of 50.
async fn pages(address: SocketAddr, person: &seed::Person, bands: [(usize, BandId); 2], of: &str, sheet: &mut Sheet) {
    let [(_, small), (rows, large)] = bands;
    for (what, query) in [
        ("first page", ""),
        ("last page", "cursor=last"),
        ("search, common", "q=drum"),
        ("search, rare", "q=soprano"),
        ("search, nothing", "q=nobody"),
        ("by end", "sort=expires"),
        ("pending", "status=pending"),
        ("accepted", "status=accepted&sort=expires"),
    ] {
        let ask = |band| Ask::get(&format!("/api/v1/bands/{band}/invites?{query}"), Some(&person.session));
        let [of_small, of_large] = load::middles(address, [small, large].map(ask), ANSWERS).await;
        let ratio = of_large.as_secs_f64() / of_small.as_secs_f64();
        println!("{what:18} {of_small:>9.2?} of 50, {of_large:>9.2?} of all   {ratio:.2} (bar 1.50)");
        let figure = Figure::new(what, of, load::ms(of_large), "ms").beside("a band of 50", load::ms(of_small));
        sheet.add(Figure { invites: Some(rows as u64), ..figure.bar("ratio <= 1.5") });
    }
}

/// The program by itself: how soon it is ready, on a new database and on one that is there, and what it holds when
/// nobody has asked for anything for a while.
fn at_rest(folder: &Path, sheet: &mut Sheet) {
    let mut times = Vec::new();
    for _ in 0..8 {
        let (mut process, took) = begin(folder);
        times.push(took);
        process.kill().unwrap();
        process.wait().unwrap();
    }
    let first = times.remove(0);
    let usual = middle(times);
    println!("ready              after {usual:.1?}, the first time after {first:.1?} (bar 50 ms)");
    sheet.add(Figure::new("server ready", "sqlite", load::ms(usual), "ms").bar("value <= 50"));
    // No bar: it is durable before it is used, and what that takes is the disk's.
    let eight = NEW_SYNCS * 1e3 / syncs(folder);
    let new = Figure::new("server ready, on a new database", "sqlite", load::ms(first), "ms");
    sheet.add(new.beside("as many syncs of the disk", eight));

    let (mut process, _) = begin(folder);
    std::thread::sleep(Duration::from_secs(3));
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let held = |name: &str| {
        let kib =
            status.lines().find_map(|line| line.strip_prefix(name)).and_then(|line| line.split_whitespace().next());
        kib.and_then(|text| text.parse().ok()).map_or(0.0, megabytes)
    };
    let (all, own) = (held("VmRSS:"), held("RssAnon:"));
    println!("memory at rest     {all:.1} MB, {own:.1} of them its own (bar 15)");
    sheet.add(Figure::new("server's memory at rest", "sqlite", all, "MB").bar("value <= 15"));
    sheet.add(Figure::new("server's memory at rest, its own", "sqlite", own, "MB"));
    process.kill().unwrap();
    process.wait().unwrap();
}

/// Starts the program; how long it took until it said that it is ready.
fn begin(folder: &Path) -> (Child, Duration) {
    let began = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_guestlist"))
        .args(["serve", "--listen", "127.0.0.1:0", "--database"])
        .arg(format!("sqlite:{}", folder.join("rest.db").display()))
        .env("GUESTLIST_DATA", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit('/').next().unwrap().to_owned();
    let mut answer = [0; 12];
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 204");
    (process, began.elapsed())
}
