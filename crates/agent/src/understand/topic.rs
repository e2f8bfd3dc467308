//! What a question is about, from its ordinary words.

use super::cues::Cue;
use super::words::{Word, Words};
use model::ask::Topic;

/// What else about a question decides its topic.
pub(super) struct Surroundings {
    /// It names a run.
    pub(super) has_run: bool,
    /// It names a batch, dataset or slice.
    pub(super) names_something: bool,
    /// How many essentials it names.
    pub(super) essentials: usize,
    /// It names a stretch of several days.
    pub(super) has_range: bool,
    /// How many days it names.
    pub(super) days: usize,
}

/// The topic, and whether the words leave no doubt. `None` where they say nothing by themselves:
/// such a question carries the thread on.
pub(super) fn read_topic<'w>(words: &'w Words, around: &'w Surroundings) -> (Option<Topic>, bool) {
    let reader = Reader { words, around };
    let rules: [(fn(&Reader<'w>) -> bool, Topic); 13] = [
        (Reader::is_write, Topic::Write),
        (Reader::is_hostile, Topic::OffTopic),
        (Reader::is_outside, Topic::OffTopic),
        (Reader::is_tasks, Topic::Tasks),
        (Reader::is_compare, Topic::Compare),
        (Reader::is_analysis, Topic::Analysis),
        (Reader::is_prediction, Topic::Prediction),
        (Reader::is_history, Topic::History),
        (Reader::is_dependencies, Topic::Dependencies),
        (Reader::is_runs, Topic::Runs),
        (Reader::is_failures, Topic::Failures),
        (Reader::is_help, Topic::Help),
        (Reader::is_status, Topic::Status),
    ];
    let topic = rules.iter().find(|(holds, _)| holds(&reader)).map(|(_, topic)| *topic);
    let strange = words.0.iter().filter(|word| !word.taken && !word.is_ordinary()).count();
    let sure = topic.is_some() && strange == 0;
    (topic, sure)
}

struct Reader<'a> {
    words: &'a Words,
    around: &'a Surroundings,
}

