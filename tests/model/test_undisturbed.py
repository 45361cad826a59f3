"""A fit leaves the process as it found it, whatever it found."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent

import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

import xshot
from tests.model.conftest import SMALL
from tests.support.stage import ROOT
from xshot.compute import _settle_cuda
from xshot.model.undisturbed import _restored_cuda


def state():
    return {
        "threads": torch.get_num_threads(),
        "pools": [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()],
        "seeds": (
            torch.get_rng_state().numpy().tobytes(),
            np.random.get_state()[1].tobytes(),  # noqa: NPY002
        ),
        "grad": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "dtype": torch.get_default_dtype(),
        "device": torch.get_default_device(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "numpy": np.geterr(),
        "environment": dict(os.environ),
    }


@pytest.fixture
def unusual():
    """A process whose owner has set everything otherwise."""
    before = torch.get_num_threads(), np.geterr()
    torch.set_num_threads(3)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    np.seterr(all="raise")
    yield
    torch.set_num_threads(before[0])
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    np.seterr(**before[1])


def test_everything_global_is_as_before(arrays, model, unusual):
    with torch.no_grad():
        before = state()
        fitted = xshot.fit(*arrays.rows("train"), **arrays.classes, **SMALL)
        tree = xshot.evaluate(fitted, *arrays.rows("test"), bootstrap=0)
        assert state() == before
    assert tree["model"]["target"]["avg"]["map"] > tree["gallery"]["target"]["chance"]
    # And none of it has a say in what comes out.
    torch.set_default_device(None)
    assert fitted.embed_images(arrays.images).tobytes() == (
        model.embed_images(arrays.images).tobytes()
    )


def test_so_it_is_after_a_fit_that_fails(arrays, unusual):
    before = state()
    with pytest.raises(xshot.UserError, match="fewer than model"):
        xshot.fit(*arrays.rows("train"), **arrays.classes, k_shot=9)
    assert state() == before


def test_inference_mode_is_no_obstacle(arrays, model):
    with torch.inference_mode():
        fitted = xshot.fit(*arrays.rows("train"), **arrays.classes, **SMALL)
    assert fitted.embed_images(arrays.images).tobytes() == (
        model.embed_images(arrays.images).tobytes()
    )


def cuda_settings():
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,
        torch.backends.cudnn.deterministic,
        torch.backends.cudnn.allow_tf32,
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction,
        os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    )


def test_what_a_gpu_is_told_is_taken_back(monkeypatch):
    """It can be told, and asked, without there being one."""
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    before = cuda_settings()
    with _restored_cuda():
        _settle_cuda()
        within = cuda_settings()
    assert cuda_settings() == before
    assert all(one != other for one, other in zip(within, before, strict=True))


def test_fits_in_several_threads_are_as_alone(arrays, model):
    def fitted(_):
        return xshot.fit(*arrays.rows("train"), **arrays.classes, **SMALL)

    before = state()
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(fitted, range(2)))
    assert state() == before
    for each in found:
        assert each.embed_images(arrays.images).tobytes() == (
            model.embed_images(arrays.images).tobytes()
        )


SCRIPT = dedent("""
    import os, sys
    import xshot
    heavy = {"torch", "numpy", "sklearn", "h5py", "pydantic", "dvc", "typer"}
    assert not heavy & set(sys.modules), heavy & set(sys.modules)
    assert {"fit", "load", "evaluate", "Retriever"} <= set(dir(xshot))

    import torch
    from threadpoolctl import threadpool_info
    fit, before = xshot.fit, dict(os.environ)
    from tests.model.conftest import SMALL, Arrays
    from tests.support.stage import make_features, make_manifest
    import numpy as np
    manifest = make_manifest()
    features, classes = make_features(manifest)
    names = [name for (name,) in manifest.labels]
    threads = torch.get_num_threads()

    opened = []
    sys.addaudithook(lambda event, a: opened.append(str(a[0])) if event == "open" else None)
    model = fit(features.image, features.text, names, class_features=classes.features,
                class_names=classes.names, target=["class4", "class5"], **SMALL)
    model.embed_images(features.image), model.predict_proba(features.image)
    xshot.evaluate(model, features.image, features.text, names, bootstrap=0)
    # Modules are code; joblib asks the system for its processors, by pipes, which have numbers.
    code = (sys.prefix, sys.base_prefix, sys.argv[1], "/sys/", "/proc/", "/dev/")
    data = [path for path in opened if not path.startswith(code) and not path.isdigit()]
    assert not data, data
    assert not [path for path in opened if path.endswith((".yaml", ".json", ".h5"))]
    assert not {"dvc", "typer", "open_clip"} & set(sys.modules)
    assert torch.get_num_threads() == threads
    assert dict(os.environ) == before
""")


def test_no_file_is_touched_and_neither_dvc_nor_typer_is_imported(tmp_path):
    environment = {
        name: value for name, value in os.environ.items() if not name.endswith("NUM_THREADS")
    }
    environment["PYTHONPATH"] = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(ROOT)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
