//! What a candidate is judged by: a fixed list of things that a person would look at, each with a name for the model and
//! words for its reader. A candidate has a few dozen of them; most are there or not, some are there in part.

use super::beside::Talk;
use super::context::{Context, Joint};
use super::name::Sense;
use super::place::{Kind, Place};
use super::shape::Shape;
use super::telling::{self, Telling};

/// What a feature speaks of: reasons of one group are told as one, where a group has words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// The name that the value is given to.
    Name,
    /// How random the value looks.
    Chance,
    /// Anything else, told by itself.
    Own,
}

macro_rules! features {
    ($($group:ident { $($variant:ident $name:literal $words:literal),+ $(,)? })+) => {
        /// One thing that a candidate is judged by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each has its words in the list")]
        pub enum Feature { $($($variant),+),+ }

        impl Feature {
            /// All of them, in the order of the list.
            pub const ALL: &[Self] = &[$($(Self::$variant),+),+];

            /// Its name in a model.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name),+),+ }
            }

            /// What it says, in words.
            pub fn words(self) -> &'static str {
                match self { $($(Self::$variant => $words),+),+ }
            }

            /// What it speaks of.
            pub fn group(self) -> Group {
                match self { $($(Self::$variant)|+ => Group::$group),+ }
            }
        }
    };
}

features! {
    Name {
        NamePassword "name.password" "name says password",
        NameSecret "name.secret" "name says secret",
        NameToken "name.token" "name says token",
        NameKey "name.key" "name says key",
        NameAuth "name.auth" "name says auth",
        NameCredential "name.credential" "name says credential",
        NameSilent "name.silent" "no telling name",
        NameIssuer "name.issuer" "name says whose it is",
        NameService "name.service" "name says what it opens",
        NamePublic "name.public" "name says public",
        NameId "name.id" "name of a name",
        NameUser "name.user" "name of a user",
        NameDigest "name.digest" "name of a hash",
        NameSalt "name.salt" "name of a salt",
        NameLocates "name.locates" "name of a place",
        NameDescribes "name.describes" "name of a text",
        NameCounts "name.counts" "name of a number",
        NameKind "name.kind" "name of a kind",
        NameOfData "name.data" "name of data",
        NameSample "name.sample" "name of a sample",
        NameGoesOn "name.goes-on" "name goes on behind the word",
        NameSingle "name.single" "name is one word",
        NameLong "name.long" "name of many words",
        NameLoud "name.loud" "name in capitals",
        NameAbove "name.above" "name on the line above",
    }
    Chance {
        Random "chance.random" "looks random",
        Wordy "chance.wordy" "reads like words",
        Least "chance.least" "a part reads like words",
        Even "chance.even" "entropy near its ceiling",
        Uneven "chance.uneven" "entropy far below its ceiling",
        Turns "chance.turns" "letters and digits take turns",
    }
    Own {
        Short "value.short" "very short",
        Brief "value.brief" "short",
        Middling "value.middling" "of middling length",
        Long "value.long" "long",
        VeryLong "value.very-long" "very long",
        Letters "value.letters" "only letters",
        Lower "value.lower" "only small letters",
        Capitals "value.capitals" "only capitals",
        Digits "value.digits" "only digits",
        FewDigits "value.few-digits" "ends in a few digits",
        Mixed "value.mixed" "letters and digits",
        Rich "value.rich" "capitals, small letters and digits",
        Symbols "value.symbols" "signs",
        Joined "value.joined" "words joined",
        Camel "value.camel" "words in capitals joined",
        Dotted "value.dotted" "dotted name",
        Path "value.path" "path or address",
        Blanks "value.blanks" "blanks in it",
        Foreign "value.foreign" "letters of other scripts",
        Hex "value.hex" "hex digits",
        HexDigest "value.digest-length" "as long as a hash",
        Uuid "value.uuid" "a UUID",
        Few "value.few" "few different characters",
        Sequence "value.sequence" "counts up",
        Repeats "value.repeats" "repeats itself",
        Placeholder "value.placeholder" "says that it is a sample",
        Famous "value.famous" "known from documents",
        SaysSecret "value.says-secret" "holds a word for secrets",
        SaysName "value.says-name" "holds the words of its name",
        Reference "value.reference" "refers to something",
        Syntax "value.syntax" "code in it",
        Padded "value.padded" "padded like base64",
        Quoted "quoted" "quoted literal",
        Bare "bare" "not quoted",
        BareCode "bare.code" "not quoted, in code",
        BareConfig "bare.config" "not quoted, in configuration",
        BareProse "bare.prose" "not quoted, in prose",
        Equals "joint.equals" "given by =",
        Colon "joint.colon" "given by :",
        Arrow "joint.arrow" "given by =>",
        Comma "joint.comma" "argument behind a name",
        Call "joint.call" "argument of a call",
        Cell "joint.cell" "cell of a table",
        Tag "joint.tag" "text of an element",
        Blank "joint.blank" "behind a blank",
        Loose "joint.none" "stands by itself",
        Escaped "escaped" "quoted twice",
        GoesOn "goes-on" "goes on behind its end",
        EndsLine "behind.end" "ends its line",
        EndsStatement "behind.semicolon" "ends its statement",
        Concatenated "behind.joined" "joined with something",
        Applied "behind.call" "called",
        Comment "line.comment" "in a comment",
        Declared "line.declared" "declared",
        InCall "line.call" "inside a call",
        Compared "line.compared" "compared",
        Endless "line.endless" "line of a machine",
        First "line.first" "name begins the line",
        Assertion "line.assertion" "in an assertion",
        Lookup "line.lookup" "read from elsewhere",
        SampleTalk "line.sample" "talk of samples",
        DigestTalk "line.digest" "talk of hashes",
        UserBeside "line.user" "a user beside it",
        HostBeside "line.host" "a host beside it",
        Output "line.output" "said to somebody",
        Pattern "line.pattern" "talk of patterns",
        Cipher "line.cipher" "talk of ciphers",
        Double "line.double" "talk of tests",
        Wrong "line.wrong" "talk of what is wrong",
        PublicTalk "line.public" "talk of what is public",
        SampleAround "around.sample" "talk of samples around it",
        DigestAround "around.digest" "hashes around it",
        UserAround "around.user" "a user around it",
        HostAround "around.host" "a host around it",
        AssertionAround "around.assertion" "assertions around it",
        WrongAround "around.wrong" "talk of what is wrong around it",
        InCode "file.code" "in code",
        InJson "file.json" "in JSON",
        InConfig "file.config" "in configuration",
        InMarkup "file.markup" "in XML",
        InShell "file.shell" "in a script",
        InProse "file.prose" "in prose",
        InMade "file.made" "in what machines write",
        InTest "path.test" "path of tests",
        InExample "path.example" "path of examples",
        InDocs "path.docs" "path of documents",
        InVendor "path.vendored" "code of others",
        InTranslation "path.translation" "path of translations",
        InSchema "path.schema" "path of schemas",
        InDeployment "path.deployment" "path of a deployment",
    }
}

