//! A real OpenID provider: the certified one of Node.js, which `make setup` installs.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::running::{Running, Server, free_port};

pub struct OpenIdProvider {
    /// What it calls itself.
    pub issuer: String,
    _running: Running,
    _folder: TempDir,
}

impl OpenIdProvider {
    /// A port that is free now, for whoever must be known to the provider beforehand.
    pub fn free_port() -> u16 {
        free_port()
    }

    /// With one client, `watchkeep`. With the files of a certificate and its key, over TLS.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(redirect_uri: &str, secret: &str, tls: Option<(&Path, &Path)>) -> OpenIdProvider {
        let library = tools().join("oidc/node_modules/oidc-provider/lib/index.js");
        assert!(library.exists(), "`{}` is not there; hint: `make setup` installs it", library.display());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/oidc/provider.js");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let port = free_port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let mut arguments = vec![
            script.display().to_string(),
            library.display().to_string(),
            port.to_string(),
            redirect_uri.to_owned(),
            secret.to_owned(),
        ];
        arguments.extend(
            tls.into_iter().flat_map(|(one, other)| [one.display().to_string(), other.display().to_string()]),
        );
        let server = Server::new("node", folder.path());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let running = server.arguments(arguments.iter().map(String::as_str)).start(&[address]);
        OpenIdProvider { issuer: format!("{scheme}://127.0.0.1:{port}"), _running: running, _folder: folder }
    }
}

/// Beside the folder of the program in which the tests are.
fn tools() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    let found = test.ancestors().map(|folder| folder.join("tools")).find(|tools| tools.is_dir());
    found.expect("there is a folder of tools in the target folder; hint: `make setup` makes it")
}
