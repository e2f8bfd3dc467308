//! Passwords of local accounts: what makes a good one, and argon2id.

use crate::error::Error;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use model::identity::Email;
use secrecy::{ExposeSecret, SecretString};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// 11,611 common passwords of at least 8 characters, sorted bytewise, in lower case.
/// From zxcvbn 4.4.2; its licence stands beside the file.
const COMMON: &str = include_str!("password/common.txt");

const MIN_CHARS: usize = 12;
const MAX_CHARS: usize = 256;
/// A word shorter than that does not make a password weak.
const MIN_COMMON_CHARS: usize = 8;

/// OWASP's Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What is verified where there is no account: the same parameters as of a real hash, and
/// no password known that it is of.
const NO_ACCOUNT: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
     c2VudHJ5IG5vIGFjY291bg$hV0wjFdYlKHv3hFsbmUzhBLOaT1uVBsMLJ/cAuvpLIM";

/// Each takes [`MEMORY_KIB`] and a processor: many sign-ins at once wait for each other instead
/// of taking the machine from everybody else.
static PERMITS: Semaphore = Semaphore::const_new(2);

static COMMON_SORTED: LazyLock<Vec<&str>> = LazyLock::new(|| COMMON.lines().collect());

/// Whether `password` may become the password of the account `email`: 12 to 256 characters, not
/// the address, not one of the common passwords, in any case of letters, also with digits and
/// signs around it or repeated, and not digits and signs alone.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_strength(password: &str, email: &Email) -> Result<(), &'static str> {
    let chars = password.chars().count();
    if chars < MIN_CHARS {
        return Err("a password has at least 12 characters");
    }
    if chars > MAX_CHARS {
        return Err("a password has at most 256 characters");
    }
    let password = password.to_lowercase();
    if password == email.as_str() {
        return Err("the password must not be the e-mail address");
    }
    let core = password.trim_matches(|char: char| !char.is_alphabetic());
    if [&*password, core, repeated(&password), repeated(core)].into_iter().any(is_weak) {
        return Err("this password is too easy to guess: choose another");
    }
    Ok(())
}

/// Common, or so short that only its repetition, or what stands around it, makes the length.
fn is_weak(text: &str) -> bool {
    let common = || COMMON_SORTED.binary_search(&text).is_ok();
    text.chars().count() < MIN_COMMON_CHARS / 2 || common()
}

/// The shortest text whose repetition `text` is.
fn repeated(text: &str) -> &str {
    let mut units = (1..=text.len() / 2).filter(|end| text.len().is_multiple_of(*end));
    let unit = units.find_map(|end| text.get(..end).filter(|unit| text.replace(unit, "").is_empty()));
    unit.unwrap_or(text)
}

/// The argon2id hash of a password, as a PHC string with a salt of its own.
///
/// # Errors
/// [`Error::Unavailable`] when there is no memory for it.
pub async fn hash(password: SecretString) -> Result<String, Error> {
    let hashed = at_work(move || {
        let hash: PasswordHash = argon2()?.hash_password(password.expose_secret().as_bytes())?;
        Ok::<_, argon2::password_hash::Error>(hash.to_string())
    });
    let failed = |why: String| Error::unavailable(format!("the password cannot be hashed: {why}"));
    hashed.await.map_err(&failed)?.map_err(|error| failed(error.to_string()))
}

/// Whether `password` is the one that `hash` was made of. Without a hash, because there is no
/// such account or it has no password, the same work is done and the answer is no.
pub async fn verify(password: SecretString, hash: Option<String>) -> bool {
    let verified = at_work(move || {
        let (hash, may_match) = to_verify(hash.as_deref());
        let argon2 = argon2().map_err(argon2::password_hash::Error::from)?;
        argon2.verify_password(password.expose_secret().as_bytes(), &hash).map(|()| may_match)
    });
    match verified.await {
        Ok(Ok(matches)) => matches,
        Ok(Err(argon2::password_hash::Error::PasswordInvalid)) => false,
        Ok(Err(error)) => refuse(&error.to_string()),
        Err(why) => refuse(&why),
    }
}

fn refuse(why: &str) -> bool {
    tracing::error!(why, "a password cannot be verified");
    false
}

