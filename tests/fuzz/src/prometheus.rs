//! What a Prometheus server answers. The first byte says with which status.

use watchkeep_plugin_prometheus::{read, run};
use watchkeep_sdk::testing::{Answer, Host};

const STATUSES: [u16; 6] = [200, 400, 422, 500, 503, 404];
/// The most bytes of a report's summary, by the contract.
const SUMMARY_BYTES_MAX: usize = 1 << 10;

/// Series come from an answer that says it succeeded, and whatever else it is: no reader of it panics, and what is said of it
/// is a sentence.
pub fn prometheus(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else { return };
    let status = STATUSES[usize::from(first) % STATUSES.len()];
    let text = String::from_utf8_lossy(body);
    match read(status, &text) {
        Ok(answer) => {
            let document: serde_json::Value =
                serde_json::from_str(&text).expect("what has series is a document");
            assert_eq!(document["status"], "success");
            let expected = match answer.is_scalar {
                true => 1,
                false => document["data"]["result"].as_array().map_or(0, Vec::len),
            };
            assert_eq!(answer.series.len(), expected, "each series once");
            for series in &answer.series {
                assert!(series.labels.is_sorted(), "labels stand in order: {:?}", series.labels);
            }
        }
        Err(fault) => {
            let said = format!("{fault:?}");
            assert!(said.len() < SUMMARY_BYTES_MAX * 2, "{} bytes", said.len());
        }
    }
    let answer = Answer::status(status).body(body);
    let ran = Host::new()
        .answer("POST https://prometheus.example.com/api/v1/query", answer)
        .check(run, r#"{"url":"https://prometheus.example.com","query":"up","critical_below":1}"#);
    if let Ok(report) = &ran.result {
        assert!(report.metrics.iter().all(|metric| metric.value.is_finite()), "{:?}", report.metrics);
        let mut keys: Vec<_> = report.findings.iter().map(|finding| &*finding.key).collect();
        keys.sort_unstable();
        assert!(
            keys.windows(2).all(|pair| pair[0] != pair[1]),
            "each finding has a key of its own: {keys:?}"
        );
    }
}
