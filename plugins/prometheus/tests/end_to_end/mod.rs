//! The bundled `prometheus` against a real server that watches itself, and against what is none.

use watchkeep_end_to_end::cases::{case, hold, outcome};
use watchkeep_end_to_end::servers::{Prometheus, Stranger};
use watchkeep_end_to_end::{Folder, Host, closed_port, eventually_seeing};

/// Once the server has scraped whom it watches.
async fn scraped(host: &Host) {
    eventually_seeing("both jobs were scraped", async || {
        let found = outcome(host, "scraped").await;
        if found.0 == "ok" { Ok(()) } else { Err(found) }
    })
    .await;
}

#[tokio::test]
async fn a_real_server_answers_numbers_series_ranges_nothing_and_complaints() {
    let prometheus = Prometheus::start();
    let server = format!("http://127.0.0.1:{}", prometheus.port);
    let (closed, ssh) =
        (closed_port().await, Stranger::Saying(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()).start().await);
    let at = |url: &str, query: &str, more: &str| format!("url = \"{url}\", query = '{query}', {more}");
    let asked = |query: &str, more: &str| at(&server, query, more);
    let down = "critical_below = 1";
    let first = [case("scraped", asked("count(up)", "critical_below = 2, empty = \"warning\""), "", &[])];
    let folder = Folder::new("");
    folder.config(&watchkeep_end_to_end::cases::checks("prometheus", &first));
    let host = Host::start(&folder).await;
    scraped(&host).await;
    // The next one wants the same folder: this one must be gone, and not only be told to go.
    host.kill().await;

    let cases = [
        case("self", asked("up{job=\"self\"}", down), "ok", &["job=self is 1"]),
        case("path", at(&format!("{server}/api/v1/"), "up{job=\"self\"}", down), "ok", &[]),
        case(
            "both",
            asked("up", &format!("{down}, key_labels = \"job\"")),
            "critical",
            &["1 of 2 critical: job=gone is 0, below 1"],
        ),
        case(
            "down",
            asked("up == 0", "critical_above = -1, empty = \"ok\", key_labels = \"job\""),
            "critical",
            &["job=gone is 0, above -1"],
        ),
        case(
            "none-down",
            asked("up{job=\"self\"} == 0", "critical_above = -1, empty = \"ok\""),
            "ok",
            &["no series"],
        ),
        case("none", asked("nothing_of_this_name", "critical_above = 1"), "unknown", &["no series"]),
        case("missing", asked("nothing_of_this_name", "empty = \"critical\""), "critical", &["no series"]),
        case(
            "scalar",
            asked("scalar(count(up))", "warning_above = 1"),
            "warning",
            &["the value is 2, above 1"],
        ),
        case("sum", asked("sum(up)", "critical_below = 1"), "ok", &["the value is 1"]),
        case("range", asked("up{job=\"self\"}[1m]", down), "ok", &["job=self is 1"]),
        case("nan", asked("0 * sum(up) / 0", "critical_above = 1"), "unknown", &["the value is NaN"]),
        case(
            "endless",
            asked("sum(up) / 0", "critical_above = 1"),
            "critical",
            &["the value is inf, above 1"],
        ),
        case(
            "text",
            asked("\"words\"", "critical_above = 1"),
            "fault",
            &["config: ", "the query yields a text"],
        ),
        case(
            "wrong-query",
            asked("sum(up", "critical_above = 1"),
            "fault",
            &[
                "config: ",
                "the server answers 400, bad_data: ",
                "parse error: unclosed left parenthesis",
                "hint: try the query",
            ],
        ),
        case(
            "wrong-path",
            at(&format!("{server}/elsewhere"), "up", down),
            "fault",
            &["inconclusive: ", "the server answers 404 and no JSON of Prometheus: `404 page not found`"],
        ),
        case(
            "closed",
            at(&format!("http://{closed}"), "up", down),
            "fault",
            &["inconclusive: ", "the server could not be asked: connection refused by "],
        ),
        case(
            "ssh",
            at(&format!("http://{ssh}"), "up", down),
            "fault",
            &["inconclusive: ", "the server could not be asked: broken answer from "],
        ),
        case(
            "too-many",
            asked("up", &format!("{down}, series_max = 1, key_labels = \"job\"")),
            "critical",
            &["job=gone is 0, below 1; 2 series, more than the 1 that are findings"],
        ),
    ];
    hold(&folder, "", "prometheus", &cases).await;
}
