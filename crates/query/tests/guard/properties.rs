//! Whatever is accepted is sound, by a checker of its own; and nothing makes the guard panic.

use super::checker::assert_sound;
use super::corpus::{guard, moment, queries, statements};
use super::mutation::{Dice, grown, mutant};
use proptest::prelude::*;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static CORPUS: LazyLock<Vec<&'static str>> = LazyLock::new(statements);

#[test]
fn every_query_of_the_corpus_is_sound() {
    for query in queries() {
        assert_sound(&guard(), &moment(), &guard().check(query.sql, &moment()).unwrap());
    }
}

#[test]
fn the_made_up_ones_are_often_accepted() {
    let accepted = |sql: String| guard().check(&sql, &moment()).is_ok();
    let grown = (0..2_000).filter(|seed| accepted(grown(&mut Dice::new(*seed)))).count();
    let mutants = (0..2_000).filter(|seed| accepted(mutant(&mut Dice::new(*seed), &CORPUS))).count();
    assert!(grown > 100 && mutants > 200, "{grown} {mutants}");
}

/// The worst that nesting can do, on the stack that a server's thread has.
#[test]
fn nesting_costs_neither_stack_nor_time() {
    let nest = |open: &str, middle: &str, close: &str| {
        let room = 32 * 1024 - 100 - middle.len();
        [10, 12, 20, 50, 100, room / (open.len() + close.len())]
            .map(|times| format!("SELECT {}{middle}{}", open.repeat(times), close.repeat(times)))
    };
    let statements = [
        nest("(", "1", ")"),
        nest("((((((((((((1))))))))))))+", "1", ""),
        nest("1 FROM (", "SELECT 1", ")"),
        nest("1 FROM (SELECT * FROM ", "x", ") AS x"),
        nest("(SELECT ", "1", ")"),
        nest("CASE WHEN ", "1", " THEN 1 END"),
        nest("CASE ", "1", ""),
        nest("IF(", "1", ", 1, 1)"),
        nest("NOT ", "1", ""),
        nest("- ", "1", ""),
        nest("INTERVAL ", "1", " DAY"),
        nest("1 + ", "1", ""),
        nest("1 AND ", "1", ""),
        nest("1 = ", "1", ""),
        nest("1 BETWEEN 1 AND ", "1", ""),
        nest("CAST(", "1", " AS SIGNED)"),
        nest("CAST(1 AS ARRAY<", "INT", ">)"),
        nest("CAST(1 AS ARRAY(", "INT", "))"),
        nest("STRUCT<a ", "INT", ">"),
        nest("[", "1", "]"),
        nest("{a: ", "1", "}"),
        nest("x[", "1", "]"),
        nest("EXISTS (SELECT ", "1", ")"),
        nest("1 IN (", "1", ")"),
        nest("1 UNION SELECT ", "1", ""),
        nest("a.", "a", ""),
        nest("1, ", "1", ""),
        nest("1 FROM a JOIN ", "b", ""),
        nest("1 FROM a JOIN ", "b", " ON 1"),
        nest("x -> ", "1", ""),
        nest("1 COLLATE ", "x", ""),
        nest("FLOOR(", "STATUS", ")"),
        nest("WITH a AS (", "SELECT 1", ")"),
        nest("TRIM(BOTH ", "1", ")"),
    ];
    let check = move || {
        for sql in statements.iter().flatten() {
            let started = Instant::now();
            let _ = guard().check(sql, &moment());
            let took = started.elapsed();
            assert!(took < Duration::from_secs(2), "{took:?}: {}", &sql[..60]);
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(check).unwrap().join().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_accepted_of_mutants_is_sound(seed in any::<u64>()) {
        let sql = mutant(&mut Dice::new(seed), &CORPUS);
        if let Ok(accepted) = guard().check(&sql, &moment()) {
            assert_sound(&guard(), &moment(), &accepted);
        }
    }

    #[test]
    fn what_is_accepted_of_grown_ones_is_sound(seed in any::<u64>()) {
        let sql = grown(&mut Dice::new(seed));
        if let Ok(accepted) = guard().check(&sql, &moment()) {
            assert_sound(&guard(), &moment(), &accepted);
        }
    }

    #[test]
    fn any_text_is_answered(sql in ".{0,200}") {
        let _ = guard().check(&sql, &moment());
        let _ = guard().check(&format!("SELECT {sql}"), &moment());
    }
}
