//! A double of an agent: knows what it is told, answers as RFC 3416 says, and nothing to a wrong community.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use watchkeep_plugin_snmp::bytes::{Kind, Oid, Pdu, Value, integer, wrap};
use watchkeep_sdk::testing::Datagrams;

const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// What a question was.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Asked {
    pub(crate) kind: u8,
    pub(crate) id: i64,
    pub(crate) first: i64,
    pub(crate) second: i64,
    pub(crate) names: Vec<Oid>,
}

type Answer = dyn FnMut(&Asked, Pdu) -> Option<Pdu>;

pub(crate) struct Agent {
    known: BTreeMap<Oid, Value>,
    /// More bindings than these are `tooBig`.
    most: usize,
    changed: Box<Answer>,
    pub(crate) asked: Rc<RefCell<Vec<Asked>>>,
}

pub(crate) fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

pub(crate) fn octets(text: &str) -> Value {
    Value::Octets(text.as_bytes().to_vec())
}

impl Agent {
    pub(crate) fn new() -> Self {
        let unchanged = Box::new(|_: &Asked, pdu: Pdu| Some(pdu));
        Self { known: BTreeMap::new(), most: 10_000, changed: unchanged, asked: Rc::default() }
    }
    pub(crate) fn knows(mut self, name: &str, value: Value) -> Self {
        self.known.insert(oid(name), value);
        self
    }
    pub(crate) fn holds_at_most(mut self, bindings: usize) -> Self {
        self.most = bindings;
        self
    }
    /// What it says is changed by this; nothing is silence.
    pub(crate) fn changed(mut self, change: impl FnMut(&Asked, Pdu) -> Option<Pdu> + 'static) -> Self {
        self.changed = Box::new(change);
        self
    }
    pub(crate) fn datagrams(mut self) -> Datagrams {
        Datagrams::by(move |sent| {
            let (community, asked) = read(sent);
            if community != super::COMMUNITY.as_bytes() {
                return Vec::new();
            }
            self.answer(&asked).map(|pdu| vec![written(&community, &pdu)]).unwrap_or_default()
        })
    }

    /// None is silence.
    pub(crate) fn answer(&mut self, asked: &Asked) -> Option<Pdu> {
        self.asked.borrow_mut().push(asked.clone());
        let bindings = match asked.kind {
            kind if kind == Kind::Get as u8 => asked.names.iter().map(|name| self.get(name)).collect(),
            kind if kind == Kind::GetBulk as u8 => self.bulk(asked),
            other => panic!("an agent is asked by GET and GETBULK only, and not by {other:#x}"),
        };
        let answer = Pdu { kind: Kind::Response, id: asked.id, status: 0, index: 0, bindings };
        let answer = match answer.bindings.len() > self.most {
            true => Pdu { status: 1, bindings: Vec::new(), ..answer },
            false => answer,
        };
        (self.changed)(asked, answer)
    }

    fn get(&self, name: &Oid) -> (Oid, Value) {
        let object = &name.numbers()[..name.numbers().len() - 1];
        let value = self.known.get(name).cloned().unwrap_or_else(|| {
            let knows = self.known.keys().any(|known| known.numbers().starts_with(object));
            if knows { Value::NoSuchInstance } else { Value::NoSuchObject }
        });
        (name.clone(), value)
    }

    fn bulk(&self, asked: &Asked) -> Vec<(Oid, Value)> {
        assert_eq!(asked.first, 0, "all names are repeated");
        let mut at = asked.names.clone();
        let mut bindings = Vec::new();
        for _ in 0..asked.second {
            for name in &mut at {
                let next = self
                    .known
                    .range((std::ops::Bound::Excluded(name.clone()), std::ops::Bound::Unbounded))
                    .next();
                match next {
                    Some((next, value)) => {
                        *name = next.clone();
                        bindings.push((next.clone(), value.clone()));
                    }
                    None => bindings.push((name.clone(), Value::EndOfMibView)),
                }
            }
        }
        bindings
    }
}

/// The contents behind a tag, and what follows.
fn part(bytes: &[u8], tag: u8) -> (&[u8], &[u8]) {
    assert_eq!(bytes[0], tag, "{bytes:02x?}");
    let (head, length) = match bytes[1] {
        length @ 0..=0x7f => (2, usize::from(length)),
        0x81 => (3, usize::from(bytes[2])),
        0x83 => (5, usize::from(bytes[2]) << 16 | usize::from(bytes[3]) << 8 | usize::from(bytes[4])),
        other => panic!("a length of the form {other:#x}"),
    };
    bytes[head..].split_at(length)
}

fn number(bytes: &[u8]) -> (i64, &[u8]) {
    let (digits, rest) = part(bytes, 0x02);
    assert!(
        digits.len() == 1 || (digits[0] != 0 || digits[1] & 0x80 != 0),
        "a number is written as short as it can be"
    );
    let sign = if digits[0] & 0x80 == 0 { 0 } else { -1 };
    (digits.iter().fold(sign, |number, digit| number << 8 | i64::from(*digit)), rest)
}

/// Community and question of a message of version 2c.
pub(crate) fn read(message: &[u8]) -> (Vec<u8>, Asked) {
    let (parts, rest) = part(message, SEQUENCE);
    assert!(rest.is_empty());
    let (version, parts) = number(parts);
    assert_eq!(version, 1, "version 2c is written so");
    let (community, parts) = part(parts, OCTETS);
    (community.to_vec(), question(parts))
}

pub(crate) fn question(pdu: &[u8]) -> Asked {
    let kind = pdu[0];
    let (parts, rest) = part(pdu, kind);
    assert!(rest.is_empty());
    let (id, parts) = number(parts);
    assert!((1..1 << 31).contains(&id), "{id} has more than 31 bits");
    let (first, parts) = number(parts);
    let (second, parts) = number(parts);
    let (mut list, rest) = part(parts, SEQUENCE);
    assert!(rest.is_empty());
    let mut names = Vec::new();
    while !list.is_empty() {
        let (binding, more) = part(list, SEQUENCE);
        let (name, value) = part(binding, 0x06);
        assert_eq!(value, [0x05, 0]);
        names.push(named(name));
        list = more;
    }
    Asked { kind, id, first, second, names }
}

fn named(bytes: &[u8]) -> Oid {
    let mut numbers = Vec::new();
    let mut number = 0_u32;
    for byte in bytes {
        number = number << 7 | u32::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            numbers.push(number);
            number = 0;
        }
    }
    assert!(numbers[0] < 80, "all that is asked for begins with 1");
    let all: Vec<String> =
        [numbers[0] / 40, numbers[0] % 40].iter().chain(&numbers[1..]).map(u32::to_string).collect();
    oid(&all.join("."))
}

/// A message of version 2c.
pub(crate) fn written(community: &[u8], pdu: &Pdu) -> Vec<u8> {
    wrap(SEQUENCE, &[integer(1), wrap(OCTETS, community), pdu.encoded()].concat())
}
