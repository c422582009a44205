//! What listens at a port and is no server: it says nothing, says too little, or says something else.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it does with every connection.
#[derive(Clone, Debug)]
pub enum Stranger {
    /// Takes it, and says nothing.
    Silent,
    /// This, byte by byte with such a span between them, again and again.
    Dripping(&'static [u8], Duration),
    /// This, and then waits for the end.
    Saying(Vec<u8>),
}

impl Stranger {
    /// Its address on loopback, for as long as the test runs.
    pub async fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(self.clone().meet(stream));
            }
        });
        address
    }

    async fn meet(self, mut stream: TcpStream) -> Option<()> {
        match self {
            Stranger::Silent => {}
            Stranger::Dripping(text, span) => {
                for byte in text.iter().cycle() {
                    stream.write_all(&[*byte]).await.ok()?;
                    tokio::time::sleep(span).await;
                }
            }
            Stranger::Saying(bytes) => stream.write_all(&bytes).await.ok()?,
        }
        // Until the peer gives up.
        while stream.read(&mut [0; 1024]).await.ok()? > 0 {}
        Some(())
    }
}
