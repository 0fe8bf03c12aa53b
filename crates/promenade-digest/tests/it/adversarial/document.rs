//! 67–82: manifests, indexes and configurations that lie.

use std::collections::BTreeMap;

use promenade_digest::image::{
    BlobSource as _, Closure, Descriptor, ImageErrorKind, Index, Limits, MAX_MANIFEST_BYTES,
    Manifest,
};
use promenade_digest::{ArtifactId, Digest, JsonError, VerifyError};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::kit::{
    CONFIG, INDEX, LAYER, MANIFEST, Parts, Tar, archive, config, descriptor, gzip, layout, read,
    refused,
};

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

#[track_caller]
fn bad_manifest(manifest: &Value) -> ImageErrorKind {
    let declared = MANIFEST.parse().unwrap();
    let error = Manifest::parse(&bytes(manifest), Some(&declared)).unwrap_err();
    error.kind().clone()
}

#[track_caller]
fn bad_index(index: &Value) -> ImageErrorKind {
    let declared = INDEX.parse().unwrap();
    let error = Index::parse(&bytes(index), Some(&declared)).unwrap_err();
    error.kind().clone()
}

type Blobs = BTreeMap<Digest, Vec<u8>>;

fn root(media_type: &str, bytes: &[u8]) -> Descriptor {
    let media_type = media_type.parse().unwrap();
    Descriptor::new(media_type, Digest::sha256(bytes), bytes.len() as u64)
}

/// An index of two platforms, and all blobs.
fn two_platforms() -> (Descriptor, Blobs) {
    let mut blobs = Blobs::new();
    let mut children = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let mut parts = Parts::of(architecture.into(), Digest::sha256(architecture.as_bytes()));
        let text = String::from_utf8(parts.config).unwrap();
        parts.config = text.replace("amd64", architecture).into();
        parts.manifest["config"] = descriptor(CONFIG, &parts.config);
        let mut child = descriptor(MANIFEST, &bytes(&parts.manifest));
        child["platform"] = json!({ "os": "linux", "architecture": architecture });
        children.push(child);
        blobs.extend(parts.blobs().into_iter().map(|b| (Digest::sha256(&b), b)));
    }
    let index = bytes(&json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": children }));
    let descriptor = root(INDEX, &index);
    blobs.insert(descriptor.digest(), index);
    (descriptor, blobs)
}

fn collect(root: &Descriptor, blobs: &mut Blobs) -> Result<Closure, ImageErrorKind> {
    let closure = Closure::collect(root, blobs, &Limits::default());
    closure.map_err(|error| error.kind().clone())
}

#[test]
fn adv_067_a_layer_that_expands_to_another_diff_id() {
    let layer = gzip(b"another layer");
    let parts = Parts::of(layer, Digest::sha256(b"a layer"));
    // The compressed digest is right: the manifest was made of this very layer.
    for files in [parts.oci(), parts.docker()] {
        assert!(matches!(
            refused(&archive(&files)),
            ImageErrorKind::DiffId(_)
        ));
    }
    // Another number of layers than diff ids.
    let mut parts = Parts::new();
    parts.config = config(&[Digest::sha256(b"a layer"), Digest::sha256(b"more")]);
    parts.manifest["config"] = descriptor(CONFIG, &parts.config);
    for files in [parts.oci(), parts.docker()] {
        let (layers, diff_ids) = (1, 2);
        let kind = refused(&archive(&files));
        assert_eq!(kind, ImageErrorKind::LayerCount { layers, diff_ids });
    }
}

#[test]
fn adv_068_a_config_with_another_digest() {
    let mut files = Parts::new().docker();
    files[1].1.push(b'\n');
    let kind = refused(&archive(&files));
    assert!(
        matches!(kind, ImageErrorKind::Verify(VerifyError::Digest(_))),
        "{kind}"
    );
    let mut parts = Parts::new();
    parts.manifest["config"] = descriptor(CONFIG, &config(&[]));
    assert_eq!(refused(&archive(&parts.oci())), ImageErrorKind::Missing);
}

#[test]
fn adv_069_two_views_of_one_archive() {
    let other = Parts::of(b"other".to_vec(), Digest::sha256(b"other"));
    let both = [Parts::new().docker(), other.oci()].concat();
    assert_eq!(refused(&archive(&both)), ImageErrorKind::ViewsDisagree);
    // Views that agree are one image with both identities.
    let parts = Parts::new();
    let both = [parts.docker(), parts.oci()].concat();
    let images = read(&archive(&both)).unwrap();
    let image = images.single().unwrap();
    assert_eq!(
        image.manifest(),
        Some(ArtifactId::of(&bytes(&parts.manifest)))
    );
    assert_eq!(image.names(), ["app:1.2.3"]);
}

