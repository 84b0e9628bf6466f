//! The `guestlist` binary.

fn main() {}
