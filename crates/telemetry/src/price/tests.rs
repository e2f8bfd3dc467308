use super::*;
use jiff::civil::Date;
use proptest::prelude::*;
use std::sync::Arc;

fn at(time: &str) -> UnixNanos {
    time.parse::<jiff::Timestamp>().unwrap().into()
}

fn noon() -> UnixNanos {
    at("2026-02-18T12:00:00Z")
}

/// Input, output, and of the input: read from, written to the cache.
fn tokens(input: u64, output: u64, cache_read: u64, cache_write: u64) -> TokenUsage {
    TokenUsage { input, output, cache_read, cache_write, reasoning: 0 }
}

fn table() -> PriceTable {
    PriceTable::parse(
        r#"
        [[list]]
        source = "old"
        valid_from = 2024-05-13
        [list.models]
        "gpt-4o" = { input = 5, output = 15 }
        "gpt-4" = { input = 30, output = 60 }
        "tiny" = { input = 0.000001, output = 0 }

        [[list]]
        source = "new"
        valid_from = 2024-10-01
        [list.models]
        "gpt-4o" = { input = 2.50, output = 10.00, cache_read = 1.25, cache_write = 3.125 }
        "gpt-4o-2024-08-06" = { input = 7, output = 7 }
        "#,
    )
    .unwrap()
}

/// Acceptance 8 of the events' facts.
#[test]
fn gpt_4o_with_1000_in_and_500_out_at_5_and_15_is_0_0125() {
    let cost =
        PriceTable::bundled().cost(Some("gpt-4o"), Some(&tokens(1000, 500, 0, 0)), None, noon()).unwrap();
    assert_eq!(cost, Cost { amount: Amount::parse("0.0125").unwrap(), source: CostSource::Priced });
}

#[test]
fn the_longest_name_and_the_newest_date_win() {
    let table = table();
    let check = |model: &str, time: &str, expect: Option<(&str, &str)>| {
        let price = table.find(model, at(time));
        assert_eq!(
            price.map(|price| (price.model.as_str(), price.source.as_str())),
            expect,
            "{model} {time}"
        );
    };
    check("gpt-4o", "2026-01-01T00:00:00Z", Some(("gpt-4o", "new")));
    check("gpt-4o", "2024-10-01T00:00:00Z", Some(("gpt-4o", "new")));
    check("gpt-4o", "2024-09-30T23:59:59.999999999Z", Some(("gpt-4o", "old")));
    check("gpt-4o", "2024-05-13T00:00:00Z", Some(("gpt-4o", "old")));
    check("gpt-4o", "2024-05-12T23:59:59Z", None);
    check("openai/GPT-4o", "2026-01-01T00:00:00Z", Some(("gpt-4o", "new")));
    check("gpt-4o-2024-08-06", "2026-01-01T00:00:00Z", Some(("gpt-4o-2024-08-06", "new")));
    check("gpt-4o-2024-08-06", "2024-08-06T00:00:00Z", Some(("gpt-4o", "old")));
    check("gpt-4o-2024-11-20", "2026-01-01T00:00:00Z", Some(("gpt-4o", "new")));
    check("gpt-4-0613", "2026-01-01T00:00:00Z", Some(("gpt-4", "old")));
    for other in ["gpt-4-32k", "gpt-4.1", "gpt", "", "gpt-5", "gpt-4o-mini"] {
        check(other, "2026-01-01T00:00:00Z", None);
    }
}

#[test]
fn a_cost_is_tokens_times_prices_exactly() {
    let table = table();
    let check = |model: &str, usage: TokenUsage, expect: &str| {
        let cost = table.cost(Some(model), Some(&usage), None, noon()).unwrap();
        assert_eq!(
            (cost.amount.to_string().as_str(), cost.source),
            (expect, CostSource::Priced),
            "{usage:?}"
        );
    };
    check("gpt-4o", tokens(1_000_000, 0, 0, 0), "2.5");
    check("gpt-4o", tokens(0, 1_000_000, 0, 0), "10");
    check("gpt-4o", tokens(1, 1, 0, 0), "0.0000125");
    // Cached tokens are part of the input: 600 × 2.50 + 300 × 1.25 + 100 × 3.125 per million.
    check("gpt-4o", tokens(1000, 0, 300, 100), "0.0021875");
    check("gpt-4o", tokens(1000, 0, 1000, 0), "0.00125");
    // Counted beside the input: nothing is left of it, and they are paid all the same.
    check("gpt-4o", tokens(10, 0, 1000, 0), "0.00125");
    check("gpt-4o", tokens(10, 0, 8, 8), "0.000035");
    // Without prices of the cache they cost as others sent do.
    check("gpt-4", tokens(1000, 0, 300, 100), "0.03");
    check("gpt-4", TokenUsage { reasoning: 400, ..tokens(0, 1000, 0, 0) }, "0.06");
    check("tiny", tokens(1, 0, 0, 0), "0.000000000001");
    check("tiny", tokens(0, 5, 0, 0), "0");
    check("gpt-4", tokens(u64::MAX, u64::MAX, u64::MAX, u64::MAX), "18446744.073709551615");
}

