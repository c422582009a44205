//! The bytes of one stream: TCP or a socket of this machine, in the clear or under TLS. What came back is handed
//! out masked, also where a secret arrives in pieces.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::http::mask::Mask;

pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Read at once where a secret might be split.
const LOOK_BYTES: usize = 16 << 10;
/// How long what may be the beginning of a secret is held back for its end: an echo comes in one piece.
const PATIENCE: Duration = Duration::from_millis(50);

pub(super) struct Stream {
    wire: Box<dyn Duplex>,
    /// Read and masked, but not yet handed out.
    ahead: Vec<u8>,
    ended: bool,
}

impl Stream {
    pub(super) fn new(wire: impl Duplex + 'static) -> Self {
        Self { wire: Box::new(wire), ahead: Vec::new(), ended: false }
    }

    pub(super) async fn write(&mut self, data: &[u8]) -> std::io::Result<()> {
        self.wire.write_all(data).await?;
        self.wire.flush().await
    }

    /// At most `max` bytes; none means that the peer closed. May be given up at any moment: nothing is lost.
    pub(super) async fn read(&mut self, max: usize, mask: &Mask) -> std::io::Result<Vec<u8>> {
        if mask.is_empty() && self.ahead.is_empty() {
            let mut bytes = vec![0; max];
            let read = self.wire.read(&mut bytes).await?;
            bytes.truncate(read);
            return Ok(bytes);
        }
        loop {
            self.ahead = mask.bytes(std::mem::take(&mut self.ahead));
            let safe = self.ahead.len() - mask.held_back(&self.ahead);
            if safe > 0 || self.ended {
                let handed = if self.ended { self.ahead.len() } else { safe };
                return Ok(self.ahead.drain(..handed.min(max)).collect());
            }
            let mut bytes = vec![0; LOOK_BYTES];
            let reading = self.wire.read(&mut bytes);
            let read = match self.ahead.is_empty() {
                true => reading.await?,
                false => match tokio::time::timeout(PATIENCE, reading).await {
                    Ok(read) => read?,
                    // It was no secret after all.
                    Err(_) => return Ok(self.ahead.drain(..self.ahead.len().min(max)).collect()),
                },
            };
            self.ended = read == 0;
            self.ahead.extend_from_slice(&bytes[..read]);
        }
    }

    /// For a handshake on top. What was read beyond the answer to STARTTLS is not the handshake's: whoever sent it
    /// wants it to be taken for what comes under TLS.
    pub(super) fn into_wire(self) -> Result<Box<dyn Duplex>, usize> {
        if self.ahead.is_empty() { Ok(self.wire) } else { Err(self.ahead.len()) }
    }
}
