"""Templates of pages."""

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


def page_template(package: str, name: str = "page") -> Template:
    """`templates/<name>.html.j2` of `package`; to use a value that is not given is an error."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(f"{name}.html.j2")
