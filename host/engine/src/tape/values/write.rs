//! Writing: a serializer whose results are JSON values, but for bytes, which are known only by their neighbours.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Impossible, Serialize, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};
use serde_json::{Map, Value};

use super::{ValueError, kebab};
use crate::http::mask::{Audience, Mask};

#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) mask: &'a Mask,
}

/// A list of bytes is one text, so a byte is kept apart until its list is whole.
pub(super) enum Piece {
    Byte(u8),
    Value(Value),
}

impl Piece {
    pub(super) fn value(self) -> Value {
        match self {
            Piece::Byte(byte) => byte.into(),
            Piece::Value(value) => value,
        }
    }
}

fn bytes(bytes: Vec<u8>, mask: &Mask) -> Value {
    match String::from_utf8(mask.bytes(bytes, Audience::People)) {
        Ok(text) => text.into(),
        Err(error) => {
            Value::Object(Map::from_iter([("base64".to_owned(), STANDARD.encode(error.as_bytes()).into())]))
        }
    }
}

fn case(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(kebab(name), value)]))
}

fn none<T>(what: &str) -> Result<T, ValueError> {
    Err(ValueError(format!("the contract has no {what}")))
}

type Done = Result<Piece, ValueError>;
type No = Impossible<Piece, ValueError>;

/// Values that JSON can express directly.
macro_rules! plain {
    ($($method:ident: $plain:ty),* $(,)?) => {
        $(fn $method(self, value: $plain) -> Done {
            Ok(Piece::Value(value.into()))
        })*
    };
}

impl<'a> Serializer for Writer<'a> {
    type Ok = Piece;
    type Error = ValueError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStructVariant = No;

    fn serialize_u8(self, value: u8) -> Done {
        Ok(Piece::Byte(value))
    }
    plain! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f64: f64,
    }
    fn serialize_f32(self, value: f32) -> Done {
        Ok(Piece::Value(f64::from(value).into()))
    }
    fn serialize_char(self, value: char) -> Done {
        Ok(Piece::Value(value.to_string().into()))
    }
    fn serialize_str(self, value: &str) -> Done {
        Ok(Piece::Value(self.mask.told(value.to_owned()).into()))
    }
    fn serialize_bytes(self, value: &[u8]) -> Done {
        Ok(Piece::Value(bytes(value.to_owned(), self.mask)))
    }
    fn serialize_none(self) -> Done {
        Ok(Piece::Value(Value::Null))
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Done {
        Ok(Piece::Value(Value::Null))
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Done {
        Ok(Piece::Value(kebab(name).into()))
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Done {
        let value = value.serialize(self)?.value();
        Ok(Piece::Value(case(name, value)))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, ValueError> {
        Ok(List { writer: self, bytes: Vec::new(), values: Vec::new() })
    }
    fn serialize_tuple(self, _: usize) -> Result<List<'a>, ValueError> {
        self.serialize_seq(None)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, ValueError> {
        Ok(Fields { writer: self, fields: Map::new() })
    }
    fn serialize_unit_struct(self, _: &'static str) -> Done {
        none("empty record")
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<No, ValueError> {
        none("record without names")
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<No, ValueError> {
        none("case with several values")
    }
    fn serialize_map(self, _: Option<usize>) -> Result<No, ValueError> {
        none("map")
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<No, ValueError> {
        none("case with fields")
    }
}

pub(super) struct List<'a> {
    writer: Writer<'a>,
    bytes: Vec<u8>,
    values: Vec<Value>,
}

impl List<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        match value.serialize(self.writer)? {
            Piece::Byte(byte) => self.bytes.push(byte),
            Piece::Value(value) => self.values.push(value),
        }
        Ok(())
    }
    fn done(self) -> Piece {
        Piece::Value(if self.bytes.is_empty() {
            self.values.into()
        } else {
            bytes(self.bytes, self.writer.mask)
        })
    }
}

impl SerializeSeq for List<'_> {
    type Ok = Piece;
    type Error = ValueError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.push(value)
    }
    fn end(self) -> Done {
        Ok(self.done())
    }
}

impl SerializeTuple for List<'_> {
    type Ok = Piece;
    type Error = ValueError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.push(value)
    }
    fn end(self) -> Done {
        Ok(self.done())
    }
}

pub(super) struct Fields<'a> {
    writer: Writer<'a>,
    fields: Map<String, Value>,
}

impl SerializeStruct for Fields<'_> {
    type Ok = Piece;
    type Error = ValueError;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        let value = value.serialize(self.writer)?.value();
        self.fields.insert(kebab(name), value);
        Ok(())
    }
    fn end(self) -> Done {
        Ok(Piece::Value(self.fields.into()))
    }
}
