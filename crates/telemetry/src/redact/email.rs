//! E-mail addresses.

use super::Kind;
use std::ops::Range;

/// How long the parts may be (RFC 5321).
const LONGEST_LOCAL: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// The address around the `@` at `at`, of which nothing before `done` can be part.
pub(super) fn email(text: &[u8], at: usize, done: usize) -> Option<(Range<usize>, Kind)> {
    let is_local = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let is_domain = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let local = text[done..at].iter().rev().take(LONGEST_LOCAL).take_while(is_local).count();
    let domain = text[at + 1..].iter().take(LONGEST_DOMAIN).take_while(is_domain).count();
    let domain = &text[at + 1..at + 1 + domain];
    // The point that ends a sentence is not part of it.
    let last = domain.iter().rposition(u8::is_ascii_alphanumeric)?;
    let domain = &domain[..=last];
    let point = domain.iter().rposition(|byte| *byte == b'.')?;
    let top = &domain[point + 1..];
    let is_address = local > 0 && point > 0 && top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic);
    is_address.then_some((at - local..at + 1 + domain.len(), Kind::Email))
}
