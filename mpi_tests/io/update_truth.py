#!/usr/bin/env python3
# SPDX-FileCopyrightText: The memdata authors
# SPDX-License-Identifier: BSD-3-Clause
"""Truth by h5py about updated files.

    update_truth.py write FOLDER            writes the files that update_test.cpp updates copies of
    update_truth.py check FOLDER SAVED...   judges what it left in the folders SAVED
    update_truth.py hold MODE FILE          has the file open until its input ends
"""
import os
import sys

sys.dont_write_bytecode = True

from truth_formula import Report, Text, h5py, np, same, values  # noqa: E402
from h5py import h5d, h5p, h5s, h5t  # noqa: E402

SHAPE = (61, 23)
CHUNKS = (16, 8)
TEXT = Text(None, True)
KEPT = {"units": "K", "history": np.arange(5)}  # attributes that no tree mentions
# Dataset of the old file: its creation; is it overwritten where it is?
SAME = {
    "rows": {},
    "columns": {},
    "chunked": {"chunks": CHUNKS, "maxshape": (None, 23)},
    "packed": {"chunks": CHUNKS, "compression": 4, "shuffle": True},
    "common": {},
    "common_packed": {"chunks": CHUNKS, "compression": 1},
    "larger_chunk": {"chunks": (100, 23), "maxshape": (None, 23), "fillvalue": 7.5},
    "larger_packed": {"chunks": (100, 8), "maxshape": (None, None), "fillvalue": 7.5, "compression": 4, "shuffle": True},
    "larger_huge": {"chunks": (61, 10000), "maxshape": (None, None), "fillvalue": 7.5},
}
# 8 MiB a chunk: what is beyond the edge is not written with it.
RESIZED = {"plain": {"chunks": (1024,)}, "packed": {"chunks": (1024,), "compression": 4}, "huge": {"chunks": (1 << 20,)}}
ALIASES = ("rows", "packed", "larger_chunk", "larger_packed", "larger_huge")
DIFFERENT = {
    "other_shape": {"shape": (5, 23)},
    "other_type": {"dtype": "f4"},
    "other_chunks": {"chunks": (8, 8)},
    "other_filter": {"chunks": CHUNKS, "compression": 1},
    "big_endian": {"dtype": ">f8"},
}


def old_values(name, shape, dtype):
    rng = np.random.default_rng(sum(name.encode()))
    return rng.integers(0, 50, size=shape).astype(dtype)


def make(group, name, shape=SHAPE, dtype="<f8", **storage):
    dataset = group.create_dataset(name, data=old_values(name, shape, dtype), **storage)
    dataset.attrs.update(KEPT)
    dataset.attrs["changed"] = "old"


def write_old(path, raw, **options):
    with h5py.File(path, "w", **options) as file:
        file.attrs.update(KEPT)
        file.attrs["changed"] = "old"
        for name, storage in SAME.items():
            make(file, f"same/{name}", **storage)
        for name, storage in DIFFERENT.items():
            make(file, f"different/{name}", **storage)
        file["same"].attrs.update(KEPT)
        text = file.create_dataset("same/text", data=[f"old {i}" for i in range(61)], dtype=h5py.string_dtype())
        text.attrs.update(KEPT)
        compact = h5p.create(h5p.DATASET_CREATE)
        compact.set_layout(h5d.COMPACT)
        h5d.create(file["same"].id, b"compact", h5t.IEEE_F64LE, h5s.create_simple((4,)), compact)
        file.create_dataset("different/unwritten", SHAPE, "<f8")
        holes = file.create_dataset("different/holes", SHAPE, "<f8", chunks=CHUNKS)
        holes[:4] = 1
        file.create_dataset("different/external", SHAPE, "<f8", external=[(raw, 0, h5py.h5f.UNLIMITED)])[...] = 5
        for name in ("resizable", "asked", "other_chunks", "to_contiguous"):
            file.create_dataset(f"empty/{name}", (0,), "<f8", maxshape=(None,), chunks=(1024,)).attrs.update(KEPT)
        file.create_dataset("empty/to_null", (0,), "<f8").attrs.update(KEPT)
        for name in ("from_null", "null"):
            file.create_dataset(f"empty/{name}", data=h5py.Empty("<f8")).attrs.update(KEPT)
        for name in ALIASES:  # other names of what will be overwritten
            file[f"names/{name}"] = file[f"same/{name}"]
        file["names/shape"] = file["different/other_shape"]
        make(file, "links/target")
        file["links/soft"] = h5py.SoftLink("/links/target")
        file["links/nowhere"] = h5py.SoftLink("/not/there")
        make(file, "links/one")
        file["links/two"] = file["links/one"]
        make(file, "links/three")
        file["links/to_three"] = h5py.SoftLink("/links/three")
        make(file, "untouched/packed", chunks=CHUNKS, compression=9, shuffle=True)
        make(file, "untouched/lzf", chunks=CHUNKS, compression="lzf")
        make(file, "untouched/plain")
        file.create_dataset("untouched/reference", data=file.ref, dtype=h5py.ref_dtype)  # a type of no tree
        file["untouched/type"] = np.dtype("i4,f8")
        file["untouched/elsewhere"] = h5py.ExternalLink("absent.h5", "/")
        file.attrs["reference"] = file["same"].ref


