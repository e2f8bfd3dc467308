//! What an action changed: before and after, side by side.

use model::audit::AuditValues;

/// A field of the object, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) field: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl Change {
    /// What happened to the field, in a word: state is never told by colour alone.
    pub(crate) fn word(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "set",
            (Some(_), None) => "removed",
            (Some(before), Some(after)) if before == after => "same",
            _ => "changed",
        }
    }
}

/// Every field of either side, by name.
pub(crate) fn changes(before: &AuditValues, after: &AuditValues) -> Vec<Change> {
    let mut fields: Vec<_> = before.keys().chain(after.keys()).collect();
    fields.sort();
    fields.dedup();
    let change = |field: &String| Change {
        field: field.clone(),
        before: before.get(field).cloned(),
        after: after.get(field).cloned(),
    };
    fields.into_iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_both_sides_stand_side_by_side() {
        let values = |pairs: &[(&str, &str)]| -> AuditValues {
            pairs.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
        };
        let before = values(&[("role", "viewer"), ("name", "Ada"), ("groups", "emea")]);
        let after = values(&[("role", "admin"), ("name", "Ada"), ("expires", "never")]);
        let found: Vec<_> = changes(&before, &after)
            .iter()
            .map(|change| (change.field.clone(), change.word(), change.before.clone(), change.after.clone()))
            .collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                ("expires".to_owned(), "set", None, text("never")),
                ("groups".to_owned(), "removed", text("emea"), None),
                ("name".to_owned(), "same", text("Ada"), text("Ada")),
                ("role".to_owned(), "changed", text("viewer"), text("admin")),
            ]
        );
        assert!(changes(&AuditValues::new(), &AuditValues::new()).is_empty());
    }
}
