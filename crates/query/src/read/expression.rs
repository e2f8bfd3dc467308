//! Expressions.

use super::names::Names;
use super::{MAX_EXPRESSIONS, Reader, unsupported};
use crate::moment::Constant;
use crate::refusal::Refusal;
use crate::schema::Kind;
use crate::tree::{Arithmetic, CastTo, Comparison, Expr};
use sqlparser::ast::{self, BinaryOperator as B, UnaryOperator as U};

impl Reader<'_> {
    pub(super) fn expression(&mut self, expr: &ast::Expr, names: &Names) -> Result<Expr, Refusal> {
        self.count(1)?;
        self.nested(|reader| reader.any_expression(expr, names))
    }

    /// Counts expressions that the tree is to hold.
    pub(super) fn count(&mut self, expressions: usize) -> Result<(), Refusal> {
        self.expressions += expressions;
        if self.expressions > MAX_EXPRESSIONS {
            return Err(Refusal::TooComplex { what: "expressions", limit: MAX_EXPRESSIONS });
        }
        Ok(())
    }

    fn boxed(&mut self, expr: &ast::Expr, names: &Names) -> Result<Box<Expr>, Refusal> {
        self.expression(expr, names).map(Box::new)
    }

    fn any_expression(&mut self, expr: &ast::Expr, names: &Names) -> Result<Expr, Refusal> {
        use ast::Expr as E;
        Ok(match expr {
            E::Identifier(name) => self.name(name, names)?,
            E::CompoundIdentifier(parts) => self.qualified_name(parts, names)?,
            E::Nested(expr) => self.expression(expr, names)?,
            E::Value(value) => literal(&value.value)?,
            E::TypedString(typed) => typed_literal(typed)?,
            E::UnaryOp { op, expr } => {
                let expr = self.boxed(expr, names)?;
                match op {
                    U::Not => Expr::Not(expr),
                    U::Minus => Expr::Minus(expr),
                    U::Plus => *expr,
                    other => return Err(operator(&other.to_string())),
                }
            }
            E::BinaryOp { left, op: op @ (B::And | B::Or), right } => self.chain(left, op, right, names)?,
            E::BinaryOp { left, op, right } => self.binary(left, op, right, names)?,
            E::IsNull(expr) => Expr::IsNull { expr: self.boxed(expr, names)?, negated: false },
            E::IsNotNull(expr) => Expr::IsNull { expr: self.boxed(expr, names)?, negated: true },
            E::IsTrue(expr) => self.is_true(expr, true, false, names)?,
            E::IsNotTrue(expr) => self.is_true(expr, true, true, names)?,
            E::IsFalse(expr) => self.is_true(expr, false, false, names)?,
            E::IsNotFalse(expr) => self.is_true(expr, false, true, names)?,
            E::Between { expr, negated, low, high } => {
                let expr = self.boxed(expr, names)?;
                let low = Box::new(comparable(self.expression(low, names)?, expr.kind())?);
                let high = Box::new(comparable(self.expression(high, names)?, expr.kind())?);
                Expr::Between { expr, low, high, negated: *negated }
            }
            E::InList { expr, list, negated } => {
                let expr = self.boxed(expr, names)?;
                if list.is_empty() {
                    return Err(unsupported("An empty IN ()", "name at least one value"));
                }
                let values = list.iter().map(|value| comparable(self.expression(value, names)?, expr.kind()));
                Expr::InList { list: values.collect::<Result<_, _>>()?, expr, negated: *negated }
            }
            E::InSubquery { expr, subquery, negated } => {
                let expr = self.boxed(expr, names)?;
                let (query, outputs) = self.query(subquery, Some(names))?;
                if query.limit.is_some() {
                    return Err(Refusal::LimitInIn);
                }
                one_column(outputs.len())?;
                Expr::InQuery { expr, query: Box::new(query), negated: *negated }
            }
            E::Exists { subquery, negated } => {
                let query = Box::new(self.query(subquery, Some(names))?.0);
                Expr::Exists { query, negated: *negated }
            }
            E::Subquery(query) => {
                let (query, outputs) = self.query(query, Some(names))?;
                one_column(outputs.len())?;
                Expr::Scalar(Box::new(query))
            }
            E::Like { negated, any: false, expr, pattern, escape_char } => Expr::Like {
                expr: self.boxed(expr, names)?,
                pattern: self.boxed(pattern, names)?,
                escape: escape_char.as_ref().map_or(Ok('\\'), |given| escape(given))?,
                negated: *negated,
            },
            E::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                let operand = operand.as_ref().map(|operand| self.boxed(operand, names)).transpose()?;
                let mut branches = Vec::new();
                for ast::CaseWhen { condition, result } in conditions {
                    branches.push((self.expression(condition, names)?, self.expression(result, names)?));
                }
                let otherwise = else_result.as_ref().map(|other| self.boxed(other, names)).transpose()?;
                Expr::Case { operand, branches, otherwise }
            }
            E::Cast { kind: ast::CastKind::Cast, expr, data_type, format: None } => {
                let to = cast_to(data_type)?;
                self.cast(expr, to, names)?
            }
            E::Function(function) => self.function(function, names)?,
            E::Extract { field, syntax: ast::ExtractSyntax::From, expr } => {
                self.extract(field, expr, names)?
            }
            E::Ceil { expr, field: ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) } => {
                self.scalar("CEILING", &[expr], names)?
            }
            E::Floor { expr, field: ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) } => {
                self.scalar("FLOOR", &[expr], names)?
            }
            E::Position { expr, r#in } => self.scalar("LOCATE", &[expr, r#in], names)?,
            E::Substring { expr, substring_from: Some(from), substring_for, special: _, shorthand: _ } => {
                match substring_for {
                    Some(length) => self.scalar("SUBSTRING", &[expr, from, length], names)?,
                    None => self.scalar("SUBSTRING", &[expr, from], names)?,
                }
            }
            E::Trim { trim_where, trim_what: None, expr, trim_characters: None } => {
                let name = match trim_where {
                    None | Some(ast::TrimWhereField::Both) => "TRIM",
                    Some(ast::TrimWhereField::Leading) => "LTRIM",
                    Some(ast::TrimWhereField::Trailing) => "RTRIM",
                };
                self.scalar(name, &[expr], names)?
            }
            E::RLike { .. } => return Err(operator("REGEXP")),
            E::Collate { .. } => return Err(unsupported("COLLATE", "remove it: texts compare as they are")),
            E::Tuple(_) => {
                return Err(unsupported("A row of several values", "compare the columns one by one"));
            }
            E::Interval(_) => {
                return Err(unsupported("INTERVAL alone", "write DATE_SUB(date, INTERVAL 7 DAY)"));
            }
            E::MatchAgainst { .. } => return Err(Refusal::FunctionNotAllowed("MATCH".to_owned())),
            E::Convert { .. } => return Err(Refusal::FunctionNotAllowed("CONVERT".to_owned())),
            _ => return Err(unsupported("An expression of this form", "write plain MySQL")),
        })
    }

    /// `a AND b AND c` is one conjunction, however it is nested: chains may be long.
    fn chain(&mut self, left: &ast::Expr, op: &B, right: &ast::Expr, names: &Names) -> Result<Expr, Refusal> {
        let mut operands = vec![right];
        let mut rest = left;
        while let ast::Expr::BinaryOp { left, op: other, right } = rest {
            if other != op {
                break;
            }
            operands.push(right);
            rest = left;
        }
        operands.push(rest);
        let mut parts = Vec::new();
        for operand in operands.into_iter().rev() {
            match (op, self.expression(operand, names)?) {
                (B::And, Expr::And(more)) | (B::Or, Expr::Or(more)) => parts.extend(more),
                (_, part) => parts.push(part),
            }
        }
        Ok(if *op == B::And { Expr::And(parts) } else { Expr::Or(parts) })
    }

    fn binary(
        &mut self,
        left: &ast::Expr,
        op: &B,
        right: &ast::Expr,
        names: &Names,
    ) -> Result<Expr, Refusal> {
        if let (ast::Expr::Interval(interval), B::Plus | B::Minus) = (right, op) {
            let expr = self.expression(left, names)?;
            return self.date_add(expr, interval, *op == B::Minus, names);
        }
        if let (ast::Expr::Interval(interval), B::Plus) = (left, op) {
            let expr = self.expression(right, names)?;
            return self.date_add(expr, interval, false, names);
        }
        let (left, right) = (self.expression(left, names)?, self.expression(right, names)?);
        if let Some(operator) = comparison(op) {
            let (left_kind, right_kind) = (left.kind(), right.kind());
            let left = Box::new(comparable(left, right_kind)?);
            let right = Box::new(comparable(right, left_kind)?);
            return Ok(Expr::Compare { operator, left, right });
        }
        let operator = match op {
            B::Plus => Arithmetic::Add,
            B::Minus => Arithmetic::Subtract,
            B::Multiply => Arithmetic::Multiply,
            B::Divide => Arithmetic::Divide,
            B::MyIntegerDivide => Arithmetic::IntegerDivide,
            B::Modulo => Arithmetic::Modulo,
            B::StringConcat => return Err(unsupported("||", "write OR, or CONCAT(text, text)")),
            other => return Err(self::operator(&other.to_string())),
        };
        Ok(Expr::Arithmetic { operator, left: Box::new(left), right: Box::new(right) })
    }

    fn is_true(
        &mut self,
        expr: &ast::Expr,
        value: bool,
        negated: bool,
        names: &Names,
    ) -> Result<Expr, Refusal> {
        Ok(Expr::IsTrue { expr: self.boxed(expr, names)?, value, negated })
    }

    fn cast(&mut self, expr: &ast::Expr, to: CastTo, names: &Names) -> Result<Expr, Refusal> {
        let expr = self.boxed(expr, names)?;
        let known = expr.constant();
        Ok(match (to, known) {
            (CastTo::Date, Some(known)) => Expr::Text(Constant::Date(known.date()).text()),
            (CastTo::DateTime, Some(known)) => Expr::Text(known.at_midnight().text()),
            _ => Expr::Cast { expr, to },
        })
    }
}

