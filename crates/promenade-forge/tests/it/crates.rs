//! Crates, published by the real cargo to a registry of our own.

use std::path::Path;
use std::time::Duration;

use promenade_forge::Patience;
use promenade_forge::crates::{
    Cargo, CargoError, CratePlan, FindIndexError, OrderError, PublishCrateError, SparseIndex,
    State, Workspace, find_index, plan, publish, verify,
};
use testkit::crates::{Crates, TOKEN};

/// In the order in which they are to be published.
const ORDER: [&str; 5] = ["acme-base", "acme-one", "acme-two", "acme-app", "acme-cli"];

/// Five crates that need each other, one of them its user for a test, and a private one.
struct Project {
    dir: tempfile::TempDir,
    registry: Crates,
}

impl Project {
    fn new() -> Option<Self> {
        testkit::program("cargo")?;
        let project = Self {
            dir: tempfile::tempdir().unwrap(),
            registry: Crates::start(),
        };
        project.write(
            "Cargo.toml",
            "[workspace]\nmembers = [\"acme-*\", \"xtask\"]\nresolver = \"3\"\n",
        );
        let index = project.registry.index();
        project.write(
            ".cargo/config.toml",
            &format!("[registries.local]\nindex = \"{index}\"\n"),
        );
        for (name, needs, extra) in [
            (
                "acme-base",
                "",
                "[dev-dependencies]\nacme-cli = { path = \"../acme-cli\" }\n",
            ),
            ("acme-one", "base", ""),
            ("acme-two", "base one", ""),
            (
                "acme-app",
                "two",
                "[build-dependencies]\nacme-one = { path = \"../acme-one\", version = \"0.1.0\", registry = \"local\" }\n",
            ),
            ("acme-cli", "app base", ""),
            ("xtask", "cli", ""),
        ] {
            project.member(name, needs, extra);
        }
        Some(project)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn member(&self, name: &str, needs: &str, extra: &str) {
        let needs: Vec<_> = needs
            .split_whitespace()
            .map(|need| {
                format!(
                    "acme-{need} = {{ path = \"../acme-{need}\", version = \"0.1.0\", \
                     registry = \"local\" }}\n"
                )
            })
            .collect();
        let private = if name == "xtask" {
            "false"
        } else {
            "[\"local\"]"
        };
        self.write(
            &format!("{name}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 description = \"A test.\"\nlicense = \"MIT\"\npublish = {private}\n\n\
                 [dependencies]\n{}\n{extra}",
                needs.concat()
            ),
        );
        self.write(&format!("{name}/src/lib.rs"), "//! A test.\n");
    }

    fn cargo(&self) -> Cargo {
        Cargo::new(self.dir.path(), Some("local"))
            .allow_dirty(true)
            .env("CARGO_HOME", self.dir.path().join("home").to_str().unwrap())
            .env(
                "CARGO_TARGET_DIR",
                self.dir.path().join("target").to_str().unwrap(),
            )
            .env("CARGO_REGISTRIES_LOCAL_TOKEN", TOKEN)
            // The registry is on this machine, whatever else is out of reach.
            .env("CARGO_NET_OFFLINE", "false")
    }

    fn index(&self) -> SparseIndex {
        let index = find_index(Some("local"), self.dir.path(), &|_| None).unwrap();
        SparseIndex::new(&index, None).unwrap().patient(Patience {
            attempts: 3,
            pause: Duration::from_millis(1),
            longest: Duration::from_millis(10),
        })
    }

    fn plan(&self) -> (Workspace, CratePlan) {
        let cargo = self.cargo();
        let workspace = cargo.workspace().unwrap();
        let plan = plan(&workspace, &cargo, &self.index(), &[]).unwrap();
        (workspace, plan)
    }

    fn publish(&self) -> Result<CratePlan, PublishCrateError> {
        let (workspace, plan) = self.plan();
        publish(plan, &workspace, &self.cargo(), &self.index(), &mut |_| ())
    }

    #[track_caller]
    fn is_published(&self) {
        let (_, plan) = self.plan();
        assert_eq!(plan.missing(), [""; 0]);
        let uploads: Vec<_> = ORDER.iter().map(|name| format!("{name} 0.1.0")).collect();
        let mut made = self.registry.uploads();
        made.retain(|one| uploads.contains(one));
        assert_eq!(made, uploads, "in order, each once");
        for one in plan.crates() {
            let State::There(there) = &one.state else {
                panic!("{one:?}")
            };
            let own = self.registry.digest(&one.name, "0.1.0");
            assert_eq!(Some(there.digest.encoded()), own);
        }
    }
}

#[test]
fn five_crates_are_published_in_the_order_of_their_needs() {
    let Some(project) = Project::new() else {
        return;
    };
    let (_, planned) = project.plan();
    assert_eq!(planned.missing(), ORDER);
    assert_eq!(
        project.registry.uploads(),
        [""; 0],
        "a plan changes nothing"
    );
    let done = project.publish().unwrap();
    assert!(
        done.crates()
            .iter()
            .all(|one| matches!(one.state, State::Brought(_)))
    );
    project.is_published();
    let again = project.publish().unwrap();
    assert!(
        again
            .crates()
            .iter()
            .all(|one| matches!(one.state, State::There(_)))
    );
    project.is_published();
}

#[test]
fn a_lost_answer_is_resolved_by_the_index() {
    let Some(project) = Project::new() else {
        return;
    };
    project.registry.lose(3);
    if project.publish().is_err() {
        project.publish().map(drop).unwrap();
    }
    project.is_published();
}

#[test]
fn a_failing_package_stops_before_the_first_upload() {
    let Some(project) = Project::new() else {
        return;
    };
    project.write("acme-cli/src/lib.rs", "compile_error!(\"broken\");\n");
    let (_, planned) = project.plan();
    let error = verify(&planned, &project.cargo()).unwrap_err();
    assert!(error.to_string().contains("broken"), "{error}");
    let error = project.publish().unwrap_err();
    assert!(
        matches!(error, PublishCrateError::Cargo(CargoError::Failed { .. })),
        "{error}"
    );
    assert_eq!(project.registry.uploads(), [""; 0]);
    project.write("acme-cli/src/lib.rs", "//! A test.\n");
    project.publish().map(drop).unwrap();
    project.is_published();
}

#[test]
fn other_bytes_under_the_version_are_told() {
    let Some(project) = Project::new() else {
        return;
    };
    let (workspace, planned) = project.plan();
    // Between the plan and the upload somebody publishes something else.
    project.registry.add("acme-base", "0.1.0", b"other bytes");
    let cargo = project.cargo();
    let error = publish(planned, &workspace, &cargo, &project.index(), &mut |_| ());
    let error = error.unwrap_err();
    assert!(
        matches!(
            error,
            PublishCrateError::OtherBytes { .. } | PublishCrateError::Cargo(_)
        ),
        "{error}"
    );
    assert_eq!(project.registry.uploads(), [""; 0]);
}

#[test]
fn an_index_that_fails_is_never_an_empty_one() {
    let Some(project) = Project::new() else {
        return;
    };
    project.registry.break_index(true);
    let cargo = project.cargo();
    let workspace = cargo.workspace().unwrap();
    let error = plan(&workspace, &cargo, &project.index(), &[]).unwrap_err();
    assert!(matches!(error, PublishCrateError::Index(_)), "{error}");
    assert!(error.to_string().contains("503"), "{error}");
}

fn workspace(packages: &[(&str, &str)]) -> Workspace {
    let packages: Vec<_> = packages
        .iter()
        .map(|(name, needs)| {
            let needs = needs.split_whitespace().map(|need| {
                let (kind, rest) = match need.strip_prefix("dev:") {
                    Some(rest) => ("\"dev\"", rest),
                    None => ("null", need),
                };
                let (name, req) = rest.split_once('@').unwrap_or((rest, "^0.1"));
                format!("{{\"name\":\"{name}\",\"kind\":{kind},\"req\":\"{req}\",\"path\":\"/x\"}}")
            });
            let needs: Vec<_> = needs.collect();
            let publish = if name.starts_with('_') { "[]" } else { "null" };
            format!(
                "{{\"name\":\"{name}\",\"version\":\"0.1.0\",\"publish\":{publish},\
                 \"dependencies\":[{}]}}",
                needs.join(",")
            )
        })
        .collect();
    let json = format!(
        "{{\"target_directory\":\"/t\",\"packages\":[{}]}}",
        packages.join(",")
    );
    Workspace::parse(json.as_bytes()).unwrap()
}

#[track_caller]
fn order(packages: &[(&str, &str)]) -> Result<Vec<String>, OrderError> {
    let workspace = workspace(packages);
    let order = workspace.order(None, &[])?;
    Ok(order.into_iter().map(|one| one.name().to_owned()).collect())
}

#[test]
fn a_cycle_through_tests_alone_is_no_cycle_without_a_version() {
    assert_eq!(order(&[("a", "dev:b@*"), ("b", "a")]).unwrap(), ["a", "b"]);
    let error = order(&[("a", "dev:b"), ("b", "a")]).unwrap_err();
    let cycle = ["a", "b", "a"].map(str::to_owned).to_vec();
    assert_eq!(
        error,
        OrderError::DevCycle {
            cycle: cycle.clone()
        }
    );
    assert!(error.to_string().contains("without `version`"), "{error}");
    assert_eq!(
        order(&[("a", "b"), ("b", "a")]).unwrap_err(),
        OrderError::Cycle { cycle }
    );
}

#[test]
fn what_can_never_be_published_is_told_when_planning() {
    assert!(matches!(
        order(&[("a", "b@*"), ("b", "")]),
        Err(OrderError::NoVersion { .. })
    ));
    assert!(matches!(
        order(&[("a", "_b"), ("_b", "")]),
        Err(OrderError::Unpublished { .. })
    ));
    assert_eq!(order(&[("_x", "a"), ("a", "dev:_x@*")]).unwrap(), ["a"]);
    let error = workspace(&[("a", "")])
        .order(None, &["z".to_owned()])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`z` is no package that may be published there; expected one of `a`"
    );
}

