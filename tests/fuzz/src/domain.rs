//! What a registry answers. The first byte says with which status.

use watchkeep_plugin_domain::{read, run};
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Answer, Host};

const STATUSES: [u16; 6] = [200, 400, 404, 429, 503, 302];
const NAME: &str = "shop.example";
/// The most bytes of a report's summary, by the contract.
const SUMMARY_BYTES_MAX: usize = 1 << 10;

/// What is taken from an answer is about the domain that was asked for, and what is said of it is a sentence that drives no terminal.
pub fn domain(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else { return };
    match read(body, NAME) {
        Ok(registration) => {
            let document: serde_json::Value =
                serde_json::from_slice(body).expect("what is published is a document");
            assert_eq!(document["objectClassName"], "domain");
            let servers = registration.name_servers.unwrap_or_default();
            assert!(servers.len() <= 50, "{servers:?}");
        }
        Err(why) => assert!(why.len() < SUMMARY_BYTES_MAX && !why.chars().any(char::is_control), "{why:?}"),
    }
    let status = STATUSES[usize::from(first) % STATUSES.len()];
    let ran = Host::new()
        .always("GET https://rdap.example/help", Answer::status(200).body(body))
        .answer("GET https://rdap.example/domain/shop.example", Answer::status(status).body(body))
        .check(
            run,
            r#"{"domains":"shop.example","server":"https://rdap.example","registrar":"292","name_servers":"ns1.example.net"}"#,
        );
    let report = ran.report();
    let said = &report.summary;
    assert!(
        !said.is_empty() && said.len() <= SUMMARY_BYTES_MAX && !said.chars().any(char::is_control),
        "{said:?}"
    );
    assert!(
        status == 200 || status == 404 || report.state == State::Unknown,
        "{status} is {:?}",
        report.state
    );
    // What was kept of it is read back as it was.
    let Some(kept) = ran.kv("domain/shop.example") else { panic!("nothing is kept") };
    let again = Host::new().kv("domain/shop.example", kept).check(
        run,
        r#"{"domains":"shop.example","server":"https://rdap.example","registrar":"292","name_servers":"ns1.example.net"}"#,
    );
    assert_eq!((again.report().state, &again.report().summary), (report.state, said));
}
