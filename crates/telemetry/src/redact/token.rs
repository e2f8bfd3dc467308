//! Keys, tokens and credentials.

use super::{Kind, is_word};
use std::ops::Range;

type Found = Option<(Range<usize>, Kind)>;

/// No prefix has shorter tokens.
const SHORTEST_TOKEN: usize = 20;

/// How tokens begin, and how many characters they have at least, the prefix included.
const PREFIXES: [(&[u8], usize); 38] = [
    // Providers of models. `sk-` is OpenAI's, Anthropic's, DeepSeek's, OpenRouter's and others'.
    (b"sk-", 20),
    (b"gsk_", 24),
    (b"xai-", 24),
    (b"hf_", 24),
    (b"r8_", 24),
    (b"pplx-", 24),
    (b"nvapi-", 24),
    (b"AIza", 35),
    (b"tgp_v1_", 24),
    (b"fw_", 24),
    (b"lsv2_", 24),
    (b"pk-lf-", 24),
    // Clouds.
    (b"AKIA", 20),
    (b"ASIA", 20),
    (b"GOCSPX-", 24),
    (b"dop_v1_", 24),
    (b"dapi", 36),
    // Code and packages.
    (b"ghp_", 36),
    (b"gho_", 36),
    (b"ghu_", 36),
    (b"ghs_", 36),
    (b"ghr_", 36),
    (b"github_pat_", 40),
    (b"glpat-", 20),
    (b"npm_", 36),
    (b"pypi-", 40),
    (b"dckr_pat_", 24),
    // Chat, mail, payment.
    (b"xoxb-", 20),
    (b"xoxp-", 20),
    (b"xoxa-", 20),
    (b"xoxs-", 20),
    (b"xoxr-", 20),
    (b"xoxe-", 20),
    (b"xapp-", 20),
    (b"whsec_", 24),
    // Stripe's, and our own machine keys.
    (b"sk_live_", 20),
    (b"sk_test_", 20),
    (b"rk_live_", 20),
];

/// The shortest header of a JSON Web Token: `{"alg":""}` in base64.
const SHORTEST_HEADER: usize = 14;

/// Tokens with points in them: what stands before the first one, and how many characters there are
/// at least.
const POINTED: [(&[u8], usize); 3] = [(b"SG", 60), (b"hvs", 24), (b"ya29", 24)];

/// Where the word that begins at `place` ends.
pub(super) fn word_end(text: &[u8], place: usize) -> usize {
    run_end(text, place, is_word)
}

/// A token that begins with the word, or credentials that follow it.
pub(super) fn token(text: &[u8], word: Range<usize>) -> Found {
    let bytes = &text[word.clone()];
    // Most words are of a length that nothing secret has.
    match bytes.len() {
        2..=4 => pointed(text, word),
        5 if bytes.eq_ignore_ascii_case(b"basic") => credentials(text, word.end),
        6 if bytes.eq_ignore_ascii_case(b"bearer") => credentials(text, word.end),
        SHORTEST_HEADER.. if bytes.starts_with(b"eyJ") => json_web_token(text, word),
        SHORTEST_TOKEN.. => prefixed(bytes).then_some((word, Kind::Token)),
        _ => None,
    }
}

fn prefixed(word: &[u8]) -> bool {
    let prefix = PREFIXES.iter().find(|(prefix, _)| prefix[0] == word[0] && word.starts_with(prefix));
    prefix.is_some_and(|(prefix, shortest)| word.len() >= *shortest && looks_random(&word[prefix.len()..]))
}

fn pointed(text: &[u8], word: Range<usize>) -> Found {
    if text.get(word.end) != Some(&b'.') {
        return None;
    }
    let (_, shortest) = POINTED.iter().find(|(start, _)| text[word.clone()] == **start)?;
    let end = run_end(text, word.end, |byte| is_word(byte) || byte == b'.');
    (end - word.start >= *shortest && looks_random(&text[word.end..end]))
        .then_some((word.start..end, Kind::Token))
}

/// Words that are joined by hyphens have no digit in them.
fn looks_random(rest: &[u8]) -> bool {
    rest.iter().any(u8::is_ascii_digit) && rest.is_ascii()
}

fn run_end(text: &[u8], place: usize, belongs: impl Fn(u8) -> bool) -> usize {
    place + text[place..].iter().take_while(|byte| belongs(**byte)).count()
}

/// `header.payload.signature`: JSON in base64 begins with `eyJ`.
fn json_web_token(text: &[u8], header: Range<usize>) -> Found {
    if text.get(header.end) != Some(&b'.') {
        return None;
    }
    let payload = header.end + 1;
    if !text[payload..].starts_with(b"eyJ") {
        return None;
    }
    let end = run_end(text, payload, |byte| is_word(byte) && byte.is_ascii() || byte == b'.');
    Some((header.start..end, Kind::Token))
}

/// What follows `Bearer` or `Basic`: `token68` of HTTP, long enough to be no word of a sentence.
fn credentials(text: &[u8], scheme_end: usize) -> Found {
    if text.get(scheme_end) != Some(&b' ') {
        return None;
    }
    let start = run_end(text, scheme_end, |byte| byte == b' ');
    let end = run_end(text, start, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
    });
    let credentials = &text[start..end];
    let is_of_word = |byte: &u8| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'.');
    let is_secret = credentials.len() >= 12 && !credentials[1..].iter().all(is_of_word);
    is_secret.then_some((start..end, Kind::Credentials))
}

/// The password of `scheme://user:password@host`, where `place` is at the first colon.
pub(super) fn url_password(text: &[u8], place: usize) -> Found {
    const LONGEST: usize = 256;
    let authority = text[place..].strip_prefix(b"://")?;
    let end = authority
        .iter()
        .take(LONGEST)
        .position(|byte| matches!(byte, b'/' | b'?' | b'#' | b' ' | b'"' | b'\''));
    let authority = &authority[..end.unwrap_or(authority.len().min(LONGEST))];
    let at = authority.iter().rposition(|byte| *byte == b'@')?;
    let colon = authority[..at].iter().position(|byte| *byte == b':')?;
    let start = place + 3 + colon + 1;
    let end = place + 3 + at;
    let is_redacted = text[start..end].starts_with(b"[redacted:");
    (start < end && text[start..end].is_ascii() && !is_redacted).then_some((start..end, Kind::Credentials))
}

/// A PEM block of a private key, where `place` is at the first hyphen.
pub(super) fn private_key(text: &[u8], place: usize) -> Found {
    const BEGIN: &[u8] = b"-----BEGIN ";
    const LONGEST_LABEL: usize = 40;
    const KEY: &[u8] = b"PRIVATE KEY";
    let label = text[place..].strip_prefix(BEGIN)?;
    let label = &label[..label.len().min(LONGEST_LABEL)];
    let key = label.windows(KEY.len()).position(|window| window == KEY)?;
    let body = place + BEGIN.len() + key + KEY.len();
    let after_end =
        text[body..].windows(9).position(|window| window == b"-----END ").map(|end| body + end + 9);
    let end = match after_end {
        // Up to the hyphens that close the line, or as far as the text goes.
        Some(label) => {
            let hyphens = run_end(text, label, |byte| byte != b'-' && byte != b'\n');
            run_end(text, hyphens, |byte| byte == b'-')
        }
        None => text.len(),
    };
    Some((place..end, Kind::PrivateKey))
}
