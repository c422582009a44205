//! What a Docker daemon answers. The first byte says whether it is a list, an inspection or statistics, and with which status;
//! what is asked for besides is answered well.

use watchkeep_plugin_docker::{exit_code_in, health_in, run};
use watchkeep_sdk::http::Sent;
use watchkeep_sdk::testing::{Answer, Host};

const STATUSES: [u16; 6] = [200, 200, 404, 500, 403, 301];
const LIST: &str = r#"[{"Id":"0123456789abcdef","Names":["/web"],"Image":"web","State":"running","Status":"Up 3 minutes","Created":1}]"#;
const INSPECTION: &str =
    r#"{"RestartCount":3,"State":{"Status":"running","StartedAt":"2026-03-04T04:06:07Z"}}"#;
/// The most bytes of a report's summary, by the contract.
const SUMMARY_BYTES_MAX: usize = 1 << 10;

/// Every container of a list is a finding, once; what is said is a sentence that drives no terminal; what is kept is a line for
/// each; no refusal of the list judges anything, and no answer leads to a path that is not of a container.
pub fn docker(bytes: &[u8]) {
    let Some((&first, body)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(body);
    let _ = (exit_code_in(&text), health_in(&text));
    let (status, part) = (STATUSES[usize::from(first) % STATUSES.len()], usize::from(first) / 6 % 3);
    let answered = body.to_vec();
    let serve = move |sent: &Sent| {
        let parts: Vec<&str> = sent.url.split('/').collect();
        let (asked, known) = match *parts.as_slice() {
            ["unix:docker:", "v1.41", "containers", list] if list.starts_with("json?all=true&limit=") => {
                (0, LIST)
            }
            ["unix:docker:", "v1.41", "containers", id, "json"] if is_id(id) => (1, INSPECTION),
            ["unix:docker:", "v1.41", "containers", id, "stats?stream=false&one-shot=true"] if is_id(id) => {
                (2, "{}")
            }
            _ => panic!("it asks for `{}`", sent.url),
        };
        match asked == part {
            true => Answer::status(status).body(answered.clone()),
            false => Answer::status(200).body(known),
        }
    };
    let config =
        r#"{"socket":"docker","api_version":"1.41","memory_warning":50,"cpu_warning":50,"expected":"gone"}"#;
    let ran = Host::new().served_by(serve).check(run, config);
    let report = match &ran.result {
        Ok(report) => report,
        Err(fault) => {
            let said = format!("{fault:?}");
            assert!(said.len() < SUMMARY_BYTES_MAX * 2, "{} bytes", said.len());
            return;
        }
    };
    assert!(part != 0 || status == 200, "a refusal judges: {}", report.summary);
    let said = report.findings.iter().map(|finding| &finding.summary).chain([&report.summary]);
    for said in said {
        assert!(!said.is_empty() && said.len() <= SUMMARY_BYTES_MAX, "{} bytes", said.len());
        assert!(!said.chars().any(char::is_control), "{said:?}");
    }
    let kept = ran.kv("containers").map(String::from_utf8_lossy).unwrap_or_default();
    assert!(kept.lines().all(|line| matches!(line.split(' ').count(), 5 | 6)), "{kept}");
}

fn is_id(text: &str) -> bool {
    text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
