#!/usr/bin/env python3
"""layer_report.py ROWS.jsonl NAME: what bench/compare layer measured, for people, as NAME.md. Fails where engines
disagree."""
import sets_report

TOLERANCE = 1e-5  # of outputs around 1, against double precision


def ratio(case):
    speeds = sets_report.best_ratio(case)
    return "" if speeds is None else f"{speeds:.2f}"


def report(cases):
    names = sets_report.engines_of(cases)
    rows = [[str(key[0]), sets_report.label(key), *(sets_report.speed(case, name) for name in names),
             sets_report.share_of_peak(case), ratio(case)]
            for key, case in cases.items()]
    lines = sets_report.table(
        "A self-attention layer, width 384, 12 heads, fp32, tokens a second without padding (in brackets: sequences in a "
        "padded batch, the best of 1, 8, 32, 128 and all).",
        ["threads", "sequences × tokens", *names, "saccade's share of the FMA peak", "saccade / best other"], rows)
    worst = max(row["max_abs_err"] for case in cases.values() for engine in case.values() for row in engine)
    lines.append(sets_report.rounds_and_versions(cases) +
                 " saccade and OpenBLAS take a set as it is; others take it sorted by length, and moving tokens into padded "
                 f"batches is timed. All outputs are within {worst:.1e} of double precision. The peak is measured in turn "
                 "with saccade's calls.")
    return "\n".join(lines) + "\n"


sets_report.main(TOLERANCE, "double precision", report)
