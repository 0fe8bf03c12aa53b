//! The canonical bytes of rules, for the digest that every event names.

use std::fmt::Display;

use crate::codec::Writer;
use crate::environment::{After, EnvironmentRule};
use crate::gate::{Condition, GateRule};
use crate::policy::{FinalCommit, PolicyRules, ReleaseRule};
use crate::roster::PersonRule;

pub(crate) fn bytes(rules: &PolicyRules) -> Vec<u8> {
    let mut out = Form(Writer::default());
    out.list("environments", &rules.environments, environment);
    out.list("people", &rules.people, person);
    out.list("release", std::slice::from_ref(&rules.release), release);
    out.texts("waivers-from", &rules.waivers_from);
    out.0.into_bytes()
}

/// Writes lines `name: value`; what is nested is written in brackets.
struct Form(Writer);

impl Form {
    fn text(&mut self, name: &str, text: &str) {
        self.0.raw(name);
        self.0.raw(":");
        self.0.string(text);
        self.0.raw("\n");
    }

    fn show(&mut self, name: &str, value: &dyn Display) {
        self.text(name, &value.to_string());
    }

    fn texts<T: Display>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        self.0.raw(name);
        self.0.raw(":");
        self.0.begin(b'[');
        for value in values {
            self.item(&value);
        }
        self.0.end(b']');
        self.0.raw("\n");
    }

    fn item(&mut self, value: &dyn Display) {
        self.0.element();
        self.0.string(&value.to_string());
    }

    fn list<T>(&mut self, name: &str, values: &[T], form: fn(&mut Self, &T)) {
        for value in values {
            self.0.raw(name);
            self.0.raw("[\n");
            form(self, value);
            self.0.raw("]\n");
        }
    }
}

fn environment(out: &mut Form, rule: &EnvironmentRule) {
    out.show("name", &rule.name);
    out.texts("stage", rule.stage.as_slice());
    out.texts("network", rule.network.as_slice());
    out.texts("aliases", &rule.aliases);
    after(out, &rule.after);
    out.show("accepts", &rule.accepts);
    out.list("gates", &rule.gates, gate);
    out.show("queue", &rule.queue);
    out.texts("lanes", &rule.lanes);
    out.texts("derivation", &rule.derivation);
    out.show("downgrade", &rule.downgrade);
    out.show("after-rollback", &rule.after_rollback);
    out.show("rollback-in-freeze", &rule.rollback_in_freeze);
}

fn after(out: &mut Form, after: &After) {
    match after {
        After::All(names) => out.texts("after-all", names),
        After::Any(names) => out.texts("after-any", names),
    }
}

fn gate(out: &mut Form, gate: &GateRule) {
    out.texts("lanes", &gate.lanes);
    match &gate.condition {
        Condition::Check(name) => out.show("check", name),
        Condition::Checklist(name) => out.show("checklist", name),
        Condition::Signature(name) => out.show("signature", name),
        Condition::Obligation(kind) => out.show("obligation", kind),
        Condition::Command(rule) => {
            out.show("command", &rule.name);
            out.texts("run", &rule.run);
        }
        Condition::Approvals(rule) => {
            out.show("approvals", &rule.count);
            out.texts("from", &rule.from);
            out.show("separation", &rule.separation);
            out.texts("expires", rule.expires.as_slice());
        }
        Condition::Soak(rule) => {
            out.show("soak", &rule.at_least);
            out.show("in", &rule.within);
            out.texts("clock", rule.clock.as_slice());
        }
        Condition::Freeze(rule) => {
            out.show("freeze", &rule.zone);
            for window in &rule.weekly {
                out.texts("weekly", [window.from, window.to]);
            }
            for window in &rule.dated {
                out.texts("dated", [window.from, window.to]);
            }
        }
        Condition::Schedule(rule) => out.show("schedule", &rule.offset),
    }
}

fn person(out: &mut Form, person: &PersonRule) {
    out.show("name", &person.name);
    out.texts("keys", &person.keys);
    out.texts("roles", &person.roles);
}

fn release(out: &mut Form, rule: &ReleaseRule) {
    if let Some(names) = &rule.after {
        after(out, names);
    }
    out.list("gates", &rule.gates, gate);
    match &rule.final_commit {
        FinalCommit::SameCommit => out.text("final", "same-commit"),
        FinalCommit::SameTag => out.text("final", "same-tag"),
        FinalCommit::Paths(paths) => {
            out.texts("final-paths", paths);
        }
    }
    out.texts("derivation", &rule.derivation);
}
