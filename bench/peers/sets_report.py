"""What reports about sets of sequences have in common: saccade, which takes a set at once, beside other engines, which
print a row for each size of padded batches that they try."""
import sys

import rounds


def label(key):
    return "512 of 4 to 256" if key[1] == "mixed512" else key[1].replace("x", "×")


def engines_of(cases):
    return sorted({name for case in cases.values() for name in case}, key=lambda name: (name != "saccade", name))


def others(case):
    return [rows for name, rows in case.items() if name != "saccade"]


def disagreements(cases, tolerance, expected):
    """Of rows that were compared with what was expected, those that differ."""
    return [f"{name}, {label(key)}: differs from {expected} by {row['max_abs_err']}"
            for key, case in cases.items() for name, rows in case.items() for row in rows
            if "max_abs_err" in row and not row["max_abs_err"] <= tolerance]


def speed(case, name):
    """Tokens a second; of an engine that pads, with how many sequences in a batch."""
    if name not in case:
        return ""
    row = rounds.middle(case[name])
    return f"{row['tokens_per_s']:,.0f}" + ("" if name == "saccade" or not row["batch"] else f" ({row['batch']})")


def share_of_peak(case):
    return f"{rounds.middle(case['saccade'])['share_of_peak']:.0%}" if "saccade" in case else ""


def best_ratio(case):
    """The time of the fastest other engine over saccade's; nothing where there are not both."""
    if "saccade" not in case or not others(case):
        return None
    other = min(rounds.middle(rows)["seconds_median"] for rows in others(case))
    return other / rounds.middle(case["saccade"])["seconds_median"]


def table(title, headings, rows):
    return [title, "", "| " + " | ".join(headings) + " |", "|--:|:--" + "|--:" * (len(headings) - 2) + "|",
            *("| " + " | ".join(cells) + " |" for cells in rows), ""]


def rounds_and_versions(cases):
    versions = rounds.versions(cases)
    return f"{rounds.RULE} " + ", ".join(f"{name} {versions[name]}" for name in engines_of(cases)) + "."


def main(tolerance, expected, report):
    """REPORT.py ROWS.jsonl NAME"""
    cases = rounds.read(sys.argv[1], lambda row: (row["threads"], row["set"]), lambda row: row["peer"])
    wrong = disagreements(cases, tolerance, expected)
    if wrong:
        sys.exit("\n".join(wrong))
    with open(sys.argv[2] + ".md", "w") as file:
        file.write(report(cases))
