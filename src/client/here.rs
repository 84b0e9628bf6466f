//! The server that a client of this person runs on this machine: who runs it, and where it listens.
//!
//! Whoever runs it holds a lock on `local.lock` in the folder for data, and writes its address into the file once it
//! answers. The system lets the lock go with the process, however that ends.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::Path,
    time::Duration,
};

use super::{Error, Origin, PlainHttp};
use crate::private;

/// What the session of the server on this machine is kept under. Its port can change from start to start, and other
/// people's programs can take it in between; nobody can listen on this one.
pub const KEPT_AS: &str = "http://localhost:0";

/// [`KEPT_AS`] as an origin.
pub fn kept_as() -> Result<Origin, Error> {
    Origin::parse(KEPT_AS, PlainHttp::LoopbackOnly)
}

const FILE: &str = "local.lock";
/// What stands before the address of a server that runs, and before the port of one that ran.
const AT: &str = "at ";
const WAS: &str = "was ";
/// How far apart the address is read twice: the first reading could be from before the lock was taken.
const AGAIN: Duration = Duration::from_millis(10);

/// The right to run the server of this person; let go when it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// The port that was served last.
    pub last_port: Option<u16>,
}

impl Lock {
    /// Takes the lock in the folder for data, which has to be there. `None`: another process has it.
    pub fn take(folder: &Path) -> io::Result<Option<Self>> {
        let mut file = private::create(&folder.join(FILE), false)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let text = read(&mut file)?;
        // A killed process leaves its address behind.
        let port = text.strip_prefix(WAS).or_else(|| text.rsplit(':').next()).and_then(|port| port.trim().parse().ok());
        let mut lock = Self { file, last_port: port };
        lock.write("")?;
        Ok(Some(lock))
    }

    /// Tells the other clients of this person where the server answers.
    pub fn announce(&mut self, origin: &str) -> io::Result<()> {
        self.last_port = origin.rsplit(':').next().and_then(|port| port.parse().ok());
        self.write(&format!("{AT}{origin}"))
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let port = self.last_port.map(|port| format!("{WAS}{port}")).unwrap_or_default();
        let _ = self.write(&port);
    }
}

/// Where the server of this person answers, if a process runs it and it has begun to answer.
pub fn running(folder: &Path) -> io::Result<Option<String>> {
    let mut file = match private::open(&folder.join(FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if is_free(&file)? {
        return Ok(None);
    }
    let first = read(&mut file)?;
    std::thread::sleep(AGAIN);
    let second = read(&mut file)?;
    let held = !is_free(&file)?;
    Ok(second.strip_prefix(AT).filter(|_| held && first == second).map(str::to_owned))
}

/// Whether nobody holds the lock; it is only looked at, with a share that ends at once.
fn is_free(file: &File) -> io::Result<bool> {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn read(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.rewind()?;
    file.take(200).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_runs_it_and_the_others_find_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(running(folder.path()).unwrap(), None);
        let mut lock = Lock::take(folder.path()).unwrap().unwrap();
        assert!(Lock::take(folder.path()).unwrap().is_none());
        assert_eq!(running(folder.path()).unwrap(), None, "it does not answer yet");
        lock.announce("http://127.0.0.1:4711").unwrap();
        assert_eq!(running(folder.path()).unwrap().as_deref(), Some("http://127.0.0.1:4711"));
        drop(lock);
        assert_eq!(running(folder.path()).unwrap(), None);
        assert_eq!(Lock::take(folder.path()).unwrap().unwrap().last_port, Some(4_711));
    }

    #[test]
    fn what_a_killed_process_left_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "at http://127.0.0.1:4711").unwrap();
        assert_eq!(running(folder.path()).unwrap(), None);
        assert_eq!(Lock::take(folder.path()).unwrap().unwrap().last_port, Some(4_711));
    }
}
