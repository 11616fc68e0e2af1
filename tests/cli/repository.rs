//! A fresh git repository for each test, made with the real `git`.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

pub(crate) use crate::scan::{line as leak, token};
use crate::util::{Answer, Dir};

/// A folder with a repository in it.
pub(crate) struct Repository {
    pub(crate) dir: Dir,
    clock: std::cell::Cell<u64>,
}

impl Repository {
    /// An empty repository; `None`, loudly, where there is no git.
    pub(crate) fn new() -> Option<Self> {
        Self::with(&["init", "-q", "-b", "main"])
    }

    #[expect(clippy::print_stderr, reason = "what was not tested is said")]
    pub(crate) fn with(init: &[&str]) -> Option<Self> {
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("SKIPPED: there is no git on this machine, nothing about repositories was tested");
            return None;
        }
        let made = Self { dir: Dir::new(), clock: std::cell::Cell::new(1_700_000_000) };
        made.git(init);
        Some(made)
    }

    /// Runs git in the folder; it must succeed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in("", args)
    }

    pub(crate) fn git_in(&self, folder: &str, args: &[&str]) -> String {
        let date = format!("{} +0000", self.clock.get());
        let mut command = Command::new("git");
        command.args(args).current_dir(self.dir.path(folder));
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.org");
            command.env(format!("GIT_{who}_DATE"), &date);
        }
        let output = command.output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "git {args:?}: {out}{err}");
        out.trim().to_owned()
    }

    /// Commits all that is there, an hour after the commit before; gives its id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.clock.set(self.clock.get() + 3600);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        self.dir.write(name, content);
    }

    /// The file of a loose object.
    pub(crate) fn loose(&self, id: &str) -> PathBuf {
        self.dir.path(&format!(".git/objects/{}/{}", &id[..2], &id[2..]))
    }

    /// Scans, with findings as JSON.
    pub(crate) fn scan(&self, args: &[&str]) -> Answer {
        let all = [&["scan", "--format", "json", "--top", "0"], args].concat();
        self.dir.cmd(&all).run()
    }
}

/// Path, line and commit of each finding.
pub(crate) fn places(answer: &Answer) -> Vec<(String, u64, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let place = |line: &str| {
        let one: Value = serde_json::from_str(line).unwrap();
        (text(&one["path"]), one["line"].as_u64().unwrap(), text(&one["commit"]["id"]))
    };
    let mut places: Vec<_> = answer.out.lines().map(place).collect();
    places.sort();
    places
}
