//! Tells how good the judgement is: `evaluate --data FOLDER [--crates FOLDER] [--clean FOLDER]`.
//!
//! Every repository is judged by a model that has not seen it. FOLDER holds `data` and `meta`, and where it also holds
//! `data-leaky`, the values as they were published, these are judged too.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a program of its own")]

#[expect(dead_code, reason = "the other command uses the rest")]
mod judgement;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use judgement::count::{Counted, Truths};
use judgement::data::Labelled;
use judgement::draw::Draw;
use judgement::gather::{Candidate, Said};
use judgement::lesson::{self, Plan};
use judgement::{gather, taught, tokens};
use telltales::scan::entropy::surprise;
use telltales::scan::finding::Level;
use telltales::scan::judge::chance;
use telltales::scan::judge::family::Family;
use telltales::scan::judge::levels::Levels;
use telltales::scan::judge::model::{Model, Parts, builtin};

const USAGE: &str =
    "evaluate --data FOLDER [--crates FOLDER] [--clean FOLDER] [--wrong COUNT] [--weights] [--dump FILE]";

#[derive(Default)]
struct Asked {
    data: Option<PathBuf>,
    crates: Option<PathBuf>,
    clean: Vec<PathBuf>,
    wrong: usize,
    weights: bool,
    dump: Option<PathBuf>,
    plan: Plan,
}

fn asked() -> anyhow::Result<Asked> {
    let mut words = std::env::args_os().skip(1);
    let mut asked = Asked::default();
    while let Some(word) = words.next() {
        let mut value = || words.next().map(PathBuf::from).context("an option without its value");
        let number = |value: PathBuf| value.to_string_lossy().parse::<f64>().context("a number");
        match word.to_str() {
            Some("--data") => asked.data = Some(value()?),
            Some("--crates") => asked.crates = Some(value()?),
            Some("--clean") => asked.clean.push(value()?),
            Some("--wrong") => asked.wrong = number(value()?)? as usize,
            Some("--dump") => asked.dump = Some(value()?),
            Some("--any-sign") => asked.plan.makes_sense = false,
            Some("--weights") => asked.weights = true,
            Some("--shared") => asked.plan.shared = number(value()?)?,
            Some("--differing") => asked.plan.differing = number(value()?)?,
            Some("--named") => asked.plan.named = number(value()?)?,
            Some("--rule") => asked.plan.rule = number(value()?)?,
            Some("--silence") => asked.plan.silence = number(value()?)?,
            Some("--kept") => asked.plan.kept = number(value()?)? as usize,
            _ => anyhow::bail!(USAGE),
        }
    }
    Ok(asked)
}

fn main() -> anyhow::Result<()> {
    let asked = asked()?;
    if let Some(data) = &asked.data {
        let labelled = Labelled::open(data)?;
        let parts = lesson::of_tokens(&tokens::unlabelled(&labelled));
        labels(&labelled, &parts, &asked);
    }
    if let Some(crates) = &asked.crates {
        apart(crates);
    }
    for folder in &asked.clean {
        clean(folder);
    }
    Ok(())
}

/// The table of the labelled repositories.
fn labels(labelled: &Labelled, parts: &Parts, asked: &Asked) {
    let plan = &asked.plan;
    let honest = taught::candidates(labelled, parts, "data");
    if let Some(file) = &asked.dump {
        dump(&honest, file);
    }
    println!("{} candidates in {} repositories", honest.len(), labelled.repositories().len());
    let scores = taught::unseen(&honest, parts, plan, &honest);
    let levels = taught::levels(labelled, &honest, &scores);
    table("de-leaked", labelled, &honest, &scores, &levels);
    if asked.weights {
        let all: Vec<&Candidate> = honest.iter().collect();
        let learned = lesson::learn(&all, parts, plan);
        let own = lesson::rounded(&learned);
        for (at, family) in Family::ALL.iter().enumerate() {
            println!("bias {} {:.2}", family.as_str(), learned.bias[at]);
        }
        learned.rules.iter().for_each(|(rule, weight)| println!("rule {rule} {weight:.2}"));
        for (feature, family, weight) in &learned.weights {
            println!("{} {} {weight:.2}", feature.name(), family.map_or("", Family::as_str));
        }
        let scores: Vec<f64> = honest.iter().map(|one| lesson::score(&own, one)).collect();
        table("seen", labelled, &honest, &scores, &levels);
    }
    if asked.wrong > 0 {
        wrong(&honest, &scores, &levels, asked.wrong);
    }
    if labelled.folder.join("data-leaky").is_dir() {
        let leaky = taught::candidates(labelled, parts, "data-leaky");
        let scores = taught::unseen(&leaky, parts, plan, &honest);
        table("as published", labelled, &leaky, &scores, &levels);
    }
}

