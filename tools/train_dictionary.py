#!/usr/bin/env python3
"""Trains the dictionary of stored bodies (crates/record-store/dictionary) on invented people of our own.

    healthbook nation --people 600 --seed 7 --out nation
    python3 tools/train_dictionary.py nation crates/record-store/dictionary/resources-1.dict

Only the synthetic nation is used: nothing of anybody's records or of another project gets into the product, and
every other set of resources is unseen when disk per resource is measured on it. Needs the program zstd (1.5).
A dictionary that a database was written with may never change: add another with a new format byte instead.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

SAMPLES_PER_TYPE = 400
SIZE = 32768


def stored_form(resource):
    """The text that `body.rs` packs: head NUL members of meta NUL tail, without id and server's meta."""
    rest = {name: value for name, value in resource.items() if name not in ("id", "meta", "resourceType")}
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    text = lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return f'{{"resourceType":"{resource["resourceType"]}",\0{text(meta)[1:-1]}\0,{text(rest)[1:]}'


def main():
    folder, out = pathlib.Path(sys.argv[1]), sys.argv[2]
    chance = random.Random(3)
    by_type = {}
    for path in sorted(folder.iterdir()):
        for entry in json.loads(path.read_text(encoding="utf-8"))["entry"]:
            by_type.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    with tempfile.TemporaryDirectory() as samples:
        paths = []
        for resources in by_type.values():
            chance.shuffle(resources)
            for resource in resources[:SAMPLES_PER_TYPE]:
                path = pathlib.Path(samples, str(len(paths)))
                path.write_text(stored_form(resource), encoding="utf-8")
                paths.append(str(path))
        subprocess.run(["zstd", "--train", "-q", *paths, f"--maxdict={SIZE}", "-o", out, "-f"], check=True)


if __name__ == "__main__":
    main()
