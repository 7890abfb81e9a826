#!/usr/bin/env python3
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""Draws bench_redistribute's JSON lines as an SVG: bandwidth of every method as a part of memcpy's.

usage: plot_redistribute.py RESULTS.jsonl... > redistribution.svg
"""
import fileinput
import json
import statistics
import sys
from xml.sax.saxutils import escape

METHODS = [("memdata_plan", "memdata, plan", "#1b6ca8"), ("memdata_once", "memdata, once", "#5499c7"),
           ("memdata_in_place", "memdata, in place", "#a9cce3"),
           ("alltoallw", "Alltoallw", "#e59866"), ("alltoallv", "pack + Alltoallv", "#d4ac0d"),
           ("sendrecv", "Sendrecv", "#a569bd"), ("fftw", "FFTW", "#909497")]
BAR, GAP, HEIGHT, LEFT, TOP, BOTTOM = 7, 12, 260, 60, 60, 110
TOP_RATIO = 1.2


def main():
    results = {}
    for line in fileinput.input():
        record = json.loads(line)
        if record.get("bench") == "redistribute":
            case = record["case"] if record["case"].startswith("run") else f'{record["case"]} {record["axes"]}'
            group = (record["memory"] != "reused", record["np"], case)
            results.setdefault(group, {}).setdefault(record["method"], []).append(record["ratio_to_memcpy"])
    groups = sorted(results)
    step = len(METHODS) * BAR + GAP
    width = LEFT + len(groups) * step + 20
    height = TOP + HEIGHT + BOTTOM
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'font-family="sans-serif" font-size="11">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{LEFT}" y="18" font-size="14">Redistribution on one node: bandwidth as a part of a plain copy of '
           'the local block</text>']
    x = LEFT
    for _, name, color in METHODS:
        out.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{color}"/>'
                   f'<text x="{x + 14}" y="39">{escape(name)}</text>')
        x += 130
    for tick in (0, 0.25, 0.5, 0.75, 1):
        y = TOP + HEIGHT * (1 - tick / TOP_RATIO)
        out.append(f'<line x1="{LEFT}" x2="{width - 10}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ccc"/>'
                   f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for number, group in enumerate(groups):
        fresh, ranks, case = group
        left = LEFT + number * step + GAP / 2
        for i, (method, _, color) in enumerate(METHODS):
            if method in results[group]:
                bar = HEIGHT * min(statistics.median(results[group][method]), TOP_RATIO) / TOP_RATIO
                out.append(f'<rect x="{left + i * BAR:.1f}" y="{TOP + HEIGHT - bar:.1f}" width="{BAR - 1}" '
                           f'height="{bar:.1f}" fill="{color}"/>')
        label = f'{case}, {ranks} ranks, {"fresh" if fresh else "reused"}'
        out.append(f'<text transform="translate({left + step / 3:.1f},{TOP + HEIGHT + 12}) rotate(35)">'
                   f'{escape(label)}</text>')
    out.append("</svg>")
    sys.stdout.write("\n".join(out) + "\n")


main()
