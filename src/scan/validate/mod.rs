//! What can be told of a secret without asking anybody: checksums, claims, keys that parse.
//!
//! Pure: bytes and the time now in, a [`Check`] out; one family of secrets a file. Nothing is ever sent anywhere. What
//! a secret says of itself is told in a few words that never hold its secret part, cut and escaped, since whoever wrote
//! the file chose them.

mod armour;
mod aws;
mod azure;
mod bech32;
mod check;
mod checksum;
mod claims;
mod der;
mod discord;
mod google;
mod jwt;
mod luhn;
mod macaroon;
mod nkey;
mod openssh;
mod pem;
mod pgp;
mod product;
mod putty;
mod rows;
mod services;
#[cfg(test)]
mod tests;
mod uuid;

pub(crate) use armour::base64;
pub use check::Check;
pub(crate) use checksum::sealed;
pub(crate) use rows::Rows;

use crate::model::clock::WallTime;

/// How the secrets of a rule are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validator {
    /// The checksum of age's secret keys.
    Age,
    /// The account in an AWS access key id.
    AwsKeyId,
    /// The shape of an AWS secret access key.
    AwsSecret,
    /// The length of an Azure storage account key.
    AzureStorage,
    /// JSON in base64.
    Base64Json,
    /// The time in the id of a Discord bot.
    Discord,
    /// The checksum of GitHub's tokens.
    GithubCrc,
    /// The checksum of GitLab's routable tokens.
    GitlabCrc,
    /// The shape of Google's API keys.
    GoogleApi,
    /// The account in a service account's JSON, or the key in it.
    GoogleServiceAccount,
    /// The checksum of Grafana's service account tokens.
    GrafanaCrc,
    /// Header and claims of a JSON Web Token.
    Jwt,
    /// The check digit of card numbers.
    Luhn,
    /// The checksum of NATS seeds.
    Nkey,
    /// The checksum of npm's tokens.
    NpmCrc,
    /// Private keys in PEM: PKCS#1, PKCS#8, SEC1, OpenSSH and PGP.
    Pem,
    /// The same, for rules that only want PGP.
    Pgp,
    /// The packets of a macaroon.
    Pypi,
    /// Kind and workspace of Slack's tokens and webhooks.
    Slack,
    /// Private keys of SSH: OpenSSH, `PuTTY` and PEM.
    SshKey,
    /// Live or test, secret or publishable.
    Stripe,
    /// The id of a Telegram bot.
    Telegram,
    /// Version and variant of a UUID.
    Uuid,
}

/// All validators, by the names that the rule tables use.
const NAMED: [(&str, Validator); 23] = [
    ("age", Validator::Age),
    ("aws-key-id", Validator::AwsKeyId),
    ("aws-secret", Validator::AwsSecret),
    ("azure-storage", Validator::AzureStorage),
    ("base64-json", Validator::Base64Json),
    ("discord", Validator::Discord),
    ("github-crc", Validator::GithubCrc),
    ("gitlab-crc", Validator::GitlabCrc),
    ("google-api", Validator::GoogleApi),
    ("google-service-account", Validator::GoogleServiceAccount),
    ("grafana-crc", Validator::GrafanaCrc),
    ("jwt", Validator::Jwt),
    ("luhn", Validator::Luhn),
    ("nkey", Validator::Nkey),
    ("npm-crc", Validator::NpmCrc),
    ("pem", Validator::Pem),
    ("pgp", Validator::Pgp),
    ("pypi", Validator::Pypi),
    ("slack", Validator::Slack),
    ("ssh-key", Validator::SshKey),
    ("stripe", Validator::Stripe),
    ("telegram", Validator::Telegram),
    ("uuid", Validator::Uuid),
];

impl Validator {
    /// The validator that a rule's table names.
    pub fn named(name: &str) -> Option<Self> {
        NAMED.iter().find(|(known, _)| *known == name).map(|(_, validator)| *validator)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMED.iter().map(|(_, validator)| *validator)
    }

    /// Looks at a secret; a key of many lines is given with its header, as it stands in the text.
    pub fn check(self, secret: &[u8], now: WallTime) -> Check {
        match self {
            Self::Age => bech32::age(secret),
            Self::AwsKeyId => aws::key_id(secret),
            Self::AwsSecret => aws::secret(secret),
            Self::AzureStorage => azure::storage_key(secret),
            Self::Base64Json => claims::base64_json(secret),
            Self::Discord => discord::bot_token(secret, now),
            Self::GithubCrc => checksum::github(secret),
            Self::GitlabCrc => checksum::gitlab(secret),
            Self::GoogleApi => google::api_key(secret),
            Self::GoogleServiceAccount => google::service_account(secret),
            Self::GrafanaCrc => checksum::grafana(secret),
            Self::Jwt => jwt::token(secret, now),
            Self::Luhn => luhn::card(secret),
            Self::Nkey => nkey::seed(secret),
            Self::NpmCrc => checksum::npm(secret),
            Self::Pem | Self::Pgp | Self::SshKey => pem::private_key(secret),
            Self::Pypi => macaroon::token(secret, now),
            Self::Slack => services::slack(secret),
            Self::Stripe => services::stripe(secret),
            Self::Telegram => services::telegram(secret),
            Self::Uuid => uuid::value(secret),
        }
    }
}
