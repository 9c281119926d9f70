//! The files of a run against their manifest.

use std::path::Path;

use db::{DEFAULT_CLIENT, Uuid};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Verdict;

/// Files that are whole, all of them of this run, and what the manifest says they are.
pub(crate) fn check(
    run: &str,
    outputs: &Path,
    client: Uuid,
    date: &str,
    matched: u32,
    verdict: &mut Verdict,
) {
    let folder = if client == DEFAULT_CLIENT { outputs.to_owned() } else { outputs.join(client.to_string()) };
    let read = |name: &str| std::fs::read(folder.join(name));
    let name = format!("manifest-{date}.json");
    let manifest = match read(&name).map(|bytes| serde_json::from_slice::<Value>(&bytes)) {
        Ok(Ok(manifest)) => manifest,
        Ok(Err(error)) => return verdict.wrong.push(format!("{run}: {name} is no JSON: {error}")),
        Err(error) => return verdict.lost.push(format!("{run}: {name}: {error}")),
    };
    if manifest["run_id"] != run || manifest["clinics_matched"] != matched {
        let (id, clinics) = (&manifest["run_id"], &manifest["clinics_matched"]);
        verdict.wrong.push(format!("{run}: {name} is of {id} with {clinics} clinics"));
    }
    let files = manifest["files"].as_array().map(Vec::as_slice).unwrap_or_default();
    if files.len() < 4 {
        verdict.lost.push(format!("{run}: {name} names {} files", files.len()));
    }
    for file in files {
        let name = file["name"].as_str().unwrap_or_default();
        match read(name) {
            Err(error) => verdict.lost.push(format!("{run}: {name}: {error}")),
            Ok(bytes) if file["sha256"] != hex(&Sha256::digest(&bytes)) => {
                verdict.wrong.push(format!("{run}: {name} is not the file of its manifest"));
            }
            Ok(_) => {}
        }
        let counted = file["format"] == "csv" || file["format"] == "json";
        if counted && file["rows"].as_u64().is_none_or(|rows| rows < u64::from(matched)) {
            verdict.lost.push(format!("{run}: {name} has {} rows of {matched}", file["rows"]));
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
