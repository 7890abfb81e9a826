#!/usr/bin/env python3
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a save or a load costs on many ranks, from the calls that bench_cost counted: see docs/performance-model.md.

usage: cost_model.py [--alpha 2e-6 ...] RESULTS.jsonl... > tables.md

Nothing here is measured on more ranks than bench_cost ran on: numbers of calls are taken as counted (they depend
neither on the ranks nor on the objects, which the test "cost" checks), bytes as linear in the objects, and the time
of a call from the machine's parameters.
"""
import argparse
import json
import math
import sys

# Small all-reductions that a call is worth, each 2 log2(P) messages one after the other; a broadcast is half of one.
# MPI's own inner calls do not show: for communicators and files these are assumptions.
WORTH = {"MPI_Allreduce": 1, "MPI_Bcast": 0.5, "MPI_Barrier": 1, "MPI_Comm_dup": 4, "MPI_Comm_split": 6,
         "MPI_Comm_split_type": 6, "MPI_Comm_free": 1, "MPI_File_open": 3, "MPI_File_close": 2, "MPI_File_set_view": 1,
         "MPI_File_set_size": 1, "MPI_File_sync": 1, "MPI_File_write_at_all": 2, "MPI_File_read_at_all": 2,
         "MPI_Allgather": 1, "MPI_Gather": 0.5, "MPI_Scatter": 0.5}
EXCHANGES = {"MPI_Alltoallv", "MPI_Alltoallw", "MPI_Alltoall"}  # a message for every other rank
ROUND_BYTES = 8 << 20  # io::round_memory, of a rank in one exchange
NAMES = {"save": "save", "load": "load"}


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="+", help="JSON lines of bench_cost")
    parser.add_argument("--backend", help="default: the first in the results")
    parser.add_argument("--ranks", type=int, nargs="+", default=[10, 1000, 10000])
    parser.add_argument("--alpha", type=float, default=2e-6, help="seconds of a small message")
    parser.add_argument("--node-bandwidth", type=float, default=10e9, help="bytes/s between a node and the others")
    parser.add_argument("--ranks-per-node", type=int, default=100)
    parser.add_argument("--opens", type=float, default=20e3, help="opens/s of the metadata server, for all ranks")
    parser.add_argument("--file-system", type=float, default=200e9, help="bytes/s for all ranks")
    parser.add_argument("--access", type=float, default=0.5e-3, help="seconds until an access to the file begins")
    parser.add_argument("--plan", type=float, default=0, help="seconds of planning for a rank of an exchanged dataset")
    parser.add_argument("--bytes", type=float, default=1 << 30, help="bytes a rank of the large case")
    return parser.parse_args()


def read(names):
    records = []
    for name in names:
        with open(name, encoding="utf-8") as lines:
            records += [record for record in map(json.loads, lines) if record.get("bench") == "cost"]
    return records


class Counted:
    """The calls of one operation: numbers as they are, bytes = fixed + objects * each."""

    def __init__(self, records, op, backend, layout="contiguous"):
        mine = [r for r in records if (r["op"], r["layout"], r["backend"]) == (op, layout, backend)]
        self.ranks = max(r["np"] for r in mine)
        many = sorted((r for r in mine if r["np"] == self.ranks and r["objects"] >= 100), key=lambda r: r["objects"])
        few, lots = many[0], many[-1]
        self.calls = {name: count for name, (count, _) in lots["by_call"].items()
                      if name in WORTH or name in EXCHANGES}
        self.fixed, self.each = {}, {}
        for name in self.calls:
            low, high = (r["by_call"].get(name, [0, 0])[1] for r in (few, lots))
            self.each[name] = (high - low) / (lots["objects"] - few["objects"])
            self.fixed[name] = low - few["objects"] * self.each[name]
        self.opens_others = (lots["opens_all_ranks"] - lots["opens"]) / (self.ranks - 1)
        self.opens_rank_0 = lots["opens"]
        self.opens_lock = lots["opens_lock"]
        self.side = lots["opens_side"]
        # Of one rank alone: the structure of the file, the tree, and data that are small.
        alone = sorted((r for r in mine if r["np"] == 1), key=lambda r: r["objects"])
        few, lots = alone[-2], alone[-1]
        self.seconds_each = (lots["median_s"] - few["median_s"]) / (lots["objects"] - few["objects"])

    def metadata_bytes(self, objects):
        return sum(self.fixed[name] + objects * self.each[name] for name in self.calls if name not in EXCHANGES)


def times(counted, machine, ranks, objects, data, exchanged):
    """Seconds by what they are spent on. `data` are bytes of all ranks."""
    depth = math.ceil(math.log2(ranks))
    nodes = math.ceil(ranks / machine.ranks_per_node)
    per_rank = data / ranks
    result = {}
    result["collectives"] = 2 * machine.alpha * depth * sum(
        WORTH[name] * count for name, count in counted.calls.items() if name not in EXCHANGES)
    result["metadata"] = 2 * counted.metadata_bytes(objects) / machine.node_bandwidth
    result["opens"] = (counted.opens_rank_0 + (counted.opens_others + (1 if counted.opens_lock else 0)
                                               + 2 * counted.side) * (ranks - 1)) / machine.opens
    result["objects"] = objects * counted.seconds_each
    rounds = math.ceil(per_rank / ROUND_BYTES) if exchanged else 0
    result["exchange"] = rounds * (ranks - 1) * machine.alpha + (
        data / nodes / machine.node_bandwidth if exchanged and nodes > 1 else 0)
    result["planning"] = machine.plan * ranks * objects if exchanged else 0
    accesses = max(1, objects / ranks, rounds) if exchanged else objects
    result["data"] = accesses * machine.access + data / min(machine.file_system, nodes * machine.node_bandwidth)
    return result


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


def main():
    machine = options()
    records = read(machine.results)
    backend = machine.backend or records[0]["backend"]
    counted = {op: Counted(records, op, backend) for op in ("save", "load")}
    print(f"Counted with {backend} on {counted['save'].ranks} ranks:\n")
    print("| | save | load |\n|---|---:|---:|")
    for name in sorted(set(counted["save"].calls) | set(counted["load"].calls)):
        print(f"| {name} | " + " | ".join(
            f"{c.calls[name]} ({c.fixed[name]:.0f} + {c.each[name]:.0f} N bytes)" if name in c.calls else "-"
            for c in counted.values()) + " |")
    for what, value in (("opens of the file, rank 0", lambda c: c.opens_rank_0),
                        ("opens of the file, others", lambda c: f"{c.opens_others:g}"),
                        ("opens of the lock, rank 0", lambda c: c.opens_lock),
                        ("files that MPI makes beside it, a rank", lambda c: c.side),
                        ("microseconds an object, one rank", lambda c: f"{c.seconds_each * 1e6:.0f}")):
        print(f"| {what} | " + " | ".join(str(value(c)) for c in counted.values()) + " |")
    for objects in (1000, 10000):
        table(f"{objects} datasets of 8 KiB, half of them exchanged:".replace("half of them ", ""),
              [((op, ranks), times(counted[op], machine, ranks, objects, objects * 8192, True))
               for op in counted for ranks in machine.ranks])
    table(f"100 datasets, {machine.bytes / 2 ** 20:.0f} MiB a rank, directly:",
          [((op, ranks), times(counted[op], machine, ranks, 100, machine.bytes * ranks, False))
           for op in counted for ranks in machine.ranks])
    table(f"100 datasets, {machine.bytes / 2 ** 20:.0f} MiB a rank, exchanged:",
          [((op, ranks), times(counted[op], machine, ranks, 100, machine.bytes * ranks, True))
           for op in counted for ranks in machine.ranks])


if __name__ == "__main__":
    sys.exit(main())
