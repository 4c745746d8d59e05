#!/usr/bin/env python3
"""Makes N copies of a folder of Bundles that look like N times as many people, not like one person N times.

    python3 tools/multiply_bundles.py --data FOLDER --out COPIES --count 8
    python3 tools/multiply_bundles.py --data FOLDER --out COPIES --first 9 --count 8

FOLDER holds Bundles (.json, .json.gz, .json.bz2) such as Synthea writes. Copy 1 is the original, content unchanged.
Every other copy differs from it, always in the same way for the same copy number:

  uuids        all of them, wherever they stand (ids, fullUrls, references, identifiers, conditional references),
               by a mapping that is one to one in a copy. Uuids of shared files stay as they are.
  names        the family names of the patients get two syllables out of a pool of 4,096, also in displays:
               Baumbach677 becomes Baumbach677wevu. So one family name stands for about as many people in 64 copies
               as in one. A real nation is in between: the number of its names grows, but slower than its people.
  numbers      of the forms that Synthea gives to social security, driver's licence and passport numbers and phones,
               one to one in a copy. (Two of 64 copies may meet by chance in such a number; uuids do not.)
  dates        all of a file move back by the same 0 to 364 days, so intervals stay, but neither birthdays nor
               encounters of the copies coincide. Dates without a day, and times of day, stay.

What does NOT change: codes, values, given names, cities, streets, texts in attachments, DICOM oids. A search for a
city or a code alone therefore has N times as many matches in N copies, as it has in a nation of N times as many.

Files of hospitals and practitioners (--shared) are written with copy 1 only, and all copies refer to them;
--multiply-shared treats them as all others (practitioners with a number that exists already are still created once
only where the Bundle says ifNoneExist).

Output is one compact .json file for each Bundle and copy: the form `healthbook import` loads quickest.
Needs Python 3.9 or later, nothing else.
"""

import argparse
import bz2
import datetime
import fnmatch
import functools
import gzip
import hashlib
import json
import os
import pathlib
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor

SHARED = ("*hospitalInformation*", "*practitionerInformation*")
UUID = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
TOKENS = (
    ("uuid", UUID),
    ("date", r'[12][0-9]{3}-[01][0-9]-[0-3][0-9](?=["T])'),
    ("phone", r'(?<=")555-[0-9]{3}-[0-9]{4}(?=")'),
    ("security", r'(?<=")999-[0-9]{2}-[0-9]{4}(?=")'),
    ("licence", r'(?<=")S999[0-9]{5}(?=")'),
    ("passport", r'(?<=")X[0-9]{5,8}X(?=")'),
)
# Every token stands behind one of these; an expression that begins with a plain set of signs is searched ten times
# faster than one that begins with alternatives.
LEADER = r'["|:/ ]'
KEPT_DIGITS = {"phone": 3, "security": 3, "licence": 3, "passport": 0}
ENDS = (".json", ".json.gz", ".json.bz2")
SYLLABLES = [a + b for a in "bdfghklmnprstvwz" for b in ("a", "e", "i", "o")]


