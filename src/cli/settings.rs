#![expect(clippy::disallowed_methods, reason = "edge: reads the environment and the configuration files")]
//! What holds for this call: flags over environment over the project's file over the user's over defaults. Whatever
//! is wrong in one of them is told before anything starts.

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};

use super::source_name;
use super::watch_args::WatchArgs;
use crate::config::alert::{AlertSet, Telling, Webhook, telling};
use crate::config::depth::Surroundings;
use crate::config::file::{self, LARGEST, ProjectFile, UserFile, Wrong};
use crate::config::graph::Graph;
use crate::config::screen::{Screen, ScreenSet, screen};
use crate::config::theme::Theme;
use crate::config::values;
use crate::config::watch::{SignPattern, Watch, WatchSet, watch};
use crate::feed::choice::Selector;
use crate::feed::http::Url;
use crate::feed::pattern::Pattern;
use crate::feed::signs::OwnSign;
use crate::model::text::Text;
use crate::ui::keymap::Keymap;
use crate::ui::state::Options;

/// The project's file.
const PROJECT: &str = ".telltale.toml";

/// All that holds for this call.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What jobs are watched by.
    pub watch: Watch,
    /// Who is told of alerts.
    pub telling: Telling,
    /// How the screen looks and what it may do.
    pub screen: Screen,
    /// The looks themselves, in as many colours as there are.
    pub theme: Theme,
    /// Which keys do what.
    pub keymap: Arc<Keymap>,
    /// The metrics that the user named for counters.
    pub sources: Vec<Selector>,
    /// The file that `--source` names; the empty name is any.
    pub input: Option<String>,
    /// The page of metrics that the job serves.
    pub page: Option<Url>,
    /// What people should know of all this.
    pub notices: Vec<Text>,
}

impl Settings {
    /// What the screen needs to know before its first frame.
    pub fn options(&self) -> Options {
        Options {
            theme: self.theme,
            is_ascii: self.screen.is_ascii,
            graph: self.screen.graph,
            has_mouse: self.screen.has_mouse,
            is_readonly: self.screen.is_readonly,
            keymap: Arc::clone(&self.keymap),
            ..Options::default()
        }
    }

    /// The same for a job that is watched beside the first: a page, a metric or a file was named for that one.
    #[must_use]
    pub fn for_another_job(&self) -> Self {
        Self { sources: Vec::new(), input: None, page: None, ..self.clone() }
    }

    /// The patterns that find counters in the output.
    pub fn patterns(&self) -> anyhow::Result<Vec<Pattern>> {
        patterns(&self.watch.progress)
    }

    /// The signs of trouble that are looked for in the output, besides the built-in ones.
    pub fn signs(&self) -> anyhow::Result<Vec<OwnSign>> {
        let own = |sign: &SignPattern| {
            OwnSign::new(sign.class, &sign.pattern).with_context(|| format!("watch.signs {:?}", sign.pattern))
        };
        self.watch.signs.iter().map(own).collect()
    }
}

fn patterns(texts: &[String]) -> anyhow::Result<Vec<Pattern>> {
    texts.iter().map(|text| Pattern::new(text).with_context(|| format!("--progress {text:?}"))).collect()
}

