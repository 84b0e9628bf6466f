//! A throw-away PostgreSQL, made of the programs installed on this machine.
//!
//! One cluster serves the whole test process and ends with it, however it ends: a shell owns the cluster and removes
//! it as soon as its standard input, a pipe from this process, is closed. `GUESTLIST_TEST_POSTGRES` names a server to
//! use instead. Where there is none, tests say that they skip; with `postgres` or `all` in `GUESTLIST_TEST_REQUIRE`
//! they fail.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Runs as the cluster's user. A line on standard input is a command, its end is the end.
const KEEPER: &str = r#"
PATH="$1:$PATH" port="$2"
dir=$(mktemp -d /tmp/guestlist-postgres.XXXXXX) || exit 1
all() { pid=$(head -n 1 "$dir/data/postmaster.pid") && echo "$pid" $(pgrep -P "$pid"); }
start() {
    pg_ctl -D "$dir/data" -l "$dir/log" -w start >/dev/null 2>&1 </dev/null
}
end() {
    kill -CONT $(all) 2>/dev/null
    pg_ctl -D "$dir/data" -m immediate stop >/dev/null 2>&1
    rm -rf "$dir"
}
trap end EXIT
initdb -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
if [ -n "$3" ]; then # a certificate authority nobody trusts, and the server's certificate by it
    cd "$dir/data" && chmod 755 "$dir" && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out "$dir/ca.pem" &&
    openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout server.key -out server.csr &&
    echo subjectAltName=DNS:localhost,IP:127.0.0.1 >san &&
    openssl x509 -req -in server.csr -CA "$dir/ca.pem" -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.crt &&
    echo "ssl = on" >>postgresql.conf || exit 1
fi 2>>"$dir/log"
cat >>"$dir/data/postgresql.conf" <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
# Plans are looked at over a few rows: what those few are counted to must not come in between.
autovacuum = off
max_connections = 400
shared_buffers = 32MB
CONF
start || { cat "$dir/log" >&2; exit 1; }
echo "ready $dir"
while read -r command; do
    case $command in
        stop) pg_ctl -D "$dir/data" -m fast -w stop >/dev/null 2>&1 ;;
        kill) pg_ctl -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 ;;
        start) start ;;
        pause) kill -STOP $(all) ;;
        resume) kill -CONT $(all) ;;
        standby) # nobody is there to follow: it only reads what it has
            pg_ctl -D "$dir/data" -m fast -w stop >/dev/null 2>&1
            : >"$dir/data/standby.signal"
            start ;;
        promote) pg_ctl -D "$dir/data" -w promote >/dev/null 2>&1 </dev/null ;;
    esac
    echo done
done
"#;

/// A running server of its own. It stops and leaves nothing behind when this is dropped or the process ends.
pub struct Cluster {
    port: u16,
    folder: PathBuf,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Cluster {
    /// Starts one; `None` where PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// Starts one that speaks TLS, with a certificate of an authority of its own.
    pub fn start_with_tls() -> Option<Self> {
        Self::with(&["tls"])
    }

    /// Where all its files are, and its log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The certificate of the authority.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    fn with(extra: &[&str]) -> Option<Self> {
        let bin = binaries()?;
        // A free port may be taken by someone else before the server gets there.
        let cluster = (0..3).find_map(|_| Self::attempt(&bin, extra));
        Some(cluster.expect("PostgreSQL starts; what it said is above"))
    }

    fn attempt(bin: &Path, extra: &[&str]) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = as_plain_user();
        let mut keeper = command
            .args(["sh", "-c", KEEPER, "guestlist-postgres"])
            .arg(bin)
            .arg(port.to_string())
            .args(extra)
            .current_dir("/")
            .process_group(0) // a Ctrl-C in the terminal is for the tests; the keeper ends after them
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let (commands, answers) = (keeper.stdin.take()?, keeper.stdout.take()?);
        let mut cluster = Self { port, folder: PathBuf::new(), commands, answers: BufReader::new(answers) };
        cluster.folder = cluster.answer().strip_prefix("ready ")?.into();
        Some(cluster)
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn command(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
        assert_eq!(self.answer(), "done");
    }

    /// Ends the server in good order; its connections are closed.
    pub fn stop(&mut self) {
        self.command("stop");
    }

    /// Ends the server as a crash does.
    pub fn kill(&mut self) {
        self.command("kill");
    }