/// How many features there are.
pub const COUNT: usize = Feature::ALL.len();

/// The features that a candidate has, each with how much of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    has: Vec<(Feature, f32)>,
}

impl Features {
    /// Those that it has.
    pub fn iter(&self) -> impl Iterator<Item = (Feature, f64)> + '_ {
        self.has.iter().map(|&(feature, amount)| (feature, f64::from(amount)))
    }

    fn add(&mut self, feature: Feature, is_there: bool) {
        if is_there {
            self.has.push((feature, 1.0));
        }
    }

    fn amount(&mut self, feature: Feature, amount: f64) {
        let amount = amount.clamp(0.0, 1.0);
        if amount > 0.0 {
            self.has.push((feature, amount as f32));
        }
    }

    /// The features of a value in its place; `chance` is how random it looks, from -1, words, to 1.
    pub(crate) fn of(
        value: &[u8],
        shape: &Shape,
        chance: f64,
        name: &[u8],
        seen: &Context,
        place: Place,
    ) -> Self {
        let mut features = Self { has: Vec::with_capacity(48) };
        features.name(seen);
        features.chance(shape, chance);
        features.value(shape);
        features.telling(telling::of(value, name, shape));
        features.syntax(seen, place);
        features.line(seen);
        features.place(place);
        features
    }

    fn name(&mut self, seen: &Context) {
        let said = &seen.said;
        let telling = [
            (Feature::NamePassword, Sense::Password),
            (Feature::NameSecret, Sense::Secret),
            (Feature::NameToken, Sense::Token),
            (Feature::NameKey, Sense::Key),
            (Feature::NameAuth, Sense::Auth),
            (Feature::NameCredential, Sense::Credential),
        ];
        for (feature, sense) in telling {
            self.add(feature, said.telling == Some(sense));
        }
        self.add(Feature::NameSilent, said.telling.is_none());
        let more = [
            (Feature::NameIssuer, Sense::Issuer),
            (Feature::NameService, Sense::Service),
            (Feature::NamePublic, Sense::Public),
            (Feature::NameId, Sense::Id),
            (Feature::NameUser, Sense::User),
            (Feature::NameDigest, Sense::Digest),
            (Feature::NameSalt, Sense::Salt),
            (Feature::NameLocates, Sense::Locates),
            (Feature::NameDescribes, Sense::Describes),
            (Feature::NameCounts, Sense::Counts),
            (Feature::NameKind, Sense::Kind),
            (Feature::NameOfData, Sense::OfData),
            (Feature::NameSample, Sense::Sample),
        ];
        for (feature, sense) in more {
            self.add(feature, seen.says(sense));
        }
        self.add(Feature::NameGoesOn, said.telling.is_some() && said.behind > 0);
        self.add(Feature::NameSingle, said.words == 1);
        self.add(Feature::NameLong, said.words >= 4);
        self.add(Feature::NameLoud, said.is_loud);
        self.add(Feature::NameAbove, seen.is_above);
    }

    fn chance(&mut self, shape: &Shape, chance: f64) {
        self.amount(Feature::Random, chance);
        self.amount(Feature::Wordy, -chance);
        self.amount(Feature::Least, shape.least / 2.0);
        self.amount(Feature::Even, (shape.evenness - 0.9) * 10.0);
        self.amount(Feature::Uneven, (0.9 - shape.evenness) * 4.0);
        self.amount(Feature::Turns, shape.turns as f64 / shape.looked() * 3.0);
    }

    fn value(&mut self, shape: &Shape) {
        self.add(Feature::Short, shape.length < 6);
        self.add(Feature::Brief, (6..10).contains(&shape.length));
        self.add(Feature::Middling, (10..16).contains(&shape.length));
        self.add(Feature::Long, (24..=64).contains(&shape.length));
        self.add(Feature::VeryLong, shape.length > 64);
        let all = shape.length.min(256);
        let (letters, digits) = (shape.letters(), shape.digits);
        self.add(Feature::Letters, letters == all);
        self.add(Feature::Lower, shape.lower == all);
        self.add(
            Feature::Capitals,
            shape.upper > 0 && shape.lower == 0 && shape.upper + shape.joiners == all,
        );
        self.add(Feature::Digits, digits + shape.joiners == all);
        self.add(Feature::FewDigits, letters > 3 && shape.turns == 1 && (1..=4).contains(&digits));
        self.add(Feature::Mixed, letters > 0 && digits > 0);
        self.add(Feature::Rich, shape.upper > 0 && shape.lower > 0 && digits > 0);
        self.add(Feature::Symbols, shape.symbols > 0 && shape.blanks == 0);
        let words = shape.joiners > 0 && letters + shape.joiners + digits == all && shape.turns <= 2;
        self.add(Feature::Joined, words && shape.parts >= 2);
        self.add(Feature::Camel, letters == all && shape.humps >= 1 && shape.lower > shape.upper);
        self.add(Feature::Blanks, shape.blanks > 0);
        self.add(Feature::Foreign, shape.foreign > 0);
        self.add(Feature::Hex, shape.is_hex && letters > 0);
        self.add(Feature::HexDigest, shape.is_hex && matches!(shape.length, 32 | 40 | 56 | 64 | 96 | 128));
        self.add(Feature::Uuid, shape.is_uuid);
        self.add(Feature::Few, shape.distinct <= 3 || (shape.distinct <= 6 && all >= 16));
    }

    fn telling(&mut self, told: Telling) {
        self.add(Feature::Dotted, told.is_dotted);
        self.add(Feature::Path, told.is_path);
        self.add(Feature::Sequence, told.counts_up);
        self.add(Feature::Repeats, told.repeats);
        self.add(Feature::Placeholder, told.is_placeholder);
        self.add(Feature::Famous, told.is_famous);
        self.add(Feature::SaysSecret, told.says_secret);
        self.add(Feature::SaysName, told.says_name);
        self.add(Feature::Reference, told.is_reference);
        self.add(Feature::Syntax, told.is_syntax);
        self.add(Feature::Padded, told.is_padded);
    }

    fn syntax(&mut self, seen: &Context, place: Place) {
        let is_bare = seen.quote.is_none();
        self.add(Feature::Quoted, !is_bare);
        self.add(Feature::Bare, is_bare);
        self.add(Feature::BareCode, is_bare && place.kind == Kind::Code);
        self.add(Feature::BareConfig, is_bare && place.kind == Kind::Config);
        self.add(Feature::BareProse, is_bare && place.kind == Kind::Prose);
        let joint = match seen.joint {
            Joint::Equals => Feature::Equals,
            Joint::Colon => Feature::Colon,
            Joint::Arrow => Feature::Arrow,
            Joint::Comma => Feature::Comma,
            Joint::Call => Feature::Call,
            Joint::Cell => Feature::Cell,
            Joint::Tag => Feature::Tag,
            Joint::Blank => Feature::Blank,
            Joint::Nothing => Feature::Loose,
        };
        self.add(joint, true);
        self.add(Feature::Escaped, seen.is_escaped);
        self.add(Feature::GoesOn, seen.goes_on);
        self.add(Feature::EndsLine, seen.behind == 0);
        self.add(Feature::EndsStatement, seen.behind == b';');
        self.add(Feature::Concatenated, matches!(seen.behind, b'+' | b'.' | b'%'));
        self.add(Feature::Applied, matches!(seen.behind, b'(' | b'['));
    }

    fn line(&mut self, seen: &Context) {
        self.add(Feature::Comment, seen.is_comment);
        self.add(Feature::Declared, seen.is_declared);
        self.add(Feature::InCall, seen.in_call);
        self.add(Feature::Compared, seen.is_compared);
        self.add(Feature::Endless, seen.is_endless);
        self.add(Feature::First, seen.is_first);
        let line = [
            (Feature::Assertion, Talk::Assertion),
            (Feature::Lookup, Talk::Lookup),
            (Feature::SampleTalk, Talk::Sample),
            (Feature::DigestTalk, Talk::Digest),
            (Feature::UserBeside, Talk::User),
            (Feature::HostBeside, Talk::Host),
            (Feature::Output, Talk::Output),
            (Feature::Pattern, Talk::Pattern),
            (Feature::Cipher, Talk::Cipher),
            (Feature::Double, Talk::Double),
            (Feature::Wrong, Talk::Wrong),
            (Feature::PublicTalk, Talk::Public),
        ];
        for (feature, talk) in line {
            self.add(feature, seen.line.has(talk));
        }
        let around = [
            (Feature::SampleAround, Talk::Sample),
            (Feature::DigestAround, Talk::Digest),
            (Feature::UserAround, Talk::User),
            (Feature::HostAround, Talk::Host),
            (Feature::AssertionAround, Talk::Assertion),
            (Feature::WrongAround, Talk::Wrong),
        ];
        for (feature, talk) in around {
            self.add(feature, seen.around.has(talk));
        }
    }

    fn place(&mut self, place: Place) {
        let kind = match place.kind {
            Kind::Code => Some(Feature::InCode),
            Kind::Json => Some(Feature::InJson),
            Kind::Config => Some(Feature::InConfig),
            Kind::Markup => Some(Feature::InMarkup),
            Kind::Shell => Some(Feature::InShell),
            Kind::Prose => Some(Feature::InProse),
            Kind::Made => Some(Feature::InMade),
            Kind::Unknown => None,
        };
        if let Some(kind) = kind {
            self.add(kind, true);
        }
        self.add(Feature::InTest, place.is_test);
        self.add(Feature::InExample, place.is_example);
        self.add(Feature::InDocs, place.is_docs);
        self.add(Feature::InVendor, place.is_vendored);
        self.add(Feature::InTranslation, place.is_translation);
        self.add(Feature::InSchema, place.is_schema);
        self.add(Feature::InDeployment, place.is_deployment);
    }
}