fn comparison(op: &B) -> Option<Comparison> {
    Some(match op {
        B::Eq => Comparison::Equal,
        B::NotEq => Comparison::NotEqual,
        B::Lt => Comparison::Less,
        B::LtEq => Comparison::LessOrEqual,
        B::Gt => Comparison::Greater,
        B::GtEq => Comparison::GreaterOrEqual,
        B::Spaceship => Comparison::NullSafeEqual,
        _ => return None,
    })
}

fn operator(name: &str) -> Refusal {
    unsupported(
        format!("The operator {name}"),
        "use comparisons, LIKE, IN, BETWEEN, AND, OR, NOT and + - * / DIV %",
    )
}

fn one_column(columns: usize) -> Result<(), Refusal> {
    if columns == 1 {
        Ok(())
    } else {
        Err(unsupported("A subquery of several columns in an expression", "select one column"))
    }
}

/// A literal beside a date or a time is written as one, so that databases that compare texts
/// find what those that compare times do: midnight beside a date is the date.
fn comparable(value: Expr, other: Option<Kind>) -> Result<Expr, Refusal> {
    let (Expr::Text(text), Some(kind @ (Kind::Date | Kind::Time))) = (&value, other) else {
        return Ok(value);
    };
    let known = Constant::parse(text).ok_or_else(|| bad_date(text))?;
    let day = Constant::Date(known.date());
    Ok(Expr::Text(match kind {
        Kind::Time => known.at_midnight().text(),
        _ if known.at_midnight() == day.at_midnight() => day.text(),
        _ => known.text(),
    }))
}

