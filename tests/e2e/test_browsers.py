"""That a test fails if its page breaks the content policy or asks for what is not there."""

import pytest

from tests.factories import UserFactory


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("browser", ["Chromium", "Firefox"], indirect=True)
def test_no_fault_of_a_page_is_missed(open_browser, browser_of, problems):
    page = browser_of(UserFactory(role="secretary", full_name="Sven Stevens"))
    assert not problems
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate("console.error('said by the page')")
    page.evaluate("setTimeout(() => { throw new Error('thrown by the page') })")
    page.goto("/patients/0/")
    page.wait_for_timeout(200)
    said = "\n".join(problems)
    for part in ("inline style", "said by the page", "thrown by the page", "a status of 404"):
        assert part in said
    problems.clear()
