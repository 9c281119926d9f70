//! Revenue tiers: codes with half-open bounds in millions of dollars.

use std::str::FromStr;

const MOST: usize = 100;

/// Tiers from the lowest to the highest; each reaches to where the next begins (X47).
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    tiers: Vec<Tier>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    pub code: String,
    /// In millions of dollars.
    pub from: f64,
}

/// Why a text is no ladder.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum Error {
    #[error("{0:?} is no tier: write code=lower bound in millions, as 5_10_million=5")]
    Tier(String),
    #[error("a ladder has 2 to {MOST} tiers, not {0}")]
    Tiers(usize),
    #[error("the code {0:?} has to be 1 to 50 letters, digits or _")]
    Code(String),
    #[error("the tier {0} comes twice")]
    Twice(String),
    #[error("the tier {0} has to begin above the one before")]
    Order(String),
}

impl Ladder {
    pub fn new(tiers: Vec<Tier>) -> Result<Self, Error> {
        if !(2..=MOST).contains(&tiers.len()) {
            return Err(Error::Tiers(tiers.len()));
        }
        for (place, tier) in tiers.iter().enumerate() {
            let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if tier.code.is_empty() || tier.code.len() > 50 || !tier.code.chars().all(letters) {
                return Err(Error::Code(tier.code.clone()));
            }
            let (before, first) = (&tiers[..place], place == 0);
            if before.iter().any(|other| other.code == tier.code) {
                return Err(Error::Twice(tier.code.clone()));
            }
            let lowest = before.last().map_or(0.0, |other| other.from);
            if !tier.from.is_finite() || tier.from < lowest || !first && tier.from == lowest {
                return Err(Error::Order(tier.code.clone()));
            }
        }
        Ok(Self { tiers })
    }

    pub fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    /// The place of a tier, from 0 at the bottom.
    pub fn rank(&self, code: &str) -> Option<usize> {
        self.tiers.iter().position(|tier| tier.code == code)
    }

    /// The tier of a revenue in dollars; none below the lowest, and of what is no number.
    pub fn tier_of(&self, dollars: f64) -> Option<&Tier> {
        let millions = dollars / 1e6;
        self.tiers.iter().rfind(|tier| millions >= tier.from)
    }
}

/// `code=lower bound in millions` with commas between.
impl FromStr for Ladder {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let tier = |text: &str| {
            let wrong = || Error::Tier(text.trim().to_owned());
            let (code, from) = text.split_once('=').ok_or_else(wrong)?;
            let from = from.trim().parse().ok().ok_or_else(wrong)?;
            Ok(Tier { code: code.trim().to_owned(), from })
        };
        Self::new(text.split(',').map(tier).collect::<Result<_, _>>()?)
    }
}

impl Tier {
    /// As "0-5 million tier".
    pub fn label(&self) -> String {
        let mut label = String::new();
        let pieces: Vec<&str> = self.code.split('_').filter(|piece| !piece.is_empty()).collect();
        let is_number = |piece: &str| piece.chars().all(|c| c.is_ascii_digit());
        for (place, piece) in pieces.iter().enumerate() {
            if place > 0 {
                label.push(if is_number(pieces[place - 1]) && is_number(piece) { '-' } else { ' ' });
            }
            label.push_str(piece);
        }
        label + " tier"
    }

    /// Where it begins, as "$5M".
    pub fn money(&self) -> String {
        format!("${}M", self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rules;

    #[test]
    fn bounds_are_half_open() {
        let rules = Rules::defaults().unwrap();
        let ladder = rules.ladder();
        for (dollars, code) in [
            (0.0, Some("0_5_million")),
            (4_999_999.0, Some("0_5_million")),
            (5e6, Some("5_10_million")),
            (10e6, Some("11_20_million")),
            (10.5e6, Some("11_20_million")),
            (20e6, Some("21_30_million")),
            (30e6, Some("31_50_million")),
            (50e6, Some("51_100_million")),
            (1e12, Some("101_million_plus")),
            (-1.0, None),
            (f64::NAN, None),
        ] {
            assert_eq!(ladder.tier_of(dollars).map(|tier| tier.code.as_str()), code, "{dollars}");
        }
        assert_eq!((ladder.rank("0_5_million"), ladder.rank("21_30_million")), (Some(0), Some(3)));
        assert_eq!(ladder.rank("gold"), None);
    }

    #[test]
    fn a_ladder_can_be_configured() {
        let ladder: Ladder = "small=0, middle=500,large = 1000.5".parse().unwrap();
        assert_eq!(ladder.tier_of(600e6).unwrap().code, "middle");
        assert_eq!(ladder.tiers()[2].money(), "$1000.5M");
        for (text, error) in [
            ("small=0", Error::Tiers(1)),
            ("small=0,middle", Error::Tier("middle".into())),
            ("small=0,middle=x", Error::Tier("middle=x".into())),
            ("small=5,middle=5", Error::Order("middle".into())),
            ("small=-1,middle=5", Error::Order("small".into())),
            ("small=0,small=5", Error::Twice("small".into())),
            ("small=0,mid dle=5", Error::Code("mid dle".into())),
        ] {
            assert_eq!(text.parse::<Ladder>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn codes_are_read_as_people_say_them() {
        let label = |code: &str| Tier { code: code.to_owned(), from: 0.0 }.label();
        assert_eq!(label("0_5_million"), "0-5 million tier");
        assert_eq!(label("101_million_plus"), "101 million plus tier");
    }
}
