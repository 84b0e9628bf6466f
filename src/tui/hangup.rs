//! Notices that the terminal has gone where no signal says so: the signal goes to the terminal's own session alone, and
//! whoever reads from a terminal that is gone may read nothing for ever.

use std::{io, thread, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};
use tokio::sync::oneshot;

/// How long the program has to end by itself. A thread that reads from a terminal that is gone may never come back.
const GRACE: Duration = Duration::from_secs(3);
/// What the thread needs, and a good deal more.
const STACK: usize = 64 * 1024;

/// Answers once the terminal of the standard output is gone; sleeps until then. The process ends a little later, however
/// it stands with it.
///
/// # Errors
/// Where the system has no thread left.
pub(super) fn watch() -> io::Result<oneshot::Receiver<()>> {
    let (sender, gone) = oneshot::channel();
    thread::Builder::new().name("guestlist-terminal".to_owned()).stack_size(STACK).spawn(move || {
        if wait() {
            let _ = sender.send(());
            thread::sleep(GRACE);
            std::process::exit(1);
        }
    })?;
    Ok(gone)
}

/// Whether reading or writing failed because the terminal is gone.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::IO | Errno::NXIO | Errno::PIPE))
}

/// Waits until the terminal is gone; `false` where the system cannot tell.
fn wait() -> bool {
    let terminal = io::stdout();
    let gone = PollFlags::HUP | PollFlags::ERR;
    loop {
        // Asked for nothing, it tells of the end alone.
        let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
        match poll(&mut watched, None) {
            Err(Errno::INTR) => {}
            Err(_) => return false,
            Ok(_) => return watched[0].revents().intersects(gone),
        }
    }
}
