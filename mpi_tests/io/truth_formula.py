# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""The values of formula.hpp once more, in numpy: what an element of a dataset at a path must be."""
import os

# A serial h5py must not take an MPI job around it for its own.
for name in [n for n in os.environ if n.startswith(("OMPI_", "PMIX_"))]:
    os.environ.pop(name)

import h5py  # noqa: E402
import numpy as np  # noqa: E402
from h5py import h5t  # noqa: E402

INNER = np.dtype({"names": ["a", "z"], "formats": ["<i2", "<c8"], "offsets": [0, 2], "itemsize": 10})
COMPOUND = np.dtype({
    "names": ["id", "flag", "freq", "name", "vec", "inner", "grid"],
    "formats": ["<i4", "?", "<f8", "S6", ("<f4", (3,)), INNER, ("u1", (2, 2))],
    "offsets": [0, 4, 8, 16, 22, 34, 44], "itemsize": 56})


class Text:
    """A string type: size None is variable."""

    def __init__(self, size, utf8, padding=h5t.STR_NULLPAD):
        self.size, self.utf8, self.padding = size, utf8, padding

    def h5(self):
        tid = h5t.C_S1.copy()
        tid.set_size(h5t.VARIABLE if self.size is None else self.size)
        tid.set_cset(h5t.CSET_UTF8 if self.utf8 else h5t.CSET_ASCII)
        tid.set_strpad(h5t.STR_NULLTERM if self.size is None else self.padding)
        return tid


# In the order of formula.cpp's element_types().
TYPES = [np.dtype(t) for t in ("?", "<i1", "<i2", "<i4", "<i8", "<u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16")]
F8, I4, STRING, FIXED7 = np.dtype("<f8"), np.dtype("<i4"), Text(None, True), Text(7, False)
COLOUR = h5py.enum_dtype({"red": 0, "green": 1, "blue": -3}, "i1")
TYPES += [STRING, Text(1, False), FIXED7, Text(5, True, h5t.STR_NULLTERM),
          Text(4, False, h5t.STR_SPACEPAD), Text(None, False), COMPOUND,
          COLOUR, h5py.enum_dtype({"low": 1, "high": 65535}, "<u2"), np.dtype("V5"), h5py.opaque_dtype("<M8[us]"),
          h5py.vlen_dtype(np.dtype("<i2")), h5py.vlen_dtype(np.dtype("<f8")),
          np.dtype({"names": ["half", "colour", "raw", "flags"], "formats": ["<f2", COLOUR, "V3", ("?", (2,))],
                    "offsets": [0, 3, 4, 7], "itemsize": 12})]
PART = np.dtype([("a", "<i2"), ("z", "<c8")], align=True)
TYPES += [Text(6, True), Text(9, True, h5t.STR_SPACEPAD), Text(8, False, h5t.STR_NULLTERM),
          h5py.enum_dtype({"low": -2 ** 63, "high": 2 ** 63 - 1, "none": 0}, "<i8"),
          h5py.enum_dtype({"FALSE": 0, "TRUE": 1, "MAYBE": 2}, "i1"),
          np.dtype(("<f4", (2, 3))), np.dtype(("S3", (2,))), h5py.vlen_dtype(INNER),
          np.dtype([("beam", "i1"), ("flux", "<f8"), ("parts", PART, (2,)), ("name", "S5"), ("known", "?")], align=True)]


def sequence_of(kind):
    """What a variable-length type is of; None for others, strings too."""
    base = h5py.check_vlen_dtype(kind)
    return base if isinstance(base, np.dtype) else None


def sequences(found, kind, shape):
    """What h5py 3.7 reads, put right: it unpacks a scalar, and leaves big-endian values as they are in the file."""
    base = sequence_of(kind)
    out = np.empty(shape, object)
    for index in np.ndindex(shape):
        value = found if shape == () else found[index]
        out[index] = np.frombuffer(value.tobytes(), base)
    return out


def h5_type(kind):
    """The HDF5 type as h5py writes it."""
    return kind.h5() if isinstance(kind, Text) else h5t.py_create(kind, logical=True)


def big_endian(kind):
    """The same with every number in it big-endian; None where that is nothing else."""
    if isinstance(kind, Text):
        return None
    if kind.names:
        formats = [big_endian(kind.fields[n][0]) or kind.fields[n][0] for n in kind.names]
        return np.dtype({"names": kind.names, "formats": formats,
                         "offsets": [kind.fields[n][1] for n in kind.names], "itemsize": kind.itemsize})
    if kind.subdtype:
        base, dims = kind.subdtype
        return big_endian(base) and np.dtype((big_endian(base), dims))
    if sequence_of(kind) is not None:
        return h5py.vlen_dtype(big_endian(sequence_of(kind)))
    if h5py.check_opaque_dtype(kind):
        return None
    big = kind.newbyteorder(">")
    if h5py.check_enum_dtype(kind):
        return None if big == kind else h5py.enum_dtype(h5py.check_enum_dtype(kind), big)
    return None if big == kind else big


def mixed(keys):
    with np.errstate(over="ignore"):
        return (keys + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)


