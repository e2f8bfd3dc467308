//! Spans on their way into blocks. Who looks up their traces says which block they go to, by about how much
//! is in it; [`pack`] can be another thread. Small ones are packed [together](super::repack) later.

use super::block::{Block, BlockCompressor, Builder};
use crate::store::{PricedSpan, StoreResult};
use model::telemetry::TraceId;
use rusqlite::Connection;

/// Blocks with fewer spans that are not full are packed together later.
const SMALL_SPANS: u32 = 256;
/// A block is full with spans that take so much memory: some 600 of ten attributes.
const FULL_BYTES: usize = 1_280 * 1024;
/// So many spans of a trace a block takes at once.
const SECTION_SPANS: usize = 1_000;

/// Spans of one trace that stand together in one block.
struct Section<'a> {
    trace_id: TraceId,
    spans: Vec<&'a PricedSpan>,
}

/// What is to be one block.
pub(super) struct Filled<'a> {
    id: i64,
    project: i64,
    sections: Vec<Section<'a>>,
    is_full: bool,
}

impl Filled<'_> {
    fn empty(id: i64, project: i64) -> Self {
        Self { id, project, sections: Vec::new(), is_full: false }
    }
}

/// Fills blocks one after the other. Those that are full are handed to `full`.
pub(super) struct Filling<'a, F> {
    block: Filled<'a>,
    bytes: usize,
    full: F,
}

impl<'a, F: FnMut(Filled<'a>)> Filling<'a, F> {
    /// Gives blocks numbers from `next` on.
    pub(super) fn new(next: i64, full: F) -> Self {
        Self { block: Filled::empty(next, 0), bytes: 0, full }
    }

    /// Takes the spans of one trace, which together take about so much memory, and says by number which blocks
    /// they are in.
    pub(super) fn push(
        &mut self,
        project: i64,
        trace_id: TraceId,
        spans: &[&'a PricedSpan],
        bytes: usize,
    ) -> Vec<i64> {
        let bytes_each = bytes / spans.len().max(1);
        let mut blocks = Vec::new();
        for spans in spans.chunks(SECTION_SPANS) {
            if self.block.is_full || project != self.block.project {
                self.hand_over();
                self.block.project = project;
            }
            self.bytes += spans.len() * bytes_each;
            self.block.is_full = self.bytes >= FULL_BYTES;
            self.block.sections.push(Section { trace_id, spans: spans.to_vec() });
            if blocks.last() != Some(&self.block.id) {
                blocks.push(self.block.id);
            }
        }
        blocks
    }

    /// Hands over the last one too, and says which number is the next.
    pub(super) fn finish(mut self) -> i64 {
        self.hand_over();
        self.block.id
    }

    fn hand_over(&mut self) {
        if !self.block.sections.is_empty() {
            let next = Filled::empty(self.block.id + 1, self.block.project);
            (self.full)(std::mem::replace(&mut self.block, next));
            self.bytes = 0;
        }
    }
}

/// A block that is to be stored.
pub(super) struct Numbered {
    id: i64,
    project: i64,
    is_small: bool,
    block: Block,
}

/// Packs blocks.
pub(super) fn pack<'a>(
    blocks: impl IntoIterator<Item = Filled<'a>>,
    compressor: &mut BlockCompressor,
) -> StoreResult<Vec<Numbered>> {
    let pack = |Filled { id, project, sections, is_full }| {
        let mut builder = Builder::default();
        for Section { trace_id, spans } in &sections {
            builder.push(trace_id, spans)?;
        }
        let block = builder.pack(compressor)?;
        let is_small = !is_full && block.spans < SMALL_SPANS;
        Ok(Numbered { id, project, is_small, block })
    };
    blocks.into_iter().map(pack).collect()
}

impl Numbered {
    pub(super) fn store(&self, connection: &Connection) -> StoreResult<()> {
        let Block { spans, min_start, max_end, body } = &self.block;
        let insert = "INSERT INTO span_block (id, project, min_start, max_end, spans, is_small, body) \
             VALUES (?, ?, ?, ?, ?, ?, ?)";
        let row = (self.id, self.project, min_start, max_end, spans, self.is_small, body);
        connection.prepare_cached(insert)?.execute(row)?;
        Ok(())
    }
}
