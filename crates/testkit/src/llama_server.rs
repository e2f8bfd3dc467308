//! A real model server: llama.cpp's, from PyPI's `xllamacpp`, on loopback and a free port, with a
//! tiny model of random weights. It ends with the test.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running server. Dropping it stops it; so does the end of the process, however it comes.
pub struct LlamaServer {
    python: Child,
    base_url: String,
}

impl LlamaServer {
    /// The key that it asks for.
    pub const API_KEY: &str = "key-of-the-tests-model-server";
    /// What its model is called.
    pub const MODEL: &str = "random";
    /// How many tokens the model reads; a byte is one.
    pub const CONTEXT_TOKENS: usize = 2048;

    /// Starts a server. Panics where it is not installed, and says how to.
    pub fn start() -> Self {
        let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = crate_root.join("../../target/python/llama-server/bin/python");
        let is_installed = python.with_file_name("../.installed-list").exists();
        assert!(
            is_installed,
            "the model server is not installed: `scripts/install/python-parts.sh crates/testkit/llama-server`, or `make setup`"
        );
        let mut python = Command::new(python)
            .arg(crate_root.join("llama-server/server.py"))
            .arg(Self::API_KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("run python");
        let mut base_url = String::new();
        let output = python.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut base_url).expect("read its address");
        let base_url = base_url.trim().to_owned();
        assert!(base_url.starts_with("http://127.0.0.1:"), "the model server does not start: {base_url:?}");
        Self { python, base_url }
    }

    /// What stands before `/chat/completions`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }
}

impl Drop for LlamaServer {
    fn drop(&mut self) {
        drop(self.python.stdin.take());
        let _ = self.python.wait();
    }
}
