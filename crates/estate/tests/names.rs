//! What people type for an essential, and what is meant.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use estate::catalog::EssentialSettings;
use estate::names::{Resolution, resolve};
use proptest::prelude::*;

fn essentials() -> Vec<EssentialSettings> {
    let rows: [(&str, &str, &[&str]); 12] = [
        ("6G-FR2052a-E2E", "FR2052A (6G)", &["6G", "FR2052A"]),
        ("PBSynthetics", "PBSynthetics", &["PBSYNTHETICS"]),
        ("SNU", "SNU", &["SNU"]),
        ("SNU-Strategic", "SNU Strategic", &["SNU STRATEGIC"]),
        ("SNU-REG-STRATEGIC", "SNU REG Strategic", &["SNU REG STRATEGIC"]),
        ("TB-Collateral", "COLLATERAL", &["COLLATERAL"]),
        ("TB-Derivatives", "DERIVATIVES", &["DERIVATIVES", "DERIV"]),
        ("TB-Securities", "SECURITIES", &["SECURITIES"]),
        ("TB-SecFIn", "SECFIN", &["SECFIN"]),
        ("TB-CFG", "CFG", &["CFG"]),
        ("TB-SMAA", "SMAA", &["SMAA"]),
        ("UPC", "UPC", &["UPC"]),
    ];
    rows.map(|(name, display_name, aliases)| EssentialSettings {
        name: name.into(),
        display_name: display_name.to_owned(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        depends_on: Vec::new(),
    })
    .to_vec()
}

fn answer(text: &str) -> String {
    let list = |names: Vec<model::EssentialName>| {
        names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    match resolve(&essentials(), text) {
        Resolution::Found(name) => name.to_string(),
        Resolution::Ambiguous(names) => format!("? {}", list(names)),
        Resolution::Unknown { .. } => "-".to_owned(),
    }
}

fn check(rows: &[(&str, &str)]) {
    for (text, expect) in rows {
        assert_eq!(answer(text), *expect, "{text:?}");
    }
}

#[test]
fn names_in_any_case() {
    check(&[
        ("TB-Derivatives", "TB-Derivatives"),
        ("tb-derivatives", "TB-Derivatives"),
        ("  DERIV ", "TB-Derivatives"),
        ("derivatives", "TB-Derivatives"),
        ("6g", "6G-FR2052a-E2E"),
        ("fr2052a", "6G-FR2052a-E2E"),
        ("FR2052A (6G)", "6G-FR2052a-E2E"),
        ("6G-FR2052a-E2E", "6G-FR2052a-E2E"),
        ("snu", "SNU"),
        ("Snu Strategic", "SNU-Strategic"),
        ("SNU-REG-STRATEGIC", "SNU-REG-STRATEGIC"),
        ("snu reg strategic", "SNU-REG-STRATEGIC"),
        ("upc", "UPC"),
        ("smaa", "TB-SMAA"),
        ("TB-SecFIn", "TB-SecFIn"),
        ("cfg", "TB-CFG"),
    ]);
}

#[test]
fn slips_and_other_separators() {
    check(&[
        ("derivatves", "TB-Derivatives"),
        ("derviatives", "TB-Derivatives"),
        ("derivative", "TB-Derivatives"),
        ("tb-derivtives", "TB-Derivatives"),
        ("TB_Derivatives", "TB-Derivatives"),
        ("tbderivatives", "TB-Derivatives"),
        ("secfn", "TB-SecFIn"),
        ("sec fin", "TB-SecFIn"),
        ("securites", "TB-Securities"),
        ("colateral", "TB-Collateral"),
        ("colatral", "TB-Collateral"),
        ("pb synthetics", "PBSynthetics"),
        ("pb-sinthetics", "PBSynthetics"),
        ("snu_strategic", "SNU-Strategic"),
        ("snu strategc", "SNU-Strategic"),
        ("snu reg stratgic", "SNU-REG-STRATEGIC"),
        ("fr2052", "6G-FR2052a-E2E"),
        ("FR-2052a", "6G-FR2052a-E2E"),
        ("smma", "TB-SMAA"),
    ]);
}

#[test]
fn filler_words_say_nothing() {
    check(&[
        ("the derivatives batch", "TB-Derivatives"),
        ("the derivatves batch", "TB-Derivatives"),
        ("status of snu", "SNU"),
        ("collateral final", "TB-Collateral"),
        ("collateral prelim status", "TB-Collateral"),
        ("how is upc doing today?", "UPC"),
        ("the snu strategic essential", "SNU-Strategic"),
        ("6G batch", "6G-FR2052a-E2E"),
        ("the batch", "-"),
        ("status", "-"),
    ]);
}

#[test]
fn parts_of_a_name() {
    check(&[
        ("fr2052a 6g", "6G-FR2052a-E2E"),
        ("6g fr2052a", "6G-FR2052a-E2E"),
        ("coll", "TB-Collateral"),
        ("synthetics", "PBSynthetics"),
        ("reg strategic", "SNU-REG-STRATEGIC"),
        ("snu reg", "SNU-REG-STRATEGIC"),
        ("strategic reg snu", "SNU-REG-STRATEGIC"),
        ("snu strat", "SNU-Strategic"),
        ("e2e", "6G-FR2052a-E2E"),
        ("strategic", "? SNU-Strategic SNU-REG-STRATEGIC"),
        ("stratgic", "? SNU-Strategic SNU-REG-STRATEGIC"),
        ("sec", "? TB-Securities TB-SecFIn"),
    ]);
}

#[test]
fn a_name_among_other_words() {
    check(&[
        ("derivatives in EMEA", "TB-Derivatives"),
        ("snu strategic emea slices", "SNU-Strategic"),
        ("why did 6g fail", "6G-FR2052a-E2E"),
        ("derivatives and securities", "? TB-Derivatives TB-Securities"),
        ("snu reg emea", "? SNU-REG-STRATEGIC SNU"),
    ]);
}

#[test]
fn nothing_matches_by_accident() {
    check(&[
        ("", "-"),
        ("   ", "-"),
        ("S", "-"),
        ("SN", "-"),
        ("s n", "-"),
        ("tb", "-"),
        ("6", "-"),
        ("u", "-"),
        ("UP", "-"),
        ("cf", "-"),
        ("snx", "-"),
        ("liquidity", "-"),
        ("-", "-"),
        ("💥", "-"),
        ("%' OR 1=1", "-"),
    ]);
}

#[test]
fn an_unknown_name_lists_the_nearest() {
    let nearest = |text: &str| match resolve(&essentials(), text) {
        Resolution::Unknown { nearest } => nearest.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(nearest("securitisation")[0], "TB-Securities");
    assert_eq!(nearest("snx")[0], "SNU");
    assert_eq!(nearest("drivtvs")[0], "TB-Derivatives");
    assert_eq!(nearest("").len(), 3);
    assert_eq!(resolve(&[], "snu"), Resolution::Unknown { nearest: Vec::new() });
}

#[test]
fn an_alias_of_two_is_asked_back_but_a_catalog_name_is_certain() {
    let mut both = essentials();
    both[9].aliases.push("Flow".to_owned());
    both[10].aliases.push("flow".to_owned());
    both[10].aliases.push("upc".to_owned());
    assert_eq!(resolve(&both, "FLOW"), Resolution::Ambiguous(vec!["TB-CFG".into(), "TB-SMAA".into()]));
    assert_eq!(resolve(&both, "Upc"), Resolution::Found("UPC".into()));
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in "\\PC{0,200}") {
        let all = essentials();
        let offered = match resolve(&all, &text) {
            Resolution::Found(name) => vec![name],
            Resolution::Ambiguous(names) => {
                prop_assert!(names.len() > 1);
                names
            }
            Resolution::Unknown { nearest } => nearest,
        };
        prop_assert!(offered.iter().all(|name| all.iter().any(|essential| essential.name == *name)));
    }

    #[test]
    fn a_catalog_name_is_itself(
        names in prop::collection::btree_set("[A-Z][A-Za-z0-9 _-]{0,11}[a-z0-9]", 1..8),
        pick in any::<prop::sample::Index>(),
    ) {
        let mut lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        lower.sort();
        lower.dedup();
        prop_assume!(lower.len() == names.len());
        let all: Vec<EssentialSettings> = names
            .iter()
            .map(|name| EssentialSettings {
                name: name.as_str().into(),
                display_name: name.clone(),
                aliases: Vec::new(),
                depends_on: Vec::new(),
            })
            .collect();
        let name = &all[pick.index(all.len())].name;
        for text in [name.to_string(), name.as_str().to_uppercase(), format!(" {name} ")] {
            prop_assert_eq!(resolve(&all, &text), Resolution::Found(name.clone()));
        }
    }
}
