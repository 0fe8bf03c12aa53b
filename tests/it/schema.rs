//! `schema`: the schema of process files, as editors read it.

use crate::command::{json, promenade};

#[test]
fn the_schema_is_printed_without_a_repository() {
    let dir = tempfile::tempdir().unwrap();
    let run = promenade(dir.path(), &["schema"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(run.out, promenade::process::json_schema());
    let object = json(dir.path(), &["schema"]);
    assert_eq!(
        object["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
}
