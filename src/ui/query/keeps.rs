//! What a query keeps: members, findings and lines, asked one by one.

use std::borrow::Cow;

use super::field::{BARE, Field, Kind, Of};
use super::parse::{Op, Query, Test};
use crate::model::clock::Moment;
use crate::model::member::{Activity, Member, Role};
use crate::model::metric::Bytes;
use crate::model::process::ProcState;
use crate::scan::baseline::Verdict;
use crate::scan::finding::{Finding, Level};

/// What a field is in one row.
enum Value<'a> {
    Text(Cow<'a, str>),
    /// Any of these.
    Words([&'a str; 2]),
    Number(Option<f64>),
}

/// What a query asks a row.
trait Answers {
    /// True when a word, or an expression, stands in what the row is called by.
    fn is_called(&self, is_in: &dyn Fn(&str) -> bool) -> bool;
    /// The value of a field.
    fn value(&self, of: Of) -> Value<'_>;
}

impl Query {
    /// True for a member that is kept.
    pub fn keeps_member(&self, member: &Member, now: Moment) -> bool {
        self.keeps(&MemberRow { member, now })
    }

    /// True for a finding that is kept.
    pub fn keeps_finding(&self, finding: &Finding) -> bool {
        self.keeps(finding)
    }

    /// True for a line that is kept.
    pub fn keeps_line(&self, line: &str) -> bool {
        self.keeps(line)
    }

    fn keeps(&self, row: &(impl Answers + ?Sized)) -> bool {
        let holds = |group: &Vec<super::parse::Term>| {
            group.iter().all(|term| passes(&term.test, row) != term.is_negated)
        };
        self.is_empty() || self.groups.iter().any(holds)
    }
}

fn passes(test: &Test, row: &(impl Answers + ?Sized)) -> bool {
    match test {
        Test::Word(word) => row.is_called(&|text| holds(text, word)),
        Test::Pattern(pattern) => row.is_called(&|text| pattern.is_match(text)),
        Test::Texts(field, op, wanted) => {
            let is_it = wanted.iter().any(|wanted| is_text(field, row, *op, wanted));
            is_it != (*op == Op::IsNot)
        }
        Test::Numbers(field, op, wanted) => {
            let Value::Number(is) = row.value(field.of) else { return false };
            let passes = |wanted: &f64| is.is_some_and(|is| compares(field, is, *op, *wanted));
            wanted.iter().any(passes) != (*op == Op::IsNot)
        }
    }
}

fn is_text(field: &Field, row: &(impl Answers + ?Sized), op: Op, wanted: &str) -> bool {
    match row.value(field.of) {
        Value::Number(_) => false,
        Value::Words(words) => words.iter().any(|word| word.eq_ignore_ascii_case(wanted)),
        Value::Text(text) if field.of == Of::Folder => is_in_folder(&text, wanted, op),
        Value::Text(text) if op == Op::Holds => holds(&text, wanted),
        Value::Text(text) => text.to_lowercase() == wanted,
    }
}

/// True when a folder is the wanted one, or, unless it must be that very one, lies below it.
fn is_in_folder(folder: &str, wanted: &str, op: Op) -> bool {
    let folder = folder.to_lowercase();
    let wanted = wanted.trim_start_matches("./").trim_end_matches('/');
    let rest = if wanted == "." { Some(folder.as_str()) } else { folder.strip_prefix(wanted) };
    rest.is_some_and(|rest| rest.is_empty() || op == Op::Holds && (rest.starts_with('/') || wanted == "."))
}

/// Figures are asked for as they are shown, so that the last digits don't matter.
fn compares(field: &Field, is: f64, op: Op, wanted: f64) -> bool {
    let is_near = match field.kind {
        Kind::Count | Kind::Rank(_) => (is - wanted).abs() < 0.5,
        _ => (is - wanted).abs() <= wanted.abs().mul_add(0.005, 0.004),
    };
    match op {
        // What `!=` excludes is told by its caller.
        Op::Holds | Op::Is | Op::IsNot => is_near,
        Op::Less => is < wanted,
        Op::AtMost => is <= wanted || is_near,
        Op::More => is > wanted,
        Op::AtLeast => is >= wanted || is_near,
    }
}

/// True when `text` holds `word`, which is in lower case, in whatever case.
fn holds(text: &str, word: &str) -> bool {
    let Some(&first) = word.as_bytes().first() else { return true };
    if !(text.is_ascii() && word.is_ascii()) {
        return text.to_lowercase().contains(word);
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some(last) = text.len().checked_sub(word.len()) else { return false };
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), &text[..=last])
        .any(|at| text[at..at + word.len()].eq_ignore_ascii_case(word))
}

struct MemberRow<'a> {
    member: &'a Member,
    now: Moment,
}

