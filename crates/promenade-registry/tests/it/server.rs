//! A real registry on this machine (Debian's `docker-registry`), filled by `umoci` and `skopeo`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A registry of our own, ended with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) host: String,
    pub(crate) dir: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts one, if every program it takes is here.
    pub(crate) fn start() -> Option<Self> {
        for program in ["umoci", "skopeo"] {
            testkit::program(program)?;
        }
        let program = testkit::program("docker-registry")?;
        let dir = tempfile::tempdir().unwrap();
        // It takes a free port itself, and says which: nobody else can take one that is found before.
        let config = format!(
            "version: 0.1\nlog: {{level: info, accesslog: {{disabled: true}}}}\nstorage:\n  \
             filesystem: {{rootdirectory: {}}}\n  delete: {{enabled: true}}\n  \
             maintenance: {{uploadpurging: {{enabled: false}}}}\nhttp: {{addr: 127.0.0.1:0}}\n",
            dir.path().join("data").display(),
        );
        let file = dir.path().join("reg.yml");
        std::fs::write(&file, config).unwrap();
        let mut child = Command::new(program)
            .arg("serve")
            .arg(&file)
            .env("REGISTRY_HTTP_SECRET", "test")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut server = Self {
            child,
            host: String::new(),
            dir,
        };
        let mut before = Vec::new();
        let host = said.by_ref().map_while(Result::ok).find_map(|line| {
            let host = listens(&line).map(str::to_owned);
            before.push(line);
            host
        });
        server.host = host.unwrap_or_else(|| panic!("the registry does not start: {before:?}"));
        // What it says later is read to its end, so that it never waits for a reader.
        std::thread::spawn(move || said.for_each(drop));
        Some(server)
    }

    /// Builds an image with `umoci`, pushes it with `skopeo` under `build-…`, and returns its digest.
    pub(crate) fn build(&self, text: &str) -> String {
        let dir = self.dir.path().join(format!("build-{text}"));
        std::fs::create_dir(&dir).unwrap();
        let umoci = |args: &[&str]| run(&dir, "umoci", args);
        umoci(&["init", "--layout", "img"]);
        umoci(&["new", "--image", "img:v1"]);
        umoci(&["unpack", "--rootless", "--image", "img:v1", "b"]);
        std::fs::write(dir.join("b/rootfs/file"), text).unwrap();
        umoci(&["repack", "--image", "img:v1", "b"]);
        let made = ["--config.cmd", "/file", "--created", "2026-01-01T00:00:00Z"];
        umoci(&[&["config", "--image", "img:v1"], &made[..]].concat());
        let target = format!("docker://{}/app:build-{text}", self.host);
        let how = [
            "--preserve-digests",
            "--insecure-policy",
            "--dest-tls-verify=false",
        ];
        let copy = [&["copy", "-q"], &how[..], &["oci:img:v1", &target]].concat();
        run(&dir, "skopeo", &copy);
        self.oracle(&format!("build-{text}"))
    }

    /// Asks `skopeo` where a channel points.
    pub(crate) fn oracle(&self, channel: &str) -> String {
        let target = format!("docker://{}/app:{channel}", self.host);
        let args = [
            "inspect",
            "--tls-verify=false",
            "--format",
            "{{.Digest}}",
            &target,
        ];
        run(self.dir.path(), "skopeo", &args).trim().to_owned()
    }
}

/// Where a registry that says this listens.
fn listens(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("listening on ")?;
    rest.split(['"', ',', ' ']).next()
}

#[track_caller]
pub(crate) fn run(dir: &Path, program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}
