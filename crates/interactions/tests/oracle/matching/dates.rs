//! Date parameters: ranges of microseconds, half open.

use std::sync::LazyLock;

use fhirpath::Item;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, ToSpan};
use json::Node;

use super::{Answer, Prefix, invalid};

static ZONE: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("Asia/Ho_Chi_Minh").expect("Vietnam's zone"));

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub low: i64,
    pub high: i64,
}

/// What a written date covers.
pub fn parse(text: &str) -> Option<Range> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let numbers: Vec<i16> = date.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (year, month, day, mut step): (i16, i16, i16, Span) = match (numbers.as_slice(), date.len()) {
        ([year], 4) => (*year, 1, 1, 1.year()),
        ([year, month], 7) => (*year, *month, 1, 1.month()),
        ([year, month, day], 10) => (*year, *month, *day, 1.day()),
        _ => return None,
    };
    let day = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let (mut start, mut offset) = (day.at(0, 0, 0, 0), None);
    if let Some(time) = time {
        (start, step, offset) = with_time(day, time)?;
    }
    let moment = |civil: DateTime| match offset {
        Some(offset) => Offset::to_timestamp(offset, civil).ok().map(|moment| moment.as_microsecond()),
        None => ZONE.to_timestamp(civil).ok().map(|moment| moment.as_microsecond()),
    };
    let end = start.checked_add(step).ok().and_then(moment).unwrap_or(i64::MAX);
    Some(Range { low: moment(start)?, high: end })
}

fn with_time(day: Date, text: &str) -> Option<(DateTime, Span, Option<Offset>)> {
    let at = text.find(['Z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(at);
    let offset = match zone {
        "" => None,
        "Z" => Some(Offset::UTC),
        _ => {
            let (hours, minutes) = zone[1..].split_once(':')?;
            let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
            Some(Offset::from_seconds(if zone.starts_with('-') { -seconds } else { seconds }).ok()?)
        }
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let number = |at: usize| parts.get(at)?.parse::<i8>().ok();
    let (hour, minute) = (number(0)?, number(1)?);
    let Some(seconds) = parts.get(2) else {
        return Some((day.at(hour, minute, 0, 0), 1.minute(), offset));
    };
    let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let step = 10_i64.checked_pow(9 - u32::try_from(fraction.len()).ok()?)?;
    let nanoseconds = if fraction.is_empty() { 0 } else { fraction.parse::<i64>().ok()? * step };
    let start = day.at(hour, minute, second.parse().ok()?, i32::try_from(nanoseconds).ok()?);
    Some((start, step.nanoseconds(), offset))
}

/// What a date, dateTime, instant, Period or Timing covers.
pub fn range(item: &Item<'_>) -> Option<Range> {
    let node = item.node()?;
    match item.type_name().1 {
        "Period" => period(node),
        "Timing" => timing(node),
        "date" | "dateTime" | "instant" => parse(node.as_str()?),
        _ => None,
    }
}

fn period(node: &Node<'_>) -> Option<Range> {
    let (start, end) = (node.text("start").and_then(parse), node.text("end").and_then(parse));
    if start.is_none() && end.is_none() {
        return None;
    }
    Some(Range {
        low: start.map_or(i64::MIN, |range| range.low),
        high: end.map_or(i64::MAX, |range| range.high),
    })
}

fn timing(node: &Node<'_>) -> Option<Range> {
    let events = node.get("event").map(Node::items).unwrap_or_default();
    let bounds = node.get("repeat").and_then(|repeat| repeat.get("boundsPeriod")).and_then(period);
    let mut ranges: Vec<Range> = events.iter().filter_map(|event| parse(event.as_str()?)).collect();
    ranges.extend(bounds);
    let low = ranges.iter().map(|range| range.low).min()?;
    Some(Range { low, high: ranges.iter().map(|range| range.high).max()? })
}

/// R4's table of prefixes.
pub fn compare(own: Range, value: &str, now: i64) -> Answer<bool> {
    let (prefix, date) = Prefix::split(value);
    let Some(asked) = parse(date) else { return invalid(value) };
    let contained = asked.low <= own.low && own.high <= asked.high;
    Ok(match prefix {
        Prefix::Eq => contained,
        Prefix::Ne => !contained,
        Prefix::Gt => own.high > asked.high,
        Prefix::Lt => own.low < asked.low,
        Prefix::Ge => own.high > asked.high || contained,
        Prefix::Le => own.low < asked.low || contained,
        Prefix::Sa => own.low >= asked.high,
        Prefix::Eb => own.high <= asked.low,
        Prefix::Ap => {
            let tenth = (now - asked.low).abs() / 10;
            own.low < asked.high.saturating_add(tenth) && own.high > asked.low - tenth
        }
    })
}

pub fn matches(item: &Item<'_>, value: &str, now: i64) -> Answer<bool> {
    match range(item) {
        Some(own) => compare(own, value, now),
        None => parse(Prefix::split(value).1).map_or_else(|| invalid(value), |_| Ok(false)),
    }
}
