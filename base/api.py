"""What every answer of the API has in common: how errors are said, how lists are paged, how both are documented.

An error has one shape, whatever went wrong: `code` for programs, `message` for people in the language that the request
asks for, and `fields` with the same two for each field that is wrong.
"""

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    ValidationError,
)
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.views import set_rollback

from base.errors import Refusal

# Where a list is told what is wrong with it as a whole, and DRF calls it so.
WHOLE = "non_field_errors"


class Moment(serializers.DateTimeField):
    """A moment, always told in UTC (X1), so that no program has to know where the site is."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(default_timezone=UTC, **settings)


_SAID = {
    "code": {"type": "string", "description": "Stable, for programs."},
    "message": {"type": "string", "description": "For people, in the language of `Accept-Language`."},
}
# The shape of every error, for the document.
ERROR = {
    "type": "object",
    "properties": {
        **_SAID,
        "fields": {
            "type": "object",
            "additionalProperties": {
                "type": "array",
                "items": {"type": "object", "properties": _SAID, "required": list(_SAID)},
            },
            "description": "What is wrong with which field; empty where no field is to blame.",
        },
    },
    "required": [*_SAID, "fields"],
}


class Json(JSONParser):
    """JSON that can be read to its end and told again."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            # Half a character is JSON, and nobody can be told of it.
            json.dumps(data, ensure_ascii=False).encode()
        except (RecursionError, UnicodeEncodeError) as error:
            raise exceptions.ParseError from error
        return data


class Pages(CursorPagination):
    """Lists by cursor: whoever follows `next` to its end has seen each row once, whatever is added meanwhile."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, OverflowError) as error:
            # A cursor that somebody made up names a place that is no date, or no number.
            raise exceptions.NotFound(self.invalid_cursor_message) from error


def asked(filters: type[serializers.Serializer[Any]], request: Any) -> dict[str, Any]:
    """What the query asks for, checked by `filters`."""
    query = filters(data=request.query_params)
    query.is_valid(raise_exception=True)
    return query.validated_data


def answer_error(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to whatever a view raised; None for what is a fault of ours."""
    headers: dict[str, str] = {}
    match exception:
        case Refusal():
            status = 409
            field, sentence = exception.field, str(exception.sentence)
            code, message = exception.code, sentence
            fields = {field: [{"code": code, "message": sentence}]} if field else {}
            # Where a refusal has several reasons, each is told.
            if problems := getattr(exception, "problems", ()):
                fields[WHOLE] = [{"code": each.code, "message": str(each)} for each in problems]
        case exceptions.ValidationError():
            status, code, message = (
                422,
                "invalid",
                str(_("Some of what was sent is not right: see `fields`.")),
            )
            fields = _fields(exception.get_full_details())
        case _:
            known = _as_api_exception(exception)
            if known is None:
                return None
            status, fields = known.status_code, {}
            codes = known.get_codes()
            code, message = codes if isinstance(codes, str) else known.default_code, str(known.detail)
            if (scheme := getattr(known, "auth_header", None)) is not None:
                headers["WWW-Authenticate"] = scheme
            if (wait := getattr(known, "wait", None)) is not None:
                headers["Retry-After"] = str(max(1, int(wait)))
    set_rollback()
    return Response({"code": code, "message": message, "fields": fields}, status=status, headers=headers)


def _as_api_exception(exception: Exception) -> exceptions.APIException | None:
    match exception:
        case exceptions.APIException():
            return exception
        case Http404():
            return exceptions.NotFound(_("There is nothing here that this key may see."))
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return TooLarge()
        case RecursionError():
            return exceptions.ParseError()
    return None


class TooLarge(exceptions.APIException):
    status_code = 413
    default_detail = _("That is more than can be sent at once.")
    default_code = "too_large"


def _fields(details: Any, name: str = "") -> dict[str, list[dict[str, str]]]:
    """DRF's nested details by dotted names: `lines.0.amount`."""
    if isinstance(details, Mapping) and "message" in details and "code" in details:
        return {name or WHOLE: [{"code": str(details["code"]), "message": str(details["message"])}]}
    found: dict[str, list[dict[str, str]]] = {}
    inner = details.items() if isinstance(details, Mapping) else enumerate(details)
    for key, value in inner:
        is_error = isinstance(details, list) and isinstance(value, Mapping) and "message" in value
        below = name if is_error else f"{name}.{key}" if name else str(key)
        for field, errors in _fields(value, below).items():
            found.setdefault(field, []).extend(errors)
    return found


# Which errors an operation may answer with: any, one of a thing that is named, one that writes.
_ALWAYS = {
    401: "No key, or none that opens anything.",
    403: "The key has not the scope that this needs.",
    406: "Only JSON is spoken here.",
    429: "Too many requests: `Retry-After` says in how many seconds the next is welcome.",
}
_OF_ONE = {404: "There is nothing here that this key may see."}
_OF_WRITING = {
    400: "The body is no JSON.",
    409: "Refused: `code` says why, `message` what to do. Nothing was done.",
    413: "That is more than can be sent at once.",
    415: "Only JSON is understood here.",
    422: "Some of what was sent is not right: see `fields`.",
}


def document_errors(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """For drf-spectacular: every operation tells its errors, and that their shape is one."""
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    result["components"]["schemas"]["Error"] = ERROR
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            told = dict(_ALWAYS)
            if "{" in path or "cursor" in str(operation.get("parameters", "")):
                told |= _OF_ONE
            if method in ("post", "put", "patch", "delete"):
                told |= _OF_WRITING
            elif method == "get" and operation.get("parameters"):
                told[422] = _OF_WRITING[422]
            for status, sentence in sorted(told.items()):
                operation["responses"].setdefault(str(status), {"description": sentence, "content": body})
    return result
