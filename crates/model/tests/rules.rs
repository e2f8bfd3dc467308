//! The status rules, as rows of data and as properties.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use model::board::build_board;
use model::diff::BoardDiff;
use model::rules::read_runs;
use model::run::{Oddity, Phase};
use model::{
    Board, BusinessDate, Catalog, Dataset, DatasetStatus, Essential, EssentialStatus, Run, RunKey, RunRow,
    SnapshotId, Timestamp,
};
use proptest::prelude::*;

const DATE: &str = "2026-02-18";

fn date() -> BusinessDate {
    BusinessDate::parse(DATE).unwrap()
}

/// A row in short: `dataset slice trigger status minute`; P, R, M are the triggers. The run ends
/// five minutes after it was created.
fn row(key: usize, text: &str) -> RunRow {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let [dataset, slice, trigger, status, minute] = parts[..] else { panic!("five words: {text}") };
    let created: Timestamp = format!("{DATE}T06:00:00Z").parse().unwrap();
    let created = created.as_second() + 60 * minute.parse::<i64>().unwrap();
    let trigger = match trigger {
        "P" => "ProcessTrigger",
        "R" => "RerunTrigger",
        "M" => "ManualTrigger",
        other => other,
    };
    let run_id = match slice {
        "?" => "scheduled__2026".to_owned(),
        slice => format!("FGW_{dataset}_V2_{DATE}_{slice}_{key}"),
    };
    RunRow {
        key: RunKey(key as i64),
        dataset_id: dataset.into(),
        dag_id: format!("{dataset}_V2").as_str().into(),
        run_id: run_id.as_str().into(),
        status: status.into(),
        status_detail: String::new(),
        trigger_type: trigger.into(),
        trigger_value: String::new(),
        business_date: date(),
        created_at: Timestamp::from_second(created).unwrap(),
        updated_at: Timestamp::from_second(created + 300).unwrap(),
    }
}

fn rows(text: &str) -> Vec<RunRow> {
    text.split(';').map(str::trim).filter(|t| !t.is_empty()).enumerate().map(|(i, t)| row(i + 1, t)).collect()
}

/// A catalog in short: `essential<dependency: dataset@order=slice,slice dataset@order; …`.
fn catalog(text: &str) -> Catalog {
    let essential = |text: &str| {
        let (head, body) = text.split_once(':').unwrap();
        let (name, depends_on) =
            head.trim().split_once('<').map_or((head.trim(), None), |(n, d)| (n, Some(d)));
        let dataset = |text: &str| {
            let (id, rest) = text.split_once('@').unwrap();
            let (order, slices) = rest.split_once('=').unwrap_or((rest, ""));
            Dataset {
                id: id.into(),
                sequence_order: order.parse().unwrap(),
                slices: slices.split(',').filter(|slice| !slice.is_empty()).map(Into::into).collect(),
            }
        };
        Essential {
            name: name.into(),
            display_name: name.to_uppercase(),
            aliases: vec![],
            depends_on: depends_on.into_iter().map(Into::into).collect(),
            datasets: body.split_whitespace().map(dataset).collect(),
        }
    };
    Catalog { essentials: text.split(';').map(essential).collect() }
}

fn read_runs_of(catalog: &Catalog, rows: Vec<RunRow>) -> Vec<Run> {
    read_runs(rows, catalog)
}

fn board(definition: &str, text: &str) -> Board {
    let catalog = catalog(definition);
    let runs = read_runs_of(&catalog, rows(text));
    build_board(SnapshotId(1), date(), &catalog, &runs)
}