def write(folder):
    os.makedirs(folder, exist_ok=True)
    write_old(os.path.join(folder, "old.h5"), os.path.join(folder, "old.raw"))
    write_old(os.path.join(folder, "old_late.h5"), os.path.join(folder, "old_late.raw"), libver="latest")
    write_old(os.path.join(folder, "old_block.h5"), os.path.join(folder, "old_block.raw"), userblock_size=1024)
    write_old(os.path.join(folder, "old_page.h5"), os.path.join(folder, "old_page.raw"), fs_strategy="page",
              fs_persist=True)
    with h5py.File(os.path.join(folder, "resized.h5"), "w") as file:
        for name, storage in RESIZED.items():
            dataset = file.create_dataset(name, (0,), "<f8", maxshape=(None,), fillvalue=-1, **storage)
            dataset.resize((10,))
            if name != "huge":  # which has no chunk yet
                dataset[:8] = np.arange(8)
            dataset.attrs.update(KEPT)
            file[f"alias_{name}"] = dataset
    with h5py.File(os.path.join(folder, "end.h5"), "w") as file:  # which ends with a chunk
        file.create_dataset("x", data=np.arange(8192.0), chunks=(4096,))
    with h5py.File(os.path.join(folder, "links.h5"), "w") as file:
        make(file, "group/data")
        make(file, "data")
        file.create_group("sub")
        file["same_group"] = file["group"]
        file["elsewhere"] = h5py.ExternalLink("old.h5", "/same")
        file["far"] = h5py.SoftLink("/elsewhere/rows")
        file["type"] = np.dtype("i4")


def has_kept(node):
    return all(same(node.attrs[name], wanted) for name, wanted in KEPT.items() if name in node.attrs) and all(
        name in node.attrs for name in KEPT)


def lost(node):
    return not any(name in node.attrs for name in KEPT)


def holds(file, path, shape=SHAPE, dtype="<f8", formula_path=None):
    return path in file and same(file[path][()], values(formula_path or path, np.dtype(dtype), shape))


def raw_chunks(dataset):
    found = []
    for i in range(dataset.id.get_num_chunks()):
        info = dataset.id.get_chunk_info(i)
        found.append((info.chunk_offset, info.byte_offset, dataset.id.read_direct_chunk(info.chunk_offset)))
    return found


