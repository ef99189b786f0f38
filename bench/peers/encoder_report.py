#!/usr/bin/env python3
"""encoder_report.py ROWS.jsonl NAME: what bench/compare encoder measured, for people, as NAME.md. Fails where engines
disagree."""
import sys

import rounds

TOLERANCE = 1e-5  # of values of vectors of length 1, against saccade's


def one_sequence(key):
    return key[1].startswith("1x")


def label(key):
    return "512 of 4 to 256" if key[1] == "mixed512" else key[1].replace("x", "×")


def engines_of(cases):
    return sorted({name for case in cases.values() for name in case}, key=lambda name: (name != "saccade", name))


def others(case):
    return [rows for name, rows in case.items() if name != "saccade"]


def disagreements(cases):
    return [f"{name}, {label(key)}: differs from saccade by {row['max_abs_err']}"
            for key, case in cases.items() for name, rows in case.items() for row in rows
            if not row.get("max_abs_err", 0) <= TOLERANCE]


def cell(key, case, name):
    """How fast an engine is; of one that pads, with how many sequences in a batch."""
    if name not in case:
        return ""
    row = rounds.best(case[name])
    if one_sequence(key):
        return f"{1e3 * row['seconds_median']:.2f}"
    return f"{row['tokens_per_s']:,.0f}" + ("" if name == "saccade" else f" ({row['batch']})")


def ratio(key, case):
    """saccade's speed over that of the fastest other engine; of one sequence its time over the other's."""
    if "saccade" not in case or not others(case):
        return ""
    own = rounds.best(case["saccade"])["seconds_median"]
    other = min(rounds.best(rows)["seconds_median"] for rows in others(case))
    return f"{own / other if one_sequence(key) else other / own:.2f}"


def agreement(case):
    rows = [row for other in others(case) for row in other]
    if not rows:
        return ["", ""]
    return [f"{max(row['max_abs_err'] for row in rows):.1e}", f"{min(row['min_cosine'] for row in rows):.7f}"]


def table(cases, title, compared):
    names = engines_of(cases)
    headings = ["threads", "sequences × tokens", *names, "saccade's share of the FMA peak", compared,
                "greatest difference", "least cosine"]
    lines = [title, "", "| " + " | ".join(headings) + " |", "|--:|:--" + "|--:" * (len(headings) - 2) + "|"]
    for key, case in cases.items():
        share = f"{rounds.best(case['saccade'])['share_of_peak']:.0%}" if "saccade" in case else ""
        cells = [str(key[0]), label(key), *(cell(key, case, name) for name in names), share, ratio(key, case),
                 *agreement(case)]
        lines.append("| " + " | ".join(cells) + " |")
    return lines + [""]


def report(cases):
    lines = []
    for one, title, compared in (
            (False, "An encoder of all-MiniLM-L6-v2's shape, tokens a second without padding (in brackets: sequences in a "
                    "batch, the best of 1, 8 and 32)", "saccade / best other"),
            (True, "The same, milliseconds for one sequence", "time of saccade / best other")):
        part = {key: case for key, case in cases.items() if one_sequence(key) == one}
        if part:
            lines += table(part, title + ".", compared)
    versions = rounds.versions(cases)
    lines.append(f"{rounds.RULE} " + ", ".join(f"{name} {versions[name]}" for name in engines_of(cases)) +
                 ". From ids to normalised means: saccade takes a set at once, without padding, others take it sorted by "
                 "length. Differences and cosines are of vectors of length 1, from saccade's. The peak is measured in turn with "
                 "saccade's calls.")
    return "\n".join(lines) + "\n"


def main():
    cases = rounds.read(sys.argv[1], lambda row: (row["threads"], row["set"]), lambda row: row["peer"])
    wrong = disagreements(cases)
    if wrong:
        sys.exit("\n".join(wrong))
    with open(sys.argv[2] + ".md", "w") as file:
        file.write(report(cases))


main()
