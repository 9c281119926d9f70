//! The users of a test's nats-server, as `leadfleet provision --users` makes them.

use std::path::{Path, PathBuf};
use std::process::Command;

use async_nats::ConnectOptions;
use runtime::Login;

use crate::program::program;
use crate::tls;

/// Each kind of process has a user with the rights that it needs; a test itself is an operator.
#[derive(Debug)]
pub struct Users {
    folder: PathBuf,
    /// The certificate that signed the server's, where it has one.
    ca_file: Option<PathBuf>,
    /// What nats-server is configured with beside the users.
    beside: String,
}

impl Users {
    pub(crate) fn made(folder: &Path, beside: &str) -> Self {
        let folder = folder.join("users");
        let made =
            Command::new(program()).args(["provision", "--quiet", "--users"]).arg(&folder).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let tls = beside == tls::CONFIGURATION;
        let (beside, ca_file) = if tls { tls::made(&folder) } else { (beside.to_owned(), None) };
        Self { folder, ca_file, beside }
    }

    /// For nats-server.
    pub fn configuration(&self) -> String {
        std::fs::read_to_string(self.folder.join("users.conf")).unwrap() + &self.beside
    }

    /// What a process of a user is told.
    pub(crate) fn environment(&self, user: &str) -> Vec<(String, String)> {
        let Login { nats_seed_file, nats_ca_file } = self.login(user);
        let files = [("NATS_SEED_FILE", nats_seed_file), ("NATS_CA_FILE", nats_ca_file)];
        let set =
            |(name, file): (&str, Option<PathBuf>)| Some((name.to_owned(), file?.display().to_string()));
        files.into_iter().filter_map(set).collect()
    }

    pub fn login(&self, user: &str) -> Login {
        Login { nats_seed_file: Some(self.seed_file(user)), nats_ca_file: self.ca_file.clone() }
    }

    /// For a client that knows nothing of leadfleet: a user's inbox is its own.
    pub fn options(&self, user: &str) -> ConnectOptions {
        let file = self.seed_file(user);
        let options = ConnectOptions::new()
            .nkey(std::fs::read_to_string(&file).unwrap())
            .custom_inbox_prefix(runtime::inbox(&runtime::public_key(&file).unwrap()));
        match &self.ca_file {
            Some(file) => options.add_root_certificates(file.clone()).require_tls(true),
            None => options,
        }
    }

    fn seed_file(&self, user: &str) -> PathBuf {
        self.folder.join(format!("{user}.seed"))
    }
}
