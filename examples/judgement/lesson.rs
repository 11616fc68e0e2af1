//! The lesson: candidates in, weights out. What weighs the same everywhere is one weight; what a family of candidates needs
//! weighed in its own way is a second one beside it, kept only where it says much.

use std::collections::{BTreeMap, BTreeSet};

use telltales::scan::judge::bigram::Counts;
use telltales::scan::judge::chance::{self, MEASURES};
use telltales::scan::judge::family::Family;
use telltales::scan::judge::features::{COUNT, Feature};
use telltales::scan::judge::fit::{Row, fit};
use telltales::scan::judge::model::{Model, Parts};
use telltales::scan::judge::verdict::{self, logit_of};

use super::draw::Draw;
use super::gather::{Candidate, Said};

/// How the weights are held down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Weights of all families.
    pub(crate) shared: f64,
    /// What differs in one.
    pub(crate) differing: f64,
    /// What moves the rules of providers.
    pub(crate) named: f64,
    /// What a rule itself says.
    pub(crate) rule: f64,
    /// How much a line that no label speaks of counts.
    pub(crate) silence: f64,
    /// How many differing weights are kept.
    pub(crate) kept: usize,
    /// Whether weights that contradict sense are taken out.
    pub(crate) makes_sense: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            shared: 2.0,
            differing: 6.0,
            named: 12.0,
            rule: 8.0,
            silence: 0.6,
            kept: 60,
            makes_sense: true,
        }
    }
}

/// What can only speak against a secret, whatever the labels say: code of tests and examples counts as true there, and what
/// is left of the obfuscation makes letters alone look truer than they are.
const AGAINST: [Feature; 36] = [
    Feature::InTest,
    Feature::InExample,
    Feature::InDocs,
    Feature::InVendor,
    Feature::InTranslation,
    Feature::InSchema,
    Feature::Endless,
    Feature::Comment,
    Feature::Compared,
    Feature::Assertion,
    Feature::SampleTalk,
    Feature::DigestTalk,
    Feature::Output,
    Feature::Pattern,
    Feature::Double,
    Feature::Wrong,
    Feature::PublicTalk,
    Feature::SampleAround,
    Feature::WrongAround,
    Feature::AssertionAround,
    Feature::Letters,
    Feature::Lower,
    Feature::Few,
    Feature::Sequence,
    Feature::Repeats,
    Feature::Placeholder,
    Feature::Famous,
    Feature::SaysSecret,
    Feature::SaysName,
    Feature::Reference,
    Feature::Syntax,
    Feature::NameSample,
    Feature::NamePublic,
    Feature::NameKind,
    Feature::NameOfData,
    Feature::NameLocates,
];
/// A penalty that leaves a weight at nothing.
const NOTHING: f64 = 1e7;
/// How often weights of the wrong sign are taken out.
const ROUNDS: usize = 3;

/// A rule needs so many labelled candidates, in so many repositories, before it gets a weight of its own.
const SUPPORT: (usize, usize) = (20, 4);
const FAMILIES: usize = Family::ALL.len();
const SECRETS: usize = 30_000;

/// The model of tokens, from source text and made-up secrets; a model without any other weights.
pub(crate) fn of_tokens(tokens: &BTreeSet<Vec<u8>>) -> Parts {
    let mut counts = Counts::default();
    for token in tokens {
        counts.add(token);
    }
    let bigrams = counts.table();
    let row = |token: &[u8], is_true: bool, weight: f64| Row {
        terms: chance::measured(token, &bigrams)
            .iter()
            .enumerate()
            .map(|(at, x)| (at as u32, *x as f32))
            .collect(),
        offset: 0.0,
        is_true,
        weight,
    };
    let long: Vec<&Vec<u8>> = tokens.iter().filter(|token| token.len() >= 12).collect();
    let mut draw = Draw(11);
    let mut rows: Vec<Row> = (0..SECRETS).map(|turn| row(&draw.secret(turn), true, 1.0)).collect();
    let weight = SECRETS as f64 / long.len().max(1) as f64;
    rows.extend(long.iter().map(|token| row(token, false, weight)));
    let weights = fit(&rows, &[1.0; MEASURES.len()]);
    let mut chance = [0.0; MEASURES.len()];
    chance.copy_from_slice(&weights);
    Parts { chance, bigrams, ..Parts::default() }
}