#[test]
fn adv_070_names_that_lie() {
    let honest = Parts::new();
    let other = Parts::of(b"evil".to_vec(), Digest::sha256(b"evil"));
    let (a, b) = (
        read(&archive(&honest.docker())),
        read(&archive(&other.docker())),
    );
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(a.single().unwrap().names(), b.single().unwrap().names());
    let kind = b
        .expect(&a.single().unwrap().config())
        .unwrap_err()
        .kind()
        .clone();
    assert!(matches!(kind, ImageErrorKind::Other { .. }), "{kind}");
    // And another name makes no other image.
    let mut renamed = Parts::new();
    renamed.tags = json!(["evil:latest"]);
    let renamed = read(&archive(&renamed.docker())).unwrap();
    a.same_images(&renamed).unwrap();
}

#[test]
fn adv_071_a_manifest_without_layers() {
    let mut manifest = Parts::new().manifest;
    manifest["layers"] = json!([]);
    assert_eq!(bad_manifest(&manifest), ImageErrorKind::NoLayers);
    manifest.as_object_mut().unwrap().remove("layers");
    assert_eq!(bad_manifest(&manifest), ImageErrorKind::NoLayers);
    let mut files = Parts::new().docker();
    let list = String::from_utf8(files[2].1.clone()).unwrap();
    files[2].1 = list.replace("\"l.tar\"", "").into();
    assert_eq!(refused(&archive(&files)), ImageErrorKind::NoLayers);
}

#[test]
fn adv_072_several_images_where_one_is_expected() {
    let mut parts = Parts::new();
    let mut files = parts.docker();
    parts.config = [parts.config, b" ".to_vec()].concat();
    let second = parts.docker();
    files.push(second[1].clone());
    let lists = [&files[2].1, &second[2].1].map(|list| serde_json::from_slice::<Value>(list));
    let [a, b] = lists.map(|list| list.unwrap()[0].clone());
    files[2].1 = bytes(&json!([a, b]));
    let images = read(&archive(&files)).unwrap();
    assert_eq!(images.images().len(), 2);
    let kind = images.single().unwrap_err().kind().clone();
    assert_eq!(kind, ImageErrorKind::Count { found: 2 });
    let kind = images
        .expect(&images.images()[0].config())
        .unwrap_err()
        .kind()
        .clone();
    assert_eq!(kind, ImageErrorKind::Count { found: 2 });
    files[2].1 = b"[]".to_vec();
    assert_eq!(
        refused(&archive(&files)),
        ImageErrorKind::Count { found: 0 }
    );
}

#[test]
fn adv_073_an_index_above_the_limit() {
    let padding = " ".repeat(usize::try_from(MAX_MANIFEST_BYTES).unwrap());
    let index = format!("{{\"schemaVersion\": 2, \"manifests\": []{padding}}}");
    let kind = refused(&archive(&layout(index.as_bytes(), &[])));
    assert!(matches!(kind, ImageErrorKind::Limit { .. }), "{kind}");
    let error = Index::parse(index.as_bytes(), None).unwrap_err();
    assert!(matches!(error.kind(), ImageErrorKind::Limit { .. }));
    // Declared above the limit, it is not even asked for.
    let huge = Descriptor::new(INDEX.parse().unwrap(), Digest::sha256(b""), 1 << 40);
    let kind = collect(&huge, &mut Blobs::new()).unwrap_err();
    assert!(matches!(kind, ImageErrorKind::Limit { .. }), "{kind}");
}

#[test]
fn adv_074_a_descriptor_with_another_size() {
    for (field, at) in [("config", None), ("layers", Some(0))] {
        let mut parts = Parts::new();
        let target = match at {
            None => &mut parts.manifest[field],
            Some(at) => &mut parts.manifest[field][at],
        };
        let size = target["size"].as_u64().unwrap();
        target["size"] = json!(size + 1);
        let kind = refused(&archive(&parts.oci()));
        let (expected, found) = (size + 1, size);
        assert_eq!(
            kind,
            ImageErrorKind::Verify(VerifyError::Size { expected, found })
        );
    }
    for size in [json!(-1), json!(1.5), json!("7"), Value::Null] {
        let mut manifest = Parts::new().manifest;
        manifest["config"]["size"] = size;
        assert!(matches!(bad_manifest(&manifest), ImageErrorKind::Json(_)));
    }
}

#[test]
fn adv_075_a_media_type_that_is_not_the_declared_one() {
    let mut manifest = Parts::new().manifest;
    manifest["mediaType"] = json!("application/vnd.docker.distribution.manifest.v2+json");
    assert!(matches!(
        bad_manifest(&manifest),
        ImageErrorKind::MediaType { .. }
    ));
    // Undeclared, it must still be that of a manifest.
    manifest["mediaType"] = json!(INDEX);
    let error = Manifest::parse(&bytes(&manifest), None).unwrap_err();
    assert!(matches!(
        error.kind(),
        ImageErrorKind::UnknownMediaType { .. }
    ));
    // Absent is allowed: umoci writes none.
    manifest.as_object_mut().unwrap().remove("mediaType");
    Manifest::parse(&bytes(&manifest), Some(&MANIFEST.parse().unwrap())).unwrap();
}

