//! The kinds of values.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::filter::{LevelFilter, Targets};

/// A kind of value: how it is read and shown.
pub trait Value: Sized {
    /// What is allowed, for people.
    const ALLOWED: &'static str;
    /// Whether a text that cannot be read may hold a secret all the same.
    const SECRET: bool = false;

    /// Reads a text.
    fn read(text: &str) -> Option<Self>;

    /// The value without secrets; `None` when it is not set.
    fn shown(&self) -> Option<String>;
}

/// A key that may be left empty.
impl<T: Value> Value for Option<T> {
    const ALLOWED: &'static str = T::ALLOWED;
    const SECRET: bool = T::SECRET;

    fn read(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::read(text).map(Some) }
    }

    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(T::shown)
    }
}

macro_rules! numbers {
    ($($type:ty: $allowed:literal;)*) => {
        $(impl Value for $type {
            const ALLOWED: &'static str = $allowed;

            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn shown(&self) -> Option<String> {
                Some(self.to_string())
            }
        })*
    };
}

numbers! {
    u64: "a number from 0";
    usize: "a number from 0";
    bool: "true or false";
    NonZeroU32: "a number from 1 to 4294967295";
    NonZeroUsize: "a number from 1";
}

impl Value for PathBuf {
    const ALLOWED: &'static str = "a path";

    fn read(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self::from(text))
    }

    fn shown(&self) -> Option<String> {
        Some(self.display().to_string())
    }
}

/// A positive length of time: `30s`, `5m`, `500ms`, or seconds without a unit.
impl Value for Duration {
    const ALLOWED: &'static str = "a positive time such as 30s, 5m or 500ms; seconds without a unit";

    fn read(text: &str) -> Option<Self> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let milliseconds: u64 = match unit.trim() {
            "ms" => 1,
            "" | "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        let number: u64 = number.parse().ok().filter(|number| *number > 0)?;
        number.checked_mul(milliseconds).map(Self::from_millis)
    }

    fn shown(&self) -> Option<String> {
        let milliseconds = self.as_millis();
        Some(if milliseconds.is_multiple_of(1_000) {
            format!("{}s", milliseconds / 1_000)
        } else {
            format!("{milliseconds}ms")
        })
    }
}

/// Years for which entries of the log of accesses stay in the database: not less than the law asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogYears(pub i32);

impl Value for LogYears {
    const ALLOWED: &'static str = "a number of years from 5 to 1000";

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().filter(|years| (5..=1000).contains(years)).map(Self)
    }

    fn shown(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// A number of bytes: `33554432`, `32MiB`, `64KiB`, `1GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteSize(pub usize);

impl Value for ByteSize {
    const ALLOWED: &'static str = "a positive number of bytes such as 33554432, 64KiB, 32MiB or 1GiB";

    fn read(text: &str) -> Option<Self> {
        let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let shift = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 0,
            "k" | "kib" => 10,
            "m" | "mib" => 20,
            "g" | "gib" => 30,
            _ => return None,
        };
        let number: usize = number.parse().ok().filter(|number| *number > 0)?;
        number.checked_mul(1 << shift).map(Self)
    }

    fn shown(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// Whether callers must show who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authentication {
    /// Nobody is asked.
    Off,
    /// By an access token.
    Token,
}

impl Value for Authentication {
    const ALLOWED: &'static str = "off or token";

    fn read(text: &str) -> Option<Self> {
        match text {
            "off" => Some(Self::Off),
            "token" => Some(Self::Token),
            _ => None,
        }
    }

    fn shown(&self) -> Option<String> {
        Some(if *self == Self::Off { "off" } else { "token" }.to_owned())
    }
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// An object on each line.
    Json,
    /// For people.
    Text,
}

impl Value for LogFormat {
    const ALLOWED: &'static str = "auto, json or text";

    fn read(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "json" => Some(Self::Json),
            "text" => Some(Self::Text),
            _ => None,
        }
    }

    fn shown(&self) -> Option<String> {
        let name = match self {
            Self::Auto => "auto",
            Self::Json => "json",
            Self::Text => "text",
        };
        Some(name.to_owned())
    }
}

/// What is logged.
#[derive(Debug, Clone)]
pub struct LogLevels {
    text: String,
    /// The filter for the log.
    pub targets: Targets,
}

impl Value for LogLevels {
    const ALLOWED: &'static str =
        "off, error, warn, info, debug or trace, also for a part as in info,record_store=debug";

    fn read(text: &str) -> Option<Self> {
        let mut targets = Targets::new();
        for part in text.split(',') {
            let (target, level) = match part.trim().split_once('=') {
                Some((target, level)) => (Some(target), level),
                None => (None, part.trim()),
            };
            // Read by name: `LevelFilter` would also take numbers.
            let level = match level {
                "off" => LevelFilter::OFF,
                "error" => LevelFilter::ERROR,
                "warn" => LevelFilter::WARN,
                "info" => LevelFilter::INFO,
                "debug" => LevelFilter::DEBUG,
                "trace" => LevelFilter::TRACE,
                _ => return None,
            };
            targets = match target {
                Some("") => return None,
                Some(target) => targets.with_target(target, level),
                None => targets.with_default(level),
            };
        }
        Some(Self { text: text.to_owned(), targets })
    }

    fn shown(&self) -> Option<String> {
        Some(self.text.clone())
    }
}

/// A time zone by its name.
#[derive(Debug, Clone)]
pub struct TimeZone {
    name: String,
    /// Its rules.
    pub zone: jiff::tz::TimeZone,
}

impl TimeZone {
    /// The day that it is there now.
    pub fn today(&self) -> jiff::civil::Date {
        self.zone.to_datetime(jiff::Timestamp::now()).date()
    }
}

impl Value for TimeZone {
    const ALLOWED: &'static str = "the name of a time zone such as Asia/Ho_Chi_Minh or UTC";

    fn read(text: &str) -> Option<Self> {
        jiff::tz::TimeZone::get(text).ok().map(|zone| Self { name: text.to_owned(), zone })
    }

    fn shown(&self) -> Option<String> {
        Some(self.name.clone())
    }
}
