//! Public keys as operators have them, PEM or base64, brought into the form that the verifier takes.

use crate::signature::base64;

/// Algorithm identifiers (RFC 5480, RFC 8017), encoded.
const P256: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
/// The version of a certificate, which version 1 leaves out.
const EXPLICIT_0: u8 = 0xa0;

/// The point of a P-256 key that is given as a `SubjectPublicKeyInfo`.
pub(crate) fn p256(text: &str) -> Option<Vec<u8>> {
    public_key(&der(text)?, P256).map(<[u8]>::to_vec)
}

/// Modulus and exponent of an RSA key that is given as a `SubjectPublicKeyInfo` or in a certificate.
pub(crate) fn rsa(text: &str) -> Option<Vec<u8>> {
    let der = der(text)?;
    public_key(&der, RSA).or_else(|| public_key(of_certificate(&der)?, RSA)).map(<[u8]>::to_vec)
}

/// What stands between the first pair of PEM lines, or the whole text.
fn der(text: &str) -> Option<Vec<u8>> {
    let inner = text.split("-----").nth(2).unwrap_or(text);
    base64(&inner.split_whitespace().collect::<String>())
}

/// Takes one element of this tag off the front: its content and what follows.
fn take(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    if found == tag { rest.split_at_checked(length) } else { None }
}

/// The key of a `SubjectPublicKeyInfo` of this algorithm.
fn public_key<'a>(der: &'a [u8], algorithm: &[u8]) -> Option<&'a [u8]> {
    let (info, _) = take(der, SEQUENCE)?;
    let (named, info) = take(info, SEQUENCE)?;
    let (bits, _) = take(info, BIT_STRING)?;
    // The first byte counts unused bits, of which keys have none.
    let key = bits.strip_prefix(&[0])?;
    (named == algorithm).then_some(key)
}

/// The `SubjectPublicKeyInfo` of an X.509 certificate.
fn of_certificate(der: &[u8]) -> Option<&[u8]> {
    const INTEGER: u8 = 0x02;
    let (certificate, _) = take(der, SEQUENCE)?;
    let (fields, _) = take(certificate, SEQUENCE)?;
    let fields = take(fields, EXPLICIT_0).map_or(fields, |(_, rest)| rest);
    let (_serial, fields) = take(fields, INTEGER)?;
    let (_signature, fields) = take(fields, SEQUENCE)?;
    let (_issuer, fields) = take(fields, SEQUENCE)?;
    let (_validity, fields) = take(fields, SEQUENCE)?;
    let (_subject, fields) = take(fields, SEQUENCE)?;
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_text_is_a_key_or_none(text in "\\PC{0,200}", bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            p256(&text);
            rsa(&text);
            public_key(&bytes, RSA);
            of_certificate(&bytes);
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_no_element() {
        assert_eq!(take(&[SEQUENCE, 2, 1], SEQUENCE), None);
        assert_eq!(take(&[SEQUENCE, 0x84, 255, 255, 255, 255, 1], SEQUENCE), None);
        assert_eq!(take(&[SEQUENCE, 1, 7, 9], SEQUENCE), Some((&[7][..], &[9][..])));
        assert_eq!(take(&[SEQUENCE, 0x81, 1, 7], SEQUENCE), Some((&[7][..], &[][..])));
    }
}
