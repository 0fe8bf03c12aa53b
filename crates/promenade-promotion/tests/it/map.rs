//! Maps and sets against those of the standard library.

use std::collections::{BTreeMap, BTreeSet};

use promenade_promotion::{Map, Set};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Insert(u16, u8),
    Remove(u16),
    Change(u16, u8),
    Demand(u16, u8),
    Retain(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..400_u16;
    prop_oneof![
        20 => (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Insert(key, value)),
        5 => key.clone().prop_map(Step::Remove),
        2 => (key.clone(), any::<u8>()).prop_map(|(key, value)| Step::Change(key, value)),
        2 => (key, any::<u8>()).prop_map(|(key, value)| Step::Demand(key, value)),
        1 => (2..50_u16).prop_map(Step::Retain),
    ]
}

fn take(step: &Step, map: &mut Map<u16, u8>, oracle: &mut BTreeMap<u16, u8>) {
    match *step {
        Step::Insert(key, value) => assert_eq!(map.insert(key, value), oracle.insert(key, value)),
        Step::Remove(key) => assert_eq!(map.remove(&key), oracle.remove(&key)),
        Step::Change(key, to) => {
            assert_eq!(map.get_mut(&key), oracle.get_mut(&key));
            map.get_mut(&key).into_iter().for_each(|value| *value = to);
            oracle
                .get_mut(&key)
                .into_iter()
                .for_each(|value| *value = to);
        }
        Step::Demand(key, value) => {
            let expected = *oracle.entry(key).or_insert(value);
            assert_eq!(*map.get_or_insert_with(&key, || value), expected);
        }
        Step::Retain(part) => {
            map.retain(|key, _| key % part != 0);
            oracle.retain(|key, _| key % part != 0);
        }
    }
}

#[track_caller]
fn same(map: &Map<u16, u8>, oracle: &BTreeMap<u16, u8>) {
    assert_eq!(map.len(), oracle.len());
    assert_eq!(map.is_empty(), oracle.is_empty());
    assert_eq!(map.last_key_value(), oracle.last_key_value());
    assert!(map.iter().eq(oracle), "{map:?} is not {oracle:?}");
    assert!(map.iter().rev().eq(oracle.iter().rev()));
    assert!(map.keys().eq(oracle.keys()) && map.values().eq(oracle.values()));
    assert!((0..400).all(|key| map.get(&key) == oracle.get(&key)));
    assert_eq!(format!("{map:?}"), format!("{oracle:?}"));
    // However its entries came, and wherever they lie.
    assert_eq!(*map, Map::from(oracle.clone()));
    assert_eq!(
        *map,
        oracle.iter().map(|(key, value)| (*key, *value)).collect()
    );
}

proptest! {
    #[test]
    fn a_map_does_what_the_standard_one_does(steps in vec(step(), 0..1_500)) {
        let (mut map, mut oracle) = (Map::new(), BTreeMap::new());
        for step in &steps {
            take(step, &mut map, &mut oracle);
        }
        same(&map, &oracle);
        prop_assert!(map.into_iter().eq(oracle));
    }

    #[test]
    fn maps_are_ordered_as_the_standard_ones_are(
        left in vec((0..4_u16, 0..3_u8), 0..4),
        right in vec((0..4_u16, 0..3_u8), 0..4),
    ) {
        let map = |entries: &[(u16, u8)]| entries.iter().copied().collect::<Map<_, _>>();
        let oracle = |entries: &[(u16, u8)]| entries.iter().copied().collect::<BTreeMap<_, _>>();
        prop_assert_eq!(map(&left).cmp(&map(&right)), oracle(&left).cmp(&oracle(&right)));
        prop_assert_eq!(map(&left) == map(&right), oracle(&left) == oracle(&right));
    }

    #[test]
    fn a_set_does_what_the_standard_one_does(elements in vec(0..400_u16, 0..1_500)) {
        let (mut set, mut oracle) = (Set::new(), BTreeSet::new());
        for element in &elements {
            prop_assert_eq!(set.insert(*element), oracle.insert(*element));
        }
        prop_assert_eq!((set.len(), set.is_empty()), (oracle.len(), oracle.is_empty()));
        prop_assert_eq!((set.first(), set.last()), (oracle.first(), oracle.last()));
        prop_assert!(set.iter().eq(&oracle) && set.iter().rev().eq(oracle.iter().rev()));
        prop_assert!((0..400).all(|element| set.contains(&element) == oracle.contains(&element)));
        prop_assert_eq!(format!("{set:?}"), format!("{oracle:?}"));
        prop_assert_eq!(&set, &Set::from(oracle));
    }
}

#[test]
fn a_map_and_a_set_have_the_serde_shape_of_the_standard_ones() {
    let map = Map::from([("b".to_owned(), 2), ("a".to_owned(), 1)]);
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(text, r#"{"a":1,"b":2}"#);
    assert_eq!(
        serde_json::from_str::<Map<String, i32>>(&text).unwrap(),
        map
    );

    let set = Set::from(["b".to_owned(), "a".to_owned()]);
    let text = serde_json::to_string(&set).unwrap();
    assert_eq!(text, r#"["a","b"]"#);
    assert_eq!(serde_json::from_str::<Set<String>>(&text).unwrap(), set);
}
