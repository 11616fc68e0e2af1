//! What a file's name says about how to read it. Names only: content has the last word on what is binary.

use std::path::Path;

use super::assign::Taste;
use super::matcher::Flavour;

/// Source code, where an unquoted value is an expression.
const CODE: [&str; 58] = [
    "rs", "py", "pyi", "js", "mjs", "cjs", "jsx", "ts", "tsx", "go", "java", "kt", "kts", "scala", "groovy",
    "gradle", "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "cs", "fs", "vb", "rb", "php", "swift", "m", "mm",
    "pl", "pm", "lua", "dart", "ex", "exs", "erl", "hs", "ml", "mli", "clj", "cljs", "vue", "svelte", "html",
    "htm", "css", "scss", "less", "sql", "r", "jl", "zig", "nim", "json", "xml", "ipynb",
];

/// Files full of digests or data, where a random-looking token means nothing.
const DIGESTS: [&str; 14] = [
    "lock", "sum", "svg", "map", "ipynb", "pem", "crt", "cer", "asc", "sig", "csv", "tsv", "snap", "checksum",
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

/// What to look for in the file of this name.
pub(crate) fn flavour(path: &Path, binary: bool) -> Flavour {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let code = CODE.contains(&extension);
    let digests = DIGESTS.contains(&extension)
        || DIGEST_NAMES.contains(&name.as_str())
        || name.contains(".min.")
        || name.contains("checksums");
    Flavour {
        taste: if code { Taste::Code } else { Taste::Text },
        generic: !binary,
        entropy: !binary && !digests,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide() {
        let check = |name: &str, taste, entropy| {
            let found = flavour(Path::new(name), false);
            assert_eq!((found.taste, found.entropy), (taste, entropy), "{name}");
        };
        check("src/main.rs", Taste::Code, true);
        check(".env", Taste::Text, true);
        check("a/Cargo.lock", Taste::Text, false);
        check("package-lock.json", Taste::Code, false);
        check("app.min.js", Taste::Code, false);
    }
}
