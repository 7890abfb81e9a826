# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""Files that h5py can write, with the formula's values: truth_load_test.cpp knows what each holds."""
import os
import zlib

from h5py import h5a, h5d, h5p, h5s

import truth_formula as formula
import truth_odd
from truth_formula import TYPES, big_endian, h5_type, h5py, h5t, np, values


INNER_ONE = np.ones((), formula.INNER)


def hint(node, axis):
    if axis is None:
        node.attrs["__memh5_distributed_dset"] = False
    else:
        node.attrs["__memh5_distributed_dset"] = True
        node.attrs["__memh5_distributed_axis"] = axis


def put(group, path, kind, shape, axis=None, big=False, hints=True, data=True, dcpl=None, maxshape=None):
    """Makes a dataset through h5py's low-level interface, so that its type is what `kind` says."""
    path = group.name.rstrip("/") + "/" + path
    group.require_group(path.rsplit("/", 1)[0] or "/")
    tid = h5_type(big_endian(kind) if big else kind)
    space = h5s.create(h5s.SCALAR) if shape == () else h5s.create_simple(shape, maxshape)
    node = h5py.Dataset(h5d.create(group.id, path.encode(), tid, space, dcpl))
    if data and 0 not in shape:
        content = values(path, kind, shape)
        if isinstance(kind, formula.Text) or formula.sequence_of(kind) is None:
            node[()] = content
        else:
            base = formula.sequence_of(big_endian(kind) if big else kind)
            if base.names:  # h5py 3.7 crashes when it has to convert them
                native, content = content, np.empty(shape, h5py.vlen_dtype(base))
                for index in np.ndindex(shape):
                    content[index] = native[index].astype(base)
            node.id.write(h5s.ALL, h5s.ALL, content, h5t.py_create(content.dtype))
    if hints:
        hint(node, axis)
    return node


def plist(chunks=None, layout=None, fill=None):
    dcpl = h5p.create(h5p.DATASET_CREATE)
    if layout is not None:
        dcpl.set_layout(layout)
    if chunks is not None:
        dcpl.set_chunk(chunks)
    if fill is not None:
        dcpl.set_fill_value(np.asarray(fill))
    return dcpl


def types(file):
    file.attrs["__memh5_distributed_file"] = True
    for t, kind in enumerate(TYPES):
        for big in [False] + [True] * (big_endian(kind) is not None):
            place = "big" if big else "native"
            put(file, f"{place}/common/{t}", kind, (7, 3), None, big)
            put(file, f"{place}/rows/{t}", kind, (7, 3), 0, big)
            put(file, f"{place}/columns/{t}", kind, (7, 3), 1, big)
            put(file, f"{place}/chunks/{t}", kind, (7, 3), 0, big, dcpl=plist((2, 3)))
            put(file, f"{place}/scalar/{t}", kind, (), None, big)
            put(file, f"{place}/empty/{t}", kind, (0, 3), 0, big)


def layouts(file):
    f8, i4 = formula.F8, formula.I4
    put(file, "compact/common", f8, (5, 3), None, dcpl=plist(layout=h5d.COMPACT))
    put(file, "compact/rows", f8, (5, 3), 0, dcpl=plist(layout=h5d.COMPACT))
    put(file, "compact/columns", i4, (5, 3), 1, big=True, dcpl=plist(layout=h5d.COMPACT))
    put(file, "resizable/rows", f8, (9, 4), 0, dcpl=plist((16, 3)), maxshape=(h5s.UNLIMITED, 4))
    put(file, "resizable/empty", f8, (0, 4), 0, dcpl=plist((16, 3)), maxshape=(h5s.UNLIMITED, 4))
    grown = put(file, "resizable/grown", f8, (11,), 0, dcpl=plist((4,)), maxshape=(h5s.UNLIMITED,), data=False)
    grown.resize((300,))
    grown.resize((11,))
    grown[:] = values("/resizable/grown", f8, (11,))
    # Never written: what arrives is the fill value.
    put(file, "unwritten/contiguous", f8, (6, 4), 0, data=False)
    put(file, "unwritten/filled", i4, (6, 4), 1, data=False, dcpl=plist(fill=np.int32(-7)))
    put(file, "unwritten/big", i4, (6, 4), 0, big=True, data=False, dcpl=plist(fill=np.int32(-7)))
    put(file, "unwritten/chunks", i4, (6, 4), 0, data=False, dcpl=plist((2, 2), fill=np.int32(-7)))
    put(file, "unwritten/common", i4, (6, 4), None, data=False, dcpl=plist(fill=np.int32(-7)))
    put(file, "unwritten/text", formula.STRING, (6,), 0, data=False)
    partly = put(file, "partly/rows", i4, (9, 4), 0, data=False, dcpl=plist((2, 4), fill=np.int32(-7)))
    partly[4:6] = values("/partly/rows", i4, (9, 4))[4:6]
    for name, options in (("deflate", dict(compression="gzip", shuffle=True)), ("checksum", dict(fletcher32=True)),
                          ("scaleoffset", dict(scaleoffset=0))):
        path = f"/filters/{name}"
        node = file.create_dataset(path, data=values(path, i4, (9, 5)), chunks=(4, 2), **options)
        hint(node, 1)


    indices(file)
    masked(file)
    elsewhere(file)


