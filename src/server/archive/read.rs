//! Reads a backup, and believes nothing in it that its checksums do not bear out.

use super::line::{End, TableEnd, read_row};
use super::{ArchiveError, FORMAT, Manifest, Result};
use crate::server::digest::hex;
use crate::server::store::{Batch, Row, Value};
use flate2::bufread::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The longest line: a delivery of 3 MB whose every byte needs six.
const LINE_MOST: u64 = 64 * 1024 * 1024;
/// Rows travel together up to about this many bytes.
const BATCH_BYTES: usize = 256 * 1024;
const BATCH_ROWS: usize = 1_000;

/// Blocks while it reads: for a thread of its own.
pub struct ArchiveReader {
    path: PathBuf,
    lines: BufReader<MultiGzDecoder<BufReader<File>>>,
    manifest: Manifest,
    all: Sha256,
    of_table: Sha256,
    table: usize,
    /// Rows of the table that have been read.
    rows: u64,
    line: Vec<u8>,
}

/// The least that every format says of itself.
#[derive(Deserialize)]
struct Known {
    greentick_backup: u32,
    #[serde(default)]
    version: String,
}

impl ArchiveReader {
    /// Reads the manifest.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(ArchiveError::file(path))?;
        let mut lines = BufReader::new(MultiGzDecoder::new(BufReader::new(file)));
        let mut line = Vec::new();
        let not_ours = || ArchiveError::NotOurs(path.to_owned());
        (&mut lines).take(LINE_MOST).read_until(b'\n', &mut line).map_err(|_| not_ours())?;
        let known: Known = serde_json::from_slice(&line).map_err(|_| not_ours())?;
        if known.greentick_backup > FORMAT {
            return Err(ArchiveError::Newer(path.to_owned(), known.version));
        }
        let damaged =
            |error: serde_json::Error| ArchiveError::Damaged(path.to_owned(), format!("its manifest: {error}"));
        let manifest: Manifest = serde_json::from_slice(&line).map_err(damaged)?;
        let all = Sha256::new_with_prefix(&line);
        Ok(Self { path: path.to_owned(), lines, manifest, all, of_table: Sha256::new(), table: 0, rows: 0, line })
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The next rows of one table; `None` at the end, when everything has been borne out.
    pub fn next_batch(&mut self) -> Result<Option<Batch>> {
        loop {
            let Some(held) = self.manifest.inventory.tables.get(self.table) else {
                self.read_end()?;
                return Ok(None);
            };
            if self.rows == held.rows {
                self.read_table_end()?;
                continue;
            }
            let (left, table) = (held.rows - self.rows, held.table.clone());
            let (mut rows, mut bytes) = (Vec::<Row>::new(), 0);
            while rows.len() < BATCH_ROWS && bytes < BATCH_BYTES && (rows.len() as u64) < left {
                self.read_line()?;
                self.of_table.update(&self.line);
                self.all.update(&self.line);
                let row = read_row(&self.line, &table).map_err(|why| self.damaged(why))?;
                bytes += row.iter().map(Value::size).sum::<usize>();
                rows.push(row);
            }
            self.rows += rows.len() as u64;
            return Ok(Some(Batch { table: self.table, rows }));
        }
    }

    fn read_table_end(&mut self) -> Result<()> {
        self.read_line()?;
        let end: TableEnd = self.parsed()?;
        self.all.update(&self.line);
        let sum = hex(&std::mem::take(&mut self.of_table).finalize());
        let name = &self.manifest.inventory.tables[self.table].table.name;
        if end.table != *name || end.sha256 != sum {
            return Err(self.damaged(format!("the checksum of the table {name} does not fit")));
        }
        self.table += 1;
        self.rows = 0;
        Ok(())
    }

    fn read_end(&mut self) -> Result<()> {
        self.read_line()?;
        let end: End = self.parsed()?;
        if end.sha256 != hex(&self.all.clone().finalize()) || end.rows != self.manifest.inventory.rows() {
            return Err(self.damaged("the checksum of the whole does not fit".to_owned()));
        }
        let mut more = [0];
        match self.lines.read(&mut more) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.damaged("something follows behind its end".to_owned())),
            Err(error) => Err(self.broken(error)),
        }
    }

    fn read_line(&mut self) -> Result<()> {
        self.line.clear();
        let read = (&mut self.lines).take(LINE_MOST).read_until(b'\n', &mut self.line);
        match read {
            Err(error) => Err(self.broken(error)),
            Ok(_) if self.line.last() != Some(&b'\n') => Err(self.damaged("it ends too early".to_owned())),
            Ok(_) => Ok(()),
        }
    }

    fn parsed<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.line).map_err(|_| self.damaged("a checksum is missing".to_owned()))
    }

    /// What cannot be uncompressed is damaged; what the disk does not give is the disk's fault.
    fn broken(&self, error: std::io::Error) -> ArchiveError {
        match error.kind() {
            ErrorKind::UnexpectedEof => self.damaged("it ends too early".to_owned()),
            ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other => {
                self.damaged("it cannot be uncompressed".to_owned())
            }
            _ => ArchiveError::File(self.path.clone(), error),
        }
    }

    fn damaged(&self, what: String) -> ArchiveError {
        ArchiveError::Damaged(self.path.clone(), what)
    }
}
