//! A real dockerd with a folder of its own, that leaves the machine's networks and mounts alone; its one image is made of a
//! static busybox.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::openssl::Bench;
use super::running::{self, Running, Server, free_port, is_root, program};

pub struct Docker {
    /// Over TCP, where it was started with `--tlsverify`; else nobody listens there.
    pub tls_port: u16,
    _running: Running,
    folder: TempDir,
}

/// The image that containers are made of.
const IMAGE: &str = "busybox:local";

impl Docker {
    /// None, said in one line, where the machine gives containers no place.
    ///
    /// # Panics
    /// Without the rights of root, which it wants.
    pub fn start() -> Docker {
        Docker::start_with(free_port(), &[])
    }

    /// The same, which listens on TCP as well: with `server.pem` of the bench, for clients with a certificate of its `root`.
    ///
    /// # Panics
    /// Without the rights of root, which it wants.
    pub fn start_verifying(bench: &Bench) -> Docker {
        let (port, made) = (free_port(), bench.path().display());
        let arguments = [
            "--tlsverify".to_owned(),
            format!("--host=tcp://127.0.0.1:{port}"),
            format!("--tlscacert={made}/root.pem"),
            format!("--tlscert={made}/server.pem"),
            format!("--tlskey={made}/server.key"),
        ];
        Docker::start_with(port, &arguments)
    }

    fn start_with(tls_port: u16, more: &[String]) -> Docker {
        assert!(is_root(), "dockerd starts for root alone; hint: run this test as root");
        let folder = running::folder();
        let path = folder.path().display().to_string();
        let server = Server::new("dockerd", folder.path()).arguments([
            "--storage-driver=vfs",
            "--bridge=none",
            "--iptables=false",
            "--ip6tables=false",
            &format!("--data-root={path}/data"),
            &format!("--exec-root={path}/exec"),
            &format!("--pidfile={path}/pid"),
            &format!("--host=unix://{path}/docker.sock"),
        ]);
        let server = server.arguments(more.iter().map(String::as_str));
        let socket = folder.path().join("docker.sock");
        let running = server.ends_by("TERM").start_until(|| {
            let asked = ask(&socket, "GET", "/_ping", "", &[]);
            asked.is_ok_and(|(status, _)| status == 200)
        });
        let docker = Docker { tls_port, _running: running, folder };
        docker.make_image();
        docker
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// The image from a root file system of one program, without any registry.
    fn make_image(&self) {
        let root = self.folder.path().join("root");
        std::fs::create_dir_all(root.join("bin")).expect("folders can be made");
        let busybox = program("busybox", &["/bin"]);
        assert!(busybox.exists(), "`busybox` is not installed; hint: `make setup` installs it");
        std::fs::copy(busybox, root.join("bin/busybox")).expect("a program can be copied");
        std::os::unix::fs::symlink("busybox", root.join("bin/sh")).expect("a link can be made");
        let packed = Command::new("tar").args(["-C", &root.display().to_string(), "-c", "."]).output();
        let packed = packed.expect("`tar` can be started").stdout;
        let (status, said) =
            self.ask("POST", "/images/create?fromSrc=-&repo=busybox&tag=local", "application/x-tar", &packed);
        assert_eq!(status, 200, "{said}");
    }

    /// Creates a container that runs this with a shell; `more` are members of its config, each with a comma before it.
    pub fn create(&self, name: &str, script: &str, more: &str) {
        let config = format!(
            r#"{{"Image":"{IMAGE}","Cmd":["/bin/sh","-c","{script}"],"NetworkDisabled":true{more}}}"#
        );
        let path = format!("/containers/create?name={name}");
        let (status, said) = self.ask("POST", &path, "application/json", config.as_bytes());
        assert_eq!(status, 201, "{said}");
    }

    /// Creates it and starts it.
    pub fn run(&self, name: &str, script: &str, more: &str) {
        self.create(name, script, more);
        self.act(name, "start");
    }

    /// `start`, `stop`, `pause`, `kill`.
    pub fn act(&self, name: &str, act: &str) {
        let (status, said) = self.ask("POST", &format!("/containers/{name}/{act}"), "", &[]);
        assert_eq!(status, 204, "{name} {act}: {said}");
    }

    pub fn remove(&self, name: &str) {
        let (status, said) = self.ask("DELETE", &format!("/containers/{name}?force=true"), "", &[]);
        assert_eq!(status, 204, "{said}");
    }

    /// What its inspection has to say.
    pub fn inspected(&self, name: &str) -> serde_json::Value {
        let (status, said) = self.ask("GET", &format!("/containers/{name}/json"), "", &[]);
        assert_eq!(status, 200, "{said}");
        serde_json::from_str(&said).expect("the daemon answers with JSON")
    }

    fn ask(&self, method: &str, path: &str, media_type: &str, body: &[u8]) -> (u16, String) {
        ask(&self.socket(), method, path, media_type, body).expect("the daemon answers")
    }
}

/// Containers end before their daemon, whose mounts are gone then.
impl Drop for Docker {
    fn drop(&mut self) {
        let listed = ask(&self.socket(), "GET", "/containers/json?all=true", "", &[]);
        let listed = listed.ok().and_then(|(_, said)| serde_json::from_str::<serde_json::Value>(&said).ok());
        for container in listed.as_ref().and_then(|listed| listed.as_array()).into_iter().flatten() {
            let id = container["Id"].as_str().unwrap_or_default();
            let _ = ask(&self.socket(), "DELETE", &format!("/containers/{id}?force=true"), "", &[]);
        }
    }
}

/// One request of HTTP/1.0, whose answer ends with the connection.
fn ask(
    socket: &Path,
    method: &str,
    path: &str,
    media_type: &str,
    body: &[u8],
) -> std::io::Result<(u16, String)> {
    let mut stream = UnixStream::connect(socket)?;
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nhost: docker\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n"
    )?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, said) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok((status, said.to_owned()))
}