def indices(file):
    """Every way in which HDF5 (the latest format) finds its chunks, and chunks that are not there."""
    i4 = formula.I4
    early = plist((4, 2))
    early.set_alloc_time(h5d.ALLOC_TIME_EARLY)
    put(file, "index/implicit", i4, (9, 5), 0, dcpl=early)
    put(file, "index/single", i4, (9, 5), 0, dcpl=plist((9, 5)))
    put(file, "index/paged", i4, (3000,), 0, dcpl=plist((1,)))
    put(file, "index/extensible", i4, (9, 5), 1, dcpl=plist((2, 2)), maxshape=(h5s.UNLIMITED, 5))
    put(file, "index/tree", i4, (9, 5), 1, dcpl=plist((2, 2)), maxshape=(h5s.UNLIMITED, h5s.UNLIMITED))
    for name, maxshape in (("fixed", None), ("extensible", (h5s.UNLIMITED, 5)), ("tree", (h5s.UNLIMITED,) * 2)):
        dcpl = plist((2, 2), fill=np.int32(-7))
        dcpl.set_deflate(3)
        node = put(file, f"partly/{name}", i4, (9, 5), 1, data=False, dcpl=dcpl, maxshape=maxshape)
        node[3:6, 1:4] = values(node.name, i4, (9, 5))[3:6, 1:4]


def masked(file):
    """Chunks that some filters were left out of, as HDF5 does where an optional one fails."""
    for name, kind in (("rows", "<i4"), ("big", ">i4")):
        dcpl = plist((4, 2))
        dcpl.set_shuffle()
        dcpl.set_deflate(6)
        node = put(file, f"masked/{name}", formula.I4, (9, 5), 0, big=name == "big", data=False, dcpl=dcpl)
        whole = np.zeros((12, 6), kind)
        whole[:9, :5] = values(node.name, formula.I4, (9, 5))
        for number, start in enumerate((row, column) for row in (0, 4, 8) for column in (0, 2, 4)):
            content = whole[start[0]:start[0] + 4, start[1]:start[1] + 2].tobytes()
            mask = number % 4
            if not mask & 1:
                content = np.frombuffer(content, "u1").reshape(-1, 4).T.tobytes()
            if not mask & 2:
                content = zlib.compress(content)
            node.id.write_direct_chunk(start, content, mask)


def elsewhere(file):
    """Data in other files: raw ones, and datasets of which parts are in other HDF5 files or nowhere."""
    f8 = formula.F8
    base = os.path.splitext(os.path.abspath(file.filename))[0]
    for name, axis, big in (("rows", 0, False), ("columns", 1, True), ("common", None, False)):
        dcpl = plist()
        dcpl.set_external(f"{base}_{name}.raw".encode(), 16, 5 * 4 * 8)
        dcpl.set_external(f"{base}_{name}_2.raw".encode(), 0, 4 * 4 * 8)
        put(file, f"external/{name}", f8, (9, 4), axis, big, dcpl=dcpl)
    with h5py.File(f"{base}.source", "w") as source:
        whole = values("/virtual/rows", f8, (9, 4))
        source["first"] = whole[:5]
        source.create_dataset("rest", data=whole[5:8], chunks=(1, 4), compression="gzip", dtype=">f8")
    for name, axis in (("rows", 0), ("columns", 1), ("common", None)):
        layout = h5py.VirtualLayout((9, 4), "<f8")
        layout[:5] = h5py.VirtualSource(f"{base}.source", "first", (5, 4))
        layout[5:8] = h5py.VirtualSource(f"{base}.source", "rest", (3, 4))
        hint(file.create_virtual_dataset(f"virtual/{name}", layout, fillvalue=-7), axis)


