//! Config -> build -> spawn -> drain. The data folder is locked first, so that a second host touches nothing of the
//! first. Listeners are bound last, so that whoever can connect finds a host that works.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, Notify, Semaphore, mpsc, oneshot};
use watchkeep_bundle::BUNDLED;
use watchkeep_config::{HostConfig, Loaded, Problem};
use watchkeep_core::heartbeat::Refused;
use watchkeep_core::ids::Digest;
use watchkeep_core::input::{Input, PluginStatus};
use watchkeep_core::state::State;
use watchkeep_store::{Options, Progress, Store, Writer};
use watchkeep_web::{ReloadMode, Transport};

use super::actions::{Actor, ActorParts};
use super::board::Board;
use super::clock::{Clock, wall};
use super::control;
use super::dead_man_signal::DeadManSignaller;
use super::deliveries::{Deliverer, DelivererParts};
use super::filling;
use super::health::Health;
use super::host_api::{HostApi, Live};
use super::letters;
use super::listeners;
use super::main_loop::{MainLoop, Message};
use super::numbers::Tally;
use super::people::People;
use super::plugin_files::{Read, read_now};
use super::plugin_reloader::{self, Beginning, Keep, PluginReloader};
use super::plugins::{BUNDLED_SOURCE, Catalogue, engine};
use super::ports::StoredState;
use super::posted::{PostedMarkers, PostedNotes, PostedSubscribers};
use super::prepared::{HostEndpoints, InForce};
use super::reload::{self, Reloader, access};
use super::replies::{self, Listeners};
use super::runs::{Runner, RunnerParts};
use super::tls::{self, Certificates};