/// The hash to compare with, and whether equality means anything.
fn to_verify(hash: Option<&str>) -> (PasswordHash, bool) {
    let stored = hash.and_then(|hash| match PasswordHash::new(hash) {
        Ok(hash) => Some(hash),
        Err(error) => {
            tracing::error!(%error, "a stored password hash is damaged");
            None
        }
    });
    let no_account = || PasswordHash::new(NO_ACCOUNT).expect("a constant that a test reads");
    let may_match = stored.is_some();
    (stored.unwrap_or_else(no_account), may_match)
}

fn argon2() -> Result<Argon2<'static>, argon2::Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Runs `work` on a thread that may block, when it is its turn.
async fn at_work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let permit = PERMITS.acquire().await.map_err(|error| error.to_string())?;
    let done = tokio::task::spawn_blocking(move || {
        let _until_done = permit; // also where nobody waits any more
        work()
    });
    done.await.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email() -> Email {
        Email::parse("ada.lovelace@example.org").unwrap()
    }

    #[test]
    fn a_password_is_long_and_not_a_common_one() {
        let check = |password: &str, accepted: bool| {
            assert_eq!(check_strength(password, &email()).is_ok(), accepted, "{password}");
        };
        check("correct horse", true);
        check("rivers of pale glass", true);
        check("12 bytes äöü", true);
        check("            x".trim_start(), false);
        check("only eleven", false);
        check("äöüäöüäöüäö", false); // eleven characters, more bytes
        check(&"long enough ".repeat(22), false); // 264
        check("Ada.Lovelace@Example.org", false);
        check("1qaz2wsx3edc", false);
        check("1QAZ2WSX3EDC", false);
        check("Password1234!", false);
        check("2024-Sunshine-2025", false);
        check("passwordpassword", false);
        check("abcabcabcabc", false);
        check("aaaaaaaaaaaaa", false);
        check("847362915038", false); // digits only: nothing is left within them
    }

    #[test]
    fn the_list_is_as_it_is_described() {
        assert!(COMMON_SORTED.len() >= 10_000);
        assert!(COMMON_SORTED.is_sorted());
        for entry in COMMON_SORTED.iter() {
            assert!(entry.chars().count() >= MIN_COMMON_CHARS && *entry == entry.to_lowercase(), "{entry}");
        }
    }

    #[tokio::test]
    async fn a_hash_is_of_its_password_only() {
        let first = hash("rivers of pale glass".into()).await.unwrap();
        let second = hash("rivers of pale glass".into()).await.unwrap();
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert_ne!(first, second);
        assert!(verify("rivers of pale glass".into(), Some(first.clone())).await);
        assert!(!verify("rivers of pale glas".into(), Some(first)).await);
        assert!(!verify("".into(), Some(second)).await);
        assert!(!verify("rivers of pale glass".into(), Some("damaged".to_owned())).await);
    }

    #[tokio::test]
    async fn without_an_account_the_same_work_is_done() {
        let shape = |hash: Option<&str>| {
            let (hash, may_match) = to_verify(hash);
            let salt = hash.salt.as_ref().map(|salt| salt.len());
            let output = hash.hash.as_ref().map(|output| output.len());
            ((hash.algorithm, hash.version, hash.params, salt, output), may_match)
        };
        let stored = hash("rivers of pale glass".into()).await.unwrap();
        let (real, may_match) = shape(Some(&stored));
        assert!(may_match);
        assert_eq!(shape(None), (real.clone(), false));
        assert_eq!(shape(Some("damaged")), (real, false));
    }

    /// Even somebody who finds the password of the constant does not get in.
    #[tokio::test]
    async fn no_password_opens_an_account_without_one() {
        for password in ["", "rivers of pale glass", NO_ACCOUNT] {
            assert!(!verify(password.into(), None).await);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn at_most_two_are_hashed_at_once() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering};
        let now = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let works: Vec<_> = (0..16)
            .map(|_| {
                let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                tokio::spawn(at_work(move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(5));
                    now.fetch_sub(1, Ordering::SeqCst);
                }))
            })
            .collect();
        for work in works {
            work.await.unwrap().unwrap();
        }
        assert!((1..=2).contains(&most.load(Ordering::SeqCst)));
    }
}
