//! A real dbus-daemon of a test's own, and a systemd on it: `servers/systemd.py` says which units it has.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::running::{self, Running, Server, program};

pub struct Bus {
    _systemd: Option<Running>,
    _daemon: Running,
    folder: TempDir,
}

impl Bus {
    /// With a systemd.
    pub fn start() -> Bus {
        let mut bus = Bus::without_systemd();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/systemd.py");
        let ready = bus.folder.path().join("ready");
        // The system's Python is the one that the system's packages are for.
        let python = program("python3", &["/usr/bin"]);
        let address = format!("unix:path={}", bus.socket().display());
        let text = |path: &Path| path.to_str().expect("the path is text").to_owned();
        let server = Server::found("python3", &python, bus.folder.path())
            .arguments([text(&script).as_str(), text(&ready).as_str()])
            .environment("DBUS_SYSTEM_BUS_ADDRESS", &address);
        bus._systemd = Some(server.start_until(|| ready.exists()));
        bus
    }

    /// # Panics
    /// If its folder cannot be written.
    pub fn without_systemd() -> Bus {
        let folder = running::folder();
        let socket = folder.path().join("bus");
        let config = format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
             \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig><type>system</type>\
             <listen>unix:path={}</listen><auth>EXTERNAL</auth><policy context=\"default\"><allow user=\"*\"/>\
             <allow own=\"*\"/><allow send_type=\"method_call\"/><allow send_type=\"signal\"/>\
             <allow send_requested_reply=\"true\" send_type=\"method_return\"/>\
             <allow send_requested_reply=\"true\" send_type=\"error\"/><allow receive_type=\"method_call\"/>\
             <allow receive_type=\"method_return\"/><allow receive_type=\"error\"/><allow receive_type=\"signal\"/>\
             </policy></busconfig>\n",
            socket.display()
        );
        std::fs::write(folder.path().join("bus.conf"), config).expect("the server's folder can be written");
        let server = Server::new("dbus-daemon", folder.path()).arguments([
            "--config-file=bus.conf",
            "--nofork",
            "--nopidfile",
        ]);
        let daemon = server.start_until(|| std::os::unix::net::UnixStream::connect(&socket).is_ok());
        Bus { _systemd: None, _daemon: daemon, folder }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("bus")
    }
}
