//! The content of the demo estate. All of it is invented.

use super::plan::{DatasetPlan, Disturbance, EssentialPlan, Kind, Slices};
use model::Phase;

const fn sliced(
    tail: &'static str,
    order: i32,
    weight: i64,
    groups: &'static [(&'static str, Slices)],
) -> DatasetPlan {
    DatasetPlan { tail, order, weight, groups }
}

const fn whole(tail: &'static str, order: i32, weight: i64) -> DatasetPlan {
    DatasetPlan { tail, order, weight, groups: &[] }
}

const PB: &[(&str, Slices)] =
    &[("slices", &["PB-GLOBAL-SLICE", "PB-REGIONAL-SLICE", "PB-EMEA-SLICE", "PB-NA-SLICE", "PB-APAC-SLICE"])];
const DERIV_FX: &[(&str, Slices)] = &[("DERIV", &["FX_NA", "FX_EMEA", "FX_APAC", "FX_GLOBAL"])];
const DERIV_SVU: &[(&str, Slices)] = &[("DERIV", &["SVU_NA", "SVU_EMEA", "SVU_APAC"])];
const DERIV_CFG: &[(&str, Slices)] = &[(
    "DERIV",
    &[
        "EMEA_DERIV_CFG",
        "EMEA_SEC_VS_UNSEC_CFG",
        "GLOBAL_DERIV_CFG",
        "GLOBAL_SEC_VS_UNSEC_CFG",
        "GLOBAL_PBSYNTHETICS_CFG",
    ],
)];
const DERIV_AWS: &[(&str, Slices)] = &[(
    "DERIV",
    &[
        "AWS_CRI_OTC_DERIV_EMEA",
        "AWS_OTC_DERIV_AGG_EMEA",
        "AWS_CRI_OTC_DERIV_GLOBAL",
        "AWS_OTC_DERIV_AGG_GLOBAL",
        "AWS_CRI_OTC_DERIV_NA",
        "AWS_OTC_DERIV_AGG_NA",
        "AWS_OTC_DERIV_AGG_APAC",
    ],
)];
const DERIV_IC: &[(&str, Slices)] =
    &[("DERIV", &["INTERCO_NA", "INTERCO_EMEA", "INTERCO_APAC", "INTERCO_LATAM", "INTERCO_GLOBAL"])];
const SEC: &[(&str, Slices)] = &[(
    "SECURITIES",
    &["SECURITIES_NA", "SECURITIES_EMEA", "SECURITIES_APAC", "SECURITIES_LATAM", "SECURITIES_GLOBAL"],
)];
const SIXG: &[(&str, Slices)] = &[(
    "slices",
    &[
        "6G-GLOBAL-SLICE-1",
        "6G-GLOBAL-SLICE-2",
        "6G-GLOBAL-SLICE-3",
        "6G-GLOBAL-SLICE-4",
        "6G-GLOBAL-SLICE-5",
        "6G-GLOBAL-SLICE-6",
        "6G-GLOBAL-SLICE-7",
        "6G-GLOBAL-SLICE-8",
        "6G-GLOBAL-SLICE-9",
        "6G-GLOBAL-SLICE-10",
    ],
)];
const SIXG_ENTITIES: &[(&str, Slices)] = &[("slices", &["6G-US", "6G-UK", "6G-EU"])];
const PBS: &[(&str, Slices)] = &[(
    "PBSYNTHETICS",
    &[
        "PBSYNTHETICS_NA",
        "PBSYNTHETICS_EMEA",
        "PBSYNTHETICS_APAC",
        "PBSYNTHETICS_LATAM",
        "PBSYNTHETICS_GLOBAL",
    ],
)];
const SNU: &[(&str, Slices)] =
    &[("SNU", &["SNU_NA", "SNU_EMEA", "SNU_APAC", "SNU_LATAM", "SNU_JAPAN", "SNU_GLOBAL"])];
