//! What is no answer, or one that wants to do harm.

use serde_json::json;
use watchkeep_plugin_snmp::bytes::{
    Kind, Pdu, Value, integer, read_community, read_scoped, read_sealed, wrap,
};
use watchkeep_plugin_snmp::run;
use watchkeep_sdk::testing::Datagrams;
use watchkeep_sdk::{Report, State};

use crate::agent::{octets, oid, read, written};
use crate::{AGENT, COMMUNITY, config, host, value};

const OID: &str = "1.3.6.1.2.1.1.1.0";

fn answered(answer: impl FnMut(&[u8]) -> Vec<u8> + 'static) -> Report {
    let mut answer = answer;
    let double = Datagrams::by(move |sent| vec![answer(sent)]);
    let config = config(value(OID, json!({ "read_as": "text" })));
    host().always(AGENT, double).check(run, &config).report().clone()
}

fn with(id: i64, value: Value) -> Vec<u8> {
    let pdu = Pdu { kind: Kind::Response, id, status: 0, index: 0, bindings: vec![(oid(OID), value)] };
    written(COMMUNITY.as_bytes(), &pdu)
}

fn well(sent: &[u8]) -> Vec<u8> {
    with(read(sent).1.id, octets("Linux"))
}

/// An answer with one value of this name.
fn named(name: &[u8]) -> Vec<u8> {
    let binding = wrap(0x30, &[wrap(0x06, name), vec![0x05, 0]].concat());
    let head = [1, 0, 0].map(integer).concat();
    let pdu = wrap(0xa2, &[head, wrap(0x30, &binding)].concat());
    wrap(0x30, &[integer(1), wrap(0x04, COMMUNITY.as_bytes()), pdu].concat())
}

#[test]
fn what_is_no_message_is_critical_and_says_why() {
    let says = |answer: fn(&[u8]) -> Vec<u8>, said: &str| {
        let report = answered(answer);
        assert_eq!(report.state, State::Critical);
        let whole = format!("its answer is not the expected SNMP message: {said}");
        assert_eq!(report.summary, whole);
    };
    says(|_| Vec::new(), "it is cut off");
    says(|_| b"SSH-2.0-OpenSSH_9.2p1".to_vec(), "a length goes beyond its end");
    says(|_| vec![0x16, 3, 1, 2, 3], "it has parts of another kind than SNMP's");
    says(<[u8]>::to_vec, "it is neither an answer nor a report");
    says(|_| vec![0x30, 0x80, 2, 1, 1, 0, 0], "a length has no form that SNMP knows");
    says(|_| vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0], "a length goes beyond its end");
    says(|_| vec![0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 1, 0], "a length has no form that SNMP knows");
    says(|sent| [well(sent), vec![0]].concat(), "it has more parts than SNMP's");
    says(|_| named(&[0x2b, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]), "a name has a number of more than 32 bits");
    says(|_| named(&[0x2b, 0x86]), "a name ends within a number");
    says(|_| named(&[]), "a name has no numbers");
    says(|_| named(&[1; 128]), "a name has more than 128 numbers");
    says(|_| vec![0x30, 3, 2, 1, 0], "it speaks version 1");
    says(|_| vec![0x30, 3, 2, 1, 3], "it speaks version 3");
    says(|_| vec![0x30, 3, 2, 1, 9], "it speaks an unknown version");
}

#[test]
fn no_damage_is_a_panic() {
    let sent = with(1, octets("Linux"));
    for at in 0..sent.len() {
        let _ = read_community(&sent[..at]);
        for byte in [0, 1, 0x7f, 0x80, 0x81, 0x84, 0xff] {
            let mut damaged = sent.clone();
            damaged[at] = byte;
            let _ = (read_community(&damaged), read_sealed(&damaged).is_ok(), read_scoped(&damaged).is_ok());
            answered(move |sent| {
                let mut answer = well(sent);
                answer[at] = byte;
                answer
            });
        }
    }
    answered(|sent| [well(sent), vec![0xff; 60_000]].concat());
}

#[test]
fn texts_of_a_target_are_kept_short_and_without_commands_for_a_terminal() {
    let report = answered(|sent| with(read(sent).1.id, octets("\u{1b}[2J")));
    assert_eq!(report.summary, "it is `1b:5b:32:4a`");
    let report = answered(|sent| with(read(sent).1.id, octets("line\nanother\r")));
    assert_eq!(report.summary, r"it is `line\nanother\r`");
    let report = answered(|sent| with(read(sent).1.id, octets(&"x".repeat(60_000))));
    assert!(report.summary.len() < 300, "{}", report.summary.len());
    let report = answered(|sent| with(read(sent).1.id, Value::Other(0x99)));
    assert_eq!(report.summary, "it is `a value of the unknown type 153`");
}

#[test]
fn rows_with_names_of_any_length_are_as_many_findings() {
    let column = oid("1.3.6.1.2.1.2.2.1.2");
    let double = Datagrams::by(move |sent| {
        let (community, asked) = read(sent);
        let from = asked.names[0].numbers().get(10).copied().unwrap_or_default();
        let row = |at: u32| {
            let index: Vec<u32> =
                std::iter::once(from + at).chain(std::iter::repeat_n(u32::MAX, 100)).collect();
            let label = Value::Octets([vec![b'x'; 2_000], vec![at as u8 % 2 + b'0']].concat());
            (column.join(&index), label)
        };
        let mut bindings: Vec<_> = (1..=20).flat_map(|at| vec![row(at); asked.names.len()]).collect();
        if from > 100 {
            bindings = vec![(oid("1.3.7"), Value::Null); asked.names.len()];
        }
        vec![written(&community, &Pdu { kind: Kind::Response, id: asked.id, status: 0, index: 0, bindings })]
    });
    let names = "1.3.6.1.2.1.2.2.1.2";
    let config = config(json!({ "tables": [
        { "name": "t", "label": names, "columns": [{ "oid": names, "name": "a", "read_as": "text" }] },
    ] }));
    // The harness refuses keys that stand there twice.
    let ran = host().always(AGENT, double).check(run, &config);
    assert_eq!(ran.report().findings.len(), 101, "{}", ran.report().summary);
    let labels = ran.report().findings.iter().flat_map(|finding| &finding.labels);
    let longest = labels.map(|label| label.value.len()).max();
    assert!(longest < Some(256), "a label has {longest:?} bytes");
}
