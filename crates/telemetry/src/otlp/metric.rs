//! Metrics: each data point of whatever kind becomes one number.

use super::reader::{Reader, Reason, Stop};
use super::resource::Resource;
use super::wire::{Field, Fields};
use crate::genai;
use model::telemetry::{MetricName, MetricPoint, UnixNanos};
use std::mem::size_of;

/// The point holds no number, on purpose: its series has ended.
const NO_RECORDED_VALUE: u64 = 1;
const CUMULATIVE: u64 = 2;

/// What the points of one metric have in common.
struct Series<'a> {
    name: &'a str,
    unit: &'a str,
}

/// Where the kinds of points keep what they have. The numbers are those of `metrics.proto`.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    Histogram,
    ExponentialHistogram,
    Summary,
}

pub(super) fn read(
    reader: &mut Reader,
    resource: &mut Resource,
    bytes: &[u8],
    to: &mut Vec<MetricPoint>,
) -> Result<(), Stop> {
    let mut series = Series { name: "", unit: "" };
    let mut data = None;
    let mut fields = Fields::new(bytes);
    while let Some((number, field)) = fields.next()? {
        let kind = match number {
            1 => {
                series.name = field.text()?;
                continue;
            }
            3 => {
                series.unit = field.text()?;
                continue;
            }
            5 | 7 => Kind::Number,
            9 => Kind::Histogram,
            10 => Kind::ExponentialHistogram,
            11 => Kind::Summary,
            _ => continue,
        };
        data = Some((kind, field.bytes()?));
    }
    let Some((kind, data)) = data else { return Ok(()) };
    let is_running = is_running(kind, data)?;
    let mut points = Vec::new();
    let mut fields = Fields::new(data);
    while let Some((number, field)) = fields.next()? {
        if number == 1 {
            let point = point(reader, resource, &series, kind, field.bytes()?);
            let point = reader.kept(point)?.flatten();
            points.extend(
                point.map(|(start, point)| MetricPoint {
                    running_since: is_running.then_some(start),
                    ..point
                }),
            );
        }
    }
    genai::normalise_metric(&mut points);
    to.append(&mut points);
    Ok(())
}

/// Whether the points are running totals: those of summaries always are, gauges never.
fn is_running(kind: Kind, data: &[u8]) -> Result<bool, Stop> {
    let (mut temporality, mut is_monotonic) = (0, false);
    let mut fields = Fields::new(data);
    while let Some((number, field)) = fields.next()? {
        match (number, field) {
            (2, Field::Varint(sent)) => temporality = sent,
            (3, Field::Varint(sent)) => is_monotonic = sent != 0,
            _ => {}
        }
    }
    Ok(match kind {
        Kind::Number => is_monotonic && temporality == CUMULATIVE,
        Kind::Histogram | Kind::ExponentialHistogram => temporality == CUMULATIVE,
        Kind::Summary => true,
    })
}

/// A point and the time that its total began; `None` where nothing was measured.
fn point(
    reader: &mut Reader,
    resource: &mut Resource,
    series: &Series<'_>,
    kind: Kind,
    bytes: &[u8],
) -> Result<Option<(UnixNanos, MetricPoint)>, Stop> {
    let attributes_at = match kind {
        Kind::Number | Kind::Summary => 7,
        Kind::Histogram => 9,
        Kind::ExponentialHistogram => 1,
    };
    let flags_at = match kind {
        Kind::Number | Kind::Summary => 8,
        Kind::Histogram | Kind::ExponentialHistogram => 10,
    };
    let (mut at, mut start, mut flags) = (0, 0, 0);
    let (mut number, mut count, mut sum) = (None, 0, None);
    let mut attributes = Vec::new();
    let mut fields = Fields::new(bytes);
    while let Some((tag, field)) = fields.next()? {
        match (tag, kind) {
            (2, _) => start = field.fixed64()?,
            (3, _) => at = field.fixed64()?,
            (4, Kind::Number) => number = Some(field.double()?),
            (6, Kind::Number) => number = Some(field.fixed64()? as i64 as f64),
            (4, _) => count = field.fixed64()?,
            (5, Kind::Histogram | Kind::ExponentialHistogram | Kind::Summary) => sum = Some(field.double()?),
            _ if tag == attributes_at => reader.attribute(&mut attributes, field.bytes()?)?,
            _ if tag == flags_at => flags = field.varint()?,
            _ => {}
        }
    }
    if flags & NO_RECORDED_VALUE != 0 || kind != Kind::Number && count == 0 {
        return Ok(None);
    }
    let (value, count) = match kind {
        Kind::Number => (number.ok_or(Stop::Rejected(Reason::NoNumber))?, 1),
        // Proto3 does not write a summary's sum of zero.
        Kind::Summary => (sum.unwrap_or_default() / count as f64, count),
        _ => (sum.ok_or(Stop::Rejected(Reason::NoSum))? / count as f64, count),
    };
    if !value.is_finite() {
        return Err(Stop::Rejected(Reason::NotFinite));
    }
    let at = reader.moment(at)?.unwrap_or(reader.now);
    reader.charge(size_of::<MetricPoint>() + 2 * series.name.len() + series.unit.len())?;
    let point = MetricPoint {
        agent: resource.agent_of(reader, &attributes)?,
        name: MetricName::Other(series.name.to_owned()),
        sent_name: series.name.to_owned(),
        unit: series.unit.to_owned(),
        at,
        value,
        count,
        running_since: None,
        attributes,
    };
    Ok(Some((UnixNanos(i64::try_from(start).unwrap_or_default()), point)))
}
