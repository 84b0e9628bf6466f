//! The life of a wish to come into a band.
//!
//! ```text
//!            an admin agrees
//!  pending ─────────────────▶ approved   a member now
//!     │  an admin does not
//!     ├─────────────────────▶ denied     may ask again
//!     │  came in otherwise, account gone, band gone
//!     └─────────────────────▶ closed     may ask again
//! ```
//!
//! A person has one pending request a band at most: asking again is the same request.

words! {
    /// Where a request to join stands.
    pub enum JoinStatus {
        /// Waits for an admin.
        Pending = "pending",
        /// An admin agreed.
        Approved = "approved",
        /// An admin did not.
        Denied = "denied",
        /// Nobody waits for an answer any more.
        Closed = "closed",
    }
}
