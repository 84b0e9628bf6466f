//! A program in a pseudo-terminal, each byte with the instant at which it came.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// Columns and rows.
const SIZE: (u16, u16) = (100, 30);
/// What is waited for at most.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long nothing comes before a screen counts as settled.
const QUIET: Duration = Duration::from_millis(150);
/// What every frame begins with.
const FRAME: &[u8] = b"\x1b[?2026h";

/// A program and what it wrote.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn std::io::Write + Send>,
    pieces: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    began: Instant,
    _master: Box<dyn MasterPty + Send>,
}

/// What came over a stretch of time.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// Bytes.
    pub bytes: usize,
    /// Frames among them.
    pub frames: usize,
}

impl Terminal {
    /// Starts a program whose home is `home`.
    pub fn start(program: &Path, home: &Path, variables: &[(&str, &str)]) -> Self {
        Self::start_with(program, &[], home, home, variables)
    }

    /// As [`Terminal::start`], with arguments and in a folder.
    pub fn start_with(
        program: &Path,
        arguments: &[&str],
        folder: &Path,
        home: &Path,
        variables: &[(&str, &str)],
    ) -> Self {
        let (cols, rows) = SIZE;
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        command.cwd(folder);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (sender, pieces) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 8_192];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send((Instant::now(), buffer[..count].to_vec())).is_err() {
                    break;
                }
            }
        });
        let began = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        let screen = vt100::Parser::new(rows, cols, 0);
        Self { child, writer, pieces, screen, began, _master: pair.master }
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits for a text; how long after the start it stood there.
    pub fn see(&mut self, text: &str) -> Duration {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let piece = self.pieces.recv_timeout(left);
            let (at, bytes) =
                piece.unwrap_or_else(|_| panic!("waited for {text}; there is:\n{}", self.screen.screen().contents()));
            self.screen.process(&bytes);
            if self.screen.screen().contents().contains(text) {
                return at - self.began;
            }
        }
    }

    /// How long after the start the last bytes came, before nothing did for a while.
    pub fn settled(&mut self) -> Duration {
        let mut last = self.began;
        let mut patience = PATIENCE;
        while let Ok((at, bytes)) = self.pieces.recv_timeout(patience) {
            self.screen.process(&bytes);
            (last, patience) = (at, QUIET);
        }
        last - self.began
    }

    /// What stands on the screen.
    pub fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// The instant at which the next bytes come, `None` where none do.
    pub fn next(&mut self) -> Option<Instant> {
        let (at, bytes) = self.pieces.recv_timeout(QUIET).ok()?;
        self.screen.process(&bytes);
        Some(at)
    }

    /// Waits until nothing comes any more; what came until then.
    pub fn settle(&mut self) -> Came {
        self.gather(|_| QUIET)
    }

    /// What comes in this time.
    pub fn rest(&mut self, time: Duration) -> Came {
        let end = Instant::now() + time;
        self.gather(|now| end.saturating_duration_since(now))
    }

    fn gather(&mut self, wait: impl Fn(Instant) -> Duration) -> Came {
        let mut all = Vec::new();
        while let Ok((_, bytes)) = self.pieces.recv_timeout(wait(Instant::now())) {
            self.screen.process(&bytes);
            all.extend_from_slice(&bytes);
        }
        Came { bytes: all.len(), frames: all.windows(FRAME.len()).filter(|part| *part == FRAME).count() }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
