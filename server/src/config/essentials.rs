//! The list of essentials: the bank's twelve where `sentry.toml` lists none.

use super::ConfigError;
use model::EssentialName;
use service::settings::EssentialSettings;
use std::collections::HashMap;

/// The twelve essentials under the names that their on-call engineers use.
pub(super) fn default_essentials() -> Vec<EssentialSettings> {
    let essential = |name: &str, display_name: &str, aliases: &[&str]| EssentialSettings {
        name: EssentialName::new(name),
        display_name: display_name.to_owned(),
        aliases: aliases.iter().map(ToString::to_string).collect(),
        depends_on: Vec::new(),
    };
    vec![
        essential("6G-FR2052a-E2E", "FR2052A (6G)", &["6G", "FR2052A"]),
        essential("PBSynthetics", "PBSynthetics", &["PBSYNTHETICS"]),
        essential("SNU", "SNU", &["SNU"]),
        essential("SNU-Strategic", "SNU Strategic", &["SNU STRATEGIC"]),
        essential("SNU-REG-STRATEGIC", "SNU REG Strategic", &["SNU REG STRATEGIC"]),
        essential("TB-Collateral", "COLLATERAL", &["COLLATERAL"]),
        essential("TB-Derivatives", "DERIVATIVES", &["DERIVATIVES", "DERIV"]),
        essential("TB-Securities", "SECURITIES", &["SECURITIES"]),
        essential("TB-SecFIn", "SECFIN", &["SECFIN"]),
        essential("TB-CFG", "CFG", &["CFG"]),
        essential("TB-SMAA", "SMAA", &["SMAA"]),
        essential("UPC", "UPC", &["UPC"]),
    ]
}

/// Refuses a list in which a name is empty, means two essentials, or depends on nothing that is there.
pub(super) fn check_essentials(essentials: &[EssentialSettings]) -> Result<(), ConfigError> {
    let refuse = |problem: String| Err(ConfigError::new("[[essentials]]".to_owned(), problem));
    let mut taken: HashMap<String, &EssentialName> = HashMap::new();
    for essential in essentials {
        if essential.name.as_str().trim().is_empty() || essential.display_name.trim().is_empty() {
            return refuse("each needs a name and a display_name".to_owned());
        }
        if essentials.iter().filter(|other| other.name == essential.name).count() > 1 {
            return refuse(format!("`{}` stands there twice: leave one", essential.name));
        }
        let names = [essential.name.as_str(), &essential.display_name];
        for text in names.into_iter().chain(essential.aliases.iter().map(String::as_str)) {
            let owner = taken.entry(text.to_uppercase()).or_insert(&essential.name);
            if **owner != essential.name {
                return refuse(format!(
                    "`{text}` means both {owner} and {}: leave it to one",
                    essential.name
                ));
            }
        }
        for needed in &essential.depends_on {
            if *needed == essential.name || !essentials.iter().any(|other| other.name == *needed) {
                let name = &essential.name;
                return refuse(format!(
                    "{name} depends on `{needed}`: write the name of another essential of the list"
                ));
            }
        }
    }
    Ok(())
}
