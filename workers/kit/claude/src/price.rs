//! What an answer costs, for the models whose price is known.

use crate::Usage;

/// Nano-dollars for a token.
struct Price {
    input: u64,
    output: u64,
    cache_read: u64,
}

/// Above this many prompt tokens Haiku costs five times as much.
pub(crate) const CHEAP_HAIKU_TOKENS: u64 = 100_000;

pub(crate) fn is_haiku(model: &str) -> bool {
    model.starts_with("claude-haiku-")
}

/// Micro-dollars, rounded up.
pub(crate) fn cost(model: &str, usage: &Usage) -> Option<u64> {
    let price = price(model, usage.prompt_tokens())?;
    // The numbers are the other side's: a sum too large is the largest.
    let written = usage.cache_creation_tokens.saturating_mul(price.input).saturating_mul(5) / 4;
    let read = usage.cache_read_tokens.saturating_mul(price.cache_read);
    let asked = usage.input_tokens.saturating_mul(price.input);
    let answered = usage.output_tokens.saturating_mul(price.output);
    let nano = asked.saturating_add(answered).saturating_add(written).saturating_add(read);
    Some(nano.div_ceil(1000))
}

fn price(model: &str, prompt_tokens: u64) -> Option<Price> {
    let (input, output, cache_read) = match model {
        "claude-haiku-5-5" if prompt_tokens <= CHEAP_HAIKU_TOKENS => (100, 500, 10),
        "claude-haiku-5-5" => (500, 2_500, 50),
        "claude-sonnet-5-5" => (2_000, 10_000, 100),
        "claude-opus-5-5" => (4_000, 20_000, 200),
        "claude-haiku-4-5" | "claude-haiku-4-5-20251001" => (1_000, 5_000, 100),
        _ => return None,
    };
    Some(Price { input, output, cache_read })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(model: &str, input: u64, output: u64, read: u64, expected: Option<u64>) {
        let usage =
            Usage { input_tokens: input, output_tokens: output, cache_read_tokens: read, ..Usage::default() };
        assert_eq!(cost(model, &usage), expected);
    }

    #[test]
    fn a_million_tokens_cost_the_published_price() {
        check("claude-sonnet-5-5", 1_000_000, 0, 0, Some(2_000_000));
        check("claude-sonnet-5-5", 0, 1_000_000, 0, Some(10_000_000));
        check("claude-opus-5-5", 0, 0, 1_000_000, Some(200_000));
    }

    #[test]
    fn long_prompts_cost_haiku_five_times_as_much() {
        check("claude-haiku-5-5", 100_000, 0, 0, Some(10_000));
        check("claude-haiku-5-5", 100_001, 0, 0, Some(50_001));
    }

    #[test]
    fn a_fraction_of_a_micro_dollar_is_rounded_up() {
        check("claude-haiku-5-5", 1, 0, 0, Some(1));
    }

    #[test]
    fn an_unknown_model_has_no_price() {
        check("claude-fable-5-2", 1, 1, 1, None);
    }
}