pub(super) fn bad_date(text: &str) -> Refusal {
    Refusal::BadDate(text.chars().take(40).collect())
}

fn literal(value: &ast::Value) -> Result<Expr, Refusal> {
    use ast::Value as V;
    match value {
        V::Number(number, false) => number_literal(number),
        V::SingleQuotedString(text) | V::DoubleQuotedString(text) => text_literal(text),
        V::Boolean(value) => Ok(Expr::Boolean(*value)),
        V::Null => Ok(Expr::Null),
        V::Placeholder(name) => Err(Refusal::Placeholder(name.clone())),
        _ => Err(unsupported("A literal of this form", "write 'text' or a number")),
    }
}

fn text_literal(text: &str) -> Result<Expr, Refusal> {
    if text.chars().any(|c| c.is_control()) {
        return Err(Refusal::ControlCharacter);
    }
    Ok(Expr::Text(text.to_owned()))
}

fn number_literal(number: &str) -> Result<Expr, Refusal> {
    let is_number = number.len() <= 32
        && number.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && number.bytes().filter(|byte| *byte == b'.').count() <= 1
        && !number.ends_with('.');
    if is_number {
        Ok(Expr::Number(number.to_owned()))
    } else {
        Err(unsupported("A number of this form", "write digits, with a point where needed"))
    }
}

