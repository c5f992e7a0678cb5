//! Rows as lines. Bytes that are text, as what Meta sends is, stay readable and compress well.

use super::Manifest;
use crate::server::store::{Row, Table, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};

/// Behind a table.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TableEnd {
    pub(super) table: String,
    /// Of its lines.
    pub(super) sha256: String,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct End {
    pub(super) rows: u64,
    /// Of all lines before this one.
    pub(super) sha256: String,
}

struct Shown<'a>(&'a Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => to.serialize_none(),
            Value::Integer(value) => to.serialize_i64(*value),
            Value::Boolean(value) => to.serialize_bool(*value),
            Value::Text(value) => to.serialize_str(value),
            Value::Bytes(bytes) => {
                let mut map = to.serialize_map(Some(1))?;
                match std::str::from_utf8(bytes) {
                    Ok(text) => map.serialize_entry("text", text)?,
                    Err(_) => map.serialize_entry("base64", &STANDARD.encode(bytes))?,
                }
                map.end()
            }
        }
    }
}

struct ShownRow<'a>(&'a Row);

impl Serialize for ShownRow<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut row = to.serialize_seq(Some(self.0.len()))?;
        for value in self.0 {
            row.serialize_element(&Shown(value))?;
        }
        row.end()
    }
}

/// One line with its end.
pub(super) fn row_line(row: &Row, into: &mut Vec<u8>) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *into, &ShownRow(row))?;
    into.push(b'\n');
    Ok(())
}

pub(super) fn manifest_line(manifest: &Manifest) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(manifest)?;
    line.push(b'\n');
    Ok(line)
}

/// What is wrong with it, when it is no row of this table.
pub(super) fn read_row(line: &[u8], table: &Table) -> Result<Row, String> {
    let row: Vec<serde_json::Value> =
        serde_json::from_slice(line).map_err(|error| format!("a row of {}: {error}", table.name))?;
    if row.len() != table.columns.len() {
        return Err(format!("a row of {} has {} values, not {}", table.name, row.len(), table.columns.len()));
    }
    let values = row.into_iter().zip(&table.columns).map(|(shown, column)| {
        let value = read_value(shown).filter(|value| value.fits(column.kind));
        value.ok_or_else(|| format!("a row of {} holds something else in {}", table.name, column.name))
    });
    values.collect()
}

fn read_value(shown: serde_json::Value) -> Option<Value> {
    use serde_json::Value as Json;
    Some(match shown {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(value),
        Json::Number(number) => Value::Integer(number.as_i64()?),
        Json::String(text) => Value::Text(text),
        Json::Object(mut bytes) => match (bytes.remove("text"), bytes.remove("base64")) {
            (Some(Json::String(text)), None) => Value::Bytes(text.into_bytes()),
            (None, Some(Json::String(code))) => Value::Bytes(STANDARD.decode(code).ok()?),
            _ => return None,
        },
        Json::Array(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::{Column, ColumnKind};
    use proptest::prelude::*;

    fn table(kinds: &[ColumnKind]) -> Table {
        let column = |(place, kind): (usize, &ColumnKind)| Column { name: format!("c{place}"), kind: *kind };
        Table { name: "t".to_owned(), columns: kinds.iter().enumerate().map(column).collect(), numbered: None }
    }

    proptest! {
        #[test]
        fn every_value_comes_back_as_it_went(number: i64, flag: bool, text: String, bytes: Vec<u8>) {
            use ColumnKind::{Boolean, Bytes, Integer, Text};
            let table = table(&[Integer, Boolean, Text, Bytes, Bytes, Text]);
            let row = vec![
                Value::Integer(number),
                Value::Boolean(flag),
                Value::Text(text.clone()),
                Value::Bytes(bytes),
                Value::Bytes(text.into_bytes()),
                Value::Null,
            ];
            let mut line = Vec::new();
            row_line(&row, &mut line).unwrap();
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            prop_assert_eq!(read_row(&line, &table).unwrap(), row);
        }

        #[test]
        fn no_line_is_too_strange(line: Vec<u8>) {
            let _ = read_row(&line, &table(&[ColumnKind::Bytes]));
        }
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        let told = read_row(b"[1]", &table(&[ColumnKind::Text])).unwrap_err();
        assert_eq!(told, "a row of t holds something else in c0");
        assert!(read_row(b"[1,2]", &table(&[ColumnKind::Integer])).is_err());
        assert!(read_row(br#"[{"text":"a","base64":"YQ=="}]"#, &table(&[ColumnKind::Bytes])).is_err());
    }
}
