//! Reading NDJSON in batches.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read};

/// Lines of a batch.
const MOST_LINES: usize = 500;

/// Bytes of a batch, unless a single line has more.
const MOST_BYTES: usize = 4 << 20;

/// Which lines of a file are still to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Todo {
    /// Lines up to here are done ...
    pub through: u64,
    /// ... but for these.
    pub failed: BTreeSet<u64>,
}

impl Todo {
    fn wants(&self, line: u64) -> bool {
        line > self.through || self.failed.contains(&line)
    }
}

/// Some lines of a file.
#[derive(Debug, Default)]
pub struct Batch {
    /// Number (from 1) and content of each line that is to be loaded.
    pub lines: Vec<(u64, Vec<u8>)>,
    /// Lines that are longer than the limit.
    pub too_long: Vec<u64>,
    /// The last line that was looked at.
    pub through: u64,
    /// Whether the file ends here.
    pub last: bool,
}

impl Batch {
    /// Bytes of all lines.
    pub fn bytes(&self) -> usize {
        self.lines.iter().map(|(_, text)| text.len()).sum()
    }
}

/// Reads a file line by line.
pub struct LineReader {
    content: BufReader<Box<dyn Read + Send>>,
    line: u64,
    longest: usize,
}

impl LineReader {
    /// Reads lines of at most `longest` bytes.
    pub fn new(content: Box<dyn Read + Send>, longest: usize) -> Self {
        Self { content: BufReader::with_capacity(128 << 10, content), line: 0, longest }
    }

    /// The next lines that are to be loaded.
    pub fn next_batch(&mut self, todo: &Todo) -> io::Result<Batch> {
        let mut batch = Batch { through: self.line, ..Batch::default() };
        let mut bytes = 0;
        while batch.lines.len() < MOST_LINES && bytes < MOST_BYTES {
            let wanted = todo.wants(self.line + 1);
            match self.next_line(if wanted { self.longest } else { 0 })? {
                Line::End => {
                    batch.last = true;
                    break;
                }
                Line::TooLong if wanted => batch.too_long.push(self.line),
                Line::TooLong => {}
                Line::Text(text) => {
                    if wanted && !text.trim_ascii().is_empty() {
                        bytes += text.len();
                        batch.lines.push((self.line, text));
                    }
                }
            }
            batch.through = self.line;
        }
        Ok(batch)
    }

    /// Reads a line. What is beyond the limit is read and thrown away.
    fn next_line(&mut self, longest: usize) -> io::Result<Line> {
        let mut text = Vec::new();
        let mut too_long = false;
        let mut any = false;
        loop {
            let part = self.content.fill_buf()?;
            if part.is_empty() {
                break;
            }
            any = true;
            let end = part.iter().position(|byte| *byte == b'\n');
            let line = part.get(..end.unwrap_or(part.len())).unwrap_or_default();
            too_long |= text.len() + line.len() > longest;
            if !too_long {
                text.extend_from_slice(line);
            }
            let used = end.map_or(part.len(), |end| end + 1);
            self.content.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(Line::End);
        }
        self.line += 1;
        Ok(if too_long { Line::TooLong } else { Line::Text(text) })
    }
}

enum Line {
    Text(Vec<u8>),
    TooLong,
    End,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(text: &str, longest: usize) -> LineReader {
        LineReader::new(Box::new(io::Cursor::new(text.as_bytes().to_vec())), longest)
    }

    fn numbers(batch: &Batch) -> Vec<u64> {
        batch.lines.iter().map(|(line, _)| *line).collect()
    }

    #[test]
    fn blank_lines_are_skipped_and_long_ones_are_reported() {
        let batch =
            reader("{\"a\":1}\r\n\n  \n{\"bbbbbbbbbb\":2}\n{}", 10).next_batch(&Todo::default()).unwrap();
        assert_eq!((numbers(&batch), batch.too_long), (vec![1, 5], vec![4]));
        assert!(batch.last && batch.through == 5);
    }

    #[test]
    fn batches_have_a_size() {
        let mut reader = reader(&"{}\n".repeat(1_201), 10);
        let sizes: Vec<(usize, u64, bool)> = (0..3)
            .map(|_| reader.next_batch(&Todo::default()).unwrap())
            .map(|batch| (batch.lines.len(), batch.through, batch.last))
            .collect();
        assert_eq!(sizes, [(500, 500, false), (500, 1_000, false), (201, 1_201, true)]);
        let mut reader = self::reader(&format!("{}\n", "x".repeat(3 << 20)).repeat(3), 4 << 20);
        assert_eq!(reader.next_batch(&Todo::default()).unwrap().lines.len(), 2);
    }

    #[test]
    fn what_is_done_is_skipped() {
        let todo = Todo { through: 3, failed: BTreeSet::from([2]) };
        let batch = reader("{}\n{}\n{}\n{}\n{}\n", 10).next_batch(&todo).unwrap();
        assert_eq!((numbers(&batch), batch.through, batch.last), (vec![2, 4, 5], 5, true));
    }
}
