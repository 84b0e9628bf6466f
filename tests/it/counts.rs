//! What is counted beside the rows agrees with the rows. Looked at after every test that has a world of its own.

use guestlist::server::{
    admin::check,
    store::{Error, Store},
};

/// Panics unless totals and tallies are what the rows come to.
pub async fn add_up(store: &Store) {
    match store.read(check).await {
        Err(Error::Closed) => {} // the test ended its server
        findings => assert_eq!(findings.unwrap(), []),
    }
}
