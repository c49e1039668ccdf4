"""Spectrograms, which only Keras 3 has."""

from .layer_cases import Case, FLOAT


def signal(name, class_name, shape, tolerance=None, **config):
    def call(k, inputs):
        return getattr(k.layers, class_name)(**config)(inputs[0])

    return Case(name, [(shape, FLOAT)], call, tolerance=tolerance)


def all_cases(generation):
    if generation == 2:
        return
    for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft"):
        yield signal(f"stft_{mode}", "STFTSpectrogram", (40, 1), mode=mode, frame_length=16)
        yield signal(f"stft_{mode}_expand", "STFTSpectrogram", (30, 2), mode=mode, frame_length=10, frame_step=3, fft_length=16, expand_dims=True)
    for padding in ("valid", "same"):
        yield signal(f"stft_{padding}", "STFTSpectrogram", (37, 2), mode="magnitude", frame_length=9, frame_step=4, padding=padding)
    yield signal("stft_channels_first", "STFTSpectrogram", (2, 37), mode="magnitude", frame_length=9, data_format="channels_first")
    yield signal("stft_channels_first_expand", "STFTSpectrogram", (2, 37), mode="stft", frame_length=9, data_format="channels_first", expand_dims=True)
    options = {"fft_length": 64, "sequence_stride": 20, "num_mel_bins": 12, "sampling_rate": 1000}
    yield signal("mel", "MelSpectrogram", (200,), **options)
    yield signal("mel_power", "MelSpectrogram", (200,), power_to_db=False, **options)
    yield signal("mel_short_frame", "MelSpectrogram", (150,), sequence_length=40, **options)
    yield signal("mel_odd_frame", "MelSpectrogram", (150,), sequence_length=33, power_to_db=False, **options)
    yield signal("mel_hamming", "MelSpectrogram", (150,), window="hamming", min_freq=50.0, max_freq=400.0, **options)
    yield signal("mel_exponent", "MelSpectrogram", (150,), mag_exp=1.0, ref_power=2.0, top_db=10.0, min_power=1e-3, **options)
