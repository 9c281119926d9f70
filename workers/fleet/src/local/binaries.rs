//! Where nats-server and Postgres are on this machine, and whether they are new enough.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::Error;

/// Older servers take settings they do not know and silently drop them.
pub const MIN_NATS_SERVER: [u32; 3] = [2, 12, 5];
pub const MIN_POSTGRES: [u32; 1] = [15];

/// Where the caller says the programs are; what is `None` is searched for.
#[derive(Debug, Clone, Default)]
pub struct Binaries {
    /// The nats-server executable.
    pub nats_server: Option<PathBuf>,
    /// The directory that holds `initdb` and `postgres`.
    pub postgres_bin: Option<PathBuf>,
}

/// A program that was found and is new enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    pub path: PathBuf,
    pub version: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresBinaries {
    pub postgres: Binary,
    pub initdb: PathBuf,
}

impl Binaries {
    /// The named nats-server, else the first on this machine that is new enough.
    pub fn nats_server(&self) -> Result<Binary, Error> {
        let named =
            self.nats_server.clone().or_else(|| env::var_os("LEADFLEET_NATS_SERVER").map(PathBuf::from));
        if let Some(path) = named {
            return new_enough("nats-server", path, &MIN_NATS_SERVER);
        }
        first("nats-server", places_of_nats_server(), &MIN_NATS_SERVER)
    }

    /// The named Postgres, else the first on this machine that is new enough.
    pub fn postgres(&self) -> Result<PostgresBinaries, Error> {
        let named =
            self.postgres_bin.clone().or_else(|| env::var_os("LEADFLEET_POSTGRES_BIN").map(PathBuf::from));
        let postgres = match named {
            Some(bin) => new_enough("postgres", bin.join("postgres"), &MIN_POSTGRES)?,
            None => first("postgres", places_of_postgres(), &MIN_POSTGRES)?,
        };
        // Debian's /usr/local/bin/postgres may be a link: initdb looks for its share directory beside the real one.
        let real = fs::canonicalize(&postgres.path).unwrap_or_else(|_| postgres.path.clone());
        let initdb = real.with_file_name("initdb");
        if !initdb.is_file() {
            return Err(Error::NotFound { program: "initdb" });
        }
        Ok(PostgresBinaries { postgres: Binary { path: real, ..postgres }, initdb })
    }
}

/// setpriv of util-linux lends Postgres another account and ties a child's life to its parent's.
pub(crate) fn setpriv() -> Result<PathBuf, Error> {
    on_path("setpriv").into_iter().next().ok_or(Error::NotFound { program: "setpriv" })
}

pub(crate) fn dotted(version: &[u32]) -> String {
    version.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

/// The first candidate that is new enough; if there is none, the complaint about the newest kind of failure.
fn first(program: &'static str, places: Vec<PathBuf>, needed: &[u32]) -> Result<Binary, Error> {
    let mut complaint = Error::NotFound { program };
    for path in places.into_iter().filter(|path| path.is_file()) {
        match new_enough(program, path, needed) {
            Ok(binary) => return Ok(binary),
            Err(error) => complaint = error,
        }
    }
    Err(complaint)
}

fn new_enough(program: &'static str, path: PathBuf, needed: &[u32]) -> Result<Binary, Error> {
    let output = Command::new(&path)
        .arg("--version")
        .output()
        .map_err(|source| Error::Run { path: path.clone(), source })?;
    let output = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let Some(found) = version_in(&output) else {
        return Err(Error::NoVersion { path, output });
    };
    if found.as_slice() < needed {
        return Err(Error::TooOld { program, path, found, needed: needed.to_vec() });
    }
    Ok(Binary { path, version: found })
}

/// The first dotted number of `nats-server: v2.15.1` or `postgres (PostgreSQL) 15.18 (Debian …)`.
fn version_in(output: &str) -> Option<Vec<u32>> {
    let start = output.find(|c: char| c.is_ascii_digit())?;
    let number = &output[start..];
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    number[..end].trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect()
}

fn places_of_nats_server() -> Vec<PathBuf> {
    let mut places = on_path("nats-server");
    // Debian puts daemons where a user's PATH does not look.
    places.push("/usr/sbin/nats-server".into());
    // `make setup` unpacks its copy into the workspace that this executable was built in.
    if let Ok(executable) = env::current_exe() {
        places.extend(executable.ancestors().skip(1).map(|dir| dir.join(".tools/nats-server")));
    }
    places.extend(cache_dir().map(|dir| dir.join("nats-server")));
    places.extend(BREW.iter().map(|brew| Path::new(brew).join("bin/nats-server")));
    places
}

fn places_of_postgres() -> Vec<PathBuf> {
    let mut places = on_path("postgres");
    let mut debian = subdirectories(Path::new("/usr/lib/postgresql"));
    debian.sort_by_key(|dir| dir.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    places.extend(debian.iter().rev().map(|dir| dir.join("bin/postgres")));
    for brew in BREW {
        let kegs = subdirectories(&Path::new(brew).join("opt"));
        places.extend(
            kegs.iter()
                .filter(|keg| {
                    keg.file_name().is_some_and(|name| name.to_string_lossy().starts_with("postgresql"))
                })
                .map(|keg| keg.join("bin/postgres")),
        );
    }
    places
}

const BREW: [&str; 3] = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];

fn on_path(program: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|dir| dir.join(program)).filter(|file| file.is_file()).collect()
}

fn subdirectories(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn cache_dir() -> Option<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    Some(base.join("leadfleet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, expected: &[u32]) {
        assert_eq!(version_in(output).as_deref(), Some(expected), "{output}");
    }

    #[test]
    fn the_version_of_nats_server_is_read() {
        check("nats-server: v2.15.1", &[2, 15, 1]);
    }

    #[test]
    fn the_version_of_a_release_candidate_is_its_number() {
        check("nats-server: v2.14.0-RC.1", &[2, 14, 0]);
    }

    #[test]
    fn the_version_of_debians_postgres_is_read() {
        check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", &[15, 18]);
    }

    #[test]
    fn the_version_of_a_postgres_beta_is_its_major() {
        check("postgres (PostgreSQL) 19beta1", &[19]);
    }

    #[test]
    fn a_text_without_a_number_has_no_version() {
        assert_eq!(version_in("command not found"), None);
    }

    #[test]
    fn versions_compare_by_number_and_not_by_text() {
        assert!([2, 9, 10].as_slice() < MIN_NATS_SERVER.as_slice());
        assert!([2, 12, 5].as_slice() >= MIN_NATS_SERVER.as_slice());
        assert!([15, 18].as_slice() >= MIN_POSTGRES.as_slice());
    }
}
