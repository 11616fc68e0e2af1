//! The weights of the judgement: data, read from text. A model that is not whole is refused with its reason.
//!
//! ```text
//! telltale-judge 1
//! level high 0.91 0.953 0.420          threshold, precision, recall
//! bias password -1.25                  where a family begins
//! weight quoted 0.31                   what a feature counts, but in the rules of providers
//! weight quoted @header -0.2           and how much more or less in one family
//! rule jwt 0.4                         what a rule itself says
//! chance ratio -3.1                    the model of tokens
//! bigram 00fb…                         one row of the table of pairs, in hex
//! check 1a2b3c4d                       CRC-32 of all before this line
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use super::bigram::{Bigrams, SIGNS};
use super::chance::{Chance, MEASURES};
use super::family::Family;
use super::features::{COUNT, Feature};
use super::levels::{Levels, Threshold};

/// The first line of a model that this program understands.
const HEAD: &str = "telltale-judge 1";
/// No model is larger.
pub const MOST_BYTES: usize = 64 << 10;
/// No weight is larger: beyond it lies what a fit makes of nonsense.
const MOST: f64 = 40.0;
const FAMILIES: usize = Family::ALL.len();

/// Why a model can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadModel {
    /// It does not begin as one.
    #[error("this is no model of a judgement, or one of another version; the first line must be `{HEAD}`")]
    Version,
    /// Its end is missing, or something in it was changed.
    #[error("the model is cut short or was changed: its check does not hold")]
    Check,
    /// A line says nothing that is understood.
    #[error("line {0} of the model is not understood")]
    Line(usize),
    /// It weighs nothing.
    #[error("all weights of the model are zero")]
    Empty,
    /// It is larger than any model.
    #[error("the file is too large for a model")]
    Large,
}

/// What is judged with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// What is of which level.
    pub levels: Levels,
    /// Where each family begins.
    pub(crate) bias: [f64; FAMILIES],
    /// What each feature counts in each family.
    pub(crate) weights: Vec<[f64; FAMILIES]>,
    /// What a rule itself says.
    pub(crate) rules: BTreeMap<String, f64>,
    /// The model of tokens.
    pub chance: Chance,
    /// The table of pairs.
    pub bigrams: Bigrams,
}

/// The model that is compiled in.
pub fn builtin() -> &'static Arc<Model> {
    static BUILTIN: LazyLock<Arc<Model>> = LazyLock::new(|| {
        let text = include_str!("../../../assets/model/judge.txt");
        Arc::new(Model::read(text.as_bytes()).expect("assets/model/judge.txt is a model"))
    });
    &BUILTIN
}

impl Model {
    /// What a feature counts in a family.
    pub fn weight(&self, family: Family, feature: Feature) -> f64 {
        self.weights.get(feature as usize).map_or(0.0, |row| row[family as usize])
    }

    /// Reads a model.
    pub fn read(bytes: &[u8]) -> Result<Self, BadModel> {
        if bytes.len() > MOST_BYTES {
            return Err(BadModel::Large);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BadModel::Version)?;
        if text.lines().next() != Some(HEAD) {
            return Err(BadModel::Version);
        }
        let (body, check) = text.rsplit_once("check ").ok_or(BadModel::Check)?;
        if u32::from_str_radix(check.trim_end(), 16).ok() != Some(crc32fast::hash(body.as_bytes())) {
            return Err(BadModel::Check);
        }
        let mut model = Self { weights: vec![[0.0; FAMILIES]; COUNT], ..Self::default() };
        let mut entries = Vec::new();
        for (at, line) in body.lines().enumerate().skip(1).filter(|(_, line)| !line.is_empty()) {
            let words: Vec<&str> = line.split(' ').collect();
            model.set(&words, &mut entries).ok_or(BadModel::Line(at + 1))?;
        }
        model.bigrams = Bigrams::from_entries(entries).ok_or(BadModel::Check)?;
        let weighs = model.weights.iter().flatten().any(|weight| *weight != 0.0);
        if !weighs || model.chance == Chance::default() || model.bigrams == Bigrams::default() {
            return Err(BadModel::Empty);
        }
        if model.levels.is_sound() { Ok(model) } else { Err(BadModel::Check) }
    }

