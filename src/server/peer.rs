//! Who is at the other end of a connection.

use std::net::SocketAddr;

/// The other end of the connection that a request came by; whoever accepts connections puts it into the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) SocketAddr);
