//! What a person must hear of when Claude wrote nothing for a run, once for each run.

use crate::decide::Trouble;
use proto::RunId;
use proto::v1::{Alert, Severity};

/// The alert for a run (PT-160).
pub(crate) fn manual(run: &RunId, trouble: Trouble, cause: &str) -> Alert {
    let (kind, text, remedy) = match trouble {
        Trouble::Down => (
            "claude-down",
            "Claude API down, manual templates needed",
            "run the matching again once Claude answers",
        ),
        Trouble::Budget => (
            "claude-budget",
            "The daily Claude budget is used up, manual templates needed",
            "raise CLAUDE_DAILY_TOKENS or CLAUDE_DAILY_USD and run the matching again",
        ),
    };
    Alert {
        kind: kind.to_owned(),
        key: run.to_string(),
        severity: Severity::Error.into(),
        text: text.to_owned(),
        hint: format!(
            "{cause}; everything else of the run is kept, segments without a template are marked: write theirs by hand, or {remedy}"
        ),
        run_id: run.to_string(),
    }
}
