//! The real binary: a server as a process, and commands run against it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

#[cfg(unix)]
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use serde_json::Value;

/// The password of everyone here.
pub const PASSWORD: &str = "a fine long pass\n";

/// A running `guestlist serve`.
pub struct Served {
    child: Child,
    data: tempfile::TempDir,
    /// Where it listens.
    pub origin: String,
}

impl Served {
    /// A server on a new SQLite file and a port of its own.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// As [`Served::start`], with more in its environment.
    pub fn start_with(environment: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_guestlist"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .envs(crate::measured::told())
            .env("GUESTLIST_DATA", data.path())
            .env("GUESTLIST_LIMITS", "false")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
        let origin = greeting.trim().strip_prefix("listening on ").expect(&greeting).to_owned();
        Self { child, data, origin }
    }

    /// Asks it to stop; its exit code.
    pub fn stop(mut self) -> Option<i32> {
        signal(&self.child, "TERM");
        self.child.wait().unwrap().code()
    }

    /// Lets it answer nobody for now.
    pub fn pause(&self) {
        signal(&self.child, "STOP");
    }

    /// Lets it answer again.
    pub fn go_on(&self) {
        signal(&self.child, "CONT");
    }

    /// Lets somebody run the site.
    pub fn grant(&self, username: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command.args(["admin", "grant", username]).env_clear().env("GUESTLIST_DATA", self.data.path());
        let ran = Ran::of(&command.stdin(Stdio::null()).output().unwrap());
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    /// Someone with a home of their own and no account yet.
    pub fn stranger(&self) -> Home {
        Home { folder: tempfile::tempdir().unwrap(), origin: self.origin.clone() }
    }

    /// Someone with an account, signed in.
    pub fn person(&self, username: &str) -> Home {
        let home = self.stranger();
        home.json_with(&["register", username, &format!("{username}@example.org")], PASSWORD);
        home
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a process a signal, by its name.
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success(), "{name}");
}

/// A person's home folder, and the server they use.
pub struct Home {
    folder: tempfile::TempDir,
    /// The server that commands ask.
    pub origin: String,
}

impl Home {
    /// Someone whose server is somewhere else.
    pub fn at(origin: impl Into<String>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), origin: origin.into() }
    }

    /// The home folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The command, not yet started: the home, the server, and nothing else of this process' environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command
            .args(args)
            .env_clear()
            .envs(crate::measured::told())
            .env("HOME", self.path())
            .env("GUESTLIST_SERVER", &self.origin);
        command
    }

    /// Runs a command with nothing on its standard input.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    /// Runs a command with this on its standard input.
    pub fn run_with(&self, args: &[&str], input: &str) -> Ran {
        Self::finish(&mut self.command(args), input)
    }

    /// Runs a command that is made already.
    pub fn finish(command: &mut Command, input: &str) -> Ran {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that does not read has closed its end; that is no failure here.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::of(&child.wait_with_output().unwrap())
    }

    /// Runs a command with `--json` and reads what it prints.
    pub fn json(&self, args: &[&str]) -> Value {
        self.json_with(args, "")
    }

    /// As [`Home::json`], with this on its standard input.
    pub fn json_with(&self, args: &[&str], input: &str) -> Value {
        let ran = self.run_with(&[args, &["--json"]].concat(), input);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.err);
        serde_json::from_str(&ran.out).expect(&ran.out)
    }

    /// Runs a command in a terminal of its own, this many columns wide; everything that the terminal got.
    #[cfg(unix)]
    pub fn in_terminal(&self, cols: u16, args: &[&str], environment: &[(&str, &str)]) -> String {
        let size = PtySize { rows: 24, cols, ..PtySize::default() };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_guestlist"));
        command.args(args);
        command.env_clear();
        if let Some((name, path)) = crate::measured::told() {
            command.env(name, path);
        }
        command.env("HOME", self.path());
        command.env("GUESTLIST_SERVER", &self.origin);
        command.env("TERM", "xterm-256color");
        for (name, value) in environment {
            command.env(name, value);
        }
        let mut child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // A terminal whose last user has gone ends with an error on some systems.
            let _ = std::io::Read::read_to_end(&mut output, &mut bytes);
            String::from_utf8(bytes).unwrap()
        });
        child.wait().unwrap();
        reader.join().unwrap()
    }

    /// The session's token, as it is kept.
    pub fn session(&self) -> String {
        let found = walk(self.path()).into_iter().find(|path| path.ends_with("sessions.json")).unwrap();
        let kept: Value = serde_json::from_str(&std::fs::read_to_string(found).unwrap()).unwrap();
        kept["sessions"][&self.origin]["token"].as_str().unwrap().to_owned()
    }

    /// What the API answers to a `GET` of this path with the person's session.
    pub fn api(&self, path: &str) -> Value {
        self.ask("GET", path, None)
    }

    /// What the API answers to a request with the person's session; null where it has nothing to say.
    #[allow(clippy::needless_pass_by_value)] // so that callers write what they send where they send it
    pub fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("{}/api/v1{path}", self.origin);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = http.request(method.parse().unwrap(), url).bearer_auth(self.session());
        if let Some(body) = &body {
            request = request.json(body);
        }
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success(), "{method} {path}: {answer:?}");
            serde_json::from_str(&answer.text().await.unwrap()).unwrap_or(Value::Null)
        })
    }

    /// Makes a band; its id.
    pub fn band(&self, name: &str) -> String {
        self.json(&["bands", "create", name])["id"].as_str().unwrap().to_owned()
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Reads the end of a process.
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self {
            code: output.status.code().expect("ended by itself"),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Holds it to an exit code and to words of its error.
    pub fn refused(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.out, "", "errors are not output");
        for say in says {
            assert!(self.err.contains(say), "{say:?} is missing: {self:?}");
        }
    }
}
