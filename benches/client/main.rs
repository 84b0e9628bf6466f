//! What the terminal client costs: `cargo bench --bench client`.
//!
//! It prints ratios and counts and asserts nothing. The real program runs in a pseudo-terminal against a server in this
//! process. `-- --rows N` sets the size of the large band (100,000 by default), `-- --rest SECONDS` how long the client
//! is watched at rest (20 by default). gitui, tig and fzf are measured beside it where they are installed; `--csv FILE`
//! writes the figures, too.

// A benchmark that cannot go on has nothing to say.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Every room here is private to this binary, `pub` says what another room uses.
#![allow(unreachable_pub)]

mod peers;
#[path = "../report/record.rs"]
#[allow(dead_code)]
mod record;
#[path = "../server/seed.rs"]
#[allow(dead_code)]
mod seed;
mod terminal;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use guestlist::{
    config::Limits,
    domain::{BandId, Timestamp},
    server::{
        App, Key, Settings, SystemClock, SystemEntropy, run,
        store::{Database, Error, Options, Store, Tx},
    },
};
use tokio::runtime::Runtime;

use record::{Figure, Sheet, megabytes, middle};
use terminal::Terminal;

/// Starts that are measured of each program.
const STARTS: usize = 30;
/// Keys that are measured while rows change.
const KEYS: usize = 300;
/// How long each of several programs is watched at rest, at the most.
const PEERS_REST: Duration = Duration::from_secs(15);
/// Rows that change meanwhile.
const CHANGED: i64 = 10_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let value = |flag: &str| args.iter().position(|arg| arg == flag).and_then(|at| args.get(at + 1));
    let number = |flag, otherwise| value(flag).map_or(otherwise, |text: &String| text.parse().expect("a number"));
    let (rows, rest) = (number("--rows", 100_000), Duration::from_secs(number("--rest", 20) as u64));
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();

    let mut sheet = Sheet::default();
    let world = runtime.block_on(World::open(folder.path()));
    let small = runtime.block_on(world.person_with_band(50));
    starts(folder.path(), &world, &small, &mut sheet);
    let memory_of_small = at_rest(folder.path(), &world, &small, rest, &mut sheet);
    println!("making a band of {rows} invites");
    let large = runtime.block_on(world.person_with_band(rows));
    runtime.block_on(seed::analyze(world.app.store()));
    in_a_large_band(folder.path(), &world, &large, (rows, memory_of_small), &mut sheet);
    while_rows_change(&runtime, folder.path(), &world, &large, &mut sheet);
    let alike = runtime.block_on(world.person_with_band(peers::ROWS));
    peers::measure(folder.path(), &world, &alike, rest.min(PEERS_REST), &mut sheet);
    if let Some(file) = value("--csv") {
        sheet.write(Path::new(file));
    }
}

/// A server, and where it listens.
struct World {
    app: App,
    origin: String,
}

/// Someone who owns one band.
struct Owner {
    session: String,
    band: BandId,
}

impl World {
    async fn open(folder: &Path) -> Self {
        let options = Options::new(Database::Sqlite(folder.join("guestlist.db")));
        let store = tokio::task::spawn_blocking(move || Store::open(&options).unwrap()).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let settings = Settings { limits: Limits { enabled: false, ..Limits::default() }, ..Settings::default() };
        let app = App::new(store, settings, Key::new(&[7; 32]).unwrap(), SystemClock, SystemEntropy::new());
        tokio::spawn(run::serve_on(app.clone(), listener, None, std::future::pending()));
        Self { app, origin }
    }

    async fn person_with_band(&self, invites: usize) -> Owner {
        let now = Timestamp::now();
        let name = format!("owner-{invites}");
        let person = seed::person(self.app.store(), now, &name).await;
        let band = seed::band(self.app.store(), now, &person, invites).await;
        Owner { session: person.session, band }
    }

    fn client(&self, home: &Path, owner: &Owner, poll_seconds: &str) -> Terminal {
        let variables = [
            ("GUESTLIST_SERVER", self.origin.as_str()),
            ("GUESTLIST_TOKEN", &owner.session),
            ("GUESTLIST_POLL_SECONDS", poll_seconds),
        ];
        Terminal::start(Path::new(env!("CARGO_BIN_EXE_guestlist")), home, &variables)
    }
}

