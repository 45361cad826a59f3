"""Every section of params.yaml has a schema, and a schema says what may be."""

from textwrap import dedent

import pytest

from tests.support.bounds import number_schemas
from tests.support.stage import run_python
from xshot.params import SECTIONS, Params, Section, default_params, section_schema
from xshot.projector.params import ProjectorParams


@pytest.mark.parametrize("key", SECTIONS)
def test_every_section_has_its_schema(key):
    schema = section_schema(SECTIONS[key])
    assert issubclass(schema, Section)
    assert schema.key == key
    for name, field in schema.model_fields.items():
        assert field.description, f"{key}.{name} does not say what it is"
        assert not field.is_required(), f"{key}.{name} has no default, as `xshot.fit` needs"


def test_the_defaults_are_allowed_and_of_their_type():
    Params(default_params(), "defaults").check()
    assert type(ProjectorParams().gate_bias) is float


@pytest.mark.parametrize("key", ["select", "gmm", "vaegan", "synthesize", "projector", "evaluate"])
def test_every_number_of_a_training_section_has_a_lowest_and_a_highest_value(key):
    numbers = number_schemas(section_schema(SECTIONS[key]))
    assert numbers
    for name, prop in numbers.items():
        assert {"minimum", "exclusiveMinimum"} & set(prop), f"{key}.{name}"
        assert {"maximum", "exclusiveMaximum"} & set(prop), f"{key}.{name}"


def test_reading_params_imports_nothing_heavy():
    script = dedent("""
        import sys
        from xshot.params import SECTIONS, section_schema
        for reference in SECTIONS.values():
            section_schema(reference)
        heavy = {"torch", "sklearn", "scipy", "open_clip", "matplotlib", "h5py", "pyarrow"}
        print(sorted(heavy & set(sys.modules)))
    """)
    assert run_python("-c", script).stdout == "[]\n"