#[test]
fn the_index_is_found_as_cargo_finds_it() {
    let dir = tempfile::tempdir().unwrap();
    let find = |registry: &str, variables: &[(&str, &str)]| {
        let look = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        find_index(Some(registry), &dir.path().join("a/b"), &look)
    };
    let write = |path: &Path, index: &str| {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = format!("[registries.my-own]\nindex = \"{index}\"\n");
        std::fs::write(path, text).unwrap();
    };
    let home = dir.path().join("home");
    let home = [("CARGO_HOME", home.to_str().unwrap())];
    assert!(matches!(
        find("my-own", &home),
        Err(FindIndexError::Unknown { .. })
    ));
    write(
        &dir.path().join("home/config.toml"),
        "sparse+https://far.example/",
    );
    assert_eq!(
        find("my-own", &home).unwrap(),
        "sparse+https://far.example/"
    );
    write(
        &dir.path().join("a/.cargo/config.toml"),
        "sparse+https://near.example/",
    );
    assert_eq!(
        find("my-own", &home).unwrap(),
        "sparse+https://near.example/"
    );
    let variable = [(
        "CARGO_REGISTRIES_MY_OWN_INDEX",
        "sparse+https://said.example/",
    )];
    assert_eq!(
        find("my-own", &variable).unwrap(),
        "sparse+https://said.example/"
    );
}