/// A model that knows nothing but tokens: enough to measure candidates.
pub(crate) fn blank(parts: &Parts) -> Model {
    let parts = Parts { weights: vec![(Feature::Quoted, None, 0.001)], ..parts.clone() };
    Model::read(Model::text(&parts).as_bytes()).expect("what is written is read")
}

/// Which weights there are, and where they stand.
struct Layout {
    rules: Vec<String>,
    differing: BTreeMap<(usize, usize), u32>,
    count: usize,
}

impl Layout {
    fn shared(feature: usize) -> u32 {
        (FAMILIES + feature) as u32
    }

    fn new(candidates: &[&Candidate], differing: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut seen: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
        for one in candidates.iter().filter(|one| !matches!(one.truth, Said::Nothing | Said::Neutral)) {
            let entry = seen.entry(&one.rule).or_default();
            entry.0 += 1;
            entry.1.insert(&one.repository);
        }
        let enough = |(_, (count, places)): &(&&str, &(usize, BTreeSet<&str>))| {
            *count >= SUPPORT.0 && places.len() >= SUPPORT.1
        };
        let rules: Vec<String> = seen.iter().filter(enough).map(|(rule, _)| (*rule).to_owned()).collect();
        let first = FAMILIES + COUNT + rules.len();
        let differing: BTreeMap<(usize, usize), u32> =
            differing.into_iter().enumerate().map(|(at, one)| (one, (first + at) as u32)).collect();
        let count = first + differing.len();
        Self { rules, differing, count }
    }

    fn row(&self, one: &Candidate, plan: &Plan) -> Row {
        let family = one.studied.family;
        let mut terms = vec![(family as u32, 1.0)];
        for (feature, amount) in one.studied.features.iter() {
            let at = feature as usize;
            if family != Family::Named {
                terms.push((Self::shared(at), amount as f32));
            }
            if let Some(&own) = self.differing.get(&(family as usize, at)) {
                terms.push((own, amount as f32));
            }
        }
        if let Ok(at) = self.rules.binary_search_by(|rule| (**rule).cmp(&*one.rule)) {
            terms.push(((FAMILIES + COUNT + at) as u32, 1.0));
        }
        let offset = if family == Family::Named { logit_of(one.studied.prior) } else { 0.0 };
        let weight = if one.truth == Said::Nothing { plan.silence } else { 1.0 };
        Row { terms, offset, is_true: one.truth == Said::True, weight }
    }

    /// The weights that explain these rows, none of them against sense.
    fn fit(&self, rows: &[Row], plan: &Plan) -> Vec<f64> {
        let mut penalties = self.penalties(plan);
        let mut weights = fit(rows, &penalties);
        for _ in 0..ROUNDS {
            let wrong: Vec<usize> = AGAINST
                .iter()
                .flat_map(|feature| {
                    let at = *feature as usize;
                    let own =
                        (0..FAMILIES).filter_map(move |family| self.differing.get(&(family, at)).copied());
                    own.chain([Self::shared(at)])
                })
                .map(|at| at as usize)
                .filter(|at| weights[*at] > 1e-4)
                .collect();
            if wrong.is_empty() || !plan.makes_sense {
                break;
            }
            for at in &wrong {
                penalties[*at] = NOTHING;
            }
            weights = fit(rows, &penalties);
        }
        weights
    }

    fn penalties(&self, plan: &Plan) -> Vec<f64> {
        let mut penalties = vec![plan.shared; self.count];
        penalties[..FAMILIES].fill(0.05);
        penalties[Family::Named as usize] = plan.named;
        penalties[FAMILIES + COUNT..FAMILIES + COUNT + self.rules.len()].fill(plan.rule);
        for ((family, _), at) in &self.differing {
            penalties[*at as usize] =
                if *family == Family::Named as usize { plan.named } else { plan.differing };
        }
        penalties
    }
}

