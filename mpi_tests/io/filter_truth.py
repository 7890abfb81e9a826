#!/usr/bin/env python3
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""Filters by h5py: what it writes for filter_test.cpp, and what it finds in the files of that test.

    filter_truth.py write FOLDER       filtered.h5: a dataset for every filter of HDF5's own, and lzf.h5
    filter_truth.py check FOLDER...    saved.h5 there: filters, chunks and values of every dataset, as its name says
"""
import os
import sys

sys.dont_write_bytecode = True

from truth_formula import h5py, np, values  # noqa: E402
from h5py import h5d, h5p, h5s, h5t, h5z  # noqa: E402

SHAPE, CHUNKS, KIND = (23, 40), (6, 16), np.dtype("<i4")
O, M = h5z.FLAG_OPTIONAL, h5z.FLAG_MANDATORY
# As filter_test.cpp lists them: name, (filter, flag, options that were given, options that are in the file)...
FILTERS = {
    "deflate": [(1, O, (6,))], "deflate_mandatory": [(1, M, (0,))],
    "shuffle_deflate_checksum": [(2, O, ()), (1, O, (4,)), (3, M, ())],
    "szip_nn": [(4, O, (32, 8))], "szip_ec": [(4, O, (4, 32))], "nbit": [(5, O, ())], "scaleoffset": [(6, O, (2, 0))],
    "lzf": [(32000, O, ())], "shuffle_lzf": [(2, O, ()), (32000, O, ())],
}
GIVEN = {1: 1, 2: 0, 3: 0, 4: 2, 5: 0, 6: 2, 32000: 0}  # how many options are the user's


def write(folder):
    os.makedirs(folder, exist_ok=True)
    for name in ("filtered.h5", "lzf.h5"):
        if os.path.exists(os.path.join(folder, name)):
            os.remove(os.path.join(folder, name))
    for name, filters in FILTERS.items():
        with h5py.File(os.path.join(folder, ("lzf" if "lzf" in name else "filtered") + ".h5"), "a") as file:
            plist = h5p.create(h5p.DATASET_CREATE)
            plist.set_chunk(CHUNKS)
            for number, flag, options in filters:
                if number == 4:  # sets more than it is told, as HDF5 wants it
                    plist.set_szip(*options)
                else:
                    plist.set_filter(number, flag, options)
            made = h5d.create(file.id, name.encode(), h5t.py_create(KIND), h5s.create_simple(SHAPE), plist)
            node = h5py.Dataset(made)
            node[...] = values("/" + name, KIND, SHAPE)
            node.attrs["__memh5_distributed_dset"] = np.bool_(True)
            node.attrs["__memh5_distributed_axis"] = 0


def check(folder):
    wrong = right = 0
    with h5py.File(os.path.join(folder, "saved.h5"), "r") as file:
        for group, axis in (("common", None), ("rows", 0), ("columns", 1)):
            for name, node in file[group].items():
                plist = node.id.get_create_plist()
                found = [plist.get_filter(i)[:3] for i in range(plist.get_nfilters())]
                found = [(n, flag, options[:GIVEN[n]]) for n, flag, options in found]
                if found and found[0][0] == 4:
                    found[0] = (4, found[0][1], (found[0][2][0] & 36, found[0][2][1]))
                good = found == FILTERS[name] and node.chunks == CHUNKS
                good = good and np.array_equal(node[()], values(node.name, KIND, SHAPE))
                stored = node.id.get_storage_size()
                good = good and (name in ("deflate_mandatory", "nbit") or stored != node.size * KIND.itemsize)
                right, wrong = right + good, wrong + (not good)
                if not good:
                    print(f"{folder}: {node.name}: {found} {node.chunks} {stored}")
    print(f"{folder}: {right} right, {wrong} wrong")
    return wrong == 0 and right > 0


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("write", "check"):
        sys.exit(__doc__)
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        sys.exit(not all([check(folder) for folder in sys.argv[2:]]))
