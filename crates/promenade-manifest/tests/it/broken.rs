//! Manifests that cannot be read: named, with the place, and nothing is planned.

use std::collections::BTreeMap;

use promenade_manifest::Cargo;

#[test]
fn invalid_toml_is_named_with_its_place() {
    let text = "[package]\nname = \"acme\"\nversion = \"0.1.0\nedition = \"2024\"\n";
    let files = BTreeMap::from([("Cargo.toml".to_owned(), text.as_bytes().to_vec())]);
    let error = Cargo::read(&files, &["Cargo.toml"]).unwrap_err();
    assert_eq!(error.file(), "Cargo.toml");
    assert_eq!(error.position().unwrap().line(), 3, "{error}");
    assert!(error.to_string().contains(":3:"), "{error}");
}