#[test]
fn dataset_in_a_phase() {
    use DatasetStatus::{Failed, NotStarted, Running, Success};
    let check = |text: &str, prelim, final_| {
        let board = board("e: d@0=A,B", text);
        let dataset = &board.essentials[0].datasets[0];
        assert_eq!((dataset.prelim.status, dataset.final_.status), (prelim, final_), "{text}");
    };
    check("", NotStarted, NotStarted);
    check("d A P SUCCESS 0; d B P SUCCESS 1", Success, NotStarted);
    check("d A P SUCCESS 0", Running, NotStarted);
    check("d A P RUNNING 0; d B P SUCCESS 0", Running, NotStarted);
    check("d A P QUEUED 0", Running, NotStarted);
    check("d A P FAILED 0; d B P RUNNING 0", Failed, NotStarted);
    check("d A P CANCELLED 0; d B P SUCCESS 0", Failed, NotStarted);
    check("d A P SUCCESS 0; d B P SUCCESS 0; d A R FAILED 5; d B R SUCCESS 5", Success, Failed);
    // The newest run of a slice counts, by CREATED_DATE and then by key.
    check("d A P FAILED 0; d A P SUCCESS 1; d B P SUCCESS 0", Success, NotStarted);
    check("d A P SUCCESS 1; d A P FAILED 0; d B P SUCCESS 0", Success, NotStarted);
    check("d A P FAILED 0; d A P SUCCESS 0; d B P SUCCESS 0", Success, NotStarted);
    // A repair by hand counts in the phase of the newest earlier run of its slice.
    check("d A P FAILED 0; d B P SUCCESS 0; d A M SUCCESS 3", Success, NotStarted);
    check(
        "d A P SUCCESS 0; d B P SUCCESS 0; d A R FAILED 3; d B R SUCCESS 3; d A M SUCCESS 5",
        Success,
        Success,
    );
    check("d A M SUCCESS 0; d B M SUCCESS 0", Success, NotStarted);
    check("d A R FAILED 3; d A M FAILED 4; d A M SUCCESS 5; d B R SUCCESS 3", NotStarted, Success);
    check("d A R FAILED 3; d B M SUCCESS 5", Running, Failed);
}

#[test]
fn slices_match_exactly() {
    let board = board("e: d@0=S-1,S-10,A_B,AXB", "d S-10 P SUCCESS 0; d A_B P SUCCESS 0");
    let prelim = &board.essentials[0].datasets[0].prelim;
    assert_eq!(prelim.status, DatasetStatus::Running);
    assert_eq!(prelim.missing_slices, ["S-1".into(), "AXB".into()]);
    assert_eq!((prelim.slice_count, prelim.slices_success), (4, 2));
}

#[test]
fn a_dataset_without_slices_in_the_catalog_takes_those_it_ran() {
    let board = board("e: d@0", "d A P SUCCESS 0; d B P SUCCESS 0; d A R SUCCESS 9");
    let dataset = &board.essentials[0].datasets[0];
    assert_eq!((dataset.prelim.status, dataset.prelim.slice_count), (DatasetStatus::Success, 2));
    assert_eq!((dataset.final_.status, dataset.final_.slice_count), (DatasetStatus::Running, 2));
    assert_eq!(dataset.final_.missing_slices, ["B".into()]);
}

#[test]
fn essential_in_a_phase() {
    use EssentialStatus::{Failed, NotStarted, PartialFailure, Running, Success};
    let check = |text: &str, expect| {
        assert_eq!(board("e: a@0=S b@1=S", text).essentials[0].prelim.status, expect, "{text}");
    };
    check("", NotStarted);
    check("a S P SUCCESS 0", Running);
    check("a S P RUNNING 0", Running);
    check("a S P SUCCESS 0; b S P SUCCESS 1", Success);
    check("a S P FAILED 0", Failed);
    check("a S P FAILED 0; b S P RUNNING 1", Failed);
    check("a S P SUCCESS 0; b S P CANCELLED 1", PartialFailure);
}

#[test]
fn overall_is_final_once_started() {
    let check = |text: &str, phase, status| {
        let essential = &board("e: a@0=S", text).essentials[0];
        assert_eq!((essential.phase, essential.status), (phase, status), "{text}");
    };
    check("a S P FAILED 0", Phase::Prelim, EssentialStatus::Failed);
    check("a S P FAILED 0; a S R RUNNING 1", Phase::Final, EssentialStatus::Running);
    check("a S R SUCCESS 1", Phase::Final, EssentialStatus::Success);
}

