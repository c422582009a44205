//! Runs the inputs in `tests/fuzz/corpus`: those that the fuzzer began with, and those that it once found.

#[allow(unreachable_pub, reason = "the fuzzer's own crate shows it")]
#[path = "../../../../tests/fuzz/src/corpus.rs"]
mod corpus;

#[test]
fn http_answers_keep_their_promises() {
    corpus::replay("http_answer", super::http_answer);
}

#[test]
fn plugins_keep_their_promises() {
    corpus::replay("plugin", super::plugin);
}

#[test]
fn reports_keep_their_promises() {
    corpus::replay("report", super::report);
}
