#![expect(clippy::disallowed_methods, reason = "edge: reads and writes evidence, and asks the terminal")]
//! `telltale diagnose`: why does it hang? The answer goes to standard output, everything else to standard error.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::attach::{self, Found as Meant};
use super::diagnose_args::DiagnoseArgs;
use super::exit::Exit;
use super::scan_args::Color;
use super::settings::{self, Settings};
use super::talk;
use super::watch_args::WatchArgs;
use crate::config::theme::Theme;
use crate::model::cause::Cause;
use crate::model::clock;
use crate::model::evidence::{self, Evidence};
use crate::model::inquiry::{Answer, Seen};
use crate::model::text::Text;
use crate::session::inquiry::{self, Found, Inquirer, News, Question, Reach};
use crate::ui::answer::text;

/// Of the time that the answer may take, so much is not spent looking: stacks are read, and the cause is named.
const TO_THINK: Duration = Duration::from_secs(1);

/// How long beyond its window an inquiry may take before it counts as stuck in the kernel with its target.
const PATIENCE: Duration = Duration::from_secs(20);

/// The largest file of evidence that is read.
const LARGEST: u64 = 256 << 20;

/// The greatest PID that there can be, see `PID_MAX_LIMIT` in include/linux/threads.h.
const GREATEST: u32 = 1 << 22;

/// Columns of the answer in a pipe, and at most.
const COLUMNS: u16 = 80;
const WIDEST: u16 = 100;

/// Says why a job hangs.
pub fn diagnose(args: &DiagnoseArgs, out: &mut dyn Write) -> Exit {
    // What is wrong in the configuration is told before anybody waits.
    let answered = Style::of(args).and_then(|style| {
        let answer = answer(args)?;
        print(&answer, style.as_ref(), out)?;
        Ok(exit(answer.diagnosis.cause))
    });
    answered.unwrap_or_else(|error| {
        talk::error(&error);
        Exit::Error
    })
}

const fn exit(cause: Cause) -> Exit {
    match cause {
        Cause::Exited => Exit::Gone,
        Cause::Unknown => Exit::Incomplete,
        _ if cause.is_calm() => Exit::Fine,
        _ => Exit::Found,
    }
}

