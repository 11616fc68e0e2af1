#!/usr/bin/env python3
"""How many of other scanners' rule examples a scan finds, service by service.

    TELLTALE_DATA=FOLDER benches/cases.py              FOLDER holds cases.jsonl; without it, it says skipped
    TELLTALE_DATA=FOLDER benches/cases.py --misses     and shows which examples differ
    TELLTALE_DATA=FOLDER benches/cases.py --binary target/release/telltale

A case is a text that a rule of another scanner must find, or must leave alone: {"source", "rule", "text", "expect",
"path"?}. Any finding at the level low or above counts as found, whatever rule made it; a false case may well hold
another true secret, so the second figure has no ideal of nought. The cases belong to the services that their rules
are named after; those that our own rules name too are summed up apart, since the others are not asked for.
Python 3.10 and a build of telltale are all it takes.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def service(rule):
    """The service that a rule of another scanner is named after."""
    words = re.sub(r"^(kingfisher|np)\.", "", rule)
    return re.split(r"[.\-_]", words)[0].lower()


def named_services(binary):
    """The words that our own rules are named with."""
    listed = subprocess.run([binary, "scan", "--list-rules"], capture_output=True, text=True, check=True).stdout
    ids = [line.split()[0] for line in listed.splitlines()[1:]]
    names = [re.sub(r"[^a-z0-9]", "", line.lower().split(maxsplit=3)[3]) for line in listed.splitlines()[1:]]
    return [rule.replace("-", "") for rule in ids] + names


def found_in(binary, cases):
    """The numbers of the cases in which something was found."""
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases):
            ending = os.path.splitext(case.get("path") or "")[1] or ".txt"
            with open(os.path.join(folder, f"{number}{ending}"), "w", encoding="utf-8") as file:
                file.write(case["text"])
        command = [binary, "scan", "--format", "json", "--no-ignore", "--no-baseline", folder]
        out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    findings = [json.loads(line) for line in out.splitlines()]
    findings = [finding for finding in findings if finding["level"] != "entropy"]
    found = collections.defaultdict(list)
    for finding in findings:
        found[int(os.path.basename(finding["path"]).split(".")[0])].append(finding["rule"])
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.path.join(HERE, "target", "debug", "telltale"))
    parser.add_argument("--misses", action="store_true", help="show the cases that differ")
    args = parser.parse_args()
    folder = os.environ.get("TELLTALE_DATA")
    if not folder:
        print("skipped: TELLTALE_DATA names no folder with cases.jsonl")
        return 0
    with open(os.path.join(folder, "cases.jsonl"), encoding="utf-8") as file:
        cases = [json.loads(line) for line in file]
    ours = named_services(args.binary)
    found = found_in(args.binary, cases)
    table = collections.defaultdict(lambda: [0, 0, 0, 0])
    for number, case in enumerate(cases):
        row = table[service(case["rule"])]
        row[0 if case["expect"] else 2] += number in found
        row[1 if case["expect"] else 3] += 1
    named = {name: any(name in our for our in ours) and len(name) > 2 for name in table}
    if args.misses:
        for number, case in enumerate(cases):
            if named[service(case["rule"])] and case["expect"] != (number in found):
                kind = "missed" if case["expect"] else "false"
                print(f"{kind}\t{case['source']}\t{case['rule']}\t{found.get(number, '')}\t{case['text'][:200]!r}")
    total = {True: [0] * 4, False: [0] * 4}
    print(f"{'service':24} {'named':5} {'found':>11} {'false':>11}")
    for name, row in sorted(table.items(), key=lambda item: (not named[item[0]], item[0])):
        total[named[name]] = [a + b for a, b in zip(total[named[name]], row)]
        print(f"{name:24} {'yes' if named[name] else 'no':5} {row[0]:5}/{row[1]:<5} {row[2]:5}/{row[3]:<5}")
    for is_named, row in total.items():
        what = "services that we name" if is_named else "other services"
        share = f"{100 * row[0] / max(row[1], 1):.1f} % found, {100 * row[2] / max(row[3], 1):.1f} % of the false ones"
        print(f"{what}: {row[0]}/{row[1]} and {row[2]}/{row[3]}: {share}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
