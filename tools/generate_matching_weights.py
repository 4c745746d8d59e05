#!/usr/bin/env python3
"""Makes the weights of crates/person-matching/data: how much each outcome of a comparison says.

    python3 tools/generate_matching_weights.py

A weight is log2(m / u) in hundredths of a bit (Fellegi and Sunter 1969): m is how often the outcome occurs between two
descriptions of one person, u how often between two people. docs/matching.md, section 4, says what is assumed.

name-shares.tsv: what the agreement of one name says, by its share among people of that sex. The shares are those of
crates/synthetic-nation/data: family names after published surname counts, given and middle names by estimate.
outcomes.tsv: all other weights. m are the estimates below; u is computed from the shares where it can be.
"""

import collections
import math
import pathlib
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parent.parent
NATION = ROOT / "crates" / "synthetic-nation" / "data"
OUT = ROOT / "crates" / "person-matching" / "data"
HEADER = "# Made by tools/generate_matching_weights.py; do not edit.\n"
# People in thousands who bear names of each generation, after the age pyramid of the synthetic nation.
GENERATIONS = {"old": 18, "middle": 34, "young": 48}
# A name that is not in the tables is taken to be as frequent as this: one person in five thousand.
UNKNOWN = 1 / 5000
# Days that people are born on: 80 years.
YEARS, DAYS = 80, 365
# How often the same name is written alike by two clerks, after marks and case.
NAME_M = {"family": 0.985, "middle": 0.95, "given": 0.96}


def fold(text):
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return "".join(letter for letter in plain if letter.isalnum())


