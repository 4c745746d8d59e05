//! Requests to one server, over connections that are kept open.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::response::Response;

/// Servers close idle connections after a few seconds; one that rested longer than this is not used again.
const IDLE_LIMIT: Duration = Duration::from_secs(2);

/// A client of one server; may be used by many threads at once. A request is sent once and never again: a test that
/// counts what arrived could not bear a silent second try.
#[derive(Debug)]
pub struct HttpClient {
    authority: String,
    idle: Mutex<Vec<(Connection, Instant)>>,
}

impl HttpClient {
    /// A client for `http://HOST:PORT`.
    ///
    /// # Panics
    /// On any other kind of URL.
    pub fn new(base_url: &str) -> Self {
        let authority = base_url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let authority = authority.unwrap_or_else(|| panic!("{base_url} does not start with http://"));
        Self { authority: authority.to_owned(), idle: Mutex::default() }
    }

    /// Sends a request. `Host` and, where there is a body or the method is one that has one, `Content-Length` are
    /// added unless given.
    ///
    /// # Panics
    /// When there is no answer.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        match self.try_request(method, path, headers, body) {
            Ok(response) => response,
            Err(error) => panic!("{method} {path} on {}: {error}", self.authority),
        }
    }

    /// `GET`.
    ///
    /// # Panics
    /// When there is no answer.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path, &[], b"")
    }

    /// A request with a FHIR JSON body.
    ///
    /// # Panics
    /// When there is no answer.
    #[track_caller]
    pub fn send_fhir(&self, method: &str, path: &str, body: impl AsRef<[u8]>) -> Response {
        self.request(method, path, &[("Content-Type", "application/fhir+json")], body.as_ref())
    }

    /// As [`Self::request`], for servers that may be gone.
    ///
    /// # Errors
    /// When there is no answer. The server may or may not have carried out the request.
    pub fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Response> {
        let mut connection = self.connection()?;
        let mut bytes = self.head(method, path, headers, body).into_bytes();
        bytes.extend_from_slice(body);
        let sent = connection.send(&bytes);
        // A server may refuse a body before it has read it all, and close: its answer counts, not our write.
        let response = match method {
            "HEAD" => connection.read_response_to_head(),
            _ => connection.read_response(),
        };
        let response = match (response, sent) {
            (Ok(response), Ok(())) => response,
            (Ok(response), Err(_)) => return Ok(response),
            (Err(error), Ok(())) | (Err(_), Err(error)) => return Err(error),
        };
        if response.keeps_alive() {
            self.idle_connections().push((connection, Instant::now()));
        }
        Ok(response)
    }

    /// Sends exactly these bytes on a connection of their own and reads the answer.
    ///
    /// # Errors
    /// When there is no answer, or one that is not HTTP.
    pub fn raw(&self, bytes: &[u8]) -> io::Result<Response> {
        let mut connection = self.open()?;
        let sent = connection.send(bytes);
        connection.read_response().or_else(|error| sent.and(Err(error)))
    }

    /// A connection of the caller's own.
    ///
    /// # Errors
    /// When the server is gone.
    pub fn open(&self) -> io::Result<Connection> {
        Connection::open(&self.authority)
    }

    fn connection(&self) -> io::Result<Connection> {
        loop {
            let Some((connection, since)) = self.idle_connections().pop() else {
                return self.open();
            };
            if since.elapsed() < IDLE_LIMIT && connection.is_idle() {
                return Ok(connection);
            }
        }
    }

    fn idle_connections(&self) -> std::sync::MutexGuard<'_, Vec<(Connection, Instant)>> {
        // A test thread that panicked leaves the list as whole as it was.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        let is_given = |name: &str| headers.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        if !is_given("host") {
            head.push_str(&format!("Host: {}\r\n", self.authority));
        }
        let has_body = !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH");
        if has_body && !is_given("content-length") && !is_given("transfer-encoding") {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;

    /// A server that answers every request with its number and what it was sent. Closes each connection after
    /// `per_connection` requests, without saying so before.
    fn echo(per_connection: usize) -> (HttpClient, Receiver<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = HttpClient::new(&format!("http://{}/", listener.local_addr().unwrap()));
        let (sender, received) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                for number in 1..=per_connection {
                    let mut head = String::new();
                    while stream.read_line(&mut head).unwrap() > 2 {}
                    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
                    let mut body = vec![0; length.map_or(0, |text| text.parse().unwrap())];
                    stream.read_exact(&mut body).unwrap();
                    sender.send(head + std::str::from_utf8(&body).unwrap()).unwrap();
                    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{number}");
                    stream.get_mut().write_all(answer.as_bytes()).unwrap();
                }
            }
        });
        (client, received)
    }

    #[test]
    fn the_request_is_complete_and_the_connection_kept() {
        let (client, received) = echo(2);
        let authority = client.authority.clone();
        let response = client.send_fhir("POST", "/fhir/Patient", "{}").expect_status(200);
        assert_eq!(response.text(), "1");
        assert_eq!(
            received.recv().unwrap(),
            format!(
                "POST /fhir/Patient HTTP/1.1\r\nHost: {authority}\r\nContent-Length: 2\r\n\
                 Content-Type: application/fhir+json\r\n\r\n{{}}"
            )
        );
        assert_eq!(client.get("/").text(), "2");
        assert_eq!(received.recv().unwrap(), format!("GET / HTTP/1.1\r\nHost: {authority}\r\n\r\n"));
    }

    #[test]
    fn a_connection_that_the_server_closed_is_not_used() {
        let (client, _received) = echo(1);
        for _ in 0..3 {
            assert_eq!(client.get("/").text(), "1");
            thread::sleep(Duration::from_millis(50));
        }
    }

    #[test]
    fn raw_bytes_go_as_they_are() {
        let (client, received) = echo(1);
        client.raw(b"BAD / HTTP/9\r\n\r\n").unwrap();
        assert_eq!(received.recv().unwrap(), "BAD / HTTP/9\r\n\r\n");
    }

    #[test]
    fn a_server_that_is_gone_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = HttpClient::new(&format!("http://{}", listener.local_addr().unwrap()));
        drop(listener);
        assert!(client.try_request("GET", "/", &[], b"").is_err());
    }

    #[test]
    fn an_early_refusal_of_a_large_body_is_read() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = HttpClient::new(&format!("http://{}", listener.local_addr().unwrap()));
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n").unwrap();
            // Read on, as a well-behaved server does for a while, so that the answer is not lost with the connection.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let _ = client.request("POST", "/", &[], &vec![b' '; 4 << 20]).expect_status(413);
        drop(client);
        server.join().unwrap();
    }
}
