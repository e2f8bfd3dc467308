//! What can be said of a statement before it is parsed: its size, its characters, its tokens.
//!
//! The parser's time and stack grow with nesting, so both are bounded here.

use crate::refusal::Refusal;
use sqlparser::dialect::MySqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Whitespace};

/// Bytes of a statement: room for every dataset id of a large catalog, twice.
pub(crate) const MAX_BYTES: usize = 32 * 1024;
/// Nested parentheses. Each level can double the parser's work.
pub(crate) const MAX_PARENTHESES: usize = 12;
/// Tokens, without white space.
const MAX_TOKENS: usize = 6_000;

/// The tokens of `sql`, none of them a comment, variable or placeholder, without the `;` at its
/// end.
pub(crate) fn tokenize(sql: &str) -> Result<Vec<TokenWithSpan>, Refusal> {
    if sql.len() > MAX_BYTES {
        return Err(Refusal::TooLong { limit: MAX_BYTES });
    }
    if sql.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Refusal::ControlCharacter);
    }
    if has_comment(sql) {
        return Err(Refusal::Comment);
    }
    let mut tokens = Tokenizer::new(&MySqlDialect {}, sql)
        .tokenize_with_location()
        .map_err(|error| Refusal::Unreadable(error.message))?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(ref space) if !is_comment(space)));
    if tokens.last().is_some_and(|token| token.token == Token::SemiColon) {
        tokens.pop();
    }
    if tokens.len() > MAX_TOKENS {
        return Err(Refusal::TooComplex { what: "words", limit: MAX_TOKENS });
    }
    let mut depth = 0_usize;
    for token in &tokens {
        check_token(&token.token)?;
        depth = match token.token {
            Token::LParen => depth + 1,
            Token::RParen => depth.saturating_sub(1),
            _ => depth,
        };
        if depth > MAX_PARENTHESES {
            return Err(Refusal::TooComplex { what: "nested parentheses", limit: MAX_PARENTHESES });
        }
    }
    Ok(tokens)
}

fn check_token(token: &Token) -> Result<(), Refusal> {
    match token {
        Token::SemiColon => Err(Refusal::SeveralStatements),
        Token::Whitespace(_) => Err(Refusal::Comment),
        Token::AtSign | Token::AtAt | Token::Assignment | Token::AtArrow | Token::AtDashAt => {
            Err(Refusal::Variable)
        }
        Token::Word(word) if word.quote_style.is_none() && word.value.contains('@') => Err(Refusal::Variable),
        Token::Placeholder(name) => Err(Refusal::Placeholder(name.clone())),
        Token::Question | Token::Colon => Err(Refusal::Placeholder(token.to_string())),
        Token::Word(word) if word.quote_style.is_none() && word.keyword == Keyword::INTO => {
            Err(Refusal::Into)
        }
        _ => Ok(()),
    }
}

fn is_comment(space: &Whitespace) -> bool {
    matches!(space, Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_))
}

/// Whether a comment begins anywhere outside quotes. The tokenizer would read the inside of
/// `/*! … */` as MySQL does, as a part of the statement.
fn has_comment(sql: &str) -> bool {
    let bytes = sql.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        let (byte, next) = (bytes[at], bytes.get(at + 1));
        match quote {
            Some(_) if byte == b'\\' && quote != Some(b'`') => at += 1,
            Some(open) if byte == open => quote = None,
            Some(_) => {}
            None if matches!(byte, b'\'' | b'"' | b'`') => quote = Some(byte),
            None if byte == b'#' => return true,
            None if byte == b'-' && next == Some(&b'-') => return true,
            None if byte == b'/' && next == Some(&b'*') => return true,
            None => {}
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str, expect: Result<usize, &str>) {
        let found = tokenize(sql);
        assert_eq!(found.as_ref().map(Vec::len).map_err(Refusal::code), expect, "{sql}");
    }

    #[test]
    fn only_plain_statements_pass() {
        check("SELECT 1", Ok(2));
        check("SELECT 1;", Ok(2));
        check("SELECT\n\t1\r\n ; ", Ok(2));
        check("SELECT '-- # /* */ ; @a ?'", Ok(2));
        check("SELECT 'it''s -- # \\' /*'", Ok(2));
        check("SELECT `a--b`", Ok(2));
        check("SELECT 1;;", Err("several_statements"));
        check("SELECT 1; SELECT 2", Err("several_statements"));
        check("SELECT 1 -- x", Err("comment"));
        check("SELECT 1--1", Err("comment"));
        check("SELECT 1 # x", Err("comment"));
        check("SELECT /*!50000 1 */", Err("comment"));
        check("SELECT 'a' /* ' */", Err("comment"));
        check("SELECT @@version", Err("variable"));
        check("SELECT a := 1", Err("variable"));
        check("SELECT ?", Err("placeholder"));
        check("SELECT :id", Err("placeholder"));
        check("SELECT 'a", Err("unreadable"));
        check("SELECT \0", Err("control_character"));
        check("SELECT \u{85}1", Err("control_character"));
        check(&format!("SELECT {}1{}", "(".repeat(12), ")".repeat(12)), Ok(26));
        check(&format!("SELECT {}1{}", "(".repeat(13), ")".repeat(13)), Err("too_complex"));
        check(&"SELECT ".repeat(6_000), Err("too_long"));
        check(&"1 ".repeat(6_001), Err("too_complex"));
    }
}