#[test]
fn what_the_sender_says_wins_and_what_nobody_knows_is_flagged() {
    let table = table();
    let check =
        |model: Option<&str>, usage, reported: Option<&str>, expect: Result<(&str, CostSource), Flag>| {
            let reported = reported.map(|amount| Amount::parse(amount).unwrap());
            let cost = table.cost(model, usage, reported, noon());
            let expect =
                expect.map(|(amount, source)| Cost { amount: Amount::parse(amount).unwrap(), source });
            assert_eq!(cost, expect);
        };
    let (usage, zero) = (tokens(1000, 500, 0, 0), tokens(0, 0, 0, 0));
    let no_price = |model: &str| Err(Flag::NoPrice { model: model.to_owned() });
    check(Some("gpt-4"), Some(&usage), None, Ok(("0.06", CostSource::Priced)));
    check(Some("gpt-4"), Some(&usage), Some("0.01"), Ok(("0.01", CostSource::Reported)));
    check(Some("gpt-4"), Some(&usage), Some("0"), Ok(("0", CostSource::Reported)));
    check(None, None, Some("0.01"), Ok(("0.01", CostSource::Reported)));
    check(Some("gpt-9"), Some(&usage), Some("0.01"), Ok(("0.01", CostSource::Reported)));
    check(Some("gpt-9"), Some(&usage), None, no_price("gpt-9"));
    check(None, Some(&usage), None, no_price(""));
    check(Some("gpt-4"), None, None, Err(Flag::NoTokens));
    check(Some("gpt-4"), Some(&zero), None, Err(Flag::NoTokens));
    check(Some("gpt-9"), None, None, Err(Flag::NoTokens));
}

#[test]
fn only_spans_that_may_cost_something_are_charged() {
    use model::telemetry::{AgentIdentity, AgentName, SpanId, SpanStatus, TraceId};
    let check = |operation, usage, reported: Option<&str>, expect: Option<Result<&str, Flag>>| {
        let agent = AgentIdentity { name: AgentName::new("a"), id: None, metadata: vec![] };
        let span = Span {
            trace_id: TraceId::from_bytes(&[1; 16]).unwrap(),
            span_id: SpanId::from_bytes(&[1; 8]).unwrap(),
            parent_id: None,
            agent: agent.into(),
            name: "chat".to_owned(),
            operation,
            // The price is that of the start.
            started: at("2024-09-30T23:59:59Z"),
            ended: at("2024-10-01T00:00:01Z"),
            status: SpanStatus::Ok,
            status_message: String::new(),
            error_type: None,
            model: Some("gpt-4o".into()),
            provider: None,
            usage,
            reported_cost: reported.map(|amount| Amount::parse(amount).unwrap()),
            user: None,
            session: None,
            first_token_ms: None,
            attributes: vec![],
            events: vec![],
            links: vec![],
            readings: Arc::default(),
            redactions: 0,
        };
        let charge = table().charge(&span).map(|cost| cost.map(|cost| cost.amount.to_string()));
        assert_eq!(charge, expect.map(|cost| cost.map(str::to_owned)), "{operation:?}");
    };
    let usage = Some(tokens(1000, 500, 0, 0));
    check(Operation::Model, usage, None, Some(Ok("0.0125")));
    check(Operation::Model, usage, Some("0.02"), Some(Ok("0.02")));
    check(Operation::Model, None, None, Some(Err(Flag::NoTokens)));
    check(Operation::Embedding, None, None, Some(Err(Flag::NoTokens)));
    check(Operation::Agent, usage, None, Some(Ok("0.0125")));
    check(Operation::Tool, None, Some("0.3"), Some(Ok("0.3")));
    check(Operation::Tool, None, None, None);
    check(Operation::Agent, None, None, None);
}

