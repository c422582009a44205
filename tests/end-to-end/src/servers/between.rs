//! Somebody in between: takes connections in the place of an SSH server, and has everything that is public, but not its key.

use std::sync::{Arc, Mutex};

use tokio::io::{self, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What it does with what the server behind it says.
#[derive(Clone, Debug)]
pub enum Between {
    /// Says these bytes in the place of those: a host key of the same size.
    Swapping { those: Vec<u8>, these: Vec<u8> },
    /// Passes the first conversation on, and says it again to everybody else.
    Repeating(Arc<Mutex<Vec<u8>>>),
    /// Passes everything on.
    Passing,
}

impl Between {
    /// Its port on loopback, for as long as the test runs; the server's is this one.
    ///
    /// # Panics
    /// If there is none.
    pub async fn start(self, server: u16) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let port = listener.local_addr().expect("it is bound").port();
        tokio::spawn(async move {
            let mut met = 0_u32;
            while let Ok((client, _)) = listener.accept().await {
                let between = self.clone();
                tokio::spawn(async move { between.meet(client, server, met).await.ok() });
                met += 1;
            }
        });
        port
    }

    async fn meet(self, client: TcpStream, server: u16, met: u32) -> io::Result<()> {
        let (mut hears, mut tells) = client.into_split();
        if let Between::Repeating(said) = &self
            && met > 0
        {
            let said = said.lock().expect("nobody panics with it").clone();
            tells.write_all(&said).await?;
            return io::copy(&mut hears, &mut io::sink()).await.map(drop);
        }
        let (from, mut to) = TcpStream::connect(("127.0.0.1", server)).await?.into_split();
        tokio::spawn(async move { io::copy(&mut hears, &mut to).await });
        self.pass_on(from, tells).await
    }

    /// The version line, and then packet by packet.
    async fn pass_on(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
        let mut version = Vec::new();
        while version.last() != Some(&b'\n') {
            version.push(from.read_u8().await?);
        }
        self.tell(version, &mut to).await?;
        loop {
            let size = from.read_u32().await?;
            let mut packet = size.to_be_bytes().to_vec();
            packet.resize(4 + usize::try_from(size).expect("a size fits"), 0);
            from.read_exact(&mut packet[4..]).await?;
            self.tell(packet, &mut to).await?;
        }
    }

    async fn tell(&self, mut bytes: Vec<u8>, to: &mut OwnedWriteHalf) -> io::Result<()> {
        match self {
            Between::Swapping { those, these } => {
                if let Some(at) = memchr::memmem::find(&bytes, those) {
                    bytes.splice(at..at + those.len(), these.iter().copied());
                }
            }
            Between::Repeating(said) => {
                said.lock().expect("nobody panics with it").extend_from_slice(&bytes);
            }
            Between::Passing => {}
        }
        to.write_all(&bytes).await
    }
}
