//! What the name of a value says: split into its words in every naming style, each looked up in one table of what people
//! call secrets, in the languages they write, and what they call things beside them.

/// The most words of one name that are looked at, from its end.
const MOST: usize = 10;

/// What a word in a name says of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sense {
    Password,
    Secret,
    Token,
    Key,
    Auth,
    Credential,
    /// Salts, nonces, vectors.
    Salt,
    /// Whose key it is: api, access, client, private, signing.
    Issuer,
    /// Meant for everybody.
    Public,
    /// A name or number of the secret, not itself.
    Id,
    /// Who logs in.
    User,
    /// Made of the secret, not to be turned back.
    Digest,
    /// Where it is kept.
    Locates,
    /// What is told about it.
    Describes,
    /// How long, how many, how old.
    Counts,
    /// Of what kind.
    Kind,
    /// Data has keys too: caches, rows, pages.
    OfData,
    /// Tests, samples, what is wrong on purpose.
    Sample,
    /// What it opens: a database, a service.
    Service,
}

use Sense::{
    Auth, Counts, Credential, Describes, Digest, Id, Issuer, Key, Kind, Locates, OfData, Password, Public,
    Salt, Sample, Secret, Service, Token, User,
};

/// Words and what they say, in the order of the alphabet.
const WORDS: [(&str, Sense); 287] = [
    ("access", Issuer),
    ("account", User),
    ("accountkey", Key),
    ("admin", Service),
    ("alg", Kind),
    ("algorithm", Kind),
    ("amqp", Service),
    ("anti", OfData),
    ("api", Issuer),
    ("apikey", Key),
    ("apisecret", Secret),
    ("apitoken", Token),
    ("app", Issuer),
    ("appkey", Key),
    ("application", Issuer),
    ("array", Kind),
    ("attribute", Kind),
    ("auth", Auth),
    ("authentication", Auth),
    ("authenticity", OfData),
    ("authkey", Key),
    ("authorization", Auth),
    ("authtoken", Token),
    ("aws", Service),
    ("azure", Service),
    ("bad", Sample),
    ("bearer", Token),
    ("body", Describes),
    ("bot", Issuer),
    ("bucket", OfData),
    ("cache", OfData),
    ("cert", Public),
    ("certificate", Public),
    ("change", Describes),
    ("checksum", Digest),
    ("class", Kind),
    ("clave", Password),
    ("client", Issuer),
    ("clientsecret", Secret),
    ("cluster", Service),
    ("col", OfData),
    ("column", OfData),
    ("comment", Describes),
    ("config", Locates),
    ("confirm", Describes),
    ("consumer", Issuer),
    ("contrasena", Password),
    ("cookie", Auth),
    ("count", Counts),
    ("cred", Credential),
    ("credential", Credential),
    ("credentials", Credential),
    ("creds", Credential),
    ("csrf", OfData),
    ("cursor", OfData),
    ("custom", Describes),
    ("data", OfData),
    ("database", Service),
    ("date", Counts),
    ("db", Service),
    ("default", Sample),
    ("demo", Sample),
    ("deploy", Issuer),
    ("desc", Describes),
    ("description", Describes),
    ("digest", Digest),
    ("dir", Locates),
    ("disabled", Kind),
    ("docker", Service),
    ("document", OfData),
    ("dummy", Sample),
    ("email", User),
    ("enabled", Kind),
    ("encrypted", Digest),
    ("encryption", Issuer),
    ("end", OfData),
    ("endpoint", Locates),
    ("entry", OfData),
    ("enum", Kind),
    ("env", Locates),
    ("error", Describes),
    ("event", OfData),
    ("example", Sample),
    ("exception", Describes),
    ("expected", Sample),
    ("expiration", Counts),
    ("expires", Counts),
    ("expiry", Counts),
    ("fake", Sample),
    ("field", Kind),
    ("file", Locates),
    ("filename", Locates),
    ("fingerprint", Digest),
    ("first", OfData),
    ("foreign", OfData),
    ("forgery", OfData),
    ("forgot", Describes),
    ("format", Kind),
    ("ftp", Service),
    ("func", Kind),
    ("function", Kind),
    ("get", Kind),
    ("git", Service),
    ("github", Service),
    ("gitlab", Service),
    ("google", Service),
    ("group", OfData),
    ("has", Kind),
    ("hash", Digest),
    ("hashed", Digest),
    ("haslo", Password),
    ("header", Kind),
    ("heading", Describes),
    ("help", Describes),
    ("hidden", Kind),
    ("hint", Describes),
    ("hmac", Issuer),
    ("host", Locates),
    ("hotkey", OfData),
    ("id", Id),
    ("identifier", Id),
    ("ids", Id),
    ("image", OfData),
    ("index", OfData),
    ("input", Kind),
    ("invalid", Sample),
    ("is", Kind),
    ("item", OfData),
    ("iv", Salt),
    ("jwt", Issuer),
    ("kennwort", Password),
    ("key", Key),
    ("keyfile", Locates),
    ("keys", Key),
    ("kind", Kind),
    ("label", Describes),
    ("last", OfData),
    ("ldap", Service),
    ("len", Counts),
    ("length", Counts),
    ("level", Counts),
    ("license", Issuer),
    ("link", Locates),
    ("list", Kind),
    ("locale", OfData),
    ("location", Locates),
    ("lock", OfData),
    ("login", User),
    ("machine", Issuer),
    ("map", OfData),
    ("master", Issuer),
    ("max", Counts),
    ("mdp", Password),
    ("merchant", Issuer),
    ("message", Describes),
    ("method", Kind),
    ("min", Counts),
    ("mock", Sample),
    ("mode", Kind),
    ("mongo", Service),
    ("msg", Describes),
    ("mysql", Service),
    ("name", Id),
    ("new", Sample),
    ("next", OfData),
    ("node", OfData),
    ("nonce", Salt),
    ("nullable", Kind),
    ("num", Counts),
    ("number", Counts),
    ("oauth", Issuer),
    ("object", OfData),
    ("old", Sample),
    ("option", Kind),
    ("oracle", Service),
    ("page", OfData),
    ("param", Kind),
    ("parameter", Kind),
    ("parola", Password),
    ("parole", Password),
    ("partition", OfData),
    ("pass", Password),
    ("passcode", Password),
    ("passphrase", Password),
    ("passwd", Password),
    ("password", Password),
    ("passwords", Password),
    ("passwort", Password),
    ("path", Locates),
    ("pattern", Kind),
    ("pgpassword", Password),
    ("pin", Password),
    ("placeholder", Describes),
    ("policy", Kind),
    ("port", Locates),
    ("postgres", Service),
    ("prefix", Kind),
    ("previous", OfData),
    ("primary", OfData),
    ("private", Issuer),
    ("prod", Service),
    ("prompt", Describes),
    ("property", Kind),
    ("provider", Kind),
    ("psw", Password),
    ("public", Public),
    ("push", Issuer),
    ("pw", Password),
    ("pwd", Password),
    ("query", OfData),
    ("rabbitmq", Service),
    ("redis", Service),
    ("ref", Locates),
    ("refresh", Issuer),
    ("regex", Kind),
    ("registration", Issuer),
    ("required", Kind),
    ("reset", Describes),
    ("root", Service),
    ("row", OfData),
    ("rule", Kind),
    ("salt", Salt),
    ("sample", Sample),
    ("secret", Secret),
    ("secretkey", Key),
    ("secrets", Secret),
    ("seed", Salt),
    ("selector", Kind),
    ("senha", Password),
    ("server", Service),
    ("service", Service),
    ("session", Issuer),
    ("set", Kind),
    ("sha", Digest),
    ("shared", Issuer),
    ("sid", Auth),
    ("sig", Digest),
    ("signature", Digest),
    ("signing", Issuer),
    ("size", Counts),
    ("slack", Service),
    ("smtp", Service),
    ("sort", OfData),
    ("ssh", Issuer),
    ("start", OfData),
    ("state", Kind),
    ("status", Kind),
    ("storage", Service),
    ("store", Locates),
    ("string", Kind),
    ("stripe", Service),
    ("style", Kind),
    ("symbol", OfData),
    ("table", OfData),
    ("test", Sample),
    ("text", Describes),
    ("time", Counts),
    ("timeout", Counts),
    ("title", Describes),
    ("token", Token),
    ("tokens", Token),
    ("translation", Describes),
    ("ttl", Counts),
    ("twitter", Service),
    ("type", Kind),
    ("unique", OfData),
    ("uri", Locates),
    ("url", Locates),
    ("use", Kind),
    ("user", User),
    ("username", User),
    ("usr", User),
    ("uuid", Id),
    ("valid", Sample),
    ("validation", Describes),
    ("value", OfData),
    ("values", OfData),
    ("var", Kind),
    ("version", Counts),
    ("view", OfData),
    ("wachtwoord", Password),
    ("warning", Describes),
    ("webhook", Issuer),
    ("with", Kind),
    ("without", Kind),
    ("wrong", Sample),
    ("xsrf", OfData),
];