#[test]
fn adv_076_a_manifest_that_is_an_index_too() {
    let mut manifest = Parts::new().manifest;
    manifest["manifests"] = json!([]);
    assert_eq!(bad_manifest(&manifest), ImageErrorKind::ManifestOrIndex);
    for field in ["config", "layers"] {
        let mut index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [] });
        index[field] = json!({});
        assert_eq!(bad_index(&index), ImageErrorKind::ManifestOrIndex);
    }
    // Keys that some readers take for these.
    let mut manifest = Parts::new().manifest;
    manifest["Manifests"] = json!([]);
    let kind = bad_manifest(&manifest);
    assert!(
        matches!(kind, ImageErrorKind::Json(JsonError::KeyCase { .. })),
        "{kind}"
    );
}

#[test]
fn adv_077_indexes_nested_too_deep() {
    let mut blobs = Blobs::new();
    let mut inner = bytes(&json!({ "schemaVersion": 2, "manifests": [] }));
    for _ in 0..6 {
        let child = descriptor(INDEX, &inner);
        blobs.insert(Digest::sha256(&inner), inner);
        inner = bytes(&json!({ "schemaVersion": 2, "manifests": [child] }));
    }
    let top = root(INDEX, &inner);
    blobs.insert(top.digest(), inner);
    let limit = Limits::default().depth;
    assert_eq!(
        collect(&top, &mut blobs).unwrap_err(),
        ImageErrorKind::Depth { limit }
    );

    // A cycle cannot be made with true digests; a source that answers with one is found out.
    let own = json!({ "mediaType": INDEX, "digest": Digest::sha256(b"x").to_string(), "size": 9 });
    let cycle = bytes(&json!({ "schemaVersion": 2, "manifests": [own] }));
    let size = cycle.len() as u64;
    let top = Descriptor::new(INDEX.parse().unwrap(), Digest::sha256(b"x"), size);
    let mut blobs = Blobs::from([(top.digest(), cycle)]);
    let kind = collect(&top, &mut blobs).unwrap_err();
    assert!(
        matches!(kind, ImageErrorKind::Verify(VerifyError::Digest(_))),
        "{kind}"
    );
}

#[test]
fn adv_078_keys_that_are_there_twice() {
    let good = String::from_utf8(bytes(&Parts::new().manifest)).unwrap();
    for (from, to) in [
        ("{\"config\"", "{\"config\":{},\"config\""),
        ("\"size\":", "\"size\":1,\"size\":"),
        ("\"layers\":", "\"layers\":[],\"layers\":"),
        ("\"layers\":", "\"l\\u0061yers\":[],\"layers\":"),
    ] {
        let twice = good.replacen(from, to, 1);
        assert_ne!(twice, good);
        let error = Manifest::parse(twice.as_bytes(), None).unwrap_err();
        let kind = error.kind();
        assert!(
            matches!(kind, ImageErrorKind::Json(JsonError::DuplicateKey { .. })),
            "{kind}"
        );
    }
    // Something after the end, or other JSON dialects.
    for text in [
        format!("{good}{{}}"),
        good.replace(',', ",\n//\n"),
        good.replace("2", "NaN"),
    ] {
        Manifest::parse(text.as_bytes(), None).unwrap_err();
    }
}

#[test]
fn adv_079_a_child_that_is_gone() {
    let (root, all) = two_platforms();
    let closure = collect(&root, &mut all.clone()).unwrap();
    assert_eq!(closure.images().len(), 2);
    assert_eq!(closure.members().len(), 7);
    closure
        .expect_platforms(&["linux/amd64", "linux/arm64"])
        .unwrap();
    closure.expect_platforms(&["linux/amd64"]).unwrap_err();
    closure
        .expect_platforms(&["linux/amd64", "linux/arm64", "linux/s390x"])
        .unwrap_err();
    // Each one: the index is still served, and is no target any more.
    for digest in all.keys() {
        let mut less = all.clone();
        less.remove(digest);
        let error = closure.verify(&mut less, &Limits::default()).unwrap_err();
        assert_eq!(*error.kind(), ImageErrorKind::Missing);
        assert_eq!(error.subject(), digest.to_string());
        assert_eq!(
            collect(&root, &mut less).unwrap_err(),
            ImageErrorKind::Missing
        );
        // Cut short.
        let mut less = all.clone();
        less.get_mut(digest).unwrap().pop();
        let error = closure.verify(&mut less, &Limits::default()).unwrap_err();
        assert!(matches!(error.kind(), ImageErrorKind::Verify(_)));
    }
    closure
        .verify(&mut all.clone(), &Limits::default())
        .unwrap();
    // A source that fails is not a source without the blob.
    struct Down;
    impl promenade_digest::image::BlobSource for Down {
        fn document(&mut self, _: &Descriptor) -> std::io::Result<Option<Vec<u8>>> {
            Err(std::io::Error::other("500"))
        }
        fn size(&mut self, _: &Descriptor) -> std::io::Result<Option<u64>> {
            Err(std::io::Error::other("500"))
        }
    }
    assert!(Down.size(&root).is_err());
    let error = closure.verify(&mut Down, &Limits::default()).unwrap_err();
    assert!(matches!(error.kind(), ImageErrorKind::Read { .. }));
}

