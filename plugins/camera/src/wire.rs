//! The connection to a camera: what is written to it, and what has come.

use watchkeep_sdk::http::Certificate;
use watchkeep_sdk::net::{Connection, Encoding, Failure, Intake, Timings, Unread};
use watchkeep_sdk::prelude::*;

use crate::config::Camera;
use crate::url::{Protection, Url};

/// The most bytes that a camera may send in one run; a host's own limit is 16 MiB.
const READ_BYTES_MAX: usize = 12 << 20;
/// Reads of one run. With what is asked and waited between them, that is most of a run's thousand calls of the host.
const STEPS_MAX: usize = 230;
/// Reads of all streams of a check that has several.
const STEPS_OF_ALL_MAX: usize = 180;
/// How much is read at once.
const PIECE_BYTES: u32 = 256 << 10;

pub(crate) struct Wire {
    connection: Connection,
    intake: Intake,
    timeout: Duration,
    /// When something came last.
    pub(crate) at: Duration,
    pub(crate) opened: Timings,
    pub(crate) tls: Option<Duration>,
    /// The first to expire of the chain of trust.
    pub(crate) certificate: Option<Certificate>,
}

pub(crate) fn open(config: &Camera, url: &Url) -> Result<Wire, Box<Failure>> {
    let target = net::target(url.address()).family(config.ip_family).timeout(config.timeout);
    let mut connection = target.connect()?;
    connection.set_timeout(config.timeout);
    let (mut tls, mut certificate) = (None, None);
    if url.protection == Protection::Tls {
        let began = clock::monotonic();
        let facts = connection.start_tls(&config.peer.options())?;
        certificate = facts.earliest_of(&connection.path()).cloned();
        tls = Some(clock::monotonic() - began);
    }
    let opened = connection.timings();
    let steps = match config.sharing() {
        1 => STEPS_MAX,
        sharing => STEPS_OF_ALL_MAX / sharing,
    };
    let intake = Intake::new(READ_BYTES_MAX / config.sharing(), steps).pieces_of(PIECE_BYTES);
    Ok(Wire { connection, intake, timeout: config.timeout, at: Duration::ZERO, opened, tls, certificate })
}

impl Wire {
    pub(crate) fn bytes(&self) -> &[u8] {
        self.intake.bytes()
    }
    pub(crate) fn take(&mut self, count: usize) {
        self.intake.take(count);
    }
    pub(crate) fn more(&mut self, until: Duration) -> Result<(), Unread> {
        self.intake.more(&mut self.connection, until)?;
        self.at = clock::monotonic();
        Ok(())
    }
    pub(crate) fn write(&mut self, text: &str) -> Result<(), Box<Failure>> {
        self.connection.set_timeout(self.timeout);
        self.connection.write(text)
    }
    /// User and password as a basic login has them.
    pub(crate) fn write_login(&mut self, user: &str, password: &Secret) -> Result<(), Box<Failure>> {
        self.connection.set_timeout(self.timeout);
        self.connection.write_secret(password, format!("{user}:"), "", Encoding::Base64)
    }
}