fn answer(args: &DiagnoseArgs) -> anyhow::Result<Answer> {
    if let Some(file) = &args.from {
        return Ok(inquiry::answer(&recorded(file)?));
    }
    let root = meant(args.target.as_deref().unwrap_or_default())?;
    // A file that can't be written is told before anybody waits for it.
    let file =
        args.evidence.as_deref().map(|path| Ok::<_, anyhow::Error>((create(path)?, path))).transpose()?;
    let flame =
        args.flame.as_deref().map(|path| Ok::<_, anyhow::Error>((drawing(path)?, path))).transpose()?;
    let think = TO_THINK.min(args.seconds / 4);
    let reach = if args.trace { Reach::Traces } else { Reach::Asks };
    let window = args.seconds.saturating_sub(think);
    let question = Question { root, window, gone: Vec::new(), reach, is_drawn: flame.is_some() };
    let found = ask(question, args)?;
    if let (Some((mut file, path)), Some(picture)) = (flame, &found.flame) {
        file.write_all(picture.as_bytes()).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some((file, path)) = file {
        write(&found.evidence, file).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(found.answer)
}

/// The process that is meant by a PID, a name, a part of a command line or a detached run.
fn meant(named: &str) -> anyhow::Result<u32> {
    if !named.is_empty() && named.bytes().all(|byte| byte.is_ascii_digit()) {
        let pid = named.parse().ok().filter(|pid| (1..=GREATEST).contains(pid));
        return pid
            .with_context(|| format!("{named}: no process can have that PID; `ps -e` lists what runs"));
    }
    if named.starts_with('-') && named[1..].bytes().all(|byte| byte.is_ascii_digit()) {
        bail!("{named}: a PID is positive");
    }
    let (found, said) = attach::resolve(named, false)?;
    if let Some(said) = said.filter(|_| found.len() == 1) {
        talk::say(&said);
    }
    let found: Vec<(u32, Text)> = found.into_iter().map(process).collect();
    match found.as_slice() {
        [(pid, _)] => Ok(*pid),
        [] => bail!("nothing fits {named:?}"),
        many => {
            let lines = many.iter().map(|(pid, name)| format!("\n  {pid:>7}  {name}"));
            bail!("{} processes fit {named:?}; name a PID:{}", many.len(), lines.collect::<String>())
        }
    }
}

fn process(meant: Meant) -> (u32, Text) {
    match meant {
        Meant::Kept(hello, _) => (hello.meta.pid as u32, Text::new(&hello.meta.run)),
        Meant::Process(pid, name) => (pid, name),
    }
}

/// Asks in a thread, so that a target that hangs in the kernel can't take this process along; without one, in this.
fn ask(question: Question, args: &DiagnoseArgs) -> anyhow::Result<Found> {
    let (sender, news) = channel();
    let mut line = ProgressLine::new(args);
    let asked = Inquirer::default().ask(question.clone(), move |news| {
        // Nobody listens any more once it is too late.
        let _ = sender.send(news);
    });
    match asked {
        Ok(_inquiry) => wait(&news, &question, &mut line),
        Err(error) => {
            talk::say(&format!("starting a thread: {error}; looking without one"));
            let goes_on = &mut |seen| {
                line.show(&seen);
                true
            };
            inquiry::look(question, goes_on).map_err(|why| anyhow::anyhow!("{why}"))
        }
    }
}

fn wait(news: &Receiver<News>, question: &Question, line: &mut ProgressLine) -> anyhow::Result<Found> {
    let until = clock::now().plus(question.window + PATIENCE);
    loop {
        match news.recv_timeout(until.since(clock::now())) {
            Ok(News::Seen(seen)) => line.show(&seen),
            Ok(News::Found(found)) => return Ok(*found),
            Ok(News::Refused(why)) => bail!("{why}"),
            Err(why) => return Ok(nothing(question, why)),
        }
    }
}

/// The answer when none came.
fn nothing(question: &Question, why: RecvTimeoutError) -> Found {
    let pid = question.root;
    let why = match why {
        RecvTimeoutError::Timeout => {
            format!("reading what the kernel tells of process {pid} does not come back")
        }
        RecvTimeoutError::Disconnected => "the look broke off; this is a fault of telltale".to_owned(),
    };
    let answer = Answer::of_nothing(Cause::Unknown, pid, Text::from(why));
    Found {
        answer,
        evidence: Evidence { root: pid, version: evidence::VERSION, ..Evidence::default() },
        flame: None,
    }
}

/// What was seen so far, in a line on a terminal that is drawn over itself.
struct ProgressLine {
    columns: Option<u16>,
    is_drawn: bool,
}

impl ProgressLine {
    fn new(args: &DiagnoseArgs) -> Self {
        let is_wanted = !args.json && io::stderr().is_terminal();
        let columns = is_wanted.then(|| talk::columns(&io::stderr())).flatten();
        Self { columns, is_drawn: false }
    }

    fn show(&mut self, seen: &Seen) {
        let Some(columns) = self.columns else { return };
        let line: String =
            text::progress(seen).chars().take(usize::from(columns.saturating_sub(1))).collect();
        talk::as_it_is(&format!("\r\x1b[K{line}"));
        self.is_drawn = true;
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.is_drawn {
            talk::as_it_is("\r\x1b[K");
        }
    }
}

/// Columns for the answer: what the environment says, or else the terminal.
fn width() -> u16 {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || io::stdout().is_terminal().then(|| talk::columns(&io::stdout())).flatten();
    said.filter(|columns| *columns > 0).or_else(terminal).unwrap_or(COLUMNS).min(WIDEST)
}

/// How the page looks.
struct Style {
    width: u16,
    is_ascii: bool,
    theme: Option<Theme>,
}

impl Style {
    /// What suits whoever reads it; `None` for programs, which want JSON.
    fn of(args: &DiagnoseArgs) -> anyhow::Result<Option<Self>> {
        if args.json {
            return Ok(None);
        }
        let typed = WatchArgs { ascii: args.ascii, color: args.color, ..WatchArgs::default() };
        let Settings { screen, theme, .. } = settings::load(&typed)?;
        let is_coloured = args.color == Color::Always || io::stdout().is_terminal();
        Ok(Some(Self { width: width(), is_ascii: screen.is_ascii, theme: is_coloured.then_some(theme) }))
    }
}

fn print(answer: &Answer, style: Option<&Style>, out: &mut dyn Write) -> anyhow::Result<()> {
    let page = match style {
        Some(style) => text::answer(answer, style.width, style.is_ascii, style.theme.as_ref()),
        None => serde_json::to_string(answer).context("writing the answer as JSON")? + "\n",
    };
    match out.write_all(page.as_bytes()).and_then(|()| out.flush()) {
        // A reader that has gone has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("writing the answer"),
        _ => Ok(()),
    }
}

fn create(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| format!("--evidence {}", path.display()))
}

/// Like the list of a scan: for the owner alone, over what was there; never through a link that somebody else may have laid.
fn drawing(path: &Path) -> anyhow::Result<File> {
    let mut file = File::options();
    file.write(true).create(true).truncate(true).mode(0o600).custom_flags(libc::O_NOFOLLOW);
    file.open(path).with_context(|| format!("--flame {}", path.display()))
}

fn write(evidence: &Evidence, file: File) -> anyhow::Result<()> {
    let mut file = io::BufWriter::new(file);
    serde_json::to_writer(&mut file, evidence)?;
    file.write_all(b"\n")?;
    file.flush()?;
    Ok(())
}

/// What somebody has seen and written down.
fn recorded(path: &Path) -> anyhow::Result<Evidence> {
    let about = || format!("--from {}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(about)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).with_context(about)?;
    if bytes.len() as u64 > LARGEST {
        bail!("{}: it is larger than any evidence", about());
    }
    let evidence: Evidence = serde_json::from_slice(&bytes).with_context(about)?;
    if evidence.version > evidence::VERSION {
        bail!(
            "{}: it was written by a newer telltale; this one reads version {}",
            about(),
            evidence::VERSION
        );
    }
    Ok(evidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_its_exit_code() {
        for cause in Cause::ALL {
            let expected = match cause {
                Cause::Exited => Exit::Gone,
                Cause::Unknown => Exit::Incomplete,
                Cause::Healthy | Cause::Idle | Cause::Sleeping | Cause::SlowProducer => Exit::Fine,
                _ => Exit::Found,
            };
            assert_eq!(exit(*cause), expected, "{}", cause.id());
        }
    }

    #[test]
    fn numbers_are_pids_however_large() {
        assert_eq!(meant("4711").unwrap(), 4711);
        for wrong in ["0", "4194305", "99999999999999999999"] {
            assert!(
                meant(wrong).unwrap_err().to_string().contains("no process can have that PID"),
                "{wrong}"
            );
        }
        assert!(meant("-5").unwrap_err().to_string().contains("a PID is positive"));
    }
}