impl Answers for MemberRow<'_> {
    fn is_called(&self, is_in: &dyn Fn(&str) -> bool) -> bool {
        is_in(&self.member.about.name) || is_in(&self.member.about.command)
    }

    fn value(&self, of: Of) -> Value<'_> {
        let member = self.member;
        let bytes = |bytes: Option<Bytes>| bytes.map(|bytes| bytes.0 as f64);
        let count = |count: Option<u32>| Value::Number(count.map(f64::from));
        match of {
            Of::Cpu => Value::Number(member.cpu.map(|cpu| cpu * 100.0)),
            Of::Memory => Value::Number(bytes(member.memory)),
            Of::Private => Value::Number(bytes(member.parts.map(|parts| parts.private))),
            Of::Shared => Value::Number(bytes(member.parts.map(|parts| parts.shared))),
            Of::Swapped => Value::Number(bytes(member.parts.map(|parts| parts.swap))),
            Of::Growth => Value::Number(member.growth),
            Of::Age => {
                let until = member.ended.unwrap_or(self.now);
                Value::Number(member.about.started.map(|at| until.since(at).as_secs_f64()))
            }
            Of::State => Value::Words([letter(member), activity(member)]),
            Of::Pid => count(member.id.pid()),
            Of::Parent => count(member.parent),
            Of::Threads => count(Some(member.threads)),
            Of::Read => Value::Number(member.io.map(|io| io.read)),
            Of::Written => Value::Number(member.io.map(|io| io.written)),
            Of::Name => Value::Text(Cow::Borrowed(&member.about.name)),
            Of::Command => Value::Text(Cow::Borrowed(&member.about.command)),
            Of::Waits => Value::Text(match member.activity {
                Activity::Lost(exit) | Activity::Finished(exit) => Cow::Owned(exit.to_string()),
                _ => Cow::Borrowed(member.waits_for.as_deref().unwrap_or_default()),
            }),
            Of::Role => Value::Words([
                match member.role {
                    Role::Root => "root",
                    Role::Worker => "worker",
                    Role::Helper => "helper",
                },
                "",
            ]),
            _ => Value::Number(None),
        }
    }
}

const fn letter(member: &Member) -> &'static str {
    match member.state {
        Some(ProcState::Running) => "R",
        Some(ProcState::Sleeping) => "S",
        Some(ProcState::DiskSleep) => "D",
        Some(ProcState::Stopped | ProcState::Traced) => "T",
        Some(ProcState::Zombie) => "Z",
        Some(ProcState::Other) | None => "",
    }
}

const fn activity(member: &Member) -> &'static str {
    let [busy, idle, blocked, stopped, finished, lost] =
        [BARE[0], BARE[1], BARE[2], BARE[3], BARE[4], BARE[5]];
    match member.activity {
        Activity::Busy => busy,
        Activity::Idle => idle,
        Activity::Blocked => blocked,
        Activity::Stopped => stopped,
        Activity::Finished(_) => finished,
        Activity::Lost(_) => lost,
    }
}

impl Answers for Finding {
    fn is_called(&self, is_in: &dyn Fn(&str) -> bool) -> bool {
        is_in(&self.rule) || is_in(&self.path.to_string_lossy())
    }

    fn value(&self, of: Of) -> Value<'_> {
        match of {
            Of::Rule => Value::Text(Cow::Borrowed(&self.rule)),
            Of::Path => Value::Text(self.path.to_string_lossy()),
            Of::Folder => Value::Text(crate::ui::scan::order::folder(self)),
            Of::Score => Value::Number(Some(self.score)),
            Of::Level => Value::Number(Some(match self.level {
                Level::Entropy => 0.0,
                Level::Low => 1.0,
                Level::Medium => 2.0,
                Level::High => 3.0,
            })),
            Of::Entropy => Value::Number(Some(self.entropy)),
            Of::Secret => Value::Text(Cow::Borrowed(&self.secret_id)),
            Of::Line => Value::Number(Some(self.line as f64)),
            Of::Validation => Value::Words([self.validation.as_str(), ""]),
            Of::Marked => Value::Words(match self.verdict() {
                None => ["none", ""],
                Some(Verdict::Known) => ["known", ""],
                Some(Verdict::NotASecret) => ["no", ""],
                Some(Verdict::Real) => ["real", ""],
            }),
            _ => Value::Number(None),
        }
    }
}

impl Answers for str {
    fn is_called(&self, is_in: &dyn Fn(&str) -> bool) -> bool {
        is_in(self)
    }

