//! What is refused, and what the README says.

use super::*;
use watchkeep_plugin_ip_reputation::MANIFEST;

#[test]
fn contradictions_are_told_with_a_fix() {
    let own = |list: Value| json!({ "own_lists": [list] });
    let many: Vec<String> = (0..51).map(|at| format!("192.0.2.{at}")).collect();
    for (more, said) in [
        (json!({ "addresses": "mail.example.com" }), "is not an IP address; hint: write `192.0.2.25`"),
        (json!({ "addresses": [] }), "names none"),
        (json!({ "addresses": many }), "names 51; hint: 50 at most"),
        (json!({ "addresses": ["192.0.2.1", "::ffff:192.0.2.1"] }), "`192.0.2.1` is listed twice"),
        (json!({ "lists": ["psbl", "psbl"] }), "`psbl` is listed twice"),
        (json!({ "own_lists": [] }), "there is none to ask"),
        (json!({ "lists": ["sorbs"] }), "`sorbs` is none of `spamhaus`"),
        (own(json!({ "zone": "a b" })), "is not a zone"),
        (own(json!({ "zone": "a..b" })), "is not a zone"),
        (own(json!({ "zone": "a.example", "policy": "10.0.0.1" })), "is not a block list's answer"),
        (own(json!({ "zone": "a.example", "name": "psbl" })), "`psbl` is the name of another list"),
        (own(json!({ "zone": "a.example", "weight": 101 })), "at most 100"),
        (
            json!({ "own_lists": [{ "zone": "a.example" }, { "zone": "A.example." }] }),
            "the name of another list",
        ),
        (json!({ "weights": { "sorbs": 10 } }), "`sorbs` is not a known list; hint: one of `spamhaus`"),
        (json!({ "weights": { "spamhaus": 101 } }), "must be at most 100"),
        (json!({ "critical_lists": "sorbs" }), "`sorbs` is not a known list"),
        (json!({ "score_critical": 80 }), "must not be more than `score_warning`"),
        (
            json!({ "lists": ["barracuda"], "own_lists": [], "addresses": "2001:db8::1" }),
            "has addresses such as",
        ),
        (json!({ "volume": { "url": "https://{address}/sent" } }), "belongs in the path or the query"),
        (json!({ "volume": { "url": "stats" } }), "must begin with `http://`"),
        (
            json!({ "volume": { "url": "https://stats.example.com/", "pointer": "sent" } }),
            "is not a JSON pointer",
        ),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn the_server_and_the_source_are_their_own_grants_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["server"]["x-watchkeep-grant"], "dns");
    assert_eq!(schema["properties"]["volume"]["properties"]["url"]["x-watchkeep-grant"], "http");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
