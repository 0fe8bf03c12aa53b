//! Laws that hold for every scheme and policy.

use std::collections::BTreeSet;

use promenade_version::{
    BelowOne, Branch, Impact, Lane, Meaning, NextVersionErrorKind, ParseVersionErrorKind, Request,
    SchemeKind, Version, VersionPolicy, strategy,
};
use proptest::prelude::*;
use semver::VersionReq;

fn overflow(error: &promenade_version::NextVersionError) -> bool {
    *error.kind() == NextVersionErrorKind::Overflow
}

fn numbers(version: &Version) -> (u64, u64, u64) {
    (version.major, version.minor, version.patch)
}

/// At the slow size the assumptions of a test refuse more cases than the default allows.
fn config() -> ProptestConfig {
    let cases = testkit::scale(512, 100_000);
    ProptestConfig {
        cases: u32::try_from(cases).unwrap_or(512),
        max_global_rejects: 1_000_000,
        max_local_rejects: 1_000_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn parse_undoes_format((scheme, version) in strategy::scheme_and_version()) {
        let text = scheme.format(&version)?;
        prop_assert_eq!(scheme.parse(&text)?, version, "{}", text);
    }

    #[test]
    fn format_undoes_parse(
        scheme in strategy::scheme(),
        text in r"v?[0-9]{1,3}(\.[0-9]{1,2}){0,3}(-(alpha|rc|pre|prerelease|hotfix|dev|sp|0\.dev)(\.|-)?[0-9]{0,2}|-[0-9a-f]{7}|\+[a-z0-9.]{1,8}|-[a-z.0-9]{1,4})?"
    ) {
        let read = scheme.parse(&text);
        prop_assert_eq!(scheme.recognise(&text), read.clone().ok());
        match read {
            Ok(version) => prop_assert_eq!(scheme.format(&version)?, text),
            Err(error) => if let ParseVersionErrorKind::NotCanonical { canonical } = error.kind() {
                prop_assert_ne!(canonical, &text);
                let version = scheme.parse(canonical);
                prop_assert!(version.is_ok(), "{} suggests {}", text, canonical);
                prop_assert_eq!(&scheme.format(&version?)?, canonical);
            },
        }
    }

    #[test]
    fn two_texts_are_never_one_version(
        (scheme, one) in strategy::scheme_and_version(), pre in "[a-z0-9.]{0,7}", build in "[a-z0-9.]{0,7}"
    ) {
        // Any version with the same numbers: printed, it reads as itself or has no text.
        let mut other = one;
        if let (Ok(pre), Ok(build)) = (pre.parse(), build.parse()) {
            (other.pre, other.build) = (pre, build);
            if let Ok(text) = scheme.format(&other) {
                prop_assert_eq!(scheme.parse(&text)?, other, "{}", text);
            }
        }
    }

    #[test]
    fn precedence_follows_the_meaning(
        (scheme, a, b) in strategy::scheme().prop_flat_map(|scheme| {
            let version = strategy::version_of(&scheme);
            (Just(scheme), version.clone(), version)
        })
    ) {
        let mut b = b;
        (b.major, b.minor, b.patch) = numbers(&a);
        let declared = |version: &Version| scheme.kind() != &SchemeKind::Semver
            || !(version.pre.contains("beta.x") || version.pre.starts_with(|c: char| c.is_ascii_digit()) && scheme.meaning(version) == Meaning::Candidate);
        prop_assume!(declared(&a) && declared(&b));
        let rank = |version: &Version| match scheme.meaning(version) {
            Meaning::Manifest => 0,
            Meaning::Candidate => 1,
            Meaning::Release => 2,
            Meaning::StableSuffix => 3,
        };
        if rank(&a) < rank(&b) && a.build.is_empty() {
            prop_assert!(a < b, "{} {}", a, b);
        }
    }

    #[test]
    fn a_release_is_greater_and_equal_inputs_give_equal_results(
        (policy, current) in strategy::policy().prop_flat_map(|policy| {
            let version = strategy::version_of(policy.scheme());
            (Just(policy), version)
        }),
        impact in strategy::impact(),
        lane in strategy::lane(),
        on in strategy::date(),
    ) {
        let request = Request::after(&current).impact(impact).lane(lane).on(on);
        let next = policy.next(&request);
        prop_assert_eq!(&next, &policy.next(&request));
        match next {
            Ok(Some(next)) => {
                prop_assert!(*next.version() > current, "{} after {}", next, current);
                prop_assert!(policy.scheme().meaning(next.version()).is_final());
                prop_assert_eq!(policy.scheme().parse(next.text())?, next.version().clone());
                prop_assert!(!next.reasons().is_empty(), "{}", next);
                prop_assert_ne!(policy.scheme().meaning(&current), Meaning::Candidate);
            }
            Ok(None) => prop_assert_eq!(impact, Impact::None),
            Err(error) => if policy.scheme().meaning(&current) == Meaning::Candidate {
                prop_assert_eq!(error.kind(), &NextVersionErrorKind::OpenSeries);
            },
        }
    }

    #[test]
    fn no_series_ends_without_promotion(
        policy in strategy::policy(),
        start in strategy::date(),
        steps in prop::collection::vec((0_u8..5, strategy::impact(), strategy::date()), 0..12),
    ) {
        prop_assume!(policy.candidate().is_some());
        let Some(first) = policy.open_series(&Request::first().on(start))? else {
            return Ok(());
        };
        let mut at = first.version().clone();
        for (step, impact, on) in steps {
            prop_assert_eq!(policy.scheme().meaning(&at), Meaning::Candidate);
            let next = match step {
                0 => policy.next_candidate(&at, None, impact).ok(),
                1 => policy.advance_label(&at, "beta").ok(),
                2 => policy.advance_label(&at, "rc").ok(),
                3 => policy.next(&Request::after(&at).impact(impact).on(on)).ok().flatten(),
                _ => policy.after(&at, Branch::Patch).ok().flatten(),
            };
            if let Some(next) = next {
                prop_assert!(*next.version() > at, "{} after {}", next, at);
                at = next.version().clone();
            }
        }
        let done = policy.promote(&at)?;
        prop_assert_eq!(policy.scheme().meaning(done.version()), Meaning::Release);
        prop_assert_eq!(numbers(done.version()), numbers(&at));
        prop_assert!(*done.version() > at);
    }

    #[test]
    fn no_two_lines_get_one_version_and_none_exists(
        (policy, existing) in strategy::policy_and_versions()
    ) {
        let mut seen: BTreeSet<_> = existing
            .iter()
            .filter(|version| policy.scheme().meaning(version).is_final())
            .map(numbers)
            .collect();
        for (line, next) in policy.next_on_lines(&existing) {
            match next {
                Ok(next) => {
                    prop_assert!(line.contains(next.version()));
                    prop_assert!(seen.insert(numbers(next.version())), "{} again", next);
                }
                Err(error) => prop_assert!(
                    overflow(&error) || *error.kind() == NextVersionErrorKind::OpenSeries
                ),
            }
        }
    }

    #[test]
    fn a_free_release_exists_nowhere(
        (policy, existing) in strategy::policy_and_versions(),
        impact in strategy::impact(),
        on in strategy::date(),
    ) {
        for current in &existing {
            let request = Request::after(current).impact(impact).on(on);
            if let Ok(Some(next)) = policy.next_free(&request, &existing) {
                let others = existing.iter().filter(|version| *version != current);
                prop_assert!(others.into_iter().all(|v| numbers(v) != numbers(next.version())));
            }
        }
    }

    #[test]
    fn a_marked_manifest_announces_what_follows_and_its_marker_comes_off(
        (policy, released) in strategy::policy().prop_flat_map(|policy| {
            let version = strategy::version_of(policy.scheme());
            (Just(policy), version)
        }),
        level in strategy::level(),
    ) {
        for branch in [Branch::Main(level), Branch::Patch] {
            if let Ok(Some(state)) = policy.after(&released, branch) {
                prop_assert!(*state.version() > released);
                if policy.scheme().meaning(state.version()) == Meaning::Manifest {
                    let release = policy.drop_marker(state.version())?;
                    prop_assert_eq!(numbers(release.version()), numbers(state.version()));
                    prop_assert!(release.version() > state.version());
                }
            }
        }
    }

    #[test]
    fn what_breaks_leaves_cargos_caret_and_nothing_else_does(
        minor in 1_u64..9, major in 0_u64..3, patch in 0_u64..9, impact in strategy::impact()
    ) {
        // Cargo's own notion of compatibility, from the semver crate, is the oracle.
        let policy = VersionPolicy::builder(SchemeKind::Semver)
            .below_one(BelowOne::BreakingIsMinor)
            .build()?;
        let current = Version::new(major, minor, patch);
        let caret = VersionReq::parse(&format!("^{current}"))?;
        if let Some(next) = policy.next(&Request::after(&current).impact(impact))? {
            prop_assert_eq!(caret.matches(next.version()), impact != Impact::Breaking);
        }
    }

    #[test]
    fn a_hotfix_stays_on_its_line(
        (policy, current) in strategy::policy().prop_flat_map(|policy| {
            let version = strategy::version_of(policy.scheme());
            (Just(policy), version)
        }),
    ) {
        let request = Request::after(&current).lane(Lane::Hotfix);
        if let (Ok(Some(next)), Some(line)) = (policy.next(&request), policy.scheme().line_of(&current)) {
            prop_assert!(line.contains(next.version()), "{} from {}", next, current);
        }
    }
}
