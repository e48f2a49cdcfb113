"""Whether the claims of the Align With Purpose paper hold in these numbers, in sentences: "shown" or "not shown"."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recipes.awp.entries import Entry, compare_delay, compare_wer, counterpart, dominated, interval_text

LATENCY, ERRORS, JOINT = "awp_latency", "awp_wer", "awp_joint"
MOST_WER_INCREASE = 0.05  # relative
LEAST_CUT = 0.150  # seconds
LEAST_WER_GAIN = 0.045  # relative


def verdicts(dev: Sequence[Entry], test: Sequence[Entry], plain_dev: Entry, plain: Entry) -> list[str]:
    """Lines of Markdown: one item for each claim."""
    return [
        *_latency(dev, test, plain_dev, plain),
        *_curve(test, plain),
        *_errors(dev, test, plain_dev, plain),
    ]


def together(entries: Sequence[Entry], plain: Entry) -> list[str]:
    """Every latency setting on all parts pooled, without choosing any. Lines of Markdown."""
    lines = []
    for entry in entries:
        delay, words = compare_delay(plain, entry), compare_wer(plain, entry)
        if entry.method != LATENCY or delay is None or words is None:
            continue
        cut, more = delay.difference, words.relative
        good = -cut.value >= LEAST_CUT and more.value <= MOST_WER_INCREASE
        lines.append(
            f"- `{entry.name}`: {1000 * cut.value:+.0f} ms (95 % interval {1000 * cut.low:+.0f} to "
            f"{1000 * cut.high:+.0f} ms), word errors {100 * more.value:+.1f} % ({interval_text(words)}, "
            f"{len(entry.seeds)} seeds): target {'reached' if good else 'not reached'}."
        )
    return lines


def _latency(dev: Sequence[Entry], test: Sequence[Entry], plain_dev: Entry, plain: Entry) -> list[str]:
    allowed = [
        entry
        for entry in dev
        if entry.method == LATENCY and entry.mean("wer") <= (1 + MOST_WER_INCREASE) * plain_dev.mean("wer")
    ]
    if not allowed:
        tried = ", ".join(entry.setting for entry in dev if entry.method == LATENCY) or "none"
        return [f"- **Latency: not shown.** On dev no weight kept the WER within 5 % of plain CTC (tried: {tried})."]
    best = counterpart(min(allowed, key=lambda entry: entry.mean("mean")), test)
    if best is None:
        return ["- **Latency: not shown.** The setting chosen on dev was not evaluated on test."]
    cut = plain.mean("mean") - best.mean("mean")
    # The encoder has seen a word's end when delay plus look-ahead reaches zero: the delay can fall by at most this sum.
    share = cut / plain.mean("latency") if plain.mean("latency") > 0 else math.nan
    compared, worse = compare_delay(plain, best), compare_wer(plain, best)
    outcome = "shown" if cut >= LEAST_CUT or share >= 0.5 else "not shown"
    increase = (best.mean("wer") - plain.mean("wer")) / plain.mean("wer") if plain.mean("wer") else math.nan
    if increase > MOST_WER_INCREASE:
        outcome = "not shown"
    line = (
        f"- **Latency: {outcome}.** `{best.name}` (chosen on dev) reduces the mean delay from "
        f"{1000 * plain.mean('mean'):.0f} to {1000 * best.mean('mean'):.0f} ms, by {1000 * cut:.0f} ms"
    )
    if compared is not None:
        low, high = compared.difference.low, compared.difference.high
        line += f" (95 % interval of the change {1000 * low:.0f} to {1000 * high:.0f} ms)"
    if not math.isnan(share):
        gap = 1000 * plain.mean("latency")
        line += (
            f", {100 * share:.0f} % of the {gap:.0f} ms from the end of a word to its emission (look-ahead included)"
        )
    line += f"; WER {100 * plain.mean('wer'):.2f} to {100 * best.mean('wer'):.2f} %"
    if worse is not None:
        line += f" ({100 * worse.relative.value:+.1f} %, p = {worse.p_value:.3f})"
    return [line + ". Target: 150 ms or half of that time, with a WER increase of at most 5 %."]


def _curve(test: Sequence[Entry], plain: Entry) -> list[str]:
    ours = [entry for entry in test if entry.method in (LATENCY, JOINT)]
    others = [entry for entry in test if not entry.method.startswith("awp") and entry.method != "baseline"]
    if not ours or all(entry.method == plain.method for entry in others):
        return []  # nothing to compare with
    beaten = [(entry, better) for entry in ours if (better := dominated(entry, others))]
    if not beaten:
        return [
            f"- **Curve: on or below the others.** No baseline point is better than any of the {len(ours)} AWP points."
        ]
    named = "; ".join(
        f"`{entry.name}` by {', '.join(f'`{other.name}`' for other in better)}" for entry, better in beaten
    )
    return [
        f"- **Curve: above the others in places.** For {len(beaten)} of {len(ours)} AWP points a baseline point is at "
        f"least as good in both WER and delay: {named}."
    ]


def _errors(dev: Sequence[Entry], test: Sequence[Entry], plain_dev: Entry, plain: Entry) -> list[str]:
    tried = [entry for entry in dev if entry.method == ERRORS]
    if not tried:
        return []
    best = counterpart(min(tried, key=lambda entry: entry.mean("wer")), test)
    compared = compare_wer(plain, best) if best is not None else None
    if best is None or compared is None:
        return ["- **WER: not shown.** The setting chosen on dev was not evaluated on test with the same seeds."]
    shown = compared.relative.value <= -LEAST_WER_GAIN and compared.p_value < 0.05
    settings = ", ".join(entry.setting for entry in tried)
    return [
        f"- **WER: {'shown' if shown else 'not shown'}.** `{best.name}` (chosen on dev among {settings}) changes the "
        f"WER of equally long CTC training by {100 * compared.relative.value:+.1f} % relative "
        f"({interval_text(compared)} over seeds and utterances). Target: -4.5 % at p < 0.05."
    ]
