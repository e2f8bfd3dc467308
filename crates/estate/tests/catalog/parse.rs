//! Answers of the catalog: the three forms of slice groups, and parts that are malformed.

use estate::SourceError;
use estate::catalog::parse::{Definition, parse_definition};
use model::EssentialName;
use proptest::prelude::*;
use serde_json::{Value, json};

fn answer(datasets: Value) -> Value {
    json!({"GLOBAL": {"TB-X": {"essentialName": "TB-X", "context": "GLOBAL", "effectiveTo": null,
        "schemaJson": {"datasets": datasets}}}})
}

fn parse(answer: &Value) -> Result<Definition, SourceError> {
    parse_definition(&EssentialName::new("TB-X"), answer)
}

/// `id@order[slice,slice]` for each dataset, and the sentences.
fn check(datasets: Value, expect: &[&str], sentences: &[&str]) {
    let definition = parse(&answer(datasets.clone())).unwrap();
    let shown: Vec<String> = definition
        .datasets
        .iter()
        .map(|dataset| {
            let slices: Vec<&str> = dataset.slices.iter().map(|slice| slice.as_str()).collect();
            format!("{}@{}[{}]", dataset.id, dataset.sequence_order, slices.join(","))
        })
        .collect();
    assert_eq!(shown, expect, "{datasets}");
    assert_eq!(definition.unrecognised, sentences, "{datasets}");
}

#[test]
fn all_forms_of_slice_groups() {
    check(json!([{"datasetId": "a", "sliceGroups": {"slices": ["S-1", "S-2"]}}]), &["a@0[S-1,S-2]"], &[]);
    check(json!([{"datasetId": "a", "sliceGroups": {"DERIV": ["X_Y"]}}]), &["a@0[X_Y]"], &[]);
    check(
        json!([{"datasetId": "a", "sliceGroups": {"A": ["1", "2"], "B": ["3"], "C": []}}]),
        &["a@0[1,2,3]"],
        &[],
    );
    check(json!([{"datasetId": "a", "sliceGroups": {"A": ["1", "2"], "B": ["2"]}}]), &["a@0[1,2]"], &[]);
    check(json!([{"datasetId": "a"}]), &["a@0[]"], &[]);
    check(json!([{"datasetId": "a", "sliceGroups": null}]), &["a@0[]"], &[]);
    check(json!([{"datasetId": "a", "sliceGroups": {}}]), &["a@0[]"], &[]);
}

#[test]
fn sorted_by_sequence_order_and_otherwise_as_listed() {
    check(
        json!([
            {"datasetId": "d", "sequenceOrder": 2},
            {"datasetId": "b", "sequenceOrder": 0},
            {"datasetId": "z"},
            {"datasetId": "c", "sequenceOrder": 2},
            {"datasetId": "n", "sequenceOrder": null},
            {"datasetId": "first", "sequenceOrder": -1},
        ]),
        &["first@-1[]", "b@0[]", "z@0[]", "n@0[]", "d@2[]", "c@2[]"],
        &[],
    );
    check(json!([]), &[], &[]);
}

#[test]
fn malformed_parts_are_told_and_cost_only_themselves() {
    check(
        json!([{"datasetId": "a", "sliceGroups": {"A": "EMEA", "B": ["NA"]}}]),
        &["a@0[NA]"],
        &["slice group A of a is not a list"],
    );
    check(
        json!([{"datasetId": "a", "sliceGroups": {"A": ["NA", 7, ""]}}]),
        &["a@0[NA]"],
        &["slice group A of a holds a slice without a name"; 2],
    );
    check(
        json!([{"datasetId": "a", "sliceGroups": ["NA"]}]),
        &["a@0[]"],
        &["sliceGroups of a is not an object"],
    );
    check(
        json!([{"datasetId": "a", "sequenceOrder": "first"}, {"datasetId": "b", "sequenceOrder": 1.5}]),
        &["a@0[]", "b@0[]"],
        &[
            "sequenceOrder of a is not a whole number; it counts as 0",
            "sequenceOrder of b is not a whole number; it counts as 0",
        ],
    );
    check(
        json!(["a", {"sequenceOrder": 1}, {"datasetId": 7}, {"datasetId": " "}, {"datasetId": "b"}]),
        &["b@0[]"],
        &[
            "dataset 1 in the list has no datasetId",
            "dataset 2 in the list has no datasetId",
            "dataset 3 in the list has no datasetId",
            "dataset 4 in the list has no datasetId",
        ],
    );
    check(
        json!([{"datasetId": "a", "sequenceOrder": 1}, {"datasetId": "a", "sequenceOrder": 0}]),
        &["a@1[]"],
        &["dataset a is listed twice; the first one counts"],
    );
}

#[test]
fn the_context_that_holds_the_name_is_taken_and_global_preferred() {
    let held = |contexts: Value| {
        parse(&contexts)
            .map(|definition| definition.datasets[0].id.to_string())
            .map_err(|error| error.to_string())
    };
    let one = |id: &str| json!({"TB-X": {"schemaJson": {"datasets": [{"datasetId": id}]}}});
    assert_eq!(held(json!({"EMEA": one("emea")})).unwrap(), "emea");
    assert_eq!(held(json!({"EMEA": one("emea"), "GLOBAL": one("global")})).unwrap(), "global");
    assert_eq!(held(json!({"GLOBAL": {"TB-Y": {}}, "EMEA": one("emea")})).unwrap(), "emea");
}

#[test]
fn an_answer_without_datasets_is_no_answer() {
    for bad in [
        json!(null),
        json!([]),
        json!("GLOBAL"),
        json!({}),
        json!({"GLOBAL": null}),
        json!({"GLOBAL": {"TB-Y": {"schemaJson": {"datasets": []}}}}),
        json!({"GLOBAL": {"TB-X": {}}}),
        json!({"GLOBAL": {"TB-X": {"schemaJson": "{}"}}}),
        json!({"GLOBAL": {"TB-X": {"schemaJson": {"datasets": {"a": 1}}}}}),
    ] {
        let error = parse(&bad).unwrap_err();
        assert!(matches!(error, SourceError::Malformed { .. }), "{bad}: {error}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let keys = prop_oneof![
            Just("datasetId".to_owned()),
            Just("sliceGroups".to_owned()),
            Just("sequenceOrder".to_owned()),
            "[a-z]{1,3}"
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map(keys, inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_listed_is_used_or_told(datasets in prop::collection::vec(any_json(), 0..6)) {
        let count = datasets.len();
        let definition = parse(&answer(Value::from(datasets))).unwrap();
        prop_assert!(definition.datasets.len() + definition.unrecognised.len() >= count);
        prop_assert!(definition.datasets.is_sorted_by_key(|dataset| dataset.sequence_order));
    }
}
