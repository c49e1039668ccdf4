"""Attention layers: options, masks as arguments, fully masked rows."""

import numpy as np

from .layer_cases import FLOAT, Case

T, S, D = 4, 3, 4
QUERY, VALUE = ((T, D), FLOAT), ((S, D), FLOAT)
ATTENTION_MASK = ((T, S), "bool")


def case(name, inputs, call, **options):
    return Case(name, inputs, call, high=options.pop("high", 2), **options)


def multi_head(name, inputs=(QUERY, VALUE), arguments=(), names=("value",), layer="MultiHeadAttention", **config):
    """Inputs after the query go to the arguments `names`; `arguments` are the constant ones."""
    defaults = {"num_heads": 2, "key_dim": 3} if layer == "MultiHeadAttention" else {
        "head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}  # fmt: skip

    def call(k, tensors):
        return getattr(k.layers, layer)(**{**defaults, **config})(
            tensors[0], **dict(zip(names, tensors[1:])), **dict(arguments)
        )

    return case(name, list(inputs), call)


def self_attention(name, shape=(T, D), arguments=(), **config):
    def call(k, tensors):
        return k.layers.MultiHeadAttention(**{"num_heads": 2, "key_dim": 3, **config})(
            tensors[0], tensors[0], **dict(arguments)
        )

    return case(name, [(shape, FLOAT)], call)


def mask_cases(prefix, layer, generation):
    masked = (QUERY, VALUE, ATTENTION_MASK)
    names = ("value", "attention_mask")
    scores = {"return_attention_scores": True}
    causal = {"use_causal_mask": True}
    yield multi_head(f"{prefix}_mask", masked, names=names, layer=layer)
    yield multi_head(f"{prefix}_mask_scores", masked, scores, names, layer)
    yield multi_head(f"{prefix}_mask_causal", masked, causal, names, layer)
    yield multi_head(f"{prefix}_mask_causal_scores", masked, {**causal, **scores}, names, layer)
    yield multi_head(f"{prefix}_mask_dropout", masked, names=names, layer=layer, dropout=0.3)
    if layer == "MultiHeadAttention":
        yield multi_head(f"{prefix}_mask_heads", (QUERY, VALUE, ((2, T, S), "bool")), names=names)
        yield multi_head(f"{prefix}_mask_row", (QUERY, VALUE, ((1, S), "bool")), names=names)
        yield multi_head(f"{prefix}_mask_int", (QUERY, VALUE, ((T, S), "int32")), names=names)
    yield multi_head(f"{prefix}_mask_float", (QUERY, VALUE, ((T, S), FLOAT)), names=names, layer=layer)
    yield multi_head(f"{prefix}_mask_float_scores", (QUERY, VALUE, ((T, S), FLOAT)), scores, names, layer)
    yield multi_head(f"{prefix}_causal", arguments=causal, layer=layer)
    yield multi_head(f"{prefix}_causal_dropout", arguments=causal, layer=layer, dropout=0.1)
    yield multi_head(f"{prefix}_scores", arguments=scores, layer=layer)
    yield multi_head(f"{prefix}_key", (QUERY, VALUE, VALUE), names=("value", "key"), layer=layer)
    if generation == 2:
        return
    value_mask = ((S,), "bool")
    for tag, arguments in (("", {}), ("_scores", scores), ("_causal", causal)):
        yield multi_head(f"{prefix}_value_mask{tag}", (QUERY, VALUE, value_mask), arguments, ("value", "value_mask"), layer)
        yield multi_head(f"{prefix}_query_mask{tag}", (QUERY, VALUE, ((T,), "bool")), arguments, ("value", "query_mask"), layer)
    yield multi_head(f"{prefix}_key_mask", (QUERY, VALUE, VALUE, value_mask), (), ("value", "key", "key_mask"), layer)
    yield multi_head(f"{prefix}_key_mask_unused", (QUERY, VALUE, value_mask), (), ("value", "key_mask"), layer)
    yield multi_head(f"{prefix}_all_masks", (QUERY, VALUE, VALUE, ATTENTION_MASK, value_mask, value_mask, ((T,), "bool")),
                     causal, ("value", "key", "attention_mask", "value_mask", "key_mask", "query_mask"), layer)  # fmt: skip
    yield multi_head(f"{prefix}_window", layer=layer, sliding_window=2)
    yield multi_head(f"{prefix}_window_causal", arguments=causal, layer=layer, sliding_window=2)
    yield multi_head(f"{prefix}_window_scores", arguments=scores, layer=layer, sliding_window=1)
    yield multi_head(f"{prefix}_gate", layer=layer, use_gate=True)
    yield multi_head(f"{prefix}_gate_no_bias", layer=layer, use_gate=True, use_bias=False)
    yield multi_head(f"{prefix}_gate_mask_scores", masked, scores, names, layer, use_gate=True)


def constant_mask(k, tensors):
    mask = np.tril(np.ones((1, T, T), dtype="bool"))
    return k.layers.MultiHeadAttention(2, 3)(tensors[0], tensors[0], attention_mask=mask)


def positional(k, tensors):
    return k.layers.MultiHeadAttention(2, 3)(*tensors)


def shared(k, tensors):
    layer = k.layers.MultiHeadAttention(2, 3)
    once = layer(tensors[0], tensors[1])
    return [layer(once, tensors[1], tensors[1]), once]


def multi_head_cases(generation):
    yield multi_head("mha")
    yield multi_head("mha_no_bias", use_bias=False)
    yield multi_head("mha_value_dim", value_dim=5)
    yield multi_head("mha_one_head", num_heads=1, key_dim=1)
    yield multi_head("mha_output_int", output_shape=4 if generation == 3 else [4])
    yield multi_head("mha_output_shape", output_shape=[2, 3])
    yield multi_head("mha_output_shape_no_bias", output_shape=[2, 3], use_bias=False)
    yield multi_head("mha_other_sizes", (((T, 7), FLOAT), ((S, 3), FLOAT), ((S, 2), FLOAT)), names=("value", "key"))
    yield case("mha_positional", [QUERY, VALUE, VALUE], positional)
    yield case("mha_shared", [QUERY, VALUE], shared)
    yield case("mha_constant_mask", [QUERY], constant_mask)
    yield self_attention("mha_self")
    yield self_attention("mha_self_causal", arguments={"use_causal_mask": True})
    yield self_attention("mha_unknown_length", shape=(None, D), arguments={"use_causal_mask": True})
    for axes in ((1,), (2,), (1, 2), (2, 1)) + (((-2,), (-3, -2)) if generation == 3 else ()):
        tag = "_".join(str(axis) for axis in axes).replace("-", "m")
        yield self_attention(f"mha_axes_{tag}", (3, 4, D), attention_axes=axes)
        yield self_attention(f"mha_axes_{tag}_scores", (3, 4, D), {"return_attention_scores": True}, attention_axes=axes)
    yield self_attention("mha_axes_default_4d", (3, 4, D))
    yield self_attention("mha_axes_5d", (2, 3, 4, D), attention_axes=(2, 3))
    yield self_attention("mha_axes_int", attention_axes=1)
    yield multi_head("mha_axes_mask", (((3, 4, D), FLOAT), ((3, 2, D), FLOAT), ((3, 4, 2), "bool")),
                     names=("value", "attention_mask"), attention_axes=(2,))  # fmt: skip
    yield multi_head("mha_axes_two_mask", (((3, 4, D), FLOAT), ((2, 3, D), FLOAT), ((3, 4, 2, 3), "bool")),
                     names=("value", "attention_mask"), attention_axes=(1, 2))  # fmt: skip
    yield from mask_cases("mha", "MultiHeadAttention", generation)
    if generation == 2:
        names = ("value", "attention_mask")
        for tag, dtype in (("", "bool"), ("_float", FLOAT)):
            yield multi_head(f"mha_robust{tag}", (QUERY, VALUE, ((T, S), dtype)), names=names, softmax_robust_masking=True)
        yield multi_head("mha_robust_scores", (QUERY, VALUE, ATTENTION_MASK), {"return_attention_scores": True},
                         names, softmax_robust_masking=True)  # fmt: skip


def dense(name, layer, inputs, arguments=(), masks=None, **config):
    """`masks`: which of the inputs after query, value (and key) are the masks of query and value."""

    def call(k, tensors):
        options = dict(arguments)
        count = len(tensors) if masks is None else len(tensors) - len([m for m in masks if m])
        if masks is not None:
            rest = iter(tensors[count:])
            options["mask"] = [next(rest) if used else None for used in masks]
        return getattr(k.layers, layer)(**config)(tensors[:count], **options)

    return case(name, inputs, call)


def dense_cases(generation):
    query_mask, value_mask = ((T,), "bool"), ((S,), "bool")
    for layer, prefix in (("Attention", "attention"), ("AdditiveAttention", "additive")):
        for scale in (False, True):
            modes = ("dot", "concat") if layer == "Attention" else (None,)
            for mode in modes:
                config = {"use_scale": scale, **({"score_mode": mode} if mode else {})}
                tag = f"{prefix}_{mode or 'tanh'}{'_scale' if scale else ''}"
                yield dense(tag, layer, [QUERY, VALUE], **config)
                yield dense(f"{tag}_key", layer, [QUERY, VALUE, VALUE], **config)
        yield dense(f"{prefix}_causal", layer, [QUERY, VALUE], {"use_causal_mask": True})
        yield dense(f"{prefix}_scores", layer, [QUERY, VALUE], {"return_attention_scores": True})
        yield dense(f"{prefix}_dropout", layer, [QUERY, VALUE], dropout=0.4)
        yield dense(f"{prefix}_masks", layer, [QUERY, VALUE, query_mask, value_mask], masks=(1, 1))
        yield dense(f"{prefix}_masks_key", layer, [QUERY, VALUE, VALUE, query_mask, value_mask], masks=(1, 1))
        yield dense(f"{prefix}_value_mask", layer, [QUERY, VALUE, value_mask], masks=(0, 1))
        yield dense(f"{prefix}_query_mask", layer, [QUERY, VALUE, query_mask], masks=(1, 0))
        yield dense(f"{prefix}_masks_causal_scores", layer, [QUERY, VALUE, query_mask, value_mask],
                    {"return_attention_scores": True, "use_causal_mask": True}, masks=(1, 1))  # fmt: skip
    yield dense("attention_other_sizes", "Attention", [QUERY, ((S, 3), FLOAT), VALUE])
    yield dense("attention_unknown_length", "Attention", [((None, D), FLOAT), VALUE], {"use_causal_mask": True})


def all_cases(generation):
    yield from multi_head_cases(generation)
    if generation == 3:
        yield multi_head("gqa", layer="GroupQueryAttention")
        yield multi_head("gqa_no_bias", layer="GroupQueryAttention", use_bias=False)
        yield multi_head("gqa_equal", layer="GroupQueryAttention", num_query_heads=2)
        yield multi_head("gqa_one", layer="GroupQueryAttention", num_query_heads=3, num_key_value_heads=1)
        yield from mask_cases("gqa", "GroupQueryAttention", generation)
    yield from dense_cases(generation)
