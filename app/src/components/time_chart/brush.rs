//! Chooses a range of time by drawing over a chart. Who cannot draw has the fields of the range.

use leptos::ev::PointerEvent;
use leptos::html;
use leptos::prelude::*;
use model::telemetry::UnixNanos;
use model::telemetry::view::TimeRange;

/// The narrowest stroke that chooses: less is a click.
const NARROWEST: f64 = 0.01;

/// Two places of a stroke, as parts of the chart's width.
type Stroke = (f64, f64);

/// `content`, on which one draws from `from` to `to` of what is chosen.
pub(crate) fn brushed(
    content: AnyView,
    from: UnixNanos,
    to: UnixNanos,
    on_choose: Callback<TimeRange>,
) -> AnyView {
    let frame = NodeRef::<html::Div>::new();
    let stroke = RwSignal::new(None::<Stroke>);
    let begin = move |event: PointerEvent| {
        if event.button() == 0 {
            stroke.set(place(&event, frame).map(|part| (part, part)));
            // A stroke may end beyond the chart.
            if let Some(frame) = frame.get_untracked() {
                let _ = frame.set_pointer_capture(event.pointer_id());
            }
        }
    };
    let go_on = move |event: PointerEvent| {
        if let (Some((first, _)), Some(part)) = (stroke.get_untracked(), place(&event, frame)) {
            stroke.set(Some((first, part)));
        }
    };
    let end = move |_| {
        let drawn = stroke.get_untracked();
        stroke.set(None);
        if let Some(range) = drawn.and_then(|drawn| chosen(drawn, from, to)) {
            on_choose.run(range);
        }
    };
    let mark = move || {
        stroke.get().map(|(a, b)| {
            let percent = |part: f64| format!("{:.2}%", part * 100.0);
            view! { <rect x=percent(a.min(b)) width=percent((a - b).abs()) height="100%"></rect> }
        })
    };
    view! {
        <div class="brush" title="Draw over the chart to look closer" node_ref=frame on:pointerdown=begin on:pointermove=go_on
            on:pointerup=end on:pointercancel=move |_| stroke.set(None)>
            {content}
            <svg class="brush-mark" aria-hidden="true">{mark}</svg>
        </div>
    }
    .into_any()
}

/// Where the pointer is, as a part of the frame's width.
fn place(event: &PointerEvent, frame: NodeRef<html::Div>) -> Option<f64> {
    let frame = frame.get_untracked()?.get_bounding_client_rect();
    let part = (f64::from(event.client_x()) - frame.left()) / frame.width();
    part.is_finite().then(|| part.clamp(0.0, 1.0))
}

/// The range under a stroke; `None` where it is a click.
fn chosen((a, b): Stroke, from: UnixNanos, to: UnixNanos) -> Option<TimeRange> {
    let length = to.0.saturating_sub(from.0) as f64;
    // Whole seconds read well in an address, and no step is shorter.
    let at = |part: f64| {
        let seconds = (from.0 as f64 + part * length) / 1e9;
        UnixNanos(seconds.round() as i64 * 1_000_000_000)
    };
    let (first, last) = (at(a.min(b)), at(a.max(b)));
    ((a - b).abs() >= NARROWEST && first < last).then(|| TimeRange::between(first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_chooses_and_a_click_does_not() {
        let at = |seconds: i64| UnixNanos(seconds * 1_000_000_000);
        let (from, to) = (at(1_771_400_000), at(1_771_403_600));
        let check = |stroke: Stroke, expect: Option<(i64, i64)>| {
            let range = chosen(stroke, from, to);
            let expect = expect
                .map(|(first, last)| TimeRange::between(at(1_771_400_000 + first), at(1_771_400_000 + last)));
            assert_eq!(range, expect, "{stroke:?}");
        };
        check((0.0, 1.0), Some((0, 3600)));
        check((0.75, 0.25), Some((900, 2700)));
        check((0.5, 0.5), None);
        check((0.5, 0.505), None);
    }
}