/// The weights that explain these candidates.
pub(crate) fn learn(candidates: &[&Candidate], tokens: &Parts, plan: &Plan) -> Parts {
    let taught: Vec<&Candidate> =
        candidates.iter().copied().filter(|one| one.truth != Said::Neutral).collect();
    // First all that might differ, then only what does.
    let all = (0..FAMILIES).flat_map(|family| (0..COUNT).map(move |feature| (family, feature)));
    let wide = Layout::new(&taught, all);
    let rows: Vec<Row> = taught.iter().map(|one| wide.row(one, plan)).collect();
    let weights = wide.fit(&rows, plan);
    let mut support = vec![0.0; wide.count];
    rows.iter()
        .flat_map(|row| &row.terms)
        .for_each(|&(at, amount)| support[at as usize] += f64::from(amount));
    let mut by_worth: Vec<((usize, usize), f64)> = wide
        .differing
        .iter()
        .map(|(one, at)| (*one, weights[*at as usize].abs() * support[*at as usize].sqrt()))
        .collect();
    by_worth.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut kept: Vec<(usize, usize)> = by_worth.iter().take(plan.kept).map(|(one, _)| *one).collect();
    kept.sort_unstable();
    let layout = Layout::new(&taught, kept);
    let rows: Vec<Row> = taught.iter().map(|one| layout.row(one, plan)).collect();
    let weights = layout.fit(&rows, plan);
    parts(&layout, &weights, tokens)
}

fn parts(layout: &Layout, found: &[f64], tokens: &Parts) -> Parts {
    let mut bias = [0.0; FAMILIES];
    bias.copy_from_slice(&found[..FAMILIES]);
    let matters = |weight: f64| weight.abs() >= 0.0005;
    let mut weights: Vec<(Feature, Option<Family>, f64)> = Vec::new();
    for (at, feature) in Feature::ALL.iter().enumerate() {
        let shared = found[Layout::shared(at) as usize];
        if matters(shared) {
            weights.push((*feature, None, shared));
        }
        for family in Family::ALL {
            if let Some(&own) = layout.differing.get(&(family as usize, at))
                && matters(found[own as usize])
            {
                weights.push((*feature, Some(family), found[own as usize]));
            }
        }
    }
    let rules = layout
        .rules
        .iter()
        .enumerate()
        .map(|(at, rule)| (rule.clone(), found[FAMILIES + COUNT + at]))
        .collect();
    Parts { bias, weights, rules, ..tokens.clone() }
}

/// The score that a model gives a candidate, the look at its secret included.
pub(crate) fn score(model: &Model, one: &Candidate) -> f64 {
    let studied = &one.studied;
    let judged = verdict::score(model, studied.family, &one.rule, studied.prior, &studied.features);
    one.check.weigh(judged)
}

/// A model as it is read back: with rounded weights.
pub(crate) fn rounded(parts: &Parts) -> Model {
    Model::read(Model::text(parts).as_bytes()).expect("what is written is read")
}

/// Repositories in parts that hold about as many true candidates each.
pub(crate) fn folds(candidates: &[Candidate], count: usize) -> BTreeMap<String, usize> {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for one in candidates {
        *sizes.entry(&one.repository).or_default() += usize::from(one.truth == Said::True);
    }
    let mut repositories: Vec<(&str, usize)> = sizes.into_iter().collect();
    repositories.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut loads = vec![(0, 0); count];
    let mut folds = BTreeMap::new();
    for (repository, size) in repositories {
        let least = (0..count).min_by_key(|&fold| loads[fold]).unwrap_or(0);
        loads[least].0 += size;
        loads[least].1 += 1;
        folds.insert(repository.to_owned(), least);
    }
    folds
}
