//! Finds the borders between TLS records, beneath TLS. A connection that ends between two records was closed without
//! `close_notify`; one that ends within a record was cut. rustls does not distinguish these.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use crate::network::through::writes_through;

/// Kind, version and length.
const HEADER_BYTES: usize = 5;

#[derive(Debug)]
pub(crate) struct Records<S> {
    stream: S,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// This many bytes of a header came, and the last of them. If there are none, this is between two records.
    Header { came: usize, last: u8 },
    /// This many bytes of a record are still to come.
    Within(usize),
}

const BETWEEN: Place = Place::Header { came: 0, last: 0 };

/// The connection ended within a record.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection ended within a record of TLS")
    }
}

impl Error for Cut {}

/// Whether a stream over TLS ended between two records, without `close_notify`.
pub(crate) fn is_end_unannounced(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof && !error.get_ref().is_some_and(|inner| inner.is::<Cut>())
}

impl Place {
    fn behind(self, bytes: &[u8]) -> Self {
        let (mut place, mut rest) = (self, bytes);
        while let [byte, behind @ ..] = rest {
            (place, rest) = match place {
                Place::Within(left) => {
                    let taken = left.min(rest.len());
                    (Place::within(left - taken), &rest[taken..])
                }
                Place::Header { came, last } if came + 1 == HEADER_BYTES => {
                    (Place::within(usize::from(u16::from_be_bytes([last, *byte]))), behind)
                }
                Place::Header { came, .. } => (Place::Header { came: came + 1, last: *byte }, behind),
            };
        }
        place
    }

    fn within(left: usize) -> Self {
        if left == 0 { BETWEEN } else { Place::Within(left) }
    }
}

impl<S> Records<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, place: BETWEEN }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Records<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        let came = &buf.filled()[before..];
        if came.is_empty() && buf.remaining() > 0 && this.place != BETWEEN {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, Cut)));
        }
        this.place = this.place.behind(came);
        Poll::Ready(Ok(()))
    }
}

writes_through!(Records);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_known_however_the_records_come() {
        let two = [&[23, 3, 3, 1, 2][..], &[7; 258], &[21, 3, 3, 0, 0]].concat();
        for size in [1, 2, 5, 7, 262, 263, 264, 1_000] {
            let mut place = BETWEEN;
            let mut came = 0;
            for part in two.chunks(size) {
                place = place.behind(part);
                came += part.len();
                assert_eq!(place == BETWEEN, came == 263 || came == 268, "{came} by {size}");
            }
        }
    }
}
