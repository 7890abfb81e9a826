# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""bench_cost: calls of save and load against the number of ranks and of objects."""
import statistics

import plot_svg

LEFT, STEP_X, STEP_Y = 80, 330, 230
# (field, what it is, logarithmic)
METRICS = [("collectives", "collective calls of a rank", False), ("p2p", "messages of a rank", False),
           ("opens", "opens of the file by a rank", False), ("bytes_sent", "bytes that a rank sends", True),
           ("median_s", "seconds", True)]
COLORS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#666666"]


def apart(record):
    """Did every rank behave as on a host of its own?"""
    return record.get("hosts", 1) == record["np"] > 1


def chosen(records):
    """Those of bench_cost, of one backend: counts are no means of several. Where there are any with a host for each
    rank, the others of many ranks are left out."""
    records = [record for record in records if record.get("bench") == "cost"]
    backend = min((record.get("backend", "") for record in records), default="")
    records = [record for record in records if record.get("backend", "") == backend]
    hosts = any(apart(record) for record in records)
    if hosts:
        records = [record for record in records if apart(record) or record["np"] == 1]
    return records, backend, hosts


def curves(records, x, line, field):
    """{(line, op): [(x, median)]}"""
    seen = {}
    for record in records:
        if field in record:
            points = seen.setdefault((record[line], record["op"]), {})
            points.setdefault(record[x], []).append(record[field])
    return {name: [(at, statistics.median(values)) for at, values in points.items()]
            for name, points in sorted(seen.items())}


def figure(records, title, x, x_label, line, line_text):
    """A column for each layout, a row for each metric; save and load together."""
    records, backend, hosts = chosen(records)
    if not records:
        return None
    layouts = sorted({record.get("layout", "") for record in records}, key=lambda name: (name != "contiguous", name))
    values = sorted({record[line] for record in records})

    def style(name):
        number = values.index(name[0])
        return COLORS[number % 7], "" if name[1] == "save" else "5,3", 1.6 + 1.2 * (len(values) - 1 - number)

    svg = plot_svg.Svg()
    top = plot_svg.heading(svg, LEFT, [
        title, f'Solid: save; dashed: load.{f" Backend: {backend}." if backend else ""}'
        + (" Every rank as if on a host of its own." if hosts else " All ranks on one host."),
        "Lines that lie on each other have different widths."]) + 2
    top = plot_svg.legend(svg, LEFT, top, [(line_text(value), style((value, "save"))[0]) for value in values]) + 28
    for column, layout in enumerate(layouts):
        mine = [record for record in records if record.get("layout", "") == layout]
        for row, (field, text, log) in enumerate(METRICS):
            found = curves(mine, x, line, field)
            if found:
                panel = plot_svg.Lines(style, log_y=log, x_label=x_label, y_label=text)
                panel.draw(svg, LEFT + column * STEP_X, top + row * STEP_Y, layout, found)
    return svg


def ranks(records):
    return figure(records, "What a save and a load cost, against the number of ranks", "np", "ranks", "objects",
                  lambda value: f"{value:,} dataset" + ("s" if value > 1 else ""))


def objects(records):
    return figure(records, "What a save and a load cost, against the number of datasets", "objects", "datasets", "np",
                  lambda value: f"{value} rank" + ("s" if value > 1 else ""))
