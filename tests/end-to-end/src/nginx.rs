//! A real nginx on a temporary config, by its own process.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::eventually;
use crate::servers::free_port;

/// Where Debian keeps what speaks neither HTTP nor mail.
const STREAMS: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

pub struct Nginx {
    pub port: u16,
    /// Present if `tls` was asked for.
    pub tls_port: u16,
    _process: Child,
    _folder: TempDir,
}

/// Certificate chain and key, PEM.
pub struct Identity {
    pub chain: String,
    pub key: String,
}

impl Nginx {
    /// `locations` stand in a server block that listens on `port` and, with the identity, on `tls_port`.
    pub async fn start(locations: &str, identity: &Identity) -> Nginx {
        let (port, tls_port) = (free_port(), free_port());
        let blocks = |at: &str| {
            format!(
                "http {{
                   access_log off; default_type text/plain; keepalive_timeout 0;
                   client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;
                   uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;
                   server {{
                     listen 127.0.0.1:{port}; listen 127.0.0.1:{tls_port} ssl;
                     ssl_certificate {at}/chain.pem; ssl_certificate_key {at}/key.pem;
                     {locations}
                   }}
                 }}"
            )
        };
        Nginx::with("", blocks, [port, tls_port], identity).await
    }

    /// A server of streams, not of HTTP, that takes the clients of this authority alone, and says `greeting` to them.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn greeting(greeting: &str, authority: &str, identity: &Identity) -> Nginx {
        assert!(Path::new(STREAMS).exists(), "nginx has no streams; hint: `make setup` installs them");
        let (port, tls_port) = (free_port(), free_port());
        let blocks = |at: &str| {
            std::fs::write(format!("{at}/authority.pem"), authority).expect("a file can be written");
            format!(
                "stream {{
                   server {{
                     listen 127.0.0.1:{port}; listen 127.0.0.1:{tls_port} ssl;
                     ssl_certificate {at}/chain.pem; ssl_certificate_key {at}/key.pem;
                     ssl_client_certificate {at}/authority.pem; ssl_verify_client on;
                     return \"{greeting}\";
                   }}
                 }}"
            )
        };
        Nginx::with(&format!("load_module {STREAMS};"), blocks, [port, tls_port], identity).await
    }

    /// `blocks` stand in its config, for the folder with the identity's files.
    async fn with(
        modules: &str,
        blocks: impl FnOnce(&str) -> String,
        [port, tls_port]: [u16; 2],
        identity: &Identity,
    ) -> Nginx {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let at = folder.path().display().to_string();
        std::fs::write(folder.path().join("chain.pem"), &identity.chain).expect("a file can be written");
        std::fs::write(folder.path().join("key.pem"), &identity.key).expect("a file can be written");
        let blocks = blocks(&at);
        // One process in the foreground and everything below the temporary folder: nothing is left behind.
        let config = format!(
            "{modules} daemon off; master_process off; pid {at}/pid; error_log stderr error;
             events {{ worker_connections 4096; }}
             {blocks}"
        );
        let config_path = folder.path().join("nginx.conf");
        std::fs::write(&config_path, config).expect("a file can be written");
        let process = Command::new(program())
            .args(["-e", "stderr", "-p"])
            .arg(folder.path())
            .arg("-c")
            .arg(&config_path)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("nginx can be started; hint: `make setup` installs it");
        eventually("nginx listens", async || {
            let plain = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()?;
            let tls = tokio::net::TcpStream::connect(("127.0.0.1", tls_port)).await.ok()?;
            Some((plain, tls))
        })
        .await;
        Nginx { port, tls_port, _process: process, _folder: folder }
    }
}

pub fn program() -> PathBuf {
    crate::program("nginx", &[])
}
