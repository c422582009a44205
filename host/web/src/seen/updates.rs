//! Live updates of one caller.

use std::sync::Arc;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use watchkeep_core::view::Update;

type Narrow = Box<dyn FnMut(Arc<Update>) -> Option<Arc<Update>> + Send>;

/// Updates from the moment at which this was made. Whoever may see everything hears all of them.
pub struct Updates {
    receiver: Receiver<Arc<Update>>,
    narrow: Option<Narrow>,
}

impl From<Receiver<Arc<Update>>> for Updates {
    fn from(receiver: Receiver<Arc<Update>>) -> Self {
        Self { receiver, narrow: None }
    }
}

impl Updates {
    pub(super) fn narrowed(self, narrow: Narrow) -> Self {
        Self { receiver: self.receiver, narrow: Some(narrow) }
    }

    /// The next update; an error if some were missed, or if the host ends.
    pub async fn recv(&mut self) -> Result<Arc<Update>, RecvError> {
        loop {
            let update = self.receiver.recv().await?;
            match &mut self.narrow {
                None => return Ok(update),
                Some(narrow) => {
                    if let Some(update) = narrow(update) {
                        return Ok(update);
                    }
                }
            }
        }
    }
}