    /// Takes one line.
    fn set(&mut self, words: &[&str], entries: &mut Vec<i8>) -> Option<()> {
        match *words {
            ["level", level, score, precision, recall] => {
                let threshold = Threshold {
                    score: number(score)?,
                    precision: number(precision)?,
                    recall: number(recall)?,
                };
                match level {
                    "high" => self.levels.high = threshold,
                    "medium" => self.levels.medium = threshold,
                    "low" => self.levels.low = threshold,
                    _ => return None,
                }
            }
            ["bias", name, weight] => self.bias[family(name)? as usize] = number(weight)?,
            ["weight", name, weight] => {
                let weight = number(weight)?;
                // A provider's rule has weights of its own alone.
                let all = &mut self.weights[feature(name)? as usize][..Family::Named as usize];
                for one in all {
                    *one += weight;
                }
            }
            ["weight", name, of, weight] => {
                let of = family(of.strip_prefix('@')?)?;
                self.weights[feature(name)? as usize][of as usize] += number(weight)?;
            }
            ["rule", id, weight] => {
                self.rules.insert(id.to_owned(), number(weight)?);
            }
            ["chance", name, weight] => {
                let at = MEASURES.iter().position(|measure| *measure == name)?;
                self.chance.0[at] = number(weight)?;
            }
            ["bigram", row] => {
                let bytes = row.as_bytes();
                if bytes.len() != 2 * SIGNS || entries.len() >= SIGNS * SIGNS {
                    return None;
                }
                for pair in bytes.chunks(2) {
                    let pair = std::str::from_utf8(pair).ok()?;
                    entries.push(u8::from_str_radix(pair, 16).ok()? as i8);
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// The model as text: what `parts` says, whatever follows from it, and the check.
    pub fn text(parts: &Parts) -> String {
        let mut text = format!("{HEAD}\n");
        let level = |text: &mut String, name: &str, one: &Threshold| {
            let _ = writeln!(text, "level {name} {:.4} {:.3} {:.3}", one.score, one.precision, one.recall);
        };
        level(&mut text, "high", &parts.levels.high);
        level(&mut text, "medium", &parts.levels.medium);
        level(&mut text, "low", &parts.levels.low);
        for (family, weight) in Family::ALL.iter().zip(parts.bias) {
            let _ = writeln!(text, "bias {} {weight:.3}", family.as_str());
        }
        for (feature, of, weight) in &parts.weights {
            let of = of.map_or_else(String::new, |family| format!(" @{}", family.as_str()));
            let _ = writeln!(text, "weight {}{of} {weight:.3}", feature.name());
        }
        for (rule, weight) in &parts.rules {
            let _ = writeln!(text, "rule {rule} {weight:.3}");
        }
        for (name, weight) in MEASURES.iter().zip(parts.chance) {
            let _ = writeln!(text, "chance {name} {weight:.3}");
        }
        for row in parts.bigrams.entries().chunks(SIGNS) {
            text += "bigram ";
            for entry in row {
                let _ = write!(text, "{:02x}", *entry as u8);
            }
            text.push('\n');
        }
        let check = crc32fast::hash(text.as_bytes());
        let _ = writeln!(text, "check {check:08x}");
        text
    }
}

/// What a model is written from.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// What is of which level.
    pub levels: Levels,
    /// Where each family begins.
    pub bias: [f64; FAMILIES],
    /// What a feature counts in all families, or how much more or less in one.
    pub weights: Vec<(Feature, Option<Family>, f64)>,
    /// What rules say.
    pub rules: Vec<(String, f64)>,
    /// The model of tokens.
    pub chance: [f64; MEASURES.len()],
    /// The table of pairs.
    pub bigrams: Bigrams,
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite() && number.abs() <= MOST)
}

fn family(name: &str) -> Option<Family> {
    Family::ALL.into_iter().find(|family| family.as_str() == name)
}

fn feature(name: &str) -> Option<Feature> {
    Feature::ALL.iter().copied().find(|feature| feature.name() == name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts() -> Parts {
        let mut chance = [0.0; MEASURES.len()];
        chance[1] = -2.5;
        let mut entries = vec![0; SIGNS * SIGNS];
        entries[7] = -3;
        Parts {
            weights: vec![(Feature::Quoted, None, 0.625), (Feature::Quoted, Some(Family::Header), -0.25)],
            rules: vec![("jwt".into(), 1.5)],
            chance,
            bigrams: Bigrams::from_entries(entries).unwrap(),
            ..Parts::default()
        }
    }

    fn resealed(text: &str) -> String {
        let body = text.rsplit_once("check ").unwrap().0;
        format!("{body}check {:08x}\n", crc32fast::hash(body.as_bytes()))
    }

    #[test]
    fn what_is_written_is_read() {
        let model = Model::read(Model::text(&parts()).as_bytes()).unwrap();
        assert!((model.weight(Family::Header, Feature::Quoted) - 0.375).abs() < f64::EPSILON);
        assert!((model.weight(Family::Url, Feature::Quoted) - 0.625).abs() < f64::EPSILON);
        assert!((model.weight(Family::Named, Feature::Quoted) - 0.0).abs() < f64::EPSILON);
        assert_eq!((model.rules["jwt"], model.chance.0[1]), (1.5, -2.5));
        assert_eq!(model.bigrams, parts().bigrams);
    }

    #[test]
    fn the_built_in_model_is_sound() {
        let model = builtin();
        assert!(model.levels.is_sound() && model.levels.high.precision > 0.0);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let good = Model::text(&parts());
        let check = |text: &str, expected: BadModel| {
            assert_eq!(Model::read(text.as_bytes()), Err(expected), "{text:.60}");
        };
        check("", BadModel::Version);
        check(&good.replacen("judge 1", "judge 2", 1), BadModel::Version);
        check(&good[..good.len() / 2], BadModel::Check);
        check(&good[..good.len() - 12], BadModel::Check);
        check(&good.replace("0.625", "0.635"), BadModel::Check);
        check(&resealed(&good.replace("0.625", "NaN")), BadModel::Line(12));
        check(&resealed(&good.replace("0.625", "inf")), BadModel::Line(12));
        check(&resealed(&good.replace("0.625", "1e9")), BadModel::Line(12));
        check(&resealed(&good.replace("weight quoted 0", "weight colour 0")), BadModel::Line(12));
        check(&resealed(&good.replace("bigram 00", "bigram ")), BadModel::Line(27));
        check(&Model::text(&Parts { weights: Vec::new(), ..parts() }), BadModel::Empty);
        check(&Model::text(&Parts { bigrams: Bigrams::default(), ..parts() }), BadModel::Empty);
        check(&" ".repeat(MOST_BYTES + 1), BadModel::Large);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Model::read(&bytes);
            let text = [HEAD.as_bytes(), b"\n", &bytes].concat();
            let sealed = [&text[..], format!("check {:08x}", crc32fast::hash(&text)).as_bytes()].concat();
            prop_assert!(Model::read(&sealed).is_err());
        }
    }
}
