//! How clerks err. Every slip is made on what is written, without a look at the code that has to understand it.
//!
//! The shares are estimates for a front desk in a hurry; `docs/matching.md`, section 7, lists them.

use healthbook_person_matching::{BirthDate, Name, Number, NumberKind, Person, Query, Sex};
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use crate::dice::Dice;
use crate::population::{Citizen, TODAY};

/// The query that a clerk makes of a person. `relative` is somebody of the same household, whose papers may be at hand.
pub fn write(person: &Citizen, relative: &Citizen, dice: &mut Dice) -> Query {
    // One in five is read from a chip or a seal: no slips, all verified.
    let is_read = dice.per_thousand(200);
    let seen_alive = person.died.is_none().then_some(TODAY);
    let mut asked = Person { is_verified: is_read, ..Person::default() };
    if is_read {
        asked.names = vec![Name::whole(&person.names.join(" ").to_uppercase())];
        asked.birth_date = Some(BirthDate::Day(person.born));
        asked.sex = Some(sex(person.is_female));
        let number = Number::new(NumberKind::Citizen, &format!("{:012}", person.citizen));
        asked.numbers.extend(number.map(Number::verified));
        return Query { person: asked, seen_alive };
    }
    asked.names = vec![write_name(&person.names, dice)];
    asked.birth_date = write_date(person.born, dice);
    if dice.per_thousand(970) {
        asked.sex = Some(sex(person.is_female != dice.per_thousand(7)));
    }
    let shows_citizen_number = dice.per_thousand(620);
    let shows_card = dice.per_thousand(450);
    // Papers of another member of the family; of twins rather than of others.
    let mixed_up = if person.twin.is_some() { 50 } else { 8 };
    let papers = |dice: &mut Dice| if dice.per_thousand(mixed_up) { relative } else { person };
    if shows_citizen_number {
        let text = write_number(papers(dice).citizen, 12, dice);
        asked.numbers.extend(Number::new(NumberKind::Citizen, &text));
    }
    if shows_card {
        let owner = papers(dice);
        let text = match dice.below(10) {
            0..3 => write_number(owner.citizen, 12, dice),
            _ if owner.social == 0 => String::new(),
            3..8 => write_number(owner.social, 10, dice),
            _ => format!("GD4{}{}", owner.province, write_number(owner.social, 10, dice)),
        };
        asked.numbers.extend(Number::insurance_card(&text));
    }
    if person.old_identity != 0 && dice.per_thousand(80) {
        let text = write_number(person.old_identity, 9, dice);
        asked.numbers.extend(Number::new(NumberKind::OldIdentity, &text));
    }
    if person.phone != 0 && dice.per_thousand(550) {
        // One in five has another telephone by now.
        let changed = dice.per_thousand(200);
        let phone = if changed { dice.below(1_000_000) as u64 } else { person.phone };
        asked.numbers.extend(Number::new(NumberKind::Phone, &write_number(phone, 10, dice)));
    }
    if dice.per_thousand(600) {
        // One in ten has moved.
        let moved = dice.per_thousand(100);
        asked.province = Some(person.province.to_owned());
        asked.ward = Some(if moved { "99999".to_owned() } else { person.ward.to_owned() });
    }
    let [mother, father] = person.parents.each_ref().map(|parent| {
        let name = parent.as_deref().filter(|_| dice.per_thousand(400))?;
        Some(write_name(&name.split(' ').collect::<Vec<_>>(), dice))
    });
    (asked.mother, asked.father) = (mother, father);
    Query { person: asked, seen_alive }
}

fn sex(is_female: bool) -> Sex {
    if is_female { Sex::Female } else { Sex::Male }
}

fn write_name(names: &[&str], dice: &mut Dice) -> Name {
    let mut words: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    if words.len() > 2 && dice.per_thousand(40) {
        words.remove(1);
    }
    if dice.per_thousand(40) {
        let place = dice.below(words.len());
        words[place] = slip(&words[place], &LETTERS, dice);
    }
    if dice.per_thousand(20) {
        let place = dice.below(words.len());
        words[place] = by_ear(&words[place], dice);
    }
    if words.len() > 2 && dice.per_thousand(10) {
        let initial: String = words[1].chars().take(1).collect();
        words[1] = format!("{initial}.");
    }
    match dice.below(1000) {
        0..320 => words = words.iter().map(|word| without_marks(word)).collect(),
        320..350 => {
            let place = dice.below(words.len());
            words[place] = without_marks(&words[place]);
        }
        350..370 => {
            let place = dice.below(words.len());
            words[place] = another_tone(&words[place], dice);
        }
        370..400 => words = words.iter().map(|word| keystrokes(word, &TELEX, dice)).collect(),
        400..410 => words = words.iter().map(|word| keystrokes(word, &VNI, dice)).collect(),
        _ => {}
    }
    match dice.below(1000) {
        0..10 => words.reverse(),
        10..30 => words.rotate_left(1),
        30..38 => words.rotate_right(1),
        _ => {}
    }
    let mut text = words.join(*dice.pick(&[" ", " ", " ", " ", " ", "  ", " ", " ", "\u{a0}", "."]));
    match dice.below(10) {
        0..4 => text = text.to_uppercase(),
        4 => text = text.to_lowercase(),
        5 => text = text.nfd().collect(),
        _ => {}
    }
    // Two boxes on the form: the first word in one, the others in the other.
    match text.split_once(' ') {
        Some((family, given)) if dice.per_thousand(500) => Name::parts(family, given),
        _ => Name::whole(&text),
    }
}

