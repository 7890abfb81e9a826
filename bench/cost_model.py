#!/usr/bin/env python3
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a save or a load costs on many ranks, from the calls that bench_cost counted: see docs/performance-model.md.

usage: cost_model.py [--alpha 2e-6 ...] [--update docs/performance-model.md] RESULTS.jsonl...

Prints tables in Markdown, or puts them into the page in place of those that are there.

Nothing here is measured on more ranks than bench_cost ran on: numbers of calls are taken as counted (they depend
neither on the ranks nor on the objects, which the test "cost" checks), bytes as linear in the objects, and the time
of a call from the machine's parameters.
"""
import argparse
import contextlib
import io
import json
import math
import re
import sys

# Small all-reductions that a call is worth, each 2 log2(P) messages one after the other; a broadcast is half of one.
# MPI's own inner calls do not show: for communicators and files these are assumptions.
WORTH = {"MPI_Allreduce": 1, "MPI_Bcast": 0.5, "MPI_Barrier": 1, "MPI_Comm_dup": 4, "MPI_Comm_split": 6,
         "MPI_Comm_split_type": 6, "MPI_Comm_free": 1, "MPI_File_open": 3, "MPI_File_close": 2, "MPI_File_set_view": 1,
         "MPI_File_set_size": 1, "MPI_File_sync": 1, "MPI_File_write_at_all": 2, "MPI_File_read_at_all": 2,
         "MPI_Allgather": 1, "MPI_Gather": 0.5, "MPI_Scatter": 0.5}
WORTH |= {"MPI_I" + name[4:].lower(): worth for name, worth in WORTH.items() if name.count("_") == 1}  # not blocking
ROUND_BYTES = 8 << 20  # io::round_memory, of a rank in one exchange


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="+", help="JSON lines of bench_cost")
    parser.add_argument("--update", metavar="PAGE", help="the page whose tables are to be replaced")
    parser.add_argument("--backend", help="default: the first in the results")
    parser.add_argument("--ranks", type=int, nargs="+", default=[10, 1000, 10000])
    parser.add_argument("--alpha", type=float, default=2e-6, help="seconds of a small message")
    parser.add_argument("--node-bandwidth", type=float, default=10e9, help="bytes/s between a node and the others")
    parser.add_argument("--ranks-per-node", type=int, default=100)
    parser.add_argument("--opens", type=float, default=20e3, help="opens/s of the metadata server, for all ranks")
    parser.add_argument("--file-system", type=float, default=200e9, help="bytes/s for all ranks")
    parser.add_argument("--access", type=float, default=0.5e-3, help="seconds until an access to the file begins")
    parser.add_argument("--bytes", type=float, default=1 << 30, help="bytes a rank of the large case")
    return parser.parse_args()


def read(names):
    """What bench_cost counted, and the memory that it measured."""
    records = []
    for name in names:
        with open(name, encoding="utf-8") as lines:
            records += [json.loads(line) for line in lines]
    return [[r for r in records if r.get("bench") == bench] for bench in ("cost", "cost_memory")]


class Counted:
    """The calls of one operation. Numbers are as counted; bytes and accesses, fixed + objects * each."""

    def __init__(self, records, op, backend, layout):
        mine = [r for r in records if (r["op"], r["layout"], r["backend"]) == (op, layout, backend)
                and r["hosts"] == r["np"]]
        if len({r["np"] for r in mine}) < 2 or all(r["np"] > 1 for r in mine):
            sys.exit(f"of {op}, {layout}, {backend} there must be results with --apart, on one rank and on more")
        self.layout = layout
        self.ranks = max(r["np"] for r in mine)
        few, lots = ends(r for r in mine if r["np"] == self.ranks)
        self.calls = {name: count for name, (count, _) in few["by_call"].items() if name in WORTH}
        self.bytes = {name: line(few, lots, lambda r, n=name: r["by_call"].get(n, [0, 0])[1]) for name in self.calls}
        # Of a rank that is not 0, which has the structure besides. Those of an exchange are shared out among the ranks.
        others, everything = ("writes", "writes_all_ranks") if op == "save" else ("reads", "reads_all_ranks")
        self.accesses = line(few, lots, lambda r: (r[everything] - r[others]) / (self.ranks - 1))
        if layout == "contiguous":
            self.accesses = (self.accesses[0], self.accesses[1] * self.ranks)
        self.opens_rank_0 = lots["opens"]
        self.opens = (lots["opens_all_ranks"] - lots["opens"]) / (self.ranks - 1)
        self.locks = 1 if lots["opens_lock"] else 0
        self.side = lots["opens_side"]
        # On one rank: the structure of the file, the tree, and data that are small.
        alone = line(*ends(r for r in mine if r["np"] == 1), lambda r: r["median_s"])
        self.seconds_each = max(0, alone[1]) if layout == "contiguous" else None


def ends(records):
    """Those of the fewest objects from 100 on (below, HDF5 reads less), and of the most."""
    records = sorted(records, key=lambda r: r["objects"])
    return next((r for r in records[:-1] if r["objects"] >= 100), records[0]), records[-1]


def line(few, lots, value):
    """(fixed, each) of what grows with the objects."""
    each = (value(lots) - value(few)) / (lots["objects"] - few["objects"])
    return value(few) - few["objects"] * each, each


def times(counted, machine, ranks, objects, data, seconds_each):
    """Seconds by what they are spent on. `data` are bytes of all ranks."""
    exchanged = counted.layout == "contiguous"
    depth = math.ceil(math.log2(ranks))
    nodes = math.ceil(ranks / machine.ranks_per_node)
    rounds = math.ceil(data / ranks / ROUND_BYTES) if exchanged else 0
    small = sum(WORTH[name] * count for name, count in counted.calls.items()) + max(0, rounds - 1)
    metadata = sum(fixed + objects * each for fixed, each in counted.bytes.values())
    opens = counted.opens_rank_0 + (counted.opens + counted.locks + 2 * counted.side) * (ranks - 1)
    fixed, each = counted.accesses
    accesses = fixed + each * (objects / ranks if exchanged else objects) + max(0, rounds - 1)
    network = nodes * machine.node_bandwidth
    return {"collectives": 2 * machine.alpha * depth * small,
            "metadata": 2 * metadata / machine.node_bandwidth,
            "opens": opens / machine.opens,
            "objects": objects * seconds_each,
            "exchange": rounds * (ranks - 1) * machine.alpha + (data / network if exchanged and nodes > 1 else 0),
            "accesses": accesses * machine.access,
            "data": data / min(machine.file_system, network)}


def show(seconds):
    if seconds == 0:
        return "-"
    for unit, factor in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if seconds * factor >= 1 or unit == "us":
            return f"{seconds * factor:.3g} {unit}"
    return ""


def table(title, rows):
    columns = list(rows[0][1])
    print(f"\n{title}\n")
    print("| | ranks | " + " | ".join(columns) + " | together |")
    print("|---|---:" + "|---:" * (len(columns) + 1) + "|")
    for (op, ranks), row in rows:
        print(f"| {op} | {ranks:,} | ".replace(",", " ")
              + " | ".join(show(row[c]) for c in columns) + f" | {show(sum(row.values()))} |")


def show_counts(backend, counted):
    def cell(one, name):
        if name not in one.calls:
            return "-"
        fixed, each = one.bytes[name]
        grows = f" + {each:.0f} N" if each >= 0.5 else ""
        return f"{one.calls[name]}" + (f" ({fixed:.0f}{grows} bytes)" if fixed or each else "")

    print(f"Counted with {backend} on {counted['save'].ranks} ranks, N datasets:\n")
    print("| | save | load |\n|---|---:|---:|")
    for name in sorted(set().union(*(one.calls for one in counted.values()))):
        print(f"| `{name}` | " + " | ".join(cell(one, name) for one in counted.values()) + " |")
    for what, value in (("all of them", lambda one: sum(one.calls.values())),
                        ("opens of the file, rank 0", lambda one: one.opens_rank_0),
                        ("opens of the file, another rank", lambda one: f"{one.opens:g}"),
                        ("opens of the lock, another rank", lambda one: one.locks),
                        ("files that MPI makes beside it, a rank", lambda one: one.side),
                        ("accesses to the data, all ranks",
                         lambda one: f"{one.accesses[1]:.2g} N" if one.accesses[1] > 0.05 else "one a rank and round"),
                        ("microseconds an object, one rank", lambda one: f"{one.seconds_each * 1e6:.0f}")):
        print(f"| {what} | " + " | ".join(str(value(one)) for one in counted.values()) + " |")


def show_memory(records):
    """Bytes for each, from the difference between few and many."""
    print("\n| bytes for each of the | peak in a save | peak in a load | kept after a load |\n|---|---:|---:|---:|")
    for of in ("objects", "chunks"):
        few, lots = ({r["op"]: r for r in records if r["of"] == of and r["number"] == number}
                     for number in sorted({r["number"] for r in records if r["of"] == of})[:2])
        print(f"| {of} | " + " | ".join(
            f"{(lots[op][key] - few[op][key]) / (lots[op]['number'] - few[op]['number']):.0f}"
            for op, key in (("save", "peak_bytes"), ("load", "peak_bytes"), ("load", "kept_bytes"))) + " |")


def show_times(machine, small, large):
    def rows(counted, objects, data):
        return [((op, ranks), times(counted[op], machine, ranks, objects, data(ranks), small[op].seconds_each))
                for op in counted for ranks in machine.ranks]

    for objects in (1000, 10000):
        table(f"{objects} datasets of 8 KiB, exchanged:", rows(small, objects, lambda _, n=objects: n * 8192))
    each = f"{machine.bytes / 2 ** 20:.0f} MiB a rank"
    table(f"100 datasets, {each}, directly:", rows(large, 100, lambda ranks: machine.bytes * ranks))
    table(f"100 datasets, {each}, exchanged:", rows(small, 100, lambda ranks: machine.bytes * ranks))


def main():
    machine = options()
    records, memory = read(machine.results)
    backend = machine.backend or records[0]["backend"]
    small, large = ({op: Counted(records, op, backend, layout) for op in ("save", "load")}
                    for layout in ("contiguous", "direct"))
    page = None
    if machine.update:
        with open(machine.update, encoding="utf-8") as file:
            page = file.read()
    parts = [("counts", lambda: show_counts(backend, small)), ("times", lambda: show_times(machine, small, large))]
    if memory:
        parts.append(("memory", lambda: show_memory(memory)))
    for name, write in parts:
        with contextlib.redirect_stdout(io.StringIO()) as text:
            write()
        if page is None:
            print(text.getvalue())
        else:
            page, places = re.subn(f"(?s)(<!-- {name} -->\n).*?(<!-- end -->)",
                                   lambda match: match[1] + text.getvalue().lstrip() + match[2], page)
            assert places == 1, f"{machine.update} has {places} places for the {name}"
    if page is not None:
        with open(machine.update, "w", encoding="utf-8") as file:
            file.write(page)


if __name__ == "__main__":
    main()
