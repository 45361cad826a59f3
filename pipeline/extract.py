"""Stage `extract`: images, texts and class prompts to data/features.h5, through open_clip.

`python -m pipeline.extract --verify` reads every file, whatever its size and time say.
"""

from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from xshot.compute import limit_threads, resolve_device
from xshot.datasets import imported
from xshot.datasets.params import DataParams
from xshot.datasets.templates import choose_templates
from xshot.encoder.checkpoint import read_encoder_files
from xshot.encoder.engine import Engine
from xshot.encoder.extraction import extract
from xshot.encoder.files import FileHashes
from xshot.encoder.fingerprint import cache_name, identify
from xshot.encoder.local import LocalEngine
from xshot.encoder.params import ClipParams
from xshot.encoder.precision import resolve_precision
from xshot.encoder.ray_engine import RayEngine
from xshot.encoder.rejected import write_rejected
from xshot.errors import one_line_errors
from xshot.params import RunParams, load_params
from xshot.progress import log_to_stdout
from xshot.store.features import EncoderRecord, write_features
from xshot.store.manifest import read_manifest

if TYPE_CHECKING:
    from xshot.encoder.encode import Encoder

CACHE = Path(".cache/features")
FEATURES = Path("data/features.h5")
REJECTED = Path("data/rejected.csv")


def main(*, verify: bool = False) -> None:
    """Write data/features.h5 and data/rejected.csv; `verify`: hash every file anew."""
    params = load_params()
    run = params.section(RunParams)
    data = params.section(DataParams)
    clip = params.section(ClipParams)
    manifest = read_manifest(Path("data/manifest.parquet"))
    if data.name == imported.NAME:
        write_rejected(REJECTED, ())
        write_features(FEATURES, *imported.read_imported(Path(data.root), manifest.ids))
        return
    templates = choose_templates(clip.templates, data.name)
    device = resolve_device(run.device)
    precision = resolve_precision(clip.precision, device)
    limit_threads(run.threads)
    files = read_encoder_files(Path(clip.weights), clip.architecture)
    hashes = FileHashes(CACHE / "files.hashes", trust=not verify)
    identity = identify(files, precision=precision, device=device, hashes=hashes)

    def load() -> "Encoder":
        # Not before a row needs it: with all of them cached there is nothing to load.
        from xshot.encoder.loading import load_encoder

        return load_encoder(
            files,
            precision=precision,
            device=device,
            batch_size=clip.batch_size,
            long_texts=clip.long_texts,
        )

    engine: Engine = LocalEngine(load, threads=run.threads)
    if clip.engine == "ray":
        engine = RayEngine(
            load,
            threads=run.threads,
            device=device,
            batch_size=clip.batch_size,
            cache_name=partial(cache_name, identity, device),
        )
    extraction = extract(
        manifest,
        Path(data.root),
        engine=engine,
        cache=CACHE / cache_name(identity, device),
        hashes=hashes,
        templates=templates,
        long_texts=clip.long_texts,
        max_rejected=data.max_rejected if data.on_bad_image == "skip" else None,
    )
    details = identity.details
    if extraction.long_texts:
        details = {**details, "long_texts": {clip.long_texts: extraction.long_texts}}
    write_rejected(REJECTED, extraction.rejected)
    write_features(
        FEATURES,
        extraction.features,
        extraction.classes,
        EncoderRecord(identity.fingerprint, details, templates),
    )


def _parse() -> Namespace:
    parser = ArgumentParser(prog="python -m pipeline.extract", description=__doc__)
    parser.add_argument("--verify", action="store_true", help="hash every file anew")
    return parser.parse_args()


if __name__ == "__main__":
    log_to_stdout()
    with one_line_errors():
        main(verify=_parse().verify)
