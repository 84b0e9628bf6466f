//! What a program of ours is told by a test that tells it nothing else of its own environment.

use std::ffi::OsString;

/// Where it writes down which of its lines have run, while that is measured.
pub fn told() -> Option<(&'static str, OsString)> {
    const FILE: &str = "LLVM_PROFILE_FILE";
    std::env::var_os(FILE).map(|path| (FILE, path))
}
