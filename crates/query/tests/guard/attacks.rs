//! Everything in the corpus of attacks is refused, for the reason that it should be.

use super::corpus::{attacks, guard, moment};
use std::collections::HashSet;

#[test]
fn every_attack_is_refused_for_its_reason() {
    let attacks = attacks();
    assert!(attacks.len() >= 150, "{}", attacks.len());
    let wrong: Vec<String> = attacks
        .iter()
        .filter_map(|attack| match guard().check(attack.sql, &moment()) {
            Err(refusal) if refusal.code() == attack.code => None,
            Err(refusal) => {
                Some(format!("{}: {}, not {}: {refusal}", attack.name, refusal.code(), attack.code))
            }
            Ok(accepted) => Some(format!("{}: accepted as {}", attack.name, accepted.sql)),
        })
        .collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn names_are_used_once() {
    let mut names = HashSet::new();
    for attack in attacks() {
        assert!(names.insert(attack.name), "{}", attack.name);
    }
}
