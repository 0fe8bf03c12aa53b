//! The JSON Schema of process files: it takes what the parser takes, and names the same keys and keywords.

use std::collections::BTreeSet;

use promenade_process::{Process, json_schema, preset};
use serde_json::{Map, Value, json};

fn schema() -> Value {
    serde_json::from_str(json_schema()).unwrap()
}

#[track_caller]
fn check(validator: &jsonschema::Validator, origin: &str, text: &str) {
    let value: Value = toml::from_str(text).unwrap();
    let errors: Vec<_> = validator.iter_errors(&value).collect();
    let errors: Vec<_> = errors
        .iter()
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{origin}: {errors:#?}\n{text}");
}

#[test]
fn the_schema_is_one() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn every_preset_validates() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for name in preset::NAMES {
        check(&validator, name, preset::text(name).unwrap());
    }
}

/// Every TOML file and every raw string of the sources that the parser takes as a process file.
#[test]
fn every_process_file_of_the_sources_validates() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut taken = 0;
    let mut check_one = |origin: &str, text: &str| {
        let text = text.replace("    /// ", "").replace("\n/// ", "\n");
        if text.contains("[process]") && Process::parse(origin, &text).is_ok() {
            check(&validator, origin, &text);
            taken += 1;
        }
    };
    let mut folders = vec![
        testkit::workspace().join("crates"),
        testkit::workspace().join("tests"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let origin = path.display().to_string();
            let extension = path.extension().and_then(|it| it.to_str());
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if extension == Some("toml") {
                check_one(&origin, &std::fs::read_to_string(&path).unwrap());
            } else if extension == Some("rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let raw = text.split("r#\"").skip(1);
                raw.filter_map(|rest| rest.split_once("\"#"))
                    .for_each(|(raw, _)| check_one(&origin, raw));
            }
        }
    }
    assert!(taken > 10, "found {taken}");
}

/// A way to a place in a file.
#[derive(Clone, Debug)]
enum Way {
    /// A key, and all that its table needs besides.
    Key(String, Map<String, Value>),
    Item,
}

/// What the schema says may stand in a place.
#[derive(Debug, Default)]
struct Place {
    keywords: BTreeSet<String>,
    keys: BTreeSet<String>,
    types: BTreeSet<&'static str>,
    named: bool,
}

struct Walk {
    schema: Value,
    tables: usize,
    enums: usize,
    leaves: usize,
}

impl Walk {
    fn resolve(&self, node: &Value) -> Value {
        match node["$ref"].as_str() {
            Some(pointer) => {
                let found = self.schema.pointer(pointer.trim_start_matches('#'));
                found.unwrap_or_else(|| panic!("no {pointer}")).clone()
            }
            None => node.clone(),
        }
    }

    fn alternatives(&self, node: &Value) -> Vec<Value> {
        let node = self.resolve(node);
        // The `oneOf` of a gate says which keys are needed; those of a union have no type beside them.
        match (&node["type"], node["oneOf"].as_array()) {
            (Value::Null, Some(all)) => all.iter().flat_map(|it| self.alternatives(it)).collect(),
            _ => vec![node],
        }
    }

    fn place(&self, node: &Value) -> Place {
        let mut place = Place::default();
        for node in self.alternatives(node) {
            if let Some(words) = node["enum"].as_array() {
                let words = words.iter().map(|word| word.as_str().unwrap().to_owned());
                place.keywords.extend(words);
            } else if node["const"].is_u64() {
                place.types.insert("integer");
            } else {
                match node["type"].as_str().unwrap() {
                    "string" => place.types.insert("string"),
                    "boolean" => place.types.insert("boolean"),
                    "integer" => place.types.insert("integer"),
                    "array" => place.types.insert("array"),
                    "object" => {
                        let names = node["properties"].as_object().cloned().unwrap_or_default();
                        place.keys.extend(names.keys().cloned());
                        place.named = node["additionalProperties"].is_object();
                        assert!(
                            place.named || node["additionalProperties"] == false,
                            "{node}"
                        );
                        place.types.insert("object")
                    }
                    other => panic!("type {other}"),
                };
            }
        }
        place
    }

    fn sample(&self, node: &Value) -> Value {
        if !node["examples"][0].is_null() {
            return node["examples"][0].clone();
        }
        let node = self.alternatives(node).swap_remove(0);
        for known in [
            &node["const"],
            &node["enum"][0],
            &node["examples"][0],
            &node["default"],
        ] {
            if !known.is_null() {
                return known.clone();
            }
        }
        match node["type"].as_str().unwrap() {
            "string" => json!("x"),
            "boolean" => json!(true),
            "integer" => json!(1),
            "array" => json!([self.sample(&node["items"])]),
            _ => Value::Object(self.filled(&node, None)),
        }
    }

    /// All that is required, but for one key.
    fn filled(&self, node: &Value, without: Option<&str>) -> Map<String, Value> {
        let required = node["required"].as_array().cloned().unwrap_or_default();
        let names = required.iter().map(|name| name.as_str().unwrap());
        names
            .filter(|name| Some(*name) != without)
            .map(|name| (name.to_owned(), self.sample(&node["properties"][name])))
            .collect()
    }

