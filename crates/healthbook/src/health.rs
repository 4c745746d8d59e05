//! `healthbook health`: asks a running server, for the health checks of containers, which have no curl.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::cli::Health;
use crate::failure::Failure;

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks once; anything but a status of 2xx is a failure.
pub fn run(command: &Health) -> Result<(), Failure> {
    let (authority, path) = split(&command.url).ok_or_else(|| {
        Failure::usage(anyhow::anyhow!("--url must be http://HOST:PORT/PATH, not \"{}\"", command.url))
    })?;
    let status = ask(&authority, path).with_context(|| format!("{} does not answer", command.url))?;
    if (200..300).contains(&status) {
        Ok(())
    } else {
        Err(Failure::saying(format!("{} says {status}", command.url)))
    }
}

/// Host with port, and path, of an address.
fn split(url: &str) -> Option<(String, &str)> {
    let rest = url.strip_prefix("http://")?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
    if host.is_empty() || url.contains(|character: char| character.is_whitespace() || character.is_control())
    {
        return None;
    }
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Some((if has_port { host.to_owned() } else { format!("{host}:80") }, path))
}

fn ask(authority: &str, path: &str) -> anyhow::Result<u16> {
    let address = authority.to_socket_addrs()?.next().context("the name has no address")?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // In one piece: a server may answer and close as soon as it has seen the first line.
    let request = format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut head = Vec::new();
    stream.take(1_024).read_to_end(&mut head)?;
    // HTTP/1.1 200 OK
    let line = String::from_utf8_lossy(&head);
    match line.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)).map(str::parse) {
        Some(Ok(status)) => Ok(status),
        _ => bail!("the answer is not HTTP"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split() {
        let split = |url: &'static str| split(url).map(|(authority, path)| format!("{authority} {path}"));
        assert_eq!(split("http://a:8080/health/ready").as_deref(), Some("a:8080 /health/ready"));
        assert_eq!(split("http://[::1]:8080").as_deref(), Some("[::1]:8080 /"));
        assert_eq!(split("http://a/b").as_deref(), Some("a:80 /b"));
        for bad in ["https://a/", "http://", "a:80", "http://a/b c"] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_status_decides() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/health/ready", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            for answer in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 503 Busy\r\n\r\n", "SSH-2.0\r\n"] {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 1_024];
                let _ = stream.read(&mut request).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let results: Vec<bool> = (0..3).map(|_| run(&Health { url: url.clone() }).is_ok()).collect();
        server.join().unwrap();
        assert_eq!(results, [true, false, false]);
        assert!(run(&Health { url }).is_err());
    }
}
