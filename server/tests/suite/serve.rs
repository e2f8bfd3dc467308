//! Over real connections: what the router alone cannot show.

use server::serve::serve;
use server::state::Shutdown;
use std::time::Duration;
use testkit::app::TestApp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Sends `request` over a connection of its own and reads to the end.
async fn exchange(address: std::net::SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may refuse before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn bounds_heads_and_ends_in_order() {
    let app = TestApp::reference().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (switch, shutdown) = Shutdown::new();
    let server = tokio::spawn(serve(listener, app.router(), shutdown));

    let answer =
        exchange(address, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("ok\n"), "{answer}");

    let long =
        format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(64 * 1024));
    assert!(exchange(address, long.as_bytes()).await.starts_with("HTTP/1.1 431 "));

    let many = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X-A: b\r\n".repeat(200));
    assert!(exchange(address, many.as_bytes()).await.starts_with("HTTP/1.1 431 "));

    let without_host = exchange(address, b"GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(without_host.starts_with("HTTP/1.0 421 "), "{without_host}");

    let mut live = TcpStream::connect(address).await.unwrap();
    live.write_all(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    live.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");

    // The router's streams end with the app's switch, the listener with its own.
    app.shut_down();
    switch.send_replace(true);
    timeout(Duration::from_secs(5), server).await.expect("the server ends").unwrap();
    let mut rest = Vec::new();
    timeout(Duration::from_secs(5), live.read_to_end(&mut rest)).await.expect("the stream ends").unwrap();
    assert!(String::from_utf8_lossy(&rest).contains("event: snapshot"));
    assert!(TcpStream::connect(address).await.is_err(), "nothing listens any more");
}
