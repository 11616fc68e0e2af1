"""Reads reports with parsers that share nothing with whoever wrote them, and prints what it saw as JSON.

    python3 read.py FOLDER [SCHEMA]

FOLDER holds out.csv, out.junit, out.sarif, out.report, out.gitlab, out.github and out.html; SCHEMA is the schema of SARIF 2.1.0,
checked where the module `jsonschema` is there.
"""
import csv, html.parser, json, pathlib, re, sys, urllib.parse
import xml.etree.ElementTree as xml

folder = pathlib.Path(sys.argv[1])
seen = {}

with open(folder / "out.csv", newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file, strict=True))
assert all(None not in row and None not in row.values() for row in rows), "a row has another number of cells"
assert not any(cell[:1] in "=+-@\t\r" for row in rows for cell in row.values() if cell), "a cell is a formula"
seen["csv"] = [[row["level"], row["rule"], row["path"]] for row in rows]

root = xml.parse(folder / "out.junit").getroot()
assert root.tag == "testsuites"
for suite in root:
    cases = suite.findall("testcase")
    assert int(suite.get("tests")) == len(cases)
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.get(kind)) == sum(case.find(tag) is not None for case in cases), kind
seen["junit"] = [[case.get("classname"), case.get("name"), case[0].tag] for case in root.iter("testcase") if len(case)]

sarif = json.loads((folder / "out.sarif").read_text(encoding="utf-8"))
if len(sys.argv) > 2:
    import jsonschema
    jsonschema.validate(sarif, json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")))
run = sarif["runs"][0]
for result in run["results"]:
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
uris = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]]
assert all(re.fullmatch(r"[A-Za-z0-9/._~%-]+", uri) for uri in uris), uris
seen["sarif"] = [urllib.parse.unquote(uri, errors="backslashreplace") for uri in uris]
seen["notifications"] = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]

report = json.loads((folder / "out.report").read_text(encoding="utf-8"))
seen["report"] = [one["path"] for one in report["findings"]]
seen["summary"] = report["summary"]

gitlab = json.loads((folder / "out.gitlab").read_text(encoding="utf-8"))
for issue in gitlab:
    assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
    assert issue["location"]["lines"]["begin"] >= 1 and issue["description"] and issue["check_name"]
assert len({issue["fingerprint"] for issue in gitlab}) == len(gitlab), "fingerprints are unique"
seen["gitlab"] = [issue["location"]["path"] for issue in gitlab]

def plain(text):
    return text.replace("%3A", ":").replace("%2C", ",").replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")

seen["github"] = []
for line in (folder / "out.github").read_text(encoding="utf-8").splitlines():
    kind, properties = re.match(r"::(error|warning|notice) ([^:]*)::", line).groups()
    named = dict(pair.split("=", 1) for pair in properties.split(","))
    seen["github"].append([kind, plain(named.get("file", "")), plain(named["title"])])


class Page(html.parser.HTMLParser):
    """Tags that are opened and closed, and the words of each row."""

    def __init__(self):
        super().__init__()
        self.open, self.rows, self.tags, self.attributes = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attributes]
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)
        if tag == "tr":
            self.rows.append("")

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        if "tr" in self.open:
            self.rows[-1] += data


page = Page()
page.feed((folder / "out.html").read_text(encoding="utf-8"))
page.close()
assert not page.open, page.open
assert page.tags.count("script") == 1 and not {"img", "iframe", "object", "form", "b:"} & set(page.tags), page.tags
assert not [name for name in page.attributes if name.startswith("on") or name in ("src", "style", "action")]
seen["html"] = page.rows[1:]
print(json.dumps(seen))
