//! What can be set for the loader: what a run gets when its request does not say.

use proto::v1::ConfidenceMode;

#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Config {
    /// How points are given to a run whose request does not say: by the steps of the source document, or by its flat block.
    #[arg(long, env = "CONFIDENCE_MODE", value_enum, default_value_t = Mode::Graded)]
    pub confidence_mode: Mode,
}

/// How points are given (X01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    Graded,
    Block,
}

impl From<Mode> for ConfidenceMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Graded => Self::Graded,
            Mode::Block => Self::Block,
        }
    }
}
