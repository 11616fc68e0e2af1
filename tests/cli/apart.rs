//! A whole scan tells random secrets from what only looks like them, in files as people write them. The tokens are made
//! here from a seed, so that no file holds one; how many are shown is held in bounds, not counted exactly.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::util::Dir;

/// Of each shape.
const EACH: usize = 10;

const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const TYPED: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!%*+-";
const HEX: &[u8] = b"0123456789abcdef";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

const NOUNS: [&str; 12] = [
    "user", "session", "order", "page", "billing", "cache", "invoice", "worker", "profile", "report",
    "queue", "tenant",
];

/// The numbers of splitmix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most as u64) as usize
    }

    fn of(&mut self, letters: &[u8], length: usize) -> String {
        (0..length).map(|_| letters[self.below(letters.len())] as char).collect()
    }

    fn noun(&mut self) -> &'static str {
        NOUNS[self.below(NOUNS.len())]
    }

    fn loud(&mut self) -> String {
        self.noun().to_uppercase()
    }

    fn uuid(&mut self) -> String {
        let mut part = |length| self.of(HEX, length);
        format!("{}-{}-4{}-a{}-{}", part(8), part(4), part(3), part(3), part(12))
    }
}

/// One line of a shape, in the file where it is at home.
type Shape = (&'static str, fn(&mut Dice) -> String);

/// What a token or a password is written as.
const SECRETS: [Shape; 20] = [
    ("app/.env", |d| format!("{}_API_KEY={}", d.loud(), d.of(BASE62, 32))),
    ("app/production.env", |d| format!("export {}_SECRET=\"{}\"", d.loud(), d.of(HEX, 40))),
    ("conf/app.yaml", |d| format!("{}_access_token: {}", d.noun(), d.of(URL64, 43))),
    ("conf/database.yml", |d| format!("  password: \"{}\"", d.of(TYPED, 14))),
    ("src/settings.py", |d| format!("{}_AUTH_TOKEN = '{}'", d.loud(), d.of(BASE62, 24))),
    ("src/client.js", |d| format!("const {}ClientSecret = \"{}\";", d.noun(), d.of(URL64, 40))),
    ("conf/app.properties", |d| format!("{}.datasource.password={}", d.noun(), d.of(TYPED, 12))),
    ("src/connect.go", |d| format!("db := \"postgres://app:{}@db.internal/{}\"", d.of(BASE62, 20), d.noun())),
    ("bin/call.sh", |d| format!("curl -H 'Authorization: Bearer {}' https://api.internal", d.of(URL64, 43))),
    ("conf/signing.toml", |d| format!("{}_signing_key = \"{}=\"", d.noun(), d.of(BASE64, 43))),
    // Short ones, without digits, and where no name stands before them.
    ("src/login.rb", |d| format!("login(user: 'app', password: '{}')", d.of(LOWER, 9))),
    ("bin/dump.sh", |d| format!("mysqldump -u app -p{} {}", d.of(BASE62, 11), d.noun())),
    ("db/users.sql", |d| format!("CREATE USER '{}' IDENTIFIED BY '{}';", d.noun(), d.of(TYPED, 10))),
    ("doc/access.md", |d| format!("| {} | password | {} |", d.noun(), d.of(BASE62, 12))),
    ("conf/app.xml", |d| format!("<{0}-password>{1}</{0}-password>", d.noun(), d.of(BASE62, 10))),
    ("src/Store.java", |d| format!("store.setSecretKey(\"{}\");", d.of(BASE64, 40))),
    ("conf/app.json", |d| format!("  \"{}_token\": \"{}\",", d.noun(), d.of(HEX, 32))),
    ("src/fetch.ts", |d| format!("fetch(`https://api.internal/v1?api_key={}`)", d.of(BASE62, 28))),
    ("conf/app.ini", |d| format!("{}_passwd = {}", d.noun(), d.of(LOWER, 12))),
    ("docker/compose.yml", |d| format!("      - {}_DB_PASSWORD={}", d.loud(), d.of(BASE62, 9))),
];

/// What looks like it: sums, ids, names, public keys, hashes of passwords, and words to be replaced.
const HARMLESS: [Shape; 20] = [
    ("package-lock.json", |d| format!("      \"integrity\": \"sha512-{}==\",", d.of(BASE64, 86))),
    ("Cargo.lock", |d| format!("checksum = \"{}\"", d.of(HEX, 64))),
    ("go.sum", |d| format!("example.org/{} v1.{}.0 h1:{}=", d.noun(), d.below(90), d.of(BASE64, 43))),
    ("conf/ids.yaml", |d| format!("{}_id: {}", d.noun(), d.uuid())),
    ("deploy/pins.yaml", |d| format!("  revision: {}", d.of(HEX, 40))),
    ("deploy/images.yaml", |d| format!("  image: registry.internal/{}@sha256:{}", d.noun(), d.of(HEX, 64))),
    ("src/fields.py", |d| format!("{0}_token_field = \"{0}_{1}_access_token_name\"", d.noun(), d.noun())),
    ("deploy/authorized_keys", |d| {
        format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{} {}@host", d.of(BASE64, 43), d.noun())
    }),
    ("web/index.html", |d| {
        format!(
            "<script src=\"/{}.{}.js\" integrity=\"sha384-{}\">",
            d.noun(),
            d.of(HEX, 20),
            d.of(BASE64, 64)
        )
    }),
    ("conf/example.env", |d| {
        let words =
            ["changeme".to_owned(), format!("your-{}-key-here", d.noun()), format!("${{{}_KEY}}", d.loud())];
        format!("{}_PASSWORD={}", d.loud(), words[d.below(3)])
    }),
    // By their names they could be.
    ("conf/kms.tf", |d| format!("  kms_key_id = \"{}\"", d.uuid())),
    ("src/keys.ts", |d| format!("export const {0}CacheKey = '{0}:{1}:by-name';", d.noun(), d.noun())),
    ("conf/public.toml", |d| format!("{}_public_key = \"{}=\"", d.noun(), d.of(BASE64, 43))),
    ("db/seed.sql", |d| format!("'{}', '$2b$12${}', now()", d.noun(), d.of(BASE62, 53))),
    ("src/table.py", |d| format!("partition_key = \"{}_{}_id\"", d.noun(), d.noun())),
    ("doc/host.md", |d| format!("The key's fingerprint is SHA256:{}", d.of(BASE64, 43))),
    ("src/call.rs", |d| format!("let token = self.{}_tokens.next_{}_token(index)?;", d.noun(), d.noun())),
    ("i18n/en.json", |d| format!("  \"{0}.password\": \"The password of this {0}\",", d.noun())),
    ("src/header.go", |d| format!("const {}TokenHeader = \"X-{}-Token\"", d.noun(), d.noun())),
    ("web/etags.json", |d| {
        format!("  {{\"key\": \"{}/{}.png\", \"etag\": \"{}\"}},", d.noun(), d.noun(), d.of(HEX, 32))
    }),
];

/// Writes the files, each line of a shape between lines that say nothing; gives the lines of each shape.
fn written(dir: &Dir, shapes: &[Shape], dice: &mut Dice) -> usize {
    for (name, shape) in shapes {
        let lines: Vec<String> = (0..EACH).map(|_| shape(dice)).collect();
        dir.write(name, lines.join("\n") + "\n");
    }
    shapes.len() * EACH
}

/// How many lines of each file are shown at the level that is usual.
fn shown(dir: &Dir, more: &[&str]) -> BTreeMap<String, usize> {
    let answer = dir.cmd(&[&["scan", "--format", "json", "--top", "0"], more].concat()).run();
    assert!(matches!(answer.code, Some(0 | 1)), "{}", answer.err);
    let mut lines: Vec<(String, u64)> = Vec::new();
    for line in answer.out.lines() {
        let one: Value = serde_json::from_str(line).unwrap();
        lines.push((one["path"].as_str().unwrap().to_owned(), one["line"].as_u64().unwrap()));
    }
    lines.sort();
    lines.dedup();
    lines.into_iter().fold(BTreeMap::new(), |mut counts, (path, _)| {
        *counts.entry(path).or_default() += 1;
        counts
    })
}

#[test]
fn random_secrets_and_what_only_looks_like_them() {
    for seed in [1, 2] {
        let (secrets, harmless) = (Dir::new(), Dir::new());
        let mut dice = Dice(seed);
        let planted = written(&secrets, &SECRETS, &mut dice);
        let others = written(&harmless, &HARMLESS, &mut dice);
        assert_eq!((planted, others), (200, 200));
        let found = shown(&secrets, &[]);
        let told: usize = found.values().sum();
        assert!(told >= 185, "seed {seed}: of {planted} secrets {told} are shown: {found:#?}");
        // None of the shapes is missed as a whole.
        assert_eq!(found.len(), SECRETS.len(), "seed {seed}: {found:#?}");
        assert!(found.values().all(|count| *count >= EACH / 2), "seed {seed}: {found:#?}");
        let wrong = shown(&harmless, &[]);
        let told: usize = wrong.values().sum();
        assert!(told <= 6, "seed {seed}: of {others} others {told} are shown: {wrong:#?}");
    }
}
