//! What serde's derives cannot say: a trigger or a list of triggers.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor, value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Trigger, Triggers};

impl Serialize for Triggers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut triggers = self.iter();
        match (triggers.next(), triggers.next()) {
            (Some(only), None) => only.serialize(serializer),
            _ => serializer.collect_seq(self.iter()),
        }
    }
}

impl<'de> Deserialize<'de> for Triggers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TriggersVisitor)
    }
}

struct TriggersVisitor;

impl<'de> Visitor<'de> for TriggersVisitor {
    type Value = Triggers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event that moves the channel, or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Triggers, E> {
        Trigger::deserialize(value::StrDeserializer::new(text)).map(Triggers::one)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Triggers, A::Error> {
        let mut triggers: Option<Triggers> = None;
        while let Some(trigger) = list.next_element::<Trigger>()? {
            triggers = Some(match triggers {
                Some(some) if some.has(trigger) => {
                    return Err(A::Error::custom(format_args!(
                        "`{}` is listed twice",
                        trigger.name()
                    )));
                }
                Some(some) => some.and(trigger),
                None => Triggers::one(trigger),
            });
        }
        triggers.ok_or_else(|| A::Error::invalid_length(0, &self))
    }
}