/// Why no host was started.
pub(crate) enum StartError {
    Config(Vec<Problem>),
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for StartError {
    fn from(error: E) -> Self {
        StartError::Failed(error.into())
    }
}

/// Starts a host on the config at `path` and returns once it was stopped by a signal and has drained.
pub(crate) async fn start(path: PathBuf, drain_max: Duration) -> Result<(), StartError> {
    let clock = Clock::start();
    outlive_file_size_limit()?;
    let started_at = wall();
    let (shares, inheritance) = listeners::descriptors();
    let settings = watchkeep_config::preliminary(&path).map_err(StartError::Config)?;
    let (inbox, messages) = mpsc::unbounded_channel();
    let health = Arc::new(Health::default());

    // The lock on the data folder comes before anything is written below it.
    let (store, writer) = open_store(&settings, &inbox, &health)?;
    let engine = engine(&settings, shares.calls, inheritance)?;
    let keep = Keep::open(&settings.data_dir).context("cannot make the folder of last good plugins")?;
    let remembered = store.generations().context("cannot read the last host's plugins from the database")?;
    let marks = store.plugin_marks().context("cannot read the decisions about plugins from the database")?;
    let beginning =
        plugin_reloader::begin(&engine, &keep, &path, &settings.plugin_dir, remembered, marks).await;
    let Beginning { catalogue, loaded: Loaded { config, problems }, ledger, removed, forgotten } = beginning;
    let config = Arc::new(config.ok_or_else(|| StartError::Config(problems.clone()))?);
    reload::log_warnings(&problems);
    let catalogue = Arc::new(catalogue);
    keep_what_runs(&catalogue, &keep, &writer);
    forgotten.into_iter().for_each(|name| writer.remove_generation(name));
    for plugin in removed {
        let gone = Input::PluginChanged { plugin, status: PluginStatus::Gone };
        inbox.send(Message::Input(gone)).ok().context("the main loop's inbox closed before its start")?;
    }

    let certificates = Certificates::open(&config.host)?;
    let listener = listeners::pages(&config.host).await?;
    let listens = listener.local_addr().context("cannot tell where the host listens")?;
    let public = listeners::public(&config.host).await?;
    let socket = control::socket_path(&config.host.data_dir);
    let own = HostEndpoints {
        listeners: own_listeners(listens).into_iter().chain(public_address(public.as_ref())).collect(),
        sockets: vec![resolved(&socket)],
        files: config.host.data_dir.canonicalize().into_iter().collect(),
    };

    let reply_key = Arc::new(replies::load_key(&config.host.data_dir)?);
    let kept = StoredState::in_store(&store);
    let in_force = InForce::new(config.clone(), catalogue, own.clone(), kept.clone(), None);
    let in_force = Arc::new(ArcSwap::from_pointee(in_force));
    let board = Arc::new(Board::new(started_at.millis().unsigned_abs()));
    board.recall(&store, wall()).context("cannot read from the database what was given up")?;
    let tally = Arc::new(Tally::default());

    let directory = store.directory().context("cannot read from the database who may use the host")?;
    let people = Arc::new(People::new(directory));
    let notes = store.notes().context("cannot read the notes of status pages from the database")?;
    let notes = Arc::new(PostedNotes::new(notes));
    let markers = store.markers().context("cannot read the markers of charts from the database")?;
    let markers = Arc::new(PostedMarkers::new(markers));
    let subscribers =
        store.subscribers().context("cannot read the subscribers of status pages from the database")?;
    let subscribers = Arc::new(PostedSubscribers::new(subscribers));
    let audited = store.audit_head().context("cannot read the audit log from the database")?;
    let restored = store.restored().context("cannot read the state of the last host from the database")?;
    for (new, old) in restored.renamed_from_nothing(&config.setup) {
        tracing::warn!("{}; hint: {}", reload::no_such_name(&new, &old), reload::NO_SUCH_NAME_HINT);
    }
    let state = State::restore(Arc::new(config.setup.clone()), restored, clock.now());
    let plugin_reloader = Arc::new(PluginReloader {
        engine: engine.clone(),
        bundled: BUNDLED.iter().map(|plugin| Digest::of(plugin.bytes)).collect(),
        in_force: in_force.clone(),
        own,
        kept,
        inbox: inbox.clone(),
        clock,
        store: store.clone(),
        keep,
        loads: plugin_reloader::Loads::default(),
        turn: Mutex::new(()),
        ledger: ledger.into(),
        bell: Notify::new(),
    });
    let runner = Runner {
        shared: Arc::new(RunnerParts {
            engine: engine.clone(),
            in_force: in_force.clone(),
            permits: Arc::new(Semaphore::new(config.host.concurrency as usize)),
            clock,
            inbox: inbox.clone(),
            tally: tally.clone(),
            plugin_reloader: plugin_reloader.clone(),
            store: store.clone(),
        }),
    };
    let deliverer = Deliverer {
        shared: Arc::new(DelivererParts {
            engine: engine.clone(),
            in_force: in_force.clone(),
            inbox: inbox.clone(),
            tally: tally.clone(),
            plugin_reloader: plugin_reloader.clone(),
            board: board.clone(),
            reply_key: reply_key.clone(),
            subscribers: subscribers.clone(),
        }),
    };
    let actor = Actor {
        shared: Arc::new(ActorParts {
            engine: engine.clone(),
            in_force: in_force.clone(),
            inbox: inbox.clone(),
            plugin_reloader: plugin_reloader.clone(),
        }),
    };
    let signaller =
        DeadManSignaller::new(in_force.clone()).context("cannot make the client for the dead-man signal")?;
    let main_loop = MainLoop {
        state,
        clock,
        inbox: messages,
        writer,
        runner,
        deliverer,
        actor,
        board: board.clone(),
        signaller,
        tally: tally.clone(),
        audit_next: audited.map_or(1, |head| head.number + 1),
    };
    let main_loop = tokio::spawn(main_loop.run());
    // Whoever can connect finds the checks and alerts of the previous host on the board.
    let (reached, is_reached) = oneshot::channel();
    inbox.send(Message::Reached(reached)).ok().context("the main loop ended at its start")?;
    is_reached.await.context("the main loop ended at its start")?;

    let access = Arc::new(ArcSwap::from_pointee(access(&config, listens)));
    let filling = tokio::spawn(filling::watch(
        store.clone(),
        config.host.data_dir.clone(),
        config.host.database_bytes_max,
        inbox.clone(),
    ));
    let reloader = Arc::new(Reloader {
        path,
        plugin_reloader: plugin_reloader.clone(),
        in_force: in_force.clone(),
        access: access.clone(),
        listens,
        inbox: inbox.clone(),
        board: board.clone(),
        certificates: certificates.clone(),
        refused: std::sync::Mutex::default(),
    });
    let listening = Listeners::default();
    let answers = Arc::new(HostApi {
        started_at,
        access,
        board,
        store,
        in_force,
        tally,
        health,
        people,
        reply_key: Some(reply_key),
        listeners: listening.clone(),
        notes,
        markers,
        subscribers,
        desk: Arc::default(),
        live: Some(Live {
            inbox: inbox.clone(),
            reloader: reloader.clone(),
            plugin_reloader: plugin_reloader.clone(),
        }),
    });
    if let Some(password) =
        watchkeep_web::first_admin(&*answers).await.context("cannot make the first user")?
    {
        tracing::warn!(
            "nobody can sign in yet: the first user is `admin`, with the one-time password {password}; it is printed this \
             once, and has to be changed at the first sign-in"
        );
    }
    let hearing = tokio::spawn(replies::watch(engine, answers.in_force.clone(), answers.clone(), listening));
    let corresponding = tokio::spawn(letters::watch(answers.clone(), clock));
    let of_public = certificates.of_public()?;
    let pings = public.map(|listener| {
        let router = watchkeep_web::public_router(answers.clone());
        let bounds = listeners::of_public(&shares);
        tokio::spawn(watchkeep_web::serve(listener, router, of_public, bounds, turned_away(&answers)))
    });
    // Pings arrive there too.
    let turned_away = turned_away(&answers);
    let router = watchkeep_web::router_within(answers, listeners::streams_max(&shares));
    let of_control = listeners::of_control(&shares);
    let control = tokio::spawn(control::serve(control::bind(&socket)?, router.clone(), of_control));
    let of_pages = listeners::of_pages(&shares);
    let transport = certificates.of_pages()?;
    let scheme = match transport {
        Transport::Plain => "http",
        Transport::Tls(_) => "https",
    };
    let pages = tokio::spawn(watchkeep_web::serve(listener, router, transport, of_pages, turned_away));
    let renewing = tokio::spawn(tls::watch(certificates));
    let watching = tokio::spawn(plugin_reloader::watch(plugin_reloader));
    tracing::info!(
        checks = config.setup.checks.len(),
        "watchkeep is running, the page is at {scheme}://{listens}/"
    );

    until_stopped(&reloader).await?;
    tracing::info!("stopping: no new runs start, what is under way has {}s to end", drain_max.as_secs());
    watching.abort();
    hearing.abort();
    corresponding.abort();
    renewing.abort();
    filling.abort();
    control.abort();
    pages.abort();
    pings.iter().for_each(tokio::task::JoinHandle::abort);
    drain(&inbox, main_loop, drain_max).await?;
    // If the socket cannot be removed, the next start does it.
    let _ = std::fs::remove_file(&socket);
    tracing::info!("stopped");
    Ok(())
}

/// Remembers what runs from the beginning, unless something else was proven before: a restart uses it.
fn keep_what_runs(catalogue: &Catalogue, keep: &Keep, writer: &Writer) {
    for (name, plugin) in catalogue.iter() {
        if plugin.source != BUNDLED_SOURCE
            && keep.get(plugin.generation.digest).is_none()
            && let Read::Bytes(bytes) = read_now(Path::new(&plugin.source))
            && Digest::of(&bytes) == plugin.generation.digest
            && let Err(error) = keep.put(plugin.generation.digest, &bytes)
        {
            tracing::error!(plugin = %name, %error, "cannot be kept for a restart; hint: free space on the disk of `data_dir`");
        }
        writer.put_generation(plugin_reloader::row(name, plugin));
    }
}

/// To the store, a limit on the size of files (`ulimit -f`) is like a full disk, and no reason to be killed by a
/// signal. Listening to the signal stops it from killing.
fn outlive_file_size_limit() -> Result<()> {
    /// SIGXFSZ on Linux, on every processor that Rust runs on there but MIPS.
    const FILE_SIZE_EXCEEDED: i32 = 25;
    // The listener itself is not needed: the handler that it installed stays.
    let listener = signal(SignalKind::from_raw(FILE_SIZE_EXCEEDED));
    listener.map(drop).context("cannot outlive SIGXFSZ")
}

/// SIGHUP reloads, SIGTERM and Ctrl-C end.
async fn until_stopped(reloader: &Arc<Reloader>) -> Result<()> {
    let mut hang_up = signal(SignalKind::hangup()).context("cannot wait for SIGHUP")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?;
    loop {
        tokio::select! {
            _ = terminate.recv() => return Ok(()),
            _ = interrupt.recv() => return Ok(()),
            _ = hang_up.recv() => {
                let reloader = reloader.clone();
                tokio::spawn(async move { reloader.reload(ReloadMode::Apply).await });
            }
        }
    }
}

/// Closes the writer however the drain ended, so that what was decided is written.
async fn drain(
    inbox: &mpsc::UnboundedSender<Message>,
    mut main_loop: tokio::task::JoinHandle<Writer>,
    drain_max: Duration,
) -> Result<()> {
    let (idle, is_idle) = oneshot::channel();
    // The loop runs until it is drained.
    let _ = inbox.send(Message::Drain { idle });
    if tokio::time::timeout(drain_max, is_idle).await.is_err() {
        tracing::warn!(
            "some runs or deliveries did not end in time; deliveries are taken up at the next start"
        );
        let _ = inbox.send(Message::Stop);
    }
    let writer = (&mut main_loop).await.context("the main loop failed")?;
    let closed =
        tokio::task::spawn_blocking(move || writer.close()).await.context("cannot close the store")?;
    closed.context("some of what was decided is not on disk")
}

/// When a connection is turned away, nobody knows whose pings it would have brought.
fn turned_away(answers: &Arc<HostApi>) -> watchkeep_web::TurnedAway {
    let answers = answers.clone();
    Arc::new(move || watchkeep_web::Host::turned_away(answers.as_ref(), Refused::OfAnybody))
}

fn public_address(listener: Option<&TcpListener>) -> Vec<SocketAddr> {
    listener.and_then(|listener| listener.local_addr().ok()).map(own_listeners).unwrap_or_default()
}

fn open_store(
    settings: &HostConfig,
    inbox: &mpsc::UnboundedSender<Message>,
    health: &Arc<Health>,
) -> Result<(Store, Writer)> {
    let mut options = Options::new(wall);
    options.cache_bytes = usize::try_from(settings.store_cache_bytes).unwrap_or(usize::MAX);
    options.retention.results = settings.results_keep;
    options.retention.five_minutes = settings.five_minutes_keep;
    options.retention.hours = settings.hours_keep;
    options.retention.days = settings.days_keep;
    options.retention.transitions = settings.transitions_keep;
    options.retention.snapshots = settings.snapshots_keep;
    options.retention.snapshots_bytes_max = settings.snapshots_bytes_max;
    options.retention.snapshots_each_max = settings.snapshots_each;
    let (inbox, health) = (inbox.clone(), health.clone());
    options.on_progress = Box::new(move |progress| {
        match &progress {
            Progress::Durable(_) => {}
            Progress::Failing { error, pending, .. } => health.store(Some(format!(
                "the database cannot be written ({error}); {pending} commits wait in memory; hint: free space on the disk of `data_dir`, or mend its permissions"
            ))),
            Progress::Recovered => health.store(None),
        }
        // The inbox is gone only when the host is.
        let _ = inbox.send(Message::Progress(progress));
    });
    Ok(Store::open(&settings.data_dir, options)?)
}

/// The path with the links of its folder resolved. The folder exists already; the file itself may not.
fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        (None, _) | (_, None) => path.to_owned(),
    }
}

/// The addresses that no plugin may reach. If the host listens on all addresses, it listens on each loopback address.
fn own_listeners(listens: SocketAddr) -> Vec<SocketAddr> {
    let mut all = vec![listens];
    if listens.ip().is_unspecified() {
        all.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), listens.port()));
        all.push(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), listens.port()));
        all.extend(addresses_of_this_machine().into_iter().map(|ip| SocketAddr::new(ip, listens.port())));
    }
    all
}

/// This machine's addresses according to its routes. Nothing is sent: the kernel names the source address that it would
/// use.
fn addresses_of_this_machine() -> Vec<IpAddr> {
    let documentation = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let towards = [
        SocketAddr::from(([192, 0, 2, 1], 9)),
        SocketAddr::from(([10, 255, 255, 255], 9)),
        SocketAddr::from((documentation, 9)),
    ];
    let source = |to: SocketAddr| {
        let any: IpAddr =
            if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = std::net::UdpSocket::bind((any, 0)).ok()?;
        // Connecting a datagram socket sends nothing.
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    towards.into_iter().filter_map(source).collect()
}
