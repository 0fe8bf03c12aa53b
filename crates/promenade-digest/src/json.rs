//! JSON read strictly: no key twice, no key that differs from a known one in case only, nothing
//! after the end.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// JSON is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// It is not JSON.
    #[error("not JSON: {cause}")]
    Syntax {
        /// What the parser said.
        cause: String,
    },
    /// A key is there twice: two readers may see two values.
    #[error("key `{key}` is there twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A key differs from a known one in case only: some readers take it for that.
    #[error("key `{found}` differs from `{expected}` in case only")]
    KeyCase {
        /// The key that was found.
        found: String,
        /// The key that is known.
        expected: String,
    },
    /// A field is absent or of another shape.
    #[error("field `{field}`: expected {expected}")]
    Field {
        /// The field.
        field: String,
        /// What is expected of it.
        expected: &'static str,
    },
}

/// Reads a JSON text.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    let twice = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict(&twice)
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| match twice.take() {
        Some(key) => JsonError::DuplicateKey { key },
        None => JsonError::Syntax {
            cause: error.to_string(),
        },
    })
}

/// Reads any value and notes a key that is there twice.
#[derive(Clone, Copy)]
struct Strict<'a>(&'a RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                *self.0.borrow_mut() = Some(key);
                return Err(A::Error::custom("a key is there twice"));
            }
            map.insert(key, access.next_value_seed(self)?);
        }
        Ok(Value::Object(map))
    }
}

/// An object with the keys that are known of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    map: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// Takes a value as an object; `name` is what the value is called in an error.
    pub(crate) fn new(value: &'a Value, name: &str, known: &[&str]) -> Result<Self, JsonError> {
        let map = value.as_object().ok_or_else(|| field(name, "an object"))?;
        for found in map.keys() {
            let twin = known
                .iter()
                .find(|key| **key != found && key.eq_ignore_ascii_case(found));
            if let Some(expected) = twin {
                return Err(JsonError::KeyCase {
                    found: found.clone(),
                    expected: (*expected).to_owned(),
                });
            }
        }
        Ok(Self { map })
    }

    /// Returns a value that is there and not null.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// Returns the keys.
    #[cfg(feature = "attestation")]
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a String> {
        self.map.keys()
    }

    pub(crate) fn require(&self, key: &str) -> Result<&'a Value, JsonError> {
        self.get(key).ok_or_else(|| field(key, "a value"))
    }

    pub(crate) fn text(&self, key: &str) -> Result<&'a str, JsonError> {
        self.require(key)?
            .as_str()
            .ok_or_else(|| field(key, "a string"))
    }

    pub(crate) fn optional_text(&self, key: &str) -> Result<Option<&'a str>, JsonError> {
        self.get(key).map(|_| self.text(key)).transpose()
    }

    pub(crate) fn number(&self, key: &str) -> Result<u64, JsonError> {
        self.require(key)?
            .as_u64()
            .ok_or_else(|| field(key, "a number that is whole and not negative"))
    }

    /// Returns the elements of an array; none if it is absent or null.
    pub(crate) fn array(&self, key: &str) -> Result<&'a [Value], JsonError> {
        match self.get(key) {
            None => Ok(&[]),
            Some(value) => value
                .as_array()
                .map(Vec::as_slice)
                .ok_or_else(|| field(key, "an array")),
        }
    }

    /// Returns the texts of an array; none if it is absent or null.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<&'a str>, JsonError> {
        self.array(key)?
            .iter()
            .map(|value| value.as_str().ok_or_else(|| field(key, "strings")))
            .collect()
    }
}

pub(crate) fn field(field: &str, expected: &'static str) -> JsonError {
    JsonError::Field {
        field: field.to_owned(),
        expected,
    }
}
