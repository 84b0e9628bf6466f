//! A line that breaks when a test says so, between a client and its server.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::Duration,
};

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Line {
    /// Everything goes through.
    Up,
    /// Nothing does: connections break, and no new one comes up.
    Down,
    /// What is asked arrives, what is answered does not.
    Deaf,
    /// What is asked arrives, and what is answered as soon as the line is another.
    Slow,
}

/// The line.
pub struct Proxy {
    /// Where the client connects to.
    pub origin: String,
    state: Arc<AtomicU8>,
}

impl Proxy {
    /// A line to the server at this origin, `http://HOST:PORT`.
    pub fn to(origin: &str) -> Self {
        let server = origin.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = Arc::new(AtomicU8::new(Line::Up as u8));
        let proxy = Self { origin: format!("http://{}", listener.local_addr().unwrap()), state: Arc::clone(&state) };
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if state.load(Ordering::SeqCst) == Line::Down as u8 {
                    continue;
                }
                let Ok(upstream) = TcpStream::connect(&server) else { continue };
                pass(&client, &upstream, &state, Line::Down);
                pass(&upstream, &client, &state, Line::Deaf);
            }
        });
        proxy
    }

    /// Changes how the line is, for connections that are up as well.
    pub fn is(&self, line: Line) {
        self.state.store(line as u8, Ordering::SeqCst);
    }
}

/// Carries bytes one way until an end closes, or the line is as bad as `broken` or worse for this way.
fn pass(from: &TcpStream, to: &TcpStream, state: &Arc<AtomicU8>, broken: Line) {
    let (mut from, mut to, state) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(state));
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            while broken == Line::Deaf && state.load(Ordering::SeqCst) == Line::Slow as u8 {
                thread::sleep(Duration::from_millis(5));
            }
            let now = state.load(Ordering::SeqCst);
            if now == Line::Down as u8 || now == broken as u8 || to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    });
}
