//! The binary `leadfleet`.

use std::process::ExitCode;

use clap::Parser;
use fleet::cli::Cli;

/// Messages are made of many small texts: with the system's allocator, listing dead letters takes nearly twice as long.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // An error only says that it is installed already.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let exit = match Cli::parse().run().await {
        Ok(exit) => exit,
        Err(failure) => failure.report(),
    };
    ExitCode::from(exit as u8)
}
