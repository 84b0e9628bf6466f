//! What lists can be asked by, in words that both sides write.

words! {
    /// Which bands are listed.
    pub enum BandScope {
        /// Those the caller is in.
        Mine = "mine",
        /// Those that anyone may join or ask to join.
        Open = "open",
    }
}

words! {
    /// The order of a band's invites. One without an end comes last of all ends.
    pub enum InviteSort {
        /// The newest first.
        Newest = "-created",
        /// The oldest first.
        Oldest = "created",
        /// Those that end next first.
        Soonest = "expires",
        /// Those that end last first.
        Latest = "-expires",
    }
}
