//! What the environments expect, against what the process can name.

use promenade_promotion::{Accepts, Lane};
use promenade_tag::Class;
use promenade_version::Version;

use super::fault::{Checked, Fault, FaultRule};
use crate::Process;

/// Checks that candidates and releases have names, and that every gate is asked of somebody.
pub(super) fn check(process: &Process, checked: &mut Checked) {
    let environments = process.promotion().environments();
    let accepting = |accepts| environments.iter().find(|rule| rule.accepts == accepts);
    let named = |class| {
        process
            .tags()
            .rules()
            .iter()
            .any(|rule| rule.class == class)
    };
    if let Some(rule) = accepting(Accepts::Candidate) {
        let why = match (process.version().candidate(), named(Class::Candidate)) {
            (None, _) => Some("`[version]` says nothing of candidates"),
            (Some(_), false) => Some("no `[[tag]]` is of class `candidate`"),
            (Some(_), true) => None,
        };
        if let Some(why) = why {
            let story = vec![
                format!("cut a candidate for {}", rule.name),
                format!("it has no name: {why}"),
            ];
            let message = format!("waits for candidates, and {why}");
            let fault = Fault::new(
                FaultRule::CandidateUnnamed,
                rule.name.to_string(),
                message,
                story,
            );
            checked.add(fault);
        }
    }
    if let Some(rule) = accepting(Accepts::Release)
        && !named(Class::Release)
    {
        let why = "no `[[tag]]` is of class `release`";
        let story = vec![
            format!("release {} for {}", Version::new(1, 0, 0), rule.name),
            format!("it has no name: {why}"),
        ];
        let message = format!("waits for releases, and {why}");
        checked.add(Fault::new(
            FaultRule::ReleaseUnnamed,
            rule.name.to_string(),
            message,
            story,
        ));
    }
    for rule in environments {
        let passes = |lane: &Lane| rule.lanes.is_empty() || rule.lanes.contains(lane);
        for gate in &rule.gates {
            if !Lane::ALL
                .iter()
                .any(|lane| passes(lane) && gate.is_for(*lane))
            {
                let lanes: Vec<_> = gate.lanes.iter().map(ToString::to_string).collect();
                let story = vec![
                    format!(
                        "something comes to {} on lane {}",
                        rule.name,
                        lanes.join(" or ")
                    ),
                    format!("that lane does not pass {}", rule.name),
                ];
                let message = format!(
                    "gate `{}` is asked of lanes that do not pass there",
                    gate.id()
                );
                checked.add(Fault::new(
                    FaultRule::GateNeverAsked,
                    rule.name.to_string(),
                    message,
                    story,
                ));
            }
        }
    }
}
