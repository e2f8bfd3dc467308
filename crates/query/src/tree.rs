//! A query as the guard has understood it.
//!
//! The guard does not edit the parser's tree: it reads it into this one and writes the
//! statement from here. What this tree cannot hold (a lock, a hint, a variable, another table)
//! cannot be in the output, whatever the parser learns to read.

use crate::function::Function;
use crate::schema::{Kind, Table};

#[derive(Clone)]
pub(crate) struct Query {
    pub(crate) with: Vec<Cte>,
    pub(crate) body: Body,
    pub(crate) order_by: Vec<Order>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
}

impl Query {
    /// Whether it is nothing but its body.
    pub(crate) fn is_bare(&self) -> bool {
        self.with.is_empty() && self.order_by.is_empty() && self.limit.is_none() && self.offset.is_none()
    }

    /// The query inside, where this is nothing but parentheses around one.
    pub(crate) fn without_parentheses(self) -> Self {
        match self.body {
            Body::Parenthesised(query)
                if self.with.is_empty() && self.order_by.is_empty() && self.limit.is_none() =>
            {
                *query
            }
            body => Self { body, ..self },
        }
    }
}

#[derive(Clone)]
pub(crate) struct Cte {
    pub(crate) name: String,
    pub(crate) query: Query,
}

#[derive(Clone)]
pub(crate) enum Body {
    Select(Box<Select>),
    Parenthesised(Box<Query>),
    Union { left: Box<Body>, all: bool, right: Box<Body> },
}

impl Body {
    /// The SELECT inside, where this is nothing but parentheses around one.
    pub(crate) fn without_parentheses(self) -> Self {
        match self {
            Self::Parenthesised(query) if query.is_bare() && matches!(query.body, Self::Select(_)) => {
                query.body
            }
            body => body,
        }
    }
}

#[derive(Clone)]
pub(crate) struct Select {
    pub(crate) distinct: bool,
    pub(crate) items: Vec<Item>,
    pub(crate) from: Vec<Source>,
    pub(crate) filter: Option<Expr>,
    pub(crate) group_by: Vec<Expr>,
    pub(crate) having: Option<Expr>,
}

#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) expr: Expr,
    pub(crate) alias: Option<String>,
    /// Expressions in it: what each mention of the alias costs that is replaced by it.
    pub(crate) size: usize,
}

/// One relation of FROM and how it is joined to those before it.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) join: Join,
    pub(crate) relation: Relation,
    pub(crate) alias: Option<String>,
    /// Names the relation throughout the statement.
    pub(crate) id: usize,
    pub(crate) on: Option<Expr>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    Cross,
    Inner,
    Left,
}

#[derive(Clone)]
pub(crate) enum Relation {
    Table(Table),
    Cte(String),
    Derived(Box<Query>),
}

#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
}

/// A column of one relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnRef {
    /// The relation's alias; `None` where the query has only that one relation in sight.
    pub(crate) qualifier: Option<String>,
    pub(crate) name: String,
    pub(crate) kind: Option<Kind>,
    /// [`Source::id`].
    pub(crate) relation: usize,
    /// Whether a table holds it, and not a derived one.
    pub(crate) is_stored: bool,
}

