//! No crate names a dependency that nothing in it uses.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The files of the repository with one ending.
fn files(pattern: &str) -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z", pattern]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "git could not list the files");
    let names = String::from_utf8(listed.stdout).unwrap();
    names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// What a crate is made of: the code that ships, and the code of its tests.
struct Code {
    product: String,
    tests: String,
}

impl Code {
    fn read(folder: &str, sources: &[&String]) -> Self {
        let mut code = Self { product: String::new(), tests: String::new() };
        for path in sources {
            // Listed, but deleted and not yet committed.
            let Ok(text) = std::fs::read_to_string(root().join(path)) else { continue };
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let text = lines.join("\n");
            let inside = path.strip_prefix(folder).unwrap().trim_start_matches('/');
            if inside == "build.rs" || (inside.starts_with("src/") && !is_of_tests(inside)) {
                let (product, tests) = text.split_at(unit_tests(&text));
                code.product += product;
                code.tests += tests;
            } else {
                code.tests += &text;
                // A file of another crate that is a part of these tests.
                for taken in
                    text.lines().filter_map(|line| line.strip_prefix("#[path = \"")?.strip_suffix("\"]"))
                {
                    let taken = root().join(path).parent().unwrap().join(taken);
                    code.tests += &std::fs::read_to_string(taken).unwrap();
                }
            }
        }
        code
    }
}

fn is_of_tests(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Where the unit tests of a file begin: a module with a body, not one in a file of its own.
fn unit_tests(text: &str) -> usize {
    let mut starts = text.match_indices("\n#[cfg(test)]\n").map(|(at, _)| at);
    let has_body = |at: &usize| {
        let line = text[*at..].lines().nth(2).unwrap_or_default();
        line.contains("mod ") && line.ends_with('{')
    };
    starts.find(has_body).unwrap_or(text.len())
}

/// Whether code names a crate: in a path, or by importing all of it.
fn names(code: &str, dependency: &str) -> bool {
    let name = dependency.replace('-', "_");
    code.match_indices(&name).any(|(at, _)| {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        let after = &code[at + name.len()..];
        let begins =
            !before.is_alphanumeric() && before != '_' && (before != ':' || code[..at].ends_with(" ::"));
        begins && ["::", ";", " as "].iter().any(|end| after.starts_with(end))
    })
}

/// What a section of a Cargo.toml lists.
fn listed(manifest: &str, section: &str) -> Vec<String> {
    let header = format!("[{section}]");
    let lines = manifest.lines().skip_while(|line| *line != header).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.starts_with('#'));
    let name = |line: &str| Some(line.split_once('=')?.0.trim().trim_end_matches(".workspace").to_owned());
    lines.filter_map(name).collect()
}

#[test]
fn every_dependency_is_used() {
    let manifests = files("*/Cargo.toml");
    let sources = files("*.rs");
    assert!(manifests.len() > 30, "only {} crates found", manifests.len());
    let folders: Vec<&str> = manifests.iter().map(|path| path.trim_end_matches("/Cargo.toml")).collect();
    // Of crates in each other, a file is of the innermost.
    let owner = |path: &str| {
        let around =
            folders.iter().filter(|folder| path.strip_prefix(**folder).is_some_and(|p| p.starts_with('/')));
        around.max_by_key(|folder| folder.len()).copied()
    };
    let mut unused = Vec::new();
    for folder in &folders {
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let own: Vec<&String> = sources.iter().filter(|path| owner(path) == Some(folder)).collect();
        let code = Code::read(folder, &own);
        let both = code.product.clone() + &code.tests;
        for (section, code) in [
            // The crate of the tests has nothing else.
            ("dependencies", if *folder == "tests" { &both } else { &code.product }),
            ("dev-dependencies", &both),
            ("build-dependencies", &code.product),
        ] {
            for dependency in listed(&manifest, section) {
                let name = dependency.as_str();
                if names(code, name) {
                    continue;
                }
                unused.push(format!("{folder}/Cargo.toml: {section}: {name}"));
            }
        }
    }
    assert!(unused.is_empty(), "named, but not used by the code that may use them:\n{}", unused.join("\n"));
}
