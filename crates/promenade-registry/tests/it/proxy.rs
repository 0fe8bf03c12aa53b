//! A proxy on this machine in front of a real registry: it counts requests, and fails or holds those
//! that a test names.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is passed on, and the answer is passed back.
    Pass,
    /// It is answered with 500 and never reaches the registry.
    Fail,
    /// It reaches the registry, and is answered with 500 all the same.
    FailAfter,
    /// It never reaches the registry, and is never answered; the test is told.
    Hold,
    /// It reaches the registry, and is never answered; the test is told.
    HoldAfter,
}

pub(crate) struct Proxy {
    pub(crate) host: String,
    pub(crate) failed: Arc<AtomicUsize>,
    /// Says when a request is held.
    pub(crate) held: Receiver<String>,
    holding: Arc<Mutex<Vec<TcpStream>>>,
}

/// Whoever is held is hung up on.
impl Drop for Proxy {
    fn drop(&mut self) {
        for client in self.holding.lock().unwrap().drain(..) {
            // It may be gone already.
            let _ = client.shutdown(Shutdown::Both);
        }
    }
}

type Decide = Box<dyn FnMut(&str) -> Fate + Send>;

impl Proxy {
    /// Stands in front of `upstream` (`HOST:PORT`); `decide` is asked with the line of each request.
    pub(crate) fn new(upstream: &str, decide: impl FnMut(&str) -> Fate + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let failed = Arc::new(AtomicUsize::new(0));
        let (told, held) = channel();
        let decide: Arc<Mutex<Decide>> = Arc::new(Mutex::new(Box::new(decide)));
        let upstream = upstream.to_owned();
        let count = Arc::clone(&failed);
        let holding = Arc::new(Mutex::new(Vec::new()));
        let clients = Arc::clone(&holding);
        // The threads end with the test process.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (decide, count) = (Arc::clone(&decide), Arc::clone(&count));
                let (upstream, told) = (upstream.clone(), told.clone());
                let clients = Arc::clone(&clients);
                std::thread::spawn(move || {
                    let client = client.unwrap();
                    serve(client, &upstream, &decide, &count, &told, &clients);
                });
            }
        });
        Self {
            host,
            failed,
            held,
            holding,
        }
    }
}

/// Serves one request; the client opens a connection for each.
fn serve(
    client: TcpStream,
    upstream: &str,
    decide: &Mutex<Decide>,
    failed: &AtomicUsize,
    told: &Sender<String>,
    holding: &Mutex<Vec<TcpStream>>,
) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let low = line.to_ascii_lowercase();
        if let Some(text) = low.strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
        if !low.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let line = head.lines().next()?.to_owned();
    let fate = (decide.lock().ok()?)(&line);
    let answer = if matches!(fate, Fate::Fail | Fate::Hold) {
        Vec::new()
    } else {
        let mut server = TcpStream::connect(upstream).ok()?;
        let request = format!("{head}Connection: close\r\n\r\n");
        server.write_all(request.as_bytes()).ok()?;
        server.write_all(&body).ok()?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).ok()?;
        answer
    };
    let mut client = client;
    match fate {
        Fate::Pass => client.write_all(&answer).ok()?,
        Fate::Fail | Fate::FailAfter => {
            failed.fetch_add(1, Ordering::SeqCst);
            let text = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            client.write_all(text).ok()?;
        }
        Fate::Hold | Fate::HoldAfter => {
            holding.lock().ok()?.push(client.try_clone().ok()?);
            told.send(line).ok()?;
            // Until the client is gone, or the proxy.
            let _ = reader.read_to_end(&mut Vec::new());
        }
    }
    Some(())
}
