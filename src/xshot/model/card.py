"""A model card as the Hugging Face hub reads it: YAML in front, Markdown behind."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from xshot.retrieval.galleries import GALLERIES

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

    from xshot.model.model import Model

NOT_STATED = "not stated"


def write_card(
    model: "Model",
    *,
    name: str = "XShot model",
    data: str = NOT_STATED,
    license: str | None = None,
    data_license: str = NOT_STATED,
    encoder_license: str = NOT_STATED,
    metrics: Mapping[str, Any] | None = None,
) -> str:
    """A model card in Markdown: data, encoder, K, metrics and licences.

    Args:
        model: what the card is about.
        name: of the model.
        data: what it was fitted on: a name, a source.
        license: of the model, as the hub abbreviates it: `mit`, `cc-by-4.0`.
        data_license: of the data.
        encoder_license: of the encoder's weights.
        metrics: what `xshot.evaluate` has given.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("xshot.model"),
        autoescape=False,  # Markdown, not HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    facts, provenance = model.facts, model.provenance
    return environment.get_template("card.md.j2").render(
        front=_front_matter(name, data, license, provenance.encoder_path, metrics),
        name=name,
        data=data,
        license=license or NOT_STATED,
        data_license=data_license,
        encoder_license=encoder_license,
        model=model,
        facts=facts,
        provenance=provenance,
        rows=[] if metrics is None else [_row(gallery, metrics) for gallery in GALLERIES],
    )


def _row(gallery: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    gain = metrics["gain"][gallery]
    return {
        "gallery": gallery,
        "n_queries": metrics["gallery"][gallery]["n_queries"],
        "clip": metrics["clip"][gallery]["avg"]["map"],
        "model": metrics["model"][gallery]["avg"]["map"],
        "gain": gain["map"],
        "ci95": gain.get("ci95"),
    }


def _front_matter(
    name: str, data: str, license: str | None, encoder: str, metrics: Mapping[str, Any] | None
) -> str:
    from huggingface_hub import ModelCardData

    results = [] if metrics is None else [_result(gallery, data, metrics) for gallery in GALLERIES]
    card = ModelCardData(
        license=license,
        library_name="xshot",
        tags=["image-text-retrieval", "few-shot", "clip"],
        base_model=encoder if encoder.count("/") == 1 else None,  # the hub's names alone
        model_name=name if results else None,
        eval_results=results or None,
    )
    return str(card.to_yaml())


def _result(gallery: str, data: str, metrics: Mapping[str, Any]) -> "EvalResult":
    from huggingface_hub import EvalResult

    return EvalResult(
        task_type="image-text-retrieval",
        dataset_type=f"{gallery} classes",
        dataset_name=data,
        metric_type="map",
        metric_value=metrics["model"][gallery]["avg"]["map"],
    )
