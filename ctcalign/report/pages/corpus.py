"""The page of a corpus: report.html."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ctcalign.report.pages.parts import histogram, rendered

SHOWN = 500  # failures on the page; report.json has all
_TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Aligned corpus</title>
<style>{{ style|safe }}</style></head><body>
<h1>Aligned corpus</h1>
<p>{{ report.done }} of {{ report.recordings }} recordings aligned by {{ report.model }}:
{{ "%.2f"|format(report.hours) }} hours, {{ "%.2f"|format(report.captioned_hours) }} of them with captions.
{{ report.failed }} failed{% if report.left is none %}, some are left{% elif report.left %}, {{ report.left }} are left
{% endif %}.
{% if report.gone %}The folder also holds {{ report.gone }} recordings that the collection no longer has.{% endif %}</p>
{% if report.damaged %}<p>{{ report.damaged|length }} records are damaged, or outputs that they name are missing. Their
recordings are not counted here; align them again: {% for name in report.damaged[:shown] %}{{ name|truncate(120) }}
{%- if not loop.last %}, {% endif %}{% endfor %}{% if report.damaged|length > shown %} and others, which report.json
lists{% endif %}.</p>{% endif %}
<table><tr><th>captions<th>number</tr>
<tr><td>aligned</td><td class="number">{{ report.cues.aligned }}</td></tr>
<tr><td>not spoken</td><td class="number">{{ report.cues.not_spoken }}</td></tr>
<tr><td>failed</td><td class="number">{{ report.cues.failed }}</td></tr></table>

<h2>Confidences</h2>
{% if histogram %}<p>Mean over the recordings: {{ "%.3f"|format(report.confidence) }}. Captions that were not found
count as 0.</p>
{{ histogram|safe }}{% else %}<p>The model has no calibration.</p>{% endif %}

<h2>Recordings with the lowest confidences</h2>
{% if report.worst %}<table><tr><th>recording<th>confidence<th>seconds<th>aligned<th>not spoken<th>failed</tr>
{% for row in report.worst %}<tr><td>{{ row.id|truncate(120) }}</td>
<td class="number">{% if row.confidence is not none %}{{ "%.3f"|format(row.confidence) }}{% endif %}</td>
<td class="number">{{ "%.1f"|format(row.duration) }}</td><td class="number">{{ row.aligned }}</td>
<td class="number">{{ row.not_spoken }}</td><td class="number">{{ row.failed }}</td></tr>
{% endfor %}</table>{% else %}<p>None.</p>{% endif %}

<h2>Recordings that failed</h2>
{% if report.failures %}<table><tr><th>reason<th>recordings</tr>
{% for reason, count in report.reasons.items() %}<tr><td>{{ reason }}</td><td class="number">{{ count }}</td></tr>
{% endfor %}</table>
<table><tr><th>recording<th>reason<th>detail<th>attempts</tr>
{% for one in report.failures[:shown] %}<tr><td>{{ one.id|truncate(120) }}</td><td>{{ one.reason }}</td>
<td><small>{{ one.detail|truncate(600) }}</small></td><td class="number">{{ one.attempts }}</td></tr>
{% endfor %}</table>{% if report.failures|length > shown %}<p>The others are listed in report.json.</p>{% endif %}
{% else %}<p>None.</p>{% endif %}

<h2>Warnings</h2>
<p>{{ report.recordings_with_warnings }} recordings have warnings.</p>
{% if report.warnings %}<table><tr><th>recording<th>first warnings</tr>
{% for row in report.warnings %}<tr><td>{{ row.id|truncate(120) }}</td>
<td><small>{{ row.warnings|join("; ") }}</small></td></tr>
{% endfor %}</table>{% endif %}

<h2>Time by stage</h2>
<table><tr><th>stage<th>seconds of workers</tr>
{% for stage, seconds in report.stages.items() %}<tr><td>{{ stage }}</td>
<td class="number">{{ "%.1f"|format(seconds) }}</td></tr>
{% endfor %}</table>
</body></html>
"""


def page(report: Mapping[str, Any]) -> str:
    """The page as HTML; pictures are inside of it.

    Args:
        report: of `align_corpus` or `merge`.
    """
    counts = report["histogram"]
    bars = histogram(counts, "confidence of aligned captions") if counts else None
    return rendered(_TEMPLATE, report=report, shown=SHOWN, histogram=bars)