#[test]
fn the_bundled_prices_are_those_of_their_sources() {
    let table = PriceTable::bundled();
    let check = |model: &str, input: &str, output: &str| {
        let price = table.find(model, noon()).unwrap_or_else(|| panic!("{model}"));
        assert_eq!(
            (price.input.to_string().as_str(), price.output.to_string().as_str()),
            (input, output),
            "{model}"
        );
    };
    // Of these the sources took the shortest name that fits, which is up to 200 times too dear.
    check("gpt-4", "30", "60");
    check("gpt-4-turbo", "10", "30");
    check("gpt-4-turbo-2024-04-09", "10", "30");
    check("gpt-4o", "5", "15");
    check("gpt-4o-mini", "0.15", "0.6");
    check("gpt-4o-mini-2024-07-18", "0.15", "0.6");
    check("gpt-3.5-turbo-0125", "0.5", "1.5");
    check("gpt-3.5-turbo-16k", "3", "4");
    check("anthropic.claude-3-5-sonnet-20240620-v1:0", "3", "15");
    check("claude-3-5-haiku-20241022", "1", "5");
    check("mistral-large-latest", "4", "12");
    check("command-r-plus", "3", "15");
    assert_eq!(table.all().len(), 21);
    assert!(table.all().iter().all(|price| price.valid_from == Date::constant(2023, 1, 1)));
}

#[test]
fn a_file_that_is_wrong_says_where() {
    let check = |text: &str, line: usize, part: &str| {
        let error = PriceTable::parse(text).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    };
    let list =
        |rest: &str| format!("[[list]]\nsource = \"s\"\nvalid_from = 2024-05-13\n[list.models]\n{rest}\n");
    assert!(PriceTable::parse("").unwrap().all().is_empty());
    assert_eq!(PriceTable::parse(&list("\"a\" = { input = 1, output = 2 }")).unwrap().all().len(), 1);
    check("[[list]", 1, "");
    check("[[prices]]\nsource = \"s\"", 1, "unknown field `prices`");
    check("[[list]]\nsource = \"s\"", 1, "missing field `valid_from`");
    check("[[list]]\nsource = \"s\"\nvalid_from = 2024-02-30", 3, "");
    check("[[list]]\nsource = \"s\"\nvalid_from = \"2024-05-13\"\n", 3, "");
    check(
        "[[list]]\nsource = \"s\"\nvalid_from = 2024-05-13T00:00:00Z\n[list.models]\n",
        3,
        "a date such as",
    );
    check(&list("\"a\" = { input = 1 }"), 5, "missing field `output`");
    check(
        &list("\"a\" = { input = 1, output = 2 }\n\"b\" = { input = 1, output = -2 }"),
        6,
        "-2 is no price",
    );
    check(&list("\"a\" = { input = 1, output = 0.0000001 }"), 5, "six digits");
    check(&list("\"a\" = { input = 1, output = inf }"), 5, "inf is no price");
    check(&list("\"a\" = { input = 1, output = 99999999 }"), 5, "is no price");
    check(&list("\"a\" = { input = \"1\", output = 2 }"), 5, "a number such as 2.50");
    check(&list("\"a\" = { input = 1, output = 2, cached = 1 }"), 5, "unknown field `cached`");
    check(&list("\"a\" = { input = 1, output = 2 }\n\"a\" = { input = 1, output = 2 }"), 6, "duplicate");
    check(&list("\"A-1\" = { input = 1, output = 2 }\n\"a.1\" = { input = 1, output = 2 }"), 6, "two prices");
}

proptest! {
    #[test]
    fn a_part_of_a_call_costs_its_part(
        input in 0_u64..1_000_000, output in 0_u64..1_000_000, more in 0_u64..1_000_000,
    ) {
        let table = table();
        let amount = |usage: TokenUsage| super::amount(&usage, table.find("gpt-4o", noon()).unwrap());
        let whole = amount(tokens(input + more, output + more, 0, 0));
        prop_assert_eq!(whole, amount(tokens(input, output, 0, 0)) + amount(tokens(more, more, 0, 0)));
    }

    #[test]
    fn any_file_is_a_table_or_refused(text in "\\PC{0,40}") {
        let _ = PriceTable::parse(&text);
    }
}
