//! The bundled `tls` against real servers, and against what is none. One host for each test, with a check for each case.

mod certificates;
mod protocols;
mod stapled;
mod starttls;
mod strangers;

use serde_json::Value;
use watchkeep_end_to_end::cases::{self, Case};
use watchkeep_end_to_end::servers::Bench;
use watchkeep_end_to_end::{Folder, Host};

/// The address and what else stands in the check's config.
fn case(name: &str, address: &str, more: &str, state: &'static str, words: &[&str]) -> Case {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    cases::case(name, format!("address = \"{address}\"{more}"), state, words)
}

/// The same against a server of OpenSSL that is started with these arguments.
fn served(
    bench: &Bench,
    (name, arguments): (&str, &str),
    more: &str,
    state: &'static str,
    words: &[&str],
) -> Case {
    let server = bench.serve(arguments);
    let address = format!("127.0.0.1:{}", server.port);
    Case { server: Some(server), ..case(name, &address, more, state, words) }
}

/// A host that trusts this authority; `rest` stands in its config as well.
async fn hold(authority: &[u8], rest: &str, cases: &[Case]) -> (Folder, Host) {
    let folder = Folder::new("");
    folder.write("authority.pem", &String::from_utf8_lossy(authority));
    let rest = format!("ca_file = \"authority.pem\"\n\n{rest}");
    let host = cases::hold(&folder, &rest, "tls", cases).await;
    (folder, host)
}

fn summary(check: &Value) -> String {
    check["summary"].as_str().unwrap_or_default().to_owned()
}
