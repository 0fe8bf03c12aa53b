//! How the values of a plan are written: files as lines, so that two plans can be compared.

/// Values that have a text, by that text.
pub(crate) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A head, as it prints: `SEQ@ALGORITHM:HEX`.
pub(crate) mod head {
    use promenade_promotion::ledger::Head;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(head: &Head, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(head)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Head, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || D::Error::custom(format!("invalid head `{text}`: expected `SEQ@DIGEST`"));
        let (seq, hash) = text.split_once('@').ok_or_else(wrong)?;
        let seq = seq.parse().map_err(|_| wrong())?;
        let hash = hash.parse().map_err(|_| wrong())?;
        Ok(Head { seq, hash })
    }
}

/// The bytes of a file: its lines, or hexadecimal digits where they are no text.
pub(crate) mod bytes {
    use std::borrow::Cow;
    use std::fmt;

    use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
    use serde::ser::SerializeMap as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Bytes that are written as this module writes them.
    pub(super) struct Bytes<'a>(pub(super) Cow<'a, [u8]>);

    impl Serialize for Bytes<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            if let Ok(text) = std::str::from_utf8(&self.0) {
                return to.collect_seq(text.split_inclusive('\n'));
            }
            let digits: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
            let mut map = to.serialize_map(Some(1))?;
            map.serialize_entry("hex", &digits)?;
            map.end()
        }
    }

    struct Read;

    impl<'de> Visitor<'de> for Read {
        type Value = Bytes<'static>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of lines, or `{\"hex\": …}`")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut bytes = Vec::new();
            while let Some(line) = list.next_element::<String>()? {
                bytes.extend_from_slice(line.as_bytes());
            }
            Ok(Bytes(Cow::Owned(bytes)))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let wrong = || A::Error::custom("expected `hex` with pairs of hexadecimal digits");
            let (key, digits) = map.next_entry::<String, String>()?.ok_or_else(wrong)?;
            let more = map.next_key::<String>()?.is_some();
            if key != "hex" || more || digits.len() % 2 != 0 {
                return Err(wrong());
            }
            let mut bytes = Vec::with_capacity(digits.len() / 2);
            for at in (0..digits.len()).step_by(2) {
                let pair = digits.get(at..at + 2).ok_or_else(wrong)?;
                bytes.push(u8::from_str_radix(pair, 16).map_err(|_| wrong())?);
            }
            Ok(Bytes(Cow::Owned(bytes)))
        }
    }

    impl<'de> Deserialize<'de> for Bytes<'static> {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_any(Read)
        }
    }

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Bytes(Cow::Borrowed(bytes)).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        Ok(Bytes::deserialize(from)?.0.into_owned())
    }
}

/// Files by path; `null` for one that is removed.
pub(crate) mod files {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use serde::{Deserialize as _, Deserializer, Serializer};

    use super::bytes::Bytes;

    type Files = BTreeMap<String, Option<Vec<u8>>>;

    pub(crate) fn serialize<S: Serializer>(files: &Files, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(files.iter().map(|(path, bytes)| {
            let bytes = bytes.as_deref().map(|bytes| Bytes(Cow::Borrowed(bytes)));
            (path, bytes)
        }))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Files, D::Error> {
        let files = BTreeMap::<String, Option<Bytes<'static>>>::deserialize(from)?;
        let files = files.into_iter();
        Ok(files
            .map(|(path, bytes)| (path, bytes.map(|bytes| bytes.0.into_owned())))
            .collect())
    }
}

/// Events, as the ledger writes them.
pub(crate) mod events {
    use promenade_promotion::Event;
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};
    use serde_json::Value;

    pub(crate) fn serialize<S: Serializer>(events: &[Event], to: S) -> Result<S::Ok, S::Error> {
        let values: Result<Vec<Value>, _> = events
            .iter()
            .map(|event| serde_json::from_slice(&event.canonical_bytes()))
            .collect();
        to.collect_seq(values.map_err(S::Error::custom)?)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Event>, D::Error> {
        let values = Vec::<Value>::deserialize(from)?;
        values
            .iter()
            .map(|value| {
                let bytes = serde_json::to_vec(value).map_err(D::Error::custom)?;
                Event::parse(&bytes).map_err(D::Error::custom)
            })
            .collect()
    }
}
