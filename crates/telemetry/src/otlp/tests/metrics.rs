use super::*;
use model::telemetry::MetricName;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint, Metric,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
};
use prost::Message as _;

const DELTA: i32 = 1;
const CUMULATIVE: i32 = 2;
const START: u64 = EARLIER - SECOND;

fn read(name: &str, unit: &str, data: Data) -> Decoded<MetricPoint> {
    let metric =
        Metric { name: name.to_owned(), unit: unit.to_owned(), data: Some(data), ..Default::default() };
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..Default::default() }];
    let resource = resource(vec![text("service.name", "svc")]);
    let resource_metrics = vec![ResourceMetrics { resource, scope_metrics, ..Default::default() }];
    let request = ExportMetricsServiceRequest { resource_metrics };
    let decoded = decoder().metrics(&protobuf(&request.encode_to_vec())).unwrap();
    let text = serde_json::to_string(&request).unwrap();
    // serde_json writes NaN as null, as OTLP does not.
    if !text.contains("null") {
        assert_eq!(decoder().metrics(&json(text.as_bytes())).unwrap(), decoded);
    }
    decoded
}

fn number(value: Number) -> NumberDataPoint {
    NumberDataPoint {
        attributes: vec![text("k", "v")],
        start_time_unix_nano: START,
        time_unix_nano: EARLIER,
        value: Some(value),
        ..Default::default()
    }
}

fn gauge(points: Vec<NumberDataPoint>) -> Data {
    Data::Gauge(Gauge { data_points: points })
}

fn histogram(temporality: i32, count: u64, sum: Option<f64>) -> Data {
    let point = HistogramDataPoint {
        attributes: vec![text("k", "v")],
        start_time_unix_nano: START,
        time_unix_nano: EARLIER,
        count,
        sum,
        bucket_counts: vec![count, 0],
        explicit_bounds: vec![1.0],
        ..Default::default()
    };
    Data::Histogram(Histogram { data_points: vec![point], aggregation_temporality: temporality })
}

#[test]
fn every_kind_becomes_a_number() {
    let check = |data, value: f64, count, since: Option<u64>| {
        let decoded = read("my.metric", "s", data);
        assert_eq!((decoded.rejected, decoded.records.len()), (0, 1));
        let point = &decoded.records[0];
        assert_eq!((point.value, point.count), (value, count));
        assert_eq!(point.running_since, since.map(|since| UnixNanos(since as i64)));
        assert_eq!((point.at.0 as u64, point.agent.name.as_str()), (EARLIER, "svc"));
        assert_eq!((point.sent_name.as_str(), point.unit.as_str()), ("my.metric", "s"));
        assert_eq!(point.name, MetricName::Other("my.metric".to_owned()));
        assert_eq!(point.attributes, [attribute("k", Value::Text("v".into()))]);
    };
    let sum = |temporality, is_monotonic| {
        let data_points = vec![number(Number::AsInt(-7))];
        Data::Sum(Sum { data_points, aggregation_temporality: temporality, is_monotonic })
    };
    check(gauge(vec![number(Number::AsDouble(0.5))]), 0.5, 1, None);
    check(gauge(vec![number(Number::AsInt(0))]), 0.0, 1, None);
    check(sum(DELTA, true), -7.0, 1, None);
    check(sum(CUMULATIVE, false), -7.0, 1, None);
    check(sum(CUMULATIVE, true), -7.0, 1, Some(START));
    check(histogram(DELTA, 4, Some(10.0)), 2.5, 4, None);
    check(histogram(CUMULATIVE, 4, Some(10.0)), 2.5, 4, Some(START));
    let point = ExponentialHistogramDataPoint {
        attributes: vec![text("k", "v")],
        time_unix_nano: EARLIER,
        count: 2,
        sum: Some(3.0),
        scale: 1,
        ..Default::default()
    };
    let data = ExponentialHistogram { data_points: vec![point], aggregation_temporality: DELTA };
    check(Data::ExponentialHistogram(data), 1.5, 2, None);
    let point = SummaryDataPoint {
        attributes: vec![text("k", "v")],
        start_time_unix_nano: START,
        time_unix_nano: EARLIER,
        count: 2,
        sum: 3.0,
        ..Default::default()
    };
    check(Data::Summary(Summary { data_points: vec![point] }), 1.5, 2, Some(START));
}

#[test]
fn known_names_have_their_unit() {
    let decoded = read("gen_ai.client.operation.duration", "s", histogram(DELTA, 4, Some(10.0)));
    assert_eq!((&decoded.records[0].name, decoded.records[0].value), (&MetricName::LatencyMs, 2_500.0));
    let decoded = read("DCGM_FI_DEV_GPU_UTIL", "", gauge(vec![number(Number::AsInt(97))]));
    assert_eq!((&decoded.records[0].name, decoded.records[0].value), (&MetricName::GpuPercent, 97.0));
}

#[test]
fn points_without_a_number_are_left_out() {
    let check = |data, rejected, message: &str| {
        let decoded = read("m", "", data);
        assert_eq!(
            (decoded.records.len(), decoded.rejected, decoded.message.as_str()),
            (0, rejected, message)
        );
    };
    let not_finite = "1 rejected: the number is NaN or infinite";
    check(gauge(vec![number(Number::AsDouble(f64::NAN))]), 1, not_finite);
    check(gauge(vec![number(Number::AsDouble(f64::NEG_INFINITY))]), 1, not_finite);
    check(histogram(DELTA, 2, Some(f64::INFINITY)), 1, not_finite);
    check(histogram(DELTA, 2, None), 1, "1 rejected: a histogram without a sum has no mean");
    let empty = NumberDataPoint { value: None, ..number(Number::AsInt(0)) };
    check(gauge(vec![empty.clone()]), 1, "1 rejected: the point has no number");
    let ahead = NumberDataPoint { time_unix_nano: NOW as u64 + 301 * SECOND, ..number(Number::AsInt(1)) };
    check(gauge(vec![ahead]), 1, "1 rejected: the time is more than 5 minutes ahead of the server's");
    // Nothing was measured, which is no fault.
    check(histogram(DELTA, 0, Some(0.0)), 0, "");
    check(gauge(vec![NumberDataPoint { flags: 1, ..empty }]), 0, "");
}

#[test]
fn json_has_words_for_numbers_that_are_none() {
    let check = |number: &str, rejected| {
        let body = format!(
            r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{{"name":"m","gauge":
                {{"dataPoints":[{{"asDouble":{number}}}]}}}}]}}]}}]}}"#
        );
        assert_eq!(decoder().metrics(&json(body.as_bytes())).unwrap().rejected, rejected, "{number}");
    };
    check("0.5", 0);
    check("7", 0);
    check("\"0.5\"", 0);
    check("\"NaN\"", 1);
    check("\"Infinity\"", 1);
    check("\"-Infinity\"", 1);
}

#[test]
fn a_point_without_a_time_has_the_servers() {
    let point = NumberDataPoint { time_unix_nano: 0, ..number(Number::AsInt(1)) };
    assert_eq!(read("m", "", gauge(vec![point])).records[0].at, UnixNanos(NOW));
}
