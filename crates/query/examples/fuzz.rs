//! Feeds the guard made-up statements for a while, without a nightly compiler:
//! `cargo run -p query --example fuzz -- --minutes 10 [--seed N]`.
//!
//! Ends with status 1 where the guard panics or lets through what the tests' own checker
//! would not, after printing the statement.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "../tests/guard/checker.rs"]
mod checker;
#[path = "../tests/guard/corpus.rs"]
mod corpus;
#[path = "../tests/guard/mutation.rs"]
mod mutation;

use corpus::{guard, moment, statements};
use mutation::{Dice, grown, mutant};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let minutes = argument("--minutes").unwrap_or(1);
    let seed = argument("--seed").unwrap_or(1);
    // The stack that a server's thread has.
    let fuzz = move || fuzz(Duration::from_secs(60 * minutes), seed);
    let is_sound = std::thread::Builder::new().stack_size(2 << 20).spawn(fuzz).unwrap().join().unwrap();
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn argument(name: &str) -> Option<u64> {
    let value = std::env::args().skip_while(|argument| argument != name).nth(1)?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}

fn fuzz(time: Duration, seed: u64) -> bool {
    let (guard, moment) = (guard(), moment());
    let corpus = statements();
    let started = Instant::now();
    let (mut tried, mut accepted) = (0_u64, 0_u64);
    let mut slowest = (Duration::ZERO, String::new());
    while started.elapsed() < time {
        let mut dice = Dice::new(seed.wrapping_add(tried));
        let sql = if tried.is_multiple_of(2) { mutant(&mut dice, &corpus) } else { grown(&mut dice) };
        tried += 1;
        let began = Instant::now();
        let check = AssertUnwindSafe(|| guard.check(&sql, &moment));
        let Ok(answer) = catch_unwind(check) else {
            println!("panicked on: {sql}");
            return false;
        };
        if began.elapsed() > slowest.0 {
            slowest = (began.elapsed(), sql.clone());
        }
        if let Ok(answer) = answer {
            accepted += 1;
            let check = AssertUnwindSafe(|| checker::assert_sound(&guard, &moment, &answer));
            if catch_unwind(check).is_err() {
                println!("unsound: {sql}");
                return false;
            }
        }
    }
    let head: String = slowest.1.chars().take(200).collect();
    println!("{tried} statements, {accepted} accepted, all of them sound; slowest {:?}: {head}", slowest.0);
    true
}
