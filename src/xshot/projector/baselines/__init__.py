"""Published few-shot classifiers on CLIP features, as evidence for both modalities.

Each is trained with its published settings on the source rows and the support, among images and
among texts, and its scores become class-posterior coordinates as those of `tip_adapter` do.
"""