impl Reader<'_> {
    fn say(&self, cue: Cue) -> bool {
        self.words.say(cue)
    }

    fn hold(&self, phrases: &[&str]) -> bool {
        self.words.hold_any(phrases)
    }

    /// A verb in the form of an order: "restart it", "can you kill the run", "to force".
    fn is_write(&self) -> bool {
        const ORDERS: &str =
            " you please pls plz kindly to and or just then now can could lets should i we go ahead also ";
        const OPENERS: &str = " ok so hey hi hello sentry ";
        const NOT_ORDERED: &str = " of status count time with ";
        if self.hold(&["drop table", "delete from", "insert into"]) {
            return true;
        }
        let words = &self.words.0;
        let among = |word: &Word, list: &str| list.contains(&format!(" {} ", word.meant));
        let orders = |(at, word): (usize, &Word)| {
            // "Rerun", "start" and "set" are nouns too.
            let is_noun = words.get(at + 1).is_some_and(|next| among(next, NOT_ORDERED));
            let before = words[..at].iter().rev().find(|word| !among(word, OPENERS));
            word.says(Cue::Write) && !is_noun && before.is_none_or(|before| among(before, ORDERS))
        };
        words.iter().enumerate().any(orders)
    }

    fn is_hostile(&self) -> bool {
        let secret = self.words.0.iter().filter(|word| word.says(Cue::Secret)).count();
        let sql = self.words.0.iter().filter(|word| word.says(Cue::Sql)).count();
        let legitimate = self.say(Cue::Fail) && self.around.names_something && !self.hold(&["pretend"]);
        let alone = self.hold(&[
            "password",
            "passwords",
            "credentials",
            "secrets",
            "verbatim",
            "pretend",
            "api key",
            "reveal",
        ]);
        !legitimate
            && (alone
                || secret >= 2
                || (sql >= 2 && self.words.hold("select"))
                || self.words.hold("union select"))
    }

    fn is_outside(&self) -> bool {
        let in_scope = self.around.names_something
            && (self.say(Cue::Fail)
                || self.say(Cue::Status)
                || self.say(Cue::Depend)
                || self.say(Cue::History));
        self.say(Cue::Outside) && !in_scope
    }

    fn is_tasks(&self) -> bool {
        let worker =
            self.hold(&["pod", "worker", "host", "hostname", "operator", "airflow", "tries", "attempts"]);
        let details = self.say(Cue::Task) && (self.say(Cue::Show) || self.hold(&["tasks"]));
        let which_failed = self.say(Cue::Fail) && self.hold(&["which task", "what task"]);
        let more = self.hold(&["more details", "more detail", "in detail"]) && !self.around.names_something;
        let ranked = self.say(Cue::Superlative);
        !ranked
            && (self.around.has_run
                || worker
                || more
                || (details && !which_failed)
                || (self.say(Cue::Task) && !self.say(Cue::Fail)))
    }

    fn is_compare(&self) -> bool {
        let since = self.hold(&["since"]) && self.hold(&["changed"]);
        let than = self.hold(&["slower than", "faster than", "longer than", "worse than", "better than"]);
        let explicit =
            self.hold(&["compare", "compared", "comparison", "compares", "vs", "versus", "difference"]);
        since
            || (explicit
                && (self.around.days > 0
                    || self.around.essentials > 1
                    || self.hold(&["the day before", "day before"])
                    || self.around.names_something
                    || !self.around.has_range))
            || ((than || self.say(Cue::Compare)) && self.around.days > 0)
    }

    fn is_analysis(&self) -> bool {
        let ranked = self.say(Cue::Superlative) && !self.hold(&["at least", "top of", "first"]);
        let threshold = self.hold(&["more than", "less than", "longer than", "before 6am", "at least"])
            && !self.around.names_something;
        let started_before =
            self.hold(&["many runs", "run count", "runs started", "runs took", "runs succeeded"]);
        let counted = self.hold(&[
            "how many",
            "count",
            "number of",
            "percentage",
            "percent",
            "rate",
            "per",
            "by day",
            "by dataset",
            "by batch",
            "by slice",
        ]);
        let by = self.hold(&[
            "by day",
            "by dataset",
            "by slice",
            "per day",
            "per batch",
            "per dataset",
            "by status",
        ]);
        ranked || threshold || started_before || by || (counted && self.around.has_range)
    }

    fn is_prediction(&self) -> bool {
        let eta = self.hold(&[
            "eta",
            "etas",
            "predict",
            "prediction",
            "forecast",
            "estimate",
            "estimated",
            "expected",
            "expect",
            "remaining",
            "time left",
            "on track",
            "be late",
            "how much longer",
            "how long until",
            "how long till",
            "going to make",
        ]);
        let end = self.hold(&[
            "finish",
            "done",
            "complete",
            "completes",
            "end",
            "ready",
            "finished",
            "late",
            "start",
            "begin",
            "fertig",
            "termina",
            "completed",
            "over",
            "make",
        ]);
        let to_come = self.hold(&[
            "will",
            "by when",
            "when does",
            "when do",
            "when is",
            "when are",
            "wann",
            "cuando",
            "quand",
        ]) && !self.hold(&["usually finish"]);
        eta || (to_come && end)
    }

    fn is_history(&self) -> bool {
        let usual = self.hold(&[
            "history",
            "historical",
            "usually",
            "usual",
            "typical",
            "typically",
            "normally",
            "normal",
            "average",
            "avg",
            "mean",
            "median",
            "trend",
            "trends",
            "p50",
            "p90",
            "p95",
            "percentile",
            "runtime",
            "runtimes",
            "duration",
            "durations",
            "how often",
            "failed before",
            "happened before",
            "last fail",
            "last failed",
            "fail before",
        ]);
        let took = self.hold(&[
            "how long did",
            "how long does",
            "how long do",
            "did take",
            "how long it took",
            "how long will",
        ]);
        let many_runs = self.around.has_range && self.hold(&["runs"]) && !self.say(Cue::Fail);
        let over_days = self.around.has_range && self.around.names_something && !self.say(Cue::Fail);
        usual || took || many_runs || over_days || (self.hold(&["before"]) && self.say(Cue::Fail))
    }

    fn is_dependencies(&self) -> bool {
        let strong = self.hold(&[
            "depend",
            "depends",
            "dependent",
            "depending",
            "dependencies",
            "dependency",
            "upstream",
            "downstream",
            "needs",
            "need",
            "affected",
            "impact",
            "impacts",
            "impacted",
            "waiting",
            "wait",
            "waits",
            "holding up",
        ]);
        let blocks = self.hold(&["block", "blocks", "blocked by"]);
        let attention = self.hold(&["needs attention", "need attention"]);
        let not_started = self.hold(&["why hasnt", "why has", "why isnt", "why didnt", "why not"])
            && self.hold(&["started", "start", "running"]);
        (strong && !attention) || blocks || not_started
    }

    fn is_runs(&self) -> bool {
        let ids = self.hold(&["run id", "run ids", "dag run"]);
        let runs = self.hold(&["runs"]);
        let manual = self.say(Cue::Manual);
        ids || manual || (runs && !self.say(Cue::Why)) || self.hold(&["find run", "find runs"])
    }

    fn is_failures(&self) -> bool {
        let what = self.hold(&[
            "what happened",
            "what happend",
            "look at first",
            "root cause",
            "was ist los",
            "kya hua",
        ]);
        self.say(Cue::Fail) || self.say(Cue::Why) || what
    }

    fn is_help(&self) -> bool {
        let asks = self.hold(&[
            "what can you",
            "what can i ask",
            "how do i use",
            "who are you",
            "can you do",
            "what do you do",
            "help me",
        ]);
        let only_greets = !self.around.names_something
            && !self.say(Cue::Status)
            && (self.say(Cue::Greeting) || self.words.0.is_empty());
        let nothing = self.words.0.iter().all(|word| {
            matches!(word.meant.as_str(), "ok" | "okay" | "yes" | "no" | "great" | "nice" | "fine" | "good")
        });
        asks || only_greets || nothing
    }

    fn is_status(&self) -> bool {
        self.say(Cue::Status)
            || self.say(Cue::Slice)
            || self.hold(&[
                "how is",
                "how are",
                "how was",
                "hows",
                "how did",
                "whats up",
                "where are",
                "tell me about",
                "look at",
                "how many",
            ])
    }
}
