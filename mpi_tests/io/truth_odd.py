# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""Files of unusual element types that h5py can write: truth_odd_test.cpp knows what each dataset holds."""
import ctypes
import glob
import os

from h5py import h5a, h5d, h5p, h5s

from truth_formula import h5py, h5t, np


def integer(like, precision, offset=0, size=None):
    tid = like.copy()
    tid.set_precision(precision)
    tid.set_offset(offset)
    if size is not None:
        tid.set_size(size)
    return tid


def floating(like, fields, size, bias):
    tid = like.copy()
    tid.set_fields(*fields)
    tid.set_size(size)
    tid.set_ebias(bias)
    return tid


def enumeration(base, names):
    tid = h5t.enum_create(base)
    for name, value in names.items():
        tid.enum_insert(name.encode(), value)
    return tid


def compound(**members):
    """Without gaps."""
    tid = h5t.create(h5t.COMPOUND, sum(part.get_size() for part in members.values()))
    offset = 0
    for name, part in members.items():
        tid.insert(name.encode(), offset, part)
        offset += part.get_size()
    return tid


NUMBERS = {
    "int24": integer(h5t.STD_I32LE, 24, size=3), "int20_big": integer(h5t.STD_I32BE, 20, 5),
    "uint12": integer(h5t.STD_U16LE, 12, 4), "int9_wide": integer(h5t.STD_I64LE, 9),
    "bfloat16": floating(h5t.IEEE_F32LE, (15, 7, 8, 0, 7), 2, 127),
    "float24": floating(h5t.IEEE_F32LE, (23, 16, 7, 0, 16), 3, 63),
    "other_bias": floating(h5t.IEEE_F32LE, (31, 23, 8, 0, 23), 4, 100),
    "bool_uint8": enumeration(h5t.STD_U8LE, {"TRUE": 1, "FALSE": 0}),
    "bool_int32_big": enumeration(h5t.STD_I32BE, {"FALSE": 0, "TRUE": 1}),
}
SHAPE = (11, 5)
NUMBER = np.arange(55).reshape(SHAPE) % 40  # every type above can hold it


def make(group, name, tid, space=None, dcpl=None, axis=None):
    space = space or h5s.create_simple(SHAPE)
    node = h5py.Dataset(h5d.create(group.id, name.encode(), tid, space, dcpl))
    if axis is not None:
        node.attrs["__memh5_distributed_dset"] = True
        node.attrs["__memh5_distributed_axis"] = axis
    return node


def deflated():
    dcpl = h5p.create(h5p.DATASET_CREATE)
    dcpl.set_chunk((2, 3))
    dcpl.set_deflate(3)
    return dcpl


def fill(node, tid):
    """Through HDF5's own conversion; bools by their enumeration."""
    if tid.get_class() == h5t.ENUM:
        node.id.write(h5s.ALL, h5s.ALL, (NUMBER % 2).astype("i1"), enumeration(h5t.STD_I8LE, {"FALSE": 0, "TRUE": 1}))
    else:
        content = NUMBER.astype("f8" if tid.get_class() == h5t.FLOAT else "i8")
        node.id.write(h5s.ALL, h5s.ALL, content)


