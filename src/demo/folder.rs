#![expect(clippy::disallowed_methods, reason = "edge: writes and removes the demo's folder")]
//! A small project for the demo's scanner to look at: about thirty files as they lie about in any repository, most of
//! them harmless and some of them noisy, with a few secrets in between.
//!
//! Every secret is made up from a seed when the folder is planted. None is stored in this source or in the binary,
//! where a scanner would rightly complain, and none opens anything.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::dice::Dice;
use crate::scan::validate::sealed;

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const UPPER_DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A planted folder; dropping it removes it.
#[derive(Debug)]
pub struct Planted {
    path: PathBuf,
}

impl Planted {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Writes the project into a folder that does not exist yet.
pub fn plant(folder: &Path, seed: u64) -> io::Result<Planted> {
    // Only what was made here may be removed here.
    fs::create_dir(folder)?;
    let planted = Planted { path: folder.to_owned() };
    for (name, text) in files(&mut Dice::new(seed)) {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(planted)
}

/// The files with their texts, a fresh set for each seed.
fn files(dice: &mut Dice) -> Vec<(String, String)> {
    let mut files = with_secrets(dice);
    files.extend(harmless(dice));
    files.extend(modules(dice));
    files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

/// Files that hold something they should not.
fn with_secrets(dice: &mut Dice) -> Vec<(&'static str, String)> {
    vec![
        (".env", environment(dice)),
        ("config/production.yaml", production(dice)),
        ("config/settings.toml", settings(dice)),
        ("deploy/id_batch", key_block(dice)),
        ("deploy/docker-compose.yml", compose(dice)),
        (
            "deploy/terraform.tfvars",
            format!("region     = \"eu-central-1\"\ndb_password = \"{}\"\n", dice.word(20, ALNUM)),
        ),
        ("src/upload.py", upload(dice)),
        ("src/notify.py", notify(dice)),
        ("notebooks/explore.ipynb", notebook(dice)),
        (
            ".npmrc",
            format!(
                "registry=https://registry.npmjs.org/\n//registry.npmjs.org/:_authToken={}{}\n",
                "npm_",
                sealed(&dice.word(30, ALNUM))
            ),
        ),
        ("logs/etl-2025-11-03.log", log(dice)),
    ]
}

/// Files that look alarming and are not, or do not look like anything.
fn harmless(dice: &mut Dice) -> Vec<(&'static str, String)> {
    vec![
        ("README.md", "# Nightly ETL\n\nReads the day's orders, joins them, writes Parquet.\n\n    export API_KEY=your-api-key-here\n    python -m src.main\n".to_owned()),
        (".env.example", "DATABASE_URL=postgres://user:password@localhost/etl\nAPI_KEY=changeme\nSECRET_KEY=<your secret>\n".to_owned()),
        (".gitignore", "__pycache__/\n*.parquet\n.venv/\n".to_owned()),
        ("package-lock.json", lock(dice)),
        ("requirements.txt", requirements(dice)),
        ("checksums.sha256", lines(12, |at| format!("{}  data/part-{at:04}.parquet", dice.word(64, HEX)))),
        ("config/development.yaml", "database:\n  host: localhost\n  password: \"\"\n  token: ${DB_TOKEN}\n".to_owned()),
        ("src/main.py", "from src import clean, join, load\n\n\ndef main():\n    orders = load.orders()\n    join.write(clean.rows(orders))\n\n\nif __name__ == \"__main__\":\n    main()\n".to_owned()),
        ("src/settings.py", "import os\n\nAPI_KEY = os.environ[\"API_KEY\"]\nPASSWORD = os.getenv(\"PASSWORD\", \"\")\nTOKEN_URL = \"https://auth.example.com/oauth/token\"\n".to_owned()),
        ("tests/test_auth.py", "def test_login(client):\n    assert client.login(\"user\", password=\"test\").ok\n    assert not client.login(\"user\", password=\"wrong-password\").ok\n".to_owned()),
        ("data/orders.csv", lines(200, |at| format!("{at},{},{}.{:02}", uuid(dice), dice.below(900), dice.below(100)))),
        ("assets/logo.svg", format!("<svg><image href=\"data:image/png;base64,{}\"/></svg>\n", dice.word(900, BASE64))),
        ("deploy/known_hosts", format!("build.example.com ssh-rsa AAAAB3NzaC1yc2E{}\n", dice.word(340, BASE64))),
        (".github/workflows/ci.yml", "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    env:\n      TOKEN: ${{ secrets.CI_TOKEN }}\n    steps:\n      - run: pytest\n".to_owned()),
    ]
}

/// Plain code, of which every project has most.
fn modules(dice: &mut Dice) -> Vec<(&'static str, String)> {
    ["src/load.py", "src/clean.py", "src/join.py", "src/dates.py", "src/prices.py", "tests/test_join.py"]
        .map(|name| {
            let text = lines(20, |at| {
                let (function, argument) = (dice.word(7, LOWER), dice.word(5, LOWER));
                format!("def {function}_{at}({argument}):\n    return {argument} * {}\n\n", dice.below(100))
            });
            (name, text)
        })
        .into()
}

fn lines(count: usize, line: impl FnMut(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn environment(dice: &mut Dice) -> String {
    format!(
        "# copied from the wiki\nDATABASE_URL=postgres://etl:{}@db.internal:5432/orders\nAWS_ACCESS_KEY_ID={}{}\n\
         AWS_SECRET_ACCESS_KEY={}\nAWS_DEFAULT_REGION=eu-central-1\nLOG_LEVEL=info\nSESSION_SECRET={}\n",
        dice.word(18, ALNUM),
        "AKIA",
        dice.word(16, UPPER_DIGITS),
        dice.word(40, BASE64),
        dice.word(64, HEX),
    )
}

fn production(dice: &mut Dice) -> String {
    format!(
        "database:\n  host: db.internal\n  user: etl\n  password: {}\nmail:\n  smtp: smtp.example.com\n  api_key: {}.{}.{}\n\
         image: registry.example.com/etl@sha256:{}\n",
        dice.word(22, ALNUM),
        "SG",
        dice.word(22, ALNUM),
        dice.word(43, ALNUM),
        dice.word(64, HEX),
    )
}

fn settings(dice: &mut Dice) -> String {
    format!(
        "[service]\nname = \"etl\"\nbuild = \"{}\"\n\n[payments]\nkey = \"{}_live_{}\"\n",
        dice.word(40, HEX),
        "sk",
        dice.word(24, ALNUM)
    )
}

fn key_block(dice: &mut Dice) -> String {
    let kind = ["RSA", "PRIVATE", "KEY"].join(" ");
    let rows = lines(25, |_| dice.word(64, BASE64));
    format!(
        "-----BEGIN {kind}-----\nMII{}\n{rows}{}=\n-----END {kind}-----\n",
        dice.word(61, BASE64),
        dice.word(27, BASE64)
    )
}

fn compose(dice: &mut Dice) -> String {
    format!(
        "services:\n  etl:\n    image: etl:latest\n    environment:\n      POSTGRES_PASSWORD: {}\n      REDIS_URL: redis://cache:6379/0\n",
        dice.word(16, ALNUM)
    )
}

fn upload(dice: &mut Dice) -> String {
    format!(
        "import requests\n\n# TODO: move to the vault\nTOKEN = \"{}_{}\"\n\n\ndef upload(path):\n    with open(path, \"rb\") as body:\n\
         \x20       requests.put(URL, data=body, headers={{\"Authorization\": f\"Bearer {{TOKEN}}\"}})\n",
        "ghp",
        sealed(&dice.word(30, ALNUM))
    )
}

fn notify(dice: &mut Dice) -> String {
    format!(
        "HOOK = \"https://hooks.{}.com/services/T{}/B{}/{}\"\n\n\ndef notify(text):\n    post(HOOK, {{\"text\": text}})\n",
        "slack",
        dice.word(8, UPPER_DIGITS),
        dice.word(8, UPPER_DIGITS),
        dice.word(24, ALNUM)
    )
}

fn notebook(dice: &mut Dice) -> String {
    let key = format!("{}-{}-{}", "xoxb", dice.word(12, DIGITS), dice.word(24, ALNUM));
    let picture = dice.word(1200, BASE64);
    format!(
        "{{\"cells\": [{{\"cell_type\": \"code\", \"source\": [\"client = Client(token='{key}')\\n\"],\n\
         \"outputs\": [{{\"data\": {{\"image/png\": \"{picture}\"}}}}]}}], \"nbformat\": 4}}\n"
    )
}

fn log(dice: &mut Dice) -> String {
    let token = format!("eyJ{}.eyJ{}.{}", dice.word(33, ALNUM), dice.word(80, ALNUM), dice.word(43, ALNUM));
    lines(60, |at| {
        let (minute, id) = (at % 60, uuid(dice));
        if at == 41 {
            format!("02:{minute:02}:07 DEBUG retry {id} with Authorization: Bearer {token}")
        } else {
            format!("02:{minute:02}:07 INFO batch {id} done, {} rows", dice.below(10_000))
        }
    })
}

fn lock(dice: &mut Dice) -> String {
    let packages = (0..40).map(|_| {
        let (name, hash) = (dice.word(8, LOWER), dice.word(86, BASE64));
        format!("    \"node_modules/{name}\": {{\n      \"version\": \"1.{}.0\",\n      \"integrity\": \"sha512-{hash}==\"\n    }}", dice.below(30))
    });
    format!(
        "{{\n  \"lockfileVersion\": 3,\n  \"packages\": {{\n{}\n  }}\n}}\n",
        packages.collect::<Vec<_>>().join(",\n")
    )
}

fn requirements(dice: &mut Dice) -> String {
    lines(6, |at| {
        let name = ["pandas", "pyarrow", "requests", "numpy", "sqlalchemy", "pytest"][at % 6];
        format!("{name}==2.{at}.1 --hash=sha256:{}", dice.word(64, HEX))
    })
}

fn uuid(dice: &mut Dice) -> String {
    let groups = [8, 4, 4, 4, 12].map(|length| dice.word(length, HEX));
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_planted_and_removed() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("project");
        let planted = plant(&path, 7).unwrap();
        assert!(planted.path().join(".env").is_file() && planted.path().join("src/upload.py").is_file());
        assert!(plant(&path, 7).is_err(), "a folder that is there is left alone");
        assert!(path.is_dir());
        drop(planted);
        assert!(!path.exists());
    }

    #[test]
    fn each_seed_has_its_own_secrets() {
        let texts = |seed| files(&mut Dice::new(seed));
        assert_eq!(texts(1), texts(1));
        assert_ne!(texts(1)[0], texts(2)[0]);
        assert!((28..=36).contains(&texts(1).len()), "{}", texts(1).len());
    }
}
