//! The real program, serving.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

/// A real server that logs all it can, into `log` in its data folder.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub origin: String,
}

impl Server {
    /// Starts it over a data folder; on a SQLite file in there where no database is named.
    pub fn start(data: &Path, database: Option<&str>) -> Self {
        Self::start_with(data, database, &[])
    }

    /// As [`Server::start`], with more in its environment.
    pub fn start_with(data: &Path, database: Option<&str>, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command.args(Self::words(database));
        Self::launch(command, data, environment)
    }

    /// As [`Server::start_with`], with a limit of the system on it, in the words of `ulimit`: "-n 64".
    pub fn start_limited(data: &Path, limit: &str, environment: &[(&str, &str)]) -> Self {
        let mut command = Command::new("sh");
        // A file that grows beyond its limit is an error to the program that writes it, rather than its end.
        command.args(["-c", &format!("trap '' XFSZ; ulimit {limit} && exec \"$@\""), "sh"]);
        command.arg(env!("CARGO_BIN_EXE_guestlist")).args(Self::words(None));
        Self::launch(command, data, environment)
    }

    fn words(database: Option<&str>) -> impl Iterator<Item = &str> {
        ["serve", "--listen", "127.0.0.1:0"]
            .into_iter()
            .chain(database.map(|url| ["--database", url]).into_iter().flatten())
    }

    fn launch(mut command: Command, data: &Path, environment: &[(&str, &str)]) -> Self {
        let log = std::fs::OpenOptions::new().append(true).create(true).open(data.join("log")).unwrap();
        let mut process = command
            .env_clear()
            .envs(crate::measured::told())
            .envs([("GUESTLIST_LOG", "trace"), ("GUESTLIST_LIMITS", "false")])
            .env("GUESTLIST_DATA", data)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut greeting = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
        let origin = greeting.trim().strip_prefix("listening on ").expect(&greeting).to_owned();
        Self { process, origin }
    }

    /// Its number among the system's processes.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to end, at once; [`Server::wait`] for it afterwards.
    pub fn terminate(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(asked.success());
    }

    /// Bytes of memory that it has now.
    #[cfg(target_os = "linux")]
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// How it ended.
    pub fn wait(mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
