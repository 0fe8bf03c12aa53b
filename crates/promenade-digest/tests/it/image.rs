//! Images made by skopeo and umoci.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use promenade_digest::image::{
    Agreement, ImageFormat, Images, Limits, read_archive, read_archive_parallel, read_layout,
};
use promenade_digest::unobserved;

#[track_caller]
fn run(program: &Path, dir: &Path, args: &[&str]) -> String {
    let output = Command::new(program)
        .current_dir(dir)
        .args(args)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Makes a layout with the image `img:v1` of one layer.
fn layout(dir: &Path) -> Option<PathBuf> {
    let umoci = testkit::program("umoci")?;
    let image = ["--image", "img:v1"];
    run(&umoci, dir, &["init", "--layout", "img"]);
    run(&umoci, dir, &["new", image[0], image[1]]);
    run(
        &umoci,
        dir,
        &["unpack", "--rootless", image[0], image[1], "b"],
    );
    fs::write(dir.join("b/rootfs/f"), "hello\n").unwrap();
    run(&umoci, dir, &["repack", image[0], image[1], "b"]);
    Some(dir.join("img"))
}

#[track_caller]
fn archive(path: &Path) -> Images {
    let limits = Limits::default();
    let images = read_archive(File::open(path).unwrap(), &limits, &mut unobserved()).unwrap();
    let two = read_archive_parallel(File::open(path).unwrap(), &limits, &mut unobserved());
    assert_eq!(two.unwrap(), images);
    images
}

#[test]
fn two_saves_differ_in_bytes_and_are_the_same_image() {
    let Some(skopeo) = testkit::program("skopeo") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let Some(img) = layout(dir) else { return };
    let copy = |from: &str, to: &str| {
        run(&skopeo, dir, &["copy", "-q", "--insecure-policy", from, to]);
    };
    copy("oci:img:v1", "docker-archive:one.tar:app:1.2.3");
    copy("oci:img:v1", "docker-archive:two.tar:app:latest");
    copy("oci:img:v1", "oci-archive:one.oci:v1");
    copy("oci:img:v1", "oci-archive:two.oci:latest");

    let limits = Limits::default();
    let layout = read_layout(&img, &limits, &mut unobserved()).unwrap();
    let (one, two) = (archive(&dir.join("one.tar")), archive(&dir.join("two.tar")));
    let (oci, oci2) = (archive(&dir.join("one.oci")), archive(&dir.join("two.oci")));

    // Two saves: other bytes, other names, the same image.
    assert_ne!(
        one.archive().unwrap().digest(),
        two.archive().unwrap().digest()
    );
    assert_ne!(one.single().unwrap().names(), two.single().unwrap().names());
    assert_eq!(one.format(), ImageFormat::DockerArchive);
    assert_eq!(one.same_images(&two).unwrap(), Agreement::Config);
    one.expect(&two.single().unwrap().config()).unwrap();

    // The layout and its archives: the same manifest.
    assert_ne!(
        oci.archive().unwrap().digest(),
        oci2.archive().unwrap().digest()
    );
    assert_eq!(oci.format(), ImageFormat::OciArchive);
    assert_eq!(oci.same_images(&oci2).unwrap(), Agreement::Manifest);
    assert_eq!(layout.same_images(&oci).unwrap(), Agreement::Manifest);

    // What skopeo says of them.
    let inspect = |of: &str| run(&skopeo, dir, &["inspect", "--format", "{{.Digest}}", of]);
    let manifest = layout.single().unwrap().manifest().unwrap().digest();
    assert_eq!(manifest.to_string(), inspect("oci:img:v1").trim());
    let raw = run(
        &skopeo,
        dir,
        &["inspect", "--config", "--raw", "docker-archive:one.tar"],
    );
    let config = one.single().unwrap().config();
    config.verify(raw.as_bytes()).unwrap();
    let archive_digest = promenade_digest::Digest::sha256(&fs::read(dir.join("one.tar")).unwrap());
    assert_eq!(one.archive().unwrap().digest(), archive_digest);
}

#[test]
fn another_image_under_the_same_name_is_found() {
    let Some(skopeo) = testkit::program("skopeo") else {
        return;
    };
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (dir, text) in [(a.path(), "one"), (b.path(), "two")] {
        if layout(dir).is_none() {
            return;
        }
        let umoci = testkit::program("umoci").unwrap();
        fs::write(dir.join("b/rootfs/g"), text).unwrap();
        run(&umoci, dir, &["repack", "--image", "img:v1", "b"]);
        let to = "docker-archive:app.tar:app:1.2.3";
        run(
            &skopeo,
            dir,
            &["copy", "-q", "--insecure-policy", "oci:img:v1", to],
        );
    }
    let (one, two) = (
        archive(&a.path().join("app.tar")),
        archive(&b.path().join("app.tar")),
    );
    assert_eq!(one.single().unwrap().names(), two.single().unwrap().names());
    one.same_images(&two).unwrap_err();
    one.expect(&two.single().unwrap().config()).unwrap_err();
}
