//! A server as a process: started, waited for, and ended with the test that wants it. The engine's own tests use this
//! file too.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Long enough for a loaded machine: it is only ever waited out by a test that fails.
const LISTENS_WITHIN: Duration = Duration::from_secs(60);
/// What a server has for its own end before it is killed.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// The user that servers run as which refuse to run as root.
pub(super) const NOBODY: u32 = 65_534;

/// What is to be started.
pub struct Server {
    name: &'static str,
    command: Command,
    folder: PathBuf,
    stop: Option<&'static str>,
}

/// Ends when it is dropped.
pub struct Running {
    name: &'static str,
    process: Child,
    said: PathBuf,
    stop: Option<&'static str>,
}

impl Server {
    /// By this program, in this folder, which takes what it prints. Ended by SIGKILL unless something else is said.
    pub fn new(program: &'static str, folder: &Path) -> Server {
        Server::found(program, &self::program(program, &[]), folder)
    }

    /// The same as a user without rights, where the tests run as root: databases refuse that one. All that lies in the folder
    /// is that user's then.
    pub fn unprivileged(program: &'static str, folder: &Path) -> Server {
        Server::unprivileged_at(program, &self::program(program, &[]), folder)
    }

    /// One whose program lies at a place of its own.
    pub fn found(name: &'static str, program: &Path, folder: &Path) -> Server {
        Server::under(name, &[], program, folder)
    }

    /// Both.
    pub fn unprivileged_at(name: &'static str, program: &Path, folder: &Path) -> Server {
        if !is_root() {
            return Server::found(name, program, folder);
        }
        give(folder, NOBODY, NOBODY);
        let user = NOBODY.to_string();
        Server::under(name, &["--reuid", &user, "--regid", &user, "--clear-groups"], program, folder)
    }

    /// A test that is killed takes its servers with it.
    fn under(name: &'static str, rights: &[&str], program: &Path, folder: &Path) -> Server {
        assert!(program.exists(), "`{name}` is not installed; hint: `make setup` installs it");
        let mut command = Command::new("setpriv");
        command.args(rights).args(["--pdeathsig", "KILL", "--"]).arg(program);
        command.current_dir(folder).stdin(Stdio::null());
        Server { name, command, folder: folder.to_owned(), stop: None }
    }

    #[must_use]
    pub fn arguments<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Server {
        self.command.args(arguments);
        self
    }

    /// Ends by this signal, such as `QUIT`: it has shared memory of its own to clear away. Processes of its own end with it by
    /// themselves, and sooner than if it is asked.
    #[must_use]
    pub fn ends_by(mut self, signal: &'static str) -> Server {
        self.stop = Some(signal);
        self
    }

    /// A variable of its environment.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Server {
        self.command.env(name, value);
        self
    }

    /// Returns once all of these take connections.
    ///
    /// # Panics
    /// In one line, if it ends before, or if they take none within a minute.
    #[track_caller]
    pub fn start(self, listens: &[SocketAddr]) -> Running {
        self.start_until(|| listens.iter().all(|address| TcpStream::connect(address).is_ok()))
    }

    /// Returns once it is ready by this look.
    ///
    /// # Panics
    /// In one line, if it ends before, or is not ready within a minute.
    #[track_caller]
    pub fn start_until(mut self, mut is_ready: impl FnMut() -> bool) -> Running {
        let said = self.folder.join(format!("{}.said", self.name));
        let file = File::create(&said).expect("the server's folder can be written");
        self.command.stdout(file.try_clone().expect("a file can be opened twice")).stderr(file);
        let process =
            self.command.spawn().unwrap_or_else(|error| panic!("`{}` cannot be started: {error}", self.name));
        let mut running = Running { name: self.name, process, said, stop: self.stop };
        let began = Instant::now();
        while !is_ready() {
            if let Ok(Some(status)) = running.process.try_wait() {
                panic!("`{}` ended before it was ready ({status}): {}", running.name, running.last_words());
            }
            assert!(
                began.elapsed() < LISTENS_WITHIN,
                "`{}` is not ready: {}",
                running.name,
                running.last_words()
            );
            std::thread::sleep(BETWEEN_LOOKS);
        }
        running
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn run(mut self) {
        let output = self.command.output();
        let output = output.unwrap_or_else(|error| panic!("`{}` cannot be started: {error}", self.name));
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "`{}` failed ({}): {complaint}", self.name, output.status);
    }
}

impl Running {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends it a signal, such as `HUP`.
    ///
    /// # Panics
    /// If it has ended.
    pub fn signal(&self, signal: &str) {
        let sent = self.send(signal);
        assert!(sent.is_ok_and(|status| status.success()), "`{}` was sent {signal}", self.name);
    }

    fn send(&self, signal: &str) -> std::io::Result<ExitStatus> {
        Command::new("kill").args(["-s", signal, &self.process.id().to_string()]).status()
    }

    /// The last line that it printed.
    fn last_words(&self) -> String {
        let said = std::fs::read(&self.said).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing").to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let asked = self.stop.is_some_and(|signal| self.send(signal).is_ok_and(|status| status.success()));
        let began = Instant::now();
        while asked && began.elapsed() < ENDS_WITHIN && matches!(self.process.try_wait(), Ok(None)) {
            std::thread::sleep(BETWEEN_LOOKS);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port of loopback that nobody has.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("it is bound").port()
}

/// A folder of a server's own, into which other users may look.
pub(super) fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).expect("a folder's mode can be set");
    folder
}

/// Makes everything below a folder that user's.
pub(super) fn give(folder: &Path, user: u32, group: u32) {
    std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("root can give files away");
    for entry in std::fs::read_dir(folder).expect("the folder can be read").flatten() {
        if entry.path().is_dir() {
            give(&entry.path(), user, group);
        } else {
            std::os::unix::fs::chown(entry.path(), Some(user), Some(group))
                .expect("root can give files away");
        }
    }
}

pub(super) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// In `first`, else in PATH, else in sbin, where servers live and which is not in everybody's PATH.
pub(crate) fn program(name: &str, first: &[&str]) -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let first = first.iter().map(PathBuf::from);
    let sbin = [PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")];
    let mut folders = first.chain(std::env::split_paths(&paths)).chain(sbin);
    let found = folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.exists()));
    found.unwrap_or_else(|| name.into())
}
