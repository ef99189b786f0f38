#!/usr/bin/env python3
"""encoder_report.py ROWS.jsonl NAME: what bench/compare encoder measured, for people, as NAME.md. Fails where engines
disagree."""
import rounds
import sets_report

TOLERANCE = 1e-5  # of values of vectors of length 1, against saccade's


def one_sequence(key):
    return key[1].startswith("1x")


def cell(key, case, name):
    """How fast an engine is: of one sequence the milliseconds."""
    if name in case and one_sequence(key):
        return f"{1e3 * rounds.middle(case[name])['seconds_median']:.2f}"
    return sets_report.speed(case, name)


def ratio(key, case):
    """saccade's speed over that of the fastest other engine; of one sequence its time over the other's."""
    speeds = sets_report.best_ratio(case)
    if speeds is None:
        return ""
    return f"{1 / speeds if one_sequence(key) else speeds:.2f}"


def agreement(case):
    rows = [row for other in sets_report.others(case) for row in other]
    if not rows:
        return ["", ""]
    return [f"{max(row['max_abs_err'] for row in rows):.1e}", f"{min(row['min_cosine'] for row in rows):.7f}"]


def table(cases, title, compared):
    names = sets_report.engines_of(cases)
    headings = ["threads", "sequences × tokens", *names, "saccade's share of the FMA peak", compared,
                "greatest difference", "least cosine"]
    rows = [[str(key[0]), sets_report.label(key), *(cell(key, case, name) for name in names),
             sets_report.share_of_peak(case), ratio(key, case), *agreement(case)] for key, case in cases.items()]
    return sets_report.table(title, headings, rows)


def report(cases):
    lines = []
    for one, title, compared in (
            (False, "An encoder of all-MiniLM-L6-v2's shape, tokens a second without padding (in brackets: sequences in a "
                    "batch, the best of 1, 8 and 32)", "saccade / best other"),
            (True, "The same, milliseconds for one sequence", "time of saccade / best other")):
        part = {key: case for key, case in cases.items() if one_sequence(key) == one}
        if part:
            lines += table(part, title + ".", compared)
    lines.append(sets_report.rounds_and_versions(cases) +
                 " From ids to normalised means: saccade takes a set at once, without padding, others take it sorted by "
                 "length. Differences and cosines are of vectors of length 1, from saccade's. The peak is measured in turn with "
                 "saccade's calls.")
    return "\n".join(lines) + "\n"


sets_report.main(TOLERANCE, "saccade", report)
