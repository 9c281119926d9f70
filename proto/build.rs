//! Compiles the schemas with protox, so that no protoc has to be installed.

use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut files: Vec<_> = fs::read_dir("leadfleet/v1")?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    println!("cargo:rerun-if-changed=leadfleet/v1");

    let descriptors = protox::compile(&files, ["."])?;
    #[expect(clippy::disallowed_methods, reason = "cargo names the output folder in the environment")]
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("descriptors.bin"), prost::Message::encode_to_vec(&descriptors))?;
    prost_build::Config::new()
        .enable_type_names()
        .message_attribute(".", "#[derive(serde::Serialize)]")
        .compile_fds(descriptors)?;
    Ok(())
}
