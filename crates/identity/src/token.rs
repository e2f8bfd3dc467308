//! Random tokens, keys and ids, from the operating system's generator.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;

const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Crockford's: without letters that are taken for digits.
const BASE_32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What every machine key starts with.
pub const MACHINE_KEY_PREFIX: &str = "sk_live_";
const MACHINE_KEY_CHARS: usize = 40;
const ID_CHARS: usize = 20;

/// A token of 256 random bits, 43 characters of URL-safe base64: sessions, invitations, states.
pub fn new_token() -> SecretString {
    let mut bytes = [0; 32];
    fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes).into()
}

/// A machine key: `sk_live_` and 40 letters and digits, 238 random bits.
pub fn new_machine_key() -> SecretString {
    format!("{MACHINE_KEY_PREFIX}{}", characters(ALPHANUMERIC, MACHINE_KEY_CHARS)).into()
}

/// An id that nobody can guess and that never comes twice: `prefix` and 100 random bits as 20
/// lower-case letters and digits, for example `usr_` with `q3…`.
pub fn new_id(prefix: &str) -> String {
    format!("{prefix}{}", characters(BASE_32, ID_CHARS))
}

/// A random UUID (version 4, RFC 9562).
pub fn new_uuid() -> [u8; 16] {
    let mut bytes = [0; 16];
    fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    bytes
}

fn characters(alphabet: &[u8], count: usize) -> String {
    // Bytes past the last whole multiple of the alphabet would favour its first letters.
    let bound = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(count);
    let mut bytes = [0; 64];
    while text.len() < count {
        fill(&mut bytes);
        let fair = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < bound);
        text.extend(fair.take(count - text.len()).map(|byte| char::from(alphabet[byte % alphabet.len()])));
    }
    text
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("every supported system has a random generator");
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn a_token_is_256_bits_and_goes_into_a_url() {
        let tokens: BTreeSet<String> = (0..1000).map(|_| new_token().expose_secret().to_owned()).collect();
        assert_eq!(tokens.len(), 1000);
        for token in tokens {
            assert_eq!(URL_SAFE_NO_PAD.decode(&token).unwrap().len(), 32);
            assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        }
    }

    #[test]
    fn a_machine_key_is_known_by_its_prefix() {
        let key = new_machine_key();
        let rest = key.expose_secret().strip_prefix("sk_live_").unwrap();
        assert_eq!(rest.len(), 40);
        assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn an_id_is_its_prefix_and_20_characters() {
        let ids: BTreeSet<String> = (0..1000).map(|_| new_id("usr_")).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let rest = id.strip_prefix("usr_").unwrap();
            assert_eq!(rest.len(), 20);
            assert!(rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()), "{id}");
        }
    }

    /// 62,000 characters: 1,000 ± 32 of each; seven deviations would be chance once in 10^10.
    #[test]
    fn no_character_is_favoured() {
        let mut counts = BTreeMap::<char, u32>::new();
        for char in characters(ALPHANUMERIC, 62_000).chars() {
            *counts.entry(char).or_default() += 1;
        }
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|count| (780..=1220).contains(count)), "{counts:?}");
    }
}