/// From the start of the process to what can be seen, against the floor.
fn starts(home: &Path, world: &World, owner: &Owner, sheet: &mut Sheet) {
    let program = floor();
    let mut times: [Vec<Duration>; 5] = Default::default();
    for _ in 0..STARTS {
        // One after the other, so that what else the machine does falls on all of them.
        times[0].push(Terminal::start(&program, home, &[]).see("Members"));
        let empty = tempfile::tempdir().unwrap();
        let guestlist = Path::new(env!("CARGO_BIN_EXE_guestlist"));
        times[1].push(Terminal::start(guestlist, empty.path(), &[]).see("Connect to a server"));
        let mut client = world.client(home, owner, "5");
        times[2].push(client.see("guestlist"));
        times[3].push(client.see("drummer"));
        // What it takes to load a program of this size, which does nothing then.
        let mut loaded = Terminal::start_with(guestlist, &["--version"], empty.path(), empty.path(), &[]);
        times[4].push(loaded.see("guestlist"));
    }
    let middles = times.map(middle);
    println!("start: floor             {:>9.2?}", middles[0]);
    for (what, time) in [
        ("version           ", middles[4]),
        ("first question    ", middles[1]),
        ("first frame       ", middles[2]),
        ("rows of the server", middles[3]),
    ] {
        let [took, floor] = [time, middles[0]].map(|time| time.as_secs_f64() * 1_000.0);
        let figure = Figure::new(&format!("start to the {}", what.trim()), "client", took, "ms").beside("floor", floor);
        sheet.add(if what.starts_with("first") { figure.bar("ratio <= 2") } else { figure });
        let ratio = time.as_secs_f64() / middles[0].as_secs_f64();
        println!("start: {what}{time:>9.2?}   {ratio:.2} of the floor (bar 2.00)");
    }
}

/// The example `floor`, built as this benchmark is.
fn floor() -> PathBuf {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--profile", profile, "--example", "floor"]);
    // Cargo tells a benchmark of its package in the environment, which ring's build script asks for: a build inside of it
    // with these variables makes ring anew, and all that needs it, and the next one outside of it does so again.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            build.env_remove(name);
        }
    }
    assert!(build.status().unwrap().success());
    let here = std::env::current_exe().unwrap();
    let folder = here.ancestors().nth(2).unwrap();
    folder.join("examples/floor")
}

/// Nobody touches it: bytes, wake-ups, memory.
fn at_rest(home: &Path, world: &World, owner: &Owner, time: Duration, sheet: &mut Sheet) -> u64 {
    let mut client = world.client(home, owner, "5");
    client.see("drummer");
    client.settle();
    let (before, began) = (wake_ups(client.id()), Instant::now());
    let came = client.rest(time);
    let woken = (wake_ups(client.id()) - before) as f64 / began.elapsed().as_secs_f64();
    let memory = resident(client.id());
    println!(
        "at rest for {time:?}: {} bytes (bar 0), {woken:.2} wake-ups a second (bar 1.00), {:.1} MB (bar 15)",
        came.bytes,
        megabytes(memory)
    );
    sheet.add(Figure::new("bytes at rest", "client", came.bytes as f64, "bytes").bar("value <= 0"));
    sheet.add(Figure::new("wake-ups at rest", "client", woken, "a second").bar("value < 1"));
    sheet.add(Figure::new("memory", "client", megabytes(memory), "MB").bar("value <= 15"));
    memory
}

/// Waits until something has come, and then nothing any more.
fn at_least(client: &mut Terminal) {
    for _ in 0..20 {
        if client.settle().bytes > 0 {
            break;
        }
    }
}

/// How often a thread of the process gave up the processor of itself, which is once for each time it was woken.
fn wake_ups(process: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    tasks.flatten().filter_map(|task| field(&task.path().join("status"), "voluntary_ctxt_switches:")).sum()
}

/// What the process has in memory, in KiB.
fn resident(process: u32) -> u64 {
    field(Path::new(&format!("/proc/{process}/status")), "VmRSS:").unwrap_or_default()
}

