"""tests/golden/checkpoints: bundles and state files by TensorFlow's writers."""

import zlib

import keras
import numpy as np
import tensorflow as tf
import tf_keras

from . import common

DTYPES = [
    "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64",
    "uint8", "uint16", "uint32", "uint64", "bool", "complex64", "complex128",
]  # fmt: skip


def variable(value, dtype=None):
    return tf.Variable(value, dtype=dtype, trainable=False)


def dtype_values(dtype):
    random = np.random.default_rng(len(dtype))
    if dtype == "bool":
        return tf.constant(random.integers(0, 2, (3, 5)).astype(bool))
    if "int" in dtype:
        limits = np.iinfo(dtype)
        edges = [limits.min, limits.max, 0, 1, limits.max // 3]
        return tf.constant(np.array(edges * 3, dtype).reshape(3, 5))
    if "complex" in dtype:
        value = random.normal(size=(3, 5)) + 1j * random.normal(size=(3, 5))
        return tf.constant(value.astype(dtype))
    values = np.array([0.0, -0.0, 1.5, -2.25, np.inf, -np.inf, np.nan, 65504, 1e-5, 0.1, 3, 7, 9, 11, -1])
    return tf.cast(tf.constant(values.reshape(3, 5)), dtype)


def restore(prefix, key, dtype):
    (tensor,) = tf.raw_ops.RestoreV2(
        prefix=str(prefix), tensor_names=[key], shape_and_slices=[""], dtypes=[dtype]
    )
    return tensor.numpy()


def listing(prefix):
    """Every tensor: dtype, shape, crc32 of its little-endian bytes, some values."""
    reader = tf.train.load_checkpoint(str(prefix))
    types = reader.get_variable_to_dtype_map()
    rows = {}
    for key, shape in sorted(reader.get_variable_to_shape_map().items()):
        tensor = restore(prefix, key, types[key])
        row = {"dtype": types[key].name, "shape": shape}
        if types[key] == tf.string:
            items = [tensor] if isinstance(tensor, bytes) else np.ravel(tensor).tolist()
            row["lengths"] = [len(item) for item in items]
            row["crc32"] = zlib.crc32(b"".join(items))
        else:
            array = np.asarray(tensor)
            row["crc32"] = zlib.crc32(array.tobytes())
            row["values"] = sample(array)
        rows[key] = row
    return rows


def sample(array):
    flat = array.ravel()[:6]
    if np.iscomplexobj(flat):
        return [[float(v.real), float(v.imag)] for v in flat]
    if flat.dtype.kind in "iub":
        return [int(v) for v in flat]
    return [float(v) for v in flat]


def write_list(folder, prefix, **more):
    """Writes PREFIX.json beside the bundle."""
    tensors = listing(folder / prefix)
    lines = ",\n".join(f"  {common.json.dumps(key)}: {common.json.dumps(common.plain(row))}" for key, row in tensors.items())
    head = "".join(f" {common.json.dumps(key)}: {common.json.dumps(common.plain(value))},\n" for key, value in more.items())
    (folder / f"{prefix}.json").write_text(f'{{\n{head} "tensors": {{\n{lines}\n }}\n}}\n')


def plain_bundles(folder):
    values = {f"v_{name}": variable(dtype_values(name)) for name in DTYPES}
    tf.train.Checkpoint(**values).write(str(folder / "dtypes"))
    write_list(folder, "dtypes", step=None)

    strings = tf.train.Checkpoint(
        one=variable("hello"),
        empty=variable(""),
        many=variable(["ab", "", "c" * 300, "\u00e4\u20ac", "x\0y"]),
        none=variable(np.zeros((0,), object), tf.string),
        grid=variable([["a", "b"], ["c", "d"]]),
    )
    strings.write(str(folder / "strings"))
    write_list(folder, "strings")

    shapes = tf.train.Checkpoint(
        scalar=variable(3.5),
        int_scalar=variable(7, tf.int64),
        empty=variable(np.zeros((0, 4), "float32")),
        empty_middle=variable(np.zeros((2, 0, 3), "int32")),
        ones=variable(np.ones((1, 1, 1, 1), "float32")),
        deep=variable(np.arange(16, dtype="float32").reshape((2,) * 4 + (1,) * 3)),
    )
    shapes.children = {"dot.name": variable(1.0), "slash/name": variable(2.0), "a..b": variable(3.0)}
    shapes.list = [variable(4.0), {"inner": variable(5.0)}, (variable(6.0),)]
    shapes.write(str(folder / "shapes_and_names"))
    write_list(folder, "shapes_and_names")

    keys = tf.train.Checkpoint(**{f"key_{i:02d}": variable(float(i)) for i in range(40)})
    keys.write(str(folder / "forty_keys"))
    write_list(folder, "forty_keys")


def many_blocks(folder):
    """An index of more than one block: see the README for the expected values."""
    names = [f"{zlib.crc32(str(i).encode()):010d}_a_rather_long_attribute_name_{i:05d}" for i in range(6000)]
    tensors = [tf.constant(np.float32(i)) for i in range(6000)]
    tf.raw_ops.SaveV2(
        prefix=str(folder / "many_blocks"),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=tensors,
    )
    reader = tf.train.load_checkpoint(str(folder / "many_blocks"))
    assert reader.get_tensor(names[4321]) == 4321.0


def max_shard(size):
    policy = tf.train.experimental.MaxShardSizePolicy(max_shard_size=size)
    return tf.train.CheckpointOptions(experimental_sharding_callback=policy)


def sharded(folder):
    random = np.random.default_rng(2)
    checkpoint = tf.train.Checkpoint(
        table=variable(random.normal(size=(40, 6)).astype("float32")),
        wide=variable(random.normal(size=(2, 90)).astype("float32")),
        cube=variable(random.integers(0, 9, (5, 7, 3)), tf.int64),
        small=variable(1.25),
    )
    checkpoint.write(str(folder / "sliced"), options=max_shard(256))
    write_list(folder, "sliced")
    checkpoint.write(str(folder / "two_shards"), options=max_shard(1500))
    write_list(folder, "two_shards")


def sharded_variable(folder):
    from tensorflow.python.distribute.sharded_variable import ShardedVariable

    parts = [variable(np.arange(lo * 3, hi * 3, dtype="float32").reshape(-1, 3)) for lo, hi in ((0, 4), (4, 8), (8, 10))]
    tf.train.Checkpoint(embedding=ShardedVariable(parts), other=variable(2.0)).write(str(folder / "sharded_variable"))
    write_list(folder, "sharded_variable")


def tf1_saver(folder):
    """Keys are variable names, there is no object graph."""
    with tf.Graph().as_default():
        v1 = tf.compat.v1
        with v1.variable_scope("layer"):
            v1.get_variable("kernel", initializer=tf.reshape(tf.range(6.0), (2, 3)))
            v1.get_variable("bias", initializer=tf.constant([0.5, -0.5, 0.25]))
            v1.get_variable(
                "parts", shape=(10, 2), partitioner=v1.fixed_size_partitioner(3), initializer=v1.ones_initializer()
            )
        step = v1.train.get_or_create_global_step()
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            session.run(step.assign(77))
            v1.train.Saver().save(session, str(folder / "saver"), global_step=step, write_meta_graph=False)
    write_list(folder, "saver-77")
    text = (folder / "checkpoint").read_text()
    (folder / "state").mkdir()
    (folder / "state" / "tf1_saver").write_text(text.replace(str(folder), "/data/train"))
    (folder / "checkpoint").unlink()


def optimizers():
    """name -> (keras module, optimizer, is the step in the file)."""
    k2, k3 = tf_keras, keras
    lso2 = k2.mixed_precision.LossScaleOptimizer
    yield "k2_adam", k2, k2.optimizers.Adam()
    yield "k2_sgd_momentum", k2, k2.optimizers.SGD(0.1, momentum=0.9)
    yield "k2_schedule", k2, k2.optimizers.Adam(k2.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    yield "k2_legacy_adam", k2, k2.optimizers.legacy.Adam()
    yield "k2_legacy_sgd_momentum", k2, k2.optimizers.legacy.SGD(0.1, momentum=0.9)
    yield "k2_loss_scale", k2, lso2(k2.optimizers.Adam())
    yield "k2_loss_scale_fixed", k2, lso2(k2.optimizers.Adam(), dynamic=False, initial_scale=2.0)
    yield "k2_legacy_loss_scale", k2, lso2(k2.optimizers.legacy.SGD(0.1, momentum=0.9))
    yield "k3_adam", k3, k3.optimizers.Adam()
    yield "k3_sgd", k3, k3.optimizers.SGD(0.1)
    yield "k3_schedule", k3, k3.optimizers.Adam(k3.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9))
    yield "k3_loss_scale", k3, k3.optimizers.LossScaleOptimizer(k3.optimizers.Adam())


def steps(folder):
    """Three steps each; root (A) `model` and `optimizer`, and (B) the model itself."""
    x, y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")
    for name, k, optimizer in optimizers():
        common.reset(3)
        model = k.Sequential([k.Input((2,)), k.layers.Dense(1)])
        model.compile(optimizer, "mse")
        model.fit(x, y, epochs=3, verbose=0)
        assert int(np.asarray(model.optimizer.iterations)) == 3, name
        checkpoint = tf.train.Checkpoint(model=model, optimizer=model.optimizer)
        checkpoint.write(str(folder / f"step_{name}"))
        write_list(folder, f"step_{name}", step=3)
        if k is tf_keras:
            model.save_weights(str(folder / f"step_{name}_root"))
            write_list(folder, f"step_{name}_root", step=3)
    (folder / "checkpoint").unlink()


def state_files(folder):
    """`checkpoint` files as the writers leave them (times differ between runs)."""
    work = common.fresh_dir("checkpoints", "work")
    value = tf.train.Checkpoint(v=variable(1.0))
    manager = tf.train.CheckpointManager(value, str(work / "keep"), max_to_keep=2, keep_checkpoint_every_n_hours=1)
    for _ in range(4):
        manager.save()
    manager = tf.train.CheckpointManager(value, str(work / "named"), max_to_keep=None, checkpoint_name="model \"a\" \u00e4")
    manager.save(checkpoint_number=1000)
    manager.save(checkpoint_number=2000)
    value.save(str(work / "save" / "ckpt"))
    value.save(str(work / "save" / "ckpt"))
    model = tf_keras.Sequential([tf_keras.Input((2,)), tf_keras.layers.Dense(1)])
    model.save_weights(str(work / "weights" / "w"))
    for source in ("keep", "named", "save", "weights"):
        text = (work / source / "checkpoint").read_text()
        (folder / "state" / source).write_text(text)
    common.shutil.rmtree(work)


def generate():
    folder = common.fresh_dir("checkpoints")
    common.reset(19)
    plain_bundles(folder)
    many_blocks(folder)
    sharded(folder)
    sharded_variable(folder)
    tf1_saver(folder)
    steps(folder)
    state_files(folder)
