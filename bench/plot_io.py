# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""bench_io: save and load against the other ways to move the same bytes."""
import statistics

import plot_svg

LEFT = 70
TARGET = 0.9
METHODS = {"memdata": ("memdata", "#0072B2"), "memdata_trusting": ("memdata, data not compared", "#56B4E9"),
           "serial": ("serial program", "#E69F00"), "h5d_each": ("HDF5, a call for each dataset", "#D55E00"),
           "hdf5_collective": ("HDF5, collective", "#D55E00"), "one_writer": ("one writer", "#E69F00"),
           "posix": ("POSIX", "#E69F00"), "posix_bcast": ("POSIX on rank 0, broadcast", "#CC79A7")}


def backend_name(backend):
    return "ROMIO" if backend.startswith("romio") else backend


def ranks_name(count):
    return f"{count} rank" + ("s" if count > 1 else "")


def collect(records, cases, panel, group, series, value):
    """{panel: {group: {series: median of value}}}; sorted by panel and group, whose first part is for sorting only."""
    seen = {}
    for record in records:
        if record.get("bench") == "io" and record["case"] in cases and record.get(value) is not None:
            name = series(record)
            if name is not None:
                seen.setdefault(panel(record), {}).setdefault(group(record), {}).setdefault(name, []).append(
                    record[value])
    return {title: {key[-1]: {name: statistics.median(values) for name, values in bars.items()}
                    for key, bars in sorted(groups.items())}
            for (*_, title), groups in sorted(seen.items())}


def operation(record, cache=True):
    """A panel: what is done, and where."""
    where = "tmpfs" if record["file_system"] == "tmpfs" else "disk"
    dropped = record["cache"] == "dropped"
    state = ""
    if cache and record["op"] == "load":
        state = ", file not in the page cache" if dropped else ", file in memory"
    order = (where == "tmpfs", record["op"] == "load", dropped)
    return (*order, f'{record["op"]}, {where}{state}')


def large(records):
    def group(record):
        shape = record.get("shape", [])
        kind = "2-D" if record["case"] == "large_2d" else "3-D"
        size = record["bytes"] >> 20
        text = f"{size // 1024} GiB" if size % 1024 == 0 else f"{size} MiB"
        return (record["bytes"], -len(shape), record["axis"], f'{kind}, axis {record["axis"]}\n{text}')

    def series(record):
        if record["method"] != "memdata":
            return None
        return (record["backend"].startswith("romio"), record["np"], backend_name(record["backend"]))

    panels = collect(records, ("large", "large_2d"), operation, group, series, "ratio")
    if not panels:
        return None
    names = sorted({name for groups in panels.values() for bars in groups.values() for name in bars})
    first, second = ["#0072B2", "#56B4E9", "#A6D5F2"], ["#D55E00", "#E69F00", "#F5D08A"]
    colors = {}
    for name in names:
        same = [other for other in names if other[0] == name[0]]
        colors[name] = (second if name[0] else first)[same.index(name) % 3]
    svg = plot_svg.Svg()
    top = plot_svg.heading(svg, LEFT, [
        "One large dataset: the best other way's time over memdata's",
        "The best of collective MPI-IO, independent MPI-IO and POSIX on the same bytes. Higher is better;",
        f"on target from {TARGET} on. Shapes, distributed axis and size below."])
    top = plot_svg.legend(svg, LEFT, top + 2, [(f"{backend}, {ranks_name(ranks)}", colors[romio, ranks, backend])
                                               for romio, ranks, backend in names]) + 26
    bars = plot_svg.Bars([(name, colors[name]) for name in names], height=120, bar=13, gap=20, tilt=0,
                         ticks=[0, 0.5, 1, 1.5, 2], top_value=2, marked=[(TARGET, f"target {TARGET}", "#222222")],
                         values=lambda value: f"{value:.2f}", unit="time ratio")
    for title, groups in panels.items():
        top, _ = bars.draw(svg, LEFT, top, title, groups)
    return svg


