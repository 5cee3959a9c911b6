"""The document of the API, the page to browse it, and what an address is told that there is not."""

from django.http import HttpRequest, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

# In English whoever asks: what programs are written by is one text.
schema = translation.override("en")(
    SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[])
)
docs = SpectacularSwaggerSplitView.as_view(
    url_name="api:schema", template_name="api_docs.html", authentication_classes=[], permission_classes=[]
)


@csrf_exempt
def nothing_here(request: HttpRequest) -> JsonResponse:
    """In the shape of every other error."""
    said = _("There is no such address: /api/v1/docs/ lists those that there are.")
    return JsonResponse({"code": "not_found", "message": said, "fields": {}}, status=404)
