//! Streaming hashing: one pass over any reader, several algorithms, progress and cancellation.

use std::io::Read;
use std::ops::ControlFlow;

use sha2::Digest as _;

use crate::{Algorithm, Digest, HashError};

/// How many bytes are read at a time: enough to reach the speed of the processor, small enough to
/// stay in its second-level cache.
pub const BUFFER_BYTES: usize = 64 * 1024;

/// Hashes bytes as they come, with one or both algorithms.
///
/// ```
/// use promenade_digest::{Algorithm, Digest, Hasher};
///
/// let mut hasher = Hasher::new(Algorithm::Sha256).and(Algorithm::Sha512);
/// hasher.update(b"hel");
/// hasher.update(b"lo\n");
/// let hashed = hasher.finish();
/// assert_eq!(hashed.size(), 6);
/// assert_eq!(hashed.digest(), Digest::sha256(b"hello\n"));
/// assert_eq!(hashed.other(), Some(Digest::sha512(b"hello\n")));
/// ```
#[derive(Clone, Debug)]
pub struct Hasher {
    first: State,
    second: Option<State>,
    size: u64,
}

#[derive(Clone, Debug)]
enum State {
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl State {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(sha2::Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(sha2::Sha512::new()),
        }
    }

    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sha256(_) => Algorithm::Sha256,
            Self::Sha512(_) => Algorithm::Sha512,
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(state) => state.update(bytes),
            Self::Sha512(state) => state.update(bytes),
        }
    }

    fn finish(self) -> Digest {
        match self {
            Self::Sha256(state) => Digest::Sha256(state.finalize().into()),
            Self::Sha512(state) => Digest::Sha512(state.finalize().into()),
        }
    }
}

impl Hasher {
    /// Starts with one algorithm.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        Self {
            first: State::new(algorithm),
            second: None,
            size: 0,
        }
    }

    /// Hashes with a second algorithm in the same pass; to be called before the first byte.
    #[must_use]
    pub fn and(self, algorithm: Algorithm) -> Self {
        let second = (algorithm != self.first.algorithm()).then(|| State::new(algorithm));
        Self { second, ..self }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.first.update(bytes);
        if let Some(second) = &mut self.second {
            second.update(bytes);
        }
        self.size += bytes.len() as u64;
    }

    /// Returns what was hashed.
    pub fn finish(self) -> Hashed {
        Hashed {
            size: self.size,
            digest: self.first.finish(),
            other: self.second.map(State::finish),
        }
    }
}

/// The result of a pass: how many bytes, and their digest or digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Hashed {
    size: u64,
    digest: Digest,
    other: Option<Digest>,
}

impl Hashed {
    /// Returns the number of bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the digest by the first algorithm.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the digest by the second algorithm, if there was one.
    #[must_use]
    pub fn other(&self) -> Option<Digest> {
        self.other
    }
}

/// What watches a long pass: called after each block with the number of bytes so far; `Break`
/// cancels.
pub type Observer<'a> = dyn FnMut(u64) -> ControlFlow<()> + 'a;

/// Returns an observer that watches nothing.
pub fn unobserved() -> impl FnMut(u64) -> ControlFlow<()> {
    |_| ControlFlow::Continue(())
}

/// Reads to the end and returns size and digest.
///
/// # Errors
/// [`HashError::Read`] if the reader fails.
///
/// ```
/// use promenade_digest::{Algorithm, Digest, hash};
///
/// let hashed = hash(&b"hello\n"[..], Algorithm::Sha256)?;
/// assert_eq!(hashed.digest(), Digest::sha256(b"hello\n"));
/// # Ok::<(), promenade_digest::HashError>(())
/// ```
pub fn hash(reader: impl Read, algorithm: Algorithm) -> Result<Hashed, HashError> {
    Pass::new(Hasher::new(algorithm)).run(reader, &mut unobserved())
}

/// One pass over a reader, with its settings and its buffer, which can be used again.
///
/// ```
/// use std::ops::ControlFlow;
/// use promenade_digest::{Algorithm, HashError, Hasher, Pass};
///
/// // A reader that gives more than was declared is not read to its end.
/// let endless = std::io::repeat(0);
/// let mut pass = Pass::new(Hasher::new(Algorithm::Sha256)).expect_size(100);
/// let error = pass.run(endless, &mut |_| ControlFlow::Continue(())).unwrap_err();
/// assert!(matches!(error, HashError::TooLong { expected: 100 }));
/// ```
#[derive(Debug)]
pub struct Pass {
    hasher: Hasher,
    size: Option<u64>,
    buffer: Box<[u8]>,
}

impl Pass {
    /// Makes a pass that starts with a fresh copy of `hasher` each time it is run.
    #[must_use]
    pub fn new(hasher: Hasher) -> Self {
        Self {
            hasher,
            size: None,
            buffer: vec![0; BUFFER_BYTES].into_boxed_slice(),
        }
    }

    /// Demands a size: reading stops one byte after it.
    #[must_use]
    pub fn expect_size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// Demands another size from the next run on, or none.
    pub fn set_expected_size(&mut self, size: Option<u64>) {
        self.size = size;
    }

    /// Reads to the end and returns size and digests.
    ///
    /// # Errors
    /// [`HashError::Read`] if the reader fails, [`HashError::TooLong`] and [`HashError::TooShort`]
    /// if a size was demanded and is not the found one, [`HashError::Cancelled`] if `observer`
    /// broke off.
    pub fn run(
        &mut self,
        mut reader: impl Read,
        observer: &mut Observer<'_>,
    ) -> Result<Hashed, HashError> {
        let mut hasher = self.hasher.clone();
        loop {
            let at = hasher.size;
            let count = match reader.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(HashError::read(at, &error)),
            };
            // A reader that claims more than the buffer holds is at fault; it gets what there is.
            hasher.update(self.buffer.get(..count).unwrap_or(&self.buffer));
            if let Some(expected) = self.size.filter(|size| hasher.size > *size) {
                return Err(HashError::TooLong { expected });
            }
            if observer(hasher.size).is_break() {
                return Err(HashError::Cancelled { at: hasher.size });
            }
        }
        let hashed = hasher.finish();
        match self.size {
            Some(expected) if hashed.size < expected => Err(HashError::TooShort {
                expected,
                found: hashed.size,
            }),
            _ => Ok(hashed),
        }
    }
}
