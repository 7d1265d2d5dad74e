#!/usr/bin/env python3
"""Makes the HDF5 samples beside this script: one tree, written in the oldest and the newest layout.

usage: make_samples.py (needs h5py); the output depends on the version of HDF5 only in time stamps, which are off.
"""
import os

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def numbers(*extents, dtype="f4"):
    return np.arange(int(np.prod(extents)), dtype=dtype).reshape(extents)


def fill(f):
    for dtype in ("<f2", "<f4", "<f8", ">f4", "<i1", "<i4", ">i8", "<u1", "?"):
        f.create_dataset("type_" + dtype.replace("<", "").replace(">", "be_").replace("?", "bool"),
                         data=(numbers(2, 3, dtype="i4") % 2 if dtype == "?" else numbers(2, 3, dtype="i4")).astype(dtype))
    f.create_dataset("scalar", data=np.float32(3))
    f.create_dataset("unwritten", shape=(4,), dtype="f4")
    f.create_dataset("texts", data=["a", "bb"])
    chunked = [
        ("single", (3, 3), (3, 3), None), ("fixed", (7, 5), (3, 2), None), ("grown", (9, 4), (2, 4), (None, 4)),
        ("grown_last", (4, 9), (4, 2), (4, None)), ("tree", (6, 6), (2, 5), (None, None)),
    ]
    for name, extents, chunk, largest in chunked:
        for filters in ({}, {"compression": "gzip", "shuffle": True}, {"compression": "lzf", "fletcher32": True}):
            if name in ("single", "tree") and "fletcher32" in filters:
                continue
            f.create_dataset(f"{name}_{filters.get('compression', 'plain')}", data=numbers(*extents), chunks=chunk,
                             maxshape=largest, **filters)
    f.create_dataset("many", data=numbers(300), chunks=(1,), maxshape=(None,))
    group = f.create_group("group")
    for i in range(20):
        group.create_dataset(f"member_{i:02}", data=np.int32(i))
    for i in range(12):
        group.attrs[f"attribute_{i:02}"] = np.int64(i)
    f.attrs["fixed"] = np.array([b"one", b"three"], dtype="S5")
    f.attrs["variable"] = "caf\u00e9"
    f.attrs["list"] = ["x", "yy"]
    f.attrs["nothing"] = h5py.Empty("f4")
    f["soft"] = h5py.SoftLink("/scalar")
    f["group/loop"] = f["/"]


for version in ("earliest", "latest"):
    with h5py.File(os.path.join(HERE, version + ".h5"), "w", libver=version) as f:
        fill(f)
