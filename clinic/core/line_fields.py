"""Model fields for a name or sentence on one line."""

from typing import Any

from django.db import models
from django.db.models.expressions import Combinable

from clinic.core.plain_text import visible_line


class OneLineField(models.CharField[str | Combinable, str]):
    """A text on one line, without invisible characters and those that reverse other text."""

    def deconstruct(self) -> Any:
        """Look like any other text field to migrations, because the column is the same."""
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options

    def to_python(self, value: Any) -> Any:
        """Remove invisible characters, whether the text comes from a form, a service or a query."""
        text = super().to_python(value)
        return visible_line(text) if isinstance(text, str) else text
