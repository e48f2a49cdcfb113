"""A tiny causal language model of characters in the format of Hugging Face, with random weights."""

from __future__ import annotations

from pathlib import Path

END = "</s>"


def write_language_model(
    folder: Path, characters: str, *, dim: int = 64, layers: int = 2, heads: int = 2, positions: int = 64, seed: int = 1
) -> None:
    """Write model and tokenizer to a folder that transformers loads.

    Args:
        characters: the symbols of the model, each once.
        dim, layers, heads: of a GPT-2.  positions: longest prompt and response together, in characters.
    """
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    symbols = {symbol: place for place, symbol in enumerate([END, "<unk>", *characters])}
    tokenizer = Tokenizer(models.WordLevel(symbols, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, unk_token="<unk>")
    torch.manual_seed(seed)
    config = GPT2Config(
        vocab_size=len(symbols),
        n_positions=positions,
        n_embd=dim,
        n_layer=layers,
        n_head=heads,
        bos_token_id=0,
        eos_token_id=0,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
    )
    folder.mkdir(parents=True, exist_ok=True)
    GPT2LMHeadModel(config).save_pretrained(folder)
    fast.save_pretrained(folder)
