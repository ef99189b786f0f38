"""Rows of bench/compare, and which of an engine's rounds counts."""
import json
import sys

RULE = "Rounds in alternation; of each engine the middle one counts, a round being a median of calls."


def read(path, case_of, engine_of):
    """{case: {engine: rows}}, in the order of the file, which has some."""
    cases = {}
    for line in open(path):
        row = json.loads(line)
        cases.setdefault(case_of(row), {}).setdefault(engine_of(row), []).append(row)
    return cases or sys.exit("bench/compare: no engine measured anything")


def middle(rows):
    """The row of the middle round, of an even number the faster of the two; of an engine that tries several sizes of
    batches, of the size whose middle is the fastest."""
    sizes = {}
    for row in rows:
        sizes.setdefault(row.get("batch"), []).append(row)
    by_time = [sorted(of_size, key=seconds) for of_size in sizes.values()]
    return min((of_size[(len(of_size) - 1) // 2] for of_size in by_time), key=seconds)


def seconds(row):
    return row["seconds_median"]


def versions(cases):
    return {name: rows[0]["version"] for case in cases.values() for name, rows in case.items()}
