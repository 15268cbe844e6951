"""What the scripts do with a running site over HTTP: act as a doctor who photographs a lesion."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

UUID = "[0-9a-f-]{36}"
# The seconds that the visit's page waits before it asks again; after these, two each time.
PATIENCE_S = (0.12, 0.12, 0.15, 0.2, 0.3, 0.5, 1.0)


class SiteError(Exception):
    """Something that the site refused, with its message."""


@dataclass(frozen=True)
class Answer:
    """The model's answer to one photograph, and how long the doctor waited for it."""

    status: str
    label: str  # empty where the model is not sure
    probability: float
    milliseconds: float
    seconds: float
    failure: str


@dataclass(frozen=True)
class Upload:
    """A photograph that the site accepted; without the patient's consent it has no prediction."""

    status_url: str
    panel_url: str
    sent_at: float


class DoctorClient:
    """The parts of a doctor's browser that handle photographs."""

    def __init__(self, url: str, *, email: str, password: str) -> None:
        self.url = url.rstrip("/")
        self.session = requests.Session()
        login = f"{self.url}/login/"
        self._get(login)
        response = self._post(login, data={"login": email, "password": password})
        if response.url.startswith(login):
            raise SiteError(f"{email} cannot sign in at {self.url} with this password.")

    def visits(self) -> Iterator[str]:
        """Open today's visits of arrived patients; yield the addresses for uploads."""
        day = self._get(f"{self.url}/day/").text
        opened = re.findall(rf'href="(/visits/{UUID}/)"', day)
        for path in re.findall(rf'action="(/appointments/{UUID}/open/)"', day):
            yield self._post(f"{self.url}{path}").url
        for path in opened:
            if f'action="{path}photographs/"' in self._get(f"{self.url}{path}").text:
                yield f"{self.url}{path}"

    def upload(self, visit: str, name: str, photograph: bytes) -> Upload:
        """Send one photograph; raise SiteError with the site's message if it is refused."""
        sent_at = time.monotonic()
        response = self.session.post(
            f"{visit.partition('?')[0]}photographs/",
            files={"photograph": (name, photograph)},
            headers=self._headers | {"Accept": "application/json"},
            timeout=60,
        )
        if response.status_code == 422:
            sentences = [text for texts in response.json()["errors"].values() for text in texts]
            raise SiteError(" ".join(sentences))
        response.raise_for_status()
        answer = response.json()
        if not answer["status_url"]:
            raise SiteError("The patient has not agreed to the analysis by the model.")
        return Upload(answer["status_url"], answer["panel_url"], sent_at)

    def wait(self, upload: Upload, *, seconds: float = 60) -> Answer:
        """Ask as often as the visit's page does, until there is an answer or a failure."""
        self._get(f"{self.url}{upload.panel_url}")
        for asked in range(1000):
            time.sleep(PATIENCE_S[asked] if asked < len(PATIENCE_S) else 2)
            state = self.state(upload)
            waited = time.monotonic() - upload.sent_at
            if state["status"] in {"done", "failed"} or waited > seconds:
                break
        return Answer(
            status=state["status"],
            label=state["label"],
            probability=max(state["probabilities"].values(), default=0.0),
            milliseconds=state["milliseconds"] or 0.0,
            seconds=waited,
            failure=state["failure"],
        )

    def state(self, upload: Upload) -> dict[str, Any]:
        """Read how far the analysis has come."""
        response = self.session.get(
            f"{self.url}{upload.status_url}", headers={"Accept": "application/json"}, timeout=60
        )
        response.raise_for_status()
        state: dict[str, Any] = response.json()
        return state

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-CSRFToken": self.session.cookies.get("csrftoken") or "", "Referer": self.url}

    def _get(self, url: str) -> requests.Response:
        response = self.session.get(url, timeout=60)
        response.raise_for_status()
        return response

    def _post(self, url: str, data: dict[str, str] | None = None) -> requests.Response:
        response = self.session.post(url, data=data, headers=self._headers, timeout=60)
        response.raise_for_status()
        return response
