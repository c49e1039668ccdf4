"""Layers that do nothing at inference."""

from .layer_cases import Case, single

IMAGE = (6, 5, 3)

KERAS2_AUGMENTATION = {
    "RandomBrightness": {"factor": 0.3},
    "RandomContrast": {"factor": 0.3},
    "RandomFlip": {},
    "RandomHeight": {"factor": 0.3},
    "RandomRotation": {"factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomWidth": {"factor": 0.3},
    "RandomZoom": {"height_factor": 0.3},
}
KERAS3_AUGMENTATION = {
    "AugMix": {},
    "CutMix": {},
    "Equalization": {},
    "MixUp": {},
    "RandAugment": {},
    "RandomBrightness": {"factor": 0.3},
    "RandomColorDegeneration": {"factor": 0.3},
    "RandomColorJitter": {"brightness_factor": 0.3, "contrast_factor": 0.3, "saturation_factor": 0.3, "hue_factor": 0.3},
    "RandomContrast": {"factor": 0.3},
    "RandomElasticTransform": {},
    "RandomErasing": {},
    "RandomFlip": {},
    "RandomGaussianBlur": {"factor": 0.9},
    "RandomGrayscale": {"factor": 0.9},
    "RandomHue": {"factor": 0.3},
    "RandomInvert": {"factor": 0.9},
    "RandomPerspective": {"factor": 0.9},
    "RandomPosterization": {"factor": 4},
    "RandomRotation": {"factor": 0.3},
    "RandomSaturation": {"factor": 0.3},
    "RandomSharpness": {"factor": 0.3},
    "RandomShear": {"x_factor": 0.3, "y_factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomZoom": {"height_factor": 0.3},
    "Solarization": {"threshold_factor": 0.9, "value_range": (0, 255)},
}


def dropout_cases(generation):
    yield single("spatial_dropout1", "SpatialDropout1D", (4, 3), rate=0.7)
    yield single("spatial_dropout2", "SpatialDropout2D", IMAGE, rate=0.7)
    yield single("spatial_dropout2_first", "SpatialDropout2D", IMAGE, rate=0.7, data_format="channels_first")
    yield single("spatial_dropout3", "SpatialDropout3D", (2, 3, 2, 2), rate=0.7)
    yield single("alpha_dropout", "AlphaDropout", (4, 6), rate=0.5)
    yield single("gaussian_dropout", "GaussianDropout", (4, 6), rate=0.5)
    yield single("gaussian_noise", "GaussianNoise", (4, 6), stddev=0.9)
    yield single("dropout_zero", "Dropout", (4, 6), rate=0.0)
    yield single("activity_regularization", "ActivityRegularization", (4, 6))
    if generation == 3:
        yield single("identity", "Identity", (4, 6))
        yield single("identity_int", "Identity", (4,), dtype="int32")
    else:
        yield Case("identity", [((4, 6), "float32")], lambda k, inputs: k.layers.Identity()(inputs[0]))


def augmentation_cases(generation):
    for kind, config in (KERAS2_AUGMENTATION if generation == 2 else KERAS3_AUGMENTATION).items():
        yield single(f"{kind}_float", kind, IMAGE, spread=90.0, **config)
        yield single(f"{kind}_uint8", kind, IMAGE, dtype="uint8", high=256, **config)


def pipeline_cases():
    """Without variables: TensorFlow's checkpoints lack those of a Pipeline's layers."""

    def call(k, inputs):
        steps = [k.layers.Rescaling(1 / 255), k.layers.RandomFlip(), k.layers.LeakyReLU(), k.layers.Permute((3, 1, 2))]
        return k.layers.Pipeline(steps)(inputs[0])

    yield Case("pipeline", [(IMAGE, "float32")], call, spread=100.0)

    def nested(k, inputs):
        inner = k.layers.Pipeline([k.layers.Activation("tanh"), k.layers.Dropout(0.5)])
        return k.layers.Pipeline([k.layers.Reshape((2, 3)), inner, k.layers.Softmax()])(inputs[0])

    yield Case("pipeline_nested", [((6,), "float32")], nested)


def all_cases(generation):
    yield from dropout_cases(generation)
    yield from augmentation_cases(generation)
    if generation == 3:
        yield from pipeline_cases()
