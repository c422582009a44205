//! The bundled `tls` against real servers, and against what is none. One host for each test, with a check for each case.

mod certificates;
mod protocols;
mod stapled;
mod starttls;
mod strangers;

use serde_json::Value;
use watchkeep_end_to_end::servers::{Bench, SServer};
use watchkeep_end_to_end::{Folder, Host};

/// A check, and what comes of it.
struct Case {
    name: String,
    config: String,
    state: &'static str,
    /// All of these stand in its summary.
    words: Vec<String>,
    _server: Option<SServer>,
}

/// The address and what else stands in the check's config.
fn case(name: &str, address: &str, more: &str, state: &'static str, words: &[&str]) -> Case {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    Case {
        name: name.to_owned(),
        config: format!("address = \"{address}\"{more}"),
        state,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        _server: None,
    }
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
    Case { _server: Some(server), ..case(name, &address, more, state, words) }
}

/// A host that trusts this authority; `rest` stands in its config as well.
async fn hold(authority: &[u8], rest: &str, cases: &[Case]) -> (Folder, Host) {
    let checks: String = cases
        .iter()
        .map(|Case { name, config, .. }| {
            format!("[[check]]\nname = \"{name}\"\nplugin = \"tls\"\ninterval = \"1s\"\nconfig = {{ {config} }}\n\n")
        })
        .collect();
    let folder = Folder::new(&format!("ca_file = \"authority.pem\"\n\n{rest}\n\n{checks}"));
    folder.write("authority.pem", &String::from_utf8_lossy(authority));
    let host = Host::start(&folder).await;
    judge(&host, cases).await;
    (folder, host)
}

/// All that is wrong is shown at once.
async fn judge(host: &Host, cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let check = host.ran(&case.name).await;
        let said = summary(&check);
        let is_said = case.words.iter().all(|word| said.contains(word.as_str()));
        if check["state"] != case.state || !is_said {
            let Case { name, state, words, .. } = case;
            wrong.push(format!("{name}: {}: {said}\n   expected {state}: {words:?}", check["state"]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn summary(check: &Value) -> String {
    check["summary"].as_str().unwrap_or_default().to_owned()
}