    /// Starts the server again, on the same port.
    pub fn restart(&mut self) {
        self.command("start");
    }

    /// Stops every process of the server from running: connections stay open and nothing answers.
    pub fn pause(&mut self) {
        self.command("pause");
    }

    /// Lets a paused server go on.
    pub fn resume(&mut self) {
        self.command("resume");
    }

    /// Starts the server again as a standby, which takes no writes.
    pub fn stand_by(&mut self) {
        self.command("standby");
    }

    /// Lets a standby take writes, as after a failover.
    pub fn promote(&mut self) {
        self.command("promote");
    }

    /// The address of a new, empty database on this server.
    pub fn fresh_database(&self) -> String {
        fresh_on(&self.url())
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

/// The address of a new, empty database, for one test alone; `None` where there is no PostgreSQL.
pub fn fresh_database() -> Option<String> {
    static SHARED: OnceLock<Option<String>> = OnceLock::new();
    if let Ok(url) = std::env::var("GUESTLIST_TEST_POSTGRES") {
        return Some(fresh_on(&url));
    }
    let url = SHARED.get_or_init(|| {
        let cluster = Cluster::start()?;
        let url = cluster.url();
        std::mem::forget(cluster); // the end of the process closes its pipe
        Some(url)
    });
    if url.is_none() {
        skip("PostgreSQL is not installed");
    }
    url.as_deref().map(fresh_on)
}

fn fresh_on(url: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = format!("guestlist_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let (server, options) = url.split_once('?').map_or((url, String::new()), |(url, rest)| (url, format!("?{rest}")));
    let (server, _) = server.rsplit_once('/').expect("postgres://USER@HOST/NAME");
    run(url, &format!("CREATE DATABASE {name}"));
    format!("{server}/{name}{options}")
}

/// Runs a statement beside the store; can be called from within a runtime.
pub fn run(url: &str, sql: &str) {
    let sql = sql.to_owned();
    beside(url, async move |client| client.batch_execute(&sql).await.unwrap());
}

/// What a statement counts, asked beside the store; can be called from within a runtime.
pub fn count(url: &str, sql: &str) -> i64 {
    let sql = sql.to_owned();
    beside(url, async move |client| client.query_one(&sql, &[]).await.unwrap().get(0))
}

/// Does something by a connection of its own, in a thread of its own.
fn beside<T: Send + 'static>(url: &str, work: impl AsyncFnOnce(tokio_postgres::Client) -> T + Send + 'static) -> T {
    let url = url.to_owned();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            work(client).await
        })
    });
    thread.join().expect("the statement runs")
}

/// One of PostgreSQL's own programs, of the server's version; `None` where it is not installed.
pub fn tool(name: &str) -> Option<Command> {
    // Where those that start a server are, if need be behind links of theirs.
    let own = std::fs::canonicalize(binaries()?.join("initdb")).ok()?.with_file_name(name);
    own.is_file().then(|| Command::new(own))
}

/// Where `initdb` and `pg_ctl` are: on the path, or where Debian keeps them; the newest of several.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|e| e.path().join("bin"))
        .collect();
    versions.sort();
    std::env::split_paths(&path)
        .chain(versions.into_iter().rev())
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file())
}

/// PostgreSQL refuses to run as root, so there it gets another user.
fn as_plain_user() -> Command {
    if !rustix::process::geteuid().is_root() {
        return Command::new("env");
    }
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = if passwd.lines().any(|line| line.starts_with("postgres:")) { "postgres" } else { "nobody" };
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]);
    command
}

/// Says by name that a test is skipped, or fails it where the part is required.
pub fn skip(what: &str) {
    skip_but_for(&["postgres", "all"], what);
}

/// The same for what this user or this machine is not allowed, which nothing that could be installed changes: it is required
/// by its own name alone, `privileges`.
pub fn skip_unprivileged(what: &str) {
    skip_but_for(&["privileges"], what);
}

fn skip_but_for(parts: &[&str], what: &str) {
    let required = std::env::var("GUESTLIST_TEST_REQUIRE").unwrap_or_default();
    let required = required.split([',', ' ']).any(|part| parts.contains(&part));
    assert!(!required, "{what}, and GUESTLIST_TEST_REQUIRE asks for it");
    println!("{}: skipped: {what}", std::thread::current().name().unwrap_or("a test"));
}
