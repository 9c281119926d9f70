//! Passwords: how long they are, and what is kept of them.

use crate::key::random;
use crate::problem::Problem;
use argon2::password_hash::{Error, PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

const SHORTEST: usize = 12;
const LONGEST: usize = 200;

/// What is wrong with a new password.
pub fn fault(password: &str) -> Option<String> {
    let length = password.chars().count();
    (!(SHORTEST..=LONGEST).contains(&length))
        .then(|| format!("a password has {SHORTEST} to {LONGEST} characters, this one has {length}"))
}

/// What is kept: slow to compute, so that a stolen one is slow to guess.
pub fn hash(password: &str) -> Result<String, Error> {
    let salt = SaltString::encode_b64(&random::<16>())?;
    Ok(argon2()?.hash_password(password.as_bytes(), &salt)?.to_string())
}

/// As OWASP advises: 19 MiB, two passes, one lane.
fn argon2() -> Result<Argon2<'static>, Error> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None)?))
}

/// The hash of nobody's password, as slow as any.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keSBubw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// How many are hashed at once: each takes memory, and a flood must not take all.
const AT_ONCE: usize = 2;

pub(super) struct Hashing {
    room: Semaphore,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { room: Semaphore::new(AT_ONCE) }
    }
}

impl Hashing {
    /// Whether it is the password that is stored; takes as long where none is.
    pub(super) async fn is_right(&self, password: String, stored: Option<String>) -> Result<bool, Problem> {
        self.run(move || {
            let hash = PasswordHash::new(stored.as_deref().unwrap_or(NOBODY))?;
            match argon2()?.verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(stored.is_some()),
                Err(Error::Password) => Ok(false),
                Err(error) => Err(error),
            }
        })
        .await
    }

    pub(super) async fn hash(&self, password: String) -> Result<String, Problem> {
        self.run(move || hash(&password)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let _room = self.room.acquire().await.map_err(Problem::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?.map_err(Problem::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_by_its_hash_and_another_is_not() {
        let hashing = Hashing::default();
        let kept = hashing.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let again = hash("correct horse battery").unwrap();
        assert_ne!(kept, again, "each has a salt of its own");
        let is_right = async |password: &str, stored: Option<&str>| {
            hashing.is_right(password.to_owned(), stored.map(str::to_owned)).await.unwrap()
        };
        assert!(is_right("correct horse battery", Some(&kept)).await);
        assert!(!is_right("correct horse batterz", Some(&kept)).await);
        assert!(!is_right("correct horse battery", None).await);
    }

    #[test]
    fn a_password_is_neither_short_nor_endless() {
        for (length, fits) in [(11, false), (12, true), (200, true), (201, false)] {
            assert_eq!(fault(&"é".repeat(length)).is_none(), fits, "{length}");
        }
    }
}
