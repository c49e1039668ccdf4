"""Writes corpus/hdf5: small HDF5 files, sound, hostile and damaged ones.

    python fuzz/make_hdf5_corpus.py

Needs h5py, numpy and ml_dtypes. The unit tests of src/checkpoint/hdf5 read these files as well.
"""

import json
import pathlib
import struct

import h5py
import ml_dtypes
import numpy as np

FOLDER = pathlib.Path(__file__).parent / "corpus" / "hdf5"
CUBE = np.arange(7 * 5 * 3, dtype="float32").reshape(7, 5, 3)


def create(name, **options):
    return h5py.File(FOLDER / name, "w", **options)


def keras_layouts():
    for name, libver in (("keras3.h5", "earliest"), ("keras3_latest.h5", "latest")):
        with create(name, libver=libver) as file:
            group = file.create_group("layers/dense/vars")
            group["0"] = CUBE[0]
            group["1"] = CUBE[0, 0]
            group.attrs["name"] = "dense"
            file["optimizer/vars/0"] = np.int64(300)
    with create("legacy.h5") as file:
        file.attrs["keras_version"] = "2.21.0"
        file.attrs["layer_names"] = np.array([b"dense", b"flatten"])
        file.create_group("flatten").attrs["weight_names"] = []
        group = file.create_group("dense")
        group.attrs["weight_names0"] = np.array([b"dense/kernel:0"])
        group.attrs["weight_names1"] = np.array([b"dense/bias:0"])
        group["dense/kernel:0"] = CUBE[0]
        group["dense/bias:0"] = CUBE[0, 0]


def whole_model():
    """A Sequential model of Keras 2 and one of Keras 3, as small as they get."""
    layer = {"class_name": "Dense", "config": {"name": "d", "units": 2}}
    for name, version, key in (("model2.h5", "2.21.0", "batch_input_shape"), ("model3.h5", "3.15.0", "batch_shape")):
        inputs = {"class_name": "InputLayer", "config": {"name": "i", key: [None, 3], "dtype": "float32"}}
        config = {"class_name": "Sequential", "config": {"name": "m", "layers": [inputs, layer]}}
        with create(name) as file:
            file.attrs["keras_version"] = version
            file.attrs["model_config"] = json.dumps(config)
            file.attrs["training_config"] = json.dumps({"loss": "mse", "metrics": [["mae"]]})
            weights = file.create_group("model_weights")
            weights.attrs["keras_version"] = version
            weights.attrs["layer_names"] = np.array([b"d"])
            group = weights.create_group("d")
            group.attrs["weight_names"] = np.array([b"d/kernel:0", b"d/bias:0"])
            group["d/kernel:0"] = CUBE[0, :3, :2]
            group["d/bias:0"] = CUBE[0, 0, :2]


def elements():
    with create("types.h5") as file:
        file["bool"] = np.array([True, False])
        file["big"] = np.arange(3, dtype=">f4")
        file["half"] = np.arange(3, dtype="f2")
        file["bfloat16"] = np.arange(3).astype(ml_dtypes.bfloat16)
        file["bfloat16"].attrs["dtype"] = "bfloat16"
        file["complex"] = np.array([1j], "complex64")
        file["opaque"] = np.void(b"abcd")
        file["null"] = h5py.Empty("f4")
    with create("strings.h5") as file:
        file["fixed"] = np.array([b"ab", b"", b"cde"])
        file["variable"] = ["ab", "", "c\u00e4e"]
        file.attrs["text"] = "a text"
        file.attrs["list"] = np.array(["x", "yz"], dtype=h5py.string_dtype())
        file.attrs["numbers"] = np.arange(3)
    with create("user_block.h5", userblock_size=512) as file:
        file["x"] = CUBE[0]


