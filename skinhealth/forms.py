"""How every form of the site renders its fields."""

from typing import Any

from django.forms import (
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    HiddenInput,
    PasswordInput,
    RadioSelect,
    Select,
    Widget,
)
from django.forms.renderers import TemplatesSetting


def css_class_of(widget: Widget) -> str:
    """Return the CSS class of a widget; lists of choices have their own."""
    if isinstance(widget, HiddenInput | RadioSelect | CheckboxSelectMultiple):
        return ""
    if isinstance(widget, CheckboxInput):
        return "form-check-input"
    if isinstance(widget, Select):
        return "form-select"
    return "form-control"


class ClinicBoundField(BoundField):
    """A field whose widget has the classes of the style sheet."""

    def build_widget_attrs(
        self, attrs: dict[str, Any], widget: Widget | None = None
    ) -> dict[str, Any]:
        """Add the widget's class, and a mark if the field is invalid, to Django's attributes."""
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        classes = [css_class_of(widget), widget.attrs.get("class", ""), attrs.get("class", "")]
        if "aria-invalid" in attrs and classes[0]:
            classes.append("is-invalid")
        # The widget may already name its own class.
        unique = dict.fromkeys(" ".join(filter(None, classes)).split())
        if unique:
            attrs["class"] = " ".join(unique)
        # Browsers silently cut pasted text; the server says that it is too long.
        if "maxlength" in widget.attrs and not isinstance(widget, PasswordInput):
            attrs["maxlength"] = False
        return attrs


class ClinicRenderer(TemplatesSetting):
    """Renders forms and fields with the site's own templates."""

    form_template_name = "partials/form.html"
    field_template_name = "partials/field.html"
    bound_field_class = ClinicBoundField
