"""The document of the API, the page to browse it, and what an address is told that there is not."""

from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3.1, made once. In English whoever asks: what programs are written by is one text."""
    with translation.override("en"):
        made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


@require_safe
def schema(request: HttpRequest) -> JsonResponse:
    """The document as it is: nothing that is asked of it changes it."""
    return JsonResponse(document())


docs = SpectacularSwaggerSplitView.as_view(
    url_name="api:schema", template_name="api_docs.html", authentication_classes=[], permission_classes=[]
)


@csrf_exempt
def nothing_here(request: HttpRequest) -> JsonResponse:
    """In the shape of every other error."""
    said = _("There is no such address: /api/v1/docs/ lists those that there are.")
    return JsonResponse({"code": "not_found", "message": said, "fields": {}}, status=404)