def method_bars(records, cases, lines, value, scale, unit, group, panel=operation, variants=None,
                beside=True):
    """Panels with a bar for every method."""
    def series(record):
        return record["method"] if variants is None else variants(record)

    records = [{**record, value: record[value] * scale} for record in records
               if record.get("bench") == "io" and record["case"] in cases]
    panels = collect(records, cases, panel, group, series, value)
    if not panels:
        return None
    present = {name for groups in panels.values() for bars in groups.values() for name in bars}
    known = {**METHODS, **VARIANTS}
    shown = [(name, *known[name]) for name in known if name in present]
    spare = iter(plot_svg.COLORS[::-1])
    shown += [(name, name, next(spare)) for name in sorted(present - known.keys())]
    svg = plot_svg.Svg()
    top = plot_svg.heading(svg, LEFT, lines)
    top = plot_svg.legend(svg, LEFT, top + 2, [(text, color) for _, text, color in shown]) + 26
    bars = plot_svg.Bars([(name, color) for name, _, color in shown], height=120, bar=13, gap=22, tilt=0, unit=unit,
                         values=lambda number: f"{number:.0f}" if number >= 10 else f"{number:.1f}")
    if beside:  # a row for each operation, the file systems beside each other
        rows = {}
        for title in panels:
            rows.setdefault(title.replace(", tmpfs", "").replace(", disk", ""), []).append(title)
        for titles in rows.values():
            left, row = LEFT, top
            for title in titles:
                top, left = bars.draw(svg, left, row, title, panels[title])
        return svg
    for title, groups in panels.items():
        top, _ = bars.draw(svg, LEFT, top, title, groups)
    return svg


def by_backend_and_ranks(record):
    backend = backend_name(record["backend"])
    return (backend == "ROMIO", record["np"], f'{backend}\n{ranks_name(record["np"])}')


def tree(records):
    return method_bars(records, ("tree",), [
        "1000 small datasets in 200 groups, five attributes each",
        "Half of them distributed, half common. Milliseconds; lower is better."], "median_s", 1000, "milliseconds",
        by_backend_and_ranks, panel=lambda record: operation(record, cache=False))


def common(records):
    sizes = {record["bytes"] >> 20 for record in records if record.get("case") == "common"}
    size = f"{max(sizes)} MiB" if len(sizes) == 1 else "large"
    return method_bars(records, ("common",), [
        f"A common dataset of {size}: the same on all ranks, once in the file",
        "POSIX: rank 0 writes, every rank reads all. Milliseconds; lower is better."], "median_s", 1000,
        "milliseconds", by_backend_and_ranks)


# The filtered case: a method over an axis.
VARIANTS = {("memdata", 0): ("memdata, axis 0", "#0072B2"), ("memdata", 1): ("memdata, axis 1", "#56B4E9"),
            ("hdf5_collective", 0): ("HDF5 collective, axis 0", "#D55E00"),
            ("hdf5_collective", 1): ("HDF5 collective, axis 1", "#E69F00"), ("one_writer", 0): ("one writer, axis 0", "#666666")}


def filtered(records):
    mine = [record for record in records if record.get("case") == "filtered"]
    ratios = {}
    for record in mine:
        ratios.setdefault(record["level"], []).append(record["ratio_compressed"])
    told = "; ".join(f"deflate {level}: {statistics.median(values):.1f} times smaller"
                     for level, values in sorted(ratios.items()))

    def group(record):
        backend = backend_name(record["backend"])
        return (record["level"], backend == "ROMIO", record["np"],
                f'deflate {record["level"]}\n{backend}\n{ranks_name(record["np"])}')

    return method_bars(mine, ("filtered",), [
        "Chunks of 1 MiB through shuffle and deflate",
        f"MB of elements a second; higher is better. {told}."], "mb_per_s", 1, "MB/s", group,
        panel=lambda record: operation(record, cache=False),
        variants=lambda record: (record["method"], record["axis"]), beside=False)