def odd(file):
    for name, tid in NUMBERS.items():
        for place, axis, dcpl in (("common", None, None), ("rows", 0, None), ("columns", 1, deflated())):
            fill(make(file.require_group(place), name, tid, dcpl=dcpl, axis=axis), tid)
        aid = h5a.create(file.id, name.encode(), tid, h5s.create_simple(SHAPE))
        if tid.get_class() == h5t.ENUM:
            aid.write((NUMBER % 2).astype("i1"), enumeration(h5t.STD_I8LE, {"FALSE": 0, "TRUE": 1}))
        else:
            aid.write(NUMBER.astype("f8" if tid.get_class() == h5t.FLOAT else "i8"))
    # Members that HDF5 must convert, beside big-endian ones.
    mixed = compound(a=NUMBERS["int24"], b=h5t.IEEE_F64BE, c=NUMBERS["bool_uint8"])
    content = np.zeros(SHAPE, [("a", "i4"), ("b", "f8"), ("c", "?")])
    content["a"], content["b"], content["c"] = NUMBER - 20, NUMBER / 4, NUMBER % 2
    for place, axis in (("common", None), ("rows", 0)):
        make(file[place], "mixed", mixed, axis=axis).id.write(h5s.ALL, h5s.ALL, content)
    committed(file)
    convertible(file)
    undefined(file)
    times = np.array(["2024-02-29T12:34:56", "1970-01-01", "NaT"], "<M8[s]")
    node = file.create_dataset("times", data=times.astype(h5py.opaque_dtype(times.dtype)))
    node.attrs["times"] = times.astype(h5py.opaque_dtype(times.dtype))
    file.create_dataset("garbage_bools", data=np.array([0, 1, 7, 255], "u1"))
    for name, dtype in {"f8": "<f8", "big": ">i4", "text": h5py.string_dtype(), "fixed": "S5", "half": "<f2",
                        "enum": h5py.enum_dtype({"a": 1}), "vlen": h5py.vlen_dtype("<i4"), "opaque": "V3",
                        "compound": [("x", "<i4"), ("y", "S3", (2,))]}.items():
        node = file.create_dataset("null/" + name, data=h5py.Empty(np.dtype(dtype)))
        node.attrs["__memh5_distributed_dset"] = name == "f8"
        node.attrs["unit"] = "m"
    for i in range(300):
        file.require_group("many").attrs[f"attribute {i}"] = np.full(300, i, "<i4")


def undefined(file):
    """Fill values that the file leaves open: h5py has no call for that. Only the first rows are written."""
    with open("/proc/self/maps") as maps:
        names = [line.split()[-1] for line in maps if "libhdf5" in line and "_hl" not in line]
    hdf5 = ctypes.CDLL(names[0])
    hdf5.H5Pset_fill_value.argtypes = [ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p]
    for name in ("plain", "packed", "unwritten"):
        dcpl = h5p.create(h5p.DATASET_CREATE) if name == "unwritten" else deflated()
        if name == "plain":
            dcpl.remove_filter(h5py.h5z.FILTER_DEFLATE)
        dcpl.set_fill_time(h5d.FILL_TIME_NEVER)  # else HDF5 does not read what was never written
        if hdf5.H5Pset_fill_value(dcpl.id, h5t.NATIVE_INT32.id, None) < 0:
            raise OSError("H5Pset_fill_value")
        node = make(file.require_group("undefined"), name, h5t.STD_I32LE, dcpl=dcpl)
        if name != "unwritten":
            node[:4] = NUMBER[:4]


def links(folder):
    """Links to other files, links to nowhere, and groups of many names."""
    with h5py.File(os.path.join(folder, "odd_links.h5"), "w") as file:
        file["elsewhere"] = h5py.ExternalLink("odd.h5", "/committed")
        file["far"] = h5py.SoftLink("/elsewhere/colours")
        file["far_group"] = h5py.SoftLink("/elsewhere")
        good = file.create_group("good")
        good["data"] = NUMBER
        good["soft"] = h5py.SoftLink("data")
        good["gone"] = h5py.SoftLink("/good/nowhere")
        good["gone_too"] = h5py.SoftLink("/nowhere/data")
        good["loop"] = h5py.SoftLink("/good/loop")
        good["group/data"] = -NUMBER
        good["same"] = good["group"]
        group = file.create_group("many")
        for _ in range(18):
            below = group.create_group("a")
            group["b"] = below
            group = below
    with h5py.File(os.path.join(folder, "references.h5"), "w") as file:
        for name in ("x", "y"):
            file[name] = np.arange(11.0)
            file[name].make_scale(name + " in m")
        file["data"] = NUMBER
        file["data"].attrs["unit"] = "K"
        file["data"].dims[0].attach_scale(file["x"])
        file["data"].dims[0].attach_scale(file["y"])
        file["data"].attrs["region"] = file["data"].regionref[2:4]
        file["group/data"] = NUMBER
        file["group"].attrs["best"] = file["data"].ref


