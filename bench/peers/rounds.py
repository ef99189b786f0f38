"""Rows of bench/compare, and which of an engine's rounds counts."""
import json
import sys

RULE = ("Rounds in alternation; of each engine the best counts, a round being a median of calls: neighbours on a shared "
        "machine only take away.")


def read(path, case_of, engine_of):
    """{case: {engine: rows}}, in the order of the file, which has some."""
    cases = {}
    for line in open(path):
        row = json.loads(line)
        cases.setdefault(case_of(row), {}).setdefault(engine_of(row), []).append(row)
    return cases or sys.exit("bench/compare: no engine measured anything")


def best(rows):
    """The row of the round whose median was the lowest."""
    return min(rows, key=lambda row: row["seconds_median"])


def versions(cases):
    return {name: rows[0]["version"] for case in cases.values() for name, rows in case.items()}
