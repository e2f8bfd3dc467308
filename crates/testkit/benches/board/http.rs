//! HTTP/1.1 over one loopback connection: as little as will tell when the first byte came and
//! read a stream that never ends.

use anyhow::{Context, bail};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// No single answer may take longer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A connection that is kept for the next request.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    cookie: Option<String>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// From sending the request to the first byte of the answer.
    pub(crate) first_byte: Duration,
    /// From sending the request to the end of the answer.
    pub(crate) total: Duration,
    /// The content.
    pub(crate) body: Vec<u8>,
}

/// How the content's end is told.
enum Length {
    Bytes(usize),
    Chunked,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connect to {address}"))?;
        stream.set_nodelay(true).context("prepare the connection")?;
        Ok(Self { stream: BufReader::new(stream), address, cookie: None })
    }

    /// Sends this cookie with every request.
    pub(crate) fn with_cookie(self, cookie: Option<&str>) -> Self {
        Self { cookie: cookie.map(str::to_owned), ..self }
    }

    /// Asks for `path` and reads the whole answer.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        let answer = timeout(ANSWER_LIMIT, self.get_whole(path)).await;
        let answer = answer.with_context(|| format!("no answer within {} s", ANSWER_LIMIT.as_secs()));
        answer.and_then(|answer| answer).with_context(|| format!("GET {path}"))
    }

    async fn get_whole(&mut self, path: &str) -> anyhow::Result<Answer> {
        let sent = Instant::now();
        self.send("GET", path, "").await?;
        self.stream.fill_buf().await.context("wait for the first byte")?;
        let first_byte = sent.elapsed();
        let (status, length) = self.head().await?;
        let mut body = Vec::new();
        match length {
            Length::Bytes(bytes) => {
                body.resize(bytes, 0);
                self.stream.read_exact(&mut body).await.context("read the content")?;
            }
            Length::Chunked => while self.chunk(&mut body).await? > 0 {},
        }
        Ok(Answer { status, first_byte, total: sent.elapsed(), body })
    }

    /// Asks for a stream of server-sent events.
    pub(crate) async fn follow(self, path: &str) -> anyhow::Result<Events> {
        self.events("GET", path, "").await
    }

    /// Sends JSON, which a stream of server-sent events answers.
    pub(crate) async fn post_for_events(self, path: &str, json: &str) -> anyhow::Result<Events> {
        self.events("POST", path, json).await
    }

    async fn events(mut self, method: &str, path: &str, json: &str) -> anyhow::Result<Events> {
        let head = async {
            self.send(method, path, json).await?;
            self.head().await
        };
        match timeout(ANSWER_LIMIT, head).await.context("no stream in time")?? {
            (200, Length::Chunked) => Ok(Events { connection: self, text: Vec::new() }),
            (status, _) => bail!("{path}: {status}, not a stream"),
        }
    }

    async fn send(&mut self, method: &str, path: &str, json: &str) -> anyhow::Result<()> {
        let cookie = self.cookie.as_ref().map(|cookie| format!("cookie: {cookie}\r\n")).unwrap_or_default();
        let content = match json.len() {
            0 => String::new(),
            length => format!("content-type: application/json\r\ncontent-length: {length}\r\n"),
        };
        let request =
            format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{cookie}{content}\r\n{json}", self.address);
        self.stream.write_all(request.as_bytes()).await.context("send the request")
    }

    /// Reads status line and headers.
    async fn head(&mut self) -> anyhow::Result<(u16, Length)> {
        let first = self.line().await?;
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.with_context(|| format!("`{first}` is no status line"))?;
        let mut length = Length::Bytes(0);
        loop {
            let line = self.line().await?.to_ascii_lowercase();
            match line.split_once(':').map(|(name, value)| (name, value.trim())) {
                None => return Ok((status, length)),
                Some(("content-length", bytes)) => {
                    length = Length::Bytes(bytes.parse().context("content-length")?);
                }
                Some(("transfer-encoding", "chunked")) => length = Length::Chunked,
                Some(_) => {}
            }
        }
    }

    /// Appends one chunk to `body` and tells its size; 0 ends the content.
    async fn chunk(&mut self, body: &mut Vec<u8>) -> anyhow::Result<usize> {
        let size = self.line().await?;
        let size = usize::from_str_radix(&size, 16).with_context(|| format!("`{size}` is no chunk size"))?;
        let before = body.len();
        body.resize(before + size, 0);
        self.stream.read_exact(&mut body[before..]).await.context("read a chunk")?;
        self.line().await?;
        Ok(size)
    }

    async fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).await.context("read a line")? == 0 {
            bail!("the server closed the connection");
        }
        Ok(line.trim_end().to_owned())
    }
}

/// A stream of server-sent events.
pub(crate) struct Events {
    connection: Connection,
    text: Vec<u8>,
}

/// One event.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its `event` field.
    pub(crate) name: String,
    /// Its `id` field.
    pub(crate) id: Option<String>,
    /// Its `data` field.
    pub(crate) data: String,
}

impl Events {
    /// The next event, as soon as it is whole.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Event> {
        loop {
            if let Some(end) = self.text.windows(2).position(|pair| pair == b"\n\n") {
                let whole: Vec<u8> = self.text.drain(..end + 2).collect();
                if let Some(event) = Event::parse(&String::from_utf8_lossy(&whole)) {
                    return Ok(event);
                }
            } else if self.connection.chunk(&mut self.text).await? == 0 {
                bail!("the stream ended");
            }
        }
    }

    /// What follows the events that were read, once the stream has ended; and the connection.
    pub(crate) async fn read_to_end(mut self) -> anyhow::Result<(Connection, String)> {
        while self.connection.chunk(&mut self.text).await? > 0 {}
        Ok((self.connection, String::from_utf8_lossy(&self.text).into_owned()))
    }
}

impl Event {
    /// `None` for a comment, which keeps a connection alive.
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned());
            text.lines().find_map(value)
        };
        Some(Self { name: field("event")?, id: field("id"), data: field("data")? })
    }
}
