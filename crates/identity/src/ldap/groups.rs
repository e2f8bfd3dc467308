//! The groups of a person, and the groups around them.

use super::session::Session;
use super::{LdapSettings, NestedGroups, first};
use crate::MAX_GROUPS;
use crate::error::Error;
use ldap3::{Scope, ldap_escape};
use std::collections::BTreeSet;

/// How many levels of groups of groups are looked at.
const MAX_LEVELS: usize = 10;
/// How many entries one search asks about.
const ENTRIES_A_SEARCH: usize = 50;

pub(super) async fn find(
    session: &mut Session,
    settings: &LdapSettings,
    person_dn: &str,
) -> Result<BTreeSet<String>, Error> {
    let mut names = BTreeSet::new();
    let Some(base) = &settings.group_base else { return Ok(names) };
    let levels = match settings.nested_groups {
        NestedGroups::Walk => MAX_LEVELS,
        NestedGroups::ByDirectory => 1,
    };
    // Names of entries are the same in any case; groups may be in a circle.
    let mut seen = BTreeSet::from([person_dn.to_lowercase()]);
    let mut level = vec![person_dn.to_owned()];
    for _ in 0..levels {
        let mut next = Vec::new();
        for members in level.chunks(ENTRIES_A_SEARCH) {
            let filter = filter_of(&settings.group_filter, members);
            let attributes = [&*settings.group_attribute];
            let found = session.search(base, Scope::Subtree, &filter, &attributes, MAX_GROUPS).await?;
            for group in found {
                if seen.len() > MAX_GROUPS {
                    tracing::warn!(dn = person_dn, "somebody is in more than {MAX_GROUPS} groups: cut off");
                    return Ok(names);
                }
                if seen.insert(group.dn.to_lowercase()) {
                    names.extend(first(&group, &settings.group_attribute).map(str::to_owned));
                    next.push(group.dn);
                }
            }
        }
        level = next;
    }
    Ok(names)
}

fn filter_of(template: &str, members: &[String]) -> String {
    let each: String = members.iter().map(|dn| template.replace("{dn}", &ldap_escape(dn.as_str()))).collect();
    if members.len() == 1 { each } else { format!("(|{each})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_search_asks_for_many_members() {
        let check = |members: &[&str], expect: &str| {
            let members: Vec<String> = members.iter().map(|dn| (*dn).to_owned()).collect();
            assert_eq!(filter_of("(member={dn})", &members), expect);
        };
        check(&["cn=a"], "(member=cn=a)");
        check(&["cn=a", "cn=b"], "(|(member=cn=a)(member=cn=b))");
        check(&["cn=a*)(x"], r"(member=cn=a\2a\29\28x)");
    }
}
