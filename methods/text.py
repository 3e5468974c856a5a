"""The frozen text tower of CLIP, with features that are computed once for each text and kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, Protocol

import torch
from torch import Tensor, nn

from benchmarks.batch import Caption
from benchmarks.captions.sentences import join_sentences

LongCaption = Literal["truncate", "mean_of_chunks"]

_ROWS = 64
_LENGTH_STEP = 16


def clip_tokenizer(context: int) -> Any:
    """CLIP's byte-pair tokenizer."""
    import open_clip

    return open_clip.SimpleTokenizer(context_length=context)


def token_lengths(texts: Iterable[str], tokenizer: Any) -> list[int]:
    """Number of CLIP tokens of each text with start and end, before any cut."""
    return [len(tokenizer.encode(text)) + 2 for text in texts]


class FeatureStore(Protocol):
    """Where encoded texts outlive a process; keys are texts."""

    def read(self, texts: Sequence[str]) -> Mapping[str, Tensor]:
        """The features (D,) of those texts that are stored."""

    def write(self, features: Mapping[str, Tensor]) -> None:
        """Store features (D,) by text."""


class TextTower(nn.Module):
    """CLIP's text transformer, frozen: features at the end-of-text token, projected into the space of images.

    Only the tokens up to the end-of-text token are computed where a caller trims them: the transformer is causal, so what
    follows cannot change the feature.

    Args:
        model: open_clip's CLIP.
        vocabulary: number of CLIP tokens that have a row of their own in a small embedding table; the others share the
            table's last rows by the remainder of their number. None for the full table.
    """

    def __init__(self, model: Any, vocabulary: int | None) -> None:
        super().__init__()
        self.token_embedding = model.token_embedding
        self.positional_embedding = model.positional_embedding
        self.transformer = model.transformer
        self.ln_final = model.ln_final
        self.text_projection = model.text_projection
        self.register_buffer("attn_mask", model.attn_mask, persistent=False)
        self.attn_mask: Tensor
        self.vocabulary: Tensor
        if vocabulary is not None:
            self.register_buffer("vocabulary", torch.arange(vocabulary))
        self.size: int = self.text_projection.shape[1]
        self.context: int = self.positional_embedding.shape[0]
        self.requires_grad_(False)

    def train(self, mode: bool = True) -> TextTower:
        """Stay in evaluation mode: the tower is frozen."""
        return super().train(False)

    @cached_property
    def tokenizer(self) -> Any:
        """CLIP's byte-pair tokenizer."""
        return clip_tokenizer(self.context)

    def _rows(self, tokens: Tensor) -> Tensor:
        """Rows of the embedding table for tokens."""
        if "vocabulary" not in self._buffers:
            return tokens
        known = torch.searchsorted(self.vocabulary, tokens.contiguous()).clamp(max=len(self.vocabulary) - 1)
        buckets = self.token_embedding.num_embeddings - len(self.vocabulary)
        return torch.where(self.vocabulary[known] == tokens, known, len(self.vocabulary) + tokens % buckets)

    def embed(self, tokens: Tensor) -> Tensor:
        """Embeddings (n, L, width) of tokens (n, L), before the positions; what learned prompts change."""
        return self.token_embedding(self._rows(tokens))

    def encode(self, embedded: Tensor) -> Tensor:
        """Features (n, L, D) at every position of embedded tokens (n, L, width), L at most the context."""
        L = embedded.shape[1]
        x = self.transformer(embedded + self.positional_embedding[:L], attn_mask=self.attn_mask[:L, :L])
        return self.ln_final(x) @ self.text_projection  # all tokens, which is what NEXT's published cost counts

    def forward(self, tokens: Tensor) -> Tensor:
        """Features (n, D) of tokens (n, L), L at most the context; the end-of-text token has the largest number."""
        x = self.encode(self.embed(tokens))
        return x[torch.arange(len(x), device=x.device), tokens.argmax(dim=1)]


