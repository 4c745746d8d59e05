//! One connection, byte for byte: for malformed requests, bodies that trickle, and connections that break.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::record::Asked;
use super::response::{self, Response};

/// A connection to the server under test.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    asked: Asked,
}

impl Connection {
    /// Connects to `HOST:PORT`. Reads and writes fail after a minute.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn open(authority: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        let limit = Some(Duration::from_secs(60));
        stream.set_read_timeout(limit)?;
        stream.set_write_timeout(limit)?;
        Ok(Self { stream: BufReader::new(stream), asked: Asked::default() })
    }

    /// The socket, to set other limits or to shut one side.
    pub fn socket(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// Sends exactly these bytes.
    ///
    /// # Errors
    /// When the server has closed the connection.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.asked.sent(bytes);
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads the answer to a request that was not HEAD.
    ///
    /// # Errors
    /// When the connection ends within the answer, or the answer is not HTTP.
    pub fn read_response(&mut self) -> io::Result<Response> {
        self.read(false)
    }

    /// Reads the answer to a HEAD request.
    ///
    /// # Errors
    /// As [`Self::read_response`].
    pub fn read_response_to_head(&mut self) -> io::Result<Response> {
        self.read(true)
    }

    fn read(&mut self, to_head: bool) -> io::Result<Response> {
        let response = response::read(&mut self.stream, to_head)?;
        self.asked.answered(&response);
        Ok(response)
    }

    /// Reads whatever still comes until the server closes the connection.
    ///
    /// # Errors
    /// When it does not close within the socket's time limit.
    pub fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => Err(error),
            _ => Ok(rest),
        }
    }

    /// Whether the server has neither closed the connection nor sent something unasked.
    pub fn is_idle(&self) -> bool {
        let socket = self.socket();
        if !self.stream.buffer().is_empty() || socket.set_nonblocking(true).is_err() {
            return false;
        }
        let peeked = socket.peek(&mut [0]);
        let is_blocking_again = socket.set_nonblocking(false).is_ok();
        is_blocking_again && peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }
}
