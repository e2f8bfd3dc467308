//! Parquet: rows are gathered into groups, and each group is packed and written as soon as it is full.

use super::table::{Cell, Column, Kind, Row};
use super::{Broken, Writer};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use std::mem;
use std::sync::Arc;

/// A group is full with so many rows, or so many bytes of text.
const GROUP_ROWS: usize = 50_000;
const GROUP_BYTES: usize = 8 << 20;
/// The footer tells of each group: statistics of long texts would make it large.
const STATISTIC_BYTES: usize = 32;

/// Writes the groups of a file.
pub(super) struct ParquetWriter {
    file: SerializedFileWriter<Vec<u8>>,
    columns: Vec<Values>,
    rows: usize,
    bytes: usize,
}

/// The cells of a column of the group: those that hold something, and which of all do (1) or not (0).
struct Values {
    cells: Cells,
    levels: Vec<i16>,
}

enum Cells {
    Int(Vec<i64>),
    Double(Vec<f64>),
    Text(Vec<ByteArray>),
}

impl ParquetWriter {
    pub(super) fn new(columns: &[Column]) -> Result<Self, Broken> {
        let fields = columns.iter().map(|column| field(column).map(Arc::new)).collect::<Result<_, _>>()?;
        let schema = Type::group_type_builder("row").with_fields(fields).build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_statistics_truncate_length(Some(STATISTIC_BYTES))
            .build();
        let file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
        let columns = columns.iter().map(|column| Values::new(column.kind)).collect();
        Ok(Self { file, columns, rows: 0, bytes: 0 })
    }

    /// Writes the group, where it has rows.
    fn write_group(&mut self) -> Result<(), Broken> {
        if mem::take(&mut self.rows) > 0 {
            let mut group = self.file.next_row_group()?;
            for column in &mut self.columns {
                column.write(&mut group)?;
            }
            group.close()?;
        }
        self.bytes = 0;
        Ok(())
    }

    /// What was written since it was last taken. The file counts its bytes itself.
    fn take(&mut self) -> Result<Vec<u8>, Broken> {
        self.file.flush()?;
        Ok(mem::take(self.file.inner_mut()))
    }
}

impl Writer for ParquetWriter {
    fn begin(&mut self) -> Vec<u8> {
        // The file's first bytes come with its first group.
        Vec::new()
    }

    fn write(&mut self, rows: Vec<Row>) -> Result<Vec<u8>, Broken> {
        for row in rows {
            for (column, cell) in self.columns.iter_mut().zip(row) {
                self.bytes += column.push(cell);
            }
            self.rows += 1;
            if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
                self.write_group()?;
            }
        }
        self.take()
    }

    fn end(&mut self) -> Result<Vec<u8>, Broken> {
        self.write_group()?;
        self.file.finish()?;
        self.take()
    }
}

fn field(column: &Column) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        Kind::Int => (Physical::INT64, None),
        Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::NANOS))),
        Kind::Double => (Physical::DOUBLE, None),
    };
    Type::primitive_type_builder(column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

impl Values {
    fn new(kind: Kind) -> Self {
        let cells = match kind {
            Kind::Text | Kind::Json => Cells::Text(Vec::new()),
            Kind::Int | Kind::Time => Cells::Int(Vec::new()),
            Kind::Double => Cells::Double(Vec::new()),
        };
        Self { cells, levels: Vec::new() }
    }

    /// Adds a cell; how many bytes of text it has. One of another kind than the column's is none.
    fn push(&mut self, cell: Cell) -> usize {
        let mut bytes = 0;
        let mut text = |text: String| {
            bytes = text.len();
            ByteArray::from(text.into_bytes())
        };
        let is_there = match (&mut self.cells, cell) {
            (Cells::Int(cells), Cell::Int(number)) => {
                cells.push(number);
                true
            }
            (Cells::Int(cells), Cell::Time(at)) => {
                cells.push(at.0);
                true
            }
            (Cells::Double(cells), Cell::Double(number)) => {
                cells.push(number);
                true
            }
            (Cells::Text(cells), Cell::Text(cell)) => {
                cells.push(text(cell));
                true
            }
            (Cells::Text(cells), Cell::Json(value)) => {
                cells.push(text(value.to_string()));
                true
            }
            _ => false,
        };
        self.levels.push(i16::from(is_there));
        bytes
    }

    /// Writes the next column of the group, and begins the next group's.
    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Result<(), Broken> {
        let levels = mem::take(&mut self.levels);
        match &mut self.cells {
            Cells::Int(cells) => write_column::<Int64Type>(group, &mem::take(cells), &levels),
            Cells::Double(cells) => write_column::<DoubleType>(group, &mem::take(cells), &levels),
            Cells::Text(cells) => write_column::<ByteArrayType>(group, &mem::take(cells), &levels),
        }
    }
}

fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    cells: &[T::T],
    levels: &[i16],
) -> Result<(), Broken> {
    let mut column = group.next_column()?.ok_or("a group has fewer columns than the file")?;
    column.typed::<T>().write_batch(cells, Some(levels), None)?;
    column.close()?;
    Ok(())
}