def rows(name):
    for line in (NATION / name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split(";")


def shares():
    """(part, sex) -> folded name -> share."""
    found = collections.defaultdict(lambda: collections.Counter())
    for group, name, north, south in rows("family_names.csv"):
        # The groups with family names of their own are 15 % of the people, spread over some thirty groups.
        weight = (int(north) + int(south)) * (0.85 if group == "*" else 0.005)
        for sex in ("male", "female"):
            found["family", sex][fold(name)] += weight
    for sex, generation, part, names in rows("given_names.csv"):
        pairs = [item.rsplit(" ", 1) for item in names.split(",")]
        total = sum(int(weight) for _, weight in pairs)
        for name, weight in pairs:
            found[part, sex][fold(name)] += GENERATIONS[generation] * int(weight) / total
    for group, sex, part, names in rows("given_names_minorities.csv"):
        pairs = [item.rsplit(" ", 1) for item in names.split(",")]
        total = sum(int(weight) for _, weight in pairs)
        for name, weight in pairs:
            found[part, sex][fold(name)] += 0.5 * int(weight) / total
    return {
        key: {name: weight / sum(names.values()) for name, weight in names.items() if name}
        for key, names in found.items()
    }


def one_edit(a, b):
    if a == b:
        return False
    if len(a) == len(b):
        wrong = [i for i in range(len(a)) if a[i] != b[i]]
        return len(wrong) == 1 or (
            len(wrong) == 2 and wrong[1] == wrong[0] + 1 and a[wrong[0]] == b[wrong[1]] and a[wrong[1]] == b[wrong[0]]
        )
    short, long = sorted((a, b), key=len)
    return len(long) == len(short) + 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def similar_share(names):
    return sum(p * q for a, p in names.items() for b, q in names.items() if one_edit(a, b))


def bits(m, u):
    return round(100 * math.log2(m / u))


def main():
    tables = shares()
    with open(OUT / "name-shares.tsv", "w", encoding="utf-8") as out:
        out.write(HEADER)
        out.write("# part, folded name (* = any other), weight of agreement among men, among women: hundredths of a bit\n")
        for part in ("family", "middle", "given"):
            men, women = tables[part, "male"], tables[part, "female"]
            for name in ["*", *sorted({*men, *women})]:
                weights = [bits(NAME_M[part], max(names.get(name, 0), UNKNOWN)) for names in (men, women)]
                out.write(f"{part}\t{name}\t{weights[0]}\t{weights[1]}\n")

    found = []

    def outcome(field, name, m, u, why):
        found.append(f"{field}\t{name}\t{bits(m, u)}\t{m:.3g}\t{u:.3g}\t{why}\n")

    for part, differs, marks in (("family", 0.005, 0.01), ("middle", 0.02, 0.02), ("given", 0.01, 0.02)):
        both = [tables[part, sex] for sex in ("male", "female")]
        alike = sum(sum(p * p for p in names.values()) for names in both) / 2
        near = sum(similar_share(names) for names in both) / 2
        outcome(part, "similar", 0.03, max(near, 0.005), "one letter, a spelling by sound, or an abbreviation")
        outcome(part, "marks", marks, max(alike / 6, 0.015), "the same letters, other marks: rather another name")
        outcome(part, "different", differs, 1 - alike - near, "")
        outcome(part, "missing", 0.06, 0.06, "given on one side only")
    outcome("order", "swapped", 0.03, 0.2, "only another order of the words makes the names agree")
    day = 1 / (YEARS * DAYS)
    outcome("birth-date", "same", 0.92, day, "")
    outcome("birth-date", "swapped", 0.015, day * 132 / DAYS, "day and month exchanged")
    outcome("birth-date", "year-only", 0.93, 1 / YEARS, "only the year is known on one side, or 1 January stands for it")
    outcome("birth-date", "one-slip", 0.03, day * 30, "one digit of the date, or two neighbours exchanged")
    outcome("birth-date", "year-off", 0.012, day * 2, "the same day of the year before or after")
    outcome("birth-date", "same-year", 0.006, 1 / YEARS, "")
    outcome("birth-date", "same-day", 0.004, 1 / DAYS, "the same day and month of another year")
    outcome("birth-date", "different", 0.003, 0.98, "")
    outcome("sex", "same", 0.993, 0.5, "")
    outcome("sex", "different", 0.007, 0.5, "")
    # u: a number that is shared or borrowed is a relative's, and relatives are whom a look-up brings up.
    outcome("citizen-number", "same", 0.94, 1e-6, "")
    outcome("citizen-number", "one-slip", 0.035, 1e-5, "one digit wrong, missing or too many, or two exchanged")
    outcome("citizen-number", "different", 0.025, 1.0, "")
    outcome("old-identity-number", "same", 0.93, 2e-6, "")
    outcome("old-identity-number", "one-slip", 0.035, 1e-4, "")
    outcome("old-identity-number", "different", 0.035, 1.0, "")
    outcome("social-insurance-number", "same", 0.92, 1e-4, "cards are borrowed")
    outcome("social-insurance-number", "one-slip", 0.03, 1e-4, "")
    outcome("social-insurance-number", "different", 0.05, 1.0, "")
    outcome("phone", "same", 0.7, 1 / 32, "a family has one telephone")
    outcome("phone", "one-slip", 0.03, 0.01, "")
    outcome("phone", "different", 0.27, 0.5, "people change their numbers")
    outcome("place", "same", 0.82, 1 / 1500, "the same commune; large ones have more people")
    outcome("place", "same-province", 0.1, 1 / 20, "")
    outcome("place", "different", 0.08, 0.94, "")
    alike = sum(sum(p * p for p in tables[part, "female"].values()) for part in ("given",))
    alike *= sum(p * p for p in tables["family", "female"].values())
    for parent in ("mother", "father"):
        outcome(parent, "same", 0.9, alike, "family and given name")
        outcome(parent, "similar", 0.06, 0.03, "")
        outcome(parent, "different", 0.04, 0.96, "")
    with open(OUT / "outcomes.tsv", "w", encoding="utf-8") as out:
        out.write(HEADER)
        out.write("# field, outcome, weight in hundredths of a bit, m, u, remark\n")
        out.writelines(found)


if __name__ == "__main__":
    main()
