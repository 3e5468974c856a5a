"""Queries with what was found for them (Figs. 10 and 11 of NEXT)."""

from __future__ import annotations

from harness.pictures import Pictures
from harness.rows import Row
from reports.canvas import HIT, MISS, ROW_FIGURES, WIDTH, Drawing, new_figure, picture, styled
from reports.formats import shortened
from reports.monitors import MODALITIES
from reports.strips import is_tall, show, strip

_TALL_RANKS, _WIDE_RANKS = 5, 6
"""Ranks that are still legible at the page's width."""


@ROW_FIGURES.register(order=10)
@styled
def ranked_lists(row: Row) -> Drawing | None:
    """One line for each query: the query, then the nearest gallery entries, framed by hit and miss."""
    pictures = row.pictures
    if pictures is None or pictures.ranked_images.size == 0:
        return None
    queries, kept = pictures.ranked_images.shape[:2]
    ranks = min(kept, _TALL_RANKS if is_tall(pictures.query_images) else _WIDE_RANKS)
    letters = int(14 * WIDTH / (1 + ranks))
    height, width = strip(pictures.query_images[0]).shape[:2]
    figure = new_figure(height=queries * (WIDTH / (1 + ranks) * height / width + 0.42) + 0.2)
    cells = figure.subplots(queries, 1 + ranks, squeeze=False)
    for query in range(queries):
        show(cells[query, 0], strip(pictures.query_images[query]), colour="#444444")
        cells[query, 0].set_title(f"query {query + 1}\n{shortened(str(pictures.query_names[query]), letters)}", fontsize=8)
        for rank in range(ranks):
            hit = bool(pictures.hits[query, rank])
            show(cells[query, 1 + rank], strip(pictures.ranked_images[query, rank]), HIT if hit else MISS, dashed=not hit)
            verdict = f"{rank + 1}. {'hit' if hit else 'miss'}  {pictures.similarity[query, rank]:.4f}"
            cells[query, 1 + rank].set_title(
                f"{verdict}\n{shortened(str(pictures.ranked_names[query, rank]), letters)}",
                fontsize=8,
                color=HIT if hit else MISS,
            )
    return picture(
        figure,
        f"{row.label} on {row.benchmark}: nearest gallery entries of {queries} queries, with cosine similarity. Solid green "
        f"frame: hit; dashed orange-red frame: miss. Each cell shows the modalities in the order RGB, NIR, TIR."
        f"{_more(kept, ranks)}",
        texts=_captions(pictures),
    )


def _more(kept: int, ranks: int) -> str:
    return f" First {ranks} of {kept} ranks." if ranks < kept else ""


def _captions(pictures: Pictures) -> tuple[str, ...]:
    return tuple(
        f"Query {query + 1}, {modality}: {caption}"
        for query, captions in enumerate(pictures.query_captions)
        for modality, caption in zip(MODALITIES, captions, strict=False)
        if caption
    )
