#!/usr/bin/env python3
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""Random datasets by h5py, random selections of them, and what numpy makes of each: for selection_numpy_test.cpp.

    selection_write.py FOLDER

MEMDATA_TEST_SEED repeats a run. Written are
    sN.h5         the datasets
    taken.bin     what every selection takes, one after another: elements in C order and native byte order; of
                  strings the bytes, each with a zero byte behind it
    cases.json    {"seed", "loads": [{"file", "way", "round_bytes", "cases": [case...]}...], "refused": [case...]}
A case is {"path", "select", "shape", "itemsize" (0: strings), "offset" in taken.bin, "bytes", "about" (for people)}, and
"select" a list of [axis, [start, stop, step]] and [axis, {"list": [index...]}].
"""
import json
import os
import random
import sys
import warnings

sys.dont_write_bytecode = True

from truth_formula import h5py, np  # noqa: E402
from h5py import h5d, h5p, h5s, h5t  # noqa: E402

FILES, DATASETS, SELECTIONS, REFUSED = 20, 25, 4, 60
LONGEST = {1: 200, 2: 24, 3: 10, 4: 6}
COMPOUND = np.dtype([("id", "<i4"), ("flag", "?"), ("z", "<c8"), ("name", "S3")])
KINDS = [np.dtype(k) for k in ("u1", "<i2", ">i4", "<i8", "<f4", "<f8", ">f8", "<c16", "?", "S5")] + [COMPOUND, "text"]
LAYOUTS = ("contiguous", "unwritten", "compact", "chunks", "holes", "resizable", "deflate", "shuffled", "checksum")


def values(rng, kind, shape):
    count = int(np.prod(shape))
    if kind == "text":
        texts = [rng.choice(("", "a", "\u00e9", "text ")) + str(i) * rng.randrange(2) for i in range(count)]
        return np.array(texts, dtype=object).reshape(shape)
    numbers = np.random.default_rng(rng.randrange(2 ** 32))
    if kind.names:
        array = np.zeros(count, kind)
        for name in kind.names:
            array[name] = values(rng, kind[name], (count,))
        return array.reshape(shape)
    if kind.kind == "b":
        return numbers.integers(0, 2, shape).astype(bool)
    if kind.kind == "S":
        return np.array([str(i).encode()[-kind.itemsize:] for i in range(count)], kind).reshape(shape)
    if kind.kind == "c":
        return (numbers.integers(-999, 999, shape) + 1j * numbers.integers(-999, 999, shape)).astype(kind)
    return numbers.integers(0, 250 if kind.itemsize == 1 else 30000, shape).astype(kind)


def random_shape(rng):
    longest = LONGEST[ndim := rng.randint(1, 4)]
    return tuple(0 if rng.random() < 0.03 else rng.randint(1, longest) for _ in range(ndim))


def write_dataset(rng, file, name):
    """Returns its values as numpy has them, and what it is in words."""
    kind, shape, layout = rng.choice(KINDS), random_shape(rng), rng.choice(LAYOUTS)
    if 0 in shape and layout not in ("unwritten", "resizable"):
        layout = "contiguous"
    if kind == "text" and layout == "compact":
        layout = "contiguous"
    array = values(rng, kind, shape)
    options = {"dtype": h5py.string_dtype() if kind == "text" else kind, "shape": shape}
    about = f"{kind} {shape} {layout}"
    if layout == "compact":
        plist = h5p.create(h5p.DATASET_CREATE)
        plist.set_layout(h5d.COMPACT)
        made = h5d.create(file.id, name.encode(), h5t.py_create(kind, logical=True), h5s.create_simple(shape), plist)
        h5py.Dataset(made)[...] = array
        return array, about
    if layout not in ("contiguous", "unwritten"):
        beyond = 5 if layout == "resizable" else 0
        options["chunks"] = tuple(rng.randint(1, max(1, n + beyond)) for n in shape)
        about += f" {options['chunks']}"
    if layout in ("holes", "unwritten") and kind != "text" and not kind.names:
        options["fillvalue"] = array.flat[0] if array.size else None
    if layout == "resizable":
        options["maxshape"] = (None,) * len(shape)
    if layout in ("deflate", "shuffled"):
        options.update(compression="gzip", compression_opts=rng.randint(1, 9), shuffle=layout == "shuffled")
    options["fletcher32"] = layout == "checksum" and kind != "text"
    dataset = file.create_dataset(name, **options)
    fill = "" if kind == "text" else options.get("fillvalue")
    if layout == "unwritten":
        array[...] = np.zeros((), kind) if fill is None else fill
    elif layout == "holes":
        box = tuple(slice(rng.randint(0, n - 1), rng.randint(1, n)) for n in shape)
        dataset[box] = array[box]
        full = np.full(shape, np.zeros((), kind) if fill is None else fill, array.dtype)
        full[box] = array[box]
        array = full
    elif array.size:
        dataset[...] = array
    return array, about


def random_slice(rng, extent):
    def end():
        return None if rng.random() < 0.3 else rng.randint(-extent - extent // 2 - 2, extent + extent // 2 + 2)
    step = rng.choice((1, 1, 2, 3, 5, extent + 1, 2 ** 40)) * rng.choice((1, -1))
    return [end(), end(), step]


def random_list(rng, extent):
    if extent == 0 or rng.random() < 0.07:
        return []
    indices = [rng.randrange(-extent, extent) for _ in range(rng.randint(1, 2 * extent if extent < 30 else extent))]
    form = rng.choice(("any", "sorted", "ascending", "same", "runs", "reversed"))
    if form == "sorted":
        indices.sort()
    elif form == "ascending":
        indices = sorted({i % extent for i in indices})
    elif form == "same":
        indices = indices[:1] * len(indices)
    elif form == "runs":
        start = rng.randrange(extent)
        indices = list(range(start, min(extent, start + 6))) + list(range(0, start, 2))
    elif form == "reversed":
        indices = sorted({i % extent for i in indices}, reverse=True)
    return indices


def random_selection(rng, shape):
    chosen = []
    for axis in rng.sample(range(len(shape)), len(shape)):
        spelled = axis - len(shape) * rng.randrange(2)
        form = rng.random()
        if form < 0.42:
            chosen.append([spelled, random_slice(rng, shape[axis])])
        elif form < 0.78:
            chosen.append([spelled, {"list": random_list(rng, shape[axis])}])
    return chosen


def take(array, selection):
    """As numpy does, one axis after another."""
    for axis, taken in selection:
        at = [slice(None)] * array.ndim
        at[axis] = np.array(taken["list"], np.intp) if isinstance(taken, dict) else slice(*taken)
        array = array[tuple(at)]
    return array


def spoilt(rng, shape):
    """A selection that cannot be."""
    selection = random_selection(rng, shape)
    axis = rng.randrange(len(shape))
    selection = [entry for entry in selection if entry[0] % len(shape) != axis]
    form = rng.randrange(4)
    if form == 0:
        indices = random_list(rng, shape[axis])
        beyond = rng.choice((shape[axis], -shape[axis] - 1, 2 ** 62, -2 ** 62))
        indices.insert(rng.randint(0, len(indices)), beyond)
        bad = [[axis, {"list": indices}]]
    elif form == 1:
        bad = [[axis, [None, None, 0]]]
    elif form == 2:
        bad = [[rng.choice((len(shape), -len(shape) - 1, 2 ** 31 - 1)), [None, None, 1]]]
    else:
        bad = [[axis, random_slice(rng, shape[axis])], [axis - len(shape), random_slice(rng, shape[axis])]]
    if form < 3:
        try:
            take(np.empty(shape, "u1"), selection + bad)
        except (IndexError, ValueError, DeprecationWarning):  # the last: an index beyond, but nothing taken
            pass
        else:
            raise AssertionError(f"numpy takes {selection + bad} of {shape}")
    for entry in bad:
        selection.insert(rng.randint(0, len(selection)), entry)
    return selection


def main(folder):
    warnings.simplefilter("error", DeprecationWarning)
    seed = int(os.environ.get("MEMDATA_TEST_SEED", random.SystemRandom().randrange(2 ** 32)))
    print(f"MEMDATA_TEST_SEED={seed}")
    rng = random.Random(seed)
    os.makedirs(folder, exist_ok=True)
    loads, sources = [], []
    with open(os.path.join(folder, "taken.bin"), "wb") as taken:
        for number in range(FILES):
            name = f"s{number}.h5"
            with h5py.File(os.path.join(folder, name), "w") as file:
                arrays = {f"/d{i}": write_dataset(rng, file, f"d{i}") for i in range(DATASETS)}
            sources += [(name, path, array.shape, about) for path, (array, about) in arrays.items()]
            for _ in range(SELECTIONS):
                cases = []
                for path, (array, about) in arrays.items():
                    selection = random_selection(rng, array.shape)
                    result = take(array, selection)
                    text = array.dtype == object
                    native = result if text else result.astype(array.dtype.newbyteorder("="))
                    data = b"".join(t.encode() + b"\0" for t in result.flat) if text else native.tobytes()
                    cases.append({"path": path, "select": selection, "shape": result.shape, "offset": taken.tell(),
                                  "bytes": len(data), "itemsize": 0 if text else array.itemsize, "about": about})
                    taken.write(data)
                loads.append({"file": name, "way": rng.randrange(3), "round_bytes": rng.choice((1024, 2 ** 30)),
                              "cases": cases})
    refused = []
    for file, path, shape, about in rng.sample(sources, REFUSED):
        refused.append({"file": file, "path": path, "select": spoilt(rng, shape), "about": about})
    with open(os.path.join(folder, "cases.json"), "w", encoding="ascii") as out:
        json.dump({"seed": seed, "loads": loads, "refused": refused}, out)
    print(f"{sum(len(load['cases']) for load in loads)} selections of {len(sources)} datasets")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