    fn value(&self, _: Of) -> Value<'_> {
        Value::Number(None)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::parse::parse;
    use super::*;
    use crate::model::member::{About, Counters, MemberId, MemoryParts};
    use crate::model::process::Exit;
    use crate::scan::finding::{Source, Validation};
    use crate::scan::origin::Origin;
    use crate::ui::parts::List;

    fn member() -> Member {
        Member {
            id: MemberId::Process { pid: 4_711, start: 1 },
            about: Arc::new(About {
                name: "Python".into(),
                command: "python etl.py --workers 16".into(),
                started: Some(Moment::from_millis(0)),
                family: 0,
            }),
            parent: Some(1),
            role: Role::Worker,
            pooled: true,
            state: Some(ProcState::DiskSleep),
            activity: Activity::Blocked,
            cpu: Some(0.5),
            memory: Some(Bytes(3 << 29)),
            parts: Some(MemoryParts {
                private: Bytes(1 << 30),
                shared: Bytes(1 << 29),
                ..MemoryParts::default()
            }),
            growth: Some(5e6),
            io: None,
            threads: 3,
            pool: None,
            waits_for: Some("pipe_read".into()),
            ended: None,
            counters: Counters::default(),
        }
    }

    #[test]
    fn members_are_kept_by_what_the_table_shows() {
        let kept = [
            "",
            "python",
            "PYTH",
            "--workers",
            "cpu=50",
            "cpu:50%",
            "cpu>49.9",
            "mem>=1.5G",
            "mem<2g",
            "private=1G",
            "shared<1G",
            "growth>4M",
            "age>10m",
            "age<1h",
            "state=D",
            "state=d,Z",
            "blocked",
            "!lost",
            "-lost",
            "waits:pipe",
            "waits=pipe_read",
            "role=worker",
            "pid=1,4711",
            "ppid=1",
            "threads>2",
            "read!=5",
            "lost or blocked",
            "cpu > 5 and blocked",
            "/py.hon/",
            "\"python etl\"",
            "cpu!=5",
            "-cpu<5",
            "usr or etl",
        ];
        let left = [
            "ruby",
            "cpu>50",
            "cpu>5 lost",
            "mem>1.5G",
            "state=R",
            "read>0",
            "!python",
            "waits=pipe",
            "name=pyth",
            "pid=4712",
            "/^hon/",
            "role!=worker",
            "age>1h",
        ];
        let now = Moment::from_millis(2_400_000);
        for (text, expected) in
            kept.map(|text| (text, true)).into_iter().chain(left.map(|text| (text, false)))
        {
            let query = parse(text, List::Members).unwrap();
            assert_eq!(query.keeps_member(&member(), now), expected, "{text}");
        }
        let mut lost = member();
        lost.activity = Activity::Lost(Exit::Signal(9));
        let query = parse("lost waits:SIGKILL", List::Members).unwrap();
        assert!(query.keeps_member(&lost, now));
    }

    #[test]
    fn findings_are_kept_by_rule_place_and_score() {
        let finding = Finding {
            line: 12,
            end_column: 9,
            rule: Arc::from("aws-access-key"),
            score: 0.97,
            level: Level::High,
            entropy: 4.1,
            entropy_ceiling: 5.0,
            secret_id: "s12".to_owned(),
            validation: Validation::WellFormed,
            is_real: true,
            ..Finding::of(&Origin::new(Path::new("./src/conf/Prod.env"), Source::File))
        };
        let kept = [
            "aws",
            "prod",
            "rule:aws score>0.8",
            "score=0.97",
            "level=high",
            "level=low,high",
            "level>=medium",
            "entropy>4",
            "secret:s12",
            "secret=S12",
            "folder:src",
            "folder:src/",
            "folder=src/conf",
            "folder:.",
            "path:src",
            "line=12",
            "!rule:jwt",
            "check=well-formed,valid",
            "marked=real",
        ];
        let left = [
            "jwt",
            "score>0.97",
            "level=low",
            "level<high",
            "folder=src",
            "folder:conf",
            "folder:sr",
            "line=1",
            "check=none",
            "marked=known",
        ];
        for (text, expected) in
            kept.map(|text| (text, true)).into_iter().chain(left.map(|text| (text, false)))
        {
            let query = parse(text, List::Findings).unwrap();
            assert_eq!(query.keeps_finding(&finding), expected, "{text}");
        }
    }

    #[test]
    fn lines_are_kept_by_words_and_expressions_in_any_case() {
        for (text, expected) in [
            ("warn", true),
            ("warn row", true),
            ("/row \\d+/", true),
            ("/ROW/", true),
            ("!warn", false),
            ("é", true),
            ("x:y", false),
        ] {
            let query = parse(text, List::Log).unwrap();
            assert_eq!(query.keeps_line("WARN  row 18812: É"), expected, "{text}");
        }
    }
}
