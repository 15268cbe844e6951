"""What a browser sends from a form, with the values that the page filled in."""

from bs4 import BeautifulSoup


def sent_by(page, action):
    """Return what the form with this action would send, untouched."""
    soup = BeautifulSoup(page.content, "html.parser")
    form = soup.find("form", action=action, method="post") or soup.select_one(
        "main form[method=post]:not([action])"
    )
    data = {}
    if form is None:
        return data
    for field in form.find_all(["input", "select", "textarea"]):
        name = field.get("name")
        if name and name != "csrfmiddlewaretoken":
            data.update(_said(field, name))
    return data


def seen_on(client, url, *, on=None):
    """Return the mark of what the form shows, if the page has the form."""
    return {"seen": sent_by(client.get(on or url), url).get("seen", "")}


def post_seen(client, url, data, *, on=None, **extra):
    """Send what a test typed, as somebody who has read the form before."""
    return client.post(url, data | seen_on(client, url, on=on), **extra)


def _said(field, name):
    kind = field.get("type")
    if kind in {"submit", "file", "button"}:
        return {}
    if field.name == "select":
        chosen = field.find("option", selected=True)
        return {name: chosen["value"] if chosen else ""}
    if field.name == "textarea":
        return {name: field.get_text().removeprefix("\n")}
    if kind in {"checkbox", "radio"}:
        return {name: field.get("value", "on")} if field.has_attr("checked") else {}
    return {name: field.get("value", "")}