def chunks():
    for version in ("earliest", "latest"):
        with create(f"chunks_{version}.h5", libver=version) as file:
            file.create_dataset("plain", data=CUBE, chunks=(2, 4, 2))
            file.create_dataset("gzip", data=CUBE, chunks=(3, 5, 3), compression="gzip")
            file.create_dataset("shuffle", data=CUBE, chunks=(3, 4, 3), compression="gzip", shuffle=True)
            file.create_dataset("fletcher32", data=CUBE, chunks=(7, 5, 2), shuffle=True, fletcher32=True)
            file.create_dataset("one", data=CUBE, chunks=CUBE.shape)
            file.create_dataset("one_gzip", data=CUBE, chunks=CUBE.shape, compression="gzip")
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_chunk((2, 4, 2))
            plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            space = h5py.h5s.create_simple(CUBE.shape)
            early = h5py.h5d.create(file.id, b"early", h5py.h5t.IEEE_F32LE, space, plist)
            early.write(h5py.h5s.ALL, h5py.h5s.ALL, CUBE)
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_layout(h5py.h5d.COMPACT)
            compact = h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32LE, space, plist)
            compact.write(h5py.h5s.ALL, h5py.h5s.ALL, CUBE)


def refused():
    with create("soft_link.h5") as file:
        file["a"] = CUBE[0]
        file["link"] = h5py.SoftLink("/a")
    with create("external_link.h5") as file:
        file["link"] = h5py.ExternalLink("/etc/passwd", "/a")
    with create("external_storage.h5") as file:
        file.create_dataset("a", shape=(8,), dtype="uint8", external=[("/etc/passwd", 0, 8)])
    with create("virtual.h5") as file:
        layout = h5py.VirtualLayout(shape=(3,), dtype="float32")
        layout[:] = h5py.VirtualSource("/etc/passwd", "a", shape=(3,))
        file.create_virtual_dataset("a", layout)
    with create("reference.h5") as file:
        file["a"] = np.array([file.ref], dtype=h5py.ref_dtype)
    with create("lzf.h5") as file:
        file.create_dataset("a", data=CUBE, chunks=(7, 5, 3), compression="lzf")
    with create("dense.h5", libver="latest") as file:
        for i in range(9):
            file[f"d{i}"] = i
    with create("dense_attributes.h5", libver="latest") as file:
        for i in range(9):
            file.attrs[f"a{i}"] = i
    with create("never_written.h5") as file:
        file.create_dataset("a", shape=(3,), dtype="float32")
        file.create_dataset("chunks", shape=(9,), dtype="float32", chunks=(3,))
        file["chunks"][:3] = 1
    for version in ("earliest", "latest"):
        with create(f"resizable_{version}.h5", libver=version) as file:
            file.create_dataset("one", data=CUBE, chunks=(3, 5, 3), maxshape=(None, 5, 3))
            file.create_dataset("two", data=CUBE, chunks=(3, 5, 3), maxshape=(None, None, 3))


def hostile():
    with create("cycle.h5") as file:
        file["group/a"] = CUBE[0]
        file["group/root"] = file["/"]
    with create("plain.h5") as file:
        file["a"] = np.arange(77, dtype="float32")
    size, bytes_ = struct.pack("<Q", 77), struct.pack("<Q", 77 * 4)
    content = (FOLDER / "plain.h5").read_bytes()
    huge = struct.pack("<Q", 1 << 40)
    (FOLDER / "shape_bomb.h5").write_bytes(content.replace(size, huge))
    (FOLDER / "shape_and_size_bomb.h5").write_bytes(
        content.replace(size, huge).replace(bytes_, struct.pack("<Q", 1 << 42)))
    (FOLDER / "overflowing_shape.h5").write_bytes(content.replace(size, struct.pack("<Q", 1 << 62)))
    (FOLDER / "truncated.h5").write_bytes(content[:-100])
    (FOLDER / "zeros.h5").write_bytes(bytes(len(content)))
    with create("chunked.h5") as file:
        file.create_dataset("a", data=np.zeros(77, "float32"), chunks=(77,), compression="gzip")
    content = (FOLDER / "chunked.h5").read_bytes()
    # The chunk's size stands in the layout message beside the element's.
    chunk = struct.pack("<II", 77, 4)
    bomb = content.replace(size, struct.pack("<Q", (1 << 32) - 1)).replace(chunk, struct.pack("<II", (1 << 32) - 1, 4))
    (FOLDER / "chunk_bomb.h5").write_bytes(bomb)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for make in (keras_layouts, whole_model, elements, chunks, refused, hostile):
        make()


if __name__ == "__main__":
    main()
