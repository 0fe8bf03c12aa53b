//! Channels moved in a real registry by the command line.

use serde_json::Value;

use crate::command::promenade;
use crate::server::Server;

fn outcomes(applied: &Value) -> Vec<&str> {
    let applied = applied["applied"].as_array().unwrap();
    let words = applied.iter().map(|one| one["outcome"].as_str().unwrap());
    words.collect()
}

#[test]
fn a_plan_of_channels_is_printed_and_only_carried_out_when_told() {
    let Some(server) = Server::start() else {
        return;
    };
    let (old, new) = (server.build("old"), server.build("new"));
    let dir = tempfile::tempdir().unwrap();
    let place = format!("{}/app", server.host);
    let run = |args: &[&str]| {
        let all = [
            &[
                "--process",
                "preset:rustshare",
                "--format",
                "json",
                "channels",
            ],
            args,
        ]
        .concat();
        let run = promenade(dir.path(), &all);
        let json: Value = serde_json::from_str(&run.out).unwrap_or_default();
        (run.code, json, run.err)
    };
    let execute = |args: &[&str]| run(&[args, &["--execute", "--registry", &place]].concat());

    let (code, planned, _) = run(&["--publish", "v0.3.0"]);
    assert_eq!((code, planned["applied"].is_null()), (0, true));
    let listed = crate::server::run(
        dir.path(),
        "skopeo",
        &[
            "list-tags",
            "--tls-verify=false",
            &format!("docker://{place}"),
        ],
    );
    assert!(!listed.contains("0.3.0"), "a plan moves nothing: {listed}");

    let (code, applied, err) = execute(&["--publish", "v0.3.0", "--digest", &old]);
    assert_eq!(code, 0, "{err}");
    assert!(
        outcomes(&applied).iter().all(|word| *word == "moved"),
        "{applied}"
    );
    let second = [
        "--publish",
        "v0.4.0",
        "--released",
        "v0.3.0",
        "--digest",
        &new,
    ];
    let (code, applied, err) = execute(&second);
    assert_eq!(code, 0, "{err}");
    assert!(
        outcomes(&applied).iter().all(|word| *word == "moved"),
        "{applied}"
    );
    for (channel, expected) in [
        ("0.3.0", &old),
        ("0.3", &old),
        ("0.4.0", &new),
        ("latest", &new),
    ] {
        assert_eq!(server.oracle(channel), *expected, "{channel}");
    }
    let (code, again, _) = execute(&second);
    assert_eq!(code, 0);
    assert!(
        outcomes(&again).iter().all(|word| *word == "already-there"),
        "{again}"
    );

    // 0.4.0 is bad: its image is known by the name that never moves.
    let (code, back, err) = execute(&["--withdraw", "v0.4.0", "--released", "v0.3.0", "v0.4.0"]);
    assert_eq!(code, 0, "{err}");
    assert!(!outcomes(&back).is_empty());
    assert_eq!(server.oracle("latest"), old);
    assert_eq!(server.oracle("0.4.0"), new, "what was published stays");

    // Another image under a name that never moves, and an image that nobody names.
    let (code, refused, _) = execute(&["--publish", "v0.4.0", "--digest", &old]);
    assert_eq!(code, 3, "{refused}");
    assert!(
        !outcomes(&refused).contains(&"moved"),
        "nothing is half applied: {refused}"
    );
    let (code, _, err) = execute(&["--publish", "v0.5.0"]);
    assert_eq!(code, 2);
    assert!(err.contains("--digest"), "{err}");
}