const SNUS: &[(&str, Slices)] = &[(
    "SNU_STRATEGIC",
    &[
        "SNU_STRATEGIC_NA",
        "SNU_STRATEGIC_EMEA",
        "SNU_STRATEGIC_APAC",
        "SNU_STRATEGIC_LATAM",
        "SNU_STRATEGIC_GLOBAL",
    ],
)];
const SNUR: &[(&str, Slices)] = &[(
    "slices",
    &["SNU-REG-SLICE-1", "SNU-REG-SLICE-2", "SNU-REG-SLICE-3", "SNU-REG-SLICE-4", "SNU-REG-SLICE-5"],
)];
const COLL: &[(&str, Slices)] = &[(
    "COLLATERAL",
    &[
        "COLLATERAL_NA",
        "COLLATERAL_EMEA",
        "COLLATERAL_APAC",
        "COLLATERAL_LATAM",
        "COLLATERAL_JAPAN",
        "COLLATERAL_GLOBAL",
    ],
)];
const SECFIN: &[(&str, Slices)] =
    &[("SECFIN", &["SECFIN_NA", "SECFIN_EMEA", "SECFIN_APAC", "SECFIN_LATAM", "SECFIN_GLOBAL"])];
const CFG: &[(&str, Slices)] = &[("CFG", &["CFG_NA", "CFG_EMEA", "CFG_APAC", "CFG_LATAM", "CFG_GLOBAL"])];
const SMAA: &[(&str, Slices)] = &[("SMAA", &["SMAA_NA", "SMAA_EMEA", "SMAA_APAC", "SMAA_GLOBAL"])];
const UPC: &[(&str, Slices)] = &[("UPC", &["UPC_NA", "UPC_EMEA", "UPC_APAC"])];
const COLL_MARGIN: &[(&str, Slices)] = &[
    ("BILATERAL", &["MARGIN_NA", "MARGIN_EMEA", "MARGIN_APAC"]),
    ("CLEARED", &["CLEARED_LCH", "CLEARED_CME", "CLEARED_EUREX"]),
];