def attributes(file):
    for t, kind in enumerate(TYPES):
        h5a.create(file.id, f"null_{t}".encode(), h5_type(kind), h5s.create(h5s.NULL))
    group = file.create_group("group", track_order=True)
    for i in range(20):  # more than a compact header holds, in an order that is not the alphabet's
        group.attrs[f"{(7 * i) % 20}"] = i
    group.attrs["long"] = values("/long", formula.F8, (20000,))
    group.attrs["long text"] = "\u00e9" * 100000
    group.attrs["json"] = '!!_memh5_json:{"a": [1, NaN]}'
    group.attrs["broken json"] = '!!_memh5_json:{"a": '
    group.attrs["bytes"] = b"raw"
    group.attrs["fixed"] = np.bytes_(b"fixed")
    group.attrs["texts"] = ["a", "\u00e9", ""]
    group.attrs["empty texts"] = np.array([], dtype=h5py.string_dtype())
    group.attrs["big"] = np.arange(3, dtype=">i2")
    group.attrs["bools"] = np.array([[True, False]])
    group.attrs["table"] = values("/table", formula.COMPOUND, (2, 2))
    node = put(group, "rows", formula.I4, (9,), 0)
    node.attrs["long"] = values("/long", formula.F8, (20000,))


def links(file):
    f8 = formula.F8
    put(file, "true/rows", f8, (9, 2), 0)
    file["soft"] = h5py.SoftLink("/true/rows")
    file["soft_group"] = h5py.SoftLink("/true")
    file["hard"] = file["true/rows"]
    file["true/number"] = np.dtype("<f4")  # a committed type
    node = file.create_dataset("committed", data=np.arange(5, dtype="<f4"), dtype=file["true/number"])
    hint(node, 0)
    ordered = file.create_group("ordered", track_order=True)
    for name in ("z", "a", "m"):
        put(ordered, name, f8, (3,), None)


def hints(file):
    f8 = formula.F8
    forms = {"int": (1, 1), "numpy_bool": (np.bool_(True), np.int8(1)), "uint8": (np.uint8(1), np.uint8(1)),
             "array": (np.array([1]), np.array([1])), "negative": (True, -2), "no_axis": (True, None),
             "false": (False, 1), "zero": (0, 1), "axis_only": (None, 1), "float": (1.0, 1.0)}
    for name, (distributed, axis) in forms.items():
        node = put(file, name, f8, (4, 5, 2), hints=False)
        if distributed is not None:
            node.attrs["__memh5_distributed_dset"] = distributed
        if axis is not None:
            node.attrs["__memh5_distributed_axis"] = axis
    put(file, "none", f8, (4, 5, 2), hints=False)


def wrong_hints(file):
    wrong = {"beyond": (True, 3), "below": (True, -4), "far": (True, 2 ** 40), "farther": (True, np.uint64(2 ** 64 - 1)),
             "fraction": (True, 1.5), "text": ("yes", 0), "text_axis": (True, "last"), "two": (True, np.array([0, 1])),
             "null": (h5py.Empty("?"), 0), "null_axis": (True, h5py.Empty("<i8")), "record": (INNER_ONE, 0)}
    for name, (distributed, axis) in wrong.items():
        node = put(file, name, formula.F8, (4, 5, 2), hints=False)
        node.attrs["__memh5_distributed_dset"], node.attrs["__memh5_distributed_axis"] = distributed, axis
        node.attrs["unit"] = "m"
    put(file, "scalar", formula.F8, (), 0).attrs["unit"] = "m"
    unused = put(file, "unused_axis", formula.F8, (4, 5, 2))
    unused.attrs["__memh5_distributed_axis"] = "none"


def write(folder):
    os.makedirs(folder, exist_ok=True)
    latest = dict(libver="latest")
    makers = {"types": (types, {}), "types_latest": (types, latest), "layouts": (layouts, {}),
              "layouts_latest": (layouts, latest), "layouts_userblock": (layouts, dict(userblock_size=512)),
              "types_userblock": (types, dict(userblock_size=512)), "attributes": (attributes, latest),
              "links": (links, dict(track_order=True)), "hints": (hints, {}),
              "wrong_hints": (wrong_hints, {}), "odd": (truth_odd.odd, {}), "empty": (lambda file: None, {})}
    for name, (make, options) in makers.items():
        path = os.path.join(folder, name + ".h5")
        with h5py.File(path, "w", **options) as file:
            make(file)
        if "userblock_size" in options:
            with open(path, "r+b") as file:
                file.write(b"#!/bin/sh\n".ljust(512, b"#"))
    truth_odd.sparse(folder)
    truth_odd.links(folder)
    truth_odd.bad(folder)
    print(f"{len(makers)} files in {folder}")
