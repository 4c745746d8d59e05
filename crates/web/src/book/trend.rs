//! A line of values as a picture that the server draws, and the same as a table.

use maud::{Markup, html};

use super::words::{day_figures, number_words};
use super::{CheckUp, Measured};
use crate::Language;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 96.0;
const MARGIN: f64 = 22.0;
/// More than these would not be told apart on a telephone.
const MOST: usize = 10;

/// The picture, where there is a line to draw, and its values to read.
pub(super) fn trend(measured: &Measured, language: Language) -> Markup {
    let values: Vec<_> = measured.values.iter().take(MOST).rev().collect();
    let numbers: Vec<f64> = values
        .iter()
        .filter_map(|(_, text)| text.parse().ok())
        .filter(|number: &f64| number.is_finite())
        .collect();
    if numbers.len() < 2 || numbers.len() != values.len() {
        return html! {};
    }
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = if most - least > 0.0 { most - least } else { 1.0 };
    let steps = (numbers.len() - 1).max(1);
    let mut points = Vec::new();
    for (place, number) in numbers.iter().enumerate() {
        let share = place as f64 / steps as f64;
        let x = MARGIN + share * (WIDTH - 2.0 * MARGIN);
        let y = HEIGHT - MARGIN - (number - least) / span * (HEIGHT - 2.0 * MARGIN);
        points.push((x, y));
    }
    let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let said = match language {
        Language::Vietnamese => format!("{}: {} lần đo", measured.name, values.len()),
        Language::English => format!("{}: {} values", measured.name, values.len()),
    };
    let shown =
        |place: usize| values.get(place).map(|(_, text)| number_words(text, language)).unwrap_or_default();
    html! {
        svg.trend viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(said) {
            polyline points=(line.join(" ")) {}
            @for (x, y) in &points { circle cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r="4" {} }
            @if let (Some(first), Some(last)) = (points.first(), points.last()) {
                text x=(format!("{:.1}", first.0)) y=(format!("{:.1}", first.1 - 9.0)) text-anchor="middle" { (shown(0)) }
                text x=(format!("{:.1}", last.0)) y=(format!("{:.1}", last.1 - 9.0)) text-anchor="middle" { (shown(steps)) }
            }
        }
        details {
            summary { (language.say("Các giá trị của ", "The values of ")) (measured.name) }
            table {
                thead { tr {
                    th scope="col" { (language.say("Ngày", "Day")) }
                    th scope="col" { (measured.name) " (" (measured.unit) ")" }
                } }
                tbody { @for (day, text) in values.iter().rev() {
                    tr { td { (day_figures(*day)) } td { (number_words(text, language)) } }
                } }
            }
        }
    }
}

impl CheckUp {
    /// What was measured and has values of other days.
    pub(super) fn has_earlier(&self) -> bool {
        self.measured.iter().any(|measured| measured.values.len() > 1)
    }
}
