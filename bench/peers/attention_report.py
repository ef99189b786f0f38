#!/usr/bin/env python3
"""attention_report.py ROWS.jsonl NAME: what bench/compare measured, for people, as NAME.md and NAME.svg. Fails where
engines disagree."""
import re
import sys

import rounds

TOLERANCE = 1e-5  # of outputs around 1, against double precision
COLORS = {"saccade": "#d1495b", "saccade, panels": "#8d1f35", "torch-sdpa": "#edae49", "onnxruntime-mha": "#00798c",
          "onnxruntime-mha-kv": "#3d9aa6", "onnxruntime-attention": "#8fc1c8", "onednn-primitives": "#30638e",
          "openblas-by-hand": "#7d8597"}


def engine(row):
    return row["peer"] + (", panels" if row.get("layout") == "panels" else "")


def shape(case):
    return {name: int(n) for name, n in re.findall(r"([a-z])(\d+)", case)}


def decodes(key):
    return shape(key[1])["q"] == 1


def label(key):
    s = shape(key[1])
    queries = "1 query, " if s["q"] == 1 else ""
    return f"{s['b']}×{s['h']}×{queries}{s['k']}, d {s['d']}" + ("" if key[2] == "full" else f", {key[2]}")


def speed(key, rows):
    """GFLOP/s, or where there is one query GB/s of keys and values."""
    s = shape(key[1])
    if decodes(key):
        return 8e-9 * s["b"] * s["h"] * s["k"] * s["d"] / rounds.middle(rows)["seconds_median"]
    return rounds.middle(rows)["gflops"]


def best_peak(rows):
    return max(row["peak"] for row in rows)


def engines_of(cases):
    found = [name for case in cases.values() for name in case]
    return sorted(set(found), key=lambda name: (list(COLORS).index(name) if name in COLORS else 99, name))


def disagreements(cases):
    return [f"{name}, {label(key)}: differs from double precision by {row['max_abs_err']}"
            for key, case in cases.items() for name, rows in case.items() for row in rows
            if not row["max_abs_err"] <= TOLERANCE]


def best_ratio(key, case):
    """saccade's speed over that of the fastest other engine."""
    own = [speed(key, rows) for name, rows in case.items() if name.startswith("saccade")]
    others = [speed(key, rows) for name, rows in case.items() if not name.startswith("saccade")]
    return f"{max(own) / max(others):.2f}" if own and others else ""


def table(cases, title, unit, peak):
    names = engines_of(cases)
    lines = [f"{title}, {unit}; bold: the fastest.", "",
             "| threads | batch×heads×tokens | " + " | ".join(names) + f" | {peak} | saccade / best other |",
             "|" + "--:|:--" + "|--:" * (len(names) + 2) + "|"]
    for key, case in cases.items():
        speeds = {name: speed(key, rows) for name, rows in case.items()}
        fastest = max(speeds, key=speeds.get)
        cells = [f"{speeds[n]:.1f}" if n in speeds else "" for n in names]
        cells = [f"**{c}**" if n == fastest else c for n, c in zip(names, cells)]
        own = case.get("saccade")
        cells.append(f"{best_peak(own):.0f}" if own else "")
        lines.append(f"| {key[0]} | {label(key)} | " + " | ".join(cells) + f" | {best_ratio(key, case)} |")
    return lines + [""]


def report(cases):
    lines = []
    pairs = "GFLOP/s (of pairs that a mask leaves; half of all where causal)"
    for wants_decode, title, unit, peak in ((False, "Attention", pairs, "FMA peak"),
                                            (True, "Decoding", "GB/s of keys and values", "read bandwidth")):
        part = {key: case for key, case in cases.items() if decodes(key) == wants_decode}
        if part:
            lines += table(part, title, unit, peak)
    versions = rounds.versions(cases)
    worst = max(row["max_abs_err"] for case in cases.values() for rows in case.values() for row in rows)
    lines.append(f"{rounds.RULE} " + ", ".join(f"{n} {versions[n]}" for n in engines_of(cases)) +
                 f". All outputs are within {worst:.1e} of double precision. The peaks, of rounds the best, are measured in "
                 "turn with saccade's calls; keys and values that fit in a cache are read faster than memory.")
    return "\n".join(lines) + "\n"


def panel(cases, names, top, width, height):
    """Bars of one number of threads: a group for each case, a bar for each engine, the measured peak as a line."""
    left, right, bottom = 60, 20, top + height
    peaks = {key: best_peak(case["saccade"]) for key, case in cases.items() if "saccade" in case}
    most = 1.05 * max([*peaks.values(), *(speed(k, rows) for k, c in cases.items() for rows in c.values())])
    group = (width - left - right) / len(cases)
    bar = 0.8 * group / len(names)
    svg = []

    def y(value):
        return bottom - height * value / most

    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000) if most / s <= 6)
    for tick in range(0, int(most) + 1, step):
        svg.append(f'<line x1="{left}" x2="{width - right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#ddd"/>'
                   f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick}</text>')
    for i, (key, case) in enumerate(cases.items()):
        start = left + i * group
        for j, name in enumerate(names):
            if name in case:
                value = speed(key, case[name])
                svg.append(f'<rect x="{start + 0.1 * group + j * bar:.1f}" y="{y(value):.1f}" width="{0.92 * bar:.1f}" '
                           f'height="{bottom - y(value):.1f}" fill="{COLORS.get(name, "#999")}">'
                           f'<title>{name}, {label(key)}: {value:.1f} GFLOP/s</title></rect>')
        if key in peaks:
            svg.append(f'<line x1="{start:.1f}" x2="{start + group:.1f}" y1="{y(peaks[key]):.1f}" '
                       f'y2="{y(peaks[key]):.1f}" stroke="#222" stroke-width="1.5" stroke-dasharray="5 3"/>')
        x = start + group / 2
        svg.append(f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="end" '
                   f'transform="rotate(-30 {x:.1f} {bottom + 14})">{label(key)}</text>')
    threads = next(iter(cases))[0]
    svg.append(f'<text x="{left}" y="{top - 10}" font-weight="bold">{threads} thread{"s" if threads > 1 else ""}, GFLOP/s; '
               'dashed: the FMA peak measured in turn with saccade</text>')
    return svg


def picture(cases):
    cases = {key: case for key, case in cases.items() if not decodes(key)}
    names = engines_of(cases)
    counts = sorted({key[0] for key in cases})
    width, height, gap = 1100, 260, 150
    total = 50 + len(counts) * (height + gap)
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{total}" viewBox="0 0 {width} {total}" '
           'font-family="sans-serif" font-size="12" fill="#222">', f'<rect width="{width}" height="{total}" fill="#fff"/>']
    x = 60
    for name in names:
        svg.append(f'<rect x="{x}" y="14" width="12" height="12" fill="{COLORS.get(name, "#999")}"/>'
                   f'<text x="{x + 18}" y="24">{name}</text>')
        x += 38 + 7 * len(name)
    for i, threads in enumerate(counts):
        part = {key: case for key, case in cases.items() if key[0] == threads}
        svg += panel(part, names, 70 + i * (height + gap), width, height)
    return "\n".join(svg + ["</svg>"]) + "\n"


def main():
    cases = rounds.read(sys.argv[1], lambda row: (row["threads"], row["case"], row["mask"]), engine)
    wrong = disagreements(cases)
    if wrong:
        sys.exit("\n".join(wrong))
    with open(sys.argv[2] + ".md", "w") as file:
        file.write(report(cases))
    if any(not decodes(key) for key in cases):
        with open(sys.argv[2] + ".svg", "w") as file:
            file.write(picture(cases))


main()
