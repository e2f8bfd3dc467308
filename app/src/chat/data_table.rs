//! A table of texts that sorts by a click on a heading and can be taken along as CSV.

use leptos::prelude::*;
use std::cmp::Ordering;

/// Columns and rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DataTable {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// The cells of a row; `None` is NULL.
pub(super) type Row = Vec<Option<String>>;

/// A column, and whether its order is turned round.
type Sorting = Option<(usize, Direction)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Ascending,
    Descending,
}

/// The table. Without a script it stands in the order that it came in.
pub(super) fn data_table(table: DataTable, label: &'static str) -> AnyView {
    let sorting = RwSignal::new(None::<(usize, Direction)>);
    let headings: Vec<_> = table
        .columns
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let order = move || match sorting.get() {
                Some((of, Direction::Ascending)) if of == column => Some("ascending"),
                Some((of, Direction::Descending)) if of == column => Some("descending"),
                _ => None,
            };
            let turn = move |_| sorting.update(|sorting| *sorting = next(*sorting, column));
            view! {
                <th scope="col" aria-sort=order>
                    <button type="button" class="data-sort" on:click=turn>{name.clone()}</button>
                </th>
            }
        })
        .collect();
    let csv = table.to_csv();
    let kept = StoredValue::new(table);
    let body = move || {
        let sorting = sorting.get();
        kept.with_value(|table| {
            table.sorted(sorting).into_iter().map(|row| row_view(row)).collect::<Vec<_>>()
        })
    };
    view! {
        <div class="data-scroll" tabindex="0" role="region" aria-label=label>
            <table class="data-table">
                <caption class="visually-hidden">{label}</caption>
                <thead><tr>{headings}</tr></thead>
                <tbody>{body}</tbody>
            </table>
        </div>
        <p class="data-note"><a class="quick-action" download="sentry.csv" href=csv_href(&csv)>"CSV"</a></p>
    }
    .into_any()
}

fn row_view(row: &[Option<String>]) -> AnyView {
    let cells: Vec<_> = row
        .iter()
        .map(|cell| match cell {
            Some(text) => view! { <td>{text.clone()}</td> }.into_any(),
            None => view! { <td class="is-null">"NULL"</td> }.into_any(),
        })
        .collect();
    view! { <tr>{cells}</tr> }.into_any()
}

/// Up, then down, then as it came.
fn next(sorting: Sorting, column: usize) -> Sorting {
    match sorting {
        Some((of, Direction::Ascending)) if of == column => Some((column, Direction::Descending)),
        Some((of, Direction::Descending)) if of == column => None,
        _ => Some((column, Direction::Ascending)),
    }
}

impl DataTable {
    fn sorted(&self, sorting: Sorting) -> Vec<&Row> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        if let Some((column, direction)) = sorting {
            let cell = |row: &Row| row.get(column).cloned().flatten();
            rows.sort_by(|a, b| {
                let order = compare(cell(a).as_deref(), cell(b).as_deref());
                if direction == Direction::Descending { order.reverse() } else { order }
            });
        }
        rows
    }

    /// As RFC 4180 has it. A leading apostrophe keeps a spreadsheet from running a cell as a
    /// formula (OWASP, "CSV Injection").
    fn to_csv(&self) -> String {
        let head: Vec<_> = self.columns.iter().map(|name| csv_cell(name)).collect();
        let mut text = head.join(",");
        text.push_str("\r\n");
        for row in &self.rows {
            let cells: Vec<_> =
                row.iter().map(|cell| csv_cell(cell.as_deref().unwrap_or_default())).collect();
            text.push_str(&cells.join(","));
            text.push_str("\r\n");
        }
        text
    }
}

/// Numbers by size, other texts by letter, NULL last.
fn compare(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => a.total_cmp(&b),
            _ => a.cmp(b),
        },
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn csv_cell(cell: &str) -> String {
    // A negative number is no formula.
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    let guard = if is_formula { "'" } else { "" };
    if guard.is_empty() && !cell.contains([',', '"', '\n', '\r']) {
        return cell.to_owned();
    }
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

fn csv_href(csv: &str) -> String {
    format!("data:text/csv;charset=utf-8,{}", crate::location::encode(csv))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[Option<&str>]]) -> DataTable {
        let rows = rows.iter().map(|row| row.iter().map(|cell| cell.map(str::to_owned)).collect()).collect();
        DataTable { columns: vec!["a".into(), "b".into()], rows }
    }

    #[test]
    fn rows_sort_by_number_then_by_letter_and_nothing_comes_last() {
        let table = table(&[&[Some("10")], &[None], &[Some("9")], &[Some("-1")]]);
        let of = |sorting| -> Vec<Option<&str>> {
            table.sorted(sorting).into_iter().map(|row| row[0].as_deref()).collect()
        };
        assert_eq!(of(None), [Some("10"), None, Some("9"), Some("-1")]);
        assert_eq!(of(Some((0, Direction::Ascending))), [Some("-1"), Some("9"), Some("10"), None]);
        assert_eq!(of(Some((0, Direction::Descending))), [None, Some("10"), Some("9"), Some("-1")]);
        assert_eq!(compare(Some("b"), Some("a")), Ordering::Greater);
    }

    #[test]
    fn a_heading_turns_the_order_round() {
        let up = next(None, 1);
        assert_eq!(up, Some((1, Direction::Ascending)));
        assert_eq!(next(up, 1), Some((1, Direction::Descending)));
        assert_eq!(next(next(up, 1), 1), None);
        assert_eq!(next(up, 0), Some((0, Direction::Ascending)));
    }

    #[test]
    fn no_cell_runs_as_a_formula_or_breaks_its_row() {
        let check = |cell: &str, expect: &str| assert_eq!(csv_cell(cell), expect);
        check("", "");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"");
        check("-1.5", "-1.5");
        check("-1+1", "\"'-1+1\"");
        let csv = table(&[&[Some("1"), None]]).to_csv();
        assert_eq!(csv, "a,b\r\n1,\r\n");
        assert_eq!(csv_href("a,é"), "data:text/csv;charset=utf-8,a%2C%C3%A9");
    }
}
