//! The client beside terminal programs that people love, as far as they are installed: each in its own list of about as
//! many rows, in the same pseudo-terminal, in turns.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    Owner, World, at_least, floor, pss,
    record::{Figure, Sheet, megabytes, middle},
    resident,
    terminal::Terminal,
    wake_ups,
};

/// Rows of each list.
pub const ROWS: usize = 2_000;
/// Starts of each program.
const STARTS: usize = 15;
/// Cursor moves of each.
const MOVES: usize = 12;
/// Keys at once.
const MANY: usize = 1_000;

/// A program, and how it is brought to a list that a cursor walks through.
struct Peer {
    name: &'static str,
    program: PathBuf,
    arguments: &'static [&'static str],
    folder: PathBuf,
    home: PathBuf,
    variables: Vec<(&'static str, String)>,
    /// Keys that lead to the list.
    to_list: &'static str,
    /// Keys that move the cursor: away from its first row, and back.
    moves: [&'static str; 2],
}

impl Peer {
    fn start(&self) -> Terminal {
        let variables: Vec<(&str, &str)> = self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Terminal::start_with(&self.program, self.arguments, &self.folder, &self.home, &variables)
    }
}

/// Measures what there is.
pub fn measure(home: &Path, world: &World, owner: &Owner, rest: Duration, sheet: &mut Sheet) {
    let peers = peers(home, world, owner);
    let floor = floor();
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); peers.len() + 1];
    for _ in 0..STARTS {
        times[0].push(Terminal::start(&floor, home, &[]).settled());
        for (peer, times) in peers.iter().zip(&mut times[1..]) {
            times.push(peer.start().settled());
        }
    }
    let starts: Vec<f64> = times.into_iter().map(|times| middle(times).as_secs_f64() * 1_000.0).collect();
    let floor = starts[0];
    sheet.add(Figure::new("start to a settled screen", "floor", floor, "ms"));
    for (peer, start) in peers.iter().zip(&starts[1..]) {
        println!("{:10} start to a settled screen {start:>8.2} ms, {:.2} of the floor", peer.name, start / floor);
        let what = "start to a settled screen";
        sheet.add(Figure::new(what, peer.name, *start, "ms").beside("floor", floor));
        walk(peer, rest, sheet);
    }
}

/// Rest, moves and many keys of one program.
fn walk(peer: &Peer, rest: Duration, sheet: &mut Sheet) {
    let mut terminal = peer.start();
    terminal.settled();
    if !peer.to_list.is_empty() {
        terminal.keys(peer.to_list);
        at_least(&mut terminal);
    }
    let (before, began) = (wake_ups(terminal.id()), Instant::now());
    let came = terminal.rest(rest);
    let woken = (wake_ups(terminal.id()) - before) as f64 / began.elapsed().as_secs_f64();
    let mut most = 0;
    let mut changed = false;
    for n in 0..MOVES {
        let screen = terminal.contents();
        terminal.keys(peer.moves[usize::from(n % 4 == 3)]);
        most = most.max(terminal.settle().bytes);
        changed |= screen != terminal.contents();
    }
    terminal.keys(&peer.moves[0].repeat(MANY));
    let many = terminal.settle().bytes;
    let (all, share) = (megabytes(resident(terminal.id())), megabytes(pss(terminal.id())));
    let told = if changed || most > 0 { "" } else { " (the cursor did not move)" };
    println!(
        "{:10} {} bytes and {woken:.2} wake-ups a second at rest, {most} bytes a move{told}, {many} of {MANY} keys, \
         {all:.1} MB, {share:.1} shared fairly",
        peer.name, came.bytes
    );
    for (what, value, unit) in [
        ("at rest", came.bytes as f64, "bytes"),
        ("woken at rest", woken, "a second"),
        ("one cursor move", most as f64, "bytes"),
        ("1,000 keys at once", many as f64, "bytes"),
        ("memory", all, "MB"),
        ("memory, shared fairly", share, "MB"),
    ] {
        sheet.add(Figure::new(what, peer.name, value, unit));
    }
}

fn peers(home: &Path, world: &World, owner: &Owner) -> Vec<Peer> {
    let own = |name: &str, value: &str| match name {
        "server" => ("GUESTLIST_SERVER", value.to_owned()),
        _ => ("GUESTLIST_TOKEN", value.to_owned()),
    };
    let mut peers = vec![Peer {
        name: "guestlist",
        program: env!("CARGO_BIN_EXE_guestlist").into(),
        arguments: &[],
        folder: home.to_owned(),
        home: home.to_owned(),
        variables: vec![own("server", &world.origin), own("token", &owner.session)],
        to_list: "2",
        moves: ["j", "k"],
    }];
    let repository = repository(home);
    let lines = home.join("lines");
    let mut text = String::new();
    for n in 0..ROWS {
        let _ = writeln!(text, "drummer {n:x} of the band, as in any list");
    }
    std::fs::write(&lines, text).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    for (name, to_list, moves) in
        [("gitui", "2", ["\x1b[B", "\x1b[A"]), ("tig", "", ["j", "k"]), ("fzf", "", ["\x1b[A", "\x1b[B"])]
    {
        let Some(program) = found(name) else { continue };
        let folder = match (name, &repository) {
            ("fzf", _) => home.to_owned(),
            (_, Some(repository)) => repository.clone(),
            _ => continue,
        };
        let list = format!("cat {}", lines.display());
        let variables = vec![("PATH", path.clone()), ("FZF_DEFAULT_COMMAND", list)];
        peers.push(Peer { name, program, arguments: &[], folder, home: home.to_owned(), variables, to_list, moves });
    }
    peers
}

/// The program, named in `GUESTLIST_BENCH_NAME` or on the path; told by name where it is missing.
fn found(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(format!("GUESTLIST_BENCH_{}", name.to_uppercase())).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there =
        named.or_else(|| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()));
    if there.is_none() {
        println!("{name:10} skipped: it is not installed");
    }
    there
}

/// A repository with as many commits as the lists have rows.
fn repository(home: &Path) -> Option<PathBuf> {
    let folder = home.join("repository");
    let made = Command::new("git").args(["init", "-q", "-b", "main"]).arg(&folder).env("HOME", home).status().ok()?;
    let mut stream = String::new();
    for n in 1..=ROWS {
        let (text, file) = (format!("Let drummer {n:x} in"), format!("{n}\n"));
        let _ = write!(
            stream,
            "commit refs/heads/main\nmark :{n}\ncommitter Ada <ada@example.org> {} +0000\ndata {}\n{text}\n{}M 100644 inline list\ndata {}\n{file}\n",
            1_700_000_000 + n,
            text.len(),
            if n > 1 { format!("from :{}\n", n - 1) } else { String::new() },
            file.len()
        );
    }
    let mut import = Command::new("git");
    import.args(["fast-import", "--quiet"]).current_dir(&folder).env("HOME", home).stdin(Stdio::piped());
    let mut process = import.spawn().ok()?;
    process.stdin.take()?.write_all(stream.as_bytes()).ok()?;
    let imported = process.wait().ok()?.success();
    let checked_out =
        Command::new("git").args(["reset", "-q", "--hard"]).current_dir(&folder).env("HOME", home).status();
    (made.success() && imported && checked_out.is_ok_and(|status| status.success())).then_some(folder)
}
