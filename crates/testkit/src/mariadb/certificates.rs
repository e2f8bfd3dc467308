//! An authority, a certificate of the server from it, and an authority nobody uses.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use std::path::Path;

/// Writes `ca.pem`, `server.pem`, `server.key` and `foreign-ca.pem` into `dir`; the server's is
/// for `host_names`.
pub(crate) fn write(dir: &Path, host_names: &[&str]) {
    let (ca_pem, issuer) = authority("SENTRY test authority");
    let (foreign_pem, _) = authority("SENTRY foreign authority");
    let key = KeyPair::generate().expect("generate a key");
    let names: Vec<String> = host_names.iter().map(|name| (*name).to_owned()).collect();
    let server = CertificateParams::new(names)
        .and_then(|params| params.signed_by(&key, &issuer))
        .expect("issue the server's certificate");
    for (file, content) in [
        ("ca.pem", ca_pem),
        ("foreign-ca.pem", foreign_pem),
        ("server.pem", server.pem()),
        ("server.key", key.serialize_pem()),
    ] {
        std::fs::write(dir.join(file), content).unwrap_or_else(|error| panic!("write {file}: {error}"));
    }
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("generate a key");
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let pem = params.self_signed(&key).expect("sign the authority").pem();
    (pem, Issuer::new(params, key))
}
