//! A real mail server as a process of its own (aiosmtpd), in whatever mood a test wants it to be.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use guestlist::{config::MailTls, server::mail::Smtp};

use crate::{postgres::skip, process::Server, world::Mail};

/// A running mail server; it ends with this value.
pub struct MailServer {
    process: Child,
    folder: tempfile::TempDir,
    /// Where it listens, on loopback.
    pub port: u16,
}

/// A mail that it took.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipient.
    pub to: String,
    /// Whether the way was encrypted.
    pub encrypted: bool,
    /// The mail itself.
    pub mail: Mail,
}

impl MailServer {
    /// One that takes everything from everyone; `None` where aiosmtpd is not installed.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// One with these options; see `smtp.py`.
    pub fn start_with(options: &[&str]) -> Option<Self> {
        let python = ["/usr/bin/python3", "python3"].into_iter().find(|python| {
            let mut try_out = Command::new(python);
            try_out.args(["-c", "import aiosmtpd"]).stderr(Stdio::null());
            try_out.status().is_ok_and(|status| status.success())
        });
        let Some(python) = python else {
            skip("no mail server: aiosmtpd is not installed (apt-get install python3-aiosmtpd)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/smtp.py"))
            .arg(folder.path())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Some(Self { process, folder, port: port.trim().parse().unwrap() })
    }

    /// Puts it into a mood.
    pub fn mood(&self, mood: &str) {
        let (part, whole) = (self.folder.path().join("mood.part"), self.folder.path().join("mood"));
        std::fs::write(&part, mood).unwrap();
        std::fs::rename(part, whole).unwrap();
    }

    /// Waits until somebody waits for its word on a recipient, while its mood is `held`.
    pub async fn until_held(&self) {
        let end = Instant::now() + Duration::from_mins(1);
        while std::fs::remove_file(self.folder.path().join("held")).is_err() {
            assert!(Instant::now() < end, "nothing was sent");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The way there, unencrypted.
    pub fn way(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            tls: MailTls::None,
            ca_file: None,
            login: None,
            from: "guestlist@invites.example.org".parse().unwrap(),
        }
    }

    /// All mails that it has taken, in their order.
    pub fn taken(&self) -> Vec<Taken> {
        let mut files: Vec<(u64, PathBuf)> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .map(|path| (path.file_stem().unwrap().to_str().unwrap().parse().unwrap(), path))
            .collect();
        files.sort();
        files.into_iter().map(|(_, path)| Taken::of(&std::fs::read(path).unwrap())).collect()
    }

    /// Whether nothing came in clear but what is said before the way is encrypted.
    pub fn heard_nothing_in_clear(&self) {
        let clear = std::fs::read(self.folder.path().join("clear")).unwrap_or_default();
        for line in String::from_utf8_lossy(&clear).lines() {
            let word = line.split_whitespace().next().unwrap_or_default().to_uppercase();
            assert!(["EHLO", "HELO", "STARTTLS", "RSET", "QUIT"].contains(&word.as_str()), "in clear: {line:?}");
        }
    }

    /// The mails that it has taken, once there are so many.
    pub fn wait_for(&self, count: usize) -> Vec<Taken> {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let taken = self.taken();
            if taken.len() >= count {
                return taken;
            }
            assert!(Instant::now() < end, "{} of {count} mails came", taken.len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Taken {
    fn of(bytes: &[u8]) -> Self {
        let mail = Mail::of(bytes);
        let header = |name: &str| mail.header(name).unwrap().to_owned();
        Self { from: header("X-From"), to: header("X-To"), encrypted: header("X-Tls") == "True", mail }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server over a data folder that mails by a mail server, where there is one.
pub fn serve(data: &Path, database: Option<&str>, mails: Option<&MailServer>) -> Server {
    let port = mails.map(|mails| mails.port.to_string()).unwrap_or_default();
    let way = [
        ("GUESTLIST_MAIL_TRANSPORT", "smtp"),
        ("GUESTLIST_MAIL_HOST", "127.0.0.1"),
        ("GUESTLIST_MAIL_PORT", &port),
        ("GUESTLIST_MAIL_TLS", "none"),
        ("GUESTLIST_MAIL_FROM", "guestlist@invites.example.org"),
    ];
    Server::start_with(data, database, if mails.is_some() { &way } else { &[] })
}
