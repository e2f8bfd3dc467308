//! The program `sentry`; everything it does is in the library.

use clap::Parser;
use server::cli::{Cli, run};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    run(Cli::parse()).await
}
