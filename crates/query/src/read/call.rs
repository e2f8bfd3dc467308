//! Function calls.

use super::constant::fold;
use super::expression::bad_date;
use super::names::{Aliases, Names};
use super::query::direction;
use super::{Reader, unsupported};
use crate::function::{Function, Role, Signature};
use crate::moment::Constant;
use crate::refusal::Refusal;
use crate::tree::{Call, Expr, Frame, FrameBound, Order, Unit, Window};
use sqlparser::ast;

/// An interval's amount beyond which no date is left.
const MAX_AMOUNT: i64 = 1_000_000_000;

/// The clauses inside a call's parentheses, beside its arguments.
#[derive(Default)]
struct Clauses {
    order_by: Vec<Order>,
    separator: Option<String>,
}

impl Reader<'_> {
    pub(super) fn function(&mut self, function: &ast::Function, names: &Names) -> Result<Expr, Refusal> {
        let ast::Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment,
            over,
        } = function;
        let name = match name.0.as_slice() {
            [ast::ObjectNamePart::Identifier(ident)] if ident.quote_style.is_none() => {
                ident.value.to_ascii_uppercase()
            }
            _ => return Err(not_allowed(&name.to_string())),
        };
        if *uses_odbc_syntax
            || *parameters != ast::FunctionArguments::None
            || !within_group.is_empty()
            || filter.is_some()
            || null_treatment.is_some()
        {
            return Err(unsupported("A function call of this form", "write NAME(arguments)"));
        }
        let list = match args {
            ast::FunctionArguments::List(list) => Some(list),
            ast::FunctionArguments::None => None,
            ast::FunctionArguments::Subquery(_) => return Err(not_allowed(&name)),
        };
        if over.is_none()
            && let Some(special) = self.special(&name, list, names)?
        {
            return Ok(special);
        }
        let signature = Function::parse(&name).ok_or_else(|| not_allowed(&name))?;
        let wrong_use = || wrong_use(signature);
        let list = list.ok_or_else(wrong_use)?;
        let (args, is_star) = plain_args(list).ok_or_else(wrong_use)?;
        let is_count = signature.function == Function::Count;
        let (fewest, most) = signature.arity;
        if !(fewest..=most).contains(&args.len()) || is_star != (is_count && args.is_empty()) {
            return Err(wrong_use());
        }
        let distinct = list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct);
        let may_be_distinct = signature.role == Role::Aggregate && over.is_none() && !is_star;
        let is_placed = match signature.role {
            Role::Scalar => over.is_none(),
            Role::Aggregate => over.is_none() || signature.function != Function::GroupConcat,
            Role::Window => over.is_some(),
        };
        if (distinct && !may_be_distinct) || !is_placed {
            return Err(wrong_use());
        }
        // Inside an aggregate all databases look for a column first.
        let in_aggregate = Names { aliases: Aliases::Inline, ..*names };
        let is_having = names.aliases == Aliases::Only && signature.role == Role::Aggregate;
        let names = if is_having { &in_aggregate } else { names };
        let clauses = self.clauses(signature, list, names)?;
        // SQLite takes no separator beside DISTINCT.
        if distinct && clauses.separator.is_some() {
            return Err(wrong_use());
        }
        let over = over.as_ref().map(|over| self.window(over, names)).transpose()?;
        let args = args.into_iter().map(|arg| self.expression(arg, names)).collect::<Result<Vec<_>, _>>()?;
        let Clauses { order_by, separator } = clauses;
        self.call(signature, Call { function: signature.function, distinct, args, order_by, separator, over })
    }

    /// A scalar function that the parser gives a node of its own.
    pub(super) fn scalar(&mut self, name: &str, args: &[&ast::Expr], names: &Names) -> Result<Expr, Refusal> {
        let signature = Function::parse(name).ok_or_else(|| not_allowed(name))?;
        let args = args.iter().map(|arg| self.expression(arg, names)).collect::<Result<Vec<_>, _>>()?;
        let function = signature.function;
        let call =
            Call { function, distinct: false, args, order_by: Vec::new(), separator: None, over: None };
        self.call(signature, call)
    }

    /// `EXTRACT(unit FROM expr)` is the function of the unit's name.
    pub(super) fn extract(
        &mut self,
        field: &ast::DateTimeField,
        expr: &ast::Expr,
        names: &Names,
    ) -> Result<Expr, Refusal> {
        use ast::DateTimeField as D;
        let name = match field {
            D::Year => "YEAR",
            D::Quarter => "QUARTER",
            D::Month => "MONTH",
            D::Day => "DAY",
            D::Hour => "HOUR",
            D::Minute => "MINUTE",
            D::Second => "SECOND",
            _ => {
                return Err(unsupported(
                    "EXTRACT of this unit",
                    "extract YEAR, QUARTER, MONTH, DAY, HOUR, MINUTE or SECOND",
                ));
            }
        };
        self.scalar(name, &[expr], names)
    }

    /// Checks what only some functions ask of their arguments, and works out what is known.
    fn call(&self, signature: &Signature, call: Call) -> Result<Expr, Refusal> {
        let arg = |at: usize| call.args.get(at);
        let is_whole = |at: usize, least: i64| arg(at).and_then(Expr::integer).is_some_and(|n| n >= least);
        let is_right = match call.function {
            Function::Left => is_whole(1, 0),
            Function::Right | Function::Ntile => is_whole(call.args.len() - 1, 1),
            Function::Lag | Function::Lead => call.args.len() == 1 || is_whole(1, 0),
            Function::DateFormat => match arg(1) {
                Some(Expr::Text(format)) => is_known_format(format),
                _ => false,
            },
            _ => true,
        };
        if !is_right {
            return Err(wrong_use(signature));
        }
        Ok(fold(call.function, &call.args).unwrap_or_else(|| Expr::Call(Box::new(call))))
    }

    /// Constants, and functions with a grammar of their own.
    fn special(
        &mut self,
        name: &str,
        list: Option<&ast::FunctionArgumentList>,
        names: &Names,
    ) -> Result<Option<Expr>, Refusal> {
        let args = match list {
            None => Vec::new(),
            Some(list) if list.duplicate_treatment.is_none() && list.clauses.is_empty() => {
                match plain_args(list) {
                    Some((args, false)) => args,
                    _ => return Ok(None),
                }
            }
            Some(_) => return Ok(None),
        };
        let usage = |usage| Refusal::FunctionUse { name: name.to_owned(), usage };
        Ok(Some(match name {
            "NOW" | "CURRENT_TIMESTAMP" | "LOCALTIME" | "LOCALTIMESTAMP" | "UTC_TIMESTAMP" => {
                if !args.is_empty() {
                    return Err(usage("NOW()"));
                }
                Expr::Text(Constant::now(self.moment).text())
            }
            "CURDATE" | "CURRENT_DATE" | "UTC_DATE" => {
                if !args.is_empty() {
                    return Err(usage("CURDATE()"));
                }
                Expr::Text(self.moment.today.to_string())
            }
            "DATE_ADD" | "ADDDATE" | "DATE_SUB" | "SUBDATE" => {
                let [expr, ast::Expr::Interval(interval)] = args.as_slice() else {
                    return Err(usage("DATE_SUB(date, INTERVAL 7 DAY)"));
                };
                let expr = self.expression(expr, names)?;
                self.date_add(expr, interval, name.contains("SUB"), names)?
            }
            "TIMESTAMPDIFF" => {
                let right = "TIMESTAMPDIFF(MINUTE, from, to), its unit SECOND, MINUTE, HOUR, DAY or WEEK";
                let [ast::Expr::Identifier(unit), from, to] = args.as_slice() else {
                    return Err(usage(right));
                };
                let unit = match unit.value.to_ascii_uppercase().as_str() {
                    "SECOND" => Unit::Second,
                    "MINUTE" => Unit::Minute,
                    "HOUR" => Unit::Hour,
                    "DAY" => Unit::Day,
                    "WEEK" => Unit::Week,
                    _ => return Err(usage(right)),
                };
                let (from, to) = (self.expression(from, names)?, self.expression(to, names)?);
                Expr::TimestampDiff { unit, from: Box::new(from), to: Box::new(to) }
            }
            _ => return Ok(None),
        }))
    }

    /// `expr ± interval`.
    pub(super) fn date_add(
        &mut self,
        expr: Expr,
        interval: &ast::Interval,
        is_minus: bool,
        names: &Names,
    ) -> Result<Expr, Refusal> {
        use ast::DateTimeField as D;
        let ast::Interval {
            value,
            leading_field,
            leading_precision,
            last_field,
            fractional_seconds_precision,
        } = interval;
        let instead = "write INTERVAL 7 DAY, with a whole number";
        if leading_precision.is_some() || last_field.is_some() || fractional_seconds_precision.is_some() {
            return Err(unsupported("An INTERVAL of this form", instead));
        }
        let unit = match leading_field {
            Some(D::Second) => Unit::Second,
            Some(D::Minute) => Unit::Minute,
            Some(D::Hour) => Unit::Hour,
            Some(D::Day) => Unit::Day,
            Some(D::Week(None)) => Unit::Week,
            Some(D::Month) => Unit::Month,
            Some(D::Quarter) => Unit::Quarter,
            Some(D::Year) => Unit::Year,
            _ => return Err(unsupported("An INTERVAL of this unit", instead)),
        };
        let amount = self.expression(value, names)?.integer();
        let amount = amount.filter(|amount| (-MAX_AMOUNT..=MAX_AMOUNT).contains(amount));
        let amount = amount.ok_or_else(|| unsupported("An INTERVAL that is not a known number", instead))?;
        let amount = if is_minus { -amount } else { amount };
        if let Expr::Text(text) = &expr {
            let sum = Constant::parse(text).and_then(|known| known.plus(amount, unit));
            return sum.map(|sum| Expr::Text(sum.text())).ok_or_else(|| bad_date(text));
        }
        Ok(Expr::DateAdd { expr: Box::new(expr), amount, unit })
    }

    fn clauses(
        &mut self,
        signature: &Signature,
        list: &ast::FunctionArgumentList,
        names: &Names,
    ) -> Result<Clauses, Refusal> {
        let mut clauses = Clauses::default();
        for clause in &list.clauses {
            match clause {
                _ if signature.function != Function::GroupConcat => return Err(wrong_use(signature)),
                ast::FunctionArgumentClause::OrderBy(terms) => {
                    clauses.order_by = self.inner_order_by(terms, names)?;
                }
                ast::FunctionArgumentClause::Separator(ast::ValueWithSpan {
                    value: ast::Value::SingleQuotedString(text) | ast::Value::DoubleQuotedString(text),
                    ..
                }) if !text.chars().any(char::is_control) => clauses.separator = Some(text.clone()),
                _ => return Err(wrong_use(signature)),
            }
        }
        Ok(clauses)
    }

    fn window(&mut self, over: &ast::WindowType, names: &Names) -> Result<Window, Refusal> {
        let ast::WindowType::WindowSpec(ast::WindowSpec {
            window_name: None,
            partition_by,
            order_by,
            window_frame,
        }) = over
        else {
            return Err(unsupported("A named window", "write OVER (…) at each function"));
        };
        let mut partition = Vec::new();
        for expr in partition_by {
            partition.push(self.term(expr, names)?);
        }
        let order_by = self.inner_order_by(order_by, names)?;
        let frame = window_frame.as_ref().map(frame).transpose()?;
        Ok(Window { partition_by: partition, order_by, frame })
    }

    /// ORDER BY of a window or of `GROUP_CONCAT`: by expressions over the columns.
    fn inner_order_by(&mut self, terms: &[ast::OrderByExpr], names: &Names) -> Result<Vec<Order>, Refusal> {
        let mut orders = Vec::new();
        for term in terms {
            orders.push(Order { descending: direction(term)?, expr: self.term(&term.expr, names)? });
        }
        Ok(orders)
    }

    fn term(&mut self, expr: &ast::Expr, names: &Names) -> Result<Expr, Refusal> {
        let names = Names { aliases: Aliases::Hidden, ..*names };
        match self.expression(expr, &names)? {
            // Some databases would take it for a place.
            Expr::Number(_) | Expr::Text(_) => {
                Err(unsupported("A literal to order or partition by", "name a column"))
            }
            expr => Ok(expr),
        }
    }
}