/// Writes down what every candidate is judged by, for a look with other tools.
fn dump(candidates: &[Candidate], file: &Path) {
    let mut text = String::new();
    for one in candidates {
        let studied = &one.studied;
        let features: Vec<String> = studied
            .features
            .iter()
            .map(|(feature, amount)| format!("{}={amount:.3}", feature.name()))
            .collect();
        let cells = [
            one.repository.clone(),
            one.path.clone(),
            one.line.to_string(),
            one.rule.to_string(),
            studied.family.as_str().to_owned(),
            studied.prior.to_string(),
            studied.factor.to_string(),
            one.check.validation.as_str().to_owned(),
            format!("{:?}", one.truth),
            features.join(" "),
            one.excerpt.replace('\t', " "),
        ];
        text += &cells.join("\t");
        text.push('\n');
    }
    let written = std::fs::write(file, text);
    println!("{}: {written:?}", file.display());
}

fn table(name: &str, labelled: &Labelled, candidates: &[Candidate], scores: &[f64], levels: &Levels) {
    let truths = Truths::of(&labelled.labels, |_| true);
    let lines = taught::lines(candidates, scores);
    println!("\n{name}, actionable labels, by repositories that were not seen");
    println!(
        "{:<22} {:>6} {:>6} {:>6} {:>7} {:>7} {:>7}  F1 by part",
        "from", "score", "right", "wrong", "P", "R", "F1"
    );
    let folds = lesson::folds(candidates, taught::FOLDS);
    let row = |words: &str, score: f64, spread: bool| {
        let all = truths.at(&lines, score);
        let parts: Vec<f64> = (0..if spread { taught::FOLDS } else { 0 })
            .map(|fold| Truths::of(&labelled.labels, |label| folds.get(&label.repository) == Some(&fold)))
            .map(|truths| truths.at(&lines, score).f1())
            .collect();
        println!("{words:<22} {score:>6.2} {}{}", told(&all), spread_of(&parts));
    };
    row("everything proposed", 0.0, false);
    row("low", levels.low.score, false);
    row("medium (the default)", levels.medium.score, true);
    row("high", levels.high.score, true);
    let best = (5..99)
        .map(|at| f64::from(at) / 100.0)
        .max_by(|a, b| truths.at(&lines, *a).f1().total_cmp(&truths.at(&lines, *b).f1()));
    row("best F1", best.unwrap_or(0.5), false);
    println!(
        "{:<22} {:>6} {:>6} {:>6} {:>7} {:>7}  at the default level",
        "family", "", "true", "false", "P", "R of proposed"
    );
    for family in Family::ALL {
        let own = || candidates.iter().zip(scores).filter(|(one, _)| one.studied.family == family);
        let taken = || own().filter(|(_, score)| **score >= levels.medium.score);
        let right = taken().filter(|(one, _)| one.truth == Said::True).count();
        let wrong = taken().filter(|(one, _)| !matches!(one.truth, Said::True | Said::Neutral)).count();
        let all = own().filter(|(one, _)| one.truth == Said::True).count();
        println!(
            "{:<22} {:>6} {right:>6} {wrong:>6} {:>7.3} {:>7.3} of {all}",
            family.as_str(),
            own().count(),
            right as f64 / ((right + wrong) as f64).max(1.0),
            right as f64 / (all as f64).max(1.0)
        );
    }
    println!("{:<44} {:>6} {:>6}", "category", "found", "of");
    let mut categories: Vec<_> = truths.by_category(&lines, levels.medium.score).into_iter().collect();
    categories.sort_by_key(|(_, (_, all))| std::cmp::Reverse(*all));
    for (category, (hit, all)) in categories.iter().take(24) {
        println!("{category:<44} {hit:>6} {all:>6}");
    }
}

fn told(counted: &Counted) -> String {
    format!(
        "{:>6} {:>6} {:>7.3} {:>7.3} {:>7.3}",
        counted.right,
        counted.wrong,
        counted.precision(),
        counted.recall(),
        counted.f1()
    )
}

fn spread_of(parts: &[f64]) -> String {
    if parts.is_empty() {
        return String::new();
    }
    let mean = parts.iter().sum::<f64>() / parts.len() as f64;
    let spread = (parts.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / parts.len() as f64).sqrt();
    format!("  {mean:.3} ± {spread:.3}, {:.3} at worst", parts.iter().copied().fold(1.0, f64::min))
}

