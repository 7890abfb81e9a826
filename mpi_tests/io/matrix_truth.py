#!/usr/bin/env python3
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""matrix_truth.py FOLDER...: h5py judges the files that matrix_test.cpp saved there, case by case."""
import functools
import os
import sys

sys.dont_write_bytecode = True

import truth_formula as formula  # noqa: E402
from truth_formula import TYPES, Text, big_endian, h5_type, h5py, h5t, np, same, sequence_of, values  # noqa: E402
from h5py import h5a, h5d  # noqa: E402

SHAPE = (11, 5, 3)
PLACES = {"common": (SHAPE, None), "axis_0": (SHAPE, 0), "axis_1": (SHAPE, 1), "axis_2": (SHAPE, 2),
          "few": ((2, 4, 2), 0), "none": ((3, 0, 2), 1), "scalar": ((), None)}
SHORT = ("contiguous", "chunked", "packed")  # the storages of "few" and "none"
PACKED = ((2, None), (1, (5,)))
# Are there chunks ("auto": any), and which filters, with the options that the user gave.
STORAGES = {"contiguous": (False, ()), "chunked": (True, ()), "packed": (True, PACKED), "automatic": ("auto", ()),
            "checked": (True, ((3, None),)), "lzf": (True, ((32000, None),)), "szip": (True, ((4, None),)),
            "big": (False, ()), "big_packed": (True, PACKED), "wide": (False, ()), "wide_packed": ("auto", PACKED),
            "narrow": (False, ()), "narrow_chunked": (True, ())}
WIDER = {"?": "<i2", "b": "<i2", "B": "<i2", "h": "<i4", "i": "<i8", "I": "<i8", "H": "<u4", "e": "<f4", "f": "<f8",
         "F": "<c16"}
NARROWER = {"d": "<f4", "D": "<c8", "l": "<i2", "I": "u1"}


def is_enumeration(kind):
    return not isinstance(kind, Text) and h5py.check_enum_dtype(kind) is not None


def variable(kind):
    return kind.size is None if isinstance(kind, Text) else sequence_of(kind) is not None


def wider(kind):
    if isinstance(kind, Text):
        return Text(None, not kind.utf8) if kind.size is None else Text(kind.size + 3, True)
    if kind.names:
        names = kind.names[::-1]
        return np.dtype([(n, wider(kind.fields[n][0]) or kind.fields[n][0]) for n in names])
    if kind.subdtype:
        base, dims = kind.subdtype
        return wider(base) and np.dtype((wider(base), dims))
    if sequence_of(kind) is not None:
        return wider(sequence_of(kind)) and h5py.vlen_dtype(wider(sequence_of(kind)))
    if h5py.check_opaque_dtype(kind):
        return None
    if kind.kind == "S":
        return h5py.string_dtype("utf-8", kind.itemsize + 3)
    if is_enumeration(kind) and kind.char in "lq":
        return np.dtype("<i8")  # without the names
    return np.dtype(WIDER[kind.char]) if kind.char in WIDER else None


def narrower(kind):
    plain = not isinstance(kind, Text) and not is_enumeration(kind) and sequence_of(kind) is None
    return np.dtype(NARROWER[kind.char]) if plain and kind.char in NARROWER else None


def suits_szip(kind):
    return not isinstance(kind, Text) and kind.kind in "biuf" and not h5py.check_opaque_dtype(kind)


def file_kind(storage, kind):
    """The type in the file; None where there is no such case."""
    if storage.startswith("big"):
        return big_endian(kind)
    if storage.startswith("wide"):
        return wider(kind)
    if storage.startswith("narrow"):
        return narrower(kind)
    refused = (storage == "checked" and variable(kind)) or (storage == "szip" and not suits_szip(kind))
    return None if refused else kind


def cases():
    """Path, type of the formula, type in the file."""
    for t, kind in enumerate(TYPES):
        for place in PLACES:
            for storage in STORAGES:
                if place == "scalar" and storage != "contiguous" or place in ("few", "none") and storage not in SHORT:
                    continue
                stored = file_kind(storage, kind)
                if stored is not None:
                    yield f"/{storage}/{place}/{t}", kind, stored


def cast(found, kind):
    """Values of one type as another: by numpy, member by member; text and bytes as they are."""
    if isinstance(kind, Text) or kind.kind == "S":
        return found
    if sequence_of(kind) is not None:
        out = np.empty(found.shape, object)
        for index in np.ndindex(found.shape):
            out[index] = cast(found[index], sequence_of(kind))
        return out
    base = kind.base
    if base.names:
        out = np.zeros(found.shape, base)
        for name in base.names:
            out[name] = cast(found[name], base.fields[name][0])
        return out
    return found if base.kind in "SV" else found.astype(base.newbyteorder("="))


@functools.lru_cache(None)
def expected(path):
    """All files hold the same, so it is made once: `wanted` below knows the types."""
    kind, stored = CASES[path]
    shape = PLACES[path.split("/")[2]][0]
    made = values(path, kind, shape)
    return made if stored is kind else cast(made, stored)


def hint(node, name):
    if not h5a.exists(node.id, name):
        return None
    aid = h5a.open(node.id, name)
    out = np.empty((), aid.dtype)
    aid.read(out)
    return out[()]


def check_dataset(node, path):
    """What is wrong."""
    _, storage, place, _ = path.split("/")
    kind, stored = CASES[path]
    shape, axis = PLACES[place]
    tid, plist = node.id.get_type(), node.id.get_create_plist()
    if tid != h5_type(stored):
        return f"type {node.dtype}"
    if isinstance(stored, Text):
        wanted = stored.h5()
        if (tid.get_cset(), tid.get_strpad()) != (wanted.get_cset(), wanted.get_strpad()):
            return "charset or padding"
    elif node.dtype != stored:
        return f"dtype {node.dtype}, not {stored}"
    if node.shape != shape or node.maxshape != shape:
        return f"shape {node.shape}, {node.maxshape}"
    chunked, filters = STORAGES[storage]
    if plist.get_layout() != (h5d.CHUNKED if chunked else h5d.CONTIGUOUS):
        return f"layout {plist.get_layout()}"
    if chunked is True and node.chunks != tuple(max(1, min(c, n)) for c, n in zip((4, 2, 2), shape)):
        return f"chunks {node.chunks}"
    if chunked == "auto" and not all(1 <= c <= max(n, 1) for c, n in zip(node.chunks, shape)):
        return f"chunks {node.chunks}"
    found = [plist.get_filter(i) for i in range(plist.get_nfilters())]
    if len(found) != len(filters) or not all(f[0] == number and (options is None or f[2] == options)
                                             for f, (number, options) in zip(found, filters)):
        return f"filters {found}"
    distributed, at = hint(node, b"__memh5_distributed_dset"), hint(node, b"__memh5_distributed_axis")
    if type(distributed) is not np.bool_ or distributed != (axis is not None):
        return f"hint {distributed!r}"
    if at != axis or not (axis is None or type(at) is np.int64):
        return f"axis hint {at!r}"
    found = node[()]
    if sequence_of(node.dtype) is not None:
        found = formula.sequences(found, node.dtype, shape)
    return None if same(found, expected(path)) else "values"


def check(folder):
    name = os.path.basename(os.path.normpath(folder))
    wrong = 0
    with h5py.File(os.path.join(folder, "matrix.h5"), "r") as file:
        found = {f"/{s}/{p}/{t}" for s, group in file.items() for p, types in group.items() for t in types}
        lzf = any(path.startswith("/lzf/") for path in found)  # memdata may have been built without
        wanted = {path for path in CASES if lzf or not path.startswith("/lzf/")}
        for path in found ^ wanted:
            wrong += 1
            print(f"{name}: {path}: {'missing' if path in wanted else 'unexpected'}")
        if not hint(file, b"__memh5_distributed_file"):
            wrong += 1
            print(f"{name}: no hint that the file has distributed datasets")
        for path in sorted(found & wanted):
            why = check_dataset(file[path], path)
            if why is not None:
                wrong += 1
                print(f"{name}: {path}: {why}")
    print(f"{name}: {len(wanted)} cases, {wrong} wrong")
    return wrong == 0 and len(found) > 1000


CASES = {path: (kind, stored) for path, kind, stored in cases()}

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(not all([check(folder) for folder in sys.argv[1:]]))
