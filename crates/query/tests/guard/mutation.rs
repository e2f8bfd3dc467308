//! Made-up statements: the corpus with its words exchanged, and ones grown from a grammar that
//! is wider than what the guard takes.

/// Numbers that follow from a seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.roll() >> 33).unwrap_or_default() % sides.max(1)
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

/// Words that matter, and a few that nobody writes.
const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "NOT",
    "UNION",
    "ALL",
    "JOIN",
    "LEFT",
    "ON",
    "AS",
    "IN",
    "(",
    ")",
    ",",
    "=",
    ">=",
    "<=",
    "<>",
    "<=>",
    "BETWEEN",
    "LIKE",
    "IS",
    "NULL",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "WITH",
    "RECURSIVE",
    "EXISTS",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "DISTINCT",
    "*",
    "+",
    "-",
    "/",
    "DIV",
    "%",
    "||",
    "&&",
    "BUSINESS_DATE",
    "STATUS",
    "w",
    "w.BUSINESS_DATE",
    "x.*",
    "secret",
    "mysql.user",
    "airflow",
    "task_instance",
    "airflow.task_instance",
    "WORKFLOW_RUN_INSTANCE",
    "FINEGRAINED_WORKFLOW",
    "run_id",
    "start_date",
    "'2026-02-18'",
    "'2026-02-01'",
    "'1999-01-01'",
    "''",
    "'\\\\'",
    "\"a\"",
    "`a`",
    "0",
    "1",
    "500",
    "1e9",
    "CURDATE()",
    "NOW()",
    "SLEEP(1)",
    "COUNT(*)",
    "MAX",
    "IF(",
    "CAST(",
    "AS SIGNED)",
    "INTERVAL",
    "DAY",
    "OVER (",
    "PARTITION BY",
    "INTO",
    "FOR UPDATE",
    "@a",
    ";",
    "--",
    "/*",
    "*/",
    "#",
    "?",
    "ARRAY<",
    ">",
    "STRUCT(",
    "[",
    "]",
    "{",
    "}",
    "::",
    "\u{e9}",
    "\0",
    "\u{202e}",
    "->",
    "TRUE",
    "LATERAL",
    "VALUES",
    "TABLE",
    "INTERSECT",
    "EXCEPT",
    "USING",
    "NATURAL",
];

/// Words that can stand for each other: exchanging them leaves a statement that can be read.
const KIN: &[&[&str]] = &[
    &["AND", "OR"],
    &["=", "<>", "<", "<=", ">", ">=", "<=>"],
    &["UNION", "UNION ALL"],
    &["JOIN", "LEFT JOIN", "CROSS JOIN"],
    &[
        "STATUS",
        "DAG_ID",
        "BUSINESS_DATE",
        "CREATED_DATE",
        "UPDATED_DATE",
        "OUTPUT_DATASET_ID",
        "WORKFLOW_KEY",
    ],
    &["a.BUSINESS_DATE", "b.BUSINESS_DATE", "w.BUSINESS_DATE", "t.BUSINESS_DATE", "y.BUSINESS_DATE"],
    &["MAX", "MIN", "SUM", "AVG", "COUNT", "UPPER", "DATE", "HOUR", "FLOOR", "ABS"],
    &[
        "'2026-02-18'",
        "'2026-02-17'",
        "'2025-01-01'",
        "'1999-01-01'",
        "'FAILED'",
        "''",
        "NULL",
        "500",
        "CURDATE()",
    ],
    &["BETWEEN", "NOT BETWEEN"],
    &["IN", "NOT IN"],
];

fn kin<'w>(dice: &mut Dice, word: &'w str) -> &'w str {
    let family = KIN.iter().find(|family| family.iter().any(|member| member.eq_ignore_ascii_case(word)));
    family.map_or(word, |family| dice.pick(family))
}

