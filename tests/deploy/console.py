"""An operator at the console, through the proxy, as a browser without scripts does it."""

import re

import requests

from operators.purposes import IDENTITY
from tests.deploy.seed import PASSWORD
from tests.deploy.site import Site

SECONDS = 30
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class Console:
    """Signed in as chen, who has confirmed with a code sent to the phone."""

    def __init__(self, site: Site) -> None:
        self.url = f"https://localhost:{site.ports['console']}"
        self._session = requests.Session()
        # Neither a proxy nor other certificates out of the environment.
        self._session.trust_env = False
        self._session.verify = str(site.ca_file)
        # Django wants to know where a form over TLS comes from.
        self._session.headers["Referer"] = self.url + "/"

    def get(self, path: str) -> requests.Response:
        return self._session.get(self.url + path, timeout=SECONDS)

    def submit(self, path: str, fields: dict[str, str]) -> requests.Response:
        """Fill in and send the form that stands there."""
        token = _TOKEN.search(self.get(path).text)
        assert token, f"no form at {path}"
        data = {"csrfmiddlewaretoken": token[1], **fields}
        return self._session.post(self.url + path, data=data, timeout=SECONDS)

    def sign_in(self) -> None:
        answer = self.submit("/sign-in/", {"username": "chen", "password": PASSWORD})
        assert answer.status_code == 200
        assert "Overview" in answer.text

    def confirm_at(self, path: str) -> None:
        """With the code that the act there asks for."""
        asking = {"confirming": IDENTITY, "kept": "", "region": ""}
        sent = self.submit(path, {**asking, "action": "send"})
        assert sent.status_code == 200, sent.text
        messages = self.get("/development/sms/").text
        code = _CODE.search(messages)
        assert code, messages
        done = self.submit(path, {**asking, "method": "sms", "code": code[0]})
        assert done.status_code == 200, done.text
