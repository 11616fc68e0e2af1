//! What can be typed about being told of alerts: types only.

use clap::Args as ClapArgs;

use crate::config::alert::{self, AlertSet, FloorWord, Webhook, Words};

/// Who is told of alerts, beside the screen.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Being told of alerts")]
pub struct AlertArgs {
    /// Ring the terminal's bell from this level on: never, warning or critical [default: critical]
    #[arg(long, value_name = "LEVEL", value_parser = alert::floor)]
    pub bell: Option<FloorWord>,
    /// Show a notification on the desktop from this level on (OSC 9, OSC 777) [default: never]
    ///
    /// It works over ssh. tmux passes it on where `allow-passthrough` is on.
    #[arg(long, value_name = "LEVEL", value_parser = alert::floor)]
    pub desktop: Option<FloorWord>,
    /// Run this command when an alert begins, becomes worse, is explained or ends, with it as JSON on standard input
    ///
    /// The line is split as a shell would, and no shell is started: write `sh -c '...'` for one. The variables
    /// `TELLTALE_STATE` (began, worsened, explained, ended), `TELLTALE_LEVEL`, `TELLTALE_CONDITION`, `TELLTALE_JOB`,
    /// `TELLTALE_PID`, `TELLTALE_SUBJECT`, `TELLTALE_HEADLINE`, `TELLTALE_CAUSE` (why, as `diagnose` names it, once
    /// that is known) and `TELLTALE_ALERT` (the JSON) are set. Its output is
    /// thrown away; after 10 seconds it is ended; when it fails, the screen says so.
    #[arg(long, value_name = "CMD", value_parser = Words::split)]
    pub on_alert: Option<Words>,
    /// Post the alert as JSON to this address
    ///
    /// An address that is a secret is better kept in the configuration or in `TELLTALE_WEBHOOK`: other users see
    /// command lines.
    #[arg(long, value_name = "URL", value_parser = Webhook::new)]
    pub webhook: Option<Webhook>,
    /// Run the command and post from this level on [default: warning]
    #[arg(long, value_name = "LEVEL", value_parser = alert::floor)]
    pub alert_level: Option<FloorWord>,
}

impl AlertArgs {
    /// What was typed.
    pub fn alert_set(&self) -> AlertSet {
        AlertSet {
            bell: self.bell,
            desktop: self.desktop,
            on_alert: self.on_alert.clone(),
            webhook: self.webhook.clone(),
            level: self.alert_level,
            ..AlertSet::default()
        }
    }
}