def check_merged(report, old, file):
    report(has_kept(file) and has_kept(file["same"]), "attributes of groups that no tree mentions")
    report(file.attrs["changed"] == 7 and file["same"].attrs["added"] == "new", "attributes of groups")
    report(file[file.attrs["reference"]] == file["same"], "a reference")
    report(bool(file.attrs["__memh5_distributed_file"]), "file hint")
    for name in SAME:
        here, before = file[f"same/{name}"], old[f"same/{name}"]
        report(holds(file, f"/same/{name}"), f"same/{name}: values")
        report(has_kept(here), f"same/{name}: attributes")
        report(here.attrs.get("changed") == (3.5 if name == "rows" else "old"), f"same/{name}: changed")
        report(here.chunks == before.chunks and here.fillvalue == before.fillvalue, f"same/{name}: chunks {here.chunks}")
        report(here.compression == before.compression and here.shuffle == before.shuffle, f"same/{name}: filters")
        report(here.maxshape == before.maxshape, f"same/{name}: maxshape")
        common = name.startswith("common")
        report(bool(here.attrs["__memh5_distributed_dset"]) == (not common), f"same/{name}: hint")
        axis = here.attrs.get("__memh5_distributed_axis")
        report(axis == (None if common else 1 if name in ("columns", "larger_packed") else 0), f"same/{name}: axis {axis}")
    for name in ALIASES:
        report(file[f"names/{name}"] == file[f"same/{name}"], f"names/{name} is another dataset")
    report(has_kept(file["same/text"]) and file["same/text"].id.get_create_plist().get_layout() == h5d.CONTIGUOUS
           and same(file["same/text"][()], values("/same/text", TEXT, (61,))), "same/text")
    report(same(file["same/compact"][()], values("/same/compact", np.dtype("<f8"), (4,)))
           and file["same/compact"].id.get_create_plist().get_layout() == h5d.COMPACT, "same/compact")
    for name in list(DIFFERENT) + ["unwritten", "holes", "external"]:
        here = file[f"different/{name}"]
        report(holds(file, f"/different/{name}") and lost(here), f"different/{name}: values or attributes")
        report(here.dtype == np.dtype("<f8"), f"different/{name}: {here.dtype}")
    report(file["different/other_chunks"].chunks == CHUNKS and file["different/other_filter"].compression_opts == 4
           and file["different/external"].external is None, "different: storage")
    report(same(file["names/shape"][()], old["names/shape"][()]) and has_kept(file["names/shape"]),
           "names/shape, whose first name was replaced")
    report(holds(file, "/links/soft") and holds(file, "/links/target", formula_path="/links/soft"), "links/soft")
    report(isinstance(file["links"].get("soft", getlink=True), h5py.SoftLink), "links/soft is no link")
    report(holds(file, "/links/nowhere"), "links/nowhere")
    for name in ("one", "two", "three", "to_three"):
        report(holds(file, f"/links/{name}"), f"links/{name}")
    for name in ("packed", "lzf", "plain"):
        here, before = file[f"untouched/{name}"], old[f"untouched/{name}"]
        report(same(here[()], before[()]) and has_kept(here), f"untouched/{name}")
        if here.chunks:
            report(raw_chunks(here) == raw_chunks(before), f"untouched/{name}: raw chunks")
        else:
            report(here.id.get_offset() == before.id.get_offset(), f"untouched/{name}: its place")
    report(file[file["untouched/reference"][()]] == file["/"], "untouched/reference")
    report(isinstance(file["untouched"].get("elsewhere", getlink=True), h5py.ExternalLink), "untouched/elsewhere")
    report(holds(file, "/new/group/rows") and holds(file, "/new/packed"), "new")
    report(file["new"].attrs["added"] == 1, "new: attribute")


def check_empty(report, file):
    """Whether they stay: shape, chunks."""
    for name, stays, shape, chunks in (("resizable", True, (0,), (1024,)), ("asked", True, (0,), (1024,)),
                                       ("other_chunks", False, (0,), (7,)), ("to_contiguous", False, (0,), None),
                                       ("to_null", False, None, None), ("from_null", False, (0,), None),
                                       ("null", True, None, None)):
        here = file[f"empty/{name}"]
        report(here.shape == shape and here.chunks == chunks, f"empty/{name}: {here.shape}, chunks {here.chunks}")
        report(has_kept(here) if stays else lost(here), f"empty/{name}: attributes")
        report(here.maxshape == ((None,) if stays and shape else shape), f"empty/{name}: maxshape {here.maxshape}")


