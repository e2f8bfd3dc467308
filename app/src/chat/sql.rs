//! Rows of a guarded query: the statement can be seen, copied, changed and run again.

use super::chart::{Series, chart};
use super::composer::hidden_field;
use super::data_table::{DataTable, data_table};
use crate::api::ask::RunQuery;
use crate::components::copy_button::CopyButton;
use crate::components::form::{SubmitButton, error_words, text_area_content};
use crate::time::Zone;
use leptos::prelude::*;
use model::ask::{QueryRun, SqlCard};

/// A query with its rows, or the offer to run it.
pub(super) fn sql_card(card: &SqlCard) -> AnyView {
    let run = ServerAction::<RunQuery>::new();
    let rows = card.ran.then(|| result(card));
    let (question, sql) = (card.question.clone(), card.sql.clone());
    let again = move || {
        run.value().with(|answer| match answer.as_ref()? {
            Ok(run) => Some(run_again(run)),
            Err(error) => {
                Some(view! { <p class="outcome is-bad" role="alert">{error_words(error)}</p> }.into_any())
            }
        })
    };
    let offer = (!card.ran).then(|| {
        let fields = [hidden_field("question", question.clone()), hidden_field("sql", sql.clone())];
        view! {
            <ActionForm action=run attr:class="sql-offer">
                {fields.into_iter().collect::<Vec<_>>()}
                <SubmitButton label="Run it" pending=run.pending()/>
            </ActionForm>
        }
    });
    view! {
        <section class="data-card">
            <div class="data-card-header"><span>{card.question.clone()}</span></div>
            {rows}
            {offer}
            <noscript><p class="data-note">"Queries run from here with a script, or on the command line: sentry sql."</p></noscript>
            <div aria-live="polite">{again}</div>
            <details class="data-more">
                <summary>"SQL"</summary>
                <pre tabindex="0"><code>{card.sql.clone()}</code></pre>
                <CopyButton text=card.sql.clone() what="the query"/>
                <ActionForm action=run attr:class="sql-edit">
                    {hidden_field("question", question)}
                    <textarea class="field-input mono" name="sql" rows="6" spellcheck="false" aria-label="Query">{text_area_content(&sql)}</textarea>
                    <SubmitButton label="Run it again" pending=run.pending() class="quick-action"/>
                </ActionForm>
            </details>
        </section>
    }
    .into_any()
}

fn result(card: &SqlCard) -> AnyView {
    if card.rows.is_empty() {
        return view! { <p class="data-note">"No rows."</p> }.into_any();
    }
    let table = DataTable { columns: card.columns.clone(), rows: card.rows.clone() };
    let count = match (card.rows.len(), card.truncated) {
        (1, false) => "1 row".to_owned(),
        (count, false) => format!("{count} rows"),
        (count, true) => format!("The first {count} rows; there are more"),
    };
    view! {
        {Series::of_table(&table).map(|series| chart(&series))}
        <p class="data-note">{count}</p>
        {data_table(table, "Rows of the query")}
    }
    .into_any()
}

fn run_again(run: &QueryRun) -> AnyView {
    let told = format!("Run again in {} ms, at {}.", run.duration_ms, Zone::UTC.exact(run.as_of));
    view! { <p class="data-note">{told}</p> {result(&run.card)} }.into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn html(rows: &[&str], ran: bool, truncated: bool) -> String {
        let card = SqlCard {
            question: "Which <b> failed most?".into(),
            sql: "SELECT 1 < 2".into(),
            columns: vec!["name".into()],
            rows: rows.iter().map(|cell| vec![Some((*cell).to_owned())]).collect(),
            ran,
            truncated,
        };
        Owner::new().with(|| sql_card(&card).to_html())
    }

    #[test]
    fn an_offer_can_be_run_and_a_result_says_how_much_it_is() {
        let check = |html: String, parts: &[&str]| {
            for part in parts {
                assert!(html.contains(part), "{part}: {html}");
            }
        };
        check(html(&[], false, false), &["Run it", "SELECT 1 &lt; 2", "Which &lt;b&gt; failed most?"]);
        check(html(&[], true, false), &["No rows."]);
        check(html(&["<i>"], true, false), &["1 row", "&lt;i&gt;", "data:text/csv"]);
        check(html(&["a", "b"], true, true), &["The first 2 rows; there are more"]);
        assert!(!html(&["a"], true, false).contains("sql-offer"));
    }
}