/// A statement of `corpus` with some of its words, or bytes, changed.
pub(crate) fn mutant(dice: &mut Dice, corpus: &[&str]) -> String {
    let source = dice.pick(corpus);
    if dice.one_in(5) {
        return bytes_changed(dice, source);
    }
    let mut words = cut(source);
    if dice.one_in(2) {
        return words
            .into_iter()
            .map(|word| if dice.one_in(6) { kin(dice, word) } else { word })
            .collect::<Vec<_>>()
            .join(" ");
    }
    for _ in 0..=dice.below(2) {
        let at = dice.below(words.len().max(1));
        match dice.below(6) {
            0 if !words.is_empty() => {
                words.remove(at);
            }
            1 if !words.is_empty() => words[at] = dice.pick(WORDS),
            2 => words.insert(at.min(words.len()), dice.pick(WORDS)),
            3 if !words.is_empty() => {
                let other = dice.below(words.len());
                words.swap(at, other);
            }
            4 => {
                // A part of another statement.
                let other = cut(dice.pick(corpus));
                let from = dice.below(other.len().max(1));
                let to = (from + 1 + dice.below(12)).min(other.len());
                let at = at.min(words.len());
                words.splice(at..at, other[from.min(to)..to].iter().copied());
            }
            _ if !words.is_empty() => {
                // The same part several times.
                let to = (at + 1 + dice.below(6)).min(words.len());
                let part = words[at..to].to_vec();
                for _ in 0..=dice.below(30) {
                    words.splice(at..at, part.iter().copied());
                }
            }
            _ => {}
        }
    }
    words.join(" ")
}

