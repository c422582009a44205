//! A backup as a stream: the store writes it on a thread of its own, as fast as it is read.

use std::io::{self, BufWriter, Write};

use futures::StreamExt as _;
use tokio::sync::mpsc;
use watchkeep_store::Store;
use watchkeep_web::BackupStream;

/// Pieces of this size, and as many of them waiting: what a backup takes of memory.
const PIECE_BYTES: usize = 256 << 10;
const PIECES: usize = 4;

type Piece = io::Result<axum::body::Bytes>;

pub(super) fn stream(store: Store) -> BackupStream {
    let (sender, receiver) = mpsc::channel(PIECES);
    tokio::task::spawn_blocking(move || {
        match store.backup(BufWriter::with_capacity(PIECE_BYTES, Pieces(sender.clone()))) {
            Ok(facts) => tracing::info!(
                rows = facts.rows,
                attachments = facts.attachments,
                bytes = facts.bytes,
                "wrote a backup"
            ),
            Err(error) => {
                let error = anyhow::Error::new(error);
                tracing::warn!(error = format!("{error:#}"), "a backup was not written to its end");
                // Nobody reads any more, or learns it by this.
                let _ = sender.blocking_send(Err(io::Error::other("the backup was not written to its end")));
            }
        }
    });
    futures::stream::unfold(receiver, |mut receiver: mpsc::Receiver<Piece>| async move {
        let piece = receiver.recv().await?;
        Some((piece, receiver))
    })
    .boxed()
}

struct Pieces(mpsc::Sender<Piece>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Ok(axum::body::Bytes::copy_from_slice(bytes));
        self.0.blocking_send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
