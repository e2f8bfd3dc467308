//! The tasks of a run on a time axis. It is a table, so that a screen reader reads the
//! same facts; the bars only repeat them.

mod layout;
mod state;

use crate::components::status_badge::status_badge;
use crate::location::encode;
use crate::time::{Zone, duration};
use layout::{Axis, Stretch, Tick, percent, task_duration_s};
use leptos::prelude::*;
use model::view::RunTasksView;
use model::{TaskRow, Timestamp};
use state::{state_words, task_tone};

/// The tasks of `view`, with the one that failed first marked.
pub(crate) fn gantt(view: &RunTasksView, zone: &Zone) -> AnyView {
    let RunTasksView { run, tasks, first_failed, airflow_url, now, .. } = view;
    let now = *now;
    let axis = Axis::of(tasks, now);
    let ticks = axis.map(|axis| axis.ticks(4)).unwrap_or_default();
    let rows: Vec<_> = tasks
        .iter()
        .enumerate()
        .map(|(index, task)| {
            let href = airflow_url.as_deref().map(|run_url| task_url(run_url, task));
            let stretch = axis.and_then(|axis| axis.stretch(task, now));
            task_row(task, stretch, &ticks, now, zone, *first_failed == Some(index), href)
        })
        .collect();
    let whole_minutes = ticks.iter().all(|tick| tick.at.as_second() % 60 == 0);
    let label = if whole_minutes { Zone::short_time } else { Zone::time };
    let axis_title = format!("Timeline ({})", zone.as_str());
    view! {
        <div class="table-scroll gantt-scroll" tabindex="0" role="region" aria-label="Task timeline">
            <table class="gantt">
                <caption class="visually-hidden">{format!("Tasks of run {}", run.row.run_id)}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Task"</th>
                        <th scope="col">"State"</th>
                        <th scope="col" class="gantt-lane">
                            <span class="visually-hidden">{axis_title}</span>
                            <svg class="gantt-axis" width="100%" height="14" aria-hidden="true">
                                {ticks.iter().map(|tick| tick_label(tick, zone, label)).collect_view()}
                            </svg>
                        </th>
                        <th scope="col">"Duration"</th>
                        <th scope="col">"Tries"</th>
                        <th scope="col">"Started"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn tick_label(tick: &Tick, zone: &Zone, label: fn(&Zone, Timestamp) -> String) -> impl IntoView + use<> {
    let anchor = match tick.left {
        0..100 => "start",
        100..=900 => "middle",
        _ => "end",
    };
    view! { <text x=percent(tick.left) y="11" text-anchor=anchor>{label(zone, tick.at)}</text> }
}

fn task_row(
    task: &TaskRow,
    stretch: Option<Stretch>,
    ticks: &[Tick],
    now: Timestamp,
    zone: &Zone,
    is_first_failure: bool,
    href: Option<String>,
) -> impl IntoView + use<> {
    let tone = task_tone(task.state.as_deref());
    let name = match task.map_index {
        index if index >= 0 => format!("{} [{index}]", task.display_name),
        _ => task.display_name.clone(),
    };
    let name = match href {
        Some(href) => {
            let hint = "Open this task in Airflow";
            view! { <a href=href rel="external noopener" target="_blank" title=hint>{name}</a> }.into_any()
        }
        None => name.into_any(),
    };
    let lasted = task_duration_s(task, now).map(|seconds| {
        let running = if task.ended_at.is_none() { "…" } else { "" };
        format!("{}{running}", duration(seconds))
    });
    let started = task.started_at.map(|at| {
        view! { <time datetime=at.to_string() title=zone.exact(at)>{zone.time(at)}</time> }
    });
    let unstarted = started.is_none().then_some("—");
    let lines = ticks.iter().map(|tick| {
        let x = percent(tick.left);
        view! { <line class="gantt-tick" x1=x.clone() x2=x y1="0" y2="100%"></line> }
    });
    let bar = stretch.map(|Stretch { left, width }| {
        let class = format!("gantt-bar {}", tone.class());
        view! { <rect class=class x=percent(left) width=percent(width) y="8" height="12" rx="2"></rect> }
    });
    view! {
        <tr class="gantt-row" class:is-first-failure=is_first_failure>
            <th scope="row">
                {name}
                {is_first_failure.then(|| view! { <span class="gantt-mark">"first failure"</span> })}
                <span class="gantt-place">{place_words(task)}</span>
            </th>
            <td>
                {status_badge(tone, &state_words(task.state.as_deref()))}
            </td>
            <td class="gantt-lane">
                <svg width="100%" height="28" aria-hidden="true">
                    {lines.collect_view()}
                    {bar}
                </svg>
            </td>
            <td class="mono">{lasted.unwrap_or_else(|| "—".to_owned())}</td>
            <td class="mono">{tries(task)}</td>
            <td class="mono">{started}{unstarted}</td>
        </tr>
    }
}

/// Operator and host, as far as they are known.
pub(crate) fn place_words(task: &TaskRow) -> String {
    match (task.operator.as_str(), task.hostname.as_str()) {
        (operator, "") => operator.to_owned(),
        ("", host) => format!("on {host}"),
        (operator, host) => format!("{operator} on {host}"),
    }
}

/// `2/2`: the newest try and the tries that are allowed; a dash before the first.
pub(crate) fn tries(task: &TaskRow) -> String {
    match task.try_number {
        0 => "—".to_owned(),
        tried => format!("{tried}/{}", tried.max(task.max_tries + 1)),
    }
}

/// The newest try of `task` in Airflow 3's own pages, below the page of its run.
fn task_url(run_url: &str, task: &TaskRow) -> String {
    let task_id = encode(&task.task_id);
    let mapped = if task.map_index >= 0 { format!("/mapped/{}", task.map_index) } else { String::new() };
    let newest = if task.try_number > 0 { format!("?try_number={}", task.try_number) } else { String::new() };
    format!("{run_url}/tasks/{task_id}{mapped}{newest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(task_id: &str, map_index: i32, try_number: u32, max_tries: u32) -> TaskRow {
        TaskRow {
            task_id: task_id.into(),
            display_name: task_id.into(),
            map_index,
            state: None,
            try_number,
            max_tries,
            operator: String::new(),
            hostname: String::new(),
            started_at: None,
            ended_at: None,
        }
    }

    #[test]
    fn counts_tries_against_those_allowed() {
        for (try_number, max_tries, expect) in
            [(0, 1, "—"), (1, 0, "1/1"), (2, 1, "2/2"), (1, 3, "1/4"), (5, 1, "5/5")]
        {
            assert_eq!(tries(&task("t", -1, try_number, max_tries)), expect);
        }
    }

    #[test]
    fn says_where_a_task_ran() {
        let check = |operator: &str, hostname: &str, expect: &str| {
            let task =
                TaskRow { operator: operator.into(), hostname: hostname.into(), ..task("t", -1, 1, 1) };
            assert_eq!(place_words(&task), expect);
        };
        check("EpsInitOperator", "worker-1", "EpsInitOperator on worker-1");
        check("EpsInitOperator", "", "EpsInitOperator");
        check("", "worker-1", "on worker-1");
        check("", "", "");
    }

    #[test]
    fn links_to_the_newest_try() {
        let url = |task| task_url("https://air/dags/d/runs/r", &task);
        assert_eq!(
            url(task("enrich a/b", -1, 2, 1)),
            "https://air/dags/d/runs/r/tasks/enrich%20a%2Fb?try_number=2"
        );
        assert_eq!(url(task("t", 3, 0, 1)), "https://air/dags/d/runs/r/tasks/t/mapped/3");
    }
}
