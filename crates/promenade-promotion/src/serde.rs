//! Policy values whose shape in a file is a string or a table, or a table with one key that says what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::environment::After;
use crate::gate::{Condition, GateRule};
use crate::policy::FinalCommit;
use crate::{EnvironmentName, Map, Set};

impl<K: Serialize, V: Serialize> Serialize for Map<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Deserialize<'de> for Map<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::from)
    }
}

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeSet::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for After {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All(names) => names.serialize(serializer),
            Self::Any(names) => one(serializer, "any", names),
        }
    }
}

fn one<S: Serializer>(serializer: S, key: &str, value: &impl Serialize) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(key, value)?;
    map.end()
}

/// A table with exactly one key.
fn single<'de, A: MapAccess<'de>, T>(
    map: &mut A,
    expected: &'static [&'static str],
    read: impl FnOnce(&str, &mut A) -> Result<Option<T>, A::Error>,
) -> Result<T, A::Error> {
    let Some(key) = map.next_key::<String>()? else {
        return Err(Error::custom(format!(
            "expected one key of {}",
            expected.join(", ")
        )));
    };
    let value = read(&key, map)?.ok_or_else(|| Error::unknown_field(&key, expected))?;
    match map.next_key::<String>()? {
        None => Ok(value),
        Some(second) => Err(Error::custom(format!(
            "expected one key, found `{key}` and `{second}`"
        ))),
    }
}

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;

        impl<'de> Visitor<'de> for Shape {
            type Value = After;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of environments, or `{ any = [..] }` or `{ all = [..] }`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<After, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element::<EnvironmentName>()? {
                    names.push(name);
                }
                Ok(After::All(names))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<After, A::Error> {
                single(&mut map, &["all", "any"], |key, map| match key {
                    "all" => map.next_value().map(After::All).map(Some),
                    "any" => map.next_value().map(After::Any).map(Some),
                    _ => Ok(None),
                })
            }
        }

        deserializer.deserialize_any(Shape)
    }
}

impl Serialize for FinalCommit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::SameCommit => serializer.serialize_str("same-commit"),
            Self::SameTag => serializer.serialize_str("same-tag"),
            Self::Paths(paths) => one(serializer, "paths", paths),
        }
    }
}

impl<'de> Deserialize<'de> for FinalCommit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;

        impl<'de> Visitor<'de> for Shape {
            type Value = FinalCommit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`same-commit`, `same-tag` or `{ paths = [..] }`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<FinalCommit, E> {
                match text {
                    "same-commit" => Ok(FinalCommit::SameCommit),
                    "same-tag" => Ok(FinalCommit::SameTag),
                    other => Err(E::unknown_variant(other, &["same-commit", "same-tag"])),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FinalCommit, A::Error> {
                single(&mut map, &["paths"], |key, map| match key {
                    "paths" => map
                        .next_value::<Set<String>>()
                        .map(FinalCommit::Paths)
                        .map(Some),
                    _ => Ok(None),
                })
            }
        }

        deserializer.deserialize_any(Shape)
    }
}

const GATE_KEYS: &[&str] = &[
    "approvals",
    "check",
    "checklist",
    "command",
    "freeze",
    "lanes",
    "obligation",
    "schedule",
    "signature",
    "soak",
];

impl Serialize for GateRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.condition {
            Condition::Check(name) => map.serialize_entry("check", name)?,
            Condition::Command(rule) => map.serialize_entry("command", rule)?,
            Condition::Checklist(name) => map.serialize_entry("checklist", name)?,
            Condition::Signature(name) => map.serialize_entry("signature", name)?,
            Condition::Approvals(rule) => map.serialize_entry("approvals", rule)?,
            Condition::Soak(rule) => map.serialize_entry("soak", rule)?,
            Condition::Freeze(rule) => map.serialize_entry("freeze", rule)?,
            Condition::Obligation(kind) => map.serialize_entry("obligation", kind)?,
            Condition::Schedule(rule) => map.serialize_entry("schedule", rule)?,
        }
        if !self.lanes.is_empty() {
            map.serialize_entry("lanes", &self.lanes)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for GateRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;

        impl<'de> Visitor<'de> for Shape {
            type Value = GateRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    f,
                    "a table with one of {}, and `lanes` at need",
                    GATE_KEYS.join(", ")
                )
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<GateRule, A::Error> {
                let mut condition: Option<(String, Condition)> = None;
                let mut lanes = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "lanes" {
                        if lanes.replace(map.next_value()?).is_some() {
                            return Err(Error::duplicate_field("lanes"));
                        }
                        continue;
                    }
                    if !GATE_KEYS.contains(&key.as_str()) {
                        map.next_value::<IgnoredAny>()?;
                        return Err(Error::unknown_field(&key, GATE_KEYS));
                    }
                    let value = read_condition(&key, &mut map)?;
                    if let Some((first, _)) = &condition {
                        let found = format!("a gate is one condition, found `{first}` and `{key}`");
                        return Err(Error::custom(found));
                    }
                    condition = Some((key, value));
                }
                let Some((_, condition)) = condition else {
                    let keys = GATE_KEYS.join(", ");
                    return Err(Error::custom(format!(
                        "a gate needs one condition of {keys}"
                    )));
                };
                let lanes = lanes.unwrap_or_default();
                Ok(GateRule { condition, lanes })
            }
        }

        deserializer.deserialize_map(Shape)
    }
}

fn read_condition<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Condition, A::Error> {
    match key {
        "approvals" => map.next_value().map(Condition::Approvals),
        "check" => map.next_value().map(Condition::Check),
        "checklist" => map.next_value().map(Condition::Checklist),
        "command" => map.next_value().map(Condition::Command),
        "freeze" => map.next_value().map(Condition::Freeze),
        "obligation" => map.next_value().map(Condition::Obligation),
        "schedule" => map.next_value().map(Condition::Schedule),
        "signature" => map.next_value().map(Condition::Signature),
        _ => map.next_value().map(Condition::Soak),
    }
}
