//! A certificate for a nats-server of a test, and the one that signed it.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// Stands for a server with a certificate; the files are made when the test is.
pub(crate) const CONFIGURATION: &str = "tls";

/// Makes the files in a folder; what nats-server is told of them, and the certificate that clients need.
pub(crate) fn made(folder: &Path) -> (String, Option<PathBuf>) {
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_file = write("ca.pem", ca.self_signed(&ca_key).unwrap().pem());
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let signed = server.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
    let certificate = write("server.pem", signed.pem());
    let key = write("server.key", key.serialize_pem());
    let told = format!("tls {{ cert_file: {certificate:?}, key_file: {key:?}, min_version: \"1.3\" }}\n");
    (told, Some(ca_file))
}