/// All of them, in display order. A pass starts after the same pass of what it depends on;
/// UPC, which needs most of the others, comes last.
pub(super) const ESSENTIALS: &[EssentialPlan] = &[
    EssentialPlan {
        name: "6G-FR2052a-E2E",
        display_name: "FR2052A (6G)",
        aliases: &["6G", "FR2052A"],
        depends_on: &[],
        prelim: (-300, 140),
        final_: (150, 1000),
        datasets: &[
            sliced("6g-6g_source_positions", 0, 100, SIXG),
            sliced("6g-6g_reference_join", 1, 70, SIXG),
            sliced("6g-6g_cash_flow_map", 2, 90, SIXG),
            sliced("6g-6g_calc_results", 3, 100, SIXG),
            sliced("6g-6g_inflows_table", 4, 80, SIXG),
            sliced("6g-6g_outflows_table", 4, 100, SIXG),
            sliced("6g-6g_supplemental_table", 4, 60, SIXG_ENTITIES),
            sliced("6g-6g_submission_file", 5, 100, SIXG_ENTITIES),
            whole("6g-6g_variance_report", 5, 50),
        ],
    },
    EssentialPlan {
        name: "PBSynthetics",
        display_name: "PBSynthetics",
        aliases: &["PBSYNTHETICS"],
        depends_on: &[],
        prelim: (-100, 420),
        final_: (1100, 1425),
        datasets: &[
            sliced("pbsynthetics-trs_positions_v1", 0, 100, PBS),
            sliced("pbsynthetics-equity_swap_legs_v1", 0, 80, PBS),
            sliced("pbsynthetics-financing_accruals_v1", 1, 100, PBS),
            sliced("pbsynthetics-hedge_allocation_v1", 1, 60, PBS),
            sliced("pbsynthetics-synthetic_balance_v1", 2, 100, PBS),
        ],
    },
    EssentialPlan {
        name: "SNU",
        display_name: "SNU",
        aliases: &["SNU"],
        depends_on: &[],
        prelim: (-300, 30),
        final_: (270, 900),
        datasets: &[
            sliced("snu-ledger_extract_v1", 0, 100, SNU),
            sliced("snu-counterparty_map_v1", 0, 60, SNU),
            sliced("snu-product_map_v1", 0, 50, SNU),
            sliced("snu-secured_funding_v1", 1, 100, SNU),
            sliced("snu-unsecured_funding_v1", 1, 90, SNU),
            sliced("snu-deposits_v1", 1, 80, SNU),
            sliced("snu-maturity_buckets_v1", 2, 100, SNU),
            sliced("snu-runoff_rates_v1", 2, 70, SNU),
            sliced("snu-netting_v1", 3, 100, SNU),
            sliced("snu-outflows_v1", 4, 100, SNU),
            sliced("snu-inflows_v1", 4, 90, SNU),
            whole("snu-snu_results_v1", 5, 100),
        ],
    },
    EssentialPlan {
        name: "SNU-Strategic",
        display_name: "SNU Strategic",
        aliases: &["SNU STRATEGIC"],
        depends_on: &["SNU"],
        prelim: (40, 240),
        final_: (905, 1200),
        datasets: &[
            sliced("snu_strategic-source_feed_v2", 0, 100, SNUS),
            sliced("snu_strategic-enriched_trades_v2", 1, 100, SNUS),
            sliced("snu_strategic-enriched_loans_v2", 1, 80, SNUS),
            sliced("snu_strategic-funding_profile_v2", 2, 100, SNUS),
            sliced("snu_strategic-stress_outflow_v2", 2, 90, SNUS),
            sliced("snu_strategic-aggregation_v2", 3, 100, SNUS),
            whole("snu_strategic-published_view_v2", 3, 60),
        ],
    },
    EssentialPlan {
        name: "SNU-REG-STRATEGIC",
        display_name: "SNU REG Strategic",
        aliases: &["SNU REG STRATEGIC"],
        depends_on: &["SNU-Strategic"],
        prelim: (260, 560),
        final_: (1210, 1400),
        datasets: &[
            sliced("snu_reg-entity_hierarchy_v1", 0, 60, SNUR),
            sliced("snu_reg-regulatory_positions_v1", 0, 100, SNUR),
            sliced("snu_reg-lcr_classification_v1", 1, 100, SNUR),
            sliced("snu_reg-nsfr_classification_v1", 1, 90, SNUR),
            sliced("snu_reg-regulatory_adjustments_v1", 2, 100, SNUR),
            whole("snu_reg-regulatory_report_v1", 3, 100),
        ],
    },
    EssentialPlan {
        name: "TB-Collateral",
        display_name: "COLLATERAL",
        aliases: &["COLLATERAL"],
        depends_on: &[],
        prelim: (-360, -100),
        final_: (30, 500),
        datasets: &[
            sliced("collateral-pledged_assets_v1", 0, 100, COLL),
            sliced("collateral-received_assets_v1", 0, 90, COLL),
            sliced("collateral-margin_calls_v1", 0, 80, COLL_MARGIN),
            sliced("collateral-haircuts_v1", 1, 60, COLL),
            sliced("collateral-eligibility_v1", 1, 100, COLL),
            sliced("collateral-encumbrance_v1", 2, 100, COLL),
            sliced("collateral-rehypothecation_v1", 2, 80, COLL),
            sliced("collateral-collateral_results_v1", 3, 100, COLL),
        ],
    },
    EssentialPlan {
        name: "TB-Derivatives",
        display_name: "DERIVATIVES",
        aliases: &["DERIVATIVES", "DERIV"],
        depends_on: &[],
        prelim: (-355, -75),
        final_: (320, 1000),
        datasets: &[
            sliced("derivatives-pb_synthetics_trs_e15", 0, 100, PB),
            whole("derivatives-slsline_calculator_e15", 0, 90),
            sliced("derivatives-calc_intercompany_fx_adjustment_e15", 1, 100, DERIV_FX),
            sliced("derivatives-calc_secured_vs_unsecured_e15", 2, 100, DERIV_SVU),
            sliced("cfg-contractual_cash_flow_results_v1", 3, 100, DERIV_CFG),
            sliced("sls-sls_aws_details_extended_v1", 4, 100, DERIV_AWS),
            sliced("intercompany-intercompany_results", 5, 100, DERIV_IC),
        ],
    },
    EssentialPlan {
        name: "TB-Securities",
        display_name: "SECURITIES",
        aliases: &["SECURITIES"],
        depends_on: &[],
        prelim: (-320, 200),
        final_: (420, 1437),
        datasets: &[
            sliced("securities-position_feed_v1", 0, 100, SEC),
            sliced("securities-issuer_reference_v1", 0, 60, SEC),
            sliced("securities-market_prices_v1", 1, 80, SEC),
            sliced("securities-hqla_classification_v1", 1, 100, SEC),
            sliced("securities-settlement_ladder_v1", 2, 100, SEC),
            sliced("securities-unsettled_trades_v1", 2, 70, SEC),
            sliced("securities-securities_cash_flows_v1", 3, 100, SEC),
            sliced("securities-securities_results_v1", 4, 100, SEC),
        ],
    },
    EssentialPlan {
        name: "TB-SecFIn",
        display_name: "SECFIN",
        aliases: &["SECFIN"],
        depends_on: &["TB-Collateral"],
        prelim: (-90, 200),
        final_: (830, 1438),
        datasets: &[
            sliced("secfin-repo_trades_v1", 0, 100, SECFIN),
            sliced("secfin-stock_loans_v1", 0, 80, SECFIN),
            sliced("secfin-margin_loans_v1", 1, 90, SECFIN),
            sliced("secfin-collateral_match_v1", 1, 100, SECFIN),
            sliced("secfin-open_term_split_v1", 2, 100, SECFIN),
            sliced("secfin-secfin_results_v1", 3, 100, SECFIN),
        ],
    },
    EssentialPlan {
        name: "TB-CFG",
        display_name: "CFG",
        aliases: &["CFG"],
        depends_on: &["TB-Derivatives"],
        prelim: (-60, 200),
        final_: (1010, 1390),
        datasets: &[
            sliced("cfg-loan_cash_flows_v1", 0, 100, CFG),
            sliced("cfg-deposit_cash_flows_v1", 0, 90, CFG),
            sliced("cfg-commitment_cash_flows_v1", 1, 100, CFG),
            sliced("cfg-behavioural_overlay_v1", 2, 100, CFG),
            sliced("cfg-cash_flow_ladder_v1", 3, 100, CFG),
        ],
    },
    EssentialPlan {
        name: "TB-SMAA",
        display_name: "SMAA",
        aliases: &["SMAA"],
        depends_on: &[],
        prelim: (0, 540),
        final_: (560, 1300),
        datasets: &[
            sliced("smaa-account_attributes_v1", 0, 100, SMAA),
            sliced("smaa-account_hierarchy_v1", 0, 60, SMAA),
            sliced("smaa-mapping_adjustments_v1", 1, 100, SMAA),
            sliced("smaa-smaa_results_v1", 2, 100, SMAA),
        ],
    },
    EssentialPlan {
        name: "UPC",
        display_name: "UPC",
        aliases: &["UPC"],
        depends_on: &["6G-FR2052a-E2E", "PBSynthetics", "SNU-REG-STRATEGIC", "TB-CFG", "TB-SMAA"],
        prelim: (1428, 1433),
        final_: (1434, 1439),
        datasets: &[
            sliced("upc-combined_positions_v1", 0, 100, UPC),
            sliced("upc-rate_cards_v1", 0, 70, UPC),
            sliced("upc-charge_allocation_v1", 1, 100, UPC),
            sliced("upc-desk_statements_v1", 2, 100, UPC),
            whole("upc-published_charges_v1", 2, 50),
        ],
    },
];

