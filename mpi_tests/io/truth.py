#!/usr/bin/env python3
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""Truth by h5py.

    truth.py check FOLDER...    the attributes that truth_save_test.cpp saved there are what h5py would have written
    truth.py write FOLDER       writes the files that truth_load_test.cpp loads
"""
import json
import os
import sys

sys.dont_write_bytecode = True

import truth_formula as formula  # noqa: E402
from truth_formula import TYPES, Report, big_endian, h5_type, h5py, h5t, np, same, values  # noqa: E402
from h5py import h5a, h5s  # noqa: E402

PREFIX = "!!_memh5_json:"
HINTS = ("__memh5_distributed_file", "__memh5_distributed_dset", "__memh5_distributed_axis")


def attribute(node, name):
    """Its type, dataspace ("null" or a shape) and value."""
    aid = h5a.open(node.id, name.encode())
    space = aid.get_space()
    shape = "null" if space.get_simple_extent_type() == h5s.NULL else space.shape
    value = None
    if shape != "null" and 0 not in shape:
        value = node.attrs[name]
        if formula.sequence_of(aid.dtype) is not None:
            value = formula.sequences(value, aid.dtype, shape)
    return aid.get_type(), shape, value


def text(content):
    return (h5_type(formula.Text(None, True)), (), content)


def json_text(content):
    return text(PREFIX + content)


def numbers(kind, content):
    array = np.array(content, dtype=kind)
    return (h5_type(np.dtype(kind)), array.shape, array)


def expected_attributes(beyond):
    shapes = {"scalar": (), "one": (1,), "row": (5,), "table": (2, 3), "cube": (2, 1, 2), "empty": (0,), "hollow": (3, 0)}
    out = {}
    for t, kind in enumerate(TYPES):
        for name, shape in shapes.items():
            name = f"type_{t}_{name}"
            out[name] = (h5_type(kind), shape, None if 0 in shape else values(name, kind, shape))
        out[f"type_{t}_null"] = (h5_type(kind), "null", None)
        big = big_endian(kind)
        if big is not None:
            out[f"type_{t}_big"] = (h5_type(big), (4,), values(f"type_{t}_big", kind, (4,)))
    nan, inf = np.nan, np.inf
    variable, ascii_text = h5_type(formula.Text(None, True)), h5_type(formula.Text(None, False))
    out.update({
        "nan": numbers("<f8", nan), "minus nan": numbers("<f8", np.copysign(nan, -1)),
        "infinities": numbers("<f8", [inf, -inf, -0.0, 5e-324]),
        "int64 edges": numbers("<i8", [-2 ** 63, 2 ** 63 - 1]), "uint64 max": numbers("<u8", 2 ** 64 - 1),
        "yes": numbers("?", True), "no": numbers("?", False), "complex": numbers("<c16", complex(1.5, -0.0)),
        "text": text("plain"), "text empty": text(""), "text utf8": text("na\u00efve \u65e5\u672c \U0001f680"),
        "text lines": text("two\nlines\tand a tab "), "text long": text("x" * 100000 + "\u00e9"),
        "text ascii": (ascii_text, (), ""),
        "texts": (variable, (4,), np.array(["a", "", "\u00e9", "y" * 70000], dtype=object)),
        "bytes": (h5_type(formula.Text(8, False)), (), np.bytes_(b"8 bytes.")),
        "bytes inside": (h5_type(formula.Text(4, False)), (), np.bytes_(b"a\0b")),
        "looks like json": text('{"a": 1}'), "is no json": json_text('{"a": '),
        "\u043a\u043b\u044e\u0447": text("unicode name"), "name with spaces/and slash": numbers("<i4", 1),
        "json": json_text(json.dumps({"z": 1, "a": [1, 2.5, None, True, "\u00e9"], "m": {"deep": -1}})),
        "json empty": json_text("{}"), "json spaces": json_text("[ 1 ,2,\n 3.10 , 1e+300]"),
        "json python": json_text('{"nan": NaN, "inf": [Infinity, -Infinity], "e": "\\u00e9"}'),
        "json long": json_text('"' + "j" * 200000 + '"'),
        "time": json_text('"2024-02-29T12:34:56.789000"'), "time whole": json_text('"2023-12-31T00:00:00"'),
    })
    if beyond:
        for name, kind, shape in (("numbers", formula.F8, (10000,)), ("strings", formula.FIXED7, (100, 101)),
                                  ("texts", formula.STRING, (5000,)), ("compounds", formula.COMPOUND, (1300,))):
            name = "beyond " + name
            out[name] = (h5_type(kind), shape, values(name, kind, shape))
    return out


def check_attributes(report, node, expected):
    found = set(node.attrs) - set(HINTS)
    report(found == set(expected), f"{node.name}: other attributes: {sorted(found ^ set(expected))[:3]}")
    for name in found & set(expected):
        tid, shape, value = attribute(node, name)
        wanted_type, wanted_shape, wanted = expected[name]
        report(tid == wanted_type and shape == wanted_shape, f"{node.name} @{name}: type or shape {shape}")
        if wanted is not None and shape == wanted_shape:
            if isinstance(wanted, str) and wanted.startswith(PREFIX) and value != wanted:  # spacing may differ
                report(json.loads(value[len(PREFIX):]) == json.loads(wanted[len(PREFIX):]), f"{node.name} @{name}: json")
            else:
                report(same(value, wanted), f"{node.name} @{name}: {value!r:.60} not {wanted!r:.60}")


def check(folder):
    report = Report(os.path.basename(os.path.normpath(folder)))
    with h5py.File(os.path.join(folder, "truth.h5"), "r") as file:
        report(type(file.attrs[HINTS[0]]) is np.bool_ and file.attrs[HINTS[0]], "file hint")
        report(list(file) == ["groups"] and list(file["groups"]) == ["rows", "\u00fcn\u00ef \u65e5\u672c"], "names")
        expected = expected_attributes(False)
        for path in ("/", "groups", "groups/rows"):
            check_attributes(report, file[path], expected)
    with h5py.File(os.path.join(folder, "truth_beyond.h5"), "r") as file:
        check_attributes(report, file["/"], expected_attributes(True))
        report(HINTS[0] not in file.attrs, "a hint that was not wanted")
    print(f"{report.name}: {report.right} right, {report.wrong} wrong")
    return report.wrong == 0 and report.right > 1000


def main():
    if len(sys.argv) >= 3 and sys.argv[1] == "check":
        return 0 if all([check(folder) for folder in sys.argv[2:]]) else 1
    if len(sys.argv) == 3 and sys.argv[1] == "write":
        import truth_write
        truth_write.write(sys.argv[2])
        return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
