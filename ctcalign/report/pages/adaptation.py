"""The page of an adaptation: report.html."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ctcalign.report.pages.parts import rendered, svg, write_html
from ctcalign.report.pictures.adaptation import (
    PARTS,
    confidences_figure,
    errors_figure,
    hours_figure,
    losses_figure,
    shares_figure,
)

_TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Adaptation of {{ report.original }}</title>
<style>{{ style|safe }}</style></head><body>
<h1>Adaptation of {{ report.original }}</h1>
<p>{{ report.recordings }} recordings, {{ "%.2f"|format(report.hours) }} hours. Best model:
<b>{{ report.model }}</b>{% if report.model == report.original %} (the original one: no pass was better){% endif %}.
Passes are selected by {{ report.criterion }}. Reason for the end of the adaptation:
{{ report.passes[-1].verdict.stop }}.</p>
<p>Test: {{ report.tested_on }}.</p>

<h2>Error rates</h2>
{{ errors|safe }}
<table><tr><th>pass{% for part in parts %}<th>{{ part|replace("_", " ") }} WER %<th>95 % interval<th>CER %{% endfor %}
<th>kept</tr>
{% for row in rates %}<tr><td>{{ row.name }}</td>
{% for part in parts %}{% set one = row.errors.get(part) %}
{% if one %}<td class="number">{{ percent(one.wer.value) }}</td>
<td class="number">{{ percent(one.wer.low) }} to {{ percent(one.wer.high) }}</td>
<td class="number">{{ percent(one.cer.value) }}</td>
{% else %}<td></td><td></td><td></td>{% endif %}{% endfor %}
<td>{{ row.verdict }}</td></tr>
{% endfor %}</table>

<h2>Training data</h2>
{{ hours|safe }}
<table><tr><th>pass<th>aligned by<th>confidences<th>limit<th>phrases<th>kept<th>utterances<th>hours
<th>hours with source</tr>
{% for row in report.passes %}<tr><td>{{ row.number }}</td><td>{{ row.aligned_by }}</td>
<td>{{ row.confidence.source }}</td>
<td class="number">{% if row.confidence.limit is not none %}{{ "%.3f"|format(row.confidence.limit) }}{% endif %}</td>
<td class="number">{{ row.phrases }}</td><td class="number">{{ row.kept.phrases }}</td>
<td class="number">{{ row.kept.utterances }}</td><td class="number">{{ "%.3f"|format(row.kept.hours) }}</td>
<td class="number">{{ "%.3f"|format(row.kept.training_hours) }}</td></tr>
{% endfor %}</table>
{% for row in report.passes if row.rejected is defined %}<p>Pass {{ row.number }}:
{{ row.rejected.pairs }} captions classified
as wrong ({{ "%.3f"|format(row.rejected.hours) }} hours) were compared with the model's own transcription.</p>
{% endfor %}<table><tr><th>dropped because<th>pass<th>phrases<th>hours</tr>
{% for row in report.passes %}{% for reason, one in row.dropped.items() %}<tr><td>{{ reason }}</td>
<td class="number">{{ row.number }}</td><td class="number">{{ one.phrases }}</td>
<td class="number">{{ "%.3f"|format(one.hours) }}</td></tr>
{% endfor %}{% endfor %}</table>

<h2>Confidences</h2>
{{ confidences|safe }}
{% if losses %}<h2>Training</h2>
{{ losses|safe }}{% endif %}
{% if shares %}{{ shares|safe }}
<table><tr><th>pass<th>share at the end<th>source loss, held out<th>target loss, held out</tr>
{% for row in report.passes if row.source_share %}<tr><td>{{ row.number }}</td>
<td class="number">{{ "%.2f"|format(row.source_share[-1].share) }}</td>
{% for part in ("source_loss", "target_loss") %}<td class="number">{{ "%.3f"|format(row.source_share[0][part]) }} to
{{ "%.3f"|format(row.source_share[-1][part]) }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endif %}

<h2>Captions whose times changed most</h2>
{% if report.changed %}<table><tr><th>recording<th>caption<th>text<th>before<th>after<th>change</tr>
{% for row in report.changed %}<tr><td>{{ row.talk }}</td><td class="number">{{ row.cue + 1 }}</td>
<td>{{ row.text }}</td><td class="number">{{ span(row.before) }}</td><td class="number">{{ span(row.after) }}</td>
<td class="number">{% if row.change is none %}–{% else %}{{ "%.2f"|format(row.change) }} s{% endif %}</td></tr>
{% endfor %}</table>{% else %}<p>None.</p>{% endif %}

<h2>Unused recordings</h2>
{% if report.problems %}<table><tr><th>reason<th>recordings</tr>
{% for reason, count in problems %}<tr><td>{{ reason }}</td><td class="number">{{ count }}</td></tr>
{% endfor %}</table>
<table><tr><th>recording<th>reason<th>detail</tr>
{% for one in report.problems %}<tr><td>{{ one.id }}</td><td>{{ one.reason }}</td>
<td><small>{{ one.detail }}</small></td></tr>
{% endfor %}</table>{% else %}<p>Everything could be used.</p>{% endif %}
</body></html>
"""


def write_page(report: Mapping[str, Any], output: Path) -> None:
    """Write the page of what `ctcalign.adapt` reports, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    write_html(page(report), output)


def page(report: Mapping[str, Any]) -> str:
    """The page as HTML; pictures are inside of it.

    Args:
        report: of `ctcalign.adapt`.
    """
    losses, shares = losses_figure(report), shares_figure(report)
    rates = [{"name": "original model", "errors": report["start"], "verdict": ""}]
    for row in report["passes"]:
        verdict = "yes" if row["verdict"]["kept"] else f"no: {row['verdict']['stop']}"
        if row.get("share", 1) < 1:
            verdict += f", {100 * row['share']:g} % of the way to the trained weights"
        rates.append({"name": f"pass {row['number']}", "errors": row["errors"], "verdict": verdict})
    return rendered(
        _TEMPLATE,
        report=report,
        rates=rates,
        parts=[part for part in PARTS if part in report["start"] or part == "target"],
        errors=svg(errors_figure(report)),
        hours=svg(hours_figure(report)),
        confidences=svg(confidences_figure(report)),
        losses=None if losses is None else svg(losses),
        shares=None if shares is None else svg(shares),
        problems=Counter(one["reason"] for one in report["problems"]).most_common(),
        percent=lambda value: "" if value is None else f"{100 * value:.2f}",
        span=lambda span: "not placed" if span is None else f"{span[0]:.2f} to {span[1]:.2f}",
    )