const fn failure(from: i64, until: i64, hits: &'static [(usize, Phase)]) -> Disturbance {
    Disturbance { kind: Kind::Failure, from, until, hits }
}

const fn slow(from: i64, until: i64, hits: &'static [(usize, Phase)]) -> Disturbance {
    Disturbance { kind: Kind::Slow, from, until, hits }
}

const SIX_G: (usize, Phase) = (0, Phase::Final);
const PBS_: (usize, Phase) = (1, Phase::Final);
const SNU_: (usize, Phase) = (2, Phase::Final);
const SNU_STRATEGIC_PRELIM: (usize, Phase) = (3, Phase::Prelim);
const SNU_STRATEGIC: (usize, Phase) = (3, Phase::Final);
const SNU_REG: (usize, Phase) = (4, Phase::Final);
const COLLATERAL: (usize, Phase) = (5, Phase::Final);
const DERIVATIVES: (usize, Phase) = (6, Phase::Final);
const SECURITIES_PRELIM: (usize, Phase) = (7, Phase::Prelim);
const SECURITIES: (usize, Phase) = (7, Phase::Final);
const SECFIN_PRELIM: (usize, Phase) = (8, Phase::Prelim);
const SECFIN_: (usize, Phase) = (8, Phase::Final);
const CFG_PRELIM: (usize, Phase) = (9, Phase::Prelim);
const CFG_: (usize, Phase) = (9, Phase::Final);
const SMAA_: (usize, Phase) = (10, Phase::Final);