/// Ends of words that are written together, the longest first.
const ENDS: [(&[u8], Sense); 12] = [
    (b"credentials", Credential),
    (b"passphrase", Password),
    (b"credential", Credential),
    (b"password", Password),
    (b"passwort", Password),
    (b"passwd", Password),
    (b"secret", Secret),
    (b"token", Token),
    (b"pass", Password),
    (b"auth", Auth),
    (b"pwd", Password),
    (b"key", Key),
];

/// What a name says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name {
    /// The senses of all its words, as bits.
    senses: u32,
    /// The last word that tells of a secret.
    pub(crate) telling: Option<Sense>,
    /// Words behind that one.
    pub(crate) behind: usize,
    /// All words.
    pub(crate) words: usize,
    /// Written in capitals.
    pub(crate) is_loud: bool,
}

impl Name {
    /// What this name says.
    pub(crate) fn of(name: &[u8]) -> Self {
        let mut said = Self::default();
        let mut end = name.len();
        while said.words < MOST {
            while end > 0 && !name[end - 1].is_ascii_alphabetic() {
                end -= 1;
            }
            if end == 0 {
                break;
            }
            let start = word_start(name, end);
            said.add(&name[start..end]);
            end = start;
        }
        said.is_loud = said.words > 0 && !name.iter().any(u8::is_ascii_lowercase);
        said
    }

