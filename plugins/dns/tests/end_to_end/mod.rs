//! The bundled `dns` against real name servers and a real resolver, and against what is none. Each test has a network of its
//! own, in which port 53 is free, and one host with a check for each case.

mod records;
mod signatures;
mod strangers;
mod world;
mod zones;

use serde_json::Value;
use watchkeep_end_to_end::{Folder, Host, eventually};

/// A check, and what comes of it.
struct Case {
    name: &'static str,
    config: String,
    /// `*` and `*@*` unless something else is said: what the README has for zones.
    allow: &'static str,
    state: &'static str,
    /// All of these stand in its summary, or in that of one of its findings.
    words: &'static [&'static str],
}

fn case(
    name: &'static str,
    config: impl Into<String>,
    state: &'static str,
    words: &'static [&'static str],
) -> Case {
    Case { name, config: config.into(), allow: r#""*", "*@*""#, state, words }
}

impl Case {
    fn allowed(self, allow: &'static str) -> Case {
        Case { allow, ..self }
    }
}

/// A host on which all of them ran.
async fn hold(cases: &[Case]) -> Host {
    let checks: String = cases
        .iter()
        .map(|Case { name, config, allow, .. }| {
            format!(
                "[[check]]\nname = \"{name}\"\nplugin = \"dns\"\ninterval = \"1s\"\nconfig = {{ {config} }}\n\
                 allow = {{ dns = [{allow}] }}\n\n"
            )
        })
        .collect();
    let folder = Folder::new(&format!("\n{checks}"));
    let host = Host::start(&folder).await;
    let mut wrong = Vec::new();
    for Case { name, state, words, .. } in cases {
        let ran = last_run(&host, name).await;
        let said = said(&ran);
        let is_said = words.iter().all(|word| said.contains(word));
        if ran["state"] != *state || !is_said {
            wrong.push(format!("{name}: {}: {said}\n   expected {state}: {words:?}", ran["state"]));
        }
    }
    // All that is wrong is shown at once.
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    host
}

/// The check's last result with all that it said.
async fn last_run(host: &Host, name: &str) -> Value {
    eventually(&format!("`{name}` has run"), async || {
        let results = host.get(&format!("/api/v1/checks/{name}/results?limit=1")).await.json();
        Some(results["items"][0].clone()).filter(|ran| !ran.is_null())
    })
    .await
}

/// Its summary, those of its findings, and how to mend a failure.
fn said(ran: &Value) -> String {
    let findings = ran["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let said = [ran].into_iter().chain(findings).map(|one| &one["summary"]);
    let said = said.chain([&ran["failure"]["hint"]]).filter_map(Value::as_str);
    said.collect::<Vec<_>>().join("\n   ")
}

/// The machine's resolver is what listens at 127.0.0.1, and these addresses are the machine's own.
fn room() -> String {
    let addresses = (10..=16).map(|last| format!("ip address add 192.0.2.{last}/32 dev lo\n"));
    let addresses: String = addresses.collect();
    format!(
        "{addresses}ip address add 2001:db8::11/128 dev lo nodad\nip address add 10.9.9.9/32 dev lo\n\
         folder=$(mktemp -d); echo nameserver 127.0.0.1 > $folder/resolv.conf\n\
         mount --bind $folder/resolv.conf /etc/resolv.conf; rm -r $folder"
    )
}