#[test]
fn waits_for_what_it_depends_on() {
    let overall = |text: &str| {
        let board = board("up: a@0=S; down<up: b@0=S", text);
        let essential = &board.essentials[1];
        (essential.status, essential.prelim.status, essential.waiting_for.len(), board.summary.not_started)
    };
    use EssentialStatus::{NotStarted, Running, Waiting};
    assert_eq!(overall("a S P RUNNING 0"), (Waiting, NotStarted, 1, 1));
    assert_eq!(overall("a S P SUCCESS 0"), (NotStarted, NotStarted, 0, 1));
    assert_eq!(overall("a S P RUNNING 0; b S P RUNNING 0"), (Running, Running, 1, 0));
}

#[test]
fn a_failed_step_blocks_later_ones_and_they_say_so() {
    let board = board("e: a@0=S b@3=S c@3=S d@4=S f@7=S", "a S P SUCCESS 0; b S P FAILED 1; c S P RUNNING 1");
    let blocked: Vec<_> = board.essentials[0].datasets.iter().map(|d| d.prelim.blocked_by).collect();
    assert_eq!(blocked, [None, None, None, Some(3), Some(3)]);
    assert!(board.essentials[0].datasets.iter().all(|d| d.final_.blocked_by.is_none()));
}

#[test]
fn odd_rows_are_kept_and_counted_and_change_nothing() {
    let good = "d A P SUCCESS 0; d B P SUCCESS 0";
    let same = board("e: d@0=A,B", good);
    for (odd, why) in [
        ("d A P EXPLODED 5", Oddity::UnknownStatus),
        ("d A P success 5", Oddity::UnknownStatus),
        ("d A CronTrigger FAILED 5", Oddity::UnknownTrigger),
        ("d ? P FAILED 5", Oddity::MalformedRunId),
        ("d AB P FAILED 5", Oddity::UnexpectedSlice),
    ] {
        let definition = catalog("e: d@0=A,B");
        let runs = read_runs_of(&definition, rows(&format!("{good}; {odd}")));
        assert_eq!(runs[2].oddities, [why], "{odd}");
        let with = build_board(SnapshotId(1), date(), &definition, &runs);
        assert_eq!((with.run_count, with.unrecognised_count), (3, 1), "{odd}");
        assert_eq!(with.essentials[0].datasets[0].unrecognised_count, 1, "{odd}");
        assert_eq!(with.essentials[0].prelim, same.essentials[0].prelim, "{odd}");
        assert_eq!(with.essentials[0].datasets[0].prelim, same.essentials[0].datasets[0].prelim, "{odd}");
    }
}

#[test]
fn an_odd_row_does_not_lend_its_phase_to_a_repair() {
    let board = board("e: d@0=A", "d A R EXPLODED 0; d A M SUCCESS 1");
    assert_eq!(board.essentials[0].prelim.status, EssentialStatus::Success);
    assert_eq!(board.essentials[0].final_.status, EssentialStatus::NotStarted);
}

#[test]
fn times_are_of_the_newest_runs() {
    let board = board("e: d@0=A,B", "d A P FAILED 0; d A P SUCCESS 10; d B P SUCCESS 4");
    let prelim = &board.essentials[0].prelim;
    assert_eq!(prelim.started_at.unwrap().to_string(), "2026-02-18T06:04:00Z");
    assert_eq!(prelim.last_updated.unwrap().to_string(), "2026-02-18T06:15:00Z");
}

#[test]
fn two_essentials_may_hold_the_same_dataset_with_other_slices() {
    let board = board("one: d@0=A; two: d@0=B; both: d@0", "d A P SUCCESS 0; d B P FAILED 0");
    let status: Vec<_> = board.essentials.iter().map(|e| e.prelim.status).collect();
    assert_eq!(status, [EssentialStatus::Success, EssentialStatus::Failed, EssentialStatus::Failed]);
    assert_eq!(board.unrecognised_count, 0);
}