    /// Adds a word that stands before those that were added.
    fn add(&mut self, word: &[u8]) {
        let sense = sense(word);
        if let Some(sense) = sense {
            self.senses |= 1 << sense as u32;
        }
        self.words += 1;
        if self.telling.is_none() {
            match sense.filter(|sense| *sense <= Credential) {
                Some(sense) => self.telling = Some(sense),
                None => self.behind += 1,
            }
        }
    }

    /// Whether one of its words says this.
    pub(crate) fn says(&self, sense: Sense) -> bool {
        self.senses & (1 << sense as u32) != 0
    }
}

/// Where the word begins that ends here: `dbPassword`, `DB_PASSWORD`, `HTTPToken`.
fn word_start(name: &[u8], end: usize) -> usize {
    let mut start = end - 1;
    let mut was_lower = name[start].is_ascii_lowercase();
    while start > 0 {
        let before = name[start - 1];
        match (before.is_ascii_alphabetic(), before.is_ascii_lowercase(), was_lower) {
            (false, ..) => break,
            // A capital that begins a word of small letters.
            (_, false, true) => return start - 1,
            (_, true, false) => break,
            (_, is_lower, _) => was_lower = is_lower,
        }
        start -= 1;
    }
    start
}

fn sense(word: &[u8]) -> Option<Sense> {
    let mut lower = [0u8; 24];
    let lower = lower.get_mut(..word.len())?;
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    let found = WORDS.binary_search_by(|(known, _)| known.as_bytes().cmp(lower));
    match found {
        Ok(at) => Some(WORDS[at].1),
        Err(_) => ENDS.iter().find(|(end, _)| lower.ends_with(end)).map(|(_, sense)| *sense),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        let out = WORDS.windows(2).find(|pair| pair[0].0 >= pair[1].0);
        assert_eq!(out, None);
    }

    #[test]
    fn a_name_is_read_in_every_style() {
        for name in ["db_password", "DB_PASSWORD", "dbPassword", "db.password", "DBPassword", "db-password2"]
        {
            let said = Name::of(name.as_bytes());
            assert_eq!((said.telling, said.behind), (Some(Password), 0), "{name}");
            assert!(said.says(Service), "{name}");
        }
        assert_eq!(Name::of(b"userpass").telling, Some(Password));
        assert!(Name::of(b"DB_PASSWORD").is_loud && !Name::of(b"dbPassword").is_loud);
        let said = Name::of(b"passwordResetUrl");
        assert_eq!((said.telling, said.behind), (Some(Password), 2));
        assert!(said.says(Locates));
        assert_eq!(Name::of(b"").telling, None);
        assert_eq!(Name::of("пароль".as_bytes()).words, 0);
    }
}
