"""EinsumDense, embeddings, LoRA, and layers with kernels of their own."""

from .layer_cases import Case, FLOAT, single


def einsum(name, shape, equation, output_shape, **config):
    return single(f"einsum_{name}", "EinsumDense", shape, equation=equation, output_shape=output_shape, **config)


def einsum_cases():
    yield einsum("dense", (5,), "ab,bc->ac", 3, bias_axes="c")
    yield einsum("dense_no_bias", (5,), "ab,bc->ac", (3,))
    yield einsum("steps", (4, 5), "abc,cd->abd", (None, 3), bias_axes="d")
    yield einsum("steps_sized", (4, 5), "abc,cd->abd", (4, 3), bias_axes="d", activation="relu")
    yield einsum("bias_two_axes", (4, 5), "abc,cd->abd", (4, 3), bias_axes="bd")
    yield einsum("bias_first_axis", (4, 5), "abc,cd->abd", (4, 3), bias_axes="b")
    yield einsum("heads", (4, 6), "abc,cde->abde", (None, 2, 3), bias_axes="de")
    yield einsum("heads_out", (4, 2, 3), "abcd,cde->abe", (None, 5), bias_axes="e")
    yield einsum("mixing", (4, 5), "abc,bd->adc", (3, 5), bias_axes="d")
    yield einsum("batched", (4, 5), "abc,bcd->abd", (4, 3), bias_axes="bd")
    yield einsum("reduced", (4, 5), "abc,bcd->ad", 3, bias_axes="d")
    yield einsum("transposed", (4, 5), "abc,cd->adb", (3, 4), bias_axes="d")
    yield einsum("scaled", (4, 5), "abc,c->abc", (4, 5))
    yield einsum("dots_before", (4, 5), "...x,xy->...y", 3, bias_axes="y")
    yield einsum("dots_before_vector", (5,), "...x,xy->...y", 3, bias_axes="y")
    yield einsum("dots_before_rank_4", (2, 3, 5), "...x,xy->...y", 4, bias_axes="y", activation="softmax")
    yield einsum("dots_before_two", (3, 4, 5), "...bc,cd->...bd", (4, 2), bias_axes="bd")
    yield einsum("dots_after", (4, 5), "ab...,bc->ac...", 3, bias_axes="c")
    yield einsum("dots_after_rank_4", (4, 2, 3), "ab...,bc->ac...", 3, bias_axes="c")
    yield einsum("capitals", (4, 5), "aBc,cD->aBD", (None, 3), bias_axes="D")


def embedding_cases(generation):
    yield single("embedding_vector_of_ids", "Embedding", (), dtype="int32", input_dim=10, output_dim=4)
    yield single("embedding_rank_4", "Embedding", (2, 2, 2), dtype="int32", input_dim=10, output_dim=2)
    if generation == 2:
        yield single("embedding_input_length", "Embedding", (5,), dtype="int32", input_dim=10, output_dim=4, input_length=5)
        return

    def negative(k, inputs):
        return k.layers.Embedding(12, 3)(k.layers.Rescaling(-1.0)(inputs[0]))

    yield Case("embedding_negative_ids", [((5,), "int32")], negative)

    def reverse(**config):
        def call(k, inputs):
            layer = k.layers.ReversibleEmbedding(10, 4, **config)
            return layer(k.layers.Dense(4)(layer(inputs[0])), reverse=True)

        return call

    for tag, config in {
        "tied": {},
        "untied": {"tie_weights": False},
        "capped": {"logit_soft_cap": 0.5},
        "reverse_dtype": {"reverse_dtype": "float32", "tie_weights": False, "logit_soft_cap": 2.0},
    }.items():
        yield Case(f"reversible_{tag}", [((5,), "int32")], reverse(**config))
    yield single("reversible_forward", "ReversibleEmbedding", (5,), dtype="int32", input_dim=10, output_dim=3, tie_weights=False)


def lora_cases():
    for tag, lora in {"": {"lora_rank": 2}, "_alpha": {"lora_rank": 2, "lora_alpha": 5.0}}.items():
        yield single(f"lora_dense{tag}", "Dense", (5,), units=3, **lora)
        yield single(f"lora_einsum{tag}", "EinsumDense", (4, 5), equation="abc,cde->abde", output_shape=(None, 2, 3), bias_axes="de", **lora)
        yield single(f"lora_embedding{tag}", "Embedding", (4,), dtype="int32", input_dim=10, output_dim=3, **lora)
        yield single(f"lora_conv2{tag}", "Conv2D", (5, 6, 2), filters=3, kernel_size=2, **lora)
    yield single("lora_conv1", "Conv1D", (6, 2), filters=3, kernel_size=2, lora_rank=1, use_bias=False)
    yield single("lora_conv3", "Conv3D", (3, 4, 3, 2), filters=2, kernel_size=2, lora_rank=3)


def quantized_cases():
    """Quantized layers are refused by the name of their policy."""
    for mode in ("int8", "int4", "float8"):

        def call(k, inputs, mode=mode):
            return k.layers.Dense(4, dtype=k.dtype_policies.get(f"{mode}_from_float32"))(inputs[0])

        yield Case(f"quantized_{mode}", [((8,), FLOAT)], call, refused=f"{mode}_from_float32")


def fourier_cases():
    for kernel in ("gaussian", "laplacian"):
        for options in ({}, {"scale": 2.0}, {"scale": 0.5, "trainable": True}):

            def call(k, inputs, kernel=kernel, options=options):
                layer = k.layers.experimental.RandomFourierFeatures
                return layer(output_dim=4, kernel_initializer=kernel, **options)(inputs[0])

            yield Case(f"fourier_{kernel}_{'_'.join(options) or 'default'}", [((5,), FLOAT)], call)


def all_cases(generation):
    yield from einsum_cases()
    yield from embedding_cases(generation)
    if generation == 3:
        yield from lora_cases()
        yield from quantized_cases()
    else:
        yield from fourier_cases()
