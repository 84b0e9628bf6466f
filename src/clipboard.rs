//! The clipboard, for the terminal client and the commands.

/// Which way a text took to the clipboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// The system's clipboard has it.
    Native,
    /// It was sent to the terminal, which may or may not have taken it.
    Osc52,
    /// No way was open.
    Failed {
        /// Why, and what to do.
        why: String,
    },
}
