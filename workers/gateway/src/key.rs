//! API keys, sessions and the ids of endpoints as texts: each begins with its client, so that its row can be looked up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use db::Uuid;
use rand::RngCore as _;
use sha2::{Digest as _, Sha256};
use std::ops::Deref;
use subtle::ConstantTimeEq as _;

/// The client's id and six random bytes.
const ID: usize = 22;
const ID_TEXT: usize = 30;
const SECRET: usize = 32;
const SECRET_TEXT: usize = 43;
const PREFIX: &str = "lf_live_";

/// What proves who somebody is, as he has it: `<id>_<secret>`.
pub struct Token {
    /// Who it is; no secret.
    pub id: String,
    pub client: Uuid,
    secret: String,
}

impl Token {
    /// A token of fresh random bytes.
    pub fn make(client: Uuid, id: [u8; 6], secret: [u8; SECRET]) -> Self {
        Self { id: endpoint_id(client, id), client, secret: URL_SAFE_NO_PAD.encode(secret) }
    }

    /// Reads by lengths: the alphabet has `_` in it.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, rest) = text.split_at_checked(ID_TEXT)?;
        let secret = rest.strip_prefix('_')?;
        if secret.len() != SECRET_TEXT {
            return None;
        }
        Some(Self { id: id.to_owned(), client: client_of(id)?, secret: secret.to_owned() })
    }

    pub fn text(&self) -> String {
        format!("{}_{}", self.id, self.secret)
    }

    /// What is stored instead of the secret. It is 256 random bits, so that a slow hash would protect nothing.
    pub fn secret_hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_bytes()).into()
    }

    pub fn matches(&self, stored: &[u8]) -> bool {
        self.secret_hash().ct_eq(stored).into()
    }

    /// Another secret, which follows from this one and tells nothing of it.
    pub fn derived(&self, purpose: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{purpose}:{}", self.secret)))
    }
}

/// The token of a program, known by its prefix where it should not be: `lf_live_<id>_<secret>`.
pub struct ApiKey(Token);

impl ApiKey {
    /// A key of fresh random bytes.
    pub fn make(client: Uuid, id: [u8; 6], secret: [u8; SECRET]) -> Self {
        Self(Token::make(client, id, secret))
    }

    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix(PREFIX).and_then(Token::parse).map(Self)
    }

    pub fn text(&self) -> String {
        format!("{PREFIX}{}", self.0.text())
    }
}

impl Deref for ApiKey {
    type Target = Token;

    fn deref(&self) -> &Token {
        &self.0
    }
}

/// Random bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// The id of a key or an endpoint.
pub fn endpoint_id(client: Uuid, random: [u8; 6]) -> String {
    let mut bytes = [0; ID];
    let (of_client, rest) = bytes.split_at_mut(16);
    of_client.copy_from_slice(client.as_bytes());
    rest.copy_from_slice(&random);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whose id it is; none if it is no id.
pub fn client_of(id: &str) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    let bytes: [u8; ID] = bytes.try_into().ok()?;
    Uuid::from_slice(bytes.get(..16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> ApiKey {
        // Bytes whose text is full of underscores.
        ApiKey::make(Uuid::from_u128(u128::MAX), [0xff; 6], [0xff; SECRET])
    }

    #[test]
    fn a_key_is_read_as_it_was_written_though_it_is_full_of_underscores() {
        let (made, read) = (key(), ApiKey::parse(&key().text()).unwrap());
        assert_eq!((read.id.as_str(), read.client), (made.id.as_str(), Uuid::from_u128(u128::MAX)));
        assert_eq!(made.text().len(), PREFIX.len() + 30 + 1 + 43);
        assert!(made.text().starts_with("lf_live_____"));
        assert!(read.matches(&made.secret_hash()));
    }

    #[test]
    fn another_secret_does_not_match() {
        let other = ApiKey::make(key().client, [0xff; 6], [1; SECRET]);
        assert!(!other.matches(&key().secret_hash()));
        assert!(!other.matches(b""));
    }

    #[test]
    fn what_is_no_key_is_none() {
        let text = key().text();
        for wrong in ["", "lf_live_", &text[1..], &text[..text.len() - 1], &format!("{text}a")] {
            assert!(ApiKey::parse(wrong).is_none(), "{wrong}");
        }
        assert!(ApiKey::parse(&text.replacen("lf_live__", "lf_live_é", 1)).is_none());
        assert!(ApiKey::parse(&text.replacen("lf_live__", "lf_live_+", 1)).is_none());
    }

    #[test]
    fn what_is_derived_of_a_token_is_another_secret_for_each_purpose() {
        let derived = key().derived("csrf");
        assert_eq!(derived, key().derived("csrf"));
        assert!(derived != key().derived("other") && !key().text().contains(&derived));
        assert_ne!(derived, URL_SAFE_NO_PAD.encode(key().secret_hash()));
    }

    #[test]
    fn an_id_knows_its_client() {
        let client = Uuid::from_u128(7);
        assert_eq!(client_of(&endpoint_id(client, [1, 2, 3, 4, 5, 6])), Some(client));
        assert_eq!(client_of("AAAA"), None);
    }
}