class TextEncoder(nn.Module):
    """Texts to features, each distinct text computed once.

    A text's feature must not depend on what it was computed beside, or a resumed run would differ in the last bit from an
    undisturbed one. So texts are grouped by their own length and computed in blocks of a fixed number of rows, and in
    single precision, whatever the precision of the training around it.

    Args:
        tower: the frozen text tower.
        long: what becomes of a text that is longer than the context: cut its tail, or average the features of its parts.
        prefixes: what stands before the whole caption of each modality; nothing by default.
    """

    def __init__(self, tower: TextTower, long: LongCaption = "truncate", prefixes: Sequence[str] = ()) -> None:
        super().__init__()
        self.tower = tower
        self.long = long
        self.prefixes = tuple(prefixes)
        self.store: FeatureStore | None = None
        self._position: dict[str, int] = {}
        self._features = torch.empty(0, tower.size)

    @property
    def _device(self) -> torch.device:
        return self.tower.positional_embedding.device

    def tokens(self, texts: Sequence[str]) -> Tensor:
        """Token numbers (n, context) of texts, cut to the context, with the end-of-text token last."""
        return self.tower.tokenizer(list(texts))

    def lengths(self, texts: Iterable[str]) -> list[int]:
        """Number of tokens of each text with start and end, before any cut."""
        return token_lengths(texts, self.tower.tokenizer)

    @torch.compiler.disable  # a dictionary and a tokenizer: traced, each new text would be compiled anew
    def encode(self, texts: Sequence[str]) -> Tensor:
        """Features (n, D) of texts, without gradient."""
        missing = sorted({text for text in texts if text not in self._position})
        if missing:
            stored = self.store.read(missing) if self.store else {}
            fresh = [text for text in missing if text not in stored]
            computed = self._compute(fresh) if fresh else {}
            if self.store and computed:
                self.store.write(computed)
            self._keep({**stored, **computed})
        self._features = self._features.to(self._device)  # the model may have moved since they were computed
        positions = torch.tensor([self._position[text] for text in texts], device=self._device)
        return self._features[positions]

    @torch.compiler.disable
    def encode_whole(self, captions: Sequence[Sequence[Caption]]) -> Tensor:
        """Features (B, M, D) of B x M whole captions, as `encode` gives them."""
        return self.encode(self.whole_texts(captions)).unflatten(0, (len(captions), -1))

    def whole_texts(self, captions: Sequence[Sequence[Caption]]) -> list[str]:
        """B * M texts that are encoded for B x M whole captions."""
        texts = []
        for of_sample in captions:
            prefixes = self.prefixes or [""] * len(of_sample)
            texts += [prefix + join_sentences(caption) for prefix, caption in zip(prefixes, of_sample, strict=True)]
        return texts

    def forget(self) -> None:
        """Drop the features that were kept, where they are no longer those of the tower's weights."""
        self._position = {}
        self._features = torch.empty(0, self.tower.size)

    def _keep(self, features: Mapping[str, Tensor]) -> None:
        self._position.update(zip(features, range(len(self._features), len(self._features) + len(features)), strict=True))
        rows = torch.stack(list(features.values())).to(self._device)
        self._features = torch.cat([self._features.to(self._device), rows])

    def _parts(self, text: str) -> list[str]:
        """The text, or the parts of it that fit into the context each."""
        if self.long == "truncate":
            return [text]
        tokenizer, room = self.tower.tokenizer, self.tower.context - 2
        numbers = tokenizer.encode(text)
        if len(numbers) <= room:
            return [text]
        return [tokenizer.decode(numbers[start : start + room]) for start in range(0, len(numbers), room)]

    def _compute(self, texts: Sequence[str]) -> dict[str, Tensor]:
        parts = {text: self._parts(text) for text in texts}
        features = self._compute_parts(sorted({part for of_text in parts.values() for part in of_text}))
        return {text: torch.stack([features[part] for part in of_text]).mean(dim=0) for text, of_text in parts.items()}

    @torch.no_grad()
    def _compute_parts(self, texts: Sequence[str]) -> dict[str, Tensor]:
        tokens = self.tokens(texts)
        used = tokens.argmax(dim=1) + 1
        padded = ((used + _LENGTH_STEP - 1) // _LENGTH_STEP * _LENGTH_STEP).clamp(max=self.tower.context)
        features: dict[str, Tensor] = {}
        for length in padded.unique().tolist():
            positions = (padded == length).nonzero()[:, 0]
            for block in positions.split(_ROWS):
                rows = tokens.new_zeros(_ROWS, length)
                rows[: len(block)] = tokens[block, :length]
                with torch.autocast(self._device.type, enabled=False):
                    values = self.tower(rows.to(self._device))[: len(block)].float().cpu()
                features.update(zip((texts[position] for position in block.tolist()), values, strict=True))
        return features
