//! Texts that differ as people's do.

use fastrand::Rng;
use std::sync::LazyLock;

pub(super) const REGIONS: [&str; 4] = ["eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2"];

static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    "account after again agent all also amount answer any approve archive as ask at balance \
    batch because before begin below between branch build call cancel case change charge check choose claim \
    clear client close code column compare complete confirm contact contract copy correct cost count create \
    credit customer data date day deadline default delay delete deliver deploy detail device document down \
    draft due each early edit email empty end enter error estimate event every example exception exchange \
    expect expire explain export fail failed field file filter final find first fix follow for form found from \
    full further group had handle has have help history hold hour how identify if import in include income \
    incident increase inform input insert instead invoice is issue it item job keep key late latest launch \
    limit line link list load local long lookup lost mail main manager many mark match may meet member \
    message method missing model month more most move name need network new next no normal not note number \
    of offer office on one open or order other out over owner page paid part partial pass path pay payment \
    pending people plan please policy port position price print process product project provide quarter query \
    question queue quote rate read ready reason receipt receive record reduce refund region reject release \
    remain remove renew repeat reply report request reset resolve result return review risk role row rule run \
    same save schedule search second section send service set shipment should show since slow some source \
    stage start state status step still stop store submit such summary support system table take task team \
    test that the their them then there these they this ticket time to today token total track transfer trend \
    type under until update upload use user valid value verify version view wait warning was week were what \
    when where which who why will with within without work workflow would write year yes yet you your"
        .split_whitespace()
        .collect()
});

pub(super) fn one<'a>(rng: &mut Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}

/// So many words.
pub(super) fn sentence(rng: &mut Rng, words: usize) -> String {
    let said: Vec<&str> = (0..words).map(|_| one(rng, &WORDS)).collect();
    said.join(" ")
}

/// `prefix-` and 16 hexadecimal digits.
pub(super) fn id(rng: &mut Rng, prefix: &str) -> String {
    format!("{prefix}-{:016x}", rng.u64(..))
}
