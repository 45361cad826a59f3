"""The K shots of each target class as an annotator would confirm them, asked about suggestions.

The annotator is the manifest. What is asked about are the target classes' training rows, with all
labels hidden; what is known beforehand are the class names and the source classes' training rows.
Of test rows nothing is known.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np

from xshot.episode.episode import Rows, Task
from xshot.episode.support import deal
from xshot.episode.training_set import make_training_set
from xshot.store.features import ClassFeatures, Features
from xshot.suggestion.annotator import ask
from xshot.suggestion.names import Matrix, Modality, Names, learn_names
from xshot.suggestion.suggest import Pool

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class FeatureSource:
    """Where an episode's features are read, if its shots are suggested.

    Attributes:
        read: gives the features of manifest ids, in order.
        classes: class prompts.
    """

    read: Callable[[tuple[str, ...]], Features]
    classes: ClassFeatures


def suggest_support(
    known: Rows, hidden: Rows, target: Collection[str], k_shot: int, features: FeatureSource
) -> dict[str, str]:
    """Ask about suggestions until each target class has K pictures that count for no other.

    Classes are dealt with in rounds, rarest first, as in `draw_support`: the support of K is the
    beginning of that of K + 1.

    Args:
        known: the source classes' training rows.
        hidden: the target classes' training rows; their labels are the annotator's answers.
        target: names of the target classes.
        k_shot: K.
        features: of all these rows, and of the names.

    Returns:
        Picture -> the class it counts for, in the order dealt. A class that runs out of pictures
        has fewer than K.
    """
    pool, names, classes = make_pool(known, hidden, target, features)
    counts = Counter(name for labels in hidden.labels for name in set(labels))
    asked: Counter[str] = Counter()

    def confirmed(name: str) -> Iterator[str]:
        answers = ask(pool, names, classes.index(name), lambda row: name in hidden.labels[row])
        for row, questions in answers:
            asked[name] = questions
            yield hidden.pictures[row]

    rarest_first = sorted(target, key=lambda name: (counts[name], name))
    queues = {name: confirmed(name) for name in rarest_first}
    support = deal(queues, dict.fromkeys(rarest_first, k_shot))
    _LOG.info("suggested: %d pictures confirmed in %d questions", len(support), asked.total())
    return support


def make_pool(
    known: Rows, hidden: Rows, target: Collection[str], features: FeatureSource
) -> tuple[Pool, Names, tuple[str, ...]]:
    """The hidden rows, what the names say of them, and whose names they are.

    Args:
        known: labelled rows, of source classes.
        hidden: rows to ask about; their labels are not looked at.
        target: names of the target classes.
        features: of all these rows, and of the names.

    Raises:
        UserError: a class has no prompt feature.
    """
    source = {name for names in known.labels for name in names}
    task = Task(tuple(sorted(source)), tuple(sorted(target)), known, Rows((), ()))
    learned = make_training_set(task, features.read(known.ids), features.classes)
    rows: dict[Modality, Matrix] = {"image": learned.image, "text": learned.text}
    names = learn_names(learned.prompts, rows, learned.labels)
    unlabelled = features.read(hidden.ids)
    pictures = np.unique(np.array(hidden.pictures), return_inverse=True)[1]
    pool = Pool(
        {"image": unlabelled.image, "text": unlabelled.text}, learned.centring, pictures.ravel()
    )
    return pool, names, task.classes
