//! The catalog's HTTP API, answering with the reference estate's definitions.

use anyhow::Context;
use serde_json::{Map, Value};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running catalog. Dropping it ends it.
pub(crate) struct Lenz {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Lenz {
    /// Answers `GET /def?name=` with what `definitions` holds under that name.
    pub(crate) async fn serve(definitions: Map<String, Value>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen as the catalog")?;
        let address = listener.local_addr().context("listen as the catalog")?;
        let definitions = Arc::new(definitions);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let definitions = definitions.clone();
                // Whoever hangs up early has only itself to blame.
                tokio::spawn(async move { answer(stream, &definitions).await.ok() });
            }
        });
        Ok(Self { address, serving })
    }

    /// `LENZ_API_BASE_URL`.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Lenz {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(stream: TcpStream, definitions: &Map<String, Value>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        line.clear();
    }
    let name = request.split_once("/def?name=").and_then(|(_, rest)| rest.split(' ').next());
    let (status, body) = match name.and_then(|name| definitions.get(name)) {
        Some(definition) => ("200 OK", definition.to_string()),
        None => ("404 Not Found", "{}".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await
}
