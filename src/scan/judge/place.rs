//! What the path of a file says about the secrets in it: told once for each file, from names alone.

use std::path::Path;

/// What kind of text a file holds, by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A programming language.
    Code,
    /// Key and value, most often quoted: JSON.
    Json,
    /// Key and value, most often unquoted: YAML, TOML, ini, properties, environment files.
    Config,
    /// XML and its kin.
    Markup,
    /// A shell script, a build recipe.
    Shell,
    /// Prose: Markdown, plain text.
    Prose,
    /// What machines wrote: minified code, lock files, snapshots.
    Made,
    /// No name that says anything.
    #[default]
    Unknown,
}

/// What a path says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a path may say several of them")]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    /// Tests and what they feed on.
    pub(crate) is_test: bool,
    /// Examples, samples, demonstrations.
    pub(crate) is_example: bool,
    /// Documents.
    pub(crate) is_docs: bool,
    /// The code of others.
    pub(crate) is_vendored: bool,
    /// Texts in several languages.
    pub(crate) is_translation: bool,
    /// Descriptions of what data looks like.
    pub(crate) is_schema: bool,
    /// Environment files, files of credentials, deployments.
    pub(crate) is_deployment: bool,
}

const CODE: &str = " rs py pyi js mjs cjs jsx ts tsx go java kt kts scala groovy gradle c h cc cpp cxx hpp hh cs fs vb rb php swift m mm pl pm lua dart ex exs erl hs ml mli clj cljs vue svelte sql r jl zig nim cr d tcl vbs asp aspx jsp erb ipynb feature proto graphql ";
const CONFIG: &str = " yml yaml toml ini cfg conf config properties env cnf tf tfvars hcl dist sample example template tpl j2 ";
const MARKUP: &str = " xml html htm xhtml plist storyboard xib resx csproj config xaml svg pom wsdl xsd ";
const SHELL: &str = " sh bash zsh fish ps1 psm1 bat cmd mk cmake ";
const PROSE: &str = " md markdown rst txt adoc asciidoc textile org tex rdoc mdx pod ";
const MADE: &str = " lock sum map min bundle snap csv tsv log css scss less crt cer pem asc po pot strings ";

/// Words in the path that say it, each as a whole word.
const TEST: &str = " test tests testing spec specs fixture fixtures testdata mock mocks stub stubs cassette cassettes e2e integration unittest unittests benchmark bench ";
const EXAMPLE: &str = " example examples sample samples demo demos tutorial tutorials quickstart playground template templates skeleton boilerplate ";
const DOCS: &str = " doc docs documentation manual wiki readme changelog guide guides man book website ";
const VENDORED: &str = " vendor vendors vendored third thirdparty external node bower dist deps pods godeps ";
const TRANSLATION: &str =
    " i18n l10n locale locales lang langs language languages translation translations messages nls intl ";
const SCHEMA: &str = " schema schemas swagger openapi api-docs definitions wsdl crd crds proto ";
const DEPLOYMENT: &str = " env docker compose deploy deployment deployments kube kubernetes helm ansible terraform secret secrets credential credentials prod production staging conf config ";

impl Place {
    /// What this path says.
    pub(crate) fn of(path: &Path) -> Self {
        let bytes = path.as_os_str().as_encoded_bytes();
        // The end of a path says more than its beginning.
        let path = bytes[bytes.len().saturating_sub(300)..].to_ascii_lowercase();
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let mut place = Self { kind: kind(name), ..Self::default() };
        let mut words = 0;
        for word in path.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| word.len() > 2) {
            words += 1;
            if words > 60 {
                break;
            }
            place.is_test |= is_in(TEST, word);
            place.is_example |= is_in(EXAMPLE, word);
            place.is_docs |= is_in(DOCS, word);
            place.is_vendored |= is_in(VENDORED, word);
            place.is_translation |= is_in(TRANSLATION, word);
            place.is_schema |= is_in(SCHEMA, word);
            place.is_deployment |= is_in(DEPLOYMENT, word);
        }
        place
    }
}

fn kind(name: &[u8]) -> Kind {
    let has = |part: &[u8]| memchr::memmem::find(name, part).is_some();
    if has(b".min.") || has(b"-lock.") || has(b".lock") || has(b"bundle.js") {
        return Kind::Made;
    }
    if name.starts_with(b".env") {
        return Kind::Config;
    }
    if has(b"dockerfile") || has(b"makefile") || has(b"jenkinsfile") || has(b"vagrantfile") {
        return Kind::Shell;
    }
    let extension = name.iter().rposition(|&byte| byte == b'.').map_or(&b""[..], |dot| &name[dot + 1..]);
    match extension {
        b"" => Kind::Unknown,
        b"json" | b"json5" | b"jsonl" | b"har" | b"webmanifest" => Kind::Json,
        one if is_in(CODE, one) => Kind::Code,
        one if is_in(CONFIG, one) => Kind::Config,
        one if is_in(MARKUP, one) => Kind::Markup,
        one if is_in(SHELL, one) => Kind::Shell,
        one if is_in(PROSE, one) => Kind::Prose,
        one if is_in(MADE, one) => Kind::Made,
        _ => Kind::Unknown,
    }
}

/// Whether the word is one of those in a list, which stand between blanks.
fn is_in(list: &str, word: &[u8]) -> bool {
    !word.is_empty()
        && word.len() < 16
        && memchr::memmem::find_iter(list.as_bytes(), word).any(|at| {
            let list = list.as_bytes();
            at > 0 && list[at - 1] == b' ' && list.get(at + word.len()) == Some(&b' ')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_say() {
        let place = |path: &str| Place::of(Path::new(path));
        assert_eq!(place("src/main.rs"), Place { kind: Kind::Code, ..Place::default() });
        assert_eq!(place("").kind, Kind::Unknown);
        assert_eq!(place("a/yarn.lock").kind, Kind::Made);
        assert_eq!(place("web/app.min.js").kind, Kind::Made);
        assert_eq!(place(".env.production").kind, Kind::Config);
        assert_eq!(place("docker/Dockerfile").kind, Kind::Shell);
        assert!(place("spec/fixtures/a.yml").is_test);
        assert!(place("src/test_login.py").is_test && !place("src/latest.py").is_test);
        assert!(place("docs/Examples/x.md").is_example && place("docs/x.md").is_docs);
        assert!(place("src/locales/de.json").is_translation);
        assert!(place("deploy/prod.yaml").is_deployment);
        assert!(!place("x".repeat(100_000).as_str()).is_test);
    }
}
