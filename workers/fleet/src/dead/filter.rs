//! The flags by which dead letters are chosen.

use dead::{Filter, Moment, Sequences, Standing};
use proto::Token;

use super::now;

#[derive(Debug, Clone, clap::Args)]
pub(super) struct FilterArgs {
    /// Sequences: 17, or 3-17.
    #[arg(value_name = "SEQ")]
    sequences: Vec<Sequences>,
    /// Those of this worker.
    #[arg(long, value_name = "NAME")]
    worker: Option<Token>,
    /// Those of this class, such as decode or exhausted.
    #[arg(long, value_name = "NAME")]
    class: Option<Token>,
    /// Those of this matching run.
    #[arg(long, value_name = "ID")]
    run: Option<Token>,
    /// Those whose fingerprint begins like this.
    #[arg(long, value_name = "HEX")]
    fingerprint: Option<String>,
    /// Those that died at this time or later: 2025-11-11, 2025-11-11T08:00:00Z, or how long ago (90m, 24h, 7d).
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Those that died before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
}

impl FilterArgs {
    /// The letters that fit and are in one of these states.
    pub(super) fn in_states(&self, states: Vec<Standing>) -> Filter {
        let now = now();
        let text = |token: &Option<Token>| token.as_ref().map(Token::to_string);
        Filter {
            sequences: self.sequences.iter().flat_map(Sequences::iter).collect(),
            worker: text(&self.worker),
            class: text(&self.class),
            run: text(&self.run),
            fingerprint: self.fingerprint.clone(),
            since: self.since.map(|moment| moment.at(now)),
            until: self.until.map(|moment| moment.at(now)),
            states,
        }
    }
}