fn write_date(born: Date, dice: &mut Dice) -> Option<BirthDate> {
    let day = |year, month, day| Date::new(year, month, day).map_or(BirthDate::Day(born), BirthDate::Day);
    let (year, month, of_month) = (born.year(), born.month(), born.day());
    Some(match dice.below(1000) {
        0..10 => return None,
        10..35 if year < 1975 => BirthDate::Year(year),
        10..15 => BirthDate::Year(year),
        35..50 => day(year, 1, 1),
        50..65 => day(year, of_month, month),
        65..75 => day(year + if dice.below(2) == 0 { 1 } else { -1 }, month, of_month),
        75..82 => day(year - year % 100 + year % 10 * 10 + year / 10 % 10, month, of_month),
        82..92 => day(year, month, 1 + dice.below(28) as i8),
        92..97 => day(year, 1 + dice.below(12) as i8, of_month),
        97..102 => day(year - 5 + dice.below(10) as i16, month, of_month),
        _ => BirthDate::Day(born),
    })
}

fn write_number(number: u64, width: usize, dice: &mut Dice) -> String {
    let text = format!("{number:0width$}");
    match dice.below(1000) {
        0..35 => slip(&text, &DIGITS, dice),
        35..100 => format!("{} {} {}", &text[..3], &text[3..6], &text[6..]),
        100..110 => format!("{}.{}", &text[..4], &text[4..]),
        _ => text,
    }
}

const DIGITS: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const LETTERS: [char; 14] = ['a', 'n', 'h', 'g', 'i', 'u', 'o', 't', 'r', 'm', 'b', 'l', 'c', 'k'];

/// One slip of a finger: wrong (half of all), left out, struck twice, or exchanged with the next.
fn slip(text: &str, alphabet: &[char], dice: &mut Dice) -> String {
    let mut signs: Vec<char> = text.chars().collect();
    let place = dice.below(signs.len());
    match dice.below(8) {
        0..4 => signs[place] = *dice.pick(alphabet),
        4 if signs.len() > 2 => drop(signs.remove(place)),
        4 | 5 => signs.insert(place, signs[place]),
        _ if signs.len() > 1 => {
            let place = place.min(signs.len() - 2);
            signs.swap(place, place + 1);
        }
        _ => {}
    }
    signs.into_iter().collect()
}

/// Spelled as it is heard, in one region or another.
fn by_ear(word: &str, dice: &mut Dice) -> String {
    let starts = [
        ("L", "N"),
        ("N", "L"),
        ("Tr", "Ch"),
        ("Ch", "Tr"),
        ("S", "X"),
        ("X", "S"),
        ("D", "Gi"),
        ("Gi", "D"),
    ];
    let ends = [("y", "i"), ("i", "y"), ("n", "ng"), ("ng", "n"), ("t", "c"), ("c", "t")];
    let offset = dice.below(ends.len());
    for step in 0..starts.len() {
        let (from, to) = starts[(offset + step) % starts.len()];
        // Not "Nh" and "Ng", which nobody confuses with "Lh" and "Lg".
        let rest = word.strip_prefix(from).filter(|rest| !rest.starts_with(['h', 'g', 'r']));
        if let Some(rest) = rest {
            return format!("{to}{rest}");
        }
    }
    for step in 0..ends.len() {
        let (from, to) = ends[(offset + step) % ends.len()];
        if let Some(rest) = word.strip_suffix(from) {
            return format!("{rest}{to}");
        }
    }
    word.to_owned()
}

fn without_marks(word: &str) -> String {
    let bare = word.nfd().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter));
    bare.map(|letter| match letter {
        'đ' => 'd',
        'Đ' => 'D',
        other => other,
    })
    .collect()
}

/// The tone marks: acute, grave, hook above, tilde, dot below.
const TONES: [char; 5] = ['\u{301}', '\u{300}', '\u{309}', '\u{303}', '\u{323}'];

fn another_tone(word: &str, dice: &mut Dice) -> String {
    let tone = *dice.pick(&TONES);
    word.nfd().map(|letter| if TONES.contains(&letter) { tone } else { letter }).nfc().collect()
}

/// The keys of an input method: circumflex, breve, horn, bar, then the five tones.
struct Keys {
    /// The circumflex is the vowel struck again.
    doubles: bool,
    shapes: [char; 4],
    tones: [char; 5],
}

const TELEX: Keys = Keys { doubles: true, shapes: [' ', 'w', 'w', 'd'], tones: ['s', 'f', 'r', 'x', 'j'] };
const VNI: Keys = Keys { doubles: false, shapes: ['6', '8', '7', '9'], tones: ['1', '2', '3', '4', '5'] };

/// What stands there when nothing turned the keystrokes into letters. The tone is struck at once or at the end.
fn keystrokes(word: &str, keys: &Keys, dice: &mut Dice) -> String {
    let mut out = String::new();
    let mut tone_at_end = None;
    let mut vowel = ' ';
    let at_once = dice.below(2) == 0;
    for letter in word.nfd() {
        match letter {
            '\u{302}' if keys.doubles => out.push(vowel.to_ascii_lowercase()),
            '\u{302}' => out.push(keys.shapes[0]),
            '\u{306}' => out.push(keys.shapes[1]),
            '\u{31b}' => out.push(keys.shapes[2]),
            'đ' | 'Đ' => {
                out.push(if letter == 'đ' { 'd' } else { 'D' });
                out.push(keys.shapes[3]);
            }
            _ => match TONES.iter().position(|tone| *tone == letter) {
                Some(tone) if at_once => out.push(keys.tones[tone]),
                Some(tone) => tone_at_end = Some(keys.tones[tone]),
                None => {
                    vowel = letter;
                    out.push(letter);
                }
            },
        }
    }
    out.extend(tone_at_end);
    out
}
