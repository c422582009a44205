//! Looks once a minute how full the places are where the host keeps things. What is too full, the core decides.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use watchkeep_core::input::{Filling, Input, Place};
use watchkeep_store::Store;

use super::main_loop::Message;

const EVERY: Duration = Duration::from_secs(60);

pub(super) async fn watch(
    store: Store,
    data_dir: PathBuf,
    database_bytes_max: Option<u64>,
    inbox: mpsc::UnboundedSender<Message>,
) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (store, data_dir) = (store.clone(), data_dir.clone());
        // A disk that hangs must hold up nobody else.
        let look = tokio::task::spawn_blocking(move || filling(&store, &data_dir, database_bytes_max));
        let Ok(places) = look.await else { return };
        if inbox.send(Message::Input(Input::Filling(places))).is_err() {
            return;
        }
    }
}

fn filling(store: &Store, data_dir: &Path, database_bytes_max: Option<u64>) -> Vec<Filling> {
    let (used_bytes, max_bytes) = store.attachments_filling();
    let mut places = vec![Filling { place: Place::Attachments, used_bytes, max_bytes }];
    if let Some(max_bytes) = database_bytes_max {
        places.push(Filling { place: Place::Database, used_bytes: store.disk_bytes(), max_bytes });
    }
    places.extend(disk(data_dir));
    places
}

/// `None` where the system does not say, as for some network file systems.
fn disk(data_dir: &Path) -> Option<Filling> {
    #[cfg(target_os = "linux")]
    {
        let told = nix::sys::statvfs::statvfs(data_dir).ok()?;
        let unit = told.fragment_size();
        // What is kept back for root is no room.
        let used_bytes = told.blocks().saturating_sub(told.blocks_free()).saturating_mul(unit);
        let free_bytes = told.blocks_available().saturating_mul(unit);
        let max_bytes = used_bytes.saturating_add(free_bytes);
        (max_bytes > 0).then_some(Filling { place: Place::Disk, used_bytes, max_bytes })
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = data_dir;
        None
    }
}
