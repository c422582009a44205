//! Threads that read the machine. A file system whose server is gone, and the memory of a process that hangs, block a
//! reader for as long as they like, and such a thread cannot be ended. So each reading has a thread of its own that the
//! host does not wait for when it ends, there are few of them, and a call waits no longer than it may.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};

use super::trouble::Trouble;
use crate::call::CallState;
use crate::options::Systemd;
use crate::shortage::Shortage;

/// The most such threads of one engine.
const THREADS_MAX: usize = 16;

pub(crate) struct Readers {
    places: Arc<Semaphore>,
    pub(super) systemd: Systemd,
    pub(super) root: PathBuf,
}

/// What a reading is reading now, for the message if it gets no answer.
#[derive(Clone, Debug, Default)]
pub(super) struct At(Arc<Mutex<String>>);

impl At {
    pub(super) fn now(&self, what: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }
    fn what(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Readers {
    pub(crate) fn new(systemd: Systemd, root: PathBuf) -> Self {
        Self { places: Arc::new(Semaphore::new(THREADS_MAX)), systemd, root }
    }

    pub(super) async fn read<T: Send + 'static>(
        state: &mut CallState,
        read: impl FnOnce(&At, &Path) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let readers = Arc::clone(&state.readers);
        let root = readers.root.clone();
        readers.within(state.clocks.remaining(), move |at| read(at, &root)).await
    }

    async fn within<T: Send + 'static>(
        &self,
        span: Duration,
        read: impl FnOnce(&At) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, Trouble> {
        let deadline = Instant::now() + span;
        let waiting = Arc::clone(&self.places).acquire_owned();
        let Ok(place) = tokio::time::timeout(span, waiting).await else {
            // Others hold the threads, which says nothing about what this reading would have found.
            let message = format!(
                "all {THREADS_MAX} threads that read this machine wait for something that gives no answer"
            );
            let hint = "look for mounts whose server is gone (`df` hangs at them)";
            return Err(Trouble::Short(Shortage::new(message, hint)));
        };
        let place = place.expect("the places are never closed");
        let at = At::default();
        at.now("this machine".to_owned());
        let (tell, told) = oneshot::channel();
        let reader = at.clone();
        let started = std::thread::Builder::new().name("reads-machine".to_owned()).spawn(move || {
            // If it took too long, nobody waits for it any more.
            drop(tell.send(read(&reader)));
            drop(place);
        });
        started.map_err(|error| Trouble::of_io("no thread to read this machine", &error))?;
        match tokio::time::timeout(deadline.saturating_duration_since(Instant::now()), told).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Trouble::Other(format!("reading {} went wrong", at.what()))),
            Err(_) => Err(Trouble::Other(format!("{} gave no answer within {span:.1?}", at.what()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn readings_that_hang_are_few_and_give_their_places_back() {
        let readers = Readers::new(Systemd::default(), "/".into());
        let (wake, woken) = mpsc::channel::<()>();
        let woken = Arc::new(Mutex::new(woken));
        let brief = Duration::from_millis(250);
        for _ in 0..THREADS_MAX {
            let woken = Arc::clone(&woken);
            let hangs = move |at: &At| {
                at.now("file system `/mnt/nas`".to_owned());
                // Blocks until the other end is gone.
                let _gone = woken.lock().expect("no thread panics").recv();
                Ok(())
            };
            let told = readers.within(brief, hangs).await.expect_err("it hangs");
            assert!(
                format!("{told:?}").contains("file system `/mnt/nas` gave no answer within 250.0ms"),
                "{told:?}"
            );
        }
        let told = readers.within(brief, |_| Ok(())).await.expect_err("there is no place");
        assert!(format!("{told:?}").contains("all 16 threads"), "{told:?}");
        drop(wake);
        readers.within(Duration::from_secs(60), |_| Ok(())).await.expect("the places are free again");
    }

    #[tokio::test]
    async fn a_reading_that_panics_is_an_error_and_no_more() {
        let readers = Readers::new(Systemd::default(), "/".into());
        let span = Duration::from_secs(60);
        let told = readers.within::<()>(span, |_| panic!("odd")).await.expect_err("it panicked");
        assert!(format!("{told:?}").contains("reading this machine went wrong"), "{told:?}");
        let all = u32::try_from(THREADS_MAX).expect("they are few");
        // The place is given back while the thread unwinds.
        drop(readers.places.acquire_many(all).await.expect("the places are never closed"));
    }
}
