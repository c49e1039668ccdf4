"""tests/golden/applications: models of keras.applications with computed weights.

Weights are not stored: both sides compute them from the names of variables. With

    h = FNV-1a (64 bit) of "LAYER/VARIABLE" in UTF-8, without what is before the last "/" in LAYER
    r = SplitMix64's output function of h + i (modulo 2^64), for element i in row-major order
    u = (r >> 40) / 2^23 - 1, a multiple of 2^-23 from -1 to below 1

an element is, by the name of the variable,

    gamma             1 + u / 4
    *variance         1 + u / 2
    beta, bias, *mean u / 4
    count             0
    anything else     u * sqrt(6 / n), n = the product of all sizes but the last; of the first two
                      for four sizes of which the last is 1 (depthwise kernels)

times the archive's `gain` for kernels, in float32 steps: u as a double, the product as a double, then rounded. Inputs are u of the name
"input". Outputs are logits.
"""

import io
import json
import zipfile

import numpy as np

from . import common

CLASSES = 10
BATCH = 2

# The smallest variant of each family comes first; it is the one in the ordinary tests.
FAMILIES = {
    "ConvNeXt": (32, ["Tiny", "Small", "Base", "Large", "XLarge"]),
    "DenseNet": (32, ["121", "169", "201"]),
    "EfficientNet": (32, ["B0", "B1", "B2", "B3", "B4", "B5", "B6", "B7"]),
    "EfficientNetV2": (32, ["B0", "B1", "B2", "B3", "S", "M", "L"]),
    "InceptionResNetV2": (75, [""]),
    "InceptionV3": (75, [""]),
    "MobileNet": (32, [""]),
    "MobileNetV2": (32, [""]),
    "MobileNetV3": (32, ["Small", "Large"]),
    "NASNet": (32, ["Mobile", "Large"]),
    "RegNetX": (32, ["002", "004", "006", "008", "016", "032", "040", "064", "080", "120", "160", "320"]),
    "RegNetY": (32, ["002", "004", "006", "008", "016", "032", "040", "064", "080", "120", "160", "320"]),
    "ResNet": (32, ["50", "101", "152"]),
    "ResNetRS": (32, ["50", "101", "152", "200", "270", "350", "420"]),
    "ResNetV2": (32, ["50", "101", "152"]),
    "VGG": (32, ["16", "19"]),
    "Xception": (71, [""]),
}  # fmt: skip


def class_name(family, variant):
    return f"ResNet{variant}V2" if family == "ResNetV2" else family + variant


def variants(generation, smallest):
    """(class name, image size) of those that this Keras has."""
    applications = common.KERAS[generation].applications
    for family, (size, names) in FAMILIES.items():
        for variant in names[:1] if smallest else names:
            name = class_name(family, variant)
            if hasattr(applications, name):
                yield name, size


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def units(name, count):
    """u of the elements of a variable."""
    with np.errstate(over="ignore"):
        z = np.uint64(fnv1a(name)) + np.arange(count, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1


def value(layer, variable, shape):
    if variable == "count":
        return np.zeros(shape, np.int64)
    u = units(f"{layer.split('/')[-1]}/{variable}", int(np.prod(shape, dtype=np.int64)))
    if variable == "gamma":
        u = 1 + u / 4
    elif variable.endswith("variance"):
        u = 1 + u / 2
    elif variable in ("beta", "bias") or variable.endswith("mean"):
        u = u / 4
    else:
        fan = shape[:2] if len(shape) == 4 and shape[3] == 1 else shape[:-1]
        u = u * np.sqrt(6 / np.prod(fan, dtype=np.float64))
    return u.astype(np.float32).reshape(shape)


def short_name(weight):
    """A variable's own name. Keras 3 calls those without one "variable", "variable_1", ...: ConvNeXt's gamma."""
    name = weight.name.split(":")[0].split("/")[-1]
    return "gamma" if name.split("_")[0] == "variable" else name


def set_weights(model, gain=1):
    """`gain`: a factor of the kernels."""
    def scaled(layer, w):
        numbers = value(layer.name, short_name(w), tuple(w.shape))
        return numbers * np.float32(gain) if short_name(w).endswith("kernel") else numbers

    for layer in model._flatten_layers(include_self=False):
        if layer.weights and not hasattr(layer, "layers"):
            layer.set_weights([scaled(layer, w) for w in layer.weights])
        if type(layer).__name__ == "Normalization":
            layer.finalize_state()


def run(generation, name, size, gain, dtype="float32"):
    """The model and what it computes, all of it in `dtype`."""
    backend = common.KERAS[generation].backend
    backend.set_floatx(dtype)
    try:
        common.reset(1)
        make = getattr(common.KERAS[generation].applications, name)
        model = make(weights=None, input_shape=(size, size, 3), classes=CLASSES, classifier_activation=None)
        set_weights(model, gain)
        x = units("input", BATCH * size * size * 3).astype(dtype).reshape(BATCH, size, size, 3)
        return model, np.asarray(model(x, training=False))
    finally:
        backend.set_floatx("float32")


def steady_gain(generation, name, size):
    """The largest gain with which rounding does not grow from layer to layer until it is all there is to see."""
    for gain in (1, 0.95, 0.9, 0.85, 0.8, 0.75):
        single, double = (run(generation, name, size, gain, dtype)[1] for dtype in ("float32", "float64"))
        if np.abs(single - double).max() < 2e-5 * np.abs(double).max():
            return gain
    raise ValueError(f"{name} amplifies rounding")


def archive(generation, name, size, gain=1):
    """The bytes of a zip with the model and what it computes; kernels are multiplied by `gain`, which stands in it."""
    model, y = run(generation, name, size, gain)
    assert np.isfinite(y).all() and y.std() > 1e-3 * np.abs(y).max(), name
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        zipped.writestr("model.json", json.dumps(json.loads(model.to_json()), separators=(",", ":")))
        content = io.BytesIO()
        np.save(content, y)
        zipped.writestr("y/0.npy", content.getvalue())
        if gain != 1:
            content = io.BytesIO()
            np.save(content, np.float32([gain]))
            zipped.writestr("gain/0.npy", content.getvalue())
    return buffer.getvalue()


def generate(names=None):
    folder = common.ROOT / "applications"
    folder.mkdir(exist_ok=True)
    for generation in (2, 3):
        for name, size in variants(generation, smallest=True):
            if names and name not in names:
                continue
            content = archive(generation, name, size)
            (folder / f"keras{generation}_{name}.zip").write_bytes(content)
            print(f"   Keras {generation} {name}: {len(content)} bytes", flush=True)
