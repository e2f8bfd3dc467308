//! Times as people read them, in UTC or in a zone of their choice: the same text on the
//! server and in the browser.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The zone that times are shown in. Times are UTC inside.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Option<String>);

impl Zone {
    /// UTC.
    pub const UTC: Self = Self(None);

    /// `UTC`, or a name of the IANA time zone database that this machine knows.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "UTC" => Some(Self::UTC),
            _ => {
                let shaped = (1..=64).contains(&name.len())
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b));
                (shaped && platform::knows(name)).then(|| Self(Some(name.to_owned())))
            }
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or("UTC")
    }

    /// The zone of the viewer's machine; the server cannot know it.
    #[cfg(not(feature = "ssr"))]
    pub fn of_viewer() -> Option<Self> {
        Self::parse(&platform::viewer()?)
    }

    /// Clock and calendar in this zone at `at`.
    fn civil(&self, at: Timestamp) -> DateTime {
        match &self.0 {
            None => Offset::UTC.to_datetime(at),
            Some(name) => platform::civil(name, at),
        }
    }

    /// The hour of the day, 0 to 23.
    #[cfg(feature = "ssr")]
    pub(crate) fn hour(&self, at: Timestamp) -> i8 {
        self.civil(at).hour()
    }

    /// The date.
    #[cfg(feature = "ssr")]
    pub(crate) fn date(&self, at: Timestamp) -> model::BusinessDate {
        self.civil(at).date().into()
    }

    /// `05:20:39`.
    pub fn time(&self, at: Timestamp) -> String {
        let at = self.civil(at);
        format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
    }

    /// `05:20`.
    pub fn short_time(&self, at: Timestamp) -> String {
        let at = self.civil(at);
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// `2026-02-18 05:20:39 UTC`: the exact time, for a hover text.
    pub fn exact(&self, at: Timestamp) -> String {
        let civil = self.civil(at);
        let date = civil.date();
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02} {}",
            date.year(),
            date.month(),
            date.day(),
            civil.hour(),
            civil.minute(),
            civil.second(),
            self.as_str()
        )
    }
}

impl TryFrom<String> for Zone {
    type Error = &'static str;
    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name).ok_or("unknown time zone")
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.as_str().to_owned()
    }
}

/// A length of time in its two largest units: `38s`, `45m`, `1h 42m`, `2d 03h`.
pub fn duration(seconds: i64) -> String {
    let seconds = seconds.max(0);
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, minutes) => format!("{minutes}m"),
        (0, hours, minutes) => format!("{hours}h {minutes:02}m"),
        (days, hours, _) => format!("{days}d {hours:02}h"),
    }
}

#[cfg(feature = "ssr")]
mod platform {
    use jiff::Timestamp;
    use jiff::civil::DateTime;
    use jiff::tz::{Offset, TimeZone};

    pub(super) fn knows(name: &str) -> bool {
        TimeZone::get(name).is_ok()
    }

    pub(super) fn civil(name: &str, at: Timestamp) -> DateTime {
        match TimeZone::get(name) {
            Ok(zone) => zone.to_datetime(at),
            Err(_) => Offset::UTC.to_datetime(at),
        }
    }
}

#[cfg(not(feature = "ssr"))]
mod platform {
    use jiff::Timestamp;
    use jiff::civil::DateTime;
    use jiff::tz::Offset;
    use js_sys::{Array, Date, Intl::DateTimeFormat, Object, Reflect};
    use wasm_bindgen::JsValue;

    fn format(name: &str) -> Option<DateTimeFormat> {
        let options = Object::new();
        let set = |key: &str, value: &JsValue| Reflect::set(&options, &JsValue::from_str(key), value).ok();
        set("timeZone", &JsValue::from_str(name))?;
        set("hourCycle", &JsValue::from_str("h23"))?;
        for field in ["year", "month", "day", "hour", "minute", "second"] {
            set(field, &JsValue::from_str("numeric"))?;
        }
        let formatter: js_sys::Function =
            Reflect::get(&Reflect::get(&js_sys::global(), &"Intl".into()).ok()?, &"DateTimeFormat".into())
                .ok()?
                .into();
        let arguments = Array::of2(&"en-GB".into(), &options);
        Reflect::construct(&formatter, &arguments).ok().map(JsValue::into)
    }

    pub(super) fn knows(name: &str) -> bool {
        format(name).is_some()
    }

    pub(super) fn viewer() -> Option<String> {
        let options = DateTimeFormat::default().resolved_options();
        Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
    }

    pub(super) fn civil(name: &str, at: Timestamp) -> DateTime {
        parts(name, at).unwrap_or_else(|| Offset::UTC.to_datetime(at))
    }

    fn parts(name: &str, at: Timestamp) -> Option<DateTime> {
        let date = Date::new(&JsValue::from_f64(at.as_millisecond() as f64));
        let parts = format(name)?.format_to_parts(&date);
        let number = |wanted: &str| {
            parts.iter().find_map(|part| {
                let kind = Reflect::get(&part, &"type".into()).ok()?;
                (kind.as_string()? == wanted).then_some(())?;
                Reflect::get(&part, &"value".into()).ok()?.as_string()?.parse::<i16>().ok()
            })
        };
        let small = |wanted: &str| i8::try_from(number(wanted)?).ok();
        DateTime::new(
            number("year")?,
            small("month")?,
            small("day")?,
            small("hour")?,
            small("minute")?,
            small("second")?,
            0,
        )
        .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn utc_shows_the_time_as_it_is() {
        assert_eq!(Zone::UTC.time(at("2026-02-18T05:20:39.9Z")), "05:20:39");
        assert_eq!(Zone::UTC.short_time(at("2026-02-18T05:20:39Z")), "05:20");
        assert_eq!(Zone::UTC.exact(at("2026-02-18T05:20:39Z")), "2026-02-18 05:20:39 UTC");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_zone_follows_its_own_rules() {
        let zone = Zone::parse("America/New_York").unwrap();
        assert_eq!(zone.time(at("2026-02-18T02:20:39Z")), "21:20:39");
        assert_eq!(zone.exact(at("2026-02-18T02:20:39Z")), "2026-02-17 21:20:39 America/New_York");
        assert_eq!(zone.time(at("2026-07-18T02:20:39Z")), "22:20:39");
        let half = Zone::parse("Asia/Kolkata").unwrap();
        assert_eq!(half.short_time(at("2026-02-18T20:00:00Z")), "01:30");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn only_known_names_are_zones() {
        for name in ["", "Nowhere/Land", "../../etc/passwd", "Europe/London\n", "é", &"A".repeat(65)] {
            assert_eq!(Zone::parse(name), None, "{name:?}");
        }
        assert_eq!(Zone::parse("UTC"), Some(Zone::UTC));
    }

    #[test]
    fn durations_show_their_two_largest_units() {
        let check = |seconds, expect: &str| assert_eq!(duration(seconds), expect);
        check(-5, "0s");
        check(0, "0s");
        check(59, "59s");
        check(60, "1m");
        check(45 * 60 + 59, "45m");
        check(3 * 3600 + 5 * 60, "3h 05m");
        check(24 * 3600, "1d 00h");
        check(51 * 3600 + 1, "2d 03h");
    }
}
