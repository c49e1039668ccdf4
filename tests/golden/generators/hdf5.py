"""tests/golden/hdf5: HDF5 files as Keras and h5py write them, with listings."""

import zlib

import h5py
import numpy as np

from . import common, model_builders as build


def describe(dataset):
    array = np.asarray(dataset[()])
    row = {"kind": "dataset", "shape": list(dataset.shape), "dtype": str(array.dtype)}
    if array.dtype.kind in "OSU":
        items = [item if isinstance(item, str) else item.decode() for item in array.ravel().tolist()]
        return {**row, "dtype": "string", "values": items}
    row["dtype"] = array.dtype.name
    native = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
    row["crc32"] = zlib.crc32(native.tobytes())
    row["values"] = [item for item in native.ravel()[:6].tolist()]
    return row


def attributes(item):
    """Strings and lists of strings in full; other values as numbers."""
    result = {}
    for name, value in item.attrs.items():
        if isinstance(value, h5py.Empty):
            result[name] = None
        elif isinstance(value, bytes):
            result[name] = value.decode()
        elif isinstance(value, np.ndarray) and value.dtype.kind in "SO":
            result[name] = [v.decode() if isinstance(v, bytes) else v for v in value.tolist()]
        else:
            result[name] = common.plain(value)
    return result


def shorten(value):
    if isinstance(value, str) and len(value) > 200:
        return {"length": len(value), "crc32": zlib.crc32(value.encode())}
    if isinstance(value, list) and len(value) > 20:
        return {"count": len(value), "first": value[0], "last": value[-1]}
    return value


def write_listing(path):
    rows = {}

    def visit(name, item):
        row = describe(item) if isinstance(item, h5py.Dataset) else {"kind": "group"}
        found = {key: shorten(value) for key, value in attributes(item).items()}
        rows["/" + name] = {**row, "attributes": found} if found else row

    with h5py.File(path) as file:
        visit("", file)
        file.visititems(visit)
    common.write_json(path.with_name(path.name + ".json"), rows)


def keras_files(folder):
    for generation in (2, 3):
        k = common.KERAS[generation]
        for name, builder in (("cnn", build.cnn), ("nested", build.nested)):
            common.reset(31)
            case = builder(k)
            case.model.fit(case.x, case.y, batch_size=35, verbose=0)
            case.model.save_weights(folder / f"k{generation}_{name}.weights.h5")
            case.model.save(folder / f"k{generation}_{name}_model.h5")
            if generation == 2:
                case.model.save_weights(folder / f"k2_{name}_legacy_weights.h5", save_format="h5")


def plain_files(folder):
    random = np.random.default_rng(3)
    image = random.normal(size=(20, 30)).astype("float32")
    with h5py.File(folder / "chunked.h5", "w") as file:
        file.create_dataset("gzip", data=image, chunks=(7, 8), compression="gzip")
        file.create_dataset("gzip_shuffle", data=image, chunks=(7, 8), compression="gzip", shuffle=True)
        file.create_dataset("shuffle", data=image, chunks=(20, 30), shuffle=True)
        file.create_dataset("fletcher32", data=image, chunks=(5, 30), fletcher32=True)
        file.create_dataset("plain_chunks", data=image, chunks=(3, 30))
        file.create_dataset("many_chunks", data=np.arange(3000, dtype="int32"), chunks=(10,))
        file.create_dataset("unlimited", data=image, maxshape=(None, 30), chunks=(6, 30), compression="gzip")
        file.create_dataset("filled", shape=(4, 5), dtype="float32", fillvalue=1.5, chunks=(2, 5))
    for version in ("earliest", "latest", "v110"):
        libver = "v110" if version == "v110" else version
        with h5py.File(folder / f"libver_{version}.h5", "w", libver=libver) as file:
            fill_types(file, random)
    with h5py.File(folder / "attributes.h5", "w") as file:
        fill_attributes(file)
    with h5py.File(folder / "user_block.h5", "w", userblock_size=512) as file:
        file["x"] = image[:2]


def fill_types(file, random):
    for dtype in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">f4", ">i8"):
        values = (10 * random.normal(size=(2, 3))).astype(dtype) if "u" not in dtype else np.arange(6).reshape(2, 3).astype(dtype)
        file.create_dataset(f"types/{dtype.replace('>', 'big_')}", data=values)
    file["types/bool"] = np.array([True, False, True])
    file["scalar"] = np.float32(2.5)
    file["scalar_int"] = np.int64(-7)
    file["empty"] = np.zeros((0, 4), "float32")
    file["compact"] = np.arange(4, dtype="float32")
    file["strings"] = np.array([b"ab", b"cde"])
    file["text"] = "some text"
    file.create_group("empty_group")
    for i in range(40):
        file[f"many/layer_{i}/vars/0"] = np.full(2, i, "float32")


def fill_attributes(file):
    """As Keras 2 splits lists that do not fit into the 64 KiB of an attribute."""
    names = [f"a_layer_with_a_long_name_{i:05d}/kernel:0".encode() for i in range(4000)]
    chunks = np.array_split(np.asarray(names), 4)
    for i, chunk in enumerate(chunks):
        file.attrs[f"layer_names{i}"] = chunk
    for i in range(30):
        file.attrs[f"number_{i}"] = i
    file.attrs["vector"] = np.arange(5, dtype="float32")
    file.attrs["text"] = "variable-length text \u00e4"
    file.attrs["bytes"] = b"fixed"
    file.attrs["long_text"] = "x" * 50000
    file.attrs["empty_list"] = np.zeros((0,), "S1")
    group = file.create_group("group")
    group.attrs["weight_names"] = np.array([b"a/kernel:0", b"a/bias:0"])
    group["a/kernel:0"] = np.ones((2, 2), "float32")


def generate():
    folder = common.fresh_dir("hdf5")
    keras_files(folder)
    plain_files(folder)
    for path in sorted([*folder.glob("*.h5")]):
        write_listing(path)
