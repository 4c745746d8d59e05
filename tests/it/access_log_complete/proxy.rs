//! A proxy that keeps every request and its answer, byte for byte as far as the log of accesses is concerned.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder};
use test_support::{Connection, Response};

/// One request and what came back.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub answer: Response,
}

/// The same with its bodies compressed: half an hour of answers would not fit into memory.
struct Kept(Exchange, Vec<u8>);

impl Kept {
    fn pack(mut exchange: Exchange) -> Self {
        let body = std::mem::take(&mut exchange.answer.body);
        let mut packed = Vec::new();
        DeflateEncoder::new(body.as_slice(), Compression::fast()).read_to_end(&mut packed).unwrap();
        packed.shrink_to_fit();
        Self(exchange, packed)
    }

    fn unpack(&self) -> Exchange {
        let mut exchange = self.0.clone();
        DeflateDecoder::new(self.1.as_slice()).read_to_end(&mut exchange.answer.body).unwrap();
        exchange
    }
}

/// Listens on a port of loopback for as long as the process lives.
pub struct Proxy {
    pub base_url: String,
    recorded: Arc<Mutex<Vec<Kept>>>,
}

impl Proxy {
    /// In front of a server, `http://HOST:PORT`.
    pub fn before(server: &str) -> Self {
        let authority = server.strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let recorded: Arc<Mutex<Vec<Kept>>> = Arc::default();
        let kept = Arc::clone(&recorded);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (authority, kept) = (authority.clone(), Arc::clone(&kept));
                thread::spawn(move || serve(stream, &authority, &kept));
            }
        });
        Self { base_url, recorded }
    }

    /// Everything so far, one after the other; their number.
    pub fn each_recorded(&self, mut look: impl FnMut(&Exchange)) -> usize {
        let recorded = self.recorded.lock().unwrap();
        recorded.iter().for_each(|kept| look(&kept.unpack()));
        recorded.len()
    }
}

/// One connection, until the client closes it.
fn serve(stream: TcpStream, authority: &str, recorded: &Mutex<Vec<Kept>>) {
    let mut stream = BufReader::new(stream);
    while let Some((head, body)) = request(&mut stream) {
        let mut server = Connection::open(authority).unwrap();
        server.send(head.as_bytes()).unwrap();
        server.send(&body).unwrap();
        let mut lines = head.lines();
        let first: Vec<&str> = lines.next().unwrap().split(' ').collect();
        let (method, target) = (first[0].to_owned(), first[1].to_owned());
        let answer =
            if method == "HEAD" { server.read_response_to_head() } else { server.read_response() }.unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = String::from_utf8(body).unwrap();
        // Kept before it is handed on: whoever has an answer finds it here.
        let kept = Kept::pack(Exchange { method, target, headers, body, answer: answer.clone() });
        recorded.lock().unwrap().push(kept);
        if stream.get_mut().write_all(&bytes_of(&answer)).is_err() {
            return;
        }
    }
}

/// Head and body; `None` at the end of the connection.
fn request(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
        if &head[before..] == "\r\n" {
            break;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn bytes_of(answer: &Response) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {} Forwarded\r\n", answer.status);
    let framing = ["transfer-encoding", "content-length", "connection"];
    for (name, value) in &answer.headers {
        if !framing.contains(&name.to_ascii_lowercase().as_str()) {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    text.push_str(&format!("content-length: {}\r\n\r\n", answer.body.len()));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(&answer.body);
    bytes
}
