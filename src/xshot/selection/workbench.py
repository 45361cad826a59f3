"""Models of one task, made by the library calls of the stages, each part trained once.

Variants share what does not differ between them: `flex_gcrdp` and `xshot` train the same projector,
and every cell of the grid with the same training length assembles its model around one projector.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from xshot.episode.episode import HeldOut, Rows, Task
from xshot.episode.training_set import TrainingSet, make_training_set, training_rows
from xshot.mixture.fitting import fit_mixtures
from xshot.mixture.mixture import Mixtures
from xshot.mixture.params import GmmParams
from xshot.params import Params
from xshot.projector.calibration import Judged
from xshot.projector.choice import Choice
from xshot.projector.embedder import Embedder, project
from xshot.projector.evidence import Evidence
from xshot.projector.fitting import assemble, evidence_of, projected_evidence
from xshot.projector.networks import GatedProjector
from xshot.projector.params import ProjectorParams
from xshot.projector.training import train_projector
from xshot.retrieval.galleries import Embeddings
from xshot.seeds import numpy_stream, torch_stream
from xshot.store.features import ClassFeatures, Features
from xshot.store.pseudo import PseudoFeatures
from xshot.vaegan.params import SynthesizeParams, VaeganParams
from xshot.vaegan.synthesis import synthesize
from xshot.vaegan.training import train_vaegan
from xshot.variants import Variant

Reader = Callable[[tuple[str, ...]], Features]
"""Features of manifest ids, in order."""

T = TypeVar("T")
Sides = tuple[T, T]
"""One for images and one for texts."""


@dataclass(frozen=True)
class Settings:
    """The params that training takes."""

    gmm: GmmParams
    vaegan: VaeganParams
    synthesize: SynthesizeParams
    projector: ProjectorParams

    @classmethod
    def of(cls, params: Params) -> Self:
        """The sections of params.yaml that training takes."""
        return cls(
            params.section(GmmParams),
            params.section(VaeganParams),
            params.section(SynthesizeParams),
            params.section(ProjectorParams),
        )


@dataclass
class Workbench:
    """One task with its held-out rows.

    Attributes:
        task: what training sees.
        heldout: what the models are judged on.
        read: gives the features of ids.
        classes: class prompts.
        seed: starts every stage's stream.
        device: where to train.
    """

    task: Task
    heldout: HeldOut
    read: Reader
    classes: ClassFeatures
    seed: int
    device: torch.device
    _made: dict[Any, Any] = field(default_factory=dict, repr=False)
    _lock: RLock = field(default_factory=RLock, repr=False)

    def embedder(self, variant: Variant, settings: Settings, choice: Choice) -> Embedder:
        """The model of `variant`, as `train_projector` makes it."""
        return assemble(
            self._training(variant.centring),
            self._projector(choice.parts_of(variant), settings, choice.steps),
            self._evidence(variant, settings, choice),
            settings.projector,
            choice,
        )

    def judged(self, variant: Variant, settings: Settings, choice: Choice) -> Sides[Judged] | None:
        """The evidence for each class on the held-out images and texts; None if it has none."""
        evidence = self._evidence(variant, settings, choice)
        if evidence is None:
            return None
        projector = self._projector(choice.parts_of(variant), settings, choice.steps)
        centring = self._training(variant.centring).centring
        features, labels = self.heldout_features(), self.heldout_labels()
        # A picture is one image, however many texts it has.
        pictures = np.unique(self.heldout_rows().image_rows)
        sides = (
            (centring.of_image(features.image[pictures]), labels[pictures]),
            (centring.of_text(features.text), labels),
        )
        image, text = (
            Judged(
                known.kinds,
                known.scores(rows, project(projector, rows, side)),
                labels_of_rows,
                self.task.is_target,
            )
            for side, (known, (rows, labels_of_rows)) in enumerate(
                zip(evidence, sides, strict=True)
            )
        )
        return image, text

    def heldout_rows(self) -> Rows:
        """The held-out rows: source, then target."""
        return self.heldout.test_source.followed_by(self.heldout.test_target)

    def heldout_features(self) -> Features:
        """Their CLIP features."""
        return self._once("heldout", lambda: self.read(self.heldout_rows().ids))

    def heldout_labels(self) -> NDArray[np.bool_]:
        """(N, C) their labels."""
        return self.heldout_rows().multi_hot(self.task.classes)

    def embed(self, embedder: Embedder) -> Embeddings:
        """The held-out rows in the space of a model."""
        features = self.heldout_features()
        return Embeddings(embedder.embed_image(features.image), embedder.embed_text(features.text))

    def _training(self, centring: bool) -> TrainingSet:
        return self._once(
            ("training", centring),
            lambda: make_training_set(
                self.task, self.read(training_rows(self.task)), self.classes, centre=centring
            ),
        )

    def _mixtures(self, variant: Variant, settings: Settings) -> Mixtures | None:
        if not variant.mixture:
            return None
        return self._once(
            ("mixtures", settings.gmm, variant.centring),
            lambda: fit_mixtures(
                self._training(variant.centring),
                settings.gmm,
                numpy_stream(self.seed, "fit_gmm"),
            ),
        )

    def _pseudo(self, variant: Variant, settings: Settings) -> PseudoFeatures:
        training = self._training(variant.centring)
        if not variant.generation:
            return PseudoFeatures.empty(training.dimensions)
        parts = (variant.centring, variant.mixture, variant.adversarial, variant.composition)
        mixtures = self._mixtures(variant, settings)

        def make() -> PseudoFeatures:
            model, _ = train_vaegan(
                training,
                mixtures,
                variant=variant,
                params=settings.vaegan,
                generator=torch_stream(self.seed, "train_vaegan"),
                device=self.device,
            )
            return synthesize(
                model,
                training,
                mixtures,
                params=settings.synthesize,
                generator=torch_stream(self.seed, "synthesize"),
            )

        return self._once(("pseudo", parts, settings.vaegan, settings.synthesize), make)

    def _projector(self, variant: Variant, settings: Settings, steps: int) -> GatedProjector | None:
        if not variant.projector:
            return None

        def make() -> GatedProjector:
            projector, _ = train_projector(
                self._training(variant.centring),
                self._pseudo(variant, settings),
                self._mixtures(variant, settings),
                variant=variant,
                params=settings.projector,
                steps=steps,
                generator=torch_stream(self.seed, "train_projector"),
                device=self.device,
            )
            return projector

        trained_alike = replace(variant, coordinates="none", adaptive=False)
        return self._once(("projector", trained_alike, settings, steps), make)

    def _evidence(
        self, variant: Variant, settings: Settings, choice: Choice
    ) -> Sides[Evidence] | None:
        parts, params = choice.parts_of(variant), settings.projector
        training = self._training(variant.centring)
        known = self._once(
            ("evidence", parts.centring, parts.coordinates, params),
            lambda: evidence_of(training, parts, params),
        )
        projector = self._projector(parts, settings, choice.steps) if choice.joined else None
        if known is None or projector is None:
            return known
        return self._once(
            ("projected evidence", parts, settings, choice.steps),
            lambda: projected_evidence(known, training, projector, params),
        )

    def _once(self, key: Any, make: Callable[[], T]) -> T:
        with self._lock:  # of several threads the first makes it
            if key not in self._made:
                self._made[key] = make()
            made: T = self._made[key]
            return made
