//! The examples.

use super::Example;
use super::Period::{Days, Month};

/// All of them. Statuses are those of rows: a run that was repaired later counts as the
/// failure that it was.
pub const EXAMPLES: &[Example] = &[
    // Batches compared.
    Example {
        question: "Which batch failed most this month?",
        also: &["which essential has the most failures", "rank the batches by number of failed runs"],
        period: Month,
        sql: "SELECT {batch} AS batch, SUM(STATUS IN ('FAILED', 'CANCELLED')) AS failures, COUNT(*) AS runs \
              FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY batch ORDER BY failures DESC, batch",
    },
    Example {
        question: "What is the failure rate of each batch?",
        also: &[
            "compare the failure rates of the batches",
            "what share of the runs of a batch fails, in percent",
        ],
        period: Days(30),
        sql: "SELECT {batch} AS batch, COUNT(*) AS runs, \
              ROUND(100 * SUM(STATUS IN ('FAILED', 'CANCELLED')) / COUNT(*), 1) AS failed_percent \
              FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY batch ORDER BY failed_percent DESC, batch",
    },
    Example {
        question: "Which batch takes longest?",
        also: &["compare how long the batches run", "which is slower, the one batch or the other"],
        period: Days(30),
        sql: "SELECT batch, ROUND(AVG(minutes), 1) AS avg_minutes, MAX(minutes) AS max_minutes FROM \
              (SELECT {batch} AS batch, BUSINESS_DATE, \
              TIMESTAMPDIFF(MINUTE, MIN(CREATED_DATE), MAX(UPDATED_DATE)) AS minutes FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS = 'SUCCESS' GROUP BY batch, BUSINESS_DATE) AS days \
              GROUP BY batch ORDER BY avg_minutes DESC, batch",
    },
    Example {
        question: "Which batch finished last on {date}?",
        also: &[
            "in what order did the batches finish",
            "when was each batch done",
            "which essential ended last",
        ],
        period: Days(1),
        sql: "SELECT {batch} AS batch, MIN(CREATED_DATE) AS started, MAX(UPDATED_DATE) AS finished \
              FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = {date} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS IN ('SUCCESS', 'FAILED', 'CANCELLED') \
              GROUP BY batch ORDER BY finished DESC",
    },
    Example {
        question: "Which batch started first on {date}?",
        also: &["in what order did the batches start", "when did each batch begin"],
        period: Days(1),
        sql: "SELECT {batch} AS batch, MIN(CREATED_DATE) AS started FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE = {date} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY batch ORDER BY started",
    },
    Example {
        question: "How many failures had each batch on each day?",
        also: &["compare the batches day by day", "failures per batch and business date"],
        period: Days(14),
        sql: "SELECT BUSINESS_DATE, {batch} AS batch, SUM(STATUS IN ('FAILED', 'CANCELLED')) AS failures, \
              COUNT(*) AS runs FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY BUSINESS_DATE, batch ORDER BY BUSINESS_DATE, batch",
    },
    Example {
        question: "How many manual retries did each batch need?",
        also: &["which batch was repaired by hand most often", "count the manual reruns per batch"],
        period: Days(30),
        sql: "SELECT {batch} AS batch, COUNT(*) AS manual_runs, COUNT(DISTINCT BUSINESS_DATE) AS days \
              FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE = 'ManualTrigger' GROUP BY batch ORDER BY manual_runs DESC, batch",
    },
    // Times.
    Example {
        question: "What ran in the night of {date}?",
        also: &["which runs started between midnight and six in the morning", "overnight runs"],
        period: Days(1),
        sql: "SELECT OUTPUT_DATASET_ID, DAG_RUN_ID, STATUS, CREATED_DATE, UPDATED_DATE FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE = {date} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND HOUR(CREATED_DATE) BETWEEN 0 AND 5 ORDER BY CREATED_DATE",
    },
    Example {
        question: "What failed in the last 24 hours?",
        also: &[
            "failures of the past day",
            "what has failed since yesterday at this time",
            "recent failures",
        ],
        period: Days(5),
        sql: "SELECT OUTPUT_DATASET_ID, DAG_RUN_ID, STATUS, STATUS_DETAIL, UPDATED_DATE FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND STATUS IN ('FAILED', 'CANCELLED') AND UPDATED_DATE >= DATE_SUB(NOW(), INTERVAL 24 HOUR) \
              ORDER BY UPDATED_DATE DESC",
    },
    Example {
        question: "What is still running, and for how long?",
        also: &["which runs have been running for hours", "longest of those that run now", "what is stuck"],
        period: Days(2),
        sql: "SELECT OUTPUT_DATASET_ID, DAG_RUN_ID, STATUS, CREATED_DATE, \
              TIMESTAMPDIFF(MINUTE, CREATED_DATE, NOW()) AS minutes FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND STATUS IN ('RUNNING', 'QUEUED') ORDER BY minutes DESC",
    },
    Example {
        question: "Which runs took longer than an hour on {date}?",
        also: &["runs above 60 minutes", "what needed more than one hour"],
        period: Days(1),
        sql: "SELECT OUTPUT_DATASET_ID, DAG_RUN_ID, STATUS, \
              TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE) AS minutes FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE = {date} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE) > 60 \
              ORDER BY minutes DESC",
    },
    Example {
        question: "At which hour of the day do runs fail?",
        also: &[
            "failures by time of day",
            "when in the day do most failures happen",
            "do failures cluster at some hour",
        ],
        period: Days(30),
        sql: "SELECT HOUR(UPDATED_DATE) AS hour_utc, COUNT(*) AS failures FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS IN ('FAILED', 'CANCELLED') \
              GROUP BY hour_utc ORDER BY hour_utc",
    },
    Example {
        question: "On which weekday do most runs fail?",
        also: &[
            "failures by day of the week",
            "is monday worse than friday",
            "are some weekdays worse than others",
        ],
        period: Days(84),
        sql: "SELECT DAYNAME(BUSINESS_DATE) AS weekday, SUM(STATUS IN ('FAILED', 'CANCELLED')) AS failures, \
              COUNT(*) AS runs FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY weekday ORDER BY failures DESC",
    },
    Example {
        question: "What ended after 18:00 UTC?",
        also: &["which runs finished in the evening", "runs that were done late in the day"],
        period: Days(7),
        sql: "SELECT BUSINESS_DATE, OUTPUT_DATASET_ID, DAG_RUN_ID, STATUS, UPDATED_DATE FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS = 'SUCCESS' AND HOUR(UPDATED_DATE) >= 18 \
              ORDER BY UPDATED_DATE DESC",
    },
    Example {
        question: "What was processed more than a day after its business date?",
        also: &["which runs were days late", "late business dates", "backlog of old business dates"],
        period: Days(30),
        sql: "SELECT BUSINESS_DATE, OUTPUT_DATASET_ID, DAG_RUN_ID, STATUS, CREATED_DATE, \
              DATEDIFF(CREATED_DATE, BUSINESS_DATE) AS days_late FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND DATEDIFF(CREATED_DATE, BUSINESS_DATE) > 1 ORDER BY days_late DESC, CREATED_DATE",
    },
    // Figures.
    Example {
        question: "What is the median duration of each dataset?",
        also: &["typical runtime per dataset", "p50 minutes by dataset"],
        period: Days(30),
        sql: "WITH runs AS (SELECT OUTPUT_DATASET_ID AS dataset, \
              TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE) AS minutes, \
              CUME_DIST() OVER (PARTITION BY OUTPUT_DATASET_ID \
              ORDER BY TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE)) AS part FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS = 'SUCCESS') \
              SELECT dataset, MIN(minutes) AS median_minutes FROM runs WHERE part >= 0.5 \
              GROUP BY dataset ORDER BY median_minutes DESC",
    },
    Example {
        question: "What is the 90th percentile of the durations of each dataset?",
        also: &["p90 minutes by dataset", "p95 or p90 duration", "how long do the slow ones take"],
        period: Days(30),
        sql: "WITH runs AS (SELECT OUTPUT_DATASET_ID AS dataset, \
              TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE) AS minutes, \
              CUME_DIST() OVER (PARTITION BY OUTPUT_DATASET_ID \
              ORDER BY TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE)) AS part FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS = 'SUCCESS') \
              SELECT dataset, MIN(minutes) AS p90_minutes FROM runs WHERE part >= 0.9 \
              GROUP BY dataset ORDER BY p90_minutes DESC",
    },
    Example {
        question: "Which are the ten longest runs?",
        also: &["top ten slowest runs", "runs with the greatest duration"],
        period: Days(30),
        sql: "SELECT BUSINESS_DATE, OUTPUT_DATASET_ID, DAG_RUN_ID, STATUS, \
              TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE) AS minutes FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS IN ('SUCCESS', 'FAILED', 'CANCELLED') \
              ORDER BY minutes DESC LIMIT 10",
    },
    Example {
        question: "Which datasets fail most?",
        also: &["datasets with the most failures", "least reliable datasets", "worst offenders"],
        period: Days(30),
        sql: "SELECT OUTPUT_DATASET_ID, SUM(STATUS IN ('FAILED', 'CANCELLED')) AS failures, COUNT(*) AS runs \
              FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY OUTPUT_DATASET_ID HAVING failures > 0 \
              ORDER BY failures DESC, OUTPUT_DATASET_ID LIMIT 20",
    },
    Example {
        question: "What are the most common failure messages?",
        also: &["most frequent error text", "group the failures by their detail", "what errors do we see"],
        period: Days(30),
        sql: "SELECT STATUS_DETAIL, COUNT(*) AS failures, COUNT(DISTINCT OUTPUT_DATASET_ID) AS datasets, \
              MAX(BUSINESS_DATE) AS last_seen FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND STATUS IN ('FAILED', 'CANCELLED') GROUP BY STATUS_DETAIL ORDER BY failures DESC LIMIT 20",
    },
    Example {
        question: "Which datasets needed more than one run of a phase?",
        also: &["what had to be run again", "datasets with repeated runs on {date}"],
        period: Days(1),
        sql: "SELECT OUTPUT_DATASET_ID, TRIGGER_TYPE, COUNT(*) AS runs, \
              SUM(STATUS IN ('FAILED', 'CANCELLED')) AS failures, MAX(UPDATED_DATE) AS last_update \
              FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = {date} AND OUTPUT_DATASET_ID IN ({datasets}) \
              GROUP BY OUTPUT_DATASET_ID, TRIGGER_TYPE HAVING COUNT(*) > 1 ORDER BY runs DESC, OUTPUT_DATASET_ID",
    },
    Example {
        question: "How do PRELIM and FINAL durations differ?",
        also: &["is final slower than prelim", "compare prelim with final"],
        period: Days(30),
        sql: "SELECT OUTPUT_DATASET_ID, \
              ROUND(AVG(IF(TRIGGER_TYPE = 'ProcessTrigger', \
              TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE), NULL)), 1) AS prelim_minutes, \
              ROUND(AVG(IF(TRIGGER_TYPE = 'RerunTrigger', \
              TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE), NULL)), 1) AS final_minutes \
              FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND STATUS = 'SUCCESS' GROUP BY OUTPUT_DATASET_ID ORDER BY final_minutes DESC, OUTPUT_DATASET_ID",
    },
    Example {
        question: "How many runs of each status and trigger were there on {date}?",
        also: &["count the runs by status", "number of runs by trigger type"],
        period: Days(1),
        sql: "SELECT TRIGGER_TYPE, STATUS, COUNT(*) AS runs, COUNT(DISTINCT OUTPUT_DATASET_ID) AS datasets \
              FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = {date} AND OUTPUT_DATASET_ID IN ({datasets}) \
              GROUP BY TRIGGER_TYPE, STATUS ORDER BY TRIGGER_TYPE, STATUS",
    },
    Example {
        question: "How much time was spent running each day?",
        also: &["total hours of all runs per day", "sum of the durations", "load per business date"],
        period: Days(30),
        sql: "SELECT BUSINESS_DATE, COUNT(*) AS runs, \
              ROUND(SUM(TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE)) / 60, 1) AS hours \
              FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY BUSINESS_DATE ORDER BY BUSINESS_DATE",
    },
    // History.
    Example {
        question: "How many failures were there day by day?",
        also: &["failures per business date", "history of failures", "failures by day"],
        period: Days(30),
        sql: "SELECT BUSINESS_DATE, SUM(STATUS IN ('FAILED', 'CANCELLED')) AS failures, COUNT(*) AS runs \
              FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY BUSINESS_DATE ORDER BY BUSINESS_DATE",
    },
    Example {
        question: "What is the trend of the durations?",
        also: &["is it getting slower", "moving average of the run time", "trend of how long it takes"],
        period: Days(60),
        sql: "SELECT BUSINESS_DATE, ROUND(minutes, 1) AS avg_minutes, \
              ROUND(AVG(minutes) OVER (ORDER BY BUSINESS_DATE ROWS BETWEEN 6 PRECEDING AND CURRENT ROW), 1) \
              AS seven_day_avg FROM (SELECT BUSINESS_DATE, \
              AVG(TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE)) AS minutes FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS = 'SUCCESS' GROUP BY BUSINESS_DATE) AS days \
              ORDER BY BUSINESS_DATE",
    },
    Example {
        question: "When did each dataset last succeed, and when did it last fail?",
        also: &["when was the last success", "date of the last failure", "when did it last fail"],
        period: Days(90),
        sql: "SELECT OUTPUT_DATASET_ID, MAX(IF(STATUS = 'SUCCESS', BUSINESS_DATE, NULL)) AS last_success, \
              MAX(IF(STATUS IN ('FAILED', 'CANCELLED'), BUSINESS_DATE, NULL)) AS last_failure \
              FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY OUTPUT_DATASET_ID ORDER BY OUTPUT_DATASET_ID",
    },
    Example {
        question: "Is month end slower than other days?",
        also: &["month end against the rest of the month", "do failures rise at the end of the month"],
        period: Days(180),
        sql: "SELECT IF(DATEDIFF(LAST_DAY(BUSINESS_DATE), BUSINESS_DATE) < 3, 'month end', 'other days') AS period, \
              ROUND(AVG(TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE)), 1) AS avg_minutes, \
              SUM(STATUS IN ('FAILED', 'CANCELLED')) AS failures, COUNT(*) AS runs FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS IN ('SUCCESS', 'FAILED', 'CANCELLED') \
              GROUP BY period ORDER BY period",
    },
    Example {
        question: "How does this week compare with last week?",
        also: &[
            "this week against the week before",
            "week over week",
            "better or worse than the previous week",
        ],
        period: Days(14),
        sql: "SELECT IF(BUSINESS_DATE > DATE_SUB({to}, INTERVAL 7 DAY), 'this week', 'last week') AS week, \
              COUNT(*) AS runs, SUM(STATUS IN ('FAILED', 'CANCELLED')) AS failures, \
              ROUND(AVG(IF(STATUS = 'SUCCESS', TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE), NULL)), 1) \
              AS avg_minutes FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY week ORDER BY week DESC",
    },
    Example {
        question: "How many failures were there in each month?",
        also: &["monthly failures", "failures month by month", "how did the last months go"],
        period: Days(365),
        sql: "SELECT DATE_FORMAT(BUSINESS_DATE, '%Y-%m') AS month, \
              SUM(STATUS IN ('FAILED', 'CANCELLED')) AS failures, COUNT(*) AS runs FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) GROUP BY month ORDER BY month",
    },
    Example {
        question: "Which datasets failed on both {date} and the day before?",
        also: &["what failed yesterday and again today", "failing two days in a row", "repeated failures"],
        period: Days(2),
        sql: "SELECT t.OUTPUT_DATASET_ID, COUNT(DISTINCT t.DAG_RUN_ID) AS failed_runs FROM WORKFLOW_RUN_INSTANCE AS t \
              WHERE t.BUSINESS_DATE = {date} AND t.OUTPUT_DATASET_ID IN ({datasets}) \
              AND t.STATUS IN ('FAILED', 'CANCELLED') AND EXISTS (SELECT 1 FROM WORKFLOW_RUN_INSTANCE AS y \
              WHERE y.BUSINESS_DATE = DATE_SUB({date}, INTERVAL 1 DAY) \
              AND y.OUTPUT_DATASET_ID = t.OUTPUT_DATASET_ID AND y.STATUS IN ('FAILED', 'CANCELLED')) \
              GROUP BY t.OUTPUT_DATASET_ID ORDER BY failed_runs DESC, t.OUTPUT_DATASET_ID",
    },
    Example {
        question: "Which datasets took twice as long as usual on {date}?",
        also: &["what was unusually slow", "outliers in duration", "slower than normal"],
        period: Days(31),
        sql: "SELECT d.dataset, d.minutes, ROUND(u.minutes, 1) AS usual_minutes FROM \
              (SELECT OUTPUT_DATASET_ID AS dataset, MAX(TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE)) AS minutes \
              FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = {date} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) AND STATUS = 'SUCCESS' GROUP BY OUTPUT_DATASET_ID) AS d \
              JOIN (SELECT OUTPUT_DATASET_ID AS dataset, \
              AVG(TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE)) AS minutes FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND BUSINESS_DATE < {date} \
              AND OUTPUT_DATASET_ID IN ({datasets}) AND TRIGGER_TYPE IN ({triggers}) AND STATUS = 'SUCCESS' \
              GROUP BY OUTPUT_DATASET_ID) AS u ON u.dataset = d.dataset \
              WHERE d.minutes > 2 * u.minutes ORDER BY d.minutes DESC",
    },
    Example {
        question: "How did the slice {slice} do lately?",
        also: &["history of one slice", "durations and failures of a slice by day"],
        period: Days(30),
        sql: "SELECT BUSINESS_DATE, OUTPUT_DATASET_ID, TRIGGER_TYPE, STATUS, \
              TIMESTAMPDIFF(MINUTE, CREATED_DATE, UPDATED_DATE) AS minutes, DAG_RUN_ID FROM WORKFLOW_RUN_INSTANCE \
              WHERE BUSINESS_DATE BETWEEN {from} AND {to} AND OUTPUT_DATASET_ID IN ({datasets}) \
              AND TRIGGER_TYPE IN ({triggers}) \
              AND DAG_RUN_ID LIKE CONCAT('%\\\\_', BUSINESS_DATE, '\\\\_', {slice}, '\\\\_%') \
              AND DAG_RUN_ID NOT LIKE CONCAT('%\\\\_', BUSINESS_DATE, '\\\\_', {slice}, '\\\\_%\\\\_%') \
              ORDER BY BUSINESS_DATE DESC, CREATED_DATE DESC",
    },
    // Tasks.
    Example {
        question: "Which tasks of these runs took longest?",
        also: &["slowest tasks in the run", "task durations of a run"],
        period: Days(1),
        sql: "SELECT run_id, task_id, operator, state, ROUND(duration, 1) AS seconds FROM airflow.task_instance \
              WHERE run_id IN ({runs}) ORDER BY seconds DESC LIMIT 20",
    },
    Example {
        question: "Which operators fail most in Airflow?",
        also: &["failed tasks by operator", "kind of task that fails most often"],
        period: Days(7),
        sql: "SELECT operator, SUM(state = 'failed') AS failed, COUNT(*) AS tasks FROM airflow.task_instance \
              WHERE start_date BETWEEN {from} AND DATE_ADD({to}, INTERVAL 1 DAY) \
              GROUP BY operator ORDER BY failed DESC, operator",
    },
    Example {
        question: "Which tasks needed more than one try?",
        also: &["retried tasks", "tasks with retries", "flaky tasks in airflow"],
        period: Days(7),
        sql: "SELECT dag_id, task_id, COUNT(*) AS retried, MAX(try_number) AS most_tries FROM airflow.task_instance \
              WHERE start_date BETWEEN {from} AND DATE_ADD({to}, INTERVAL 1 DAY) AND try_number > 1 \
              GROUP BY dag_id, task_id ORDER BY retried DESC, dag_id, task_id LIMIT 50",
    },
    Example {
        question: "On which workers do most tasks fail?",
        also: &["failed tasks by host", "which pod or worker has the most failed tasks"],
        period: Days(7),
        sql: "SELECT hostname, SUM(state = 'failed') AS failed, COUNT(*) AS tasks FROM airflow.task_instance \
              WHERE start_date BETWEEN {from} AND DATE_ADD({to}, INTERVAL 1 DAY) \
              GROUP BY hostname ORDER BY failed DESC, hostname LIMIT 20",
    },
];