#[test]
fn adv_080_two_children_of_one_platform() {
    let (root, blobs) = two_platforms();
    let mut index: Value = serde_json::from_slice(&blobs[&root.digest()]).unwrap();
    index["manifests"][1]["platform"] = index["manifests"][0]["platform"].clone();
    let platform = "linux/amd64".to_owned();
    assert_eq!(
        bad_index(&index),
        ImageErrorKind::DuplicatePlatform { platform }
    );
    // Another variant is another platform; attachments have none.
    index["manifests"][1]["platform"]["variant"] = json!("v3");
    Index::parse(&bytes(&index), None).unwrap();
    for child in [0, 1] {
        let unknown = json!({ "os": "unknown", "architecture": "unknown" });
        index["manifests"][child]["platform"] = unknown;
    }
    Index::parse(&bytes(&index), None).unwrap();
}

#[test]
fn adv_081_layers_to_be_fetched_from_elsewhere() {
    let mut manifest = Parts::new().manifest;
    manifest["layers"][0]["urls"] = json!(["https://elsewhere.example/layer"]);
    assert_eq!(bad_manifest(&manifest), ImageErrorKind::Foreign);
    for media_type in [
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ] {
        let mut manifest = Parts::new().manifest;
        manifest["layers"][0]["mediaType"] = json!(media_type);
        assert_eq!(bad_manifest(&manifest), ImageErrorKind::Foreign);
    }
}

#[test]
fn adv_082_embedded_data_that_is_something_else() {
    let mut manifest = Parts::new().manifest;
    let with = |manifest: &mut Value, data: &str| manifest["layers"][0]["data"] = json!(data);
    with(&mut manifest, "YSBsYXllcg=="); // "a layer"
    Manifest::parse(&bytes(&manifest), None).unwrap();
    with(&mut manifest, "YSBsYXllcw=="); // "a layes"
    assert!(matches!(bad_manifest(&manifest), ImageErrorKind::Verify(_)));
    for data in ["YSBsYXllcg", "YSBsYXllch==", "", "%"] {
        with(&mut manifest, data);
        refused_data(&manifest);
    }
    assert_eq!(
        descriptor(LAYER, b"a layer"),
        Parts::new().manifest["layers"][0]
    );
}

#[track_caller]
fn refused_data(manifest: &Value) {
    let kind = bad_manifest(manifest);
    assert!(
        matches!(kind, ImageErrorKind::Json(_) | ImageErrorKind::Verify(_)),
        "{kind}"
    );
}

proptest! {
    /// One flipped bit in an index or in anything below it is found.
    #[test]
    fn one_flipped_bit_in_a_closure_is_found(
        which: prop::sample::Index,
        at: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let (root, mut blobs) = two_platforms();
        let closure = collect(&root, &mut blobs).unwrap();
        let digest = *blobs.keys().nth(which.index(blobs.len())).unwrap();
        let blob = blobs.get_mut(&digest).unwrap();
        let at = at.index(blob.len());
        blob[at] ^= 1 << bit;
        let document = closure
            .members()
            .any(|member| member.digest() == digest && member.kind().is_some());
        // Documents are read again; layers are there with their size, and are hashed when they
        // are fetched.
        prop_assert_eq!(closure.verify(&mut blobs, &Limits::default()).is_err(), document);
        prop_assert!(digest.verify(&blobs[&digest]).is_err());
        // An archive of these blobs, layers and all, is refused.
        let index = bytes(&json!({ "schemaVersion": 2, "manifests": [
            { "mediaType": INDEX, "digest": root.digest().to_string(), "size": root.size() },
        ]}));
        let mut files = layout(&index, &[]);
        let name = |digest: &Digest| format!("blobs/sha256/{}", digest.encoded());
        files.extend(blobs.iter().map(|(digest, blob)| (name(digest), blob.clone())));
        let verdict = read(&Tar::default().files(&files).end());
        prop_assert!(verdict.is_err());
    }
}
