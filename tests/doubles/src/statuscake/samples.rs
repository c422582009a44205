//! Tests as StatusCake tells of them.

use serde_json::{Value, json};

/// An uptime test that is up, with all that its own page tells.
pub fn uptime_test(id: &str, name: &str) -> Value {
    json!({
        "id": id,
        "paused": false,
        "name": name,
        "website_url": format!("https://{name}.example/"),
        "test_type": "HTTP",
        "check_rate": 300,
        "contact_groups": ["123"],
        "status": "up",
        "tags": [],
        "uptime": 100,
        "last_tested_at": "2026-03-04T05:04:00+00:00",
        "processing": false,
        "processing_state": "complete",
        "servers": [{ "description": "London, United Kingdom", "region": "london", "region_code": "london",
            "status": "up", "ipv4": "192.0.2.7" }],
        "status_codes": ["500", "501", "502", "503"],
        "timeout": 15,
        "trigger_rate": 0,
        "confirmation": 2,
        "do_not_find": false,
        "follow_redirects": true,
        "include_header": false,
        "use_jar": false,
        "enable_ssl_alert": true,
        "custom_header": "{}",
    })
}

/// A row of a test's history; `at` as RFC 3339.
pub fn history_row(at: &str, performance: u64) -> Value {
    json!({ "created_at": at, "location": "UKNET5", "performance": performance, "status_code": 200 })
}

/// A test of a certificate, good until then (RFC 3339).
pub fn ssl_test(id: &str, url: &str, valid_until: &str) -> Value {
    json!({
        "id": id,
        "paused": false,
        "website_url": url,
        "check_rate": 3600,
        "contact_groups": [],
        "alert_at": [1, 7, 30],
        "certificate_score": 95,
        "certificate_status": "CERT_OK",
        "cipher_score": 100,
        "valid_from": "2026-01-01T00:00:00+00:00",
        "valid_until": valid_until,
        "updated_at": "2026-03-04T05:00:00+00:00",
    })
}

/// A heartbeat test that was pinged in time.
pub fn heartbeat_test(id: &str, name: &str) -> Value {
    json!({
        "id": id,
        "paused": false,
        "name": name,
        "contact_groups": [],
        "host": "",
        "period": 1800,
        "status": "up",
        "tags": [],
        "uptime": 100,
        "url": format!("https://push.statuscake.com/?PK=0123456789abcdef&TestID={id}&time=0"),
    })
}
