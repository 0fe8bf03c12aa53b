//! Groups: lockstep, linked, independent, and dependents that must follow.

use std::collections::BTreeMap;

use promenade_version::{
    BelowOne, Dependency, Group, GroupError, Groups, Impact, Request, SchemeKind, Sharing, Version,
    VersionPolicy, strategy,
};
use proptest::prelude::*;
use semver::VersionReq;

fn policy() -> VersionPolicy {
    VersionPolicy::builder(SchemeKind::Semver)
        .below_one(BelowOne::BreakingIsMinor)
        .build()
        .unwrap()
}

fn named<T: Clone>(pairs: &[(&str, T)]) -> BTreeMap<String, T> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

fn plan(
    groups: Vec<Group>,
    versions: &[(&str, &str)],
    edges: &[Dependency],
    changes: &[(&str, Impact)],
) -> Result<Vec<String>, GroupError> {
    let versions: Vec<(&str, Version)> = versions
        .iter()
        .map(|(name, text)| (*name, text.parse().unwrap()))
        .collect();
    let plan = Groups::try_from(groups)?.plan(
        &policy(),
        &named(&versions),
        edges,
        &named(changes),
        &Request::first(),
    )?;
    Ok(plan
        .iter()
        .map(|(name, next)| format!("{name} {}", next.text()))
        .collect())
}

fn edge(dependent: &str, dependency: &str, requirement: &str) -> Dependency {
    Dependency::new(dependent, dependency, requirement.parse().unwrap())
}

#[test]
fn lockstep_moves_all_and_linked_moves_those_that_changed() {
    let versions = [("a", "1.0.0"), ("b", "1.4.2"), ("c", "1.1.0")];
    let changes = [("a", Impact::Feature), ("c", Impact::Fix)];
    let grouped = |sharing| vec![Group::new("core", sharing, ["a", "b", "c"])];
    let check = |groups, expect: &[&str]| {
        assert_eq!(plan(groups, &versions, &[], &changes).unwrap(), expect);
    };
    check(
        grouped(Sharing::Lockstep),
        &["a 1.5.0", "b 1.5.0", "c 1.5.0"],
    );
    check(grouped(Sharing::Linked), &["a 1.5.0", "c 1.5.0"]);
    check(grouped(Sharing::Independent), &["a 1.1.0", "c 1.1.1"]);
    check(vec![], &["a 1.1.0", "c 1.1.1"]);
}

#[test]
fn a_version_that_belongs_to_no_package_moves_on_its_own() {
    let none: [&str; 0] = [];
    let groups = vec![Group::new("network-protocol", Sharing::Independent, none)];
    let versions = [("network-protocol", "2.1.0"), ("a", "1.0.0")];
    let changes = [("network-protocol", Impact::Breaking)];
    assert_eq!(
        plan(groups, &versions, &[], &changes).unwrap(),
        ["network-protocol 3.0.0"]
    );
}

#[test]
fn dependents_follow_only_out_of_their_requirement_and_through_the_chain() {
    let versions = [
        ("lib", "0.3.1"),
        ("mid", "1.0.0"),
        ("app", "2.0.0"),
        ("wide", "5.0.0"),
    ];
    let edges = [
        edge("mid", "lib", "^0.3").public(),
        edge("app", "mid", "^1"),
        edge("wide", "lib", ">=0.3"),
    ];
    let fix = plan(vec![], &versions, &edges, &[("lib", Impact::Fix)]).unwrap();
    assert_eq!(fix, ["lib 0.3.2"]);
    let breaking = plan(vec![], &versions, &edges, &[("lib", Impact::Breaking)]).unwrap();
    assert_eq!(breaking, ["app 2.0.1", "lib 0.4.0", "mid 2.0.0"]);
}

#[test]
fn a_dependent_that_follows_says_why() {
    let plan = Groups::default()
        .plan(
            &policy(),
            &named(&[("a", Version::new(1, 0, 0)), ("b", Version::new(1, 0, 0))]),
            &[edge("b", "a", "=1.0.0")],
            &named(&[("a", Impact::Fix)]),
            &Request::first(),
        )
        .unwrap();
    insta::assert_snapshot!(plan["b"], @"1.0.1: a fix raises the patch; a 1.0.1 is outside its requirement, so it follows with a fix");
}

#[test]
fn a_name_without_a_version_is_refused() {
    let refused = plan(vec![], &[("a", "1.0.0")], &[], &[("b", Impact::Fix)]).unwrap_err();
    assert_eq!(refused, GroupError::Unknown("b".to_owned()));
}

proptest! {
    #[test]
    fn plans_are_closed_minimal_and_equal_for_equal_inputs(
        sharings in prop::collection::vec(
            prop::sample::select(vec![Sharing::Lockstep, Sharing::Linked, Sharing::Independent]), 2),
        numbers in prop::collection::vec((0_u64..3, 1_u64..4, 0_u64..4), 6),
        wires in prop::collection::vec((0_usize..6, 0_usize..6, any::<bool>(), any::<bool>()), 0..10),
        impacts in prop::collection::vec(strategy::impact(), 6),
    ) {
        let name = |at: usize| format!("p{at}");
        let groups = Groups::try_from(vec![
            Group::new("one", sharings[0], [name(0), name(1)]),
            Group::new("two", sharings[1], [name(2), name(3)]),
        ])?;
        let versions: BTreeMap<String, Version> = numbers
            .iter()
            .enumerate()
            .map(|(at, (major, minor, patch))| (name(at), Version::new(*major, *minor, *patch)))
            .collect();
        let changes: BTreeMap<String, Impact> =
            impacts.iter().enumerate().map(|(at, impact)| (name(at), *impact)).collect();
        let edges: Vec<Dependency> = wires
            .iter()
            .filter(|(from, to, ..)| from != to)
            .map(|(from, to, exact, public)| {
                let sign = if *exact { "=" } else { "^" };
                let requirement = VersionReq::parse(&format!("{sign}{}", versions[&name(*to)]));
                let edge = Dependency::new(name(*from), name(*to), requirement.unwrap());
                if *public { edge.public() } else { edge }
            })
            .collect();
        let request = Request::first();
        let plan = groups.plan(&policy(), &versions, &edges, &changes, &request)?;
        prop_assert_eq!(&plan, &groups.plan(&policy(), &versions, &edges, &changes, &request)?);
        let grouped = |name: &str| groups.groups().iter().any(|group| {
            group.sharing == Sharing::Lockstep && group.packages.iter().any(|own| own == name)
        });
        for (name, next) in &plan {
            prop_assert!(next.version() > &versions[name]);
            // Minimal: it changed, or its group did, or a requirement of its broke.
            let broken = edges.iter().any(|edge| {
                edge.dependent == *name
                    && plan.get(&edge.dependency).is_some_and(|next| !edge.requirement.matches(next.version()))
            });
            prop_assert!(changes[name] != Impact::None || grouped(name) || broken, "{}", name);
        }
        // Closed: nobody is left with a requirement that its dependency left.
        for edge in &edges {
            if let Some(next) = plan.get(&edge.dependency)
                && !edge.requirement.matches(next.version())
            {
                prop_assert!(plan.contains_key(&edge.dependent));
            }
        }
        for (name, impact) in &changes {
            prop_assert!(*impact == Impact::None || plan.contains_key(name));
        }
        for group in groups.groups() {
            let planned: Vec<_> =
                group.packages.iter().filter_map(|name| plan.get(name)).map(|next| next.version()).collect();
            if group.sharing != Sharing::Independent {
                prop_assert!(planned.windows(2).all(|pair| pair[0] == pair[1]));
            }
        }
    }
}