/// Reads the files and the environment, and layers them below what was typed.
pub fn load(args: &WatchArgs) -> anyhow::Result<Settings> {
    let around = surroundings();
    let (user_path, user) = user_file()?;
    let (project_path, project) = project_file()?;
    let environment = environment(&|name| std::env::var_os(name))?;
    let watch = watch(&[&args.watch_set(), &environment.watch, &project.watch, &user.watch]);
    // What was typed may be wrong too; what files say was looked at with their names and lines.
    patterns(&watch.progress)?;
    let screen = screen(&[&args.screen_set(), &environment.screen, &user.screen], &around);
    let in_file = |wrong: Wrong| located(&user_path, &wrong);
    let theme = Theme::named(&screen.theme, &user.themes).map_err(in_file)?;
    // A theme that is not chosen is looked at too: a mistake in it is told when it is made.
    for own in &user.themes {
        Theme::named(&own.name, &user.themes).map_err(in_file)?;
    }
    let (sources, input) = source_name::sorted(&args.source);
    let (keymap, mut notices) = Keymap::with(&user.keys).map_err(in_file)?;
    notices.extend(project_notices(&project_path, &project));
    Ok(Settings {
        watch,
        telling: telling(&[&args.alert.alert_set(), &environment.alert, &user.alert]),
        theme: theme.at(around.depth(screen.color)),
        screen,
        keymap: Arc::new(keymap),
        sources,
        input,
        page: args.prometheus.clone(),
        notices: notices.iter().map(|notice| Text::new(notice)).collect(),
    })
}

/// What a project's file did: what comes with a repository must not work in silence.
fn project_notices(path: &Path, project: &ProjectFile) -> Vec<String> {
    let name = path.display();
    let set = (!project.told.is_empty()).then(|| format!("limits from {name}: {}", project.told.join(", ")));
    let refused = (project.refused > 0).then(|| {
        let settings = if project.refused == 1 { "setting" } else { "settings" };
        format!("{name}: {} {settings} refused; a project may set [watch] and [scan] only", project.refused)
    });
    set.into_iter().chain(refused).collect()
}

fn located(path: &Path, wrong: &Wrong) -> anyhow::Error {
    match wrong.line {
        0 => anyhow!("{}", wrong.why),
        line => anyhow!("{}:{line}: {}", path.display(), wrong.why),
    }
}

/// Where the user's own file is: below `XDG_CONFIG_HOME`, or else below `~/.config`.
fn user_path() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    Some(home?.join("telltale").join("config.toml"))
}

fn user_file() -> anyhow::Result<(PathBuf, UserFile)> {
    let Some(path) = user_path() else { return Ok(Default::default()) };
    let Some(text) = read(&path)? else { return Ok((path, UserFile::default())) };
    let user = file::user(&text).map_err(|wrong| located(&path, &wrong))?;
    check_patterns(&path, user.progress_line, &user.watch)?;
    Ok((path, user))
}

/// The project's file in this folder or one above it, up to where the repository begins. Without a repository only
/// this folder counts: a file further up may be anybody's.
fn project_file() -> anyhow::Result<(PathBuf, ProjectFile)> {
    let Ok(here) = std::env::current_dir() else { return Ok(Default::default()) };
    let root = here.ancestors().find(|folder| folder.join(".git").exists());
    let steps = root.map_or(1, |root| here.components().count() - root.components().count() + 1);
    for folder in here.ancestors().take(steps) {
        let path = folder.join(PROJECT);
        let Some(text) = read(&path)? else { continue };
        let project = file::project(&text).map_err(|wrong| located(&path, &wrong))?;
        check_patterns(&path, project.progress_line, &project.watch)?;
        let short = path.strip_prefix(&here).map(Path::to_owned).unwrap_or(path);
        return Ok((short, project));
    }
    Ok(Default::default())
}

fn check_patterns(path: &Path, line: usize, set: &WatchSet) -> anyhow::Result<()> {
    for text in set.progress.iter().flatten() {
        Pattern::new(text).with_context(|| format!("{}:{line}: watch.progress {text:?}", path.display()))?;
    }
    for SignPattern { class, pattern, line } in &set.signs {
        let about = || format!("{}:{line}: watch.signs {pattern:?}", path.display());
        OwnSign::new(*class, pattern).with_context(about)?;
    }
    Ok(())
}

/// A file's text; `None` where there is none. A pipe is not waited for, and no file is read without end.
fn read(path: &Path) -> anyhow::Result<Option<String>> {
    let context = || format!("reading {}", path.display());
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let opened = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path);
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(error).with_context(context),
    };
    if !opened.metadata().with_context(context)?.is_file() {
        bail!("{}: it is no file", path.display());
    }
    let mut bytes = Vec::new();
    opened.take(LARGEST as u64 + 1).read_to_end(&mut bytes).with_context(context)?;
    let text = String::from_utf8(bytes).map_err(|_| anyhow!("{}: it is no UTF-8 text", path.display()))?;
    Ok(Some(text))
}

