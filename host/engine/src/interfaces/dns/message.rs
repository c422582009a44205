//! Messages of the Domain Name System on the wire, read with a library that knows the notation of every record type.

use domain::base::iana::Rtype;
use domain::base::rdata::ComposeRecordData;
use domain::base::record::ParsedRecord;
use domain::base::wire::ParseError;
use domain::base::zonefile_fmt::{DisplayKind, ZonefileFmt};
use domain::base::{Message, RecordSection};
use domain::rdata::AllRecordData;

use crate::contract::dns::{Answer, ResourceRecord};
use crate::contract::transport::Address;

/// More records than any message holds.
const RECORDS_MAX: usize = 6_000;

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

/// The records of a section. The EDNS option record, which describes the message itself, is left out.
fn records(section: RecordSection<'_, [u8]>) -> Vec<ResourceRecord> {
    let records = section.flatten().filter(|record| record.rtype() != Rtype::OPT);
    records.take(RECORDS_MAX).map(|record| told(&record)).collect()
}

/// One record for the guest. Data that is not valid for its type is left empty.
fn told(record: &ParsedRecord<'_, [u8]>) -> ResourceRecord {
    let typed = record.to_record::<AllRecordData<_, _>>().ok().flatten();
    let (data, raw) = typed.map_or_else(Default::default, |typed| {
        let mut raw = Vec::new();
        // Writing to memory does not fail.
        let _ = typed.data().compose_rdata(&mut raw);
        (typed.data().display_zonefile(DisplayKind::Simple).to_string(), raw)
    });
    ResourceRecord {
        // The root has no letters when it is written out.
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
        // `. NS .`, as a question and as an answer.
        let head = [0, 1, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0];
        let bytes = [&head[..], &[0, 0, 2, 0, 1], &[0, 0, 2, 0, 1, 0, 0, 0, 9, 0, 1, 0]].concat();
        let server = Address { ip: "192.0.2.53".to_owned(), port: 53 };
        let record = answer(&bytes, server, 0).unwrap().answers.remove(0);
        assert_eq!((record.name.as_str(), record.kind.as_str(), record.data.as_str()), (".", "NS", "."));
    }
}
