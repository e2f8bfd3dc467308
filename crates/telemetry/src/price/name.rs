//! Names of models: the same one is spelled in many ways.

/// The name in small letters, with `-` for every sign between its parts.
pub(super) fn normal(name: &str) -> String {
    let sign = |letter: char| if matches!(letter, '.' | '_' | ':' | '@' | ' ') { '-' } else { letter };
    name.trim().chars().map(|letter| sign(letter.to_ascii_lowercase())).collect()
}

/// The names under which the table may have the model, the longest first: without its provider,
/// then with less and less of the dates and versions at its end.
///
/// Nothing else is cut off: `gpt-4-32k` is no `gpt-4`, and better without a price than with a
/// wrong one.
pub(super) fn candidates(model: &str) -> impl Iterator<Item = String> {
    let own = normal(without_provider(model));
    std::iter::successors(Some(own), |name| without_version(name).map(str::to_owned))
}

/// `openai/gpt-4o` and `us.anthropic.claude-3-haiku` without what is before the model's own name.
fn without_provider(model: &str) -> &str {
    let mut own = model.rsplit('/').next().unwrap_or(model);
    while let Some((provider, rest)) = own.split_once('.')
        && !provider.is_empty()
        && provider.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
    {
        own = rest;
    }
    own
}

/// The name without `-latest`, a date (`-2024-08-06`, `-20240806`, `-0613`), a number of three
/// digits (`-002`) or a version (`-v1`, `-v1-0`) at its end.
fn without_version(name: &str) -> Option<&str> {
    let (rest, last) = name.rsplit_once('-')?;
    if last == "latest" || is_number(last, &[3, 4, 8]) || is_version(last) {
        return Some(rest);
    }
    let (rest, last_but_one) = rest.rsplit_once('-')?;
    if is_version(last_but_one) && is_number(last, &[1, 2]) {
        return Some(rest);
    }
    let (rest, year) = rest.rsplit_once('-')?;
    (is_number(year, &[4]) && is_number(last_but_one, &[2]) && is_number(last, &[2])).then_some(rest)
}

fn is_number(part: &str, digits: &[usize]) -> bool {
    digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|number| is_number(number, &[1, 2]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_providers_dates_and_versions_are_cut_off() {
        let check = |model: &str, expect: &[&str]| {
            assert_eq!(candidates(model).collect::<Vec<_>>(), expect, "{model}");
        };
        check("gpt-4o", &["gpt-4o"]);
        check("GPT-4o", &["gpt-4o"]);
        check("openai/gpt-4o", &["gpt-4o"]);
        check("openrouter/openai/gpt-4o", &["gpt-4o"]);
        check("models/gemini-1.5-pro-002", &["gemini-1-5-pro-002", "gemini-1-5-pro"]);
        check("gpt-4o-2024-08-06", &["gpt-4o-2024-08-06", "gpt-4o"]);
        check("gpt-4-0613", &["gpt-4-0613", "gpt-4"]);
        check("gpt-3.5-turbo-0125", &["gpt-3-5-turbo-0125", "gpt-3-5-turbo"]);
        check("claude-3-5-sonnet-20240620", &["claude-3-5-sonnet-20240620", "claude-3-5-sonnet"]);
        check("claude-3.5-sonnet", &["claude-3-5-sonnet"]);
        check("claude-3-opus@20240229", &["claude-3-opus-20240229", "claude-3-opus"]);
        check("mistral-large-latest", &["mistral-large-latest", "mistral-large"]);
        let bedrock = ["claude-3-haiku-20240307-v1-0", "claude-3-haiku-20240307", "claude-3-haiku"];
        check("us.anthropic.claude-3-haiku-20240307-v1:0", &bedrock);
        check("us-gov.anthropic.claude-3-haiku-20240307-v1:0", &bedrock);
        for other in
            ["gpt-4-32k", "gpt-4-turbo-preview", "gpt-4o-mini", "gpt-4-1", "o1", "ft-gpt-4o-acme", ""]
        {
            check(other, &[other]);
        }
        check("gpt-4.1", &["gpt-4-1"]);
        check("llama-3.1-70b:free", &["llama-3-1-70b-free"]);
        check("ü.-v1", &["ü--v1", "ü-"]);
    }

    proptest! {
        #[test]
        fn any_name_has_an_end(model in "\\PC{0,24}", more in "([-./:v0-9]|latest){0,12}") {
            let names: Vec<_> = candidates(&(model + &more)).collect();
            prop_assert!(names.windows(2).all(|pair| pair[0].starts_with(&pair[1]) && pair[1].len() < pair[0].len()));
        }
    }
}
