//! Keys, tokens and credentials.

use super::Kind;
use std::ops::Range;

type Found = Option<(Range<usize>, Kind)>;

/// How tokens begin, and how many characters they have at least, the prefix included.
const PREFIXES: [(&[u8], usize); 41] = [
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
    (b"ya29", 24),
    (b"GOCSPX-", 24),
    (b"dop_v1_", 24),
    (b"dapi", 36),
    (b"hvs", 24),
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
    (b"SG", 60),
    (b"whsec_", 24),
    // Stripe's, and our own machine keys.
    (b"sk_live_", 20),
    (b"sk_test_", 20),
    (b"rk_live_", 20),
];

/// Where the word that begins at `place` ends.
pub(super) fn word_end(text: &[u8], place: usize) -> usize {
    place + text[place..].iter().take_while(|byte| is_word(**byte)).count()
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || !byte.is_ascii()
}

/// A token that begins with the word, or credentials that follow it.
pub(super) fn token(text: &[u8], word: Range<usize>) -> Found {
    let bytes = &text[word.clone()];
    if bytes.len() < 8 {
        return match bytes.len() {
            6 if bytes.eq_ignore_ascii_case(b"bearer") => credentials(text, word.end),
            5 if bytes.eq_ignore_ascii_case(b"basic") => credentials(text, word.end),
            _ => with_points(text, word),
        };
    }
    match bytes[0] {
        b'e' => json_web_token(text, word),
        b'A' | b'S' | b'G' | b'd' | b'f' | b'g' | b'h' | b'l' | b'n' | b'p' | b'r' | b's' | b't' | b'w'
        | b'x' | b'y' => with_points(text, word),
        _ => None,
    }
}

/// Tokens of some providers have points in them: `SG.…`, `ya29.…`, `hvs.…`.
fn with_points(text: &[u8], word: Range<usize>) -> Found {
    let bytes = &text[word.clone()];
    let &(prefix, shortest) = PREFIXES.iter().find(|(prefix, _)| bytes.starts_with(prefix))?;
    let has_points = matches!(prefix, b"SG" | b"ya29" | b"hvs");
    if has_points && (bytes.len() != prefix.len() || text.get(word.end) != Some(&b'.')) {
        return None;
    }
    let end =
        if has_points { run_end(text, word.end, |byte| is_word(byte) || byte == b'.') } else { word.end };
    // Words joined by hyphens have no digit in them.
    let rest = &text[word.start + prefix.len()..end];
    let looks_random = rest.iter().any(u8::is_ascii_digit) && rest.is_ascii();
    (end - word.start >= shortest && looks_random).then_some((word.start..end, Kind::Token))
}

fn run_end(text: &[u8], place: usize, belongs: impl Fn(u8) -> bool) -> usize {
    place + text[place..].iter().take_while(|byte| belongs(**byte)).count()
}

/// `header.payload.signature`: JSON in base64 begins with `eyJ`.
fn json_web_token(text: &[u8], header: Range<usize>) -> Found {
    if !text[header.clone()].starts_with(b"eyJ") || text.get(header.end) != Some(&b'.') {
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
