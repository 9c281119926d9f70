//! The binary under test: the one that cargo put beside the tests, built first when it is missing or old.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub(crate) const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Path of `leadfleet`, from the same profile as the test. `LEADFLEET_BINARY` names another one.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        #[expect(clippy::disallowed_methods, reason = "a test has no configuration struct")]
        if let Ok(named) = std::env::var("LEADFLEET_BINARY") {
            return named.into();
        }
        let test = std::env::current_exe().unwrap();
        let folder = test.parent().and_then(Path::parent).expect("tests lie in the deps folder of a profile");
        let program = folder.join("leadfleet");
        if !is_current(&program) {
            build(folder.ends_with("release"));
        }
        program
    })
}

fn build(release: bool) {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "fleet", "--bin", "leadfleet"]).current_dir(WORKSPACE);
    if release {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "leadfleet could not be built");
}

/// Whether the binary is younger than everything it is made of.
fn is_current(program: &Path) -> bool {
    let Ok(built) = program.metadata() else { return false };
    let built = (built.mtime(), built.mtime_nsec());
    ["proto", "workers", "migrations"].iter().all(|folder| newest(&Path::new(WORKSPACE).join(folder)) < built)
}

/// When anything in the folder was changed last: seconds and nanoseconds.
fn newest(folder: &Path) -> (i64, i64) {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let sources = entries.filter(|entry| !matches!(entry.file_name().to_str(), Some("tests" | "examples")));
    let times = sources.map(|entry| {
        let data = entry.metadata().unwrap();
        if data.is_dir() { newest(&entry.path()) } else { (data.mtime(), data.mtime_nsec()) }
    });
    times.max().unwrap_or_default()
}
