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
        let log = std::fs::OpenOptions::new().append(true).create(true).open(data.join("log")).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_guestlist"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(database.map(|url| ["--database", url]).iter().flatten())
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
        let origin = greeting.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { process, origin }
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
