//! Names of metrics, brought to [`MetricName`] with its unit.

use model::telemetry::{Attribute, MetricName, MetricPoint, Value};
use std::collections::HashMap;

/// A name that senders use, and what it is here.
struct Rule {
    sent: &'static str,
    name: MetricName,
    /// What the number is where its unit is not said.
    unit: &'static str,
    series: Series,
}

/// Which of the series under a name count.
enum Series {
    All,
    /// Those in which an attribute of one of these names has this value.
    Only(&'static [&'static str], &'static str),
    /// The same, and those that do not have the attribute.
    OnlyOrPlain(&'static [&'static str], &'static str),
    /// One series a state of the CPU: what counts is the sum of those in which it is busy.
    CpuStates,
}

const STATE: &[&str] = &["system.memory.state", "state"];
const CPU_STATE: &[&str] = &["cpu.mode", "system.cpu.state", "process.cpu.state", "state", "mode"];
const IDLE: [&str; 2] = ["idle", "iowait"];

const fn rule(sent: &'static str, name: MetricName, unit: &'static str, series: Series) -> Rule {
    Rule { sent, name, unit, series }
}

static RULES: [Rule; 23] = {
    use MetricName::*;
    use Series::*;
    [
        // GenAI, up to 1.41 and newer.
        rule("gen_ai.client.operation.duration", LatencyMs, "s", All),
        rule("gen_ai.client.inference.duration", LatencyMs, "s", All),
        // OpenTelemetry: process and system.
        rule("process.cpu.utilization", CpuPercent, "1", CpuStates),
        rule("system.cpu.utilization", CpuPercent, "1", CpuStates),
        rule("process.memory.usage", MemoryMb, "By", All),
        rule("process.runtime.memory", MemoryMb, "By", Only(&["type"], "rss")),
        rule("process.runtime.cpython.memory", MemoryMb, "By", Only(&["type"], "rss")),
        rule("system.memory.usage", MemoryMb, "By", OnlyOrPlain(STATE, "used")),
        // OpenTelemetry: hardware.
        rule("hw.gpu.utilization", GpuPercent, "1", OnlyOrPlain(&["hw.gpu.task"], "general")),
        rule("hw.gpu.memory.usage", GpuMemoryMb, "By", All),
        rule("hw.temperature", GpuTemperatureC, "Cel", Only(&["hw.type"], "gpu")),
        rule("hw.gpu.temperature", GpuTemperatureC, "Cel", All),
        rule("hw.power", GpuPowerW, "W", Only(&["hw.type"], "gpu")),
        rule("hw.gpu.power", GpuPowerW, "W", All),
        // NVIDIA's exporter.
        rule("DCGM_FI_DEV_GPU_UTIL", GpuPercent, "%", All),
        rule("DCGM_FI_PROF_GR_ENGINE_ACTIVE", GpuPercent, "1", All),
        rule("DCGM_FI_DEV_FB_USED", GpuMemoryMb, "MiBy", All),
        rule("DCGM_FI_DEV_GPU_TEMP", GpuTemperatureC, "Cel", All),
        rule("DCGM_FI_DEV_POWER_USAGE", GpuPowerW, "W", All),
        // OpenLIT's collector.
        rule("gpu.utilization", GpuPercent, "%", All),
        rule("gpu.memory.used", GpuMemoryMb, "MiBy", All),
        rule("gpu.temperature", GpuTemperatureC, "Cel", All),
        rule("gpu.power.draw", GpuPowerW, "W", All),
    ]
};

/// Names the points of one metric and brings their numbers to the name's unit. Points that nothing
/// here knows stay as they are; of a CPU's states, the share in which it is busy is added.
pub(crate) fn normalise(points: &mut Vec<MetricPoint>) {
    let Some(rule) = points.first().and_then(|point| RULES.iter().find(|rule| rule.sent == point.sent_name))
    else {
        return;
    };
    let factor = factor(&points[0].unit, rule.unit);
    // Numbers that the unit makes infinite stay as they were sent.
    let take = |point: &mut MetricPoint| {
        let value = point.value * factor;
        if value.is_finite() {
            point.name = rule.name.clone();
            point.value = value;
        }
    };
    if matches!(rule.series, Series::CpuStates) {
        let (states, plain): (Vec<_>, Vec<_>) =
            points.drain(..).partition(|point| attribute(point, CPU_STATE).is_some());
        points.extend(plain.into_iter().chain(busy(&states)));
        points.iter_mut().for_each(take);
        points.extend(states);
    } else {
        points.iter_mut().filter(|point| counts(&rule.series, point)).for_each(take);
    }
}

fn counts(series: &Series, point: &MetricPoint) -> bool {
    match series {
        Series::All | Series::CpuStates => true,
        Series::Only(names, value) => attribute(point, names).is_some_and(|sent| is_text(sent, value)),
        Series::OnlyOrPlain(names, value) => attribute(point, names).is_none_or(|sent| is_text(sent, value)),
    }
}

/// The sum of the busy states for each moment and each set of the other attributes.
fn busy(states: &[MetricPoint]) -> Vec<MetricPoint> {
    let mut sums: Vec<MetricPoint> = Vec::new();
    let mut places = HashMap::new();
    for point in states {
        let mut rest = point.attributes.clone();
        rest.retain(|attribute| !CPU_STATE.contains(&attribute.key.as_str()));
        let is_idle =
            attribute(point, CPU_STATE).is_some_and(|state| IDLE.iter().any(|idle| is_text(state, idle)));
        let share = if is_idle { 0.0 } else { point.value };
        let place = *places.entry((point.at, &point.agent.name, format!("{rest:?}"))).or_insert_with(|| {
            sums.push(MetricPoint { value: 0.0, attributes: rest, ..point.clone() });
            sums.len() - 1
        });
        sums[place].value += share;
    }
    sums.retain(|sum| sum.value.is_finite());
    sums
}

fn attribute<'a>(point: &'a MetricPoint, names: &[&str]) -> Option<&'a Value> {
    let is_named = |attribute: &&Attribute| names.contains(&attribute.key.as_str());
    point.attributes.iter().find(is_named).map(|attribute| &attribute.value)
}

fn is_text(value: &Value, text: &str) -> bool {
    matches!(value, Value::Text(sent) if sent == text)
}

/// What a number of that unit is multiplied with: shares become per cent, times milliseconds,
/// sizes MB. Units are those of UCUM, as OpenTelemetry writes them, and what else is seen.
fn factor(unit: &str, default: &str) -> f64 {
    known_factor(unit).or_else(|| known_factor(default)).unwrap_or(1.0)
}

fn known_factor(unit: &str) -> Option<f64> {
    Some(match unit {
        "1" => 100.0,
        "%" | "ms" | "MBy" | "MB" | "Cel" | "W" => 1.0,
        "s" => 1e3,
        "us" | "kBy" | "mW" => 1e-3,
        "ns" | "By" => 1e-6,
        "min" => 60e3,
        "KiBy" => 1024e-6,
        "MiBy" | "MiB" => 1.048_576,
        "GBy" => 1e3,
        "GiBy" => 1_073.741_824,
        _ => return None,
    })
}
