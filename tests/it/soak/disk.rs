//! A disk that fills up and is made room on, under load: 503, reads go on, and work does too, without a restart.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use super::{Extent, beside::Caller, database::status, holds_together, load::Load};
use crate::{postgres::skip_unprivileged, process::Server};

/// A small file system of its own.
struct Small(tempfile::TempDir);

impl Small {
    /// `None`, and a word of it, where the machine does not let one be made.
    fn mount(megabytes: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m,mode=0700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "guestlist"]).arg(folder.path()).output();
        if mounted.is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        skip_unprivileged("this user cannot mount a small file system");
        None
    }

    /// Takes all the room that there is.
    fn fill(&self) {
        use std::io::Write as _;
        let mut ballast = std::fs::File::create(self.0.path().join("ballast")).unwrap();
        while ballast.write_all(&[0; 4_096]).is_ok() {}
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

/// Fills it and makes room, as `fill` and `room` say, until that was often enough.
async fn full_and_not(
    server: &Server,
    database: &str,
    extent: &mut Extent,
    fill: impl Fn(&Server),
    room: impl Fn(&Server),
) {
    let mut load = Load::start(database, &[&server.origin], 4).await;
    let caller = Caller::at(server, database).await;
    let mut longest = Duration::ZERO;
    while extent.goes_on() {
        load.answers(30).await;
        fill(server);
        let before = load.ledger();
        load.until("503", |now| now.unavailable > before.unavailable + 10).await;
        caller.is_refused_for_now().await;
        caller.reads().await;
        assert_eq!(status(server, "/readyz").await, 204, "what it can do, it does");
        room(server);
        let at = Instant::now();
        load.answers(20).await;
        caller.writes_again().await;
        longest = longest.max(at.elapsed());
    }
    let ledger = load.end().await;
    println!(
        "{} times full: {} accepts answered and there, {} answers, {} of 503, {} without answer; 20 answers more within \
         {longest:?} of new room at the longest",
        extent.begun(),
        ledger.joined.len(),
        ledger.answered,
        ledger.unavailable,
        ledger.unanswered
    );
    assert_eq!(ledger.unanswered, 0, "it went on all the while");
    holds_together(database, &ledger).await;
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("guestlist.db").display())
}

/// No file of the server may grow any more: what the system says of a quota, and what needs no file system of one's own.
async fn no_file_may_grow(mut extent: Extent) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let data = tempfile::tempdir().unwrap();
    let server = Server::start_limited(data.path(), "-S -f unlimited", &[("GUESTLIST_LOG", "error")]);
    let wal = data.path().join("guestlist.db-wal");
    let limit = |server: &Server, bytes: Option<u64>| {
        let id = Pid::from_raw(server.id() as i32);
        let old = prlimit(id, Resource::Fsize, Rlimit { current: bytes, maximum: None });
        assert!(old.is_ok(), "{old:?}");
    };
    // What is written next begins the log anew once it is large; the log may not even be as large as it is.
    let fill = |server: &Server| limit(server, Some(std::fs::metadata(&wal).unwrap().len() / 2));
    full_and_not(&server, &sqlite(data.path()), &mut extent, fill, |server| limit(server, None)).await;
}

async fn a_disk_is_full(mut extent: Extent) {
    let Some(disk) = Small::mount(24) else { return };
    let server = Server::start_with(disk.0.path(), None, &[("GUESTLIST_LOG", "error")]);
    let ballast = disk.0.path().join("ballast");
    let fill = |_: &Server| disk.fill();
    let room = |_: &Server| std::fs::remove_file(&ballast).unwrap();
    full_and_not(&server, &sqlite(disk.0.path()), &mut extent, fill, room).await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_503_under_load_and_goes_on_once_there_is_room() {
    a_disk_is_full(Extent::quick(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_may_not_grow_are_503_under_load_and_work_goes_on_once_they_may() {
    no_file_may_grow(Extent::quick(2)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_full_disk() {
    a_disk_is_full(Extent::long(15)).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long; .ci/soak runs it"]
async fn soak_files_that_may_not_grow() {
    no_file_may_grow(Extent::long(30)).await;
}