def check_resized(report, path):
    """Resized once more, in memory only, datasets hold the fill value where nothing was written."""
    with h5py.File(path, "r+", driver="core", backing_store=False) as file:
        for name, storage in RESIZED.items():
            here = file[name]
            wanted = np.full(10, 99.0) if name == "huge" else np.r_[np.arange(8), -1, -1] + 100.0
            report(same(here[()], wanted), f"resized/{name}: {here[()]}")
            report(here.chunks == storage["chunks"], f"resized/{name}: chunks")
            report(here.maxshape == (None,) and here.fillvalue == -1, f"resized/{name}: storage")
            report(has_kept(here) and file[f"alias_{name}"] == here, f"resized/{name}: attributes, alias")
            here.resize((3000,))
            report((here[10:] == -1).all(), f"resized/{name}: beyond the edge")


def check_grown(report, path):
    """The same for larger chunks on two axes."""
    with h5py.File(path, "r+", driver="core", backing_store=False) as file:
        for name in ("larger_chunk", "larger_packed", "larger_huge"):
            here = file[f"same/{name}"]
            here.resize((130, 23 if name == "larger_chunk" else 40))
            wanted = np.full(here.shape, 7.5)
            wanted[:61, :23] = values(f"/same/{name}", np.dtype("<f8"), SHAPE)
            report(same(here[()], wanted), f"same/{name}: beyond the edge")


def check(folder, saved):
    report = Report(os.path.basename(os.path.normpath(saved)))
    for name in ("old", "old_late", "old_block", "old_page"):
        with h5py.File(f"{folder}/{name}.h5", "r") as old, h5py.File(f"{saved}/{name}.h5", "r") as file:
            check_merged(report, old, file)
            check_empty(report, file)
        check_grown(report, f"{saved}/{name}.h5")
        report(np.all(np.fromfile(f"{folder}/{name}.raw", "<f8") == 5), "the external file was written to")
    check_resized(report, f"{saved}/resized.h5")
    with h5py.File(f"{folder}/end.h5", "r") as file:
        end = max(offset for _, offset, _ in raw_chunks(file["x"])) + 4096 * 8
        report(end == os.path.getsize(f"{folder}/end.h5"), "end: the last chunk is not at the end")
    with h5py.File(f"{saved}/end.h5", "r") as file:
        report(same(file["x"][()], np.arange(8192) + 100.0) and file["x"].chunks == (4096,), "end: values")
    with h5py.File(f"{saved}/narrow.h5", "r") as file:
        report(file["x"].dtype == "<f4" and (file["x"][()] == 1.5).all(), "narrow: values")
    with h5py.File(f"{saved}/into.h5", "r") as file:
        report(sorted(file) == ["a", "rows"] and sorted(file["a/b"]) == ["columns", "packed", "rows"], "into: names")
        report(holds(file, "/rows") and holds(file, "/a/b/rows", formula_path="/rows"), "into: rows")
        report(holds(file, "/a/b/columns", formula_path="/columns"), "into: columns")
        report(holds(file, "/a/b/packed", formula_path="/packed"), "into: packed")
        report(file["a/b"].attrs["root"] == 1 and "root" not in file.attrs, "into: attributes")
        report(file.attrs["__memh5_distributed_file"] and len(file["a/b"].attrs) == 1, "into: hint")
    with h5py.File(f"{saved}/one.h5", "r") as file:
        packed = file["group/packed"]
        report(holds(file, "/group/packed", formula_path="/second") and packed.chunks == CHUNKS
               and packed.compression == "gzip" and packed.attrs["unit"] == "Jy" and packed.attrs["n"] == 2, "one: packed")
        report(holds(file, "/group/plain", formula_path="/second") and file["group/plain"].chunks is None, "one: plain")
        report(same(file["text"][()], values("/text", TEXT, (61,))), "one: text")
    print(f"{report.name}: {report.right} right, {report.wrong} wrong")
    return report.wrong == 0 and report.right > 200


def hold(mode, path):
    with h5py.File(path, mode):
        print("open", flush=True)
        sys.stdin.read()


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "write":
        write(sys.argv[2])
        return 0
    if len(sys.argv) > 3 and sys.argv[1] == "check":
        return 0 if all([check(sys.argv[2], saved) for saved in sys.argv[3:]]) else 1
    if len(sys.argv) == 4 and sys.argv[1] == "hold":
        hold(sys.argv[2], sys.argv[3])
        return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
