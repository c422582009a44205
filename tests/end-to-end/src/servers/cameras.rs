//! Cameras: real streams of GStreamer's RTSP server, and a strict double that misbehaves in ways in which that one does not.
//! `servers/cameras.py` and `servers/camera.py` say what is at which path.

use std::path::Path;

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};
use super::{at, keep};
use crate::Identity;

/// GStreamer's.
pub struct Cameras {
    pub port: u16,
    pub digest_port: u16,
    pub basic_port: u16,
    pub tls_port: u16,
    _running: Running,
    folder: TempDir,
}

impl Cameras {
    /// The user that two of the ports, and the double, want.
    pub const USER: &str = "watchkeep";
    pub const PASSWORD: &str = "correct-horse-battery";

    pub fn start(identity: &Identity) -> Cameras {
        let folder = running::folder();
        keep(folder.path(), identity);
        let ports = [free_port(), free_port(), free_port(), free_port()];
        let texts = ports.map(|port| port.to_string());
        let server = script("cameras.py", &folder)
            .arguments(texts.iter().map(String::as_str))
            .arguments(["chain.pem", "key.pem"]);
        let running = server.start(&ports.map(at));
        let [port, digest_port, basic_port, tls_port] = ports;
        Cameras { port, digest_port, basic_port, tls_port, _running: running, folder }
    }

    /// A JPEG of 320 by 240 pixels.
    ///
    /// # Panics
    /// If GStreamer has not made it.
    pub fn picture(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("picture.jpg")).expect("GStreamer makes a picture")
    }
}

/// The double.
pub struct CameraDouble {
    pub port: u16,
    _running: Running,
    folder: TempDir,
}

impl CameraDouble {
    #[expect(clippy::new_without_default, reason = "it starts a process")]
    pub fn new() -> CameraDouble {
        let folder = running::folder();
        let port = free_port();
        let text = port.to_string();
        let server = script("camera.py", &folder).arguments([text.as_str()]);
        CameraDouble { port, _running: server.start(&[at(port)]), folder }
    }

    /// Requests that no camera would take.
    pub fn unexpected(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("unexpected")).unwrap_or_default()
    }
}

/// MJPEG over HTTP. `servers/mjpeg.py` says what is at which path.
pub struct Mjpeg {
    pub port: u16,
    _running: Running,
    folder: TempDir,
}

impl Mjpeg {
    #[expect(clippy::new_without_default, reason = "it starts a process")]
    pub fn new() -> Mjpeg {
        let folder = running::folder();
        let port = free_port();
        let text = port.to_string();
        let server = script("mjpeg.py", &folder).arguments([text.as_str()]);
        Mjpeg { port, _running: server.start(&[at(port)]), folder }
    }

    /// A picture of 640 by 480 pixels.
    ///
    /// # Panics
    /// If GStreamer has not made it.
    pub fn picture(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("still.jpg")).expect("GStreamer makes a picture")
    }

    /// Requests that nobody should make.
    pub fn unexpected(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("unexpected")).unwrap_or_default()
    }
}

/// The system's Python is the one that the system's packages are for.
fn script(name: &str, folder: &TempDir) -> Server {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers").join(name);
    Server::found("python3", Path::new("/usr/bin/python3"), folder.path())
        .arguments([script.to_str().expect("the folder's name is text")])
}
