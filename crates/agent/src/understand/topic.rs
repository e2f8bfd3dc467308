//! What a question is about, from its ordinary words.

mod order;

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

/// The topic; `None` where the words say none by themselves: such a question carries the thread on.
///
/// The rules are tried in order. What must not be answered comes first; what asks for one thing
/// only comes before what many questions mention in passing, such as a failure.
pub(super) fn read_topic<'w>(words: &'w Words, around: &'w Surroundings, strange: usize) -> Option<Topic> {
    let reader = Reader { words, around, strange };
    let rules: [(Rule<'w>, Topic); 14] = [
        (Reader::is_write, Topic::Write),
        (Reader::is_hostile, Topic::OffTopic),
        (Reader::is_outside, Topic::OffTopic),
        (Reader::asks_for_meaning, Topic::Help),
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
    rules.iter().find(|(holds, _)| holds(&reader)).map(|(_, topic)| *topic)
}

const NEEDS_ATTENTION: &str =
    "needs attention|need attention|needs fixing|need fixing|need to fix|needs looking|worry about";

type Rule<'w> = fn(&Reader<'w>) -> bool;

struct Reader<'w> {
    words: &'w Words,
    around: &'w Surroundings,
    /// Words that are neither names nor ordinary.
    strange: usize,
}

impl Reader<'_> {
    fn say(&self, cue: Cue) -> bool {
        self.words.say(cue)
    }

    /// Whether any of the phrases, parted by `|`, stands.
    fn hold(&self, phrases: &str) -> bool {
        phrases.split('|').any(|phrase| self.words.hold(phrase))
    }

    fn is_hostile(&self) -> bool {
        let count = |cue| self.words.0.iter().filter(|word| word.says(cue)).count();
        let pries = self.hold(
            "password|passwords|credentials|secrets|verbatim|pretend|api key|reveal|you are now|act as|\
             you may now|system message|system prompt|developer mode|word for word|print env",
        ) || count(Cue::Secret) >= 2;
        let is_sql = (count(Cue::Sql) >= 2 && self.hold("select")) || self.hold("union select");
        let asks_besides = self.say(Cue::Fail) && self.around.essentials > 0 && !self.hold("pretend");
        (pries || is_sql) && !asks_besides
    }

    fn is_outside(&self) -> bool {
        let asks_besides = self.around.names_something
            && [Cue::Fail, Cue::Status, Cue::Depend, Cue::History].iter().any(|cue| self.say(*cue));
        (self.say(Cue::Outside) || self.hold("p l|on call")) && !asks_besides
    }

    fn asks_for_meaning(&self) -> bool {
        (self.hold("what does|what do") && self.words.0.last().is_some_and(|word| word.meant == "mean"))
            || self.hold("meaning of|definition of")
    }

    fn is_tasks(&self) -> bool {
        if self.say(Cue::Superlative) {
            return false;
        }
        // How often a task was tried is part of what is told of a failure.
        let attempts = self.hold("tries|attempts") && !self.asks_what_failed();
        let where_it_ran = attempts
            || self.hold("pod|worker|host|hostname|operator|airflow|machine|node|box|server")
            || (self.hold("where did|where was") && self.say(Cue::Task));
        let more = self.hold("more details|more detail|in detail") && !self.around.names_something;
        let asks_which_failed = self.say(Cue::Fail) && self.hold("which task|what task");
        let asks_for_tasks = self.say(Cue::Task)
            && (self.hold("tasks|task list") || self.say(Cue::Show) || !self.say(Cue::Fail))
            && !asks_which_failed;
        let drills = self.hold("drill into|drill down|dig into|inspect") && self.hold("run");
        self.around.has_run || where_it_ran || drills || more || asks_for_tasks
    }

    fn is_compare(&self) -> bool {
        let two =
            self.around.days > 0 || self.around.essentials > 1 || self.hold("the day before|day before");
        let says_so = self.hold("compare|compared|comparison|compares|vs|versus|v|difference");
        let likens = (self.say(Cue::Compare) || self.hold("side by side|relative to|the same"))
            || self.hold(
                "slower than|faster than|longer than|worse than|better than|next to|beside|\
                 alongside|against|behind where|ahead of where|same as|as it was",
            );
        (says_so && (two || self.around.names_something || !self.around.has_range))
            || ((likens || (self.hold("than") && !self.hold("more than|less than"))) && self.around.days > 0)
            || self.hold("changed since")
    }

    fn is_analysis(&self) -> bool {
        let of_ours = self.around.names_something
            || [Cue::Thing, Cue::Run, Cue::Task, Cue::Slice, Cue::Fail, Cue::History]
                .iter()
                .any(|cue| self.say(*cue));
        let ranks = self.say(Cue::Superlative)
            && !self.hold("at least|top of|best way")
            && (of_ours || self.strange == 0);
        let threshold = self
            .hold("more than|less than|longer than|before 6am|at least|ran over|took over|an hour")
            && !self.around.names_something;
        let counts_runs = self.hold("many runs|run count|runs started|runs took|runs succeeded");
        let groups = self.hold(
            "by day|by dataset|by slice|by status|per day|per batch|per dataset|per slice|\
             each batch|each dataset|each slice",
        );
        let counts = self.hold(
            "how many|count|number of|percentage|percent|rate|per|by batch|total|sum|\
             share of|fraction of|proportion of",
        );
        ranks || threshold || counts_runs || groups || (counts && self.around.has_range)
    }

    fn is_prediction(&self) -> bool {
        let says_so = self.hold(
            "eta|etas|predict|prediction|forecast|projected|projection|estimate|estimated|expected|expect|\
             expecting|remaining|time left|on track|be late|running late|overdue|delayed|on time|\
             on schedule|behind schedule|ahead of schedule|deadline|deadlines|cutoff|how much longer|\
             how many more|how long until|how long till|going to make|how soon|what time will|\
             what time is|when can we|when can i|when do we get|when do i get|when will|minutes left|\
             hours left|within the hour|any chance|time to finish|time to complete|time to go|\
             left to go|long to go|much to go|be out",
        );
        let end = self.hold(
            "finish|finished|done|complete|completes|completed|end|ready|late|start|begin|over|make|land|\
             landing|lands|arrive|wrap|fertig|termina",
        );
        let to_come = self.hold(
            "will|should|gonna|going to|by when|when does|when do|when is|whens|when are|wann|cuando|quand",
        ) && !self.hold("usually|normally|typically|generally");
        let by = |pair: &[Word], is_end: bool| {
            is_among(&pair[0], "by before after")
                && (pair[1].is_time_of_day() || (is_end && pair[1].is_number()))
        };
        let end_by = self.words.0.windows(2).any(|pair| by(pair, end));
        let time_of_day =
            |pair: &[Word]| pair[1].is_time_of_day() || (pair[0].is_number() && is_among(&pair[1], "oclock"));
        let makes_it =
            self.hold("make|makes|meet|meets|hit|hits") && self.words.0.windows(2).any(time_of_day);
        says_so || makes_it || end_by || (to_come && end)
    }

    fn is_history(&self) -> bool {
        let as_a_rule = self.hold(
            "history|historical|usually|usual|typical|typically|normally|normal|average|avg|mean|median|\
             trend|trends|p50|p90|p95|percentile|runtime|runtimes|duration|durations|timing|timings|\
             how often|as a rule|how quick|how fast|happened before|last fail|last failed|fail before|\
             failed before|how much time",
        );
        let took =
            self.hold("how long did|how long does|how long do|did take|how long it took|how long will");
        let over_days = self.around.has_range
            && !self.say(Cue::Fail)
            && (self.hold("runs") || self.around.names_something);
        as_a_rule || took || over_days || (self.hold("before") && self.say(Cue::Fail))
    }

    /// "What else breaks if 6g fails", but not "tell me if 6g failed".
    fn supposes_failure(&self) -> bool {
        let words = &self.words.0;
        let supposes = |at: usize| {
            at > 0
                && !is_among(
                    &words[at - 1],
                    "me know check see say wondering wonder sure ask asking confirm look",
                )
        };
        let at = words.iter().position(|word| is_among(word, "if"));
        at.is_some_and(supposes)
            && self.around.names_something
            && (self.say(Cue::Fail) || self.hold("late|delayed|slips|isnt fixed|doesnt finish|stays down"))
    }

    /// Its answer also says how often it was tried and what it holds up.
    fn asks_what_failed(&self) -> bool {
        self.hold(
            "what failed|what has failed|what exactly failed|what actually failed|what broke|rca|root cause",
        )
    }

    fn is_dependencies(&self) -> bool {
        let waits = self.hold(
            "depend|depends|dependent|depending|dependencies|dependency|upstream|downstream|needs|need|\
             affected|impact|impacts|impacted|waiting|wait|waits|holding|held up|stuck behind|suffer|\
             suffers|hurt|relies|rely|prerequisite|prerequisites|feeds|block|blocks|blocked by|\
             knock on|blast radius|hit by|ripple|consumers|parents|children|predecessors|successors|\
             unlocks|can start|hanging off|hang off",
        );
        let not_started = (self.hold("why hasnt|why isnt|why didnt|why not")
            || (self.hold("why has|why did|why is") && self.hold("not")))
            && self.hold("started|start|running|begun|run");
        let comes_before = self
            .hold("come after|comes after|come before|comes before|runs after|run after|follows")
            || (self.hold("must|has to|have to") && self.hold("before"));
        // "Who else is hit", but not "who else failed".
        let others = self.hold("who else|what else") && !self.say(Cue::Fail);
        let in_passing = self.asks_what_failed() || self.hold(NEEDS_ATTENTION);
        ((waits || comes_before || others) && !in_passing) || not_started || self.supposes_failure()
    }

    fn is_runs(&self) -> bool {
        let newest = self.hold("latest run|last run|newest run|most recent run") && !self.say(Cue::Fail);
        self.hold("run id|run ids|dag run|find run|find runs")
            || self.say(Cue::Manual)
            || ((newest || self.hold("runs|every run|each run")) && !self.say(Cue::Why))
    }

    fn is_failures(&self) -> bool {
        // "Went bang", "gone haywire": whatever it went, it was nothing ordinary.
        let went =
            |pair: &[Word]| is_among(&pair[0], "went gone goes") && !pair[1].taken && !pair[1].is_ordinary();
        self.say(Cue::Fail)
            || self.say(Cue::Why)
            || self.hold(NEEDS_ATTENTION)
            || self.words.0.windows(2).any(went)
            || self.hold(
                "what happened|look at first|an alert|how come|didnt complete|didnt finish|\
                 not finishing|ist los|los ist|kya hua",
            )
    }

    fn is_help(&self) -> bool {
        let asks = self.hold(
            "what can you|what can i ask|how do i use|who are you|can you do|what do you do|help me|\
             of questions|kinds of questions|what questions|you able to|you capable of|\
             your capabilities|how does this work|what commands|what do you know|some examples|\
             example questions",
        );
        let is_short = self.words.0.len() <= 3;
        let greets = self.hold("good morning|good afternoon|good evening") && is_short;
        let thanks = self.say(Cue::Greeting) && !self.say(Cue::Status) && (is_short || self.strange == 0);
        let nods = self.words.0.iter().all(|word| is_among(word, "ok okay yes no great nice fine good job"));
        asks || nods || ((greets || thanks) && !self.around.names_something)
    }

    fn is_status(&self) -> bool {
        // "Ok and the others?": the first word only opens the sentence.
        let opens =
            |at: usize| at == 0 && self.words.0.len() > 2 && is_among(&self.words.0[0], "ok okay fine good");
        let says_weakly = |(at, word): (usize, &Word)| word.says(Cue::WeakStatus) && !opens(at);
        let weakly = self.words.0.iter().enumerate().any(says_weakly)
            && (self.around.names_something || self.strange == 0);
        weakly
            || self.say(Cue::Status)
            || self.say(Cue::Slice)
            || self.hold(
                "how is|how are|how was|hows|how did|whats up|where are|tell me about|look at|\
                 how many|catch me up|how are things|in flight|fill me in|up to speed",
            )
    }
}

fn is_among(word: &Word, list: &str) -> bool {
    list.split(' ').any(|other| other == word.meant)
}