/// The surest mistakes, redacted.
fn wrong(candidates: &[Candidate], scores: &[f64], levels: &Levels, count: usize) {
    let mut missed: Vec<(&Candidate, f64)> = candidates.iter().zip(scores.iter().copied()).collect();
    missed.sort_by(|a, b| b.1.total_cmp(&a.1));
    let show = |one: &Candidate, score: f64| {
        println!("{score:.2} {:?} {} {}:{} {}", one.truth, one.rule, one.path, one.line, one.excerpt);
    };
    println!("\nreported, and not true");
    let is_wrong = |one: &Candidate| !matches!(one.truth, Said::True | Said::Neutral);
    let above: Vec<_> =
        missed.iter().filter(|(one, score)| is_wrong(one) && *score >= levels.medium.score).collect();
    above.iter().step_by((above.len() / count).max(1)).for_each(|(one, score)| show(one, *score));
    println!("\ntrue, and not reported");
    let below: Vec<_> = missed
        .iter()
        .filter(|(one, score)| one.truth == Said::True && *score < levels.medium.score)
        .collect();
    below.iter().step_by((below.len() / count).max(1)).for_each(|(one, score)| show(one, *score));
}

/// How well made-up secrets are told from the tokens of source code.
fn apart(crates: &Path) {
    let mut tokens = BTreeSet::new();
    for file in judgement::tokens::sources(crates) {
        judgement::tokens::distinct(&std::fs::read(&file).unwrap_or_default(), 16..=128, &mut tokens, |_| {
            true
        });
    }
    let model = builtin();
    let mut draw = Draw(2027);
    let secrets: Vec<Vec<u8>> = (0..30_000).map(|turn| draw.secret(turn)).collect();
    let has_digit = |token: &&Vec<u8>| token.iter().any(u8::is_ascii_digit);
    let no_hex = |token: &&Vec<u8>| !token.iter().all(u8::is_ascii_hexdigit);
    println!("\n{} distinct tokens of 16 and more in {}", tokens.len(), crates.display());
    let row = |words: &str, secrets: &[&Vec<u8>], tokens: &[&Vec<u8>]| {
        let of = |score: &dyn Fn(&[u8]) -> f64| area(secrets, tokens, score);
        println!(
            "AUC, {words:<24} {:.4}; bigram ratio {:.4}; Shannon {:.4}; {} tokens",
            of(&|token| chance_of(model, token)),
            of(&|token| -chance::measured(token, &model.bigrams)[1]),
            of(&|token| surprise(token).bits),
            tokens.len()
        );
    };
    row("all", &secrets.iter().collect::<Vec<_>>(), &tokens.iter().collect::<Vec<_>>());
    row(
        "with digits",
        &secrets.iter().filter(has_digit).collect::<Vec<_>>(),
        &tokens.iter().filter(has_digit).collect::<Vec<_>>(),
    );
    row(
        "with digits, no hex",
        &secrets.iter().filter(has_digit).filter(no_hex).collect::<Vec<_>>(),
        &tokens.iter().filter(has_digit).filter(no_hex).collect::<Vec<_>>(),
    );
}

fn chance_of(model: &Model, token: &[u8]) -> f64 {
    chance::measured(token, &model.bigrams)
        .iter()
        .zip(model.chance.weights())
        .map(|(x, weight)| x * weight)
        .sum()
}

/// The area under the curve: how often a secret scores above a token.
fn area(secrets: &[&Vec<u8>], tokens: &[&Vec<u8>], score: &dyn Fn(&[u8]) -> f64) -> f64 {
    let mut scores: Vec<(f64, bool)> = secrets.iter().map(|token| (score(token), true)).collect();
    scores.extend(tokens.iter().map(|token| (score(token), false)));
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut sum) = (0.0, 0.0);
    for same in scores.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let secrets = same.iter().filter(|(_, is_secret)| *is_secret).count() as f64;
        let others = same.len() as f64 - secrets;
        sum += secrets * (below + others / 2.0);
        below += others;
    }
    sum / (secrets.len() as f64 * tokens.len() as f64)
}

/// What the built-in model says of code that holds next to no secret.
fn clean(folder: &Path) {
    let model = builtin();
    let findings = gather::scan(folder, model, false);
    let lines: u64 = files(folder)
        .iter()
        .map(|file| memchr::memchr_iter(b'\n', &std::fs::read(file).unwrap_or_default()).count() as u64)
        .sum();
    println!("\n{}: {lines} lines", folder.display());
    for (words, from) in [
        ("high", model.levels.high.score),
        ("high and medium", model.levels.medium.score),
        ("low too", model.levels.low.score),
    ] {
        let count = findings
            .iter()
            .filter(|finding| finding.level != Level::Entropy && finding.score >= from)
            .count();
        println!(
            "{words:<16} {count:>7}, {:.1} in a million lines",
            count as f64 * 1e6 / (lines as f64).max(1.0)
        );
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = ignore::WalkBuilder::new(folder).standard_filters(false).build();
    walk.flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(ignore::DirEntry::into_path)
        .collect()
}
