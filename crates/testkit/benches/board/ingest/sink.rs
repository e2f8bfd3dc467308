//! A server that reads what it is sent and does nothing with it.

use super::load::cpu_time;
use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use tokio::net::TcpListener;

/// Listens until the process ends.
pub(super) struct Sink {
    /// Where it listens.
    pub(super) address: SocketAddr,
    stat: String,
}

impl Sink {
    /// Starts it on a thread of its own.
    pub(super) fn start() -> anyhow::Result<Self> {
        let (say, started) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
                let thread = std::fs::read_link("/proc/thread-self")?;
                let stat = format!("/proc/{}/stat", thread.display());
                let _ = say.send(Self { address: listener.local_addr()?, stat });
                let read = post(async |_: Bytes| ());
                axum::serve(listener, Router::new().fallback(read)).await
            })
        });
        started.recv().context("start the sink")
    }

    /// What its thread has computed so far.
    pub(super) fn cpu_time(&self) -> anyhow::Result<std::time::Duration> {
        cpu_time(&self.stat)
    }
}
