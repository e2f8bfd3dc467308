//! One connection that sends what is written already and reads no more of an answer than it must.

use anyhow::{Context, bail, ensure};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

pub(super) struct Sender {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Sender {
    pub(super) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true).context("prepare the connection")?;
        Ok(Self { stream, answer: Vec::with_capacity(4096) })
    }

    /// Sends a whole request and waits for the whole answer, which must be a 2xx.
    pub(super) async fn send(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(request).await.context("send the request")?;
        self.answer.clear();
        while !is_whole(&self.answer)? {
            let read = self.stream.read_buf(&mut self.answer).await.context("read the answer")?;
            ensure!(read > 0, "the server closed the connection");
        }
        if !self.answer.starts_with(b"HTTP/1.1 2") {
            let answer = String::from_utf8_lossy(&self.answer);
            let (head, body) = answer.split_once("\r\n\r\n").context("an answer has a head")?;
            bail!("refused: {} {body}", head.lines().next().unwrap_or_default());
        }
        Ok(())
    }
}

/// Whether an answer has its head and all of its content.
fn is_whole(answer: &[u8]) -> anyhow::Result<bool> {
    let Some(end) = answer.windows(END_OF_HEAD.len()).position(|four| four == END_OF_HEAD) else {
        return Ok(false);
    };
    let mut lines = answer[..end].split(|byte| *byte == b'\n');
    let length = lines.find_map(|line| {
        let (name, value) = line.split_at_checked("content-length:".len())?;
        name.eq_ignore_ascii_case(b"content-length:").then(|| value.trim_ascii())
    });
    let length = length.map_or(Some(0), |digits| str::from_utf8(digits).ok()?.parse().ok());
    let length: usize = length.context("the answer's length is no number")?;
    Ok(answer.len() >= end + END_OF_HEAD.len() + length)
}