/// The same, each page that others have too counted by its share.
fn pss(process: u32) -> u64 {
    field(Path::new(&format!("/proc/{process}/smaps_rollup")), "Pss:").unwrap_or_default()
}

fn field(path: &Path, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Keys in a long list: bytes of a move, draws of many, and what the walk leaves in memory.
fn in_a_large_band(
    home: &Path,
    world: &World,
    owner: &Owner,
    (rows, memory_of_small): (usize, u64),
    sheet: &mut Sheet,
) {
    let mut client = world.client(home, owner, "5");
    client.see("drummer");
    client.keys("2");
    client.settle();
    let mut most = 0;
    for key in ["j", "j", "j", "k", "j", "j", "k", "k"] {
        client.keys(key);
        most = most.max(client.settle().bytes);
    }
    println!("one cursor move: {most} bytes at most (bar 200)");
    client.keys(&"j".repeat(1_000));
    let came = client.settle();
    println!("1,000 keys at once: {} draws, {} bytes", came.frames, came.bytes);
    sheet.add(Figure::new("one cursor move", "client", most as f64, "bytes").bar("value <= 200"));
    sheet.add(Figure::new("1,000 keys at once", "client", came.frames as f64, "draws").bar("value <= 5"));
    for _ in 0..40 {
        client.keys(&"j".repeat(50));
        client.settle();
    }
    client.keys("G");
    client.settle();
    let memory = resident(client.id());
    let [memory, of_small] = [memory, memory_of_small].map(megabytes);
    println!("memory after walking a large band: {memory:.1} MB (bar 15; {of_small:.1} in one of 50)");
    let figure = Figure::new("memory after a walk in a large band", "client", memory, "MB");
    let figure = figure.beside("in a band of 50", of_small).bar("value <= 15");
    sheet.add(Figure { invites: Some(rows as u64), ..figure });
}

/// A key, and the time to its frame, while the server's rows change under it and while they do not.
fn while_rows_change(runtime: &Runtime, home: &Path, world: &World, owner: &Owner, sheet: &mut Sheet) {
    let mut client = world.client(home, owner, "1");
    client.see("drummer");
    client.keys("2");
    client.settle();
    // What the machine's other work does to a key.
    let before = keys(&mut client);
    let (app, band) = (world.app.clone(), owner.band);
    let change = runtime.spawn(async move {
        for batch in 0..100 {
            let label = format!("drummer of {batch}");
            let write = move |tx: &mut Tx<'_>| {
                tx.touch(band);
                let sql = "UPDATE invite SET label = $2 WHERE seq IN
                    (SELECT seq FROM invite WHERE band = $1 ORDER BY seq DESC LIMIT $3)";
                tx.execute(sql, &[&band, &label, &(CHANGED / 100)])
            };
            app.store().write::<_, Error, _>(write).await.unwrap();
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    });
    let meanwhile = keys(&mut client);
    runtime.block_on(change).unwrap();
    let ([p50, p99], [p50_before, p99_before]) = (spread(meanwhile), spread(before));
    println!(
        "key to screen while {CHANGED} rows change: p50 {p50:.2} ms, p99 {p99:.2} ms (bar 5 ms); while nothing does: \
         p50 {p50_before:.2} ms, p99 {p99_before:.2} ms"
    );
    let peer = "while nothing changes";
    sheet.add(Figure::new("key to screen while rows change, p50", "client", p50, "ms").beside(peer, p50_before));
    let last = Figure::new("key to screen while rows change, p99", "client", p99, "ms").beside(peer, p99_before);
    sheet.add(last.bar("value < 5"));
}

/// Keys, one after the other, and the time from each to the frame that follows.
fn keys(client: &mut Terminal) -> Vec<Duration> {
    let mut times = Vec::new();
    for n in 0..KEYS {
        // What polls brought meanwhile is taken first.
        client.rest(Duration::from_millis(20));
        let began = Instant::now();
        client.keys(if n % 10 < 5 { "j" } else { "k" });
        times.extend(client.next().map(|at| at - began));
    }
    times
}

/// The middle and the end of what was measured, in milliseconds.
fn spread(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    [50, 99].map(|share| times.get(times.len() * share / 100).copied().unwrap_or_default().as_secs_f64() * 1_000.0)
}
