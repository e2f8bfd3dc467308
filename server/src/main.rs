//! The program `sentry`; everything it does is in the library.

use clap::Parser;
use mimalloc::MiMalloc;
use server::cli::{Cli, run};
use std::process::ExitCode;

/// Telemetry is many small pieces that one thread makes and another drops; the system's allocator
/// takes a tenth longer for a span.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Pages are deeply nested types, and an unoptimised build renders them with deep stacks.
/// Only what is touched takes memory.
const STACK_BYTES: usize = 16 * 1024 * 1024;

fn main() -> ExitCode {
    match start(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("sentry: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> anyhow::Result<ExitCode> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK_BYTES).build()?;
    // On a thread of the runtime, not on the process's first, whose stack is not ours to choose.
    runtime.block_on(async { tokio::spawn(run(cli)).await })?
}
