//! Costs by whom, over time, and by which prices.

use super::notes::{efficiency_words, trend_words};
use crate::components::figures::{amount, count, dollars, of_amount, percent};
use crate::components::plain_table::plain_table;
use crate::components::time_chart::{Line, Stroke, TimeChart};
use crate::location::Place;
use crate::pages::agents::agent_href;
use leptos::prelude::*;
use model::telemetry::Price;
use model::telemetry::view::{CostGrouping, CostQuery, CostRow, CostView};

/// What costs are added up by, on the page.
pub(super) fn grouping_words(by: CostGrouping) -> &'static str {
    match by {
        CostGrouping::Agent => "Agent",
        CostGrouping::Model => "Model",
        CostGrouping::User => "User",
        CostGrouping::Session => "Session",
        CostGrouping::Day => "Day",
    }
}

/// A row for each agent, model, user, session or day.
pub(super) fn cost_table(view: &CostView, query: &CostQuery, place: &Place) -> AnyView {
    if view.rows.is_empty() {
        return view! { <p class="settings-empty">"Nothing cost anything in this time."</p> }.into_any();
    }
    let total = of_amount(view.spend.cost);
    let row = |row: &CostRow| {
        let name = if row.name.is_empty() { "(not named)".to_owned() } else { row.name.clone() };
        let name = match row.agent {
            Some(id) => view! { <a href=agent_href(place, id, query.range)>{name}</a> }.into_any(),
            None => name.into_any(),
        };
        let cost = of_amount(row.spend.cost);
        let share = if total > 0.0 { percent(cost * 100.0 / total) } else { "—".to_owned() };
        let a_call = match row.spend.calls {
            0 => "—".to_owned(),
            calls => dollars(cost / calls as f64),
        };
        let unknown = (row.spend.unpriced > 0).then(
            || view! { <span class="span-note">{format!(" + {} unknown", count(row.spend.unpriced))}</span> },
        );
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="mono"><span title=row.spend.cost.to_string()>{amount(row.spend.cost)}</span> {unknown}</td>
                <td class="mono">{share}</td>
                <td class="mono">{count(row.spend.calls)}</td>
                <td class="mono">{a_call}</td>
                <td class="mono">{format!("{} / {}", count(row.spend.input), count(row.spend.output))}</td>
                <td>{trend_words(&row.trend)}</td>
                <td>{efficiency_words(row.efficiency)}</td>
            </tr>
        }
        .into_any()
    };
    let headings = [
        grouping_words(query.by),
        "Cost",
        "Share",
        "Calls",
        "A call",
        "Tokens in / out",
        "Trend",
        "A request",
    ];
    plain_table("Costs", &headings, view.rows.iter().map(row).collect())
}

/// Costs over time.
pub(super) fn cost_chart(view: &CostView) -> TimeChart {
    let points = view.buckets.iter().map(|bucket| Some(of_amount(bucket.cost))).collect();
    TimeChart {
        title: "Cost over time".to_owned(),
        from: view.from,
        step_s: view.step_s,
        lines: vec![Line { name: "cost", stroke: Stroke::Solid, points }],
        write: dollars,
    }
}

/// The prices that were used, with their source and date.
pub(super) fn prices(prices: &[Price]) -> AnyView {
    let rows = prices.iter().map(|price| {
        let cache = |amount: Option<model::ask::Amount>| match amount {
            Some(amount) => amount.to_string(),
            None => "as input".to_owned(),
        };
        view! {
            <tr>
                <th scope="row" class="mono">{price.model.clone()}</th>
                <td class="mono">{price.input.to_string()}</td>
                <td class="mono">{price.output.to_string()}</td>
                <td class="mono">{cache(price.cache_read)}</td>
                <td class="mono">{cache(price.cache_write)}</td>
                <td class="mono">{price.valid_from.to_string()}</td>
                <td>{price.source.clone()}</td>
            </tr>
        }
        .into_any()
    });
    let headings = ["Model", "Input", "Output", "Cache read", "Cache write", "Since", "Source"];
    plain_table("Prices of a million tokens, in US dollars", &headings, rows.collect())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use model::ask::Amount;
    use model::telemetry::UnixNanos;
    use model::telemetry::analysis::{Confidence, CostAdvice, CostTrend, Direction, Efficiency};
    use model::telemetry::view::{CostBucket, Spend};

    fn view() -> CostView {
        let money = |text: &str| Amount::parse(text).expect("an amount");
        let spend = |cost: &str, unpriced: u64| Spend {
            calls: 4,
            input: 1000,
            output: 500,
            cost: money(cost),
            unpriced,
            ..Spend::default()
        };
        let trend = CostTrend { direction: Direction::Increasing, change_percent: Some(12.0) };
        let row = |name: &str, cost: &str, unpriced: u64| CostRow {
            name: name.to_owned(),
            agent: None,
            spend: spend(cost, unpriced),
            trend,
            efficiency: Efficiency::Good,
        };
        let start = 1_771_400_000_000_000_000;
        CostView {
            now: UnixNanos(start),
            from: UnixNanos(start),
            to: UnixNanos(start),
            step_s: 3600,
            spend: spend("0.05", 3),
            previous: money("0"),
            trend,
            rows: vec![row("gpt-4o", "0.0375", 0), row("", "0.0125", 3)],
            buckets: vec![CostBucket { at: UnixNanos(start), cost: money("0.05"), calls: 8 }],
            spikes: Vec::new(),
            alerts: Vec::new(),
            forecast: None,
            advice: CostAdvice {
                savings: Vec::new(),
                potential_monthly_savings: money("0"),
                confidence: Confidence::High,
            },
            unpriced: Vec::new(),
            prices: Vec::new(),
            agents: Vec::new(),
        }
    }

    #[test]
    fn shares_and_unknown_costs_are_shown() {
        let query = CostQuery { by: CostGrouping::Model, ..CostQuery::default() };
        let html =
            |view: &CostView| Owner::new().with(|| cost_table(view, &query, &Place::default()).to_html());
        let rows = html(&view());
        for part in [
            "<th scope=\"col\">Model</th>",
            "gpt-4o",
            "(not named)",
            "$0.0375",
            "75%",
            "$0.00313",
            " + 3 unknown",
            "▲ increasing, +12%",
        ] {
            assert!(rows.contains(part), "{part} is not in {rows}");
        }
        let nothing = html(&CostView { rows: Vec::new(), ..view() });
        assert!(nothing.contains("Nothing cost anything"), "{nothing}");
    }

    #[test]
    fn the_chart_is_of_the_buckets() {
        let chart = cost_chart(&view());
        assert_eq!((chart.step_s, chart.lines[0].points.as_slice()), (3600, [Some(0.05)].as_slice()));
    }
}
