//! Invitations for bands, run from a terminal.
