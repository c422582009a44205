//! A real gRPC server with the standard health service, by gRPC's own library for Python.

use std::path::Path;

use tempfile::TempDir;

use super::at;
use super::running::{self, Running, Server, free_port};

pub struct Grpc {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

impl Grpc {
    /// In the clear, or over TLS with these files: chain and key, and the authority of its clients. `environment` as
    /// `servers/health.py` says.
    pub fn start(tls: &[&Path], environment: &[(&str, &str)]) -> Grpc {
        let folder = running::folder();
        let port = free_port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/health.py");
        let tls: Vec<String> = tls.iter().map(|file| file.display().to_string()).collect();
        // The system's Python is the one that the system's packages are for.
        let mut server = Server::found("python3", Path::new("/usr/bin/python3"), folder.path())
            .arguments([script.to_str().expect("the folder's name is text"), &port.to_string()])
            .arguments(tls.iter().map(String::as_str));
        for (name, value) in environment {
            server = server.environment(name, value);
        }
        Grpc { port, _running: server.start(&[at(port)]), _folder: folder }
    }
}
