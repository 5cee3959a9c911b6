"""The API as a whole: its document, and the one shape of its errors."""

import json
import re

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from config import api_urls
from profiles.api import KeyView
from profiles.models.keys import Scope
from tests.programs import Program, program_of

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(document):
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


def test_the_document_is_valid_openapi_3_1(document):
    validate_schema(document)
    assert document["openapi"].startswith("3.1")


def test_whatever_it_refers_to_is_in_it(document):
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert referred == set(document["components"]["schemas"])


def test_every_address_is_in_the_document(document):
    told = [pattern for pattern in api_urls.urlpatterns if pattern.name not in ("schema", "docs", "nothing")]
    views = {re.sub(r"<\w+:(\w+)>", r"{\1}", f"/api/v1/{pattern.pattern}") for pattern in told}
    assert set(document["paths"]) == views


def test_every_operation_has_its_own_name_a_summary_and_its_errors(document):
    ids = [operation["operationId"] for _path, _method, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for path, method, operation in operations(document):
        assert operation.get("summary"), (path, method)
        assert {"key": []} in operation["security"], (path, method)
        assert {"401", "403", "429"} <= set(operation["responses"]), (path, method)
        for status, told in operation["responses"].items():
            if status >= "400":
                schema = told["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (path, method, status)


def test_without_a_key_every_operation_says_how_to_show_one(document):
    for path, method, operation in operations(document):
        if {} in operation["security"]:
            continue  # For everybody: the library.
        address = re.sub(
            r"{\w+_id}", "6f1c7a52-98b1-4b7e-9ac2-6d1d2ad0a5a1", path.replace("{month}", "2026-01")
        )
        answer = Client().generic(method.upper(), address)
        assert answer.status_code == 401, (path, method)
        assert set(answer.json()) == {"code", "message", "fields"}
        assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_session_opens_nothing(client_of, pro):
    assert client_of(pro).get("/api/v1/contacts/").status_code == 401


def test_what_is_not_there_and_what_cannot_be_done_are_told_in_the_same_shape(pro):
    program = program_of(pro)
    for answer, status, code in (
        (program.get("nothing/"), 404, "not_found"),
        (program.get("leads/6f1c7a52-98b1-4b7e-9ac2-6d1d2ad0a5a1/"), 404, "not_found"),
        (program.ask("DELETE", "leads/"), 405, "method_not_allowed"),
        (program.get("leads/", Accept="text/html"), 406, "not_acceptable"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert set(answer.json()) == {"code", "message", "fields"}


@pytest.mark.parametrize("shown", ["", "quince_", "Ñandú", "a b", "\x00", "x" * 5000])
def test_what_is_no_key_opens_nothing(shown):
    answer = Program(shown).get("leads/")
    assert answer.status_code == 401


def test_the_document_and_its_page_are_there_for_everybody(client):
    answer = client.get("/api/v1/schema/")
    assert answer.status_code == 200 and json.loads(answer.content)["openapi"].startswith("3.1")
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    # The policy of every page holds here, too: nothing is written into it.
    assert not any(inline in page.text for inline in ("<script>", "<style", "style=", "://"))
    assert client.get("/api/v1/docs/?script").status_code == 200


def test_the_document_is_the_same_whoever_asks_and_whatever(client):
    english = client.get("/api/v1/schema/", headers={"Accept-Language": "en"}).content
    assert client.get("/api/v1/schema/", headers={"Accept-Language": "es-mx"}).content == english
    for query in ("lang=es", "lang=it-aaaa", "version=%0Ax", "format=yaml"):
        assert client.get(f"/api/v1/schema/?{query}").content == english


def views():
    for pattern in api_urls.urlpatterns:
        if view := getattr(pattern.callback, "cls", None):
            yield pattern, view


def test_every_method_of_a_view_behind_a_key_names_its_scope():
    for _pattern, view in views():
        if issubclass(view, KeyView):
            assert set(view().allowed_methods) - {"OPTIONS"} == set(view.scopes), view


@pytest.mark.parametrize("scope", Scope.values)
def test_a_key_with_every_other_scope_opens_none_of_what_needs_it(pro, scope):
    """Whether the thing is there does not matter: the scope is asked first."""
    program = program_of(pro, *[other for other in Scope.values if other != scope])
    needing = 0
    for pattern, view in views():
        for method in [method for method, needed in getattr(view, "scopes", {}).items() if needed == scope]:
            address = re.sub(r"<uuid:\w+>", "6f1c7a52-98b1-4b7e-9ac2-6d1d2ad0a5a1", str(pattern.pattern))
            address = address.replace("<month:month>", "2026-01")
            for asked in (method, "HEAD") if method == "GET" else (method,):
                assert program.ask(asked, address).status_code == 403, (asked, address)
                needing += 1
    assert needing


def test_no_list_is_paged_by_what_stands_elsewhere():
    """A cursor holds the value of the first of its order, read from the row itself."""
    for _pattern, view in views():
        ordering = getattr(getattr(view, "pagination_class", None), "ordering", ())
        assert not any("__" in each for each in ordering), view


HALF_A_CHARACTER = '"\\ud800"'


@pytest.mark.parametrize(
    "body",
    [
        "[" * 5000,
        '{"outcome": ' + HALF_A_CHARACTER + "}",
        '{"outcome": "won", "more": ' + HALF_A_CHARACTER + "}",
        "null",
        "[]",
        "NaN",
        "\ufeff{}",
    ],
    ids=["deep", "half a character", "half beside", "null", "a list", "no number", "a mark first"],
)
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-16", "text/plain"])
def test_whatever_is_sent_is_told_what_is_wrong_with_it(pro, body, kind):
    program = program_of(pro)
    for method, path in (
        ("PUT", "contacts/6f1c7a52-98b1-4b7e-9ac2-6d1d2ad0a5a1/outcome/?a=b"),
        ("POST", "tickets/?a=b"),
        ("POST", "leads/6f1c7a52-98b1-4b7e-9ac2-6d1d2ad0a5a1/purchase/?limit=1"),
    ):
        answer = Client().generic(
            method,
            f"/api/v1/{path}",
            body,
            content_type=kind,
            headers={"Authorization": f"Bearer {program.shown}", "Idempotency-Key": "one"},
        )
        assert answer.status_code in (400, 404, 415, 422), (path, answer.content)
        assert set(answer.json()) == {"code", "message", "fields"}
