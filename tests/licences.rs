#![expect(clippy::disallowed_methods, reason = "asks cargo for the tree of dependencies")]
#![expect(clippy::unwrap_used, reason = "a test binary")]
//! Whatever Telltale is built of may be used freely: each crate offers a permissive licence.

use std::process::Command;

use serde_json::Value;

/// Licences that ask for a notice at most.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // For data: the list of certificate authorities.
    "CDLA-Permissive-2.0",
    // The licence of bzip2, as free as BSD, which the translation of it to Rust keeps.
    "bzip2-1.0.6",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "WTFPL",
    "Zlib",
];

/// Whether an SPDX expression leaves a way to use the crate under permissive licences only.
fn is_permissive(expression: &str) -> bool {
    // The old way to write OR is a slash; OR binds weaker than AND, and brackets bind strongest.
    let expression = expression.replace('/', " OR ");
    let (choices, rest) = either(&expression);
    choices && rest.trim().is_empty()
}

fn either(text: &str) -> (bool, &str) {
    let (mut any, mut rest) = both(text);
    while let Some(after) = rest.trim_start().strip_prefix("OR ") {
        let (next, left) = both(after);
        (any, rest) = (any || next, left);
    }
    (any, rest)
}

fn both(text: &str) -> (bool, &str) {
    let (mut all, mut rest) = one(text);
    while let Some(after) = rest.trim_start().strip_prefix("AND ") {
        let (next, left) = one(after);
        (all, rest) = (all && next, left);
    }
    (all, rest)
}

fn one(text: &str) -> (bool, &str) {
    let text = text.trim_start();
    if let Some(inside) = text.strip_prefix('(') {
        let (inside, rest) = either(inside);
        return rest.trim_start().strip_prefix(')').map_or((false, ""), |rest| (inside, rest));
    }
    let end = [" OR ", " AND ", ")"].iter().filter_map(|stop| text.find(stop)).min().unwrap_or(text.len());
    (PERMISSIVE.contains(&text[..end].trim()), &text[end..])
}

/// What cargo knows of all packages, or of those that this machine needs where others were never fetched.
fn metadata() -> Vec<u8> {
    let ask = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["metadata", "--offline", "--locked", "--format-version", "1"]).args(more);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
    };
    let answer = ask(&[]);
    if answer.status.success() {
        return answer.stdout;
    }
    let compiler = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let compiler = String::from_utf8(compiler).unwrap();
    let host = compiler.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let answer = ask(&["--filter-platform", host]);
    assert!(answer.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&answer.stderr));
    answer.stdout
}

#[test]
fn every_dependency_offers_a_permissive_licence() {
    let tree: Value = serde_json::from_slice(&metadata()).unwrap();
    let packages = tree["packages"].as_array().unwrap();
    assert!(packages.len() > 20, "the tree is told as a whole");
    let complaints: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(is_permissive))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(complaints.is_empty(), "no permissive licence offered:\n{}", complaints.join("\n"));
}

#[test]
fn the_check_itself_reads_expressions() {
    for fine in [
        "MIT",
        "MIT/Apache-2.0",
        "MIT OR Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "MIT AND (GPL-2.0-only OR Zlib)",
    ] {
        assert!(is_permissive(fine), "{fine}");
    }
    for not in ["GPL-3.0", "MIT AND GPL-3.0", "MPL-2.0", "", "(MIT", "MIT) OR GPL", "Apache-2.0 WITH x"] {
        assert!(!is_permissive(not), "{not}");
    }
}
