//! A real lighttpd, for logins by digest. The engine's own tests use this file too.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};

pub struct Lighttpd {
    pub port: u16,
    _running: Running,
    folder: TempDir,
}

impl Lighttpd {
    /// Whose pages below `/ALGORITHM/` (`MD5`, `SHA-256`) this user may read who knows this password, and below `/open/`
    /// everybody; each says `welcome`.
    ///
    /// # Panics
    /// If its folder cannot be written.
    pub fn with_digest(user: &str, password: &str) -> Lighttpd {
        let folder = running::folder();
        let port = free_port();
        let root = folder.path();
        let write = |name: &str, text: &str| {
            fs::write(root.join(name), text).expect("the server's folder can be written");
        };
        write("users", &format!("{user}:{password}\n"));
        let mut guarded = String::new();
        for place in ["MD5", "SHA-256", "open"] {
            fs::create_dir_all(root.join("pages").join(place)).expect("the server's folder can be written");
            write(&format!("pages/{place}/index.html"), "welcome\n");
            if place != "open" {
                let _ = writeln!(
                    guarded,
                    "\"/{place}/\" => (\"method\" => \"digest\", \"realm\" => \"the watched\", \"require\" => \"valid-user\", \"algorithm\" => \"{place}\"),"
                );
            }
        }
        let root = root.display();
        write(
            "conf",
            &format!(
                "server.document-root = \"{root}/pages\"\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
                 server.modules = (\"mod_auth\", \"mod_authn_file\", \"mod_redirect\")\nindex-file.names = (\"index.html\")\n\
                 mimetype.assign = (\".html\" => \"text/html\", \".jpg\" => \"image/jpeg\")\n\
                 auth.backend = \"plain\"\nauth.backend.plain.userfile = \"{root}/users\"\nauth.require = ({guarded})\n\
                 url.redirect = (\"^/to/(.*)$\" => \"/$1\")\n"
            ),
        );
        let server = Server::new("lighttpd", folder.path()).arguments(["-D", "-f", "conf"]);
        let running = server.start(&[SocketAddr::from((Ipv4Addr::LOCALHOST, port))]);
        Lighttpd { port, _running: running, folder }
    }
    /// Puts a file of this name at one of these places.
    ///
    /// # Panics
    /// If its folder cannot be written.
    pub fn file(&self, place: &str, name: &str, bytes: &[u8]) {
        let path = self.folder.path().join("pages").join(place).join(name);
        fs::write(path, bytes).expect("the server's folder can be written");
    }
}
