"""From arrays to a searched model: `python docs/examples/few_shot.py`, cell by cell or at once.

The arrays are features of 229 drawings and their captions, in 14 classes (make_drawings.py). Any
features of one CLIP model will do.
"""

# %% Arrays: a row of each is a pair
from pathlib import Path

import numpy as np

import xshot

data = np.load(Path(__file__).parent / "drawings.npz")
images, texts, labels = data["image"], data["text"], data["labels"]
train, test = data["split"] == "train", data["split"] == "test"
print(f"{len(images)} pairs of {images.shape[1]} dimensions, {train.sum()} of them to learn from")

# %% Four classes of which only three pictures each are labelled
rare = ["flower", "insect", "musical instrument", "sea animal"]
model = xshot.fit(
    images[train],
    texts[train],
    labels[train],
    class_features=data["class_features"],
    class_names=data["class_names"],
    target=rare,
    k_shot=3,
    variant="posterior",  # trains nothing, so it is there at once; leave it out for all of XShot
)
print(f"{model.facts.shots} beside {model.facts.n_train} rows of other classes")

# %% How good it is on drawings that it has not seen, beside raw CLIP
metrics = xshot.evaluate(model, images[test], texts[test], labels[test])
for gallery in ("target", "source"):
    clip, ours = (metrics[system][gallery]["avg"]["map"] for system in ("clip", "model"))
    print(f"mAP of {gallery} classes: {clip:.2f} with raw CLIP, {ours:.2f} with the model")

# %% Inner products rank
scores = model.embed_texts(texts[test]) @ model.embed_images(images[test]).T
query = int(np.flatnonzero(labels[test] == "insect")[0])
print(f"{data['captions'][test][query]!s}: finds", *labels[test][np.argsort(-scores[query])[:3]])

# %% What it takes drawings for, of 14 classes
share = model.predict_proba(images[test])
right = model.classes_[share.argmax(axis=1)] == labels[test]
print(f"{right.mean():.0%} right, {right[np.isin(labels[test], rare)].mean():.0%} of the rare ones")

# %% A gallery that is searched, by the feature of anything
gallery = xshot.Retriever.from_features(
    model, images=images[test], names=data["captions"][test], labels=labels[test]
)
for hit in gallery.rank(texts[test][query], "text", k=3):
    print(f"{hit.score:.1f} {hit.labels[0]}: {hit.image}")

# %% To keep: a folder with the model and its card
model.save("rare-drawings")
again = xshot.load("rare-drawings")
assert (again.embed_images(images) == model.embed_images(images)).all()
card = model.card(metrics=metrics, data="OpenMoji, CC BY-SA 4.0", license="mit")
print(next(line for line in card.splitlines() if line.startswith("| target |")))