fn is_missing(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// What the environment sets.
#[derive(Debug, Default)]
struct Environment {
    screen: ScreenSet,
    watch: WatchSet,
    alert: AlertSet,
}

/// What the environment sets: few things, for a shell or a service that has no file.
fn environment(get: &dyn Fn(&str) -> Option<OsString>) -> anyhow::Result<Environment> {
    let text = |name: &str| -> anyhow::Result<Option<String>> {
        let Some(value) = get(name).filter(|value| !value.is_empty()) else { return Ok(None) };
        value.into_string().map(Some).map_err(|_| anyhow!("{name}: it is no UTF-8 text"))
    };
    let graph = text("TELLTALE_GRAPH")?.map(|name| Graph::named(&name)).transpose();
    let interval = text("TELLTALE_INTERVAL")?.map(|span| values::interval(&span)).transpose();
    let screen = ScreenSet {
        theme: text("TELLTALE_THEME")?,
        graph: graph.map_err(|why| anyhow!("TELLTALE_GRAPH: {why}"))?,
        ..ScreenSet::default()
    };
    let interval = interval.map_err(|why| anyhow!("TELLTALE_INTERVAL: {why}"))?;
    let webhook = text("TELLTALE_WEBHOOK")?.map(|url| Webhook::new(&url)).transpose();
    let webhook = webhook.map_err(|why| anyhow!("TELLTALE_WEBHOOK: {why}"))?;
    Ok(Environment {
        screen,
        watch: WatchSet { interval, ..WatchSet::default() },
        alert: AlertSet { webhook, ..AlertSet::default() },
    })
}

/// What the environment tells of the terminal.
fn surroundings() -> Surroundings {
    let text =
        |name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
    Surroundings {
        term: text("TERM"),
        colorterm: text("COLORTERM"),
        has_no_color: !text("NO_COLOR").is_empty(),
        is_utf8: locale_is_utf8(),
    }
}

/// Whether the locale writes UTF-8; the first of these that is set counts, see locale(7).
fn locale_is_utf8() -> bool {
    let set =
        ["LC_ALL", "LC_CTYPE", "LANG"].map(std::env::var_os).into_iter().flatten().find(|v| !v.is_empty());
    set.is_some_and(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_small_and_checked() {
        let set = |name: &'static str, value: &'static str| {
            environment(&move |asked| (asked == name).then(|| OsString::from(value)))
        };
        assert_eq!(set("TELLTALE_THEME", "dark").unwrap().screen.theme.as_deref(), Some("dark"));
        assert_eq!(set("TELLTALE_THEME", "").unwrap().screen.theme, None);
        assert!(
            set("TELLTALE_INTERVAL", "1ms")
                .unwrap_err()
                .to_string()
                .starts_with("TELLTALE_INTERVAL: an interval")
        );
        let wrong = set("TELLTALE_WEBHOOK", "hooks.example/secret").unwrap_err().to_string();
        assert!(wrong.starts_with("TELLTALE_WEBHOOK: ") && !wrong.contains("secret"), "{wrong}");
        assert!(set("TELLTALE_GRAPH", "dots").unwrap_err().to_string().contains("braille, block, ascii"));
    }

    #[test]
    fn a_projects_file_is_told() {
        let text = "[watch]\nheartbeat = '5m'\n[keys]\nquit = 'x'";
        let project = file::project(text).unwrap();
        assert_eq!(
            project_notices(Path::new(PROJECT), &project),
            [
                "limits from .telltale.toml: heartbeat 5m",
                ".telltale.toml: 1 setting refused; a project may set [watch] and [scan] only",
            ]
        );
    }
}
