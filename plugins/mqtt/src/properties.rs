//! What MQTT 5.0 lets a broker say beside its answer. All of it is read, so that what is malformed is found; little is kept.

use crate::packet::Cursor;

/// What a judgement needs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Properties {
    /// For people.
    pub reason: String,
    /// Another broker that should be asked.
    pub reference: String,
    /// In seconds: how long the client may say nothing.
    pub keep_alive: Option<u16>,
    /// The most that the broker promises.
    pub qos_max: Option<u8>,
}

/// How a property is written.
enum Form {
    Byte,
    Two,
    Four,
    Length,
    Text,
    Pair,
}

const KEEP_ALIVE: u8 = 0x13;
const REFERENCE: u8 = 0x1c;
const REASON: u8 = 0x1f;
const QOS_MAX: u8 = 0x24;

fn form(property: u8) -> Option<Form> {
    Some(match property {
        0x01 | 0x17 | 0x19 | QOS_MAX | 0x25 | 0x28..=0x2a => Form::Byte,
        KEEP_ALIVE | 0x21..=0x23 => Form::Two,
        0x02 | 0x11 | 0x18 | 0x27 => Form::Four,
        0x0b => Form::Length,
        0x03 | 0x08 | 0x09 | 0x12 | 0x15 | 0x16 | 0x1a | REFERENCE | REASON => Form::Text,
        0x26 => Form::Pair,
        _ => return None,
    })
}

/// With their length in front.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Option<Properties> {
    let length = cursor.length()?;
    let mut cursor = Cursor(cursor.take(length)?);
    let mut properties = Properties::default();
    while !cursor.0.is_empty() {
        let property = cursor.byte()?;
        match form(property)? {
            Form::Byte => {
                let byte = cursor.byte()?;
                if property == QOS_MAX {
                    properties.qos_max = Some(byte);
                }
            }
            Form::Two => {
                let two = cursor.two()?;
                if property == KEEP_ALIVE {
                    properties.keep_alive = Some(two);
                }
            }
            Form::Four => drop(cursor.take(4)?),
            Form::Length => drop(cursor.length()?),
            Form::Text => {
                let text = cursor.text()?;
                match property {
                    REASON => properties.reason = lossy(text),
                    REFERENCE => properties.reference = lossy(text),
                    _ => {}
                }
            }
            Form::Pair => {
                cursor.text()?;
                cursor.text()?;
            }
        }
    }
    Some(properties)
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
