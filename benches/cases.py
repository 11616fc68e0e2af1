#!/usr/bin/env python3
"""How many of other scanners' rule examples a scan finds, service by service.

    TELLTALE_DATA=FOLDER benches/cases.py              FOLDER holds cases.jsonl; without it, it says skipped
    TELLTALE_DATA=FOLDER benches/cases.py --misses     and shows which examples differ
    TELLTALE_DATA=FOLDER benches/cases.py --binary target/release/telltale

A case is a text that a rule of another scanner must find, or must leave alone: {"source", "rule", "text", "expect",
"path"?}. A finding counts whatever rule made it, at the level low or above, and beside that at the levels that are
shown by default, medium and high; a false case may well hold another true secret, so the second figure has no ideal of
nought. The cases belong to the services that their rules are named after; those that our own rules name too are summed
up apart, since the others are not asked for. Of these, what can't be right or wrong is counted apart once more: names,
hosts, ids and public keys, made-up values that are one letter many times or the alphabet (`xxxxxxxx`, `abcdefgh`,
`12345678`), and false cases of the very shape that another case says must be found.
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


# Rules of others that look for what belongs to a secret, and is none: hosts, accounts, ids, public keys.
NO_SECRET = re.compile(
    r".*-client-id$|.*[.](adobe|algolia|artifactory|planetscale|pubnub|salesforce|shopify|sonarqube|mongodb|databricks)[.][23]$"
    r"|np[.](arn|s3|aws[.]3|shopify[.]1|salesforce[.]1).*"
    r"|.*[.](age|asana|bitbucket|facebook|google|jira|linkedin|paypal|confluent|twitter)[.]1$"
    r"|.*(okta[.]2|auth0[.][13]|azure[.]devops[.]2|azureopenai[.]host|azuresearch[.]url|azurestorage[.]name).*"
    r"|.*[.](discord[.]3|snowflake[.][12]|spotify[.]2)$"
)
MADE_UP = re.compile(r"([A-Za-z0-9])\1{7}|abcdefgh|12345678|1a2b3c4d|a1b2c3d4|(abcd1234){2}|EXAMPLE", re.IGNORECASE)


def shape(text):
    """The text with the length of each long word for the word: two draws from one pattern are the same."""
    return re.sub(r"[A-Za-z0-9]{16,}", lambda word: f"<{len(word[0])}>", text.strip())


def beside_the_point(cases):
    """The numbers of the cases that nobody should report though their rule does, and of those that another contradicts."""
    wanted = {shape(case["text"]) for case in cases if case["expect"]}
    beside = set()
    for number, case in enumerate(cases):
        if case["expect"]:
            is_beside = NO_SECRET.match(case["rule"]) or MADE_UP.search(case["text"])
        else:
            is_beside = shape(case["text"]) in wanted
        if is_beside:
            beside.add(number)
    return beside


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
    """The cases in which something was found, by their numbers: the level and the rule of each finding."""
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
        found[int(os.path.basename(finding["path"]).split(".")[0])].append((finding["level"], finding["rule"]))
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
    shown = {number for number, all_of in found.items() if any(level in ("medium", "high") for level, _ in all_of)}
    beside = beside_the_point(cases)
    # Of each kind: found at any level, found at a level that is shown, all.
    table = collections.defaultdict(lambda: [0] * 9)
    for number, case in enumerate(cases):
        row = table[service(case["rule"])]
        column = 6 if number in beside else 0 if case["expect"] else 3
        row[column] += number in found
        row[column + 1] += number in shown
        row[column + 2] += 1
    named = {name: any(name in our for our in ours) and len(name) > 2 for name in table}
    if args.misses:
        for number, case in enumerate(cases):
            differs = case["expect"] != (number in shown) or case["expect"] != (number in found)
            if named[service(case["rule"])] and differs and number not in beside:
                kind = "missed" if case["expect"] else "false"
                what = ", ".join(f"{level} {rule}" for level, rule in found.get(number, []))
                print(f"{kind}\t{case['source']}\t{case['rule']}\t{what}\t{case['text'][:200]!r}")
    total = {True: [0] * 9, False: [0] * 9}
    print(f"{'service':24} {'named':5} {'found':>17} {'false':>17} {'beside the point':>17}")
    for name, row in sorted(table.items(), key=lambda item: (not named[item[0]], item[0])):
        total[named[name]] = [a + b for a, b in zip(total[named[name]], row)]
        cells = [f"{row[at]:5} {row[at + 1]:5}/{row[at + 2]:<5}" for at in (0, 3, 6)]
        print(f"{name:24} {'yes' if named[name] else 'no':5} {' '.join(cells)}")
    for is_named, row in total.items():
        print(f"{'services that we name' if is_named else 'other services'}: at any level, and shown by default")
        for at, what in ((0, "found"), (3, "false ones"), (6, "beside the point")):
            share = [100 * row[at + part] / max(row[at + 2], 1) for part in (0, 1)]
            print(f"  {what:16} {row[at]:5} and {row[at + 1]:5} of {row[at + 2]:5}, {share[0]:.1f} % and {share[1]:.1f} %")
    return 0


if __name__ == "__main__":
    sys.exit(main())
