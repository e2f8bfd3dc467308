//! The words and rules that every other crate speaks: identifiers, dates, the
//! catalog, runs, the status rules that turn runs into a board, who may do what,
//! and the wire types that pages, REST and live updates share.
//!
//! It never does I/O, never asks for the time by itself and builds for wasm.
//! Start with [`board::build_board`], which applies the status rules, and
//! [`diff::BoardDiff`], the unit of live update.

pub mod ask;
pub mod audit;
pub mod board;
pub mod catalog;
pub mod clock;
pub mod date;
pub mod diff;
pub mod error;
pub mod identity;
pub mod ids;
pub mod live;
pub mod permission;
pub mod rules;
pub mod run;
pub mod source;
pub mod telemetry;
pub mod view;
mod wire;

pub use board::{Board, DatasetBoard, DatasetPhase, EssentialBoard, PhaseBoard, Summary};
pub use catalog::{Catalog, Dataset, Essential};
pub use clock::Clock;
pub use date::BusinessDate;
pub use error::ErrorKind;
pub use ids::{DagId, DatasetId, EssentialName, RunId, RunKey, SliceName, SnapshotId};
pub use jiff::Timestamp;
pub use permission::{Actor, Capability, Identity, Origin, Role, Scope};
pub use rules::{DatasetStatus, EssentialStatus};
pub use run::{Oddity, Phase, Run, RunRow, RunStatus, TaskRow, Trigger};
