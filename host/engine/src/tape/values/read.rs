//! Reading: a deserializer over JSON values that fills in what is left out and says where something is wrong.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Value};

use super::{ValueError, kebab};

/// A value, or none at all, and its place.
pub(super) struct Reader<'a> {
    value: Option<&'a Value>,
    place: Cow<'a, str>,
}

impl<'a> Reader<'a> {
    pub(super) fn of(value: &'a Value, what: &'a str) -> Self {
        Self { value: Some(value).filter(|value| !value.is_null()), place: Cow::Borrowed(what) }
    }
    fn inner(&self, value: Option<&'a Value>, name: &str) -> Self {
        Self { value: value.filter(|value| !value.is_null()), place: format!("{}.{name}", self.place).into() }
    }
    fn wrong<T>(&self, what: &str) -> Result<T, ValueError> {
        Err(ValueError(format!("`{}` is {what}", self.place)))
    }
    fn number<T: TryFrom<u64> + TryFrom<i64> + Default>(&self) -> Result<T, ValueError> {
        match self.value {
            None => Ok(T::default()),
            Some(Value::Number(number)) => {
                let fits = match (number.as_u64(), number.as_i64()) {
                    (Some(number), _) => T::try_from(number).ok(),
                    (None, Some(number)) => T::try_from(number).ok(),
                    (None, None) => None,
                };
                fits.ok_or_else(|| ValueError(format!("`{}` does not fit: {number}", self.place)))
            }
            Some(_) => self.wrong("not a number"),
        }
    }
    fn float(&self) -> Result<f64, ValueError> {
        match self.value {
            None => Ok(0.0),
            Some(value) => value.as_f64().map_or_else(|| self.wrong("not a number"), Ok),
        }
    }
    fn text(&self) -> Result<&'a str, ValueError> {
        match self.value {
            None => Ok(""),
            Some(Value::String(text)) => Ok(text),
            Some(_) => self.wrong("not text"),
        }
    }
    fn list(&self) -> Result<Cow<'a, [Value]>, ValueError> {
        let bytes = |bytes: &[u8]| Cow::Owned(bytes.iter().map(|byte| Value::from(*byte)).collect());
        match self.value {
            None => Ok(Cow::Borrowed(&[])),
            Some(Value::Array(list)) => Ok(Cow::Borrowed(list)),
            Some(Value::String(text)) => Ok(bytes(text.as_bytes())),
            Some(Value::Object(fields)) => match fields.get("base64").and_then(Value::as_str) {
                Some(text) if fields.len() == 1 => match STANDARD.decode(text) {
                    Ok(decoded) => Ok(bytes(&decoded)),
                    Err(_) => self.wrong("not base64"),
                },
                _ => self.wrong("not a list, text or `{\"base64\": \"...\"}`"),
            },
            Some(Value::Bool(_) | Value::Number(_) | Value::Null) => self.wrong("not a list"),
        }
    }
}

fn names(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{}`", kebab(name))).collect::<Vec<_>>().join(", ")
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
            visitor.$visit(self.number::<$type>()?)
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = ValueError;

    numbers! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            None => visitor.visit_bool(false),
            Some(Value::Bool(value)) => visitor.visit_bool(*value),
            Some(_) => self.wrong("neither `true` nor `false`"),
        }
    }
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.deserialize_f64(visitor)
    }
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_f64(self.float()?)
    }
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_str(self.text()?)
    }
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_str(self.text()?)
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_str(self.text()?)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        match self.value {
            None => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_unit()
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        let list = self.list()?;
        visitor.visit_seq(Items { list: &list, place: &self.place, next: 0 })
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, ValueError> {
        let list = self.list()?;
        if list.len() != length {
            return self.wrong(&format!("not a list of {length}"));
        }
        visitor.visit_seq(Items { list: &list, place: &self.place, next: 0 })
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let given = match self.value {
            None => None,
            Some(Value::Object(given)) => Some(given),
            Some(_) => return self.wrong("not an object"),
        };
        let known = |key: &str| fields.iter().any(|field| kebab(field) == key);
        if let Some(unknown) = given.iter().flat_map(|given| given.keys()).find(|key| !known(key)) {
            return Err(ValueError(format!(
                "`{}` has no `{unknown}`; there are {}",
                self.place,
                names(fields)
            )));
        }
        visitor.visit_map(Record { given, fields, next: 0, reader: &self })
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        cases: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let (name, value) = match self.value {
            None => return self.wrong("missing"),
            Some(Value::String(name)) => (name, None),
            Some(Value::Object(fields)) => match fields.iter().next() {
                Some((name, value)) if fields.len() == 1 => (name, Some(value)),
                _ => return self.wrong("not a case: one is `{\"name\": value}`"),
            },
            Some(_) => return self.wrong("not a case: one is `\"name\"` or `{\"name\": value}`"),
        };
        let Some(case) = cases.iter().find(|case| kebab(case) == *name) else {
            return Err(ValueError(format!(
                "`{}` has no case `{name}`; there are {}",
                self.place,
                names(cases)
            )));
        };
        visitor.visit_enum(Case { name: case, value: self.inner(value, name) })
    }
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ValueError> {
        Err(ValueError("values of the contract say what they are".to_owned()))
    }

    serde::forward_to_deserialize_any! {
        bytes byte_buf unit_struct tuple_struct map identifier ignored_any
    }
}

struct Items<'a> {
    list: &'a [Value],
    place: &'a str,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = ValueError;
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ValueError> {
        let Some(value) = self.list.get(self.next) else { return Ok(None) };
        let place = format!("{}[{}]", self.place, self.next);
        self.next += 1;
        let reader = Reader { value: Some(value).filter(|value| !value.is_null()), place: place.into() };
        seed.deserialize(reader).map(Some)
    }
}

/// Every field of a record, whether it was given or not.
struct Record<'a> {
    given: Option<&'a Map<String, Value>>,
    fields: &'static [&'static str],
    next: usize,
    reader: &'a Reader<'a>,
}

impl<'de> MapAccess<'de> for Record<'_> {
    type Error = ValueError;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ValueError> {
        match self.fields.get(self.next) {
            None => Ok(None),
            Some(field) => seed.deserialize(str_of(field)).map(Some),
        }
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, ValueError> {
        let name = kebab(self.fields[self.next]);
        self.next += 1;
        let value = self.given.and_then(|given| given.get(&name));
        seed.deserialize(self.reader.inner(value, &name))
    }
}

struct Case<'a> {
    name: &'static str,
    value: Reader<'a>,
}

impl<'de, 'a> EnumAccess<'de> for Case<'a> {
    type Error = ValueError;
    type Variant = CaseValue<'a>;
    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, CaseValue<'a>), ValueError> {
        Ok((seed.deserialize(str_of(self.name))?, CaseValue(self.value)))
    }
}

fn str_of(name: &'static str) -> StrDeserializer<'static, ValueError> {
    name.into_deserializer()
}

struct CaseValue<'a>(Reader<'a>);

impl<'de> VariantAccess<'de> for CaseValue<'_> {
    type Error = ValueError;
    fn unit_variant(self) -> Result<(), ValueError> {
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ValueError> {
        seed.deserialize(self.0)
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, ValueError> {
        self.0.wrong("a case with several values, and the contract has none")
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, ValueError> {
        self.0.wrong("a case with fields, and the contract has none")
    }
}
