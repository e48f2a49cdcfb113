"""Encoders meet their interface: lengths, padding, look-ahead, chunks; checkpoints give the same output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from ctcalign.errors import ModelError, UsageError
from ctcalign.models import load_model
from ctcalign.models.encoders import ConformerEncoder, ConvEncoder, CtcNetwork, Encoder, Frontend, StreamingEncoder
from ctcalign.models.encoders.recogniser import Recogniser, save_recogniser, write_header
from ctcalign.text.vocabulary import Vocabulary

VOCABULARY = Vocabulary(("<blank>", " ", *"abcdefghijklmnopqrstuvwxyz'"), separator=1)


def conv(look_ahead: int | None = 3, subsampling: int = 4) -> ConvEncoder:
    torch.manual_seed(1)
    return ConvEncoder(dim=8, blocks=2, kernel=5, look_ahead=look_ahead, subsampling=subsampling).double().eval()


def streaming(subsampling: int = 2, left_chunks: int = 1, kernel: int = 3) -> StreamingEncoder:
    torch.manual_seed(2)
    encoder = StreamingEncoder(
        dim=8, layers=2, heads=2, hidden=16, kernel=kernel, chunk=3, left_chunks=left_chunks, subsampling=subsampling
    )
    return encoder.double().eval()


def conformer() -> ConformerEncoder:
    torch.manual_seed(3)
    return ConformerEncoder(dim=8, layers=1, heads=2, hidden=16, kernel=5).double().eval()


def features(batch: int, frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(batch, frames, 80, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("encoder", [conv(), conv(0, 3), streaming(), streaming(3), conformer()])
def test_frames_of_the_output(encoder: Encoder) -> None:
    for frames in (1, 7, 24, 25):
        hidden, lengths = encoder(features(2, frames), torch.tensor([frames, frames // 2]))
        assert hidden.shape == (2, -(-frames // encoder.subsampling), encoder.dim)
        assert lengths.tolist() == [-(-n // encoder.subsampling) for n in (frames, frames // 2)]
        assert torch.isfinite(hidden).all()


@pytest.mark.parametrize("encoder", [conv(), conv(None), streaming()])
def test_a_batch_is_its_utterances(encoder: Encoder) -> None:
    x = features(2, 40)
    together, lengths = encoder(x, torch.tensor([40, 23]))
    alone, _ = encoder(x[1:, :23], torch.tensor([23]))
    torch.testing.assert_close(together[1, : int(lengths[1])], alone[0], atol=1e-10, rtol=0)


def furthest(encoder: Encoder, x: torch.Tensor, place: int) -> tuple[int, int]:
    """First and last feature frame on which an output frame depends, by gradients."""
    x = x.clone().requires_grad_()
    hidden, _ = encoder(x, torch.tensor([x.shape[1]]))
    hidden[0, place].square().sum().backward()
    assert x.grad is not None
    touched = x.grad[0].abs().sum(1).nonzero()[:, 0]
    return int(touched[0]), int(touched[-1])


@pytest.mark.parametrize("look_ahead", [0, 1, 3, 8, None])
def test_convolutions_look_ahead_as_far_as_they_say(look_ahead: int | None) -> None:
    encoder = conv(look_ahead)
    first, last = furthest(encoder, features(1, 160), 20)
    own_first, own_last = 20 * 4, 21 * 4 - 1
    assert last - own_last == encoder.look_ahead_frames == 4 * (4 if look_ahead is None else look_ahead)
    assert own_first - first == encoder.look_behind_frames


def test_chunks_look_ahead_to_their_end_and_no_further() -> None:
    encoder = streaming()
    for place in range(6, 9):  # one chunk
        first, last = furthest(encoder, features(1, 60), place)
        assert last == 9 * 2 - 1
        assert place * 2 - first <= encoder.look_behind_frames
    assert 9 * 2 - 1 - (6 * 2 + 1) == encoder.look_ahead_frames


@pytest.mark.parametrize(("left_chunks", "kernel", "subsampling"), [(1, 3, 2), (0, 1, 1), (3, 6, 3), (2, 4, 4)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_chunk_by_chunk_is_the_whole(left_chunks: int, kernel: int, subsampling: int, dtype: torch.dtype) -> None:
    encoder = streaming(subsampling, left_chunks, kernel).to(dtype)
    x = features(2, 12 * 3 * subsampling + subsampling + 1).to(dtype)
    whole, _ = encoder(x, torch.tensor([x.shape[1]] * 2))
    state, parts = encoder.initial_state(2), []
    for piece in x.split(3 * subsampling, 1):
        hidden, state = encoder.step(piece, state)
        parts.append(hidden)
    assert state.frames == whole.shape[1]
    torch.testing.assert_close(torch.cat(parts, 1), whole, atol=1e-5, rtol=0)
    # the check can fail: without memory the chunks say something else
    forgetful = torch.cat(
        [encoder.step(piece, encoder.initial_state(2))[0] for piece in x.split(3 * subsampling, 1)], 1
    )
    assert left_chunks == 0 or (forgetful - whole).abs().max() > 1e-3


def test_chunks_must_be_whole_but_for_the_last() -> None:
    encoder = streaming()
    with pytest.raises(UsageError, match="expected 6 frames per chunk"):
        encoder.step(features(1, 7), encoder.initial_state())
    _, state = encoder.step(features(1, 4), encoder.initial_state())
    with pytest.raises(UsageError, match="got 6 after 2 output frames"):
        encoder.step(features(1, 6), state)


def test_bad_sizes() -> None:
    with pytest.raises(UsageError, match="look_ahead: got 9 output frames, expected 0 to 8"):
        conv(9)
    with pytest.raises(UsageError, match="blocks: got 0, expected 1 or more"):
        ConvEncoder(blocks=0)
    with pytest.raises(UsageError, match="multiple of twice the 4 heads"):
        StreamingEncoder(dim=12)
    with pytest.raises(UsageError, match="kernel odd"):
        ConformerEncoder(kernel=4)
    with pytest.raises(UsageError, match="mean_left: got -1"):
        Frontend(-1)


@pytest.mark.parametrize(("left", "right"), [(0, 0), (5, 0), (3, 4), (1000, 0)])
def test_the_frontend_takes_off_the_mean_it_says(left: int, right: int) -> None:
    x, lengths = features(2, 30), torch.tensor([30, 12])
    found = Frontend(left, right)(x, lengths)
    for utterance, frames in enumerate(lengths.tolist()):
        for t in range(30):
            window = x[utterance, max(0, t - left) : min(frames, t + right + 1)] + 7.0
            mean = window.sum(0) / (len(window) + 50) if left or right else 0.0
            expected = (x[utterance, t] + 7.0 - mean) / 2.5 if t < frames else torch.zeros(80).double()
            torch.testing.assert_close(found[utterance, t], expected)


def network(encoder: Encoder, left: int = 20) -> CtcNetwork:
    torch.manual_seed(4)
    return CtcNetwork(Frontend(left), encoder.float(), len(VOCABULARY))


def noise(samples: int) -> torch.Tensor:
    return 0.1 * torch.randn(1, samples, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("encoder", [conv(), streaming(), conformer()])
@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_a_trained_recogniser_loads_and_speaks(tmp_path: Path, encoder: Encoder, suffix: str) -> None:
    built, path = network(encoder), tmp_path / f"model{suffix}"
    header = write_header(built, VOCABULARY, {"language": "en", "licence": "Apache-2.0"})
    if suffix == ".safetensors":
        save_recogniser(path, built, header)
    else:  # a checkpoint of training has more in it, and the network below a prefix
        weights = {f"network.{name}": value for name, value in built.state_dict().items()}
        torch.save({"ctcalign": json.dumps(header), "state_dict": weights, "epoch": 3, "loops": {"x": [1]}}, path)
    model = load_model(f"checkpoint:{path}", device="cpu")
    assert isinstance(model, Recogniser)
    assert (model.language, model.licence, model.vocabulary) == ("en", "Apache-2.0", VOCABULARY)
    assert model.frame_shift == pytest.approx(0.01 * encoder.subsampling)
    before = Recogniser(built.eval(), header, "before")
    with torch.inference_mode():
        log_probs, frames = model(noise(16_000), torch.tensor([16_000]))
        expected, _ = before(noise(16_000), torch.tensor([16_000]))
        assert model(noise(100), torch.tensor([100]))[0].shape == (1, 0, len(VOCABULARY))
    assert frames.tolist() == [-(-100 // encoder.subsampling)]
    torch.testing.assert_close(log_probs, expected, atol=0, rtol=0)


def test_windows_of_a_bounded_recogniser_are_the_whole(tmp_path: Path) -> None:
    from ctcalign.emission.emission import compute_emission

    built = network(conv())
    model = Recogniser(built.eval(), write_header(built, VOCABULARY, {}), "mine")
    assert model.context is not None
    assert model.look_ahead == pytest.approx(0.12 + 0.0075)
    wave = noise(16_000 * 21 + 333)
    with torch.inference_mode():
        expected, _ = model(wave, torch.tensor([wave.shape[1]]))
    with compute_emission(model, wave[0].numpy(), window=6.0) as emission:
        torch.testing.assert_close(torch.from_numpy(emission.log_probs[:]), expected[0], atol=1e-3, rtol=0)


def test_checkpoints_that_do_not_fit(tmp_path: Path) -> None:
    built = network(conv())
    header = write_header(built, VOCABULARY, {})
    path = tmp_path / "model.safetensors"
    for field, value, message in (
        ("config", {"encoder": "lstm"}, "describes no network that this ctcalign can build"),
        ("symbols", ["<blank>", "a"], "weights are those of another network"),
    ):
        save_recogniser(path, built, {**header, field: value})
        with pytest.raises(ModelError, match=message):
            load_model(f"checkpoint:{path}", device="cpu")

    class Own(ConvEncoder):
        name = "own"

    with pytest.raises(UsageError, match="Own is not one of ConvEncoder"):
        save_recogniser(path, network(Own(dim=8, blocks=1, kernel=3)), header)
