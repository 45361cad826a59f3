"""The card is what the hub reads, and says what is known."""

import huggingface_hub
import pytest

import xshot
from xshot.retrieval.galleries import GALLERIES


@pytest.fixture(scope="module")
def metrics(arrays, model):
    return xshot.evaluate(model, *arrays.rows("test"))


def test_the_hub_reads_licence_and_results(model, metrics):
    card = huggingface_hub.ModelCard(
        model.card(name="Zoo", data="the zoo's pictures", license="mit", metrics=metrics)
    )
    assert card.data.license == "mit"
    assert card.data.library_name == "xshot"
    assert card.data.model_name == "Zoo"
    found = {result.dataset_type: result.metric_value for result in card.data.eval_results}
    assert found == {f"{name} classes": metrics["model"][name]["avg"]["map"] for name in GALLERIES}


def test_it_says_what_is_known(model, metrics):
    card = model.card(
        data="the zoo's pictures",
        license="mit",
        data_license="CC BY 4.0",
        encoder_license="Apache 2.0",
        metrics=metrics,
    )
    gain = metrics["gain"]["target"]
    for line in (
        "| fitted on | the zoo's pictures |",
        "| K, pictures per target class | all |",
        "- class4: 8",
        "| dimensions | 16 |",
        f"| fingerprint | `{model.provenance.encoder_fingerprint}` |",
        f"| {gain['map']:+.3f} ± {gain['ci95']:.3f} |",
        "| this model | mit |",
        "| the data | CC BY 4.0 |",
        "| the encoder | Apache 2.0 |",
    ):
        assert line in card, line
    assert all(f"{note[1:]}." in card for note in model.facts.notes)


def test_and_what_is_not(model):
    card = model.card()
    assert card.count("not stated") == 5
    assert "Not measured" in card
    assert "license:" not in card.partition("\n---\n")[0]


def test_its_code_runs(model, tmp_path, arrays):
    model.save(tmp_path / "saved")
    code = (tmp_path / "saved/README.md").read_text().split("```python\n")[1].split("```")[0]
    code = code.replace("folder of this file", str(tmp_path / "saved"))
    exec(code, {"image_features": arrays.images, "text_features": arrays.texts})
