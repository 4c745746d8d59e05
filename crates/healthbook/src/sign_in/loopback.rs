//! Asking a provider on this machine: the simulator. Other servers are asked by the guarded client only.

use std::net::SocketAddr;

use auth::account::{Outbound, OutboundAnswer, OutboundError, OutboundRequest, Requesting};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Largest answer.
const LARGEST: u64 = 64 * 1_024;

/// Asks servers on loopback addresses.
#[derive(Debug, Clone, Copy)]
pub struct Loopback;

impl Outbound for Loopback {
    fn request(&self, request: OutboundRequest) -> Requesting<'_> {
        Box::pin(async move { ask(&request).await.ok_or(OutboundError) })
    }
}

async fn ask(request: &OutboundRequest) -> Option<OutboundAnswer> {
    let rest = request.url.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address: SocketAddr = authority.parse().ok()?;
    if !address.ip().is_loopback() || path.contains(|letter: char| letter.is_control() || letter == ' ') {
        return None;
    }
    let text = match &request.form {
        None => format!("GET /{path} HTTP/1.0\r\nHost: {authority}\r\n\r\n"),
        Some(form) => {
            let pairs: Vec<String> =
                form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
            let body = pairs.join("&");
            format!(
                "POST /{path} HTTP/1.0\r\nHost: {authority}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                body.len()
            )
        }
    };
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(text.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    // HTTP/1.0: the answer ends with the connection and comes in one piece.
    stream.take(LARGEST).read_to_end(&mut answer).await.ok()?;
    read(&answer)
}

fn read(answer: &[u8]) -> Option<OutboundAnswer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(OutboundAnswer { status, body: answer.get(end + 4..)?.to_vec() })
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_values_encoded() {
        let answer = read(b"HTTP/1.0 400 Bad Request\r\na: b\r\n\r\n{}").unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (400, b"{}".as_slice()));
        assert!(read(b"nothing").is_none());
        assert_eq!(encoded("http://a/b c&ạ"), "http%3A%2F%2Fa%2Fb%20c%26%E1%BA%A1");
    }
}
