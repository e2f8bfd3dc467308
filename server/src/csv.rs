//! Cells of CSV files.

/// One cell as RFC 4180 quotes it. A leading apostrophe keeps a spreadsheet from running it as a
/// formula (OWASP, "CSV Injection").
pub(crate) fn write_cell(text: &mut String, cell: &str) {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !cell.contains([',', '"', '\n', '\r']) {
        text.push_str(cell);
    } else {
        text.push('"');
        text.push_str(guard);
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_runs_as_a_formula_or_breaks_its_row() {
        let check = |cell: &str, expect: &str| {
            let mut text = String::new();
            write_cell(&mut text, cell);
            assert_eq!(text, expect);
        };
        check("", "");
        check("FGW_a_2026-02-18_NA-1_5", "FGW_a_2026-02-18_NA-1_5");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"");
        for formula in ["+1", "-1", "@SUM(A1)", "\tx", "\rx"] {
            check(formula, &format!("\"'{formula}\""));
        }
    }
}
