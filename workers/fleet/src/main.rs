//! The binary `leadfleet`.

use std::process::ExitCode;

use clap::Parser;
use fleet::cli::Cli;

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
