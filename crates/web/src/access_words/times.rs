//! Days, moments and zones as people write them.

use fhir::Instant;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Language;

/// The names of the zone of Vietnam.
const VIETNAM: [&str; 2] = ["Asia/Ho_Chi_Minh", "Asia/Saigon"];
/// Its offset, in seconds, all year round.
const VIETNAM_OFFSET: i32 = 7 * 3_600;

pub(super) fn moment(time: Instant, zone: &TimeZone) -> jiff::civil::DateTime {
    let timestamp =
        jiff::Timestamp::from_microsecond(time.microseconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    zone.to_datetime(timestamp)
}

/// Day and time as people write them: `14:05:09 ngày 28/11/2026`.
pub fn time_words(time: Instant, zone: &TimeZone, language: Language) -> String {
    let moment = moment(time, zone);
    let form = language.say("%H:%M:%S ngày %d/%m/%Y", "%-d %B %Y, %H:%M:%S");
    moment.strftime(form).to_string()
}

/// A day as people write it.
pub fn day_words(day: Date, language: Language) -> String {
    let form = language.say("%d/%m/%Y", "%-d %B %Y");
    day.strftime(form).to_string()
}

/// Whose time it is: that of Vietnam, else the name of the zone.
pub fn zone_words(zone: &TimeZone, language: Language) -> String {
    let vietnam = || language.say("giờ Việt Nam", "Vietnam time").to_owned();
    let (vietnamese, english) = ("giờ", "time of");
    let other = |name: &str| format!("{} {name}", language.say(vietnamese, english));
    match (zone.iana_name(), zone.to_fixed_offset()) {
        (Some(name), _) if VIETNAM.contains(&name) => vietnam(),
        (Some(name), _) => other(name),
        (None, Ok(offset)) if offset.seconds() == VIETNAM_OFFSET => vietnam(),
        (None, Ok(offset)) => other(&format!("UTC{offset}")),
        (None, Err(_)) => language.say("giờ của máy chủ", "time of the server").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::offset;

    use super::*;

    #[test]
    fn only_the_zone_of_vietnam_is_called_so() {
        let named = |name| TimeZone::get(name).unwrap();
        for zone in [named("Asia/Ho_Chi_Minh"), TimeZone::fixed(offset(7))] {
            assert_eq!(zone_words(&zone, Language::Vietnamese), "giờ Việt Nam");
            assert_eq!(zone_words(&zone, Language::English), "Vietnam time");
        }
        assert_eq!(zone_words(&named("Europe/Paris"), Language::Vietnamese), "giờ Europe/Paris");
        assert_eq!(zone_words(&TimeZone::fixed(offset(-3)), Language::English), "time of UTC-03");
    }
}
