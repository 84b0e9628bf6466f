//! The real binary in a real pseudo-terminal.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long something may take before the test gives up: far more than it needs on any machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program in a terminal of its own.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    writer: Option<Box<dyn std::io::Write + Send>>,
    seen: Arc<Mutex<Seen>>,
    /// Reads until the program, and whatever it started in the terminal, has ended.
    reader: thread::JoinHandle<()>,
}

/// What the program wrote so far.
struct Seen {
    screen: vt100::Parser,
    bytes: Vec<u8>,
}

/// The size that the emulator is given: text that was drawn for a larger one and is still on its way makes it panic in a single
/// row or column.
fn bounded(columns: u16, rows: u16) -> (u16, u16) {
    (rows.max(2), columns.max(2))
}

/// How much of it comes before a frame that has begun and not ended.
fn whole(bytes: &[u8]) -> usize {
    let last = |sought: &[u8]| bytes.windows(sought.len()).rposition(|some| some == sought);
    match (last(b"\x1b[?2026h"), last(b"\x1b[?2026l")) {
        (Some(begun), ended) if ended.is_none_or(|ended| ended < begun) => begun,
        _ => bytes.len(),
    }
}

impl Pty {
    /// Starts `guestlist` with these arguments and variables, the person's home being `home`.
    pub fn start(home: &Path, (columns, rows): (u16, u16), args: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::start_program(env!("CARGO_BIN_EXE_guestlist"), home, (columns, rows), args, variables)
    }

    /// Starts another program, as [`Pty::start`] does.
    pub fn start_program(
        program: &str,
        home: &Path,
        (columns, rows): (u16, u16),
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        if let Some((name, path)) = crate::measured::told() {
            command.env(name, path);
        }
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        for (name, value) in variables {
            command.env(name, value);
        }
        command.cwd(home);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let (height, width) = bounded(columns, rows);
        let seen = Arc::new(Mutex::new(Seen { screen: vt100::Parser::new(height, width, 0), bytes: Vec::new() }));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let kept = Arc::clone(&seen);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 8192];
            // A terminal that knows frames shows whole ones alone: what is half drawn is nothing to judge by.
            let mut waiting = Vec::new();
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut seen = kept.lock().unwrap_or_else(PoisonError::into_inner);
                seen.bytes.extend_from_slice(&buffer[..count]);
                waiting.extend_from_slice(&buffer[..count]);
                let shown: Vec<u8> = waiting.drain(..whole(&waiting)).collect();
                seen.screen.process(&shown);
            }
            kept.lock().unwrap_or_else(PoisonError::into_inner).screen.process(&waiting);
        });
        let writer = Some(pair.master.take_writer().unwrap());
        Self { master: pair.master, child, writer, seen, reader }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.raw(keys.as_bytes());
    }

    /// Types bytes that need be no text.
    pub fn raw(&mut self, keys: &[u8]) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys).unwrap();
        writer.flush().unwrap();
    }

    /// Pastes, as a terminal does it.
    pub fn paste(&mut self, text: &str) {
        self.keys(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// What stands on the screen.
    pub fn screen(&self) -> String {
        self.seen.lock().unwrap().screen.screen().contents()
    }

    /// Looks at the screen's cells.
    pub fn with_screen<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.seen.lock().unwrap().screen.screen())
    }

    /// Every byte so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bytes.clone()
    }

    /// Waits until the screen holds this text.
    pub fn see(&self, text: &str) {
        self.until(text, |pty| pty.screen().contains(text));
    }

    /// Waits until nothing more is drawn for a moment.
    pub fn settle(&self) {
        let mut before = self.screen();
        self.until("rest", |pty| {
            thread::sleep(Duration::from_millis(100));
            let now = pty.screen();
            std::mem::replace(&mut before, now.clone()) == now
        });
    }

    /// Waits until this holds.
    pub fn until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self) {
            assert!(Instant::now() < end, "waited for {what}; on the screen:\n{}", self.screen());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Changes the terminal's size. What stood on the screen is lost, as the worst of terminals loses it: the emulator cannot
    /// carry a wide character that a smaller size cuts in two.
    pub fn resize(&self, columns: u16, rows: u16) {
        let (height, width) = bounded(columns, rows);
        let screen = &mut self.seen.lock().unwrap().screen;
        screen.process(b"\x1b[2J");
        screen.screen_mut().set_size(height, width);
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.child.process_id().unwrap().cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for the end of the program; its exit code.
    pub fn end(mut self) -> (u32, Vec<u8>) {
        let end = Instant::now() + PATIENCE;
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.exit_code();
            }
            assert!(Instant::now() < end, "it does not end; on the screen:\n{}", self.screen());
            thread::sleep(Duration::from_millis(10));
        };
        // What it wrote last may still be on its way.
        while !self.reader.is_finished() {
            assert!(Instant::now() < end, "something goes on in its terminal; on the screen:\n{}", self.screen());
            thread::sleep(Duration::from_millis(10));
        }
        let bytes = self.bytes();
        (code, bytes)
    }

    /// The text of the last copy by OSC 52.
    pub fn copied(&self) -> Option<String> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let bytes = self.bytes();
        let text = String::from_utf8_lossy(&bytes);
        let (_, rest) = text.rsplit_once("\x1b]52;c;")?;
        let encoded = rest.split_once('\x07')?.0;
        String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
