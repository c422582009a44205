//! The host's routes over its database while no host runs: history, and what the last host knew.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use arc_swap::ArcSwap;
use watchkeep_core::effect::Effect;
use watchkeep_core::input::Input;
use watchkeep_core::state::State;
use watchkeep_core::step::step;
use watchkeep_store::Store;

use super::{Global, validate};
use crate::host::{
    Board, Clock, HostApi, HostEndpoints, InForce, Listeners, People, PostedMarkers, PostedNotes,
    PostedSubscribers, StoredState, Tally, control, wall,
};

/// The cache for the database's pages. Small, because it is read only once.
const CACHE_BYTES: usize = 16 << 20;

pub(crate) async fn router(global: &Global) -> Result<axum::Router> {
    let (config, catalogue, _) = validate::load_good(global).await?;
    let data_dir = config.host.data_dir.clone();
    let store = Store::open_read_only(&data_dir, CACHE_BYTES)?;
    let restored = store.restored().context("cannot read the last host's state from the database")?;
    let setup = Arc::new(config.setup.clone());
    let board = Arc::new(Board::new(0));
    board.recall(&store, wall()).context("cannot read from the database what was given up")?;
    show(&board, State::restore(setup, restored, Clock::start().now()));
    let in_force = InForce::new(
        Arc::new(config),
        Arc::new(catalogue),
        HostEndpoints::default(),
        StoredState::in_store(&store),
        None,
    );
    let directory = store.directory().context("cannot read from the database who may use the host")?;
    let notes = store.notes().context("cannot read the notes of status pages from the database")?;
    let markers = store.markers().context("cannot read the markers of charts from the database")?;
    let subscribers =
        store.subscribers().context("cannot read the subscribers of status pages from the database")?;
    let access =
        watchkeep_web::Access { control_socket: control::socket_path(&data_dir), ..Default::default() };
    Ok(watchkeep_web::router(Arc::new(HostApi {
        started_at: wall(),
        access: Arc::new(ArcSwap::from_pointee(access)),
        board,
        store,
        in_force: Arc::new(ArcSwap::from_pointee(in_force)),
        tally: Arc::new(Tally::default()),
        health: Arc::default(),
        people: Arc::new(People::new(directory)),
        reply_key: None,
        listeners: Listeners::default(),
        notes: Arc::new(PostedNotes::new(notes)),
        markers: Arc::new(PostedMarkers::new(markers)),
        subscribers: Arc::new(PostedSubscribers::new(subscribers)),
        desk: Arc::default(),
        live: None,
    })))
}

/// Shows what the core would publish at a start, and does nothing else that it asks for.
fn show(board: &Board, mut state: State) {
    let mut effects = Vec::new();
    step(&mut state, Input::Tick, Clock::start().now(), &mut effects);
    for effect in effects {
        if let Effect::Publish(update) = effect {
            board.apply(update);
        }
    }
}