fn typed_literal(typed: &ast::TypedString) -> Result<Expr, Refusal> {
    let ast::TypedString { data_type, value, uses_odbc_syntax } = typed;
    let text = match &value.value {
        ast::Value::SingleQuotedString(text) | ast::Value::DoubleQuotedString(text) => text,
        _ => return Err(unsupported("A literal of this form", "write 'text' or a number")),
    };
    let known = Constant::parse(text).ok_or_else(|| bad_date(text))?;
    match data_type {
        _ if *uses_odbc_syntax => Err(unsupported("{d '…'}", "write '2026-02-18'")),
        ast::DataType::Date => Ok(Expr::Text(Constant::Date(known.date()).text())),
        ast::DataType::Timestamp(None, ast::TimezoneInfo::None) | ast::DataType::Datetime(None) => {
            Ok(Expr::Text(known.at_midnight().text()))
        }
        _ => Err(unsupported("A literal of this type", "write DATE '2026-02-18'")),
    }
}

fn escape(given: &ast::Expr) -> Result<char, Refusal> {
    let text = match given {
        ast::Expr::Value(value) => match &value.value {
            ast::Value::SingleQuotedString(text) | ast::Value::DoubleQuotedString(text) => text.as_str(),
            _ => "",
        },
        _ => "",
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(escape), None) if escape.is_ascii_graphic() && escape != '%' && escape != '_' => Ok(escape),
        _ => Err(unsupported("This ESCAPE", "write ESCAPE with one character, such as '|'")),
    }
}

fn cast_to(data_type: &ast::DataType) -> Result<CastTo, Refusal> {
    use ast::DataType as D;
    Ok(match data_type {
        D::Char(None) => CastTo::Char,
        D::Signed | D::SignedInteger => CastTo::Signed,
        D::Unsigned | D::UnsignedInteger => CastTo::Unsigned,
        D::Date => CastTo::Date,
        D::Datetime(None) => CastTo::DateTime,
        D::Decimal(ast::ExactNumberInfo::PrecisionAndScale(digits, scale))
            if (1..=38).contains(digits) && (0..=10).contains(scale) =>
        {
            CastTo::Decimal { digits: *digits, scale: u64::try_from(*scale).unwrap_or_default() }
        }
        _ => {
            return Err(unsupported(
                "CAST to this type",
                "cast to CHAR, SIGNED, UNSIGNED, DECIMAL(12, 2), DATE or DATETIME",
            ));
        }
    })
}
