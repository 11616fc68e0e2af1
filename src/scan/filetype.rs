//! What a file's name says about how to read it. Names only: content has the last word on what is binary.

use std::path::Path;

use super::assign::Taste;
use super::matcher::Flavour;

/// Source code, where an unquoted value is an expression; in order.
const CODE: [&str; 58] = [
    "c", "cc", "cjs", "clj", "cljs", "cpp", "cs", "css", "cxx", "dart", "erl", "ex", "exs", "fs", "go",
    "gradle", "groovy", "h", "hh", "hpp", "hs", "htm", "html", "ipynb", "java", "jl", "js", "json", "jsx",
    "kt", "kts", "less", "lua", "m", "mjs", "ml", "mli", "mm", "nim", "php", "pl", "pm", "py", "pyi", "r",
    "rb", "rs", "scala", "scss", "sql", "svelte", "swift", "ts", "tsx", "vb", "vue", "xml", "zig",
];

/// Files full of digests or data, where a random-looking token means nothing; in order.
const DIGESTS: [&str; 14] = [
    "asc", "cer", "checksum", "crt", "csv", "ipynb", "lock", "map", "pem", "sig", "snap", "sum", "svg", "tsv",
];

/// The same, told by the whole name.
const DIGEST_NAMES: [&str; 8] = [
    super::baseline::NAME,
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "packages.lock.json",
    ".cargo-checksum.json",
    ".cargo_vcs_info.json",
    "flake.lock",
];

/// What to look for in the file of this name, when it holds text.
pub(crate) fn flavour(path: &Path) -> Flavour {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let code = CODE.binary_search(&extension).is_ok();
    let digests = DIGESTS.binary_search(&extension).is_ok()
        || DIGEST_NAMES.contains(&name.as_str())
        || name.contains(".min.")
        || name.contains("checksums");
    Flavour { taste: if code { Taste::Code } else { Taste::Text }, generic: true, entropy: !digests }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(CODE.is_sorted() && DIGESTS.is_sorted());
    }

    #[test]
    fn names_decide() {
        let check = |name: &str, taste, entropy| {
            let found = flavour(Path::new(name));
            assert_eq!((found.taste, found.entropy), (taste, entropy), "{name}");
        };
        check("src/main.rs", Taste::Code, true);
        check(".env", Taste::Text, true);
        check("a/Cargo.lock", Taste::Text, false);
        check("package-lock.json", Taste::Code, false);
        check("app.min.js", Taste::Code, false);
    }
}
