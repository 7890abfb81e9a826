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
BAR, GAP, HEIGHT, LEFT, TOP, PANEL = 9, 14, 150, 45, 70, 235
TOP_RATIO = 2.25


def read():
    """{(memory, np): {case: {method: [ratio, ...]}}}"""
    panels = {}
    for line in fileinput.input():
        record = json.loads(line)
        if record.get("bench") == "redistribute":
            case = record["case"].replace("_", " of ") + " B" if record["case"].startswith("run") else (
                f'{record["case"]}, {record["axes"]}')
            cases = panels.setdefault((record["memory"], record["np"]), {})
            cases.setdefault(case, {}).setdefault(record["method"], []).append(record["ratio_to_memcpy"])
    return panels


def draw(out, left, top, title, cases):
    step = len(METHODS) * BAR + GAP
    width = len(cases) * step
    out.append(f'<text x="{left}" y="{top - 8}" font-weight="bold">{escape(title)}</text>')
    for tick in (0, 0.5, 1, 1.5, 2):
        y = top + HEIGHT * (1 - tick / TOP_RATIO)
        out.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" '
                   f'stroke="{"#888" if tick == 1 else "#ddd"}"/>'
                   f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for number, (case, methods) in enumerate(cases.items()):
        x = left + number * step + GAP / 2
        for i, (method, _, color) in enumerate(METHODS):
            if method in methods:
                bar = HEIGHT * min(statistics.median(methods[method]), TOP_RATIO) / TOP_RATIO
                out.append(f'<rect x="{x + i * BAR:.1f}" y="{top + HEIGHT - bar:.1f}" width="{BAR - 1}" '
                           f'height="{bar:.1f}" fill="{color}"/>')
        out.append(f'<text transform="translate({x + step / 4:.1f},{top + HEIGHT + 12}) rotate(30)">'
                   f'{escape(case)}</text>')
    return width


def main():
    panels = read()
    body, width = [], 0
    for row, (memory, ranks) in enumerate(sorted(panels, key=lambda key: (key[0] == "fresh", key[1]))):
        title = f"{ranks} ranks, {memory} memory"
        width = max(width, draw(body, LEFT, TOP + row * PANEL, title, panels[memory, ranks]))
    width += LEFT + 60
    height = TOP + len(panels) * PANEL - 10
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'font-family="sans-serif" font-size="11">', f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{LEFT}" y="18" font-size="13">Bandwidth of a redistribution on one node; 1 is a plain copy of the '
           'local block</text>']
    for i, (_, name, color) in enumerate(METHODS):
        x = LEFT + i * 95
        out.append(f'<rect x="{x}" y="30" width="9" height="9" fill="{color}"/>'
                   f'<text x="{x + 12}" y="38" font-size="9">{escape(name)}</text>')
    sys.stdout.write("\n".join([*out, *body, "</svg>"]) + "\n")


main()
