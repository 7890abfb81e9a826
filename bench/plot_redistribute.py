# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""bench_redistribute: bandwidth of every method as a part of memcpy's."""
import statistics

import plot_svg

METHODS = [("memdata_plan", "memdata, plan", "#1b6ca8"), ("memdata_once", "memdata, once", "#5499c7"),
           ("memdata_in_place", "memdata, in place", "#a9cce3"),
           ("alltoallw", "Alltoallw", "#e59866"), ("alltoallv", "pack + Alltoallv", "#d4ac0d"),
           ("sendrecv", "Sendrecv", "#a569bd"), ("fftw", "FFTW", "#909497")]
LEFT = 45


def redistribution(records):
    panels = {}  # {(memory, np): {case: {method: [ratio, ...]}}}
    for record in records:
        if record.get("bench") == "redistribute":
            case = record["case"].replace("_", " of ") + " B" if record["case"].startswith("run") else (
                f'{record["case"]}, {record["axes"]}')
            cases = panels.setdefault((record["memory"], record["np"]), {})
            cases.setdefault(case, {}).setdefault(record["method"], []).append(record["ratio_to_memcpy"])
    if not panels:
        return None
    svg = plot_svg.Svg()
    top = plot_svg.heading(svg, LEFT, ["Bandwidth of a redistribution on one node; 1 is a plain copy of the local "
                                       "block"])
    top = plot_svg.legend(svg, LEFT, top, [(name, color) for _, name, color in METHODS]) + 24
    shown = [(method, color) for method, _, color in METHODS]
    bars = plot_svg.Bars(shown, ticks=[0, 0.5, 1, 1.5, 2], top_value=2.25, marked=[(1, "memcpy", "#666666")])
    for memory, ranks in sorted(panels, key=lambda key: (key[0] == "fresh", key[1])):
        groups = {case: {method: statistics.median(ratios) for method, ratios in methods.items()}
                  for case, methods in panels[memory, ranks].items()}
        top, _ = bars.draw(svg, LEFT, top, f"{ranks} ranks, {memory} memory", groups)
    return svg