    fn walk(&mut self, node: &Value, way: &[Way], inside: &[String]) {
        let place = self.place(node);
        self.probe(&place, way);
        let all = self.alternatives(node);
        let union = all.len() > 1;
        for node in all {
            // Of a union, a table is one keyword with a value: there the parser asks for one key.
            if node["type"] == "object" && !union {
                for name in node["required"].as_array().into_iter().flatten() {
                    let name = name.as_str().unwrap();
                    let lacking = Value::Object(self.filled(&node, Some(name)));
                    let said = say(&put(way, &lacking, true));
                    let missing = format!("missing field `{name}`");
                    assert!(said.starts_with(&missing), "{way:?}: {said}");
                }
                let said = say(&put(way, &Value::Object(self.filled(&node, None)), true));
                assert!(!said.starts_with("missing field"), "{way:?}: {said}");
            }
            let mut inside = inside.to_vec();
            inside.extend(node["title"].as_str().map(str::to_owned));
            let filled = self.filled(&node, None);
            let deeper = |walk: &mut Self, step: Way, child: &Value| {
                let title = walk.resolve(child)["title"].as_str().map(str::to_owned);
                let nested = way.len() > 12
                    || title.is_some_and(|it| it == "Supported lines" && inside.contains(&it));
                if !nested {
                    walk.walk(child, &[way, &[step]].concat(), &inside);
                }
            };
            for (name, child) in node["properties"].as_object().into_iter().flatten() {
                deeper(self, Way::Key(name.clone(), filled.clone()), child);
            }
            if node["additionalProperties"].is_object() {
                deeper(
                    self,
                    Way::Key("any".to_owned(), Map::new()),
                    &node["additionalProperties"],
                );
            }
            if node["items"].is_object() {
                deeper(self, Way::Item, &node["items"]);
            }
        }
    }

    /// Puts something of every type into a place, and compares what the parser says with the schema.
    fn probe(&mut self, place: &Place, way: &[Way]) {
        let at = format!("{way:?}");
        let all: BTreeSet<_> = place.keywords.union(&place.keys).cloned().collect();
        let table = say(&put(way, &json!({ "zzz": 1 }), false));
        if table.starts_with("unknown field") {
            assert_eq!(expected(&table), place.keys, "{at}: {table}");
            self.tables += 1;
        } else if table.starts_with("unknown variant") && !place.named {
            assert_eq!(expected(&table), all, "{at}: {table}");
        } else {
            assert!(place.keys.is_empty(), "{at}: {table}");
            assert!(place.named || is_type(&table), "{at}: {table}");
        }
        let text = say(&put(way, &json!("zzz"), false));
        if text.starts_with("unknown variant") {
            let list = expected(&text);
            assert!(list == place.keywords || list == all, "{at}: {text}");
            self.enums += 1;
        } else {
            assert!(place.keywords.is_empty(), "{at}: {text}");
            assert_eq!(
                place.types.contains("string"),
                !is_type(&text),
                "{at}: {text}"
            );
            self.leaves += 1;
        }
        for (kind, value) in [("boolean", json!(true)), ("integer", json!(1))] {
            let said = say(&put(way, &value, false));
            assert_eq!(
                place.types.contains(kind),
                !is_type(&said),
                "{at}, {kind}: {said}"
            );
        }
    }
}

/// A file that has a value in one place, and nothing else but what is needed, if that is wanted.
fn put(way: &[Way], value: &Value, filled: bool) -> Value {
    way.iter()
        .rev()
        .fold(value.clone(), |inner, step| match step {
            Way::Key(name, needed) => {
                let mut table = if filled { needed.clone() } else { Map::new() };
                table.insert(name.clone(), inner);
                Value::Object(table)
            }
            Way::Item => json!([inner]),
        })
}

/// What the parser says of a file.
fn say(file: &Value) -> String {
    let Some(tables) = file.as_object() else {
        return format!("invalid type: {file}");
    };
    let lines: Vec<_> = tables
        .iter()
        .map(|(name, value)| format!("{name} = {}\n", inline(value)))
        .collect();
    match Process::parse("probe", &lines.concat()) {
        Ok(_) => "taken".to_owned(),
        Err(error) => error.message().to_owned(),
    }
}

fn inline(value: &Value) -> String {
    match value {
        Value::Object(table) => {
            let pairs: Vec<_> = table
                .iter()
                .map(|(name, value)| format!("{name} = {}", inline(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// The parser does not take values of this type here.
fn is_type(said: &str) -> bool {
    said.starts_with("invalid type") || said.starts_with("wanted string or table")
}

/// The words that a message says it expected.
fn expected(message: &str) -> BTreeSet<String> {
    let quoted = message.split('`').skip(1).step_by(2);
    quoted.skip(1).map(str::to_owned).collect()
}

#[test]
fn schema_and_parser_name_the_same_keys_keywords_and_types() {
    let schema = schema();
    let mut walk = Walk {
        schema: schema.clone(),
        tables: 0,
        enums: 0,
        leaves: 0,
    };
    walk.walk(&schema, &[], &[]);
    let Walk {
        tables,
        enums,
        leaves,
        ..
    } = walk;
    assert!(
        tables > 40 && enums > 40 && leaves > 200,
        "{tables} {enums} {leaves}"
    );
}

#[test]
fn every_example_fits_its_pattern() {
    fn look(node: &Value, seen: &mut usize) {
        if node["pattern"].is_string() {
            let validator = jsonschema::validator_for(node).unwrap();
            for example in node["examples"].as_array().into_iter().flatten() {
                assert!(validator.is_valid(example), "{example}: {node}");
                *seen += 1;
            }
        }
        match node {
            Value::Object(fields) => fields.values().for_each(|it| look(it, seen)),
            Value::Array(items) => items.iter().for_each(|it| look(it, seen)),
            _ => {}
        }
    }
    let mut seen = 0;
    look(&schema(), &mut seen);
    assert!(seen > 10);
}
