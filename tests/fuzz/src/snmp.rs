//! What an SNMP agent answers. The first byte says as what the rest is tried: a whole message, or the values in an answer to
//! the question that was asked.

use watchkeep_plugin_snmp::bytes::{Kind, Pdu, integer, read_community, read_scoped, read_sealed, wrap};
use watchkeep_plugin_snmp::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Datagrams, Host};

const SEQUENCE: u8 = 0x30;
const CONFIG: &str = r#"{"agent":"a.example.com:161","community":{"secret":"c"},
    "values":[{"oid":"1.3.6.1.2.1.1.1.0","name":"text","expect":"Linux*"}],
    "tables":[{"name":"interfaces","label":"1.3.6.1.2.1.2.2.1.2","only_if":{"oid":"1.3.6.1.2.1.2.2.1.7","is":"1"},
        "columns":[{"oid":"1.3.6.1.2.1.2.2.1.10","name":"in","read_as":"rate","warning_above":5}]}]}"#;

/// Whatever it answers: it is judged in a sentence.
pub fn snmp(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    parsers(rest);
    let is_whole = first & 1 == 0;
    let answer = rest.to_vec();
    let double =
        Datagrams::by(move |sent| vec![if is_whole { answer.clone() } else { answering(sent, &answer) }]);
    let ran = Host::new()
        .revealed("c", "kX3-network-ro")
        .always("udp a.example.com:161", double)
        .check(run, CONFIG);
    if let Ok(report) = &ran.result {
        let sentence = &report.summary;
        assert!(!sentence.is_empty() && !sentence.chars().any(char::is_control), "{sentence:?}");
        assert!(
            !is_whole || report.state == State::Critical,
            "an answer to no question is taken: {sentence}"
        );
        let findings = report.findings.iter().map(|finding| &finding.summary);
        assert!(
            findings.into_iter().all(|said| !said.chars().any(char::is_control)),
            "{:?}",
            report.findings
        );
    }
}

/// What is read is read again of what is written of it.
fn parsers(bytes: &[u8]) {
    for pdu in [read_community(bytes), read_scoped(bytes)].into_iter().flatten() {
        written(&pdu);
    }
    match read_sealed(bytes) {
        Ok(sealed) => {
            assert_eq!(sealed.unsigned().len(), bytes.len());
            if let Ok(pdu) = sealed.plain() {
                written(&pdu);
            }
        }
        Err(why) => assert!(why.len() < 200 && !why.contains(char::is_control), "{why:?} is no sentence"),
    }
}

fn written(pdu: &Pdu) {
    let whole = wrap(SEQUENCE, &[integer(1), wrap(4, b"c"), pdu.encoded()].concat());
    let again = read_community(&whole).expect("what was written can be read");
    assert_eq!(again.encoded(), pdu.encoded());
    assert!([Kind::Response, Kind::Report].contains(&again.kind), "{:?} is no answer", again.kind);
}

/// An answer to this question, with these for its list of values.
fn answering(sent: &[u8], list: &[u8]) -> Vec<u8> {
    // The number stands behind version, community and the question's head.
    let at = sent
        .windows(4)
        .position(|window| matches!(window, [0xa0 | 0xa5, _, 2, 1..=4]))
        .expect("it is a question")
        + 4;
    let id = &sent[at - 2..at + usize::from(sent[at - 1])];
    let pdu = [id, &integer(0), &integer(0), &wrap(SEQUENCE, list)].concat();
    wrap(SEQUENCE, &[integer(1), wrap(4, b"kX3-network-ro"), wrap(0xa2, &pdu)].concat())
}
