"""The parts of a transformers CTC model: network, feature extractor, tokenizer, symbols and licence."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ctcalign.errors import ModelError, UsageError
from ctcalign.models.cards import check_licence
from ctcalign.models.hugging_face.licences import licence_of
from ctcalign.models.hugging_face.messages import languages_of, remedy, tokenizer_remedy
from ctcalign.models.hugging_face.symbols import vocabulary_of, warnings_of
from ctcalign.models.pretrained import load_network, loading, transformers
from ctcalign.text.vocabulary import Vocabulary

NEEDS = "needs transformers; pip install 'ctcalign[hf]'"
# The option that chooses a language of MMS; not an entry of the configuration.
TARGET_LANG = "target_lang"
# Entries of a configuration that follow from the tokenizer, or that have no effect here.
_FIXED = {"vocab_size", "model_type", "architectures", "auto_map", "pad_token_id", "transformers_version", "dtype"}


@dataclass
class Parts:
    """A CTC model of transformers.

    Attributes:
        name: of the model without "hf:".
        network: of a class of AutoModelForCTC.  extractor: feature extractor.
        tokenizer: of transformers; None if training makes a new one.
        vocabulary: the symbols.  licence: of the weights.  warnings: about its files.
        trained: whether the output layer is trained, and for these symbols.
    """

    name: str
    network: Any
    extractor: Any
    tokenizer: Any
    vocabulary: Vocabulary
    licence: str
    warnings: list[str] = field(default_factory=list)
    trained: bool = True


def open_parts(
    name: str,
    allow_noncommercial: bool = False,
    options: Mapping[str, Any] | None = None,
    new_symbols: bool = False,
) -> Parts:
    """Load a model from the hub (or its cache) or from a folder.

    Args:
        options: entries of its configuration with other values, and `target_lang` for a model of several languages.
        new_symbols: whether training gives it new symbols, so that it needs neither tokenizer nor trained output layer.
    Raises:
        ModelError: transformers is missing, the model cannot be loaded or downloaded, is not a CTC model, or its
            licence was not accepted.
        UsageError: an unknown option, or a value that it does not accept.
    """
    options = dict(options or {})
    library = transformers(f"hf:{name}: {NEEDS}")
    licence = licence_of(name)
    check_licence(f"hf:{name}", licence, allow_noncommercial)
    language = options.pop(TARGET_LANG, None)
    with loading(library, partial(remedy, name, "")):
        config = library.AutoConfig.from_pretrained(name, trust_remote_code=False)
    with_options(config, options, f"hf:{name}")
    if language is not None and getattr(config, "adapter_attn_dim", None) is None:
        raise UsageError(
            f"model.options: {TARGET_LANG}: hf:{name} has no adapters for languages (adapter_attn_dim in config.json); "
            "remove it"
        )
    with loading(library, partial(remedy, name, "its feature extractor, preprocessor_config.json: ")):
        extractor = library.AutoFeatureExtractor.from_pretrained(name, trust_remote_code=False)
    chosen = {} if language is None else {TARGET_LANG: language}
    tokenizer = None
    with contextlib.suppress(ModelError) if new_symbols and language is None else contextlib.nullcontext():
        with loading(library, partial(_tokenizer_remedy, name, language)):
            tokenizer = library.AutoTokenizer.from_pretrained(name, trust_remote_code=False, **chosen)
    with loading(library, partial(remedy, name, "its weights: ")):
        network, trained = load_network(library.AutoModelForCTC, name, f"hf:{name}", "CTC", config, new_symbols)
    if tokenizer is None or not trained:
        size = int(network.config.vocab_size or 1)
        unknown = Vocabulary(("<blank>", *(f"<unused{column}>" for column in range(1, size))))
        return Parts(name, network, extractor, tokenizer, unknown, licence, trained=False)
    if language is not None:
        with loading(library, partial(remedy, name, f"its adapter for {language!r}: ")):
            network.load_adapter(language)
    vocabulary = vocabulary_of(name, tokenizer, network.config)
    warnings = warnings_of(name, tokenizer, vocabulary)
    return Parts(name, network, extractor, tokenizer, vocabulary, licence, warnings)


def with_options(config: Any, options: Mapping[str, Any], where: str) -> None:
    """Set entries of a configuration.

    Raises:
        UsageError: an unknown entry, or a value that it does not accept.
    """
    known = sorted(set(config.to_dict()) - _FIXED)
    for key, value in options.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=3, cutoff=0.5) or known[:5]
            raise UsageError(
                f"model.options: {where} has no option {key!r}; did you mean {' or '.join(near)}? "
                "(the options are the entries of its config.json)"
            )
        before = getattr(config, key, None)
        if not _fits(value, before):
            raise UsageError(f"model.options: {key}: expected a value like {before!r} (that of {where}), got {value!r}")
        try:
            setattr(config, key, value)
        except (TypeError, ValueError, ModelError) as error:
            raise UsageError(f"model.options: {key}: got {value!r} ({' '.join(str(error).split())[:150]})") from None


def _fits(value: Any, before: Any) -> bool:
    """Whether a value has the type of the current one; True if the current one is None."""
    if before is None or value is None:
        return True
    if isinstance(before, bool) or isinstance(value, bool):
        return isinstance(before, bool) and isinstance(value, bool)
    if isinstance(before, int | float):
        return isinstance(value, int | float)
    kinds = (str, Mapping, list | tuple)
    return any(isinstance(before, kind) and isinstance(value, kind) for kind in kinds)


def _tokenizer_remedy(name: str, language: str | None, reason: str) -> str:
    """Message about a tokenizer that cannot be loaded; names a language that it does not have."""
    listed = languages_of(Path(name) / "vocab.json")
    if language is not None and language not in listed and (listed or "KeyError" in reason):
        near = difflib.get_close_matches(language, listed, n=3, cutoff=0.4) or listed[:5]
        return f"hf:{name}: {TARGET_LANG}: it has no language {language!r}" + (
            f"; did you mean {' or '.join(near)}? It has {len(listed)} languages" if near else ""
        )
    return tokenizer_remedy(name, reason)
