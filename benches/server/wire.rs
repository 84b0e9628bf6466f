//! A wire that counts what goes over it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A listener that passes everything on to a server.
pub struct Wire {
    /// Where it listens.
    pub origin: String,
    counts: [Arc<AtomicUsize>; 2],
}

impl Wire {
    /// A wire to the server at this address.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let counts = [Arc::default(), Arc::default()];
        let [asked, answered] = counts.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (near_in, near_out) = near.into_split();
                let (far_in, far_out) = TcpStream::connect(server).await.unwrap().into_split();
                tokio::spawn(pass(near_in, far_out, Arc::clone(&asked)));
                tokio::spawn(pass(far_in, near_out, Arc::clone(&answered)));
            }
        });
        Self { origin, counts }
    }

    /// Bytes that went over it: asked, and answered.
    pub fn bytes(&self) -> (usize, usize) {
        (self.counts[0].load(Ordering::SeqCst), self.counts[1].load(Ordering::SeqCst))
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, count: Arc<AtomicUsize>) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        count.fetch_add(read, Ordering::SeqCst);
        if to.write_all(&bytes[..read]).await.is_err() {
            break;
        }
    }
}
