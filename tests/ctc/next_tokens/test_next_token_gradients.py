"""CTC as a language model: gradients against finite differences and an unscaled oracle, the version for accelerators,
numbers that underflow."""

from __future__ import annotations

import math

import pytest
import torch

from ctcalign import ctc
from ctcalign.ctc.next_tokens import distributions as next_tokens
from ctcalign.ctc.next_tokens import extensions
from ctcalign.ctc.next_tokens import tensors as next_token_tensors

INF = math.inf


def normal(seed: int, *shape: int, spread: float = 1.0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (spread * torch.randn(shape, dtype=torch.float64, generator=generator)).log_softmax(-1).to(dtype)


@pytest.mark.parametrize("targets", [[1, 2], [2, 2, 0], [], [0, 1, 1, 2]])
def test_gradients_meet_finite_differences(targets: list[int]) -> None:
    logits = torch.randn(1, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3)).requires_grad_()
    labels = torch.tensor([targets], dtype=torch.int64).reshape(1, -1)
    for function in (ctc.next_token_log_probs, ctc.token_log_probs):
        found = function(logits, labels, blank=3)
        finite = torch.isfinite(found.detach())

        def values(x: torch.Tensor, function=function, finite=finite) -> torch.Tensor:
            return function(x, labels, blank=3)[finite]

        assert torch.autograd.gradcheck(values, (logits,))


def extensions_in_log_space(emission: torch.Tensor, targets: list[int]) -> torch.Tensor:
    """Differentiable log-sums over frames, nothing scaled; the blank is 0. (L + 1, C) scores of extensions."""
    log_probs = emission.log_softmax(-1)
    labels = torch.tensor([0, *targets])
    doubled = labels[1:-1] == labels[2:]
    nothing = torch.tensor([-1e5], dtype=torch.float64)  # finite: log-sums of -inf alone have no gradient
    token = nothing.expand(len(labels))
    blank = torch.cat([nothing * 0, token[1:]])
    blanks, wholes = [blank], [torch.logaddexp(blank, token)]
    for frame in log_probs:
        first = torch.where(torch.cat([torch.tensor([False]), doubled]), blank[:-1], wholes[-1][:-1])
        entered = torch.logaddexp(token[1:], first) + frame[labels[1:]]
        blank, token = wholes[-1] + frame[0], torch.cat([nothing, entered])
        blanks.append(blank)
        wholes.append(torch.logaddexp(blank, token))
    before, rest = torch.stack(wholes)[:-1], torch.stack(blanks)[:-1]
    own = torch.nn.functional.one_hot(labels, emission.shape[1]).bool()  # in column 0 for the empty prefix: replaced
    found = torch.where(own, rest[:, :, None], before[:, :, None]) + log_probs[:, None]
    return torch.cat([wholes[-1][:, None], found.logsumexp(0)[:, 1:]], 1)


@pytest.mark.parametrize("block", [1, 2**15])
def test_improbable_extensions_keep_their_digits(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels that are thousands of nats below the others cannot be linear numbers; nor can prefixes."""
    monkeypatch.setattr(extensions, "BLOCK_NUMBERS", block)  # 16 frames, or all
    emission = normal(5, 30, 6, spread=4.0)
    emission[:, 5] -= 3000.0
    emission[:15, 4] -= 900.0
    emission[:, 2] -= 600.0
    emission = emission.log_softmax(-1).requires_grad_()
    targets = [1, 2, 2, 5, 3]
    scores = extensions_in_log_space(emission, targets)
    starts = torch.cat([torch.zeros(1, dtype=torch.float64), scores[torch.arange(5), torch.tensor(targets)]])
    expected = scores - starts[:, None]
    found = ctc.next_token_log_probs(emission[None], torch.tensor([targets]))[0]
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-10)
    weights = torch.randn(expected.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    (gradient,) = torch.autograd.grad((found * weights).sum(), emission)
    (other,) = torch.autograd.grad((expected * weights).sum(), emission)
    torch.testing.assert_close(gradient, other, rtol=1e-9, atol=1e-9)


def test_what_flows_into_the_impossible_ends_there() -> None:
    emission = normal(2, 3, 3, 4)
    emission[1, :, 2] = -INF
    emission[2, 1] = -INF
    emission.requires_grad_()
    targets = torch.tensor([[1, 1, 1], [1, 2, 3], [1, 2, 3]])
    for function in (ctc.next_token_log_probs, ctc.token_log_probs):
        found = function(emission, targets)
        weights = torch.where(found.detach() == -INF, torch.full_like(found, math.nan), torch.ones_like(found))
        (gradient,) = torch.autograd.grad(found, emission, weights)
        assert torch.isfinite(gradient).all()
        assert gradient[:2].any()
        assert not gradient[2].any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_types(dtype: torch.dtype) -> None:
    emission = normal(4, 2, 8, 5, dtype=dtype).requires_grad_()
    targets = torch.tensor([[1, 2], [3, 3]])
    exact = normal(4, 2, 8, 5, dtype=dtype).double()
    for function in (ctc.next_token_log_probs, ctc.token_log_probs):
        found = function(emission, targets)
        assert found.dtype == torch.float32
        torch.testing.assert_close(found.double(), function(exact, targets), rtol=1e-6, atol=1e-6)
        (gradient,) = torch.autograd.grad(found.square().sum(), emission)
        assert gradient.dtype == dtype
        assert torch.isfinite(gradient).all()
        assert gradient.any()


@pytest.mark.parametrize("blank", [0, 3])
def test_the_tensor_version_agrees_with_the_kernels(blank: int, monkeypatch: pytest.MonkeyPatch) -> None:
    emission = normal(6, 4, 12, 5, spread=3.0)
    emission[2, :, 2] = -INF
    emission.requires_grad_()
    targets = torch.tensor([[1, 1, 2, 4], [4, 2, 1, 1], [1, 2, 4, 4], [2, 1, 1, 1]])
    lengths = torch.tensor([12, 7, 12, 3]), torch.tensor([4, 2, 3, 0])

    def results() -> list[torch.Tensor]:
        found = []
        for function in (ctc.next_token_log_probs, ctc.token_log_probs):
            values = function(emission, targets, *lengths, blank=blank)
            weights = normal(7, *values.shape)
            found += [values.detach(), *torch.autograd.grad(values, emission, weights)]
        return found

    expected = results()
    monkeypatch.setattr(next_token_tensors, "prefix_scores", next_token_tensors.prefix_scores_of_tensors)
    monkeypatch.setattr(next_token_tensors, "carry_back", next_token_tensors.carry_back_of_tensors)
    monkeypatch.setattr(next_tokens, "_groups", lambda log_probs, batch: [[0, 1, 2, 3]])
    for one, other in zip(results(), expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