def convertible(file):
    """What is no integer is in row 2, and in the chunks beyond the edge."""
    content = np.arange(70.0).reshape(10, 7)
    content[2] += 0.5
    names = np.array([b"a", b"bb", b"", b"ccc   "], "S6")
    for name, options in {"plain": {}, "packed": {"compression": "gzip"}}.items():
        node = file.create_dataset("convertible/" + name, (10, 7), "<f8", chunks=(4, 3), fillvalue=np.nan, **options)
        node[...] = content
        node.attrs["__memh5_distributed_dset"] = True
        node = file.create_dataset("convertible/names_" + name, data=names, chunks=(3,), **options)
        node.attrs["__memh5_distributed_dset"] = True


def committed(file):
    group = file.create_group("committed")
    inner = np.dtype([("names", "S3", (2,)), ("z", ">c8")])
    group["record_type"] = np.dtype([("id", ">i4"), ("inner", inner, (2,))])
    content = np.zeros(4, group["record_type"].dtype)
    content["id"] = [1, -2, 3, -4]
    content["inner"]["names"][:, 1, 1] = [b"a", b"", b"abc", b"b\0c"]
    content["inner"]["z"][:, 0] = [1 + 2j, 0, 0, -1j]
    node = group.create_dataset("records", data=content, dtype=group["record_type"])
    group["colour_type"] = h5py.enum_dtype({"red": 70000, "blue": -1}, ">i4")
    group.create_dataset("colours", data=np.array([-1, 70000, 5], ">i4"), dtype=group["colour_type"])
    node.attrs.create("colour", 70000, dtype=group["colour_type"])


def sparse(folder):
    """More chunks than could ever be counted, of which five are there."""
    with h5py.File(os.path.join(folder, "sparse.h5"), "w") as file:
        for name, options in {"plain": {}, "packed": {"compression": 1, "shuffle": True}}.items():
            node = file.create_dataset(name, (2 ** 40, 2 ** 20), "<i4", chunks=(4, 4), fillvalue=-1, **options)
            node[5:7, 3:9] = [[10 * row + column for column in range(3, 9)] for row in (5, 6)]
            node[2 ** 40 - 1, 2 ** 20 - 1] = 7


def bad(folder):
    """One type each that no Dtype is."""
    types = {"object_reference": h5t.STD_REF_OBJ, "region_reference": h5t.STD_REF_DSETREG, "bits": h5t.STD_B8LE,
             "time": h5t.UNIX_D32LE, "long_double": h5t.NATIVE_LDOUBLE, "int128": integer(h5t.STD_I64LE, 64, size=16),
             "sequences_of_sequences": h5t.vlen_create(h5t.vlen_create(h5t.STD_I8LE)),
             "texts_in_compound": compound(a=h5t.STD_I8LE, text=h5t.py_create(h5py.string_dtype(), logical=True)),
             "reference_in_compound": compound(a=h5t.STD_I8LE, reference=h5t.STD_REF_OBJ),
             "bits_in_array": h5t.array_create(h5t.STD_B16LE, (3,))}
    types["int128"].set_precision(100)
    for old in glob.glob(os.path.join(folder, "bad_*")):
        os.remove(old)
    for name, tid in types.items():
        with h5py.File(os.path.join(folder, f"bad_{name}.h5"), "w") as file:
            make(file.create_group("group"), name, tid)
        if tid.detect_class(h5t.REFERENCE):
            continue  # such attributes are left out
        with h5py.File(os.path.join(folder, f"bad_{name}_attribute.h5"), "w") as file:
            h5a.create(file.create_group("group").id, name.encode(), tid, h5s.create_simple(SHAPE))
