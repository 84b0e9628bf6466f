//! A certificate authority that nobody trusts who was not told to, made with openssl.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::postgres::skip;

/// The authority, and what it has issued; it goes with this value.
pub struct Authority(tempfile::TempDir);

impl Authority {
    /// A new one; `None` where openssl is not installed.
    pub fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
            skip("no certificates: openssl is not installed");
            return None;
        }
        let own = Self(tempfile::tempdir().unwrap());
        own.run("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem");
        Some(own)
    }

    fn run(&self, args: &str) {
        let done = Command::new("openssl").args(args.split(' ')).current_dir(self.0.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The file of the authority's own certificate.
    pub fn file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// A certificate for a host until the end of `year`, and its key.
    pub fn issue(&self, host: &str, year: u16) -> [String; 2] {
        let kind = if host.parse::<std::net::IpAddr>().is_ok() { "IP" } else { "DNS" };
        let settings = format!(
            "[ca]\ndefault_ca=c\n[c]\ndatabase=index\nrand_serial=yes\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n\
             unique_subject=no\nx509_extensions=e\n[p]\ncommonName=optional\n[e]\nsubjectAltName={kind}:{host}\n"
        );
        std::fs::write(self.path("settings"), settings).unwrap();
        std::fs::write(self.path("index"), "").unwrap();
        let name = format!("{host}-{year}");
        self.run(&format!("req -newkey rsa:2048 -nodes -subj /CN=server -keyout {name}.key -out {name}.csr"));
        self.run(&format!(
            "ca -batch -notext -config settings -cert ca.pem -keyfile ca.key -in {name}.csr -out {name}.crt \
             -startdate 20200101000000Z -enddate {year}1231000000Z"
        ));
        ["crt", "key"].map(|end| text(&self.path(&format!("{name}.{end}"))))
    }
}

/// A path as an argument.
pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
