#!/usr/bin/env python3
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""fixture_table.py FOLDER > FOLDER/EXPECTED.txt: what load() must make of every node of FOLDER/*.h5, by h5py.

One node a line: file | path | dtype | shape | distributed axis, or "common", or "group" | storage | attributes. The
words are those of memdata's to_string(); attributes are counted without the hints.
"""
import os
import sys

import h5py
from h5py import h5t

HINTS = ("__memh5_distributed_file", "__memh5_distributed_dset", "__memh5_distributed_axis")


def shape_text(shape):
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def is_big(tid):
    cls = tid.get_class()
    if cls == h5t.COMPOUND:
        return any(is_big(tid.get_member_type(i)) for i in range(tid.get_nmembers()))
    if cls == h5t.ARRAY:
        return is_big(tid.get_super())
    return cls in (h5t.INTEGER, h5t.FLOAT) and tid.get_order() == h5t.ORDER_BE


def dtype_text(tid):
    cls = tid.get_class()
    if cls == h5t.STRING:
        return "string" if tid.is_variable_str() else f"string[{tid.get_size()}]"
    if cls == h5t.ENUM:
        return "bool"
    if cls == h5t.INTEGER:
        return f"{'int' if tid.get_sign() else 'uint'}{8 * tid.get_size()}"
    if cls == h5t.FLOAT:
        return f"float{8 * tid.get_size()}"
    if cls == h5t.ARRAY:
        return dtype_text(tid.get_super()) + shape_text(tid.get_array_dims())
    names = [tid.get_member_name(i).decode() for i in range(tid.get_nmembers())]
    if names == ["r", "i"]:
        return f"complex{8 * tid.get_size()}"
    return "{" + ", ".join(f"{n}: {dtype_text(tid.get_member_type(i))}" for i, n in enumerate(names)) + "}"


def storage_text(node):
    plist = node.id.get_create_plist()
    filters = [plist.get_filter(i) for i in range(plist.get_nfilters())]
    assert not filters, "teach me their names"
    text = f"chunks {shape_text(node.chunks)}" if node.chunks else "contiguous"
    return text + (", big-endian" if is_big(node.id.get_type()) else "")


def line(file, node):
    attributes = sum(name not in HINTS for name in node.attrs)
    if isinstance(node, h5py.Group):
        return f"{file} | {node.name} | - | - | group | - | {attributes}"
    where = "common"
    if node.attrs.get(HINTS[1], False):
        where = str(int(node.attrs.get(HINTS[2], 0)))
    return (f"{file} | {node.name} | {dtype_text(node.id.get_type())} | {shape_text(node.shape)} | {where} | "
            f"{storage_text(node)} | {attributes}")


def main():
    for file in sorted(f for f in os.listdir(sys.argv[1]) if f.endswith(".h5")):
        with h5py.File(os.path.join(sys.argv[1], file), "r") as handle:
            print(line(file, handle["/"]))
            handle.visititems(lambda _, node: print(line(file, node)))


if __name__ == "__main__":
    main()
