//! What the server answered, and how it is read from the wire.

use std::io::{self, BufRead, Read};

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header fields in their order, names as sent.
    pub headers: Vec<(String, String)>,
    /// The body as sent, without the framing of chunks; not decompressed.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header field of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    /// The response itself when the status is as expected.
    ///
    /// # Panics
    /// With the body in the message when it is another.
    #[must_use]
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        let body = String::from_utf8_lossy(&self.body[..self.body.len().min(2000)]);
        assert_eq!(self.status, status, "unexpected status; the body: {body}");
        self
    }

    /// Whether the connection can carry another request.
    pub(super) fn keeps_alive(&self) -> bool {
        let closes = self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let is_framed = self.header("content-length").is_some() || self.is_chunked() || self.is_bodiless();
        is_framed && !closes
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    }

    fn is_bodiless(&self) -> bool {
        matches!(self.status, 204 | 304)
    }
}

/// Reads an answer; interim ones (100 Continue, 103 Early Hints) are skipped.
pub(super) fn read(input: &mut impl BufRead, to_head: bool) -> io::Result<Response> {
    let mut response = read_head(input)?;
    while (100..200).contains(&response.status) && response.status != 101 {
        response = read_head(input)?;
    }
    if to_head || response.is_bodiless() {
        return Ok(response);
    }
    if response.is_chunked() {
        response.body = read_chunks(input)?;
    } else if let Some(length) = response.header("content-length") {
        let length: usize = length.parse().map_err(|_| malformed(format!("content-length {length:?}")))?;
        response.body = vec![0; length];
        input.read_exact(&mut response.body)?;
    } else {
        input.read_to_end(&mut response.body)?;
    }
    Ok(response)
}

fn read_head(input: &mut impl BufRead) -> io::Result<Response> {
    let line = read_line(input)?;
    let mut parts = line.split(' ');
    let version = parts.next().unwrap_or("");
    let status = parts.next().and_then(|text| text.parse().ok());
    let (true, Some(status)) = (version.starts_with("HTTP/1."), status) else {
        return Err(malformed(format!("status line {line:?}")));
    };
    let mut headers = Vec::new();
    loop {
        let line = read_line(input)?;
        if line.is_empty() {
            return Ok(Response { status, headers, body: Vec::new() });
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed(format!("header {line:?}")))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn read_chunks(input: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(input)?;
        let size = line.split(';').next().unwrap_or("").trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| malformed(format!("chunk size {line:?}")))?;
        if size == 0 {
            // Trailers, then the empty line.
            while !read_line(input)?.is_empty() {}
            return Ok(body);
        }
        let read = input.by_ref().take(size).read_to_end(&mut body)?;
        if read as u64 != size || !read_line(input)?.is_empty() {
            return Err(malformed("chunk that is cut short".to_owned()));
        }
    }
}

fn read_line(input: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    input.read_until(b'\n', &mut line)?;
    let Some(line) = line.strip_suffix(b"\r\n") else {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the connection was closed within the answer",
        ));
    };
    Ok(String::from_utf8_lossy(line).into_owned())
}

fn malformed(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed answer: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> io::Result<Response> {
        read(&mut text.as_bytes(), false)
    }

    #[test]
    fn bodies_are_framed_in_three_ways() {
        let check = |text: &str, keeps_alive| {
            let response = read_text(text).unwrap();
            assert_eq!((response.status, response.text()), (200, "hello"), "{text}");
            assert_eq!(response.keeps_alive(), keeps_alive, "{text}");
        };
        check("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", true);
        check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", false);
        check(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: 1\r\n\r\n",
            true,
        );
        check("HTTP/1.1 200 OK\r\n\r\nhello", false);
        check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", true);
    }

    #[test]
    fn some_answers_have_no_body() {
        assert!(read_text("HTTP/1.1 204 No Content\r\n\r\nrest").unwrap().body.is_empty());
        let to_head = read(&mut "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n".as_bytes(), true).unwrap();
        assert_eq!((to_head.header("Content-LENGTH"), to_head.body.len()), (Some("5"), 0));
    }

    #[test]
    fn cut_and_malformed_answers_are_errors() {
        for text in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell",
            "HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
            "HTTP/1.1 OK\r\n\r\n",
            "SSH-2.0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        ] {
            assert!(read_text(text).is_err(), "{text}");
        }
    }
}
