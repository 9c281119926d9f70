//! Whether somebody knows a secret: compared in constant time, against each active one.

use crate::Refused;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::{DateTime, Utc};
use ring::hmac;

/// Passes if the tag is the message's under one of the secrets.
pub(crate) fn hmac_fits(
    algorithm: hmac::Algorithm,
    secrets: &[impl AsRef<[u8]>],
    message: &[u8],
    tag: Option<&[u8]>,
) -> Result<(), Refused> {
    let tag = tag.ok_or(Refused::Signature)?;
    let fits = |secret: &[u8]| hmac::verify(&hmac::Key::new(algorithm, secret), message, tag).is_ok();
    proven(secrets.iter().any(|secret| fits(secret.as_ref())))
}

/// Passes if what was given is one of the secrets.
pub(crate) fn known(given: &str, secrets: &[&str]) -> Result<(), Refused> {
    // Tags of equal length are compared, so that time tells nothing of the secret, nor of its length.
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"compare");
    let same = |secret: &&str| {
        hmac::verify(&key, given.as_bytes(), hmac::sign(&key, secret.as_bytes()).as_ref()).is_ok()
    };
    proven(secrets.iter().any(same))
}

pub(crate) fn proven(fits: bool) -> Result<(), Refused> {
    if fits { Ok(()) } else { Err(Refused::Signature) }
}

/// Passes if the time lies within so many seconds of now, before or after.
pub(crate) fn fresh(seconds: i64, window: u64, now: DateTime<Utc>) -> Result<(), Refused> {
    if now.timestamp().abs_diff(seconds) <= window { Ok(()) } else { Err(Refused::Stale) }
}

/// A signed time in seconds. It was signed, so whatever it is instead of a number cannot be fresh.
pub(crate) fn seconds(text: &str) -> Result<i64, Refused> {
    text.parse().ok().ok_or(Refused::Stale)
}

/// The bytes of a base64 text, with or without its padding.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, LENIENT).decode(text.trim()).ok()
}

/// The bytes of a hex text.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| (*byte as char).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = text.trim().as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

pub(crate) fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_whole_or_not_at_all() {
        assert_eq!(known("s3cret", &["other", "s3cret"]), Ok(()));
        for wrong in ["", "s3cre", "s3cret ", "S3CRET", "other"] {
            assert_eq!(known(wrong, &["s3cret"]), Err(Refused::Signature), "{wrong}");
        }
        assert_eq!(known("", &[]), Err(Refused::Signature));
    }

    #[test]
    fn the_window_reaches_both_ways() {
        let now = DateTime::from_timestamp(1_000, 0).unwrap();
        for at in [700, 1_000, 1_300] {
            assert_eq!(fresh(at, 300, now), Ok(()), "{at}");
        }
        for at in [i64::MIN, 699, 1_301, i64::MAX] {
            assert_eq!(fresh(at, 300, now), Err(Refused::Stale), "{at}");
        }
    }

    #[test]
    fn hex_is_pairs_of_digits() {
        assert_eq!(hex("00fFa1"), Some(vec![0, 255, 161]));
        assert_eq!((hex("0"), hex("0g"), hex("+1"), hex("ü")), (None, None, None, None));
        assert_eq!(hex_of(&[0, 255, 161]), "00ffa1");
    }

    #[test]
    fn padding_may_be_missing() {
        assert_eq!(
            (base64("YQ=="), base64("YQ"), base64("Y*")),
            (Some(b"a".into()), Some(b"a".into()), None)
        );
    }
}