fn any_rows() -> impl Strategy<Value = Vec<RunRow>> {
    let word = prop_oneof![
        Just("SUCCESS"),
        Just("SUCCESS"),
        Just("FAILED"),
        Just("CANCELLED"),
        Just("RUNNING"),
        Just("QUEUED"),
        Just("??"),
    ];
    let trigger = prop_oneof![Just("P"), Just("R"), Just("M"), Just("X")];
    let slice = prop_oneof![Just("A"), Just("B"), Just("C"), Just("?")];
    let one = (prop_oneof![Just("a"), Just("b"), Just("c")], slice, trigger, word, 0..30);
    prop::collection::vec(one, 0..40).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(i, (dataset, slice, trigger, status, minute))| {
                row(i + 1, &format!("{dataset} {slice} {trigger} {status} {minute}"))
            })
            .collect()
    })
}

const ANY: &str = "e: a@0=A,B b@1; f<e: c@0=A,B,C b@2";

proptest! {
    #[test]
    fn counts_add_up(rows in any_rows()) {
        let catalog = catalog(ANY);
        let total = rows.len();
        let runs = read_runs_of(&catalog, rows);
        let board = build_board(SnapshotId(1), date(), &catalog, &runs);
        prop_assert_eq!(board.run_count, total);
        let s = board.summary;
        prop_assert_eq!(s.total, s.completed + s.running + s.failed + s.not_started);
        for essential in &board.essentials {
            for phase in Phase::ALL {
                let part = essential.in_phase(phase);
                prop_assert_eq!(part.total_datasets, part.success + part.failed + part.running + part.not_started);
                prop_assert_eq!(part.status == EssentialStatus::Success, part.success == part.total_datasets);
                prop_assert_ne!(part.status, EssentialStatus::Waiting);
                for dataset in &essential.datasets {
                    let d = dataset.in_phase(phase);
                    prop_assert_eq!(d.started_at.is_some(), d.status != DatasetStatus::NotStarted);
                    if d.status != DatasetStatus::NotStarted {
                        prop_assert_eq!(
                            d.slice_count,
                            d.slices_success + d.slices_failed + d.slices_running + d.missing_slices.len()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(rows in any_rows(), seed in any::<u64>()) {
        let catalog = catalog(ANY);
        let mut shuffled = rows.clone();
        shuffled.sort_by_key(|row| (row.key.0 as u64).wrapping_mul(seed | 1));
        let board = |rows| build_board(SnapshotId(1), date(), &catalog, &read_runs_of(&catalog, rows));
        prop_assert_eq!(board(rows), board(shuffled));
    }

    #[test]
    fn a_diff_makes_the_new_board_of_the_old_one(old in any_rows(), new in any_rows(), fewer in any::<bool>()) {
        let whole = catalog(ANY);
        let part = catalog(if fewer { "f: c@0=A,B,C" } else { "f<e: c@0=A,B,C b@2; e: a@0=A,B b@1; g: c@1" });
        let mut board = build_board(SnapshotId(1), date(), &whole, &read_runs_of(&whole, old));
        let next = build_board(SnapshotId(2), date(), &part, &read_runs_of(&part, new));
        let diff = BoardDiff::between(&board, &next);
        let wire = serde_json::to_string(&diff).unwrap();
        let diff: BoardDiff = serde_json::from_str(&wire).unwrap();
        diff.apply(&mut board).unwrap();
        prop_assert_eq!(&board, &next);
        prop_assert!(BoardDiff::between(&next, &next).changed.is_empty());
    }

    #[test]
    fn the_board_survives_the_wire(rows in any_rows()) {
        let catalog = catalog(ANY);
        let board = build_board(SnapshotId(1), date(), &catalog, &read_runs_of(&catalog, rows));
        let back: Board = serde_json::from_str(&serde_json::to_string(&board).unwrap()).unwrap();
        prop_assert_eq!(back, board);
    }
}

#[test]
fn a_diff_does_not_apply_to_another_board() {
    let mut one = board("e: a@0=A", "");
    let mut other = one.clone();
    other.id = SnapshotId(7);
    let diff = BoardDiff::between(&other, &other);
    assert!(diff.apply(&mut one).is_err());
}