/// An expression.
#[derive(Clone)]
pub(crate) enum Expr {
    Column(ColumnRef),
    /// An output column, by its alias: in ORDER BY only.
    Output(String),
    /// An output column, by its place from 1: in GROUP BY and ORDER BY only.
    Place(usize),
    Text(String),
    Number(String),
    Boolean(bool),
    Null,
    Not(Box<Expr>),
    Minus(Box<Expr>),
    /// All of them hold.
    And(Vec<Expr>),
    /// One of them holds.
    Or(Vec<Expr>),
    Compare {
        operator: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Arithmetic {
        operator: Arithmetic,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    IsNull {
        expr: Box<Expr>,
        negated: bool,
    },
    IsTrue {
        expr: Box<Expr>,
        value: bool,
        negated: bool,
    },
    Between {
        expr: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        negated: bool,
    },
    InList {
        expr: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    InQuery {
        expr: Box<Expr>,
        query: Box<Query>,
        negated: bool,
    },
    Exists {
        query: Box<Query>,
        negated: bool,
    },
    Like {
        expr: Box<Expr>,
        pattern: Box<Expr>,
        escape: char,
        negated: bool,
    },
    Case {
        operand: Option<Box<Expr>>,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Scalar(Box<Query>),
    Call(Box<Call>),
    /// `DATE_ADD(expr, INTERVAL amount unit)`.
    DateAdd {
        expr: Box<Expr>,
        amount: i64,
        unit: Unit,
    },
    /// `TIMESTAMPDIFF(unit, from, to)`: whole units, truncated.
    TimestampDiff {
        unit: Unit,
        from: Box<Expr>,
        to: Box<Expr>,
    },
    Cast {
        expr: Box<Expr>,
        to: CastTo,
    },
}

impl Expr {
    /// The expressions directly inside it; those of a query inside it are the query's.
    pub(crate) fn operands(&self) -> Vec<&Expr> {
        match self {
            Self::Column(_)
            | Self::Output(_)
            | Self::Place(_)
            | Self::Text(_)
            | Self::Number(_)
            | Self::Boolean(_)
            | Self::Null
            | Self::Exists { .. }
            | Self::Scalar(_) => Vec::new(),
            Self::Not(expr)
            | Self::Minus(expr)
            | Self::IsNull { expr, .. }
            | Self::IsTrue { expr, .. }
            | Self::InQuery { expr, .. }
            | Self::DateAdd { expr, .. }
            | Self::Cast { expr, .. } => vec![expr],
            Self::And(parts) | Self::Or(parts) => parts.iter().collect(),
            Self::Compare { left, right, .. } | Self::Arithmetic { left, right, .. } => vec![left, right],
            Self::Between { expr, low, high, .. } => vec![expr, low, high],
            Self::InList { expr, list, .. } => std::iter::once(&**expr).chain(list).collect(),
            Self::Like { expr, pattern, .. } => vec![expr, pattern],
            Self::Case { operand, branches, otherwise } => {
                let branches = branches.iter().flat_map(|(condition, result)| [condition, result]);
                operand.as_deref().into_iter().chain(branches).chain(otherwise.as_deref()).collect()
            }
            Self::TimestampDiff { from, to, .. } => vec![from, to],
            Self::Call(call) => {
                let order_by = call.over.iter().flat_map(|over| &over.order_by).chain(&call.order_by);
                let partition_by = call.over.iter().flat_map(|over| &over.partition_by);
                call.args.iter().chain(partition_by).chain(order_by.map(|order| &order.expr)).collect()
            }
        }
    }
}

#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) distinct: bool,
    /// Empty for `COUNT(*)`.
    pub(crate) args: Vec<Expr>,
    /// `GROUP_CONCAT` only.
    pub(crate) order_by: Vec<Order>,
    pub(crate) separator: Option<String>,
    pub(crate) over: Option<Window>,
}

#[derive(Clone)]
pub(crate) struct Window {
    pub(crate) partition_by: Vec<Expr>,
    pub(crate) order_by: Vec<Order>,
    pub(crate) frame: Option<Frame>,
}

#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) rows: bool,
    pub(crate) start: FrameBound,
    pub(crate) end: FrameBound,
}

#[derive(Clone, Copy)]
pub(crate) enum FrameBound {
    UnboundedPreceding,
    Preceding(u64),
    CurrentRow,
    Following(u64),
    UnboundedFollowing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `<=>`: NULL equals NULL.
    NullSafeEqual,
}

impl Comparison {
    /// The same with its sides exchanged.
    pub(crate) fn flipped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::Equal | Self::NotEqual | Self::NullSafeEqual => self,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    IntegerDivide,
    Modulo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CastTo {
    Char,
    Signed,
    Unsigned,
    Decimal { digits: u64, scale: u64 },
    Date,
    DateTime,
}