/// The arguments, if none is named or qualified; and whether the only one is `*`.
fn plain_args(list: &ast::FunctionArgumentList) -> Option<(Vec<&ast::Expr>, bool)> {
    if let [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Wildcard)] = list.args.as_slice() {
        return Some((Vec::new(), true));
    }
    let plain = |arg| match arg {
        &ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(ref expr)) => Some(expr),
        _ => None,
    };
    Some((list.args.iter().map(plain).collect::<Option<_>>()?, false))
}

fn frame(frame: &ast::WindowFrame) -> Result<Frame, Refusal> {
    let ast::WindowFrame { units, start_bound, end_bound } = frame;
    let rows = match units {
        ast::WindowFrameUnits::Rows => true,
        ast::WindowFrameUnits::Range => false,
        ast::WindowFrameUnits::Groups => return Err(unsupported("GROUPS", "write ROWS or RANGE")),
    };
    let end = end_bound.as_ref().map_or(Ok(FrameBound::CurrentRow), frame_bound)?;
    Ok(Frame { rows, start: frame_bound(start_bound)?, end })
}

fn frame_bound(bound: &ast::WindowFrameBound) -> Result<FrameBound, Refusal> {
    use ast::WindowFrameBound as W;
    let number = |expr: &ast::Expr| match expr {
        ast::Expr::Value(ast::ValueWithSpan { value: ast::Value::Number(number, false), .. }) => {
            number.parse::<u32>().ok().map(u64::from)
        }
        _ => None,
    };
    let bad = || unsupported("A frame of this form", "write ROWS BETWEEN 6 PRECEDING AND CURRENT ROW");
    Ok(match bound {
        W::CurrentRow => FrameBound::CurrentRow,
        W::Preceding(None) => FrameBound::UnboundedPreceding,
        W::Following(None) => FrameBound::UnboundedFollowing,
        W::Preceding(Some(rows)) => FrameBound::Preceding(number(rows).ok_or_else(bad)?),
        W::Following(Some(rows)) => FrameBound::Following(number(rows).ok_or_else(bad)?),
    })
}

fn is_known_format(format: &str) -> bool {
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c == '%' && !chars.next().is_some_and(|code| "YmdHisSTjabMW%".contains(code)) {
            return false;
        }
    }
    true
}

fn not_allowed(name: &str) -> Refusal {
    Refusal::FunctionNotAllowed(name.chars().take(64).collect())
}

fn wrong_use(signature: &Signature) -> Refusal {
    Refusal::FunctionUse { name: signature.names[0].to_owned(), usage: signature.usage }
}
