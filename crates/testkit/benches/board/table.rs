//! The table that is printed and kept.

use crate::workspace;
use anyhow::Context;
use std::fmt::Write as _;
use std::process::Command;

/// One figure, and the bar that it has to reach.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    bar: Option<String>,
    figure: String,
    reached: bool,
    how: String,
}

impl Row {
    /// `value` must be at most `most`.
    pub(crate) fn at_most(what: &str, value: f64, most: f64, unit: &str, how: impl Into<String>) -> Self {
        let bar = Some(format!("≤ {} {unit}", number(most)));
        Self {
            what: what.to_owned(),
            bar,
            figure: format!("{} {unit}", number(value)),
            reached: value <= most,
            how: how.into(),
        }
    }

    /// `value` must be at least `least`.
    pub(crate) fn at_least(what: &str, value: f64, least: f64, unit: &str, how: impl Into<String>) -> Self {
        let bar = Some(format!("≥ {} {unit}", number(least)));
        Self {
            what: what.to_owned(),
            bar,
            figure: format!("{} {unit}", number(value)),
            reached: value >= least,
            how: how.into(),
        }
    }

    /// `figure` must be so, in words.
    pub(crate) fn holds(
        what: &str,
        bar: &str,
        reached: Reached,
        figure: String,
        how: impl Into<String>,
    ) -> Self {
        Self {
            what: what.to_owned(),
            bar: Some(bar.to_owned()),
            figure,
            reached: reached == Reached::Yes,
            how: how.into(),
        }
    }

    /// A figure without a bar.
    pub(crate) fn information(what: &str, figure: String, how: impl Into<String>) -> Self {
        Self { what: what.to_owned(), bar: None, figure, reached: true, how: how.into() }
    }

    /// A part that could not run: as bad as one that missed.
    pub(crate) fn not_measured(part: &str, error: &anyhow::Error) -> Self {
        Self {
            what: format!("part `{part}`"),
            bar: Some("measured".to_owned()),
            figure: "not measured".to_owned(),
            reached: false,
            how: format!("{error:#}"),
        }
    }

    /// Whether there is a bar at all.
    pub(crate) fn is_bar(&self) -> bool {
        self.bar.is_some()
    }

    /// Whether there is a bar and the figure misses it.
    pub(crate) fn failed(&self) -> bool {
        self.is_bar() && !self.reached
    }

    fn verdict(&self) -> &'static str {
        match (self.is_bar(), self.reached) {
            (false, _) => "–",
            (true, true) => "pass",
            (true, false) => "FAIL",
        }
    }
}

/// Whether a bar in words is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// It is.
    Yes,
    /// It is not.
    No,
}

impl From<bool> for Reached {
    fn from(reached: bool) -> Self {
        if reached { Self::Yes } else { Self::No }
    }
}

/// The whole table as Markdown, columns aligned so that it reads well in a terminal too.
pub(crate) fn report(circumstances: &str, rows: &[Row], quick: bool) -> String {
    let head = ["what", "bar", "measured", "", "how"].map(str::to_owned);
    let mut cells = vec![head];
    cells.extend(rows.iter().map(|row| {
        let bar = row.bar.clone().unwrap_or_default();
        let escape = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        [escape(&row.what), bar, escape(&row.figure), row.verdict().to_owned(), escape(&row.how)]
    }));
    let widths: [usize; 5] = std::array::from_fn(|column| {
        cells.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default()
    });
    let mut text = format!("# Measured by `make bench`\n\n{circumstances}\n\n");
    if quick {
        text.push_str("A short run (`--quick`): shows that everything can be measured, proves no bar.\n\n");
    }
    for (line, cells) in cells.iter().enumerate() {
        for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
            // The last column is long and ragged.
            let width = if column == 4 { 0 } else { width };
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if line == 0 {
            for width in widths.map(|width| width.min(60)) {
                let _ = write!(text, "| {} ", "-".repeat(width.max(3)));
            }
            text.push_str("|\n");
        }
    }
    let bars = rows.iter().filter(|row| row.is_bar()).count();
    let passed = bars - rows.iter().filter(|row| row.failed()).count();
    let _ = writeln!(text, "\n{passed} of {bars} bars reached.");
    text
}

/// The machine, how busy it is, and the commit.
pub(crate) fn circumstances() -> anyhow::Result<String> {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").context("read /proc/cpuinfo")?;
    let cpu = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let cpu = cpu.map_or("unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().context("count the cores")?;
    let meminfo = std::fs::read_to_string("/proc/meminfo").context("read /proc/meminfo")?;
    let kib = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().trim_end_matches(" kB").parse::<f64>().ok());
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).current_dir(workspace()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let commit = said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let kernel = said("uname", &["-sr"]).unwrap_or_default();
    let loadavg = std::fs::read_to_string("/proc/loadavg").context("read /proc/loadavg")?;
    let load = loadavg.split(' ').next().unwrap_or_default();
    let now = model::Clock::system().now();
    Ok(format!(
        "{cores} cores of {cpu}, {} GB of memory, {kernel}; commit {commit}; {}. Server, load and databases \
         share these cores with whatever else runs: load average {load} before the start.",
        number(kib.unwrap_or_default() / 1_048_576.0),
        now.strftime("%d-%b-%Y %H:%M UTC"),
    ))
}

/// A figure as people write it: no decimals from 100 on, thousands apart.
pub(crate) fn number(value: f64) -> String {
    if value < 100.0 {
        let text = format!("{value:.1}");
        return text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned);
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The value below which `percent` of the sorted `values` lie (nearest rank).
pub(crate) fn percentile(values: &mut [f64], percent: f64) -> anyhow::Result<f64> {
    values.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * values.len() as f64).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().context("nothing was measured")
}
