"""Expected word errors: golden rows of k2, brute force over all texts, and the errors of texts."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from ctcalign.errors import ShapeError, UsageError
from ctcalign.objectives import BatchError, expected_errors, mwer_loss, text_errors
from tests.objectives.letters import VOCABULARY, collapsed, distance, golden, path_of

GOLDEN = golden("k2_mwer")


def arcs():
    """Two copies of the six arcs of the golden lattice, and the word sequences through each with their errors."""
    prob = torch.tensor([GOLDEN["lattice"]["prob"]] * 2, dtype=torch.float64).requires_grad_()
    texts = [(10, 30), (10, 40), (20, 30), (20, 40)]
    errors = torch.tensor([[distance(text, ref) for text in texts] for ref in GOLDEN["lattice"]["refs"]])
    return prob, errors


def scores_of(prob, ten):
    """Score of each text (2, 4) if the word 10 has probability `ten`."""
    first = torch.stack([ten, ten, prob[:, 2], prob[:, 2]], 1)
    second = torch.stack([prob[:, 3], prob[:, 4]] * 2, 1)
    return (first * second * prob[:, 5:]).log()


@pytest.mark.parametrize("row", [row for row in GOLDEN["results"] if row["reduction"] != "none"])
def test_k2_keeps_one_alignment_of_a_text(row):
    prob, errors = arcs()
    loss = expected_errors(scores_of(prob, prob[:, 0]), errors, temperature=row["temperature"], reduction="sum")
    paths = 8 if row["reduction"] == "mean" else 1  # k2's mean is over paths
    assert loss.item() / paths == pytest.approx(row["loss"], abs=1e-4)
    (loss / paths).backward()
    assert_close(prob.grad.reshape(-1).float(), torch.tensor(row["grad_wrt_prob"]), atol=1e-4, rtol=0)


def test_the_contribution_of_each_path_equals_k2():
    (row,) = [row for row in GOLDEN["results"] if row["reduction"] == "none"]
    prob, errors = arcs()
    scores = scores_of(prob, prob[:, 0])
    # Set the errors of all paths but one to zero: the loss is then the contribution of that path.
    parts = [expected_errors(scores, errors * torch.eye(4, dtype=torch.int64)[n], reduction="none") for n in range(4)]
    found = torch.stack(parts, 1).reshape(-1)
    # k2 orders the paths of an utterance differently.
    for low, high in zip(row["row_splits"], row["row_splits"][1:], strict=False):
        assert sorted(found[low:high].tolist()) == pytest.approx(sorted(row["loss_per_path"][low:high]), abs=1e-5)


def test_scores_are_sums_over_the_alignments_of_a_text():
    prob, errors = arcs()
    total = expected_errors(scores_of(prob, prob[:, 0] + prob[:, 1]), errors, reduction="sum")
    # the word 10 has probability 0.6 against 0.2, not 0.1 against 0.2
    posterior = 0.6 / 0.8
    assert total.item() == pytest.approx(2 * (1 - posterior) + posterior + 2)
    assert total.item() < GOLDEN["results"][0]["loss"]


def emission(batch=2, frames=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, frames, 3, dtype=torch.float64, generator=generator).log_softmax(-1).requires_grad_()


def all_texts(frames):
    return sorted({tuple(collapsed(path, 0)) for path in itertools.product(range(3), repeat=frames)})


def as_tensors(rows):
    """Hypotheses (1, H, U) and lengths (1, H)."""
    longest = max(1, *map(len, rows))
    return torch.tensor([[[*row, *[1] * (longest - len(row))] for row in rows]]), torch.tensor([list(map(len, rows))])


def test_over_all_texts_the_loss_is_the_expectation_over_all_paths():
    logits = emission(batch=1)
    log_probs = logits.log_softmax(-1)  # posteriors are computed from normalised probabilities
    texts, lengths = as_tensors(all_texts(4))
    targets = torch.tensor([[1, 2]])
    errors = text_errors(texts, lengths, targets, unit="labels")
    loss = mwer_loss(log_probs, texts, lengths, errors)
    brute = sum(
        sum(log_probs[0, t, label] for t, label in enumerate(path)).exp() * distance(collapsed(path, 0), [1, 2])
        for path in itertools.product(range(3), repeat=4)
    )
    assert_close(loss, brute)
    assert_close(*(torch.autograd.grad(value, logits, retain_graph=True)[0] for value in (loss, brute)))


def test_repeated_texts_count_once():
    log_probs = emission(batch=1)
    texts, lengths = as_tensors([(1,), (1, 2), (2,)])
    again, more = as_tensors([(1,), (1, 2), (1,), (2,), (1, 2)])
    errors = torch.tensor([[1, 0, 1]])
    loss = mwer_loss(log_probs, texts, lengths, errors)
    assert_close(mwer_loss(log_probs, again, more, torch.tensor([[1, 0, 1, 1, 0]])), loss)


def test_missing_and_infeasible_texts_have_posterior_zero():
    log_probs = emission()
    texts = torch.tensor([[[1, 2, 0, 0, 0], [2, 0, 0, 0, 0]], [[1, 1, 1, 1, 1], [9, 9, 9, 9, 9]]])
    lengths = torch.tensor([[2, 1], [5, -1]])  # five labels in four frames; no text
    errors = torch.tensor([[0, 2], [5, 7]])
    losses = mwer_loss(log_probs, texts, lengths, errors, reduction="none")
    assert 0 < losses[0] < 2
    assert losses[1] == 0
    losses.sum().backward()
    assert torch.isfinite(log_probs.grad).all()
    assert (log_probs.grad[1] == 0).all()
    assert_close(mwer_loss(log_probs, texts, lengths, errors), losses.mean())


def test_gradcheck():
    texts, lengths = as_tensors([(1,), (1, 2), (2,)])
    errors = torch.tensor([[1, 0, 2]])
    logits = torch.randn(1, 4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()

    def loss(x):
        return mwer_loss(x.log_softmax(-1), texts, lengths, errors, torch.tensor([3]), temperature=0.7)

    assert torch.autograd.gradcheck(loss, logits)


@settings(max_examples=100, deadline=None)
@given(
    hypothesis=st.text("ab ", max_size=7),
    reference=st.text("ab ", max_size=7),
    unit=st.sampled_from(["words", "labels"]),
)
def test_errors_of_a_text_equal_the_levenshtein_distance(hypothesis, reference, unit):
    texts, lengths = as_tensors([path_of(hypothesis), path_of("a")])
    targets = torch.tensor([path_of(reference)], dtype=torch.long).view(1, -1)
    found = text_errors(texts, lengths, targets, vocabulary=VOCABULARY, unit=unit)
    split = str.split if unit == "words" else list
    assert found[0].tolist() == [distance(split(hypothesis), split(reference)), distance(["a"], split(reference))]


def test_words_of_word_pieces_are_compared_as_text():
    vocabulary = ("", "▁c", "ut", "▁cu", "t", "▁a")
    texts, lengths = as_tensors([(1, 2), (3, 4), (5, 1, 2), ()])
    assert text_errors(texts, lengths, torch.tensor([[3, 4]]), vocabulary=vocabulary).tolist() == [[0, 0, 1, 1]]


def test_invalid_input_gives_one_line_errors():
    log_probs = emission(batch=1)
    texts, lengths = as_tensors([(1,), (2,)])
    errors = torch.tensor([[0, 1]])
    targets = torch.tensor([[1]])
    nan = torch.tensor([[math.nan, 0.0]])
    cases = [
        (ShapeError, "errors: expected", lambda: mwer_loss(log_probs, texts, lengths, errors[0])),
        (ShapeError, "hypotheses: expected ints", lambda: mwer_loss(log_probs, texts[0], lengths, errors)),
        (
            BatchError,
            "hypotheses: got none",
            lambda: mwer_loss(log_probs, texts[:, :0], lengths[:, :0], errors[:, :0]),
        ),
        (BatchError, "all are -1", lambda: mwer_loss(log_probs, texts, lengths * 0 - 1, errors)),
        (BatchError, "the batch is empty", lambda: mwer_loss(log_probs[:0], texts[:0], lengths[:0], errors[:0])),
        (UsageError, "temperature: got -1", lambda: mwer_loss(log_probs, texts, lengths, errors, temperature=-1)),
        (UsageError, "reduction: got", lambda: expected_errors(nan, errors, reduction="paths")),
        (BatchError, "got NaN", lambda: expected_errors(nan, errors)),
        (BatchError, "errors >= 0", lambda: expected_errors(nan * 0, -errors)),
        (ShapeError, "scores, errors", lambda: expected_errors(nan, errors[:, :1])),
        (UsageError, "unit: got 'phones'", lambda: text_errors(texts, lengths, targets, unit="phones")),
        (UsageError, "vocabulary: it is empty", lambda: text_errors(texts, lengths, targets)),
        (
            BatchError,
            "hypotheses: labels from",
            lambda: text_errors(texts + 50, lengths, targets, vocabulary=VOCABULARY),
        ),
        (
            BatchError,
            "hypothesis_lengths: expected counts",
            lambda: text_errors(texts, lengths + 1, targets, unit="labels"),
        ),
        (ShapeError, "targets: expected ints", lambda: text_errors(texts, lengths, targets[0], unit="labels")),
    ]
    for error, message, call in cases:
        with pytest.raises(error, match=message) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_expected_errors_by_hand():
    scores = torch.tensor([[math.log(0.4), math.log(0.1), -math.inf], [-math.inf] * 3], dtype=torch.float64)
    errors = torch.tensor([[1.0, 3.0, 50.0], [2.0, 2.0, 2.0]], dtype=torch.float64)
    first = 0.8 * 1 + 0.2 * 3
    for reduction, value in [("none", [first, 0.0]), ("sum", first), ("mean", first / 2)]:
        assert_close(expected_errors(scores, errors, reduction=reduction), torch.tensor(value, dtype=torch.float64))
    assert_close(expected_errors(scores, errors), torch.tensor(first / 2, dtype=torch.float64))
    hot = expected_errors(scores, errors, temperature=2.0, reduction="none")[0].item()
    assert hot == pytest.approx((2 * 1 + 1 * 3) / 3)  # square roots of 4 to 1
    assert expected_errors(scores, errors, temperature=1e-300, reduction="none")[0].item() == 1.0  # the best alone
    assert expected_errors(torch.zeros(1, 2), torch.tensor([[2.0, 4.0]]), temperature=1e-300).item() == 3.0
    assert expected_errors(torch.tensor([[-1e30, -2e30]]), torch.tensor([[2.0, 4.0]])).item() == 2.0


def test_expected_errors_of_half_precision_are_float32():
    scores = torch.tensor([[-300.0, -301.0]], dtype=torch.bfloat16)  # both would round to -300
    assert expected_errors(scores, torch.zeros(1, 2)).dtype == torch.float32
    exact = torch.tensor([[-300.0, -302.0]], dtype=torch.bfloat16)
    found = expected_errors(exact, torch.tensor([[0.0, 1.0]])).item()
    assert found == pytest.approx(1 / (1 + math.exp(2)))


def test_gradient_of_expected_errors_by_hand():
    scores = torch.tensor([[0.0, math.log(3.0)]], dtype=torch.float64, requires_grad=True)
    expected_errors(scores, torch.tensor([[5.0, 1.0]])).backward()
    # d/ds_i = p_i (e_i - expectation), with p = 1/4, 3/4 and an expectation of 2
    assert_close(scores.grad, torch.tensor([[0.25 * 3, -0.75]], dtype=torch.float64))


@pytest.mark.parametrize(("value", "error"), [(math.inf, 1.0), (math.nan, 1.0), (0.0, -1.0), (0.0, math.nan)])
def test_scores_and_errors_that_are_no_numbers(value, error):
    with pytest.raises(BatchError, match=r"^scores, errors: expected log-probabilities and errors >= 0"):
        expected_errors(torch.tensor([[value, 0.0]]), torch.tensor([[error, 0.0]]))


def test_texts_at_the_edges():
    texts = torch.tensor([[[0, 1], [1, 1], [1, 0]], [[1, 1], [0, 0], [9, 9]]])
    lengths = torch.tensor([[2, 1, 0], [2, 2, -1]])
    targets = torch.tensor([[0, 1], [1, 9]])
    found = text_errors(texts, lengths, targets, torch.tensor([2, 1]), unit="labels")
    assert found.tolist() == [[0, 1, 2], [1, 2, 0]]
    assert found.dtype == torch.int64
    assert text_errors(texts, lengths, targets[:, :0], unit="labels").tolist() == [[2, 1, 0], [2, 2, 0]]
    words = text_errors(texts, lengths, targets, torch.tensor([2, 1]), vocabulary=("a", " "))
    assert words.tolist() == [[0, 1, 1], [0, 1, 0]]
    bars = text_errors(texts, lengths, targets, torch.tensor([2, 1]), vocabulary=("a", "|"), separator="a")
    assert bars.tolist() == [[0, 0, 1], [1, 1, 0]]
    assert text_errors(texts[:, :0], lengths[:, :0], targets, unit="labels").shape == (2, 0)
    for bad in (3, -2):
        with pytest.raises(BatchError, match=r"^hypothesis_lengths: expected counts from -1 to 2, got"):
            text_errors(texts, lengths.masked_fill(lengths == 0, bad), targets, unit="labels")
    with pytest.raises(BatchError, match=r"^hypotheses: labels from"):
        text_errors(texts, lengths.clamp(min=2), targets, torch.tensor([2, 1]), vocabulary=("a", " "))
    with pytest.raises(BatchError, match=r"^reference: labels from"):
        text_errors(texts, lengths, targets, vocabulary=("a", " "))


def test_distinct_texts():
    log_probs = emission(batch=2)
    # The same labels in the padding are another text; -1 is none, even if it is the first.
    texts = torch.tensor([[[1, 2], [1, 1], [1, 2]], [[2, 1], [2, 1], [2, 1]]])
    lengths = torch.tensor([[1, 1, 2], [-1, 2, 2]])
    errors = torch.tensor([[1.0, 7.0, 3.0], [9.0, 2.0, 5.0]])
    losses = mwer_loss(log_probs, texts, lengths, errors, reduction="none")
    one = mwer_loss(log_probs[:1], texts[:1, 1:], lengths[:1, 1:], torch.tensor([[1.0, 3.0]]), reduction="none")
    assert_close(losses[:1], one)
    assert losses[1].item() == pytest.approx(2.0)
    short = mwer_loss(log_probs, texts, lengths, errors, torch.tensor([4, 1]), reduction="none")
    assert short[1].item() == 0.0  # two labels do not fit one frame
    assert_close(short[0], losses[0])


@pytest.mark.parametrize("blank", [0, 2])
def test_the_blank_and_the_temperature_reach_the_scores(blank):
    log_probs = emission(batch=1, frames=3)
    labels = [label for label in range(3) if label != blank]
    texts, lengths = torch.tensor([[[labels[0], 0], labels]]), torch.tensor([[1, 2]])
    scores = []
    for text in (labels[:1], labels):
        paths = [path for path in itertools.product(range(3), repeat=3) if collapsed(path, blank) == text]
        each = [sum(log_probs[0, t, label] for t, label in enumerate(path)) for path in paths]
        scores.append(torch.stack(each).logsumexp(0))
    for temperature in (1.0, 3.0):
        share = torch.softmax(torch.stack(scores) / temperature, 0)
        found = mwer_loss(log_probs, texts, lengths, torch.tensor([[4.0, 1.0]]), blank=blank, temperature=temperature)
        assert_close(found, 4 * share[0] + share[1])
