//! What StatusCake answers, whatever it is asked for. The first byte says with which status, and for which kind of tests.

use watchkeep_plugin_statuscake::run;
use watchkeep_sdk::testing::{Answer, Host};

const STATUSES: [u16; 6] = [200, 200, 401, 429, 503, 301];
const KINDS: [&str; 3] = ["uptime", "heartbeat", "ssl"];
/// The most bytes of a report's summary, by the contract.
const SUMMARY_BYTES_MAX: usize = 1 << 10;

/// Every test of a list is a finding, once; what is said is a sentence that drives no terminal; and no refusal judges anything.
pub fn statuscake(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else { return };
    let (status, kind) =
        (STATUSES[usize::from(first) % STATUSES.len()], KINDS[usize::from(first) / 6 % KINDS.len()]);
    let answered = body.to_vec();
    let config = format!(
        r#"{{"token":{{"secret":"token"}},"tests":"{kind}","uptime_warning":99.9,"response_time_warning":"1s","tests_max":450}}"#
    );
    let ran = Host::new()
        .secret("token", "sc-0123456789abcdef")
        .served_by(move |_| {
            Answer::status(status).header("x-ratelimit-remaining", "4").body(answered.clone())
        })
        .check(run, &config);
    let report = match &ran.result {
        Ok(report) => report,
        Err(fault) => {
            let said = format!("{fault:?}");
            assert!(said.len() < SUMMARY_BYTES_MAX * 2, "{} bytes", said.len());
            return;
        }
    };
    assert_eq!(status, 200, "a refusal judges: {}", report.summary);
    let document: serde_json::Value = serde_json::from_slice(body).expect("what has tests is a document");
    let listed = document["data"].as_array().map_or(0, Vec::len);
    assert!(report.findings.len() <= listed.min(450), "{} of {listed}", report.findings.len());
    let said = report.findings.iter().map(|finding| &finding.summary).chain([&report.summary]);
    for said in said {
        assert!(!said.is_empty() && said.len() <= SUMMARY_BYTES_MAX, "{} bytes", said.len());
        assert!(!said.chars().any(char::is_control), "{said:?}");
    }
}