def number(*parts):
    """A number of 128 bits that depends on all parts and nothing else."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=16).digest()
    return int.from_bytes(digest, "big")


def read(path):
    """The text of a Bundle without the white space between its lines (strings of JSON hold no line ends)."""
    opener = {".bz2": bz2.open, ".gz": gzip.open}.get(path.suffix, open)
    with opener(path, "rb") as file:
        return re.sub(r"[\r\n]+[ \t]*", "", file.read().decode("utf-8"))


def family_names(text):
    """Family names of the patients of a Bundle."""
    resources = (entry.get("resource", {}) for entry in json.loads(text).get("entry", []))
    patients = (resource for resource in resources if resource.get("resourceType") == "Patient")
    return {name["family"] for patient in patients for name in patient.get("name", []) if name.get("family")}


def pattern(families):
    """One expression for all that is to change."""
    tokens = list(TOKENS)
    if families:
        names = "|".join(re.escape(family) for family in sorted(families, key=len, reverse=True))
        tokens.append(("family", rf"\b(?:{names})\b"))
    groups = "|".join(f"(?P<{name}>{expression})" for name, expression in tokens)
    return re.compile(f"{LEADER}(?:{groups})")


def moved(date, days):
    """A date some days earlier; what is no date stays as it is."""
    try:
        return (datetime.date.fromisoformat(date) - datetime.timedelta(days)).isoformat()
    except (ValueError, OverflowError):
        return date


def shifted_digits(text, kind, copy):
    """Another number of the same form; different numbers stay different."""
    digits = re.sub("[^0-9]", "", text)
    kept, changed = digits[: KEPT_DIGITS[kind]], digits[KEPT_DIGITS[kind] :]
    other = iter(f"{kept}{(int(changed) + number(kind, copy)) % 10 ** len(changed):0{len(changed)}}")
    return "".join(next(other) if sign.isdigit() else sign for sign in text)


class Copier:
    """Writes the text of one file with other people in it."""

    def __init__(self, name, text, kept):
        self.name = name
        self.kept = kept
        # Texts and, in between, which of the distinct tokens stands there: a copy costs one look at each distinct
        # token and one join.
        found, self.pieces, self.slots, end = {}, [], [], 0
        for match in pattern(family_names(text)).finditer(text):
            kind = match.lastgroup
            self.pieces.append(text[end : match.start(kind)])
            self.slots.append(found.setdefault((kind, match.group(kind)), len(found)))
            end = match.end()
        self.tokens = list(found)
        self.rest = text[end:]

    def text(self, copy):
        """The text of a copy."""
        mask = number("uuid", copy)
        days = number("days", copy, self.name) % 365
        changed = [self.changed(kind, text, copy, mask, days) for kind, text in self.tokens]
        parts = [part for piece, slot in zip(self.pieces, self.slots) for part in (piece, changed[slot])]
        return "".join(parts) + self.rest

    def changed(self, kind, text, copy, mask, days):
        """What stands in a copy for a token."""
        if copy == 1:
            return text
        if kind == "uuid":
            if text in self.kept:
                return text
            other = f"{int(text.replace('-', ''), 16) ^ mask:032x}"
            return "-".join((other[:8], other[8:12], other[12:16], other[16:20], other[20:]))
        if kind == "date":
            return moved(text, days)
        if kind in KEPT_DIGITS:
            return shifted_digits(text, kind, copy)
        at = number("family", copy, text)
        return text + SYLLABLES[at % 64] + SYLLABLES[at // 64 % 64]


def stem(path):
    """The name of a file without its endings."""
    return path.name[: path.name.index(".json")]


def write_copies(path, out, copies, kept):
    """Writes all copies of a file; returns the bytes written."""
    text = read(path)
    copier = Copier(path.name, text, kept)
    written = 0
    for copy in copies:
        data = copier.text(copy).encode("utf-8")
        target = out / f"c{copy:04}-{stem(path)}.json"
        unfinished = target.with_suffix(".part")
        unfinished.write_bytes(data)
        os.replace(unfinished, target)
        written += len(data)
    return written


def bundles(folder):
    """The files of a folder that are Bundles."""
    return sorted(path for path in folder.iterdir() if path.name.endswith(ENDS))


def shared_among(paths, patterns):
    """Those of the files that all copies refer to."""
    return [path for path in paths if any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)]


def multiply(folder, out, first, count, patterns=SHARED, workers=2):
    """Writes copies `first` up to `first + count - 1` of a folder; returns the number of files and of bytes."""
    paths = bundles(folder)
    if not paths:
        sys.exit(f"{folder}: no .json, .json.gz or .json.bz2 file")
    shared = shared_among(paths, patterns)
    kept = {uuid for path in shared for uuid in re.findall(UUID, read(path))}
    copies = list(range(first, first + count))
    out.mkdir(parents=True, exist_ok=True)
    bytes_written = files = 0
    if 1 in copies:
        for path in shared:
            data = read(path).encode("utf-8")
            (out / f"{stem(path)}.json").write_bytes(data)
            bytes_written += len(data)
            files += 1
    others = sorted((path for path in paths if path not in shared), key=lambda path: -path.stat().st_size)
    with ProcessPoolExecutor(workers) as pool:
        work = functools.partial(write_copies, out=out, copies=copies, kept=kept)
        bytes_written += sum(pool.map(work, others))
    return files + len(others) * count, bytes_written


def main():
    """Reads the arguments and writes the copies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=pathlib.Path, help="folder with the Bundles")
    parser.add_argument("--out", required=True, type=pathlib.Path, help="folder for the copies")
    parser.add_argument("--first", type=int, default=1, help="number of the first copy (default 1, the original)")
    parser.add_argument("--count", type=int, required=True, help="how many copies")
    shared = f"shared files (default {' '.join(SHARED)})"
    parser.add_argument("--shared", action="append", metavar="PATTERN", help=shared)
    parser.add_argument("--multiply-shared", action="store_true", help="copy the shared files too")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2, help="processes (default: processors)")
    arguments = parser.parse_args()
    if arguments.first < 1 or arguments.count < 1:
        parser.error("--first and --count start at 1")
    if arguments.multiply_shared and arguments.shared:
        parser.error("--shared and --multiply-shared exclude each other")
    patterns = () if arguments.multiply_shared else tuple(arguments.shared or SHARED)
    began = time.perf_counter()
    files, size = multiply(
        arguments.data, arguments.out, arguments.first, arguments.count, patterns, arguments.workers
    )
    print(f"{files:,} files, {size / 1e6:,.0f} MB in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
