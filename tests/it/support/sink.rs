//! A place that nobody must visit: addresses of it are put into tokens, keys and registrations.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Counts who connects.
pub struct Sink {
    port: u16,
    visits: Arc<AtomicUsize>,
}

impl Sink {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        // Ends with the test process.
        thread::spawn(move || {
            for _ in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, visits }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/keys.json", self.port)
    }

    #[track_caller]
    pub fn expect_no_visit(&self) {
        assert_eq!(self.visits.load(Ordering::SeqCst), 0, "the server fetched what a stranger named");
    }
}

#[test]
fn a_visit_is_counted() {
    let sink = Sink::open();
    sink.expect_no_visit();
    drop(std::net::TcpStream::connect(("127.0.0.1", sink.port)).unwrap());
    for _ in 0..500 {
        if sink.visits.load(Ordering::SeqCst) == 1 {
            return;
        }
        thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the visit was not counted");
}
