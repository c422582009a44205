//! The bytes of one stream: TCP or a socket of this machine, in the clear or under TLS. What arrives is returned
//! without secrets, even if one arrives in pieces. When bytes are returned depends only on when they arrived and on
//! whether a line has ended: holding back what looks like the beginning of a secret would reveal that it is one.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::call::{OverBudget, Pace};
use crate::http::mask::{self, Audience, Mask};

pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// How much is read at once if a secret might be split.
const LOOK_BYTES: usize = 16 << 10;
/// How long to wait for the rest of a line: an echo comes in one piece, or in pieces soon after each other.
const PATIENCE: Duration = Duration::from_millis(50);

pub(super) struct Stream {
    wire: Box<dyn Duplex>,
    /// The end of what has been returned, as it arrived: a secret may begin in it.
    before: Vec<u8>,
    /// Read, and not yet searched for secrets.
    ahead: Vec<u8>,
    /// Without secrets, and not yet returned.
    ready: Vec<u8>,
    ended: bool,
}

/// Why nothing was read.
pub(super) enum Unread {
    Io(std::io::Error),
    OverBudget,
}

impl From<std::io::Error> for Unread {
    fn from(error: std::io::Error) -> Self {
        Unread::Io(error)
    }
}

impl From<OverBudget> for Unread {
    fn from(_: OverBudget) -> Self {
        Unread::OverBudget
    }
}

impl Stream {
    pub(super) fn new(wire: impl Duplex + 'static) -> Self {
        Self { wire: Box::new(wire), before: Vec::new(), ahead: Vec::new(), ready: Vec::new(), ended: false }
    }

    pub(super) async fn write(&mut self, data: &[u8]) -> std::io::Result<()> {
        self.wire.write_all(data).await?;
        self.wire.flush().await
    }

    /// At most `max` bytes; an empty answer means that the peer has closed. Cancelling it at any point loses nothing.
    pub(super) async fn read(&mut self, max: usize, mask: &Mask, pace: &mut Pace) -> Result<Vec<u8>, Unread> {
        if !mask.hides_from_guest() && self.ready.is_empty() && self.ahead.is_empty() {
            let mut bytes = vec![0; max];
            let read = self.wire.read(&mut bytes).await?;
            bytes.truncate(read);
            return Ok(bytes);
        }
        loop {
            if !self.ready.is_empty() || (self.ended && self.ahead.is_empty()) {
                return Ok(self.ready.drain(..self.ready.len().min(max)).collect());
            }
            let whole = self.ended || self.ahead.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r'));
            // If there is enough, it is searched up to where a secret may begin.
            if whole {
                self.make_ready(self.ahead.len(), mask, pace).await?;
                continue;
            }
            if self.ahead.len() >= LOOK_BYTES + mask.longest() {
                self.make_ready(self.ahead.len() - mask.longest(), mask, pace).await?;
                continue;
            }
            let mut bytes = vec![0; LOOK_BYTES];
            let reading = self.wire.read(&mut bytes);
            let read = match self.ahead.is_empty() {
                true => reading.await?,
                false => match tokio::time::timeout(PATIENCE, reading).await {
                    Ok(read) => read?,
                    Err(_) => {
                        self.make_ready(self.ahead.len(), mask, pace).await?;
                        continue;
                    }
                },
            };
            self.ended = read == 0;
            self.ahead.extend_from_slice(&bytes[..read]);
        }
    }

    /// Searches all that has arrived, and releases the first `size` bytes of what is ahead.
    async fn make_ready(&mut self, size: usize, mask: &Mask, pace: &mut Pace) -> Result<(), OverBudget> {
        let known = self.before.len();
        let text = [&*self.before, &*self.ahead].concat();
        let mut spans = mask.spans_at_pace(&text, Audience::Guest, pace).await?;
        spans.extend(
            mask.at_edges(&self.ahead).into_iter().flatten().map(|span| span.start + known..span.end + known),
        );
        let end = known + size;
        // If the beginning of a secret was returned already, the rest of it is removed.
        let spans: Vec<_> = mask::merged(spans)
            .into_iter()
            .filter(|span| span.end > known && span.start < end)
            .map(|span| span.start.max(known) - known..span.end - known)
            .collect();
        let size = spans.last().map_or(size, |last| last.end.max(size));
        self.ready.extend_from_slice(&mask::without(&self.ahead[..size], &spans));
        self.before = text[(known + size).saturating_sub(mask.longest())..known + size].to_vec();
        self.ahead.drain(..size);
        Ok(())
    }

    /// The wire, for a handshake on top of it; an error if bytes are left over. Bytes after the answer to STARTTLS are
    /// not part of the handshake: whoever sent them wants them to pass for something that came under TLS.
    pub(super) fn into_wire(self) -> Result<Box<dyn Duplex>, usize> {
        match self.ready.len() + self.ahead.len() {
            0 => Ok(self.wire),
            left => Err(left),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;

    use super::*;
    use crate::call::{Meter, Polls, turns};
    use crate::ports::Secret;

    const SECRET: &str = "tr0ub4dor-and-3";

    fn mask() -> Mask {
        let mut mask = Mask::default();
        let secret = Secret { value: SECRET.as_bytes().into(), to: Arc::from([]) };
        mask.know("key".into(), secret, &[]);
        mask
    }

    fn pace() -> Pace {
        Pace::new(&Arc::new(Meter::open(turns())), Duration::from_secs(60), Polls::OfCall)
    }

    async fn read(stream: &mut Stream) -> String {
        let Ok(bytes) = stream.read(1 << 10, &mask(), &mut pace()).await else { panic!("nothing was read") };
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn the_rest_of_a_secret_is_waited_for() {
        let (mut far, near) = tokio::io::duplex(1 << 10);
        let mut stream = Stream::new(near);
        far.write_all(b"it is tr0ub4do").await.unwrap();
        {
            let mut reading = pin!(read(&mut stream));
            assert!(futures::poll!(&mut reading).is_pending(), "it may go on");
            far.write_all(b"r-and-3\n").await.unwrap();
            assert!(reading.await.starts_with("it is ***"));
        }
    }

    #[tokio::test]
    async fn of_a_secret_that_stalls_no_more_than_its_beginning_is_shown() {
        let (mut far, near) = tokio::io::duplex(1 << 10);
        let mut stream = Stream::new(near);
        // What looks like the beginning of a secret comes as soon, and as complete, as anything else.
        for piece in ["it is tr0ub", "4dor-"] {
            far.write_all(piece.as_bytes()).await.unwrap();
            assert_eq!(read(&mut stream).await, piece);
        }
        far.write_all(b"and-3, says it\n").await.unwrap();
        assert_eq!(read(&mut stream).await, "***, says it\n");
        far.write_all(b"tr0ub4dor-a").await.unwrap();
        assert_eq!(read(&mut stream).await, "***");
    }

    #[tokio::test]
    async fn a_line_is_there_at_once() {
        let (mut far, near) = tokio::io::duplex(1 << 10);
        let mut stream = Stream::new(near);
        far.write_all(b"220 ready\r\n").await.unwrap();
        assert!(futures::poll!(pin!(read(&mut stream))).is_ready());
    }
}