fn bytes_changed(dice: &mut Dice, source: &str) -> String {
    let mut bytes = source.as_bytes().to_vec();
    for _ in 0..=dice.below(5) {
        let at = dice.below(bytes.len().max(1));
        match dice.below(3) {
            0 if !bytes.is_empty() => bytes[at] = u8::try_from(dice.below(256)).unwrap_or_default(),
            1 if !bytes.is_empty() => {
                bytes.remove(at);
            }
            _ => bytes.insert(at.min(bytes.len()), u8::try_from(dice.below(256)).unwrap_or_default()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Cuts at blanks and around signs, texts whole.
fn cut(sql: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, c) in sql.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None if c.is_whitespace() || "(),*".contains(c) => {
                if start < at {
                    words.push(&sql[start..at]);
                }
                start = at + c.len_utf8();
                if !c.is_whitespace() {
                    words.push(&sql[at..start]);
                }
            }
            None => {}
        }
    }
    if start < sql.len() {
        words.push(&sql[start..]);
    }
    words
}

const COLUMNS: &[&str] = &[
    "STATUS",
    "DAG_ID",
    "OUTPUT_DATASET_ID",
    "CREATED_DATE",
    "BUSINESS_DATE",
    "WORKFLOW_KEY",
    "DAG_RUN_ID",
    "UPDATED_DATE",
    "secret",
];
const ALIASES: &[&str] = &["a", "b", "w", "WORKFLOW_RUN_INSTANCE", "x", "y", "q"];
const DATES: &[&str] = &[
    "'2026-02-18'",
    "'2026-02-01'",
    "'2025-06-30'",
    "'2019-01-01'",
    "CURDATE()",
    "CURDATE() - INTERVAL 7 DAY",
    "DATE_SUB(NOW(), INTERVAL 1 MONTH)",
    "LAST_DAY(CURDATE())",
    "'2026-02-18 08:00:00'",
    "NULL",
    "MODEL_BUSINESS_DATE",
];

/// A statement of the grammar.
pub(crate) fn grown(dice: &mut Dice) -> String {
    let depth = 1 + dice.below(3);
    let with = if dice.one_in(5) { format!("WITH c AS ({}) ", query(dice, depth)) } else { String::new() };
    format!("{with}{}", query(dice, depth))
}

fn query(dice: &mut Dice, depth: usize) -> String {
    let mut sql = select(dice, depth);
    while depth > 0 && dice.one_in(6) {
        sql = format!("{sql} UNION {}{}", dice.pick(&["", "ALL "]), select(dice, depth - 1));
    }
    if dice.one_in(3) {
        sql.push_str(&format!(" ORDER BY {}", dice.pick(&["1", "s DESC", "1 DESC", "s"])));
    }
    if dice.one_in(3) {
        sql.push_str(dice.pick(&[" LIMIT 5", " LIMIT 100000", " LIMIT 5 OFFSET 2", " LIMIT 2, 3"]));
    }
    sql
}

fn select(dice: &mut Dice, depth: usize) -> String {
    let alias = dice.pick(ALIASES);
    let from = match dice.below(8) {
        0 if depth > 0 => format!("({}) AS {alias}", query(dice, depth - 1)),
        1 if dice.one_in(4) => format!("c AS {alias}"),
        2 => format!("airflow.task_instance AS {alias}"),
        3 => format!("FINEGRAINED_WORKFLOW.WORKFLOW_RUN_INSTANCE AS {alias}"),
        _ => format!("WORKFLOW_RUN_INSTANCE AS {alias}"),
    };
    let join = match dice.below(5) {
        0 => format!(
            " {}JOIN WORKFLOW_RUN_INSTANCE AS z ON {}",
            dice.pick(&["", "LEFT ", "CROSS ", "INNER "]),
            condition(dice, "z", depth)
        ),
        _ => String::new(),
    };
    let item = expression(dice, alias, depth);
    let columns = match dice.below(5) {
        0 => "*".to_owned(),
        1 => format!("{alias}.*"),
        2 => format!("{alias}.STATUS, MAX({alias}.CREATED_DATE) AS s"),
        3 => "COUNT(*) AS s".to_owned(),
        _ => format!("{alias}.STATUS AS s"),
    };
    let group = dice.pick(&["", "", "", " GROUP BY s", " GROUP BY 1", " GROUP BY s HAVING s > 1"]);
    let filter = condition(dice, alias, depth);
    let more = if join.is_empty() { String::new() } else { format!(" AND {}", condition(dice, "z", depth)) };
    let item = if dice.one_in(3) { format!(", {item} AS t") } else { String::new() };
    format!("SELECT {columns}{item} FROM {from}{join} WHERE {filter}{more}{group}")
}

fn condition(dice: &mut Dice, alias: &str, depth: usize) -> String {
    let column = match dice.below(6) {
        0 => "BUSINESS_DATE".to_owned(),
        1 if dice.one_in(3) => format!("{alias}.start_date"),
        _ => format!("{alias}.BUSINESS_DATE"),
    };
    let (one, other) = (dice.pick(DATES), dice.pick(DATES));
    let bound = match dice.below(8) {
        0 => format!("{column} = {one}"),
        1 => format!("{column} IN ({one}, {other})"),
        2 => format!("{column} >= {one} AND {column} <= {other}"),
        3 => format!("{one} < {column} AND {other} > {column}"),
        4 => format!("NOT ({column} = {one})"),
        5 => format!("({column} BETWEEN {one} AND {other})"),
        6 => format!("{alias}.run_id IN ('a', {one})"),
        _ => format!("{column} BETWEEN {one} AND {other}"),
    };
    if dice.one_in(3) {
        let sign = dice.pick(&["AND", "AND", "OR", "XOR", "&&"]);
        return format!("{bound} {sign} {}", expression(dice, alias, depth));
    }
    bound
}

fn expression(dice: &mut Dice, alias: &str, depth: usize) -> String {
    if depth == 0 {
        let column = dice.pick(COLUMNS);
        return match dice.below(5) {
            0 => dice.pick(&["1", "2.5", "'x'", "'a''b\\\\'", "NULL", "TRUE", "-1"]).to_owned(),
            1 => column.to_owned(),
            2 => dice.pick(DATES).to_owned(),
            _ => format!("{alias}.{column}"),
        };
    }
    let one = expression(dice, alias, depth - 1);
    let other = expression(dice, alias, depth - 1);
    match dice.below(14) {
        0 => format!("({one} {} {other})", dice.pick(&["+", "-", "*", "/", "DIV", "%"])),
        1 => format!("{one} {} {other}", dice.pick(&["=", "<>", "<", ">=", "<=>", "+", "- -"])),
        2 => format!("({one} AND {other} OR NOT {one})"),
        3 => format!("CASE WHEN {one} THEN {other} ELSE {one} END"),
        4 => format!("IF({one}, {other}, 0)"),
        5 => format!("{one} IN ({other}, 'x')"),
        6 => format!("EXISTS ({})", query(dice, depth - 1)),
        7 => format!("({})", query(dice, depth - 1)),
        8 => format!("{one} IN ({})", query(dice, depth - 1)),
        9 => format!(
            "{}({one})",
            dice.pick(&["MAX", "SUM", "DATE", "HOUR", "FLOOR", "CEIL", "UPPER", "SLEEP", "MD5"])
        ),
        10 => format!("TIMESTAMPDIFF({}, {one}, {other})", dice.pick(&["MINUTE", "SECOND", "MONTH"])),
        11 => format!("DATE_FORMAT({one}, '%Y %M %H:%i')"),
        12 => format!("{one} {}LIKE 'a\\_%'", dice.pick(&["", "NOT "])),
        _ => format!("RANK() OVER (PARTITION BY {one} ORDER BY {other} DESC)"),
    }
}
