//! Messages of the domain name system on the wire, by a library that knows the notation of every record type.

use std::str::FromStr;

use domain::base::iana::Rtype;
use domain::base::message_builder::MessageBuilder;
use domain::base::name::{Name, ToName};
use domain::base::rdata::ComposeRecordData;
use domain::base::record::ParsedRecord;
use domain::base::wire::ParseError;
use domain::base::zonefile_fmt::{DisplayKind, ZonefileFmt};
use domain::base::{Message, RecordSection};
use domain::rdata::AllRecordData;

use crate::contract::dns::{Answer, ResourceRecord};
use crate::contract::transport::Address;

/// What passes every network as one datagram (DNS Flag Day 2020).
const UDP_BYTES_MAX: u16 = 1_232;
/// More than any message holds.
const RECORDS_MAX: usize = 6_000;

/// A question that can be sent.
#[derive(Debug)]
pub(super) struct Asked {
    name: Name<Vec<u8>>,
    kind: Rtype,
    recursive: bool,
    dnssec: bool,
}

impl Asked {
    pub(super) fn new(name: &str, kind: &str, recursive: bool, dnssec: bool) -> Result<Self, String> {
        let parsed = Name::from_str(name).map_err(|_| format!("`{name}` is no domain name"))?;
        let kind = Rtype::from_str(kind).map_err(|_| {
            format!("`{kind}` is no record type; hint: write a mnemonic such as `MX`, or `TYPE65`")
        })?;
        if matches!(kind, Rtype::AXFR | Rtype::IXFR) {
            return Err("zones are not transferred".to_owned());
        }
        Ok(Self { name: parsed, kind, recursive, dnssec })
    }

    pub(super) fn message(&self, id: u16) -> Vec<u8> {
        let mut builder = MessageBuilder::new_vec();
        builder.header_mut().set_id(id);
        builder.header_mut().set_rd(self.recursive);
        let mut question = builder.question();
        question.push((&self.name, self.kind)).expect("a name fits into a message");
        let mut additional = question.additional();
        additional
            .opt(|option| {
                option.set_udp_payload_size(UDP_BYTES_MAX);
                option.set_dnssec_ok(self.dnssec);
                Ok(())
            })
            .expect("an option fits into a message");
        additional.finish()
    }

    pub(super) fn is_answered_by(&self, id: u16, message: &Message<[u8]>) -> bool {
        let header = message.header();
        let is_ours = header.qr() && header.id() == id;
        // A server that understood nothing may leave the question out.
        match message.sole_question() {
            Ok(question) => is_ours && question.qtype() == self.kind && question.qname().name_eq(&self.name),
            Err(_) => is_ours && message.header_counts().qdcount() == 0 && message.is_error(),
        }
    }
}

pub(super) fn answer(bytes: &[u8], server: Address, took: u64) -> Result<Answer, ParseError> {
    let message = Message::from_slice(bytes).map_err(|_| ParseError::ShortInput)?;
    let header = message.header();
    let answers = message.answer()?;
    let authorities = message.authority()?;
    let additionals = message.additional()?;
    Ok(Answer {
        status: message.opt_rcode().to_string(),
        authoritative: header.aa(),
        truncated: header.tc(),
        authenticated: header.ad(),
        answers: records(answers),
        authorities: records(authorities),
        additionals: records(additionals),
        server,
        took,
    })
}

/// The option that every message carries about itself is no record.
fn records(section: RecordSection<'_, [u8]>) -> Vec<ResourceRecord> {
    let records = section.flatten().filter(|record| record.rtype() != Rtype::OPT);
    records.take(RECORDS_MAX).map(|record| told(&record)).collect()
}

/// Data that breaks its type's form is left empty.
fn told(record: &ParsedRecord<'_, [u8]>) -> ResourceRecord {
    let typed = record.to_record::<AllRecordData<_, _>>().ok().flatten();
    let (data, raw) = typed.map_or_else(Default::default, |typed| {
        let mut raw = Vec::new();
        // Writing to memory does not fail.
        let _ = typed.data().compose_rdata(&mut raw);
        (typed.data().display_zonefile(DisplayKind::Simple).to_string(), raw)
    });
    ResourceRecord {
        // Written out, the root has no letters.
        name: if record.owner().is_root() { ".".to_owned() } else { record.owner().to_string() },
        kind: record.rtype().to_string(),
        ttl: record.ttl().as_secs(),
        data,
        raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_written_as_a_dot_wherever_it_stands() {
        // `. NS .`, asked and answered.
        let head = [0, 1, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0];
        let bytes = [&head[..], &[0, 0, 2, 0, 1], &[0, 0, 2, 0, 1, 0, 0, 0, 9, 0, 1, 0]].concat();
        let server = Address { ip: "192.0.2.53".to_owned(), port: 53 };
        let record = answer(&bytes, server, 0).unwrap().answers.remove(0);
        assert_eq!((record.name.as_str(), record.kind.as_str(), record.data.as_str()), (".", "NS", "."));
    }
}
