//! Client certificates, shown to a real nginx that wants one.

use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Engine};

use crate::servers::running::free_port;
use crate::support::{Memory, call, failure, module, options, ports, report, rights};
use crate::tls::Authority;

/// Two servers of one process, each of which wants a certificate; the first knows a way to the second. Ends with the
/// test.
struct Nginx {
    port: u16,
    other: u16,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Nginx {
    fn start(authority: &Authority) -> Nginx {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let (chain, key) = authority.certificate_pem("localhost");
        let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
        write("authority.pem", &authority.pem());
        write("chain.pem", chain.as_bytes());
        write("key.pem", key.as_bytes());
        let (port, other) = (free_port(), free_port());
        let says = r#"return 200 "$ssl_client_verify $ssl_client_s_dn";"#;
        let config = format!(
            "daemon off; master_process off; pid {at}/pid; error_log stderr crit; events {{ }}
             http {{
               access_log off; default_type text/plain;
               client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;
               uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;
               ssl_certificate {at}/chain.pem; ssl_certificate_key {at}/key.pem;
               ssl_client_certificate {at}/authority.pem;
               server {{
                 listen 127.0.0.1:{port} ssl; ssl_verify_client on;
                 location / {{ {says} }}
                 location /away {{ return 307 https://localhost:{other}/; }}
               }}
               server {{
                 listen 127.0.0.1:{other} ssl; ssl_verify_client optional;
                 location / {{ {says} }}
               }}
             }}"
        );
        write("nginx.conf", config.as_bytes());
        let process = Command::new(program())
            .args(["-e", "stderr", "-p"])
            .arg(folder.path())
            .arg("-c")
            .arg(folder.path().join("nginx.conf"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx can be started; hint: `make setup` installs it");
        let nginx = Nginx { port, other, process, _folder: folder };
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, other)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "nginx does not listen");
            std::thread::yield_now();
        }
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// nginx lives in sbin, which is not in everybody's PATH.
fn program() -> &'static Path {
    let places = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].map(Path::new);
    places.into_iter().find(|path| path.exists()).unwrap_or(Path::new("nginx"))
}

struct Lab {
    engine: Engine,
    nginx: Nginx,
    authority: Authority,
    memory: Arc<Memory>,
    _folder: tempfile::TempDir,
}

impl Lab {
    fn new() -> Lab {
        let authority = Authority::new();
        let folder = tempfile::tempdir().unwrap();
        let mut options = options(folder.path());
        options.extra_roots_pem = vec![authority.pem()];
        let engine = Engine::new(options).unwrap();
        let nginx = Nginx::start(&authority);
        Lab { engine, nginx, authority, memory: Arc::default(), _folder: folder }
    }

    fn secret(&self, value: &str, port: u16) {
        self.memory.secret("key", value, &[&format!("https://localhost:{port}")]);
    }

    async fn ask(&self, program: &str, name: &str, path: &str, config: &str) -> Ended<Outcome> {
        let url = format!("https://localhost:{}{path}", self.nginx.port);
        let module = module(program).into();
        let generation = self.engine.load(module, &format!("{program}.wasm")).await.unwrap();
        let config = format!(r#"{{"url":"{url}","secret":"key","attached":{{"secret":"key"}}{config}}}"#);
        let granted = [&*url, &format!("https://localhost:{}/", self.nginx.other)];
        let call = call(&config, rights(name, &granted, &[]));
        self.engine.run_check(&generation, call, &ports(&self.memory)).await
    }

    async fn show(&self, path: &str) -> Ended<Outcome> {
        self.ask("secret_echo", "secret-echo", path, r#","placement":"certificate""#).await
    }
}

#[tokio::test]
async fn a_certificate_is_shown_to_who_wants_it() {
    let lab = Lab::new();
    let without = lab.ask("slow_target", "slow-target", "/", "").await;
    assert!(report(&without).summary.contains("status 400"), "{without:?}");
    let (chain, key) = lab.authority.certificate_pem("watchkeep.example.com");
    for pem in [format!("{chain}{key}"), format!("{key}\n{chain}")] {
        lab.secret(&pem, lab.nginx.port);
        let ended = lab.show("/").await;
        assert_eq!(report(&ended).summary, "SUCCESS CN=watchkeep.example.com", "{ended:?}");
    }
}

#[tokio::test]
async fn a_certificate_goes_only_where_it_is_bound_and_to_no_other_origin() {
    let lab = Lab::new();
    let (chain, key) = lab.authority.certificate_pem("watchkeep.example.com");
    lab.secret(&format!("{chain}{key}"), lab.nginx.other);
    let ended = lab.show("/").await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied, "{ended:?}");
    assert!(failure(&ended).message.contains("to which it is not bound"), "{ended:?}");
    lab.memory.secret("key", &format!("{chain}{key}"), &["https://localhost:*"]);
    let ended = lab.show("/away").await;
    assert_eq!(report(&ended).summary, "NONE ", "{ended:?}");
}