def number(kind, keys):
    bits = mixed(keys)
    if kind.kind == "b":
        return (bits >> np.uint64(63)).astype(bool)
    if kind == np.float16:
        return ((bits >> np.uint64(53)).astype(np.float32) / 64 - 16).astype(np.float16)
    if kind == np.float32:
        return ((bits >> np.uint64(40)).astype(np.float64) / 1024 - 8192).astype(np.float32)
    if kind == np.float64:
        return (bits >> np.uint64(11)).astype(np.float64) / 2.0 ** 40 - 4096
    size = 8 * kind.itemsize
    return (bits >> np.uint64(64 - size)).astype(f"u{kind.itemsize}").view(kind)


def fixed(keys, most, utf8=False):
    if not utf8:
        return [bytes(ord("a") + (int(k) + i) % 26 for i in range(int(k) % (most + 1))) for k in keys]
    return ["".join(chr(0xE0 + (int(k) + i) % 26) for i in range(0, int(k) % (most + 1) - 1, 2)).encode() for k in keys]


def variable(key):
    return "\u00e9" * (key % 4) + (str(key) if key % 7 else "")


def elements(kind, keys):
    """One element a key; native byte order; variable strings as bytes objects."""
    if isinstance(kind, Text):
        dtype = h5py.string_dtype("utf-8" if kind.utf8 else "ascii", kind.size)
        if kind.size is None:
            out = np.empty(len(keys), dtype)
            out[:] = [variable(int(k)).encode() for k in keys]
            return out
        most = kind.size - (kind.padding == h5t.STR_NULLTERM)
        return np.array(fixed(keys, most, kind.utf8), dtype)
    if h5py.check_enum_dtype(kind):
        numbers = sorted(h5py.check_enum_dtype(kind).values())
        chosen = [numbers[(int(bits) >> 32) % len(numbers)] for bits in mixed(keys)]
        return np.array(chosen, kind.newbyteorder("="))
    if sequence_of(kind) is not None:
        base = sequence_of(kind).newbyteorder("=")
        out = np.empty(len(keys), h5py.vlen_dtype(base))
        for i, key in enumerate(keys):
            count = 1 + int(key) % 4 if base.names else int(key) % 5  # h5py 3.7 cannot read no compounds
            out[i] = elements(base, np.uint64(3) * key + np.arange(count, dtype=np.uint64))
        return out
    if kind.kind in "VM" and not kind.names and not kind.subdtype:
        raw = np.stack([mixed(keys + np.uint64(i)) >> np.uint64(56) for i in range(kind.itemsize)], axis=1)
        return np.frombuffer(raw.astype(np.uint8).tobytes(), kind)
    kind = kind if kind.names or kind.subdtype else kind.newbyteorder("=")
    if kind.names:
        out = np.zeros(len(keys), kind)
        for i, name in enumerate(kind.names):
            out[name] = elements(kind.fields[name][0], np.uint64(7) * keys + np.uint64(i))
        return out
    if kind.subdtype:
        base, dims = kind.subdtype
        count = int(np.prod(dims))
        parts = [elements(base, np.uint64(5) * keys + np.uint64(i)) for i in range(count)]
        return np.stack(parts, axis=1).reshape((len(keys),) + dims)
    if kind.kind == "c":
        part = np.dtype(f"f{kind.itemsize // 2}")
        two = np.uint64(2)
        out = np.empty(len(keys), kind)
        out.real, out.imag = number(part, two * keys), number(part, two * keys + np.uint64(1))
        return out
    if kind.kind == "S":
        return np.array(fixed(keys, kind.itemsize), dtype=kind)
    return number(kind, keys)


def values(path, kind, shape):
    """All of the dataset at a path."""
    salt = sum((i + 1) * b for i, b in enumerate(path.encode()))
    count = int(np.prod(shape, dtype=np.int64))
    keys = np.uint64(salt << 20) + np.arange(count, dtype=np.uint64)
    dims = () if isinstance(kind, Text) else kind.shape
    return elements(kind, keys).reshape(shape + dims)


class Report:
    """Counts what is right, and tells what is wrong."""

    def __init__(self, name):
        self.name, self.wrong, self.right = name, 0, 0

    def __call__(self, good, what):
        self.right += bool(good)
        if not good:
            self.wrong += 1
            print(f"{self.name}: {what}")


def same(a, b):
    """Bit for bit, but for the gaps in compounds."""
    if isinstance(a, h5py.Empty) or isinstance(b, h5py.Empty):
        return isinstance(a, h5py.Empty) and isinstance(b, h5py.Empty)
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    if a.dtype.names:
        return a.dtype.names == b.dtype.names and all(same(a[n], b[n]) for n in a.dtype.names)
    if a.dtype.kind == "O" and a.size > 0 and isinstance(a.flat[0], np.ndarray):
        return all(same(x, y) for x, y in zip(a.flat, b.flat))
    if a.dtype.kind in "OSU" or b.dtype.kind in "OSU":
        encoded = [[x.encode() if isinstance(x, str) else bytes(x) for x in v.ravel().tolist()] for v in (a, b)]
        return encoded[0] == encoded[1]
    native = a.dtype.newbyteorder("=")
    return native == b.dtype.newbyteorder("=") and a.astype(native).tobytes() == b.astype(native).tobytes()