/// Failures follow each other without a gap, and so do slow runs: at any hour there is
/// something to look at.
pub(super) const DISTURBANCES: &[Disturbance] = &[
    failure(-70, 70, &[CFG_PRELIM, SECURITIES_PRELIM]),
    failure(50, 195, &[COLLATERAL, SNU_STRATEGIC_PRELIM]),
    failure(165, 320, &[COLLATERAL, SIX_G]),
    failure(290, 440, &[SIX_G, SNU_]),
    failure(420, 560, &[DERIVATIVES, SNU_]),
    failure(540, 680, &[SECURITIES, DERIVATIVES]),
    failure(660, 800, &[SECURITIES, SMAA_, DERIVATIVES]),
    failure(780, 930, &[SMAA_, DERIVATIVES]),
    failure(900, 1045, &[SMAA_, SECFIN_, SNU_STRATEGIC]),
    failure(1020, 1160, &[SECFIN_, CFG_, SNU_STRATEGIC]),
    failure(1140, 1280, &[CFG_, SECFIN_]),
    failure(1260, 1372, &[SNU_REG, PBS_]),
    failure(1340, 1424, &[SECFIN_]),
    slow(-60, 90, &[SECFIN_PRELIM, SECURITIES_PRELIM]),
    slow(80, 215, &[COLLATERAL, SNU_STRATEGIC_PRELIM]),
    slow(200, 380, &[SIX_G, COLLATERAL]),
    slow(360, 540, &[SNU_, DERIVATIVES]),
    slow(520, 700, &[DERIVATIVES, SECURITIES]),
    slow(680, 860, &[SMAA_, DERIVATIVES]),
    slow(840, 1020, &[SECFIN_, SMAA_]),
    slow(1000, 1150, &[SNU_STRATEGIC, SECFIN_]),
    slow(1130, 1270, &[CFG_]),
    slow(1250, 1360, &[SNU_REG]),
    slow(1330, 1415, &[PBS_]),
    slow(1350, 1434, &[SECURITIES]),
    slow(1380, 1434, &[SECURITIES]),
];
