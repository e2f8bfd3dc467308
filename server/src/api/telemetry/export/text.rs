//! Files of text: CSV, JSON lines, and JSON as one document.

use super::table::{Cell, Column, Row};
use super::{Broken, Writer};
use crate::csv::write_cell;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A line for each row, behind one with the columns' names.
pub(super) struct CsvWriter {
    pub(super) columns: &'static [Column],
}

impl Writer for CsvWriter {
    fn begin(&mut self) -> Vec<u8> {
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        format!("{}\r\n", names.join(",")).into_bytes()
    }

    fn write(&mut self, rows: Vec<Row>) -> Result<Vec<u8>, Broken> {
        let mut text = String::new();
        for row in rows {
            for (place, cell) in row.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_csv(&mut text, cell);
            }
            text.push_str("\r\n");
        }
        Ok(text.into_bytes())
    }

    fn end(&mut self) -> Result<Vec<u8>, Broken> {
        Ok(Vec::new())
    }
}

/// Only texts can be formulas: a number below zero stays one.
fn write_csv(text: &mut String, cell: Cell) {
    match cell {
        Cell::Null => {}
        Cell::Text(cell) => write_cell(text, &cell),
        Cell::Int(number) => text.push_str(&number.to_string()),
        Cell::Double(number) => text.push_str(&number.to_string()),
        Cell::Time(at) => text.push_str(&at.timestamp().to_string()),
        Cell::Json(value) => write_cell(text, &value.to_string()),
    }
}

/// An object for each row, on a line of its own.
pub(super) struct JsonLinesWriter {
    pub(super) columns: &'static [Column],
}

impl Writer for JsonLinesWriter {
    fn begin(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn write(&mut self, rows: Vec<Row>) -> Result<Vec<u8>, Broken> {
        let mut text = String::new();
        for row in rows {
            text.push_str(&object(self.columns, row).to_string());
            text.push('\n');
        }
        Ok(text.into_bytes())
    }

    fn end(&mut self) -> Result<Vec<u8>, Broken> {
        Ok(Vec::new())
    }
}

/// One object: the rows in `data`, and behind them how many there are.
pub(super) struct JsonWriter {
    columns: &'static [Column],
    began: Timestamp,
    rows: u64,
}

impl JsonWriter {
    pub(super) fn new(columns: &'static [Column], began: Timestamp) -> Self {
        Self { columns, began, rows: 0 }
    }
}

impl Writer for JsonWriter {
    fn begin(&mut self) -> Vec<u8> {
        b"{\"data\":[".to_vec()
    }

    fn write(&mut self, rows: Vec<Row>) -> Result<Vec<u8>, Broken> {
        let mut text = String::new();
        for row in rows {
            text.push_str(if self.rows == 0 { "\n" } else { ",\n" });
            text.push_str(&object(self.columns, row).to_string());
            self.rows += 1;
        }
        Ok(text.into_bytes())
    }

    fn end(&mut self) -> Result<Vec<u8>, Broken> {
        let metadata = json!({"total_records": self.rows, "export_timestamp": self.began});
        Ok(format!("\n],\"export_metadata\":{metadata}}}\n").into_bytes())
    }
}

fn object(columns: &[Column], row: Row) -> Value {
    let fields = columns.iter().zip(row).map(|(column, cell)| (column.name.to_owned(), value(cell)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn value(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => json!(text),
        Cell::Int(number) => json!(number),
        Cell::Double(number) => json!(number),
        Cell::Time(at) => json!(at.timestamp()),
        Cell::Json(value) => value,
    }
}
